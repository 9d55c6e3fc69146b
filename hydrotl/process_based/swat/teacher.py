"""Uncalibrated streamflow of all basins of a data set by SWAT+."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.data.manifest import Dataset
from hydrotl.data.units import convert
from hydrotl.process_based.conceptual import WARM_UP_DAYS
from hydrotl.process_based.swat.basin import ELEVATION, SLOPE, Basin
from hydrotl.process_based.swat.forcing import weather_record
from hydrotl.process_based.swat.installation import Installation
from hydrotl.process_based.swat.project import write_project
from hydrotl.process_based.swat.readers import swat_flow
from hydrotl.process_based.swat.run import run_swat
from hydrotl_core.errors import DataError


@dataclass(frozen=True)
class BasinRun:
    """How a basin was run: its facts, first and last day, estimates, program, the log's end."""

    basin: Basin
    first: str
    last: str
    estimates: tuple[str, ...]
    build: str
    log: tuple[str, ...]
    seconds: float


def basin_of(ds: xr.Dataset, dataset: Dataset) -> tuple[Basin, list[str]]:
    """What the project has to know of one basin, and which of it is a default.

    Raises
    ------
    DataError
        If area or latitude are not known, or a value is not possible.
    """
    roles, name = dataset.attributes, str(ds["basin"].values)
    known: dict[str, float] = {}
    for role in ("area", "latitude"):
        attribute = getattr(roles, role)
        if attribute is None or attribute not in ds or not np.isfinite(ds[attribute]):
            raise DataError(
                f"basin {name}: SWAT+ needs the {role}; name its attribute in the manifest "
                f"entry's `attributes.{role}`"
            )
        known[role] = float(ds[attribute])
    notes = []
    if roles.elevation in ds and np.isfinite(ds[roles.elevation]):
        known["elevation"] = float(ds[roles.elevation])
    else:
        notes.append(f"elevation: not known, {ELEVATION:g} m")
    slope = roles.slope
    if slope is not None and slope.native in ds and np.isfinite(ds[slope.native]):
        known["slope"] = float(convert([float(ds[slope.native])], slope.units, "dimensionless")[0])
    else:
        notes.append(f"slope: not known, {SLOPE:g} m/m")
    return Basin(name, **known), notes


def swat_streamflow(
    ds: xr.Dataset, dataset: Dataset, installation: Installation, timeout: float = 600.0
) -> tuple[xr.DataArray, list[BasinRun]]:
    """Run every basin of ``ds`` with parameters that know nothing of its flow.

    Parameters
    ----------
    ds
        Canonical data with rain, temperature and the attributes of the roles.
    dataset
        Manifest entry: roles of the attributes, and the daily range of temperature if needed.
    timeout
        Seconds for one basin.

    Returns
    -------
    flow : xarray.DataArray
        mm/day, ``(basin, time)``; NaN outside a basin's record and in its first year, in which
        soil and aquifer fill.
    runs : list of BasinRun
        One per basin.

    Raises
    ------
    DataError, ProcessModelError
        If the data do not suffice, or a run fails.
    """
    days = pd.DatetimeIndex(ds["time"].values)
    flow = np.full((ds.sizes["basin"], len(days)), np.nan, dtype=np.float32)
    runs = []
    for row in range(ds.sizes["basin"]):
        one = ds.isel(basin=row)
        basin, defaults = basin_of(one, dataset)
        weather, notes = weather_record(one, basin.latitude, basin.elevation, dataset.diurnal_range)
        if len(weather) <= WARM_UP_DAYS:
            raise DataError(
                f"basin {basin.name} has {len(weather)} days of weather; SWAT+ needs more than "
                f"the {WARM_UP_DAYS} of its warm-up"
            )
        with tempfile.TemporaryDirectory(prefix="hydrotl-swat-") as name:
            write_project(Path(name), basin, weather, installation.databases)
            run = run_swat(Path(name), installation.executable, basin.area, timeout)
        if not run.flow.index.equals(weather.index):
            raise DataError(f"basin {basin.name}: SWAT+ printed other days than its weather has")
        start = int(days.get_indexer(weather.index[:1])[0])
        flow[row, start : start + len(weather)] = run.flow.to_numpy()
        flow[row, start : start + WARM_UP_DAYS] = np.nan
        first, last = (str(weather.index[i].date()) for i in (0, -1))
        runs.append(
            BasinRun(basin, first, last, (*defaults, *notes), run.build, run.log, run.seconds)
        )
    return _array(flow, ds), runs


def own_flow(ds: xr.Dataset, runs: dict[str, tuple[Path, int, float]]) -> xr.DataArray:
    """Streamflow of existing SWAT runs on the basins and days of ``ds``, mm/day.

    Parameters
    ----------
    runs
        Basin id -> output file or folder, number of the channel or reach, area in km2
        (see :func:`hydrotl.process_based.swat.readers.swat_flow`). The print has to be daily.

    Raises
    ------
    DataError
        If a basin of ``ds`` has no run, or a run is not daily or has no day of ``ds``.
    """
    days = pd.DatetimeIndex(ds["time"].values)
    rows: list[Any] = []
    for basin in map(str, ds["basin"].values):
        if basin not in runs:
            raise DataError(f"no SWAT run of basin {basin}")
        path, unit, area = runs[basin]
        flow = swat_flow(Path(path), unit, area)
        if not flow.index.equals(pd.date_range(flow.index[0], flow.index[-1], freq="D")):
            raise DataError(f"{path} is not a daily print, which a teacher needs")
        found = flow.reindex(days)
        if found.isna().all():
            raise DataError(f"{path} has no day of the data of basin {basin}")
        rows.append(found.to_numpy(dtype=np.float32))
    return _array(np.stack(rows), ds)


def _array(flow: np.ndarray, ds: xr.Dataset) -> xr.DataArray:
    return xr.DataArray(
        flow,
        dims=("basin", "time"),
        coords={"basin": ds["basin"], "time": ds["time"]},
        attrs={"units": "mm/day"},
    )
