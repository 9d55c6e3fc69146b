"""Fitted output layers in a file: what the live page of the book gives a reader to take along.

JSON with ``format`` ``hydrotl-layers``: the source's name and the hash of each of its members, an
output layer ``[1, H + 1]`` per member (weights of the states and, last, the bias, of scaled
streamflow, as :func:`hydrotl_core.readout.fit_output` gives them), the days that they were fitted
on, and the basin's latitude and area. To use them again, take the climate of these days
(:func:`hydrotl.data.climate.with_climate`) and
:func:`hydrotl_core.readout.simulate_refitted`; the simulation is the mean of all members.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pooch
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from hydrotl_core.errors import WeightsError
from hydrotl_core.recipe import Period

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceMember(_Strict):
    """A member of the source: name and hash of its file."""

    file: str
    sha256: Hash


class LayersSource(_Strict):
    """The source whose states the layers read."""

    name: str
    members: list[SourceMember] = Field(min_length=1)


class River(_Strict):
    """Where the layers were fitted, and which daily variables the record had."""

    latitude: float = Field(ge=-90, le=90)
    area: float | None = Field(None, gt=0)
    inputs: list[str]


class LayersFile(_Strict):
    """Content of a file of fitted output layers."""

    format: Literal["hydrotl-layers"]
    version: Literal[1]
    source: LayersSource
    option: Literal["readout"]
    penalty: float = Field(gt=0)
    river: River
    fit: Period
    attributes: dict[str, FiniteFloat]
    layers: list[list[list[FiniteFloat]]]

    def of_member(self, number: int) -> np.ndarray:
        """Output layer of a member, ``[1, H + 1]``: of the one basin, weights and bias."""
        return np.array(self.layers[number], dtype=np.float64)


def read_layers(path: Path, weights: Path | None = None) -> LayersFile:
    """Fitted output layers from the file at ``path``.

    Parameters
    ----------
    path
        The file.
    weights
        Folder of the source's members; if given, these must be the ones of the file.

    Raises
    ------
    WeightsError
        If the file is absent, damaged or of another kind, or the members are others than those
        that the layers were fitted to.
    """
    if not path.is_file():
        raise WeightsError(f"no fitted layers at {path}")
    try:
        found = LayersFile.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (ValidationError, ValueError) as error:
        raise WeightsError(f"{path} is no file of fitted layers: {error}") from None
    sizes = {(len(layer), *(len(row) for row in layer)) for layer in found.layers}
    if len(found.layers) != len(found.source.members) or len(sizes) != 1 or min(sizes)[0] != 1:
        raise WeightsError(
            f"{path} has layers of other shapes than [1, H + 1], or not one for each of its "
            f"{len(found.source.members)} members: take the file from where it came from"
        )
    for member in found.source.members if weights is not None else []:
        assert weights is not None
        file = weights / member.file
        if not file.is_file():
            raise WeightsError(f"{path} belongs to source {found.source.name}, but no {file}")
        if pooch.file_hash(str(file), alg="sha256") != member.sha256:
            raise WeightsError(
                f"{path} was fitted to another {found.source.name}/{member.file} than {file}: "
                "take the weights it was fitted to, or fit again with these"
            )
    return found
