"""Streamflow of a SWAT run, whichever wrote it, as a depth: of SWAT+ or SWAT2012.

So anyone's existing run can be a teacher, whatever wrote it.
"""

from __future__ import annotations

from numbers import Integral, Real
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.data.bounds import bounds_of
from hydrotl.data.roles import ROLES
from hydrotl.data.units import check_area, convert
from hydrotl.process_based import flow_array
from hydrotl.process_based.swat.channel import CHANNEL_FILE, read_channel
from hydrotl.process_based.swat.reach import REACH_FILE, read_output_rch
from hydrotl_core.errors import DataError


def swat_flow(path: Path, number: int | str, area: float) -> pd.Series:
    """Streamflow of a channel (SWAT+) or reach (SWAT2012), mm/day.

    Parameters
    ----------
    path
        ``channel_sd_day.txt``, ``output.rch``, or the folder (``TxtInOut``) of either. A daily
        ``output.rch`` needs its ``file.cio`` beside it.
    number
        Number of the reach (RCH), or number or name of the channel: see :func:`read_channel`.
    area
        Area of the basin above it, km2.

    Returns
    -------
    pandas.Series
        Indexed by date: every day, or the first day of the month or year that a mean is over.

    Raises
    ------
    DataError
        If the file is missing, damaged or has no such channel, or no basin has such an area or
        flow (:mod:`hydrotl.data.bounds`).
    """
    path = Path(path)
    area, number = _check_area(path, area), _number(path, number)
    if path.is_dir():
        found = [path / name for name in (CHANNEL_FILE, REACH_FILE) if (path / name).is_file()]
        if not found:
            raise DataError(
                f"{path} holds neither {CHANNEL_FILE} nor {REACH_FILE}: run SWAT, and let SWAT+ "
                "print channel_sd daily (print.prt)"
            )
        path = found[0]
    first = ""
    if path.is_file():
        with path.open(encoding="utf-8", errors="replace") as file:
            first = file.read(200)
    if not first:
        raise DataError(f"{path} is missing or empty: run SWAT first")
    if "SWAT+" in first:
        flow = read_channel(path, number)
    elif isinstance(number, str):
        raise DataError(f"{path}: a reach has a number (RCH), not the name {number!r}")
    else:
        flow = read_output_rch(path, number)
    values = convert(flow.to_numpy(), "m3/s", "mm/day", area)
    depth = pd.Series(values, index=flow.index, name="streamflow")
    _require_possible(path, number, flow, depth)
    return depth


def flow_of_runs(ds: xr.Dataset, runs: dict[str, tuple[Path, int | str, float]]) -> xr.DataArray:
    """Streamflow of existing SWAT runs on the basins and days of ``ds``, mm/day.

    Parameters
    ----------
    runs
        Basin id -> output file or folder, number or name of the channel or reach, area in km2: the
        arguments of :func:`swat_flow`. The print has to be daily, of two days or
        more.

    Returns
    -------
    xarray.DataArray
        ``(basin, time)``; NaN on days that a run lacks.

    Raises
    ------
    DataError
        If a basin of ``ds`` has no run, or a run is not daily or has no day of ``ds``.
    """
    flows = []
    for basin in map(str, ds["basin"].values):
        if basin not in runs:
            raise DataError(f"no SWAT run of basin {basin}")
        path, flow = runs[basin][0], swat_flow(*runs[basin])
        days = pd.date_range(flow.index[0], flow.index[-1], freq="D")
        if len(flow) < 2 or not flow.index.equals(days):  # one value may be that of a year
            raise DataError(f"{path} is not a daily print, which a teacher needs")
        if not flow.index.isin(ds["time"].values).any():
            raise DataError(f"{path} has no day of the data of basin {basin}")
        flows.append(flow)
    return flow_array(ds, flows)


def _check_area(path: Path, area: object) -> float:
    if isinstance(area, bool) or not isinstance(area, Real):
        raise DataError(f"flow of {path} in mm/day needs the basin area in km2, not {area!r}")
    size, largest = float(area), ROLES["area"][1][1]
    if largest < size < np.inf:
        raise DataError(
            f"flow of {path}: the area is {size:g} km2, and no basin on earth has more than "
            f"{largest:g}: give it in km2"
        )
    return check_area(size, f"flow of {path} in mm/day")


def _number(path: Path, number: object) -> int | str:
    """A channel's or reach's number as an int, also where a table made it 13.0; or a name."""
    if isinstance(number, str):
        text = number.strip()
        return int(text) if text.isdecimal() and len(text) < 20 else text
    if not isinstance(number, bool):
        if isinstance(number, Integral):
            return int(number)
        if isinstance(number, float | np.floating) and float(number).is_integer():
            return int(number)
    raise DataError(
        f"{path}: {number!r} is no number of a channel or reach: give a whole number, or the name "
        "of a channel"
    )


def _require_possible(path: Path, number: int | str, flow: pd.Series, depth: pd.Series) -> None:
    """Raise a DataError if no river has such a flow; ``flow`` in m3/s, ``depth`` in mm/day."""
    bounds = bounds_of("streamflow")
    low, high = bounds.possible
    wrong = ~depth.between(low, high).to_numpy()
    if wrong.any():
        row = int(np.argmax(wrong))
        where = f"{path}: the flow of {number} on {depth.index[row].date()} is"
        if depth.iloc[row] < low:
            raise DataError(
                f"{where} negative ({flow.iloc[row]:g} m3/s): look for the cause in the "
                "SWAT project"
            )
        raise DataError(
            f"{where} {flow.iloc[row]:g} m3/s or {depth.iloc[row]:.3g} mm/day, and nowhere on "
            f"earth is it above {high:g} mm/day: correct the area, or the SWAT project"
        )
    years = (depth.index[-1] - depth.index[0]).days >= 364
    if years and depth.mean() > bounds.mean[1]:
        raise DataError(
            f"{path}: the mean flow of {number} is {flow.mean():g} m3/s or {depth.mean():.3g} "
            f"mm/day, and nowhere on earth is it above {bounds.mean[1]:g} mm/day over years: "
            "correct the area, or the SWAT project"
        )
