"""Streamflow of a SWAT run: SWAT+'s ``channel_sd_day.txt`` and SWAT2012's ``output.rch``.

So anyone's existing run can be a teacher, whatever wrote it.
"""

from __future__ import annotations

import csv
import re
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.data.units import check_area, convert
from hydrotl.process_based import flow_array
from hydrotl_core.errors import DataError

CHANNEL_FILE = "channel_sd_day.txt"
REACH_FILE = "output.rch"

#: First columns of ``channel_sd_day.txt``.
_CHANNEL_COLUMNS = ["jday", "mon", "day", "yr", "unit"]

#: Width of a value in ``output.rch``; names fill it, so that neighbours may touch.
_WIDTH = 12
_FLOW = "FLOW_OUTcms"
_AGAIN = "the run may have been stopped; run it again"


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
        Indexed by date: every day, or the first day of the month or year that a mean is over.

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
    runs
        Basin id -> output file or folder, number of the channel or reach, area in km2: the
        arguments of :func:`swat_flow`. The print has to be daily.

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
        if not flow.index.equals(pd.date_range(flow.index[0], flow.index[-1], freq="D")):
            raise DataError(f"{path} is not a daily print, which a teacher needs")
        if not flow.index.isin(ds["time"].values).any():
            raise DataError(f"{path} has no day of the data of basin {basin}")
        flows.append(flow)
    return flow_array(ds, flows)


def _columns(
    path: Path, skip: int, places: dict[str, int], text: str | None = None
) -> pd.DataFrame:
    """Columns of a file after its first ``skip`` lines, by line number.

    ``places`` are the words of a line that they hold; the column ``text`` keeps its spelling.
    """
    try:
        frame = pd.read_csv(
            path,
            sep=r"\s+",
            header=None,
            skiprows=skip,
            skip_blank_lines=False,
            usecols=sorted(set(places.values())),
            dtype={places[text]: str} if text else None,
            quoting=csv.QUOTE_NONE,
            encoding_errors="replace",
            low_memory=False,
        )
    except ValueError as error:
        raise DataError(f"{path} cannot be read after line {skip} ({error}): {_AGAIN}") from None
    frame.index += skip + 1
    frame = frame.dropna(how="all")
    return pd.DataFrame({name: frame[place] for name, place in places.items()})


def _numbers(path: Path, table: pd.DataFrame) -> pd.DataFrame:
    """``table`` as numbers; a DataError names the first line that has something else."""
    # Fortran leaves out the E of an exponent with three digits: 0.1234-100.
    spelled = table.replace(r"(?<=\d)(?=[+-]\d{3}$)", "E", regex=True)
    numbers = spelled.apply(pd.to_numeric, errors="coerce")
    wrong = numbers.isna().any(axis=1)
    if wrong.any():
        words = ", ".join(f"{name} {word}" for name, word in table.loc[wrong.idxmax()].items())
        raise DataError(f"{path}, line {wrong.idxmax()} cannot be read ({words}): {_AGAIN}")
    return numbers


def _consecutive(path: Path, dates: pd.DataFrame, freq: str) -> pd.DatetimeIndex:
    """Dates of the columns year, month and day, if they follow one another."""
    index = pd.DatetimeIndex(pd.to_datetime(dates, errors="coerce"))
    if index.hasnans or not index.equals(pd.date_range(index[0], index[-1], freq=freq)):
        what = {"D": "days", "MS": "months"}[freq]
        raise DataError(f"{path}: the {what} are not consecutive")
    return index


def read_channel(path: Path, number: int) -> pd.Series:
    """Daily flow out of a channel of SWAT+, m3/s, from ``channel_sd_day.txt``.

    Parameters
    ----------
    number
        The channel's number on the map (``gis_id``), which its name has too (13 is ``cha013``).
        If a file's channels have no such numbers, the one in the order of printing (``unit``).

    Raises
    ------
    DataError
        If the file has no flow, no such channel, a line that cannot be read or a missing day.
    """
    with path.open(encoding="utf-8", errors="replace") as file:
        names = [next(file, "").split() for _ in range(3)][1]
    if "flo_out" not in names or names[: len(_CHANNEL_COLUMNS)] != _CHANNEL_COLUMNS:
        raise DataError(f"{path}, line 2: no column flo_out; is it SWAT+'s {CHANNEL_FILE}?")
    places = {"year": "yr", "month": "mon", "day": "day", "unit": "unit", "flow": "flo_out"}
    places["gis_id"] = "gis_id" if "gis_id" in names else "unit"
    table = _columns(path, 3, {column: names.index(name) for column, name in places.items()})
    ids = _numbers(path, table[["unit", "gis_id"]]).astype(int)
    known = ids.drop_duplicates()
    if known["gis_id"].duplicated().any() or (known["gis_id"] == 0).any():
        known = known.assign(gis_id=known["unit"])
    unit = known["unit"][known["gis_id"] == number]
    if unit.empty:
        pairs = [f"{gis_id} (unit {unit})" for unit, gis_id in known.to_numpy()[:30]]
        more = ", ..." if len(known) > 30 else ""
        raise DataError(f"{path} has no channel {number}; it has gis_id {', '.join(pairs)}{more}")
    lines = _numbers(path, table[ids["unit"] == unit.iloc[0]])
    index = _consecutive(path, lines[["year", "month", "day"]], "D")
    return pd.Series(lines["flow"].to_numpy(), index, name="flo_out")


