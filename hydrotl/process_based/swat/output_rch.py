"""``output.rch`` of SWAT2012: flow of a reach by day, month or year.

The file has fixed columns and no dates. A monthly print closes each year with a line of that year,
a yearly print has the years, both end with means over all years. A daily print counts the days of
the year; its first year is in ``file.cio`` (IYR + NYSKIP).
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from hydrotl_core.errors import DataError

HEADER_LINES = 9
_REACH, _TIME, _FLOW_OUT = slice(6, 10), slice(19, 25), slice(49, 61)


def read_output_rch(path: Path, reach: int) -> pd.Series:
    """Flow out of a reach, m3/s.

    Parameters
    ----------
    path
        The file; the ``file.cio`` of a daily print is looked for beside it.
    reach
        Number of the reach (RCH).

    Returns
    -------
    pandas.Series
        Indexed by day, or by the first day of the month or year of which it is the mean.

    Raises
    ------
    DataError
        If a line cannot be read, there is no such reach, or the dates are not to be had.
    """
    times, flows = _columns(path, reach)
    if min(times) > 366:
        index = pd.DatetimeIndex([pd.Timestamp(year, 1, 1) for year in times])
        return pd.Series(flows, index=index, name="FLOW_OUT")
    if max(times) > 366:
        return _monthly(path, times, flows)
    return _daily(path, times, flows)


def _columns(path: Path, reach: int) -> tuple[list[int], list[float]]:
    """Column MON and flow of the reach, without the means over all years."""
    times, flows = [], []
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, 1):
            if number <= HEADER_LINES or not line.strip():
                continue
            try:
                if int(line[_REACH]) != reach:
                    continue
                time = line[_TIME]
                if "." in time:  # the number of years that a mean is over
                    continue
                times.append(int(time))
                flows.append(float(line[_FLOW_OUT]))
            except ValueError as error:
                raise DataError(
                    f"{path}, line {number} is not of SWAT2012's output.rch ({error}): reach in "
                    "columns 7-10, MON in 20-25, FLOW_OUT in 50-61, no calendar dates"
                ) from None
    if not times:
        raise DataError(f"{path} has no reach {reach}")
    return times, flows


def _monthly(path: Path, times: list[int], flows: list[float]) -> pd.Series:
    """Months take the year of the line that closes them."""
    dates: list[pd.Timestamp] = []
    kept: list[float] = []
    open_months: list[tuple[int, float]] = []
    for time, flow in zip(times, flows, strict=True):
        if time <= 12:
            open_months.append((time, flow))
            continue
        dates += [pd.Timestamp(time, month, 1) for month, _ in open_months]
        kept += [value for _, value in open_months]
        open_months = []
    if open_months:
        raise DataError(f"{path} ends within a year: the run was stopped; run it again")
    index = pd.DatetimeIndex(dates)
    if not index.equals(pd.date_range(index[0], index[-1], freq="MS")):
        raise DataError(f"{path}: the months are not one after another")
    return pd.Series(kept, index=index, name="FLOW_OUT")


def _daily(path: Path, times: list[int], flows: list[float]) -> pd.Series:
    year = _first_year(path.with_name("file.cio"))
    first = pd.Timestamp(year, 1, 1) + pd.Timedelta(times[0] - 1, "D")
    index = pd.date_range(first, periods=len(times), freq="D")
    wrong = (index.day_of_year != times).nonzero()[0]
    if wrong.size:
        raise DataError(
            f"{path}: day {times[wrong[0]]} stands where {index[wrong[0]].date()} should, counted "
            f"from the first year in file.cio ({year}); are the two files of one run?"
        )
    return pd.Series(flows, index=index, name="FLOW_OUT")


def _first_year(path: Path) -> int:
    """First printed year of a run: IYR + NYSKIP of ``file.cio``."""
    if not path.is_file():
        raise DataError(f"{path} is absent: a daily output.rch has no years, they start from there")
    values: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        value, bar, rest = line.partition("|")
        if bar and rest.split():
            values[rest.split()[0].rstrip(":")] = value.strip()
    try:
        return int(values["IYR"]) + int(values["NYSKIP"])
    except (KeyError, ValueError) as error:
        raise DataError(f"{path} has no whole numbers IYR and NYSKIP ({error})") from None
