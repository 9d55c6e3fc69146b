"""Streamflow of a SWAT run: SWAT+'s ``channel_sd_day.txt`` and SWAT2012's ``output.rch``.

So anyone's existing run can be a teacher, whatever wrote it.
"""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.data.units import check_area, convert
from hydrotl.process_based import flow_array
from hydrotl.process_based.swat.tables import columns, consecutive, numbers, same_lines
from hydrotl_core.errors import DataError

CHANNEL_FILE = "channel_sd_day.txt"
REACH_FILE = "output.rch"

#: First columns of ``channel_sd_day.txt``.
_CHANNEL_COLUMNS = ["jday", "mon", "day", "yr", "unit"]

#: Width of a value in ``output.rch``; names fill it, so that neighbours may touch.
_WIDTH = 12
_FLOW = "FLOW_OUTcms"


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
    first = ""
    if path.is_file():
        with path.open(encoding="utf-8", errors="replace") as file:
            first = file.read(200)
    if not first:
        raise DataError(f"{path} is missing or empty: run SWAT first")
    if "SWAT+" in first:
        flow = read_channel(path, number)
    elif isinstance(number, str) and not number.strip().isdecimal():
        raise DataError(f"{path}: a reach has a number (RCH), not the name {number!r}")
    else:
        flow = read_output_rch(path, int(number))
    depth = convert(flow.to_numpy(), "m3/s", "mm/day", area)
    return pd.Series(depth, index=flow.index, name="streamflow")


def flow_of_runs(ds: xr.Dataset, runs: dict[str, tuple[Path, int | str, float]]) -> xr.DataArray:
    """Streamflow of existing SWAT runs on the basins and days of ``ds``, mm/day.

    Parameters
    ----------
    runs
        Basin id -> output file or folder, number or name of the channel or reach, area in km2: the
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


def read_channel(path: Path, number: int | str) -> pd.Series:
    """Daily flow out of a channel of SWAT+, m3/s, from ``channel_sd_day.txt``.

    Parameters
    ----------
    number
        The channel's number on the map (``gis_id``), which its name has too (13 is ``cha013``), or
        its name. If a file's channels have no such numbers, the one in the order of printing
        (``unit``).

    Raises
    ------
    DataError
        If the file has no flow in m3/s, no such channel, another by its name than by its number, a
        line that cannot be read or a missing day.
    """
    with path.open(encoding="utf-8", errors="replace") as file:
        _, *head = [next(file, "").split() for _ in range(3)]
    names, units = head
    if "flo_out" not in names or names[: len(_CHANNEL_COLUMNS)] != _CHANNEL_COLUMNS:
        raise DataError(f"{path}, line 2: no column flo_out; is it SWAT+'s {CHANNEL_FILE}?")
    if not {"m^3/s", "m3/s"} & set(units):
        raise DataError(f"{path}, line 3: no unit m^3/s, so flo_out is of another revision's unit")
    places = {"year": "yr", "month": "mon", "day": "day", "unit": "unit", "flow": "flo_out"}
    places["gis_id"] = "gis_id" if "gis_id" in names else "unit"
    places["name"] = "name" if "name" in names else "unit"
    words = {column: names.index(name) for column, name in places.items()}
    table = columns(path, 3, words, text="name")
    ids = numbers(path, table[["unit", "gis_id"]]).astype(int).assign(name=table["name"])
    same_lines(path, ids["unit"], "unit")
    unit = channel_unit(path, ids.drop_duplicates(), number)
    lines = numbers(path, table[ids["unit"] == unit].drop(columns="name"))
    index = consecutive(path, lines[["year", "month", "day"]], "D")
    return pd.Series(lines["flow"].to_numpy(), index, name="flo_out")


def channel_unit(path: Path, known: pd.DataFrame, number: int | str) -> int:
    """Place in the order of printing of the channel with a number or name.

    ``known`` has a row per channel: ``unit``, ``gis_id``, ``name``.
    """
    text = str(number).strip()
    of_name = known["name"].astype(str).str.extract(r"^\D*0*(\d+)$")[0]
    numberings = [column.astype(str) for column in (known["gis_id"], of_name.fillna("0"))]
    numberings = [n for n in numberings if not n.duplicated().any() and not (n == "0").any()]
    if not text.isdecimal():
        numberings = [known["name"].astype(str)]
    found = {
        int(unit)
        for numbering in numberings or [known["unit"].astype(str)]
        for unit in known["unit"][numbering == (text.lstrip("0") if text.isdecimal() else text)]
    }
    if len(found) == 1:
        return found.pop()
    named = bool(found) or not text.isdecimal()
    listed = [
        f"{row.gis_id} (unit {row.unit}{f', name {row.name}' if named else ''})"
        for row in known.itertuples()
    ]
    channels = ", ".join(listed[:30]) + (", ..." if len(listed) > 30 else "")
    if found:
        raise DataError(
            f"{path}: channel {number} is one by its gis_id and another by its name: give the "
            f"name; it has gis_id {channels}"
        )
    raise DataError(f"{path} has no channel {number}; it has gis_id {channels}")


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
        index = consecutive(path, lines[["year", "day"]].assign(month=time), "D")
    elif time.min() > 366:
        dates = pd.DataFrame({"year": time, "month": 1, "day": 1})
        index = consecutive(path, dates, "YS")
    elif time.max() > 366:
        if time.iloc[-1] <= 12:
            raise DataError(f"{path} ends within a year: the run was stopped; run it again")
        dates = pd.DataFrame({"year": time.where(time > 366).bfill(), "month": time, "day": 1})
        lines, dates = lines[time <= 12], dates[time <= 12]
        index = consecutive(path, dates, "MS")
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
    table = columns(path, skip, places, text="time")
    # With a decimal point, MON is the number of years that a mean is over.
    mean = table["time"].str.contains(".", regex=False, na=False)
    reaches = numbers(path, table[["reach"]])["reach"].astype(int)
    lines = table[(reaches == reach) & ~mean]
    if lines.empty:
        known = ", ".join(map(str, reaches.unique()[:30]))
        raise DataError(f"{path} has no reach {reach}; it has {known}")
    same_lines(path, reaches, "reach")
    return numbers(path, lines)


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
