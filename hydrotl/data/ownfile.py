"""``region.yaml`` in a folder of your own: what its files hold, and which years to train and test.

``hydrotl init`` writes it (:mod:`hydrotl.data.init`), and anyone may edit it. From it follow an
entry as in the manifest, for the reader :mod:`hydrotl.data.readers.own`, and a region; nothing of
the project is touched.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from hydrotl.config import refuse_overlap, validated
from hydrotl.data.manifest import Dataset, Text
from hydrotl.data.readers.own import Options
from hydrotl.data.readers.own_forms import OwnFiles, OwnStation, OwnTable, native_units
from hydrotl.yamlfile import load_yaml
from hydrotl_core.errors import ConfigError
from hydrotl_core.recipe import Period, Strict
from hydrotl_core.scaling import STREAMFLOW

#: The file's name inside the folder.
REGION_FILE = "region.yaml"


class OwnYears(Strict):
    """Days to train on and to test on, of all basins."""

    train: Period
    test: Period

    @model_validator(mode="after")
    def _apart(self) -> Self:
        refuse_overlap(self.train, self.test)
        return self


class OwnRegion(Strict):
    """Content of a ``region.yaml``."""

    title: Text
    files: list[OwnFiles] = Field(min_length=1)
    attributes: OwnTable | None = None
    stations: dict[Text, OwnStation] = Field({}, description="by basin id")
    radiation: Literal["daylight", "day"] | None = Field(
        None, description="whether srad is the mean of the hours of daylight or of all 24"
    )
    years: OwnYears | None = Field(None, description="default: chosen from the record")
    tmin_above_tmax: Literal["error", "nan"] = "error"
    guessed: list[Text] = Field([], description="what `hydrotl init` was not sure of")
    accept: list[Text] = Field([], description="kinds of findings that are right in this region")


def own_words(text: str) -> str:
    """A message about data, which speaks of the manifest, for readers of a ``region.yaml``."""
    text = text.replace(
        "correct it in the attribute table, and name its column in the manifest entry's "
        "`attributes.area`",
        f"fill it in below `stations` of {REGION_FILE}, or correct the table of `attributes`",
    )
    return text.replace("the manifest entry", REGION_FILE).replace("the entry", REGION_FILE)


def before_written(text: str) -> str:
    """:func:`own_words` where there is no ``region.yaml`` yet that could be corrected."""
    text = own_words(text).replace(
        f"correct it or add it to `missing` of this file in {REGION_FILE}",
        "write a number, or leave the field empty if it means a missing value",
    )
    return text.replace(
        f"fill it in below `stations` of {REGION_FILE}, or correct the table of `attributes`",
        "complete the table of basins",
    )


def region_file(folder: str | Path) -> Path:
    """The ``region.yaml`` of ``folder`` (or the file itself, if that is given).

    Raises
    ------
    ConfigError
        If there is none; says how to get one.
    """
    path = Path(folder).expanduser().absolute()
    if path.is_dir():
        path = path / REGION_FILE
    if not path.is_file():
        if not path.parent.is_dir():
            raise ConfigError(f"no folder {path.parent}")
        raise ConfigError(f"no {path}: run `hydrotl init {path.parent}` first")
    return path


def is_own(folder: str | Path) -> bool:
    """Whether ``folder`` is a folder on this machine, or the ``region.yaml`` of one."""
    path = Path(folder).expanduser()
    return path.is_dir() or (path.name == REGION_FILE and path.is_file() and _is_file_of(path))


def _is_file_of(path: Path) -> bool:
    content = load_yaml(path)
    return isinstance(content, dict) and "files" in content and "dataset" not in content


def load_own(folder: str | Path) -> OwnRegion:
    """The validated ``region.yaml`` of ``folder``; a ConfigError names each wrong key."""
    path = region_file(folder)
    return validated(OwnRegion, load_yaml(path), str(path))


def own_attrs(own: OwnRegion) -> dict[str, str]:
    """What the data carry of ``region.yaml``, for the check: texts, of several a line each."""
    return {
        "radiation": own.radiation or "",
        "guessed": "\n".join(own.guessed),
        "accept": "\n".join(own.accept),
        "flow_unit": native_units(own.files).get(STREAMFLOW, ""),
    }


def own_entry(own: OwnRegion, folder: Path) -> Dataset:
    """Entry as in the manifest, for the files in ``folder``."""
    units = native_units(own.files)
    natives = {
        name: f"{files.path}: {one.column}" if files.wide else one.column
        for files in own.files
        for name, one in files.columns.items()
    }
    attributes: dict[str, Any] = {
        "area": "area_km2",
        "latitude": "latitude",
        **_declared(own, "longitude", "longitude"),
        **_declared(own, "elevation", "elevation_m"),
        "radiation": own.radiation,
    }
    content = {
        "title": own.title,
        "country": "unknown",
        "licence": "not stated",
        "citation": [],
        "access": "local",
        "folder": str(folder),
        "reader": "own",
        "options": {
            "files": [files.model_dump() for files in own.files],
            "attributes": None if own.attributes is None else own.attributes.model_dump(),
            "stations": {basin: one.model_dump() for basin, one in own.stations.items()},
            "tmin_above_tmax": own.tmin_above_tmax,
        },
        "variables": {
            name: {"native": natives[name], "units": unit} for name, unit in units.items()
        },
        "attributes": attributes,
    }
    validated(Options, content["options"], str(folder / REGION_FILE))
    return validated(Dataset, content, str(folder / REGION_FILE))


def _declared(own: OwnRegion, role: str, name: str) -> dict[str, str]:
    """The role of an attribute, if it is known of any basin."""
    in_table = own.attributes is not None and name in own.attributes.columns
    stated = any(getattr(one, name) is not None for one in own.stations.values())
    return {role: name} if in_table or stated else {}
