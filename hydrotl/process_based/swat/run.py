"""Run SWAT+: one project, or every basin of a data set with parameters that know nothing of it."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import xarray as xr

from hydrotl.data.manifest import Dataset
from hydrotl.process_based import WARM_UP_DAYS, flow_array, require_warm_up
from hydrotl.process_based.swat.channel import CHANNEL_FILE
from hydrotl.process_based.swat.inputs import Basin, basin_of, weather_record
from hydrotl.process_based.swat.installation import Installation
from hydrotl.process_based.swat.output import swat_flow
from hydrotl.process_based.swat.project import write_project
from hydrotl_core.errors import DataError, ProcessModelError

LOG_NAME = "hydrotl.log"
TAIL = 12
#: Lines with which SWAT+ states its name, revision and build.
BANNER = 4


@dataclass(frozen=True)
class SwatRun:
    """Daily streamflow of a run, mm/day; the program as its log names it; the log's last lines;
    and the seconds it took.
    """

    flow: pd.Series
    build: str
    log: list[str]
    seconds: float


#: How a basin was run: its facts, what was estimated, and the run.
BasinRun = tuple[Basin, list[str], SwatRun]


def run_swat(project: Path, executable: Path, area: float, timeout: float = 600.0) -> SwatRun:
    """Run the executable in ``project`` and read its channel's flow.

    Outputs and the log (``hydrotl.log``) are written to ``project`` too. ``area`` is that of the
    basin, km2; the run is stopped after ``timeout`` seconds.

    Raises
    ------
    ProcessModelError
        If the program cannot be started, fails, takes too long or prints no flow; the message
        ends with the last lines of its log.
    """
    log = project / LOG_NAME
    (project / CHANNEL_FILE).unlink(missing_ok=True)  # flow of an earlier run
    began = time.perf_counter()
    try:
        with log.open("w") as file:
            done = subprocess.run(
                [str(executable.resolve())],
                cwd=project,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                timeout=timeout,
            )
    except subprocess.TimeoutExpired:
        tail = "\n".join(_lines(log)[-TAIL:])
        raise ProcessModelError(
            f"SWAT+ did not finish within {timeout:g} s in {project}:\n{tail}"
        ) from None
    except OSError as error:
        raise ProcessModelError(
            f"{executable} cannot be run ({error.strerror}): the fetched program is for Linux on "
            "x86-64; elsewhere name one for your system with HYDROTL_SWAT_EXE"
        ) from error
    seconds = time.perf_counter() - began
    lines = _lines(log)
    if done.returncode or not (project / CHANNEL_FILE).is_file():
        tail = "\n".join(lines[-TAIL:])
        raise ProcessModelError(f"SWAT+ failed in {project} (exit code {done.returncode}):\n{tail}")
    flow = swat_flow(project, 1, area)
    return SwatRun(flow, ", ".join(lines[:BANNER]), lines[-TAIL:], seconds)


def _lines(log: Path) -> list[str]:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return [line.strip() for line in lines if line.strip()]


def swat_streamflow(
    ds: xr.Dataset, dataset: Dataset, installation: Installation, timeout: float = 600.0
) -> tuple[xr.DataArray, list[BasinRun]]:
    """Uncalibrated streamflow of every basin of ``ds``.

    It needs rain, temperature, and the attributes of the roles in ``dataset``. ``timeout`` is in
    seconds, for one basin.

    Returns
    -------
    flow : xarray.DataArray
        mm/day, ``(basin, time)``; NaN outside a basin's record and in its first year, in which
        soil and aquifer fill.
    runs : list
        How each basin was run.

    Raises
    ------
    DataError, ProcessModelError
        If the data do not suffice, or a run fails.
    """
    runs: list[BasinRun] = []
    for row in range(ds.sizes["basin"]):
        one = ds.isel(basin=row)
        basin, defaults = basin_of(one, dataset)
        weather, notes = weather_record(one, basin.latitude, basin.elevation, dataset.diurnal_range)
        require_warm_up(basin.name, weather, "SWAT+")
        with tempfile.TemporaryDirectory(prefix="hydrotl-swat-") as folder:
            write_project(Path(folder), basin, weather, installation.databases)
            run = run_swat(Path(folder), installation.executable, basin.area, timeout)
        if not run.flow.index.equals(weather.index):
            raise DataError(f"basin {basin.name}: SWAT+ printed other days than its weather has")
        runs.append((basin, [*defaults, *notes], run))
    return flow_array(ds, [run.flow.iloc[WARM_UP_DAYS:] for *_, run in runs]), runs
