"""Dates of daily records: parsing them, and the rule that every day occurs once, in order."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from hydrotl.data.readers.options import Gaps
from hydrotl_core.errors import DataError


def parse_dates(texts: pd.Series, date_format: str | None, path: Path) -> pd.DatetimeIndex:
    """Days of a text column in ``date_format`` (strftime codes; None: ISO 8601).

    Raises
    ------
    DataError
        At the first text that is not such a date, with file and line.
    """
    parsed = pd.to_datetime(texts, format=date_format or "ISO8601", errors="coerce")
    return _as_days(parsed, texts, f"column '{texts.name}'", date_format, path)


def join_dates(table: pd.DataFrame, columns: Sequence[str], path: Path) -> pd.DatetimeIndex:
    """Days from three numeric columns that hold year, month and day.

    Raises
    ------
    DataError
        At the first row that is not a date, with file and line.
    """
    parts = table[list(columns)].set_axis(["year", "month", "day"], axis="columns")
    parsed = pd.to_datetime(parts, errors="coerce")
    wrong = table.index[parsed.isna()]
    texts = pd.Series(
        ["-".join(f"{part:02g}" for part in parts.loc[line]) for line in wrong[:1]],
        index=wrong[:1],
        dtype=object,
    ).reindex(table.index)
    return _as_days(parsed, texts, f"columns {', '.join(columns)}", None, path)


def _as_days(
    parsed: pd.Series, texts: pd.Series, where: str, date_format: str | None, path: Path
) -> pd.DatetimeIndex:
    wrong = np.flatnonzero(parsed.isna().to_numpy())
    if wrong.size:
        raise DataError(
            f"{path}, line {texts.index[wrong[0]]}, {where}: {texts.iloc[wrong[0]]!r} is not a "
            f"date in the form {date_format or 'YYYY-MM-DD'}; correct it or set the option "
            "`date_format`"
        )
    return pd.DatetimeIndex(parsed).normalize().as_unit("ns")


def check_days(
    days: pd.DatetimeIndex, lines: Sequence[int] | pd.Index | None, gaps: Gaps, path: Path
) -> str | None:
    """Check that ``days`` rises day by day.

    Parameters
    ----------
    days, lines
        The days of a record, and the line of each in ``path`` (None: not a text file).
    gaps
        ``error``: a skipped day is an error; ``nan``: skipped days are missing values.

    Returns
    -------
    str or None
        What to tell the user about skipped days that were accepted.

    Raises
    ------
    DataError
        At the first day that is doubled, out of order or (``gaps="error"``) skipped.
    """

    def place(at: int) -> str:
        return f"{path}" if lines is None else f"{path}, line {lines[at]}"

    steps = np.diff(days.values) // np.timedelta64(1, "D")
    for at in np.flatnonzero(steps <= 0)[:1]:
        day = days[at + 1].date()
        if steps[at] == 0:
            raise DataError(
                f"{place(at + 1)}: {day} occurs twice; the data must be daily, keep one row"
            )
        raise DataError(
            f"{place(at + 1)}: {day} comes after {days[at].date()}; sort the rows by date, "
            "and check that day and month are not swapped (option `date_format`)"
        )
    skipped = np.flatnonzero(steps > 1)
    if not skipped.size:
        return None
    first = skipped[0]
    text = (
        f"{place(first + 1)}: {int(steps[first]) - 1} day(s) missing between "
        f"{days[first].date()} and {days[first + 1].date()} "
        f"({int((steps[skipped] - 1).sum())} in the whole record)"
    )
    if gaps == "error":
        raise DataError(
            f"{text}; fetch the complete record, or set the option `gaps: nan` to take missing "
            "days as missing values"
        )
    return f"{text}: taken as missing values"