def read_output_rch(path: Path, reach: int) -> pd.Series:
    """Flow out of a reach of SWAT2012, m3/s, from ``output.rch``.

    The columns are those in the file's line of names, which depend on its revision and on the
    variables chosen for printing. Most files have no dates. A monthly print closes each year with
    a line of that year, a yearly print has the years, and both end with means over all years. A
    daily print has calendar dates (ICALEN 1), or counts the days of the year from the first year
    in the ``file.cio`` beside it (IYR + NYSKIP).

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
    lines = _reach_lines(path, reach)
    time = lines["time"]
    if "year" in lines:
        index = _consecutive(path, lines[["year", "day"]].assign(month=time), "D")
    elif time.min() > 366:
        index = pd.DatetimeIndex([pd.Timestamp(year, 1, 1) for year in time])
    elif time.max() > 366:
        if time.iloc[-1] <= 12:
            raise DataError(f"{path} ends within a year: the run was stopped; run it again")
        dates = pd.DataFrame({"year": time.where(time > 366).bfill(), "month": time, "day": 1})
        lines, dates = lines[time <= 12], dates[time <= 12]
        index = _consecutive(path, dates, "MS")
    else:
        index = _days_of_years(path, time.to_numpy())
    return pd.Series(lines["flow"].to_numpy(), index, name="FLOW_OUT")


def _reach_lines(path: Path, reach: int) -> pd.DataFrame:
    """Flow and time of a reach, without the means over all years.

    ``time`` is the day of the year, the month or the year (column MON); with ``day`` and ``year``
    where the lines have calendar dates (MO DA YR), and then the month.
    """
    with path.open(encoding="utf-8", errors="replace") as file:
        head = list(islice(file, 50))
    names = [i for i, line in enumerate(head) if "RCH" in line.split() and "AREAkm2" in line]
    if not names:
        raise DataError(f"{path} has no line with the names RCH and AREAkm2: is it an output.rch?")
    skip = names[0] + 1
    first = head[skip].split() if skip < len(head) else []
    # Words of a line are REACH, RCH, GIS, MON or MO DA YR, the area with a decimal point, values.
    dated = len(first) > 4 and "." not in first[4]
    places = {"reach": 1, "time": 3, **({"day": 4, "year": 5} if dated else {})}
    places["flow"] = (7 if dated else 5) + _flow_column(path, head[names[0]])
    table = _columns(path, skip, places, text="time")
    # With a decimal point, MON is the number of years that a mean is over.
    mean = table["time"].str.contains(".", regex=False, na=False)
    lines = table[(_numbers(path, table[["reach"]])["reach"] == reach) & ~mean]
    if lines.empty:
        raise DataError(f"{path} has no reach {reach}")
    return _numbers(path, lines)


def _flow_column(path: Path, line: str) -> int:
    """Which of the values after the area is the flow, by the line of names."""
    before, _, after = line.rstrip().partition("AREAkm2")
    if "DET" in before.split():
        raise DataError(f"{path} is a subdaily print: print days, months or years (IPRINT)")
    names = [after[i : i + _WIDTH].strip() for i in range(0, len(after), _WIDTH)]
    if _FLOW not in names:
        raise DataError(
            f"{path} has no {_FLOW} but {', '.join(names)}: let SWAT print it (variable 2 in "
            "file.cio's reach output variables, or 0 for all of them)"
        )
    return names.index(_FLOW)


def _days_of_years(path: Path, times: np.ndarray) -> pd.DatetimeIndex:
    """Dates of days of the year, which begin in the first printed year of ``file.cio``."""
    control = path.with_name("file.cio")
    if not control.is_file():
        raise DataError(f"{control} is missing: the years of a daily output.rch start from there")
    # A line reads `2003    | IYR : Beginning year of simulation`.
    text = control.read_text(encoding="utf-8", errors="replace")
    values = {name: value for value, name in re.findall(r"^(.*?)\|\s*(\w+)", text, re.MULTILINE)}
    try:
        year = int(values["IYR"]) + int(values["NYSKIP"])
    except (KeyError, ValueError) as error:
        raise DataError(f"{control} has no whole numbers IYR and NYSKIP ({error})") from None
    first = pd.Timestamp(year, 1, 1) + pd.Timedelta(int(times[0]) - 1, "D")
    index = pd.date_range(first, periods=len(times), freq="D")
    wrong = (index.day_of_year != times).nonzero()[0]
    if wrong.size:
        raise DataError(
            f"{path}: day {times[wrong[0]]} stands where {index[wrong[0]].date()} should, counted "
            f"from the first year in file.cio ({year}); are the two files of one run?"
        )
    return index
