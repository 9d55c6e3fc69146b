"""The folder of a run: what is in it, how it is described, written and read.

``run.yaml`` says what was chosen and where it came from, and seals what is read again
(:mod:`hydrotl.river.runfile`, :mod:`hydrotl.river.seal`). Beside it are the weights of every member
(``members/MODEL/member-0.safetensors``), output layers of single basins (``layers/MODEL``), the
parameters of GR4J (``gr4j.csv``), the band (``band.json``), the weather and flow that the models
were given (``inputs.nc``),
``series.csv`` and ``series.nc``, ``scores.csv``, ``log.txt`` and ``report.html``.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from hydrotl.river.runfile import RUN, RunFile, read_yaml_file, write_yaml_file
from hydrotl.river.seal import INPUTS, SCORES, check_file, check_seal, seal_of
from hydrotl_core.errors import ConfigError, WeightsError
from hydrotl_core.files import is_intact, sealed
from hydrotl_core.recipe import Period

GR4J_FILE = "gr4j.csv"


@dataclass(frozen=True)
class Run:
    """A run that is done: its folder and what its file says."""

    folder: Path
    file: RunFile

    @cached_property
    def inputs(self) -> xr.Dataset:
        """Weather, flow and attributes that the models were given."""
        path = self.folder / INPUTS
        if not path.is_file():
            raise ConfigError(f"{path} is missing: the run is not complete, so run it again")
        with xr.open_dataset(path) as file:
            ds = file.load()
        return ds.assign_coords(basin=[str(basin) for basin in ds["basin"].values])

    @cached_property
    def scores(self) -> pd.DataFrame:
        """A row per basin, model and period."""
        path = check_file(self.folder, self.file, SCORES)
        return pd.read_csv(path, dtype={"basin": str})

    @property
    def basins(self) -> list[str]:
        """Ids of the basins."""
        return list(self.file.basins)

    @property
    def fit(self) -> list[Period]:
        """Training days of each basin."""
        return [basin.train for basin in self.file.basins.values()]


def read_run(folder: Path) -> Run:
    """The run in ``folder``, whole and as it was written.

    Raises
    ------
    ConfigError
        If there is none, its file is not valid, or a file of it is missing or not what was written.
    """
    path = folder.expanduser() / RUN
    if not path.is_file():
        runs = sorted(p.parent.name for p in folder.expanduser().glob(f"runs/*/{RUN}"))
        there = f"; its runs are {', '.join(f'{folder}/runs/{r}' for r in runs)}" if runs else ""
        raise ConfigError(f"no run in {folder} (no {RUN}){there}")
    file = read_yaml_file(path)
    check_seal(path.parent, file)
    return Run(path.parent, file)


def write_run_file(folder: Path, file: RunFile) -> RunFile:
    """Write ``run.yaml`` with the seal of the files in ``folder``; what was written."""
    whole = file.model_copy(update={"files": seal_of(folder, file)})
    write_yaml_file(folder, whole)
    return whole


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder to fill that becomes ``path`` when the block ends well, and else disappears.

    Raises
    ------
    ConfigError
        If there is something at ``path`` already.
    """
    refuse_taken(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    temporary.mkdir()
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def refuse_taken(path: Path) -> None:
    """Raise a ConfigError if ``path`` exists, unless it is an empty folder."""
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise ConfigError(f"{path} exists already: name another folder for the run (--out)")


def write_layers(path: Path, layers: np.ndarray, basins: list[str]) -> None:
    """Write output layers ``[basin, H + 1]``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {"layers": np.ascontiguousarray(layers)}
    save_file(arrays, path, metadata=sealed({"basins": json.dumps(basins)}, arrays))


def read_layers(path: Path) -> dict[str, np.ndarray]:
    """Output layer of each basin, ``[H + 1]``; a WeightsError if the file is not sound."""
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            basins, layers = json.loads(metadata["basins"]), file.get_tensor("layers")
        if not is_intact(metadata, {"layers": layers}):
            raise ValueError("it holds other values than were written")
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise WeightsError(f"{path} holds no output layers ({error}): run again") from None
    if len(basins) != len(layers) or not np.isfinite(layers).all():
        raise WeightsError(f"{path} does not hold a finite layer for each of its basins: run again")
    return dict(zip(basins, layers, strict=True))


def write_gr4j(path: Path, parameters: Mapping[str, Mapping[str, float]]) -> None:
    """Write GR4J's parameters, a row per basin."""
    table = pd.DataFrame(list(parameters.values()), index=list(parameters))
    table.rename_axis("basin").to_csv(path, na_rep="nan")


def read_gr4j(path: Path) -> dict[str, dict[str, float]]:
    """GR4J's parameters by basin, to the last digit."""
    if not path.is_file():
        raise ConfigError(f"{path} is missing: the run is not complete, so run it again")
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {
        row["basin"]: {name: float(value) for name, value in row.items() if name != "basin"}
        for row in rows
    }
