"""Streamflow of a reach of SWAT2012, from ``output.rch``."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pandas as pd

from hydrotl.process_based.swat.control import days_of_years
from hydrotl.process_based.swat.tables import (
    columns,
    consecutive,
    first_line,
    first_true,
    numbers,
    same_lines,
    starred,
    whole,
    wide,
    wrong_words,
)
from hydrotl_core.errors import DataError

REACH_FILE = "output.rch"

#: Width of a value; names and stars fill it, so that neighbours touch.
_WIDTH = 12
_FLOW = "FLOW_OUTcms"


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
    elif time.max() <= 366:
        index = days_of_years(path, time)
    elif time.min() > 366:
        dates = pd.DataFrame({"year": time, "month": 1, "day": 1})
        index = consecutive(path, dates, "YS")
    else:
        other = ~time.between(1, 12) & (time <= 366)
        if other.any():
            line = first_true(other)
            raise DataError(
                f"{path}, line {line}: MON is {time.loc[line]}, neither a month nor a year as in "
                "other lines: are these lines of one run?"
            )
        if time.iloc[-1] <= 12:
            raise DataError(f"{path} ends within a year: the run was stopped; run it again")
        dates = pd.DataFrame({"year": time.where(time > 366).bfill(), "month": time, "day": 1})
        lines, dates = lines[time <= 12], dates[time <= 12]
        index = consecutive(path, dates, "MS")
    return pd.Series(lines["flow"].to_numpy(), index, name="FLOW_OUT")


def _reach_lines(path: Path, reach: int) -> pd.DataFrame:
    """Flow and time of a reach, without the means over all years.

    ``time`` is the day of the year, the month or the year (column MON); with ``day`` and ``year``
    where the lines have calendar dates (MO DA YR), and then the month.
    """
    with path.open(encoding="utf-8", errors="replace") as file:
        head = list(islice(file, 50))
    found = [i for i, line in enumerate(head) if "RCH" in line.split() and "AREAkm2" in line]
    if not found:
        raise DataError(f"{path} has no line with the names RCH and AREAkm2: is it an output.rch?")
    skip = found[0] + 1
    names = _names(path, skip, head[found[0]])
    line, first = first_line(path, skip, _WIDTH)
    # Words of a line are REACH, RCH, GIS, MON or MO DA YR, the area (no whole number), values.
    dated = len(first) > 4 and first[4].isdecimal()
    start = 7 if dated else 5
    # Some revisions print a whole number without a name behind the values.
    behind = first[start + len(names) :]
    if len(first) < start + len(names) or not all(word.isdecimal() for word in behind):
        belong = f"by the names in line {skip} it has {start + len(names)}"
        raise wrong_words(path, line, len(first), belong, wide(first, _WIDTH))
    places = {"reach": 1, "time": 3, **({"day": 4, "year": 5} if dated else {})}
    places["flow"] = start + names.index(_FLOW)
    table = columns(path, skip, places, text="time", width=_WIDTH)
    # A number wider than its column can be of no reach that is asked for.
    table = table[~starred(table["reach"])]
    # With a decimal point, MON is the number of years that a mean is over.
    mean = table["time"].str.contains(".", regex=False, na=False)
    reaches = whole(path, table[["reach"]])["reach"]
    lines = table[(reaches == reach) & ~mean]
    if lines.empty:
        known = ", ".join(map(str, reaches.unique()[:30]))
        raise DataError(f"{path} has no reach {reach}; it has {known}")
    same_lines(path, reaches, "reach")
    flow = numbers(path, lines[["flow"]])
    return whole(path, lines.drop(columns="flow")).join(flow)


def _names(path: Path, number: int, line: str) -> list[str]:
    """Names of the values after the area, from the line of names."""
    before, _, after = line.rstrip().partition("AREAkm2")
    if "DET" in before.split():
        raise DataError(f"{path} is a subdaily print: print days, months or years (IPRINT)")
    names = [after[i : i + _WIDTH].strip() for i in range(0, len(after), _WIDTH)]
    if _FLOW not in names:
        raise DataError(
            f"{path} has no {_FLOW} but {', '.join(names)}: let SWAT print it (variable 2 in "
            "file.cio's reach output variables, or 0 for all of them)"
        )
    if names.count(_FLOW) > 1:
        raise DataError(
            f"{path}, line {number} names {_FLOW} {names.count(_FLOW)} times: keep the right one"
        )
    return names
