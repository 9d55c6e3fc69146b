"""Streamflow of a SWAT run: SWAT+'s ``channel_sd_day.txt`` and SWAT2012's ``output.rch``.

So anyone's existing run can be a teacher, whatever wrote it.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.data.units import check_area, convert
from hydrotl_core.errors import DataError

CHANNEL_FILE = "channel_sd_day.txt"
REACH_FILE = "output.rch"

#: Columns that begin a line of ``channel_sd_day.txt``.
_DATE_AND_UNIT = ["jday", "mon", "day", "yr", "unit"]

#: Width of a value in ``output.rch``; names fill it, so that neighbours may touch.
_WIDTH = 12
_FLOW = "FLOW_OUTcms"


def swat_flow(path: Path, number: int, area: float) -> pd.Series:
    """Streamflow of a channel (SWAT+) or reach (SWAT2012), mm/day.

    Parameters
    ----------
    path
        ``channel_sd_day.txt``, ``output.rch``, or the folder (``TxtInOut``) of either. A daily
        ``output.rch`` needs its ``file.cio`` beside it.
    number
        Number of the reach (RCH) or channel: see :func:`read_channel`.
    area
        Area of the basin above it, km2.

    Returns
    -------
    pandas.Series
        Indexed by date: every day, or the first day of each month or year that the file has means
        of.

    Raises
    ------
    DataError
        If the file is missing, damaged or has no such channel, or the area is not positive.
    """
    area = check_area(area, f"flow of {path} in mm/day")
    path = Path(path)
    if path.is_dir():
        found = [path / name for name in (CHANNEL_FILE, REACH_FILE) if (path / name).is_file()]
        if not found:
            raise DataError(
                f"{path} holds neither {CHANNEL_FILE} nor {REACH_FILE}: run SWAT, and let SWAT+ "
                "print channel_sd daily (print.prt)"
            )
        path = found[0]
    first = path.open(encoding="utf-8", errors="replace").read(200) if path.is_file() else ""
    if not first:
        raise DataError(f"{path} is missing or empty: run SWAT first")
    flow = (read_channel if "SWAT+" in first else read_output_rch)(path, number)
    depth = convert(flow.to_numpy(), "m3/s", "mm/day", area)
    return pd.Series(depth, index=flow.index, name="streamflow")


def flow_of_runs(ds: xr.Dataset, runs: dict[str, tuple[Path, int, float]]) -> xr.DataArray:
    """Streamflow of existing SWAT runs on the basins and days of ``ds``, mm/day.

    Parameters
    ----------
    ds
        Data of which the basins and days are taken.
    runs
        Basin id -> output file or folder, number of the channel or reach, area in km2: the
        arguments of :func:`swat_flow`. The print has to be daily.

    Returns
    -------
    xarray.DataArray
        ``(basin, time)``; NaN on days that a run has not.

    Raises
    ------
    DataError
        If a basin of ``ds`` has no run, or a run is not daily or has no day of ``ds``.
    """
    days = pd.DatetimeIndex(ds["time"].values)
    rows = []
    for basin in map(str, ds["basin"].values):
        if basin not in runs:
            raise DataError(f"no SWAT run of basin {basin}")
        flow = swat_flow(*runs[basin])
        path = runs[basin][0]
        if not flow.index.equals(pd.date_range(flow.index[0], flow.index[-1], freq="D")):
            raise DataError(f"{path} is not a daily print, which a teacher needs")
        found = flow.reindex(days)
        if found.isna().all():
            raise DataError(f"{path} has no day of the data of basin {basin}")
        rows.append(found.to_numpy(dtype=np.float32))
    coords = [ds["basin"], ds["time"]]
    return xr.DataArray(np.stack(rows), coords=coords, attrs={"units": "mm/day"})


def read_channel(path: Path, number: int) -> pd.Series:
    """Daily flow out of a channel of SWAT+, m3/s, from ``channel_sd_day.txt``.

    Parameters
    ----------
    path
        The file.
    number
        The channel's number on the map (``gis_id``), which its name has too (13 is ``cha013``).
        Where a file's channels have no numbers of their own, that in the order of printing
        (``unit``).

    Raises
    ------
    DataError
        If the file has no flow, no such channel, a line that cannot be read or a missing day.
    """
    flows: dict[int, list[float]] = {}
    days: dict[int, list[pd.Timestamp]] = {}
    gis_ids: dict[int, int] = {}  # by unit
    with path.open(encoding="utf-8", errors="replace") as file:
        names = [next(file, "").split() for _ in range(3)][1]
        if "flo_out" not in names or names[: len(_DATE_AND_UNIT)] != _DATE_AND_UNIT:
            raise DataError(f"{path}, line 2: no column flo_out; is it SWAT+'s {CHANNEL_FILE}?")
        columns = [names.index(n) for n in ("unit", "gis_id" if "gis_id" in names else "unit")]
        for line_number, line in enumerate(file, 4):
            cells = line.split()
            try:
                unit, gis_id = (int(cells[column]) for column in columns)
                gis_ids[unit] = gis_id
                if number not in (unit, gis_id):
                    continue
                flows.setdefault(unit, []).append(float(cells[names.index("flo_out")]))
                date = pd.Timestamp(int(cells[3]), int(cells[1]), int(cells[2]))
                days.setdefault(unit, []).append(date)
            except (IndexError, ValueError) as error:
                raise DataError(
                    f"{path}, line {line_number} cannot be read ({error}): the run may have been "
                    "stopped; run it again"
                ) from None
    unit = _unit(path, number, gis_ids)
    index = pd.DatetimeIndex(days[unit])
    if not index.equals(pd.date_range(index[0], index[-1], freq="D")):
        raise DataError(f"{path}: the days of channel {number} are not consecutive")
    return pd.Series(flows[unit], index=index, name="flo_out")


def _unit(path: Path, number: int, gis_ids: dict[int, int]) -> int:
    """The unit whose ``gis_id`` is ``number``; ``number`` itself if the ids tell nothing apart."""
    if 0 in gis_ids.values() or len(set(gis_ids.values())) < len(gis_ids):
        gis_ids = {unit: unit for unit in gis_ids}
    for unit, gis_id in gis_ids.items():
        if gis_id == number:
            return unit
    known = [f"{gis_id} (unit {unit})" for unit, gis_id in gis_ids.items()]
    shown = ", ".join(known[:30]) + (", ..." if len(known) > 30 else "")
    raise DataError(f"{path} has no channel {number}; it has gis_id {shown or 'of none'}")


def read_output_rch(path: Path, reach: int) -> pd.Series:
    """Flow out of a reach of SWAT2012, m3/s, from ``output.rch``.

    The columns are those in the file's line of names, which depend on its revision and on the
    variables chosen for printing. Most files have no dates. A monthly print closes each year with
    a line of that year, a yearly print has the years, and both end with means over all years. A
    daily print counts the days of the year, from the first year in ``file.cio`` (IYR + NYSKIP), or
    has calendar dates (ICALEN 1).

    Parameters
    ----------
    path
        The file; a daily print without dates needs ``file.cio`` beside it.
    reach
        Number of the reach (RCH).

    Returns
    -------
    pandas.Series
        Indexed by day, or by the first day of the month or year of which it is the mean.

    Raises
    ------
    DataError
        If flow was not printed, a line cannot be read, there is no such reach, or the dates cannot
        be told.
    """
    times, flows = _reach_values(path, reach)
    if min(times) > 10_000:
        index = pd.to_datetime([f"{time}" for time in times], format="%Y%m%d")
        if not index.equals(pd.date_range(index[0], index[-1], freq="D")):
            raise DataError(f"{path}: the days of reach {reach} are not consecutive")
    elif min(times) > 366:
        index = pd.to_datetime([f"{time}" for time in times], format="%Y")
    elif max(times) > 366:
        index, flows = _months(path, times, flows)
    else:
        index = _days(path, times)
    return pd.Series(flows, index=index, name="FLOW_OUT")


def _reach_values(path: Path, reach: int) -> tuple[list[int], list[float]]:
    """Day of the year, month, year or date (20031231) of each line of a reach, and its flow."""
    times, flows = [], []
    flow_column = None
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, 1):
            cells = line.split()
            if flow_column is None or not cells:
                if "RCH" in cells and "AREAkm2" in line:
                    flow_column = _flow_column(path, line)
                continue
            try:
                if cells[0] != "REACH":
                    raise ValueError(f"it begins with {cells[0]}, not REACH")
                # With a decimal point, MON is the number of years that a mean is over.
                if int(cells[1]) != reach or "." in cells[3]:
                    continue
                dated = "." not in cells[4]  # MO DA YR, not MON, before the area
                flows.append(float(cells[flow_column + 2 * dated]))
                month, day, year = (int(cell) for cell in cells[3:6]) if dated else (0, 0, 0)
                times.append(10_000 * year + 100 * month + day if dated else int(cells[3]))
            except (IndexError, ValueError) as error:
                raise DataError(
                    f"{path}, line {number} is not of SWAT2012's output.rch ({error}): the run may "
                    "have been stopped; run it again"
                ) from None
    if flow_column is None:
        raise DataError(f"{path} has no line with the names RCH and AREAkm2: is it an output.rch?")
    if not times:
        raise DataError(f"{path} has no reach {reach}")
    return times, flows


def _flow_column(path: Path, line: str) -> int:
    """Which word of a line with MON is the flow, by the line of names."""
    before, _, after = line.rstrip().partition("AREAkm2")
    if "DET" in before.split():
        raise DataError(f"{path} is a subdaily print: print days, months or years (IPRINT)")
    names = [after[i : i + _WIDTH].strip() for i in range(0, len(after), _WIDTH)]
    if _FLOW not in names:
        raise DataError(
            f"{path} has no {_FLOW} but {', '.join(names)}: let SWAT print it (variable 2 in "
            "file.cio's reach output variables, or 0 for all of them)"
        )
    return 5 + names.index(_FLOW)  # after REACH, RCH, GIS, MON and the area


def _months(
    path: Path, times: list[int], flows: list[float]
) -> tuple[pd.DatetimeIndex, list[float]]:
    """Months, dated by the line of the year that closes them, and their flow."""
    dates: list[pd.Timestamp] = []
    months: list[int] = []
    for time in times:
        if time <= 12:
            months.append(time)
        else:
            dates += [pd.Timestamp(time, month, 1) for month in months]
            months = []
    if months:
        raise DataError(f"{path} ends within a year: the run was stopped; run it again")
    index = pd.DatetimeIndex(dates)
    if not index.equals(pd.date_range(index[0], index[-1], freq="MS")):
        raise DataError(f"{path}: the months are not consecutive")
    return index, [flow for time, flow in zip(times, flows, strict=True) if time <= 12]


def _days(path: Path, times: list[int]) -> pd.DatetimeIndex:
    """Dates of days of the year, which begin in the first year of ``file.cio``."""
    year = _first_year(path.with_name("file.cio"))
    first = pd.Timestamp(year, 1, 1) + pd.Timedelta(times[0] - 1, "D")
    index = pd.date_range(first, periods=len(times), freq="D")
    wrong = (index.day_of_year != times).nonzero()[0]
    if wrong.size:
        raise DataError(
            f"{path}: day {times[wrong[0]]} stands where {index[wrong[0]].date()} should, counted "
            f"from the first year in file.cio ({year}); are the two files of one run?"
        )
    return index


def _first_year(path: Path) -> int:
    """First printed year of a run: IYR + NYSKIP of ``file.cio``."""
    if not path.is_file():
        raise DataError(
            f"{path} is missing: a daily output.rch has no years, they start from there"
        )
    # A line reads `2003    | IYR : Beginning year of simulation`.
    text = path.read_text(encoding="utf-8", errors="replace")
    values = {name: value for value, name in re.findall(r"^(.*?)\|\s*(\w+)", text, re.MULTILINE)}
    try:
        return int(values["IYR"]) + int(values["NYSKIP"])
    except (KeyError, ValueError) as error:
        raise DataError(f"{path} has no whole numbers IYR and NYSKIP ({error})") from None
