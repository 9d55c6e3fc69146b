"""Daily series from files: finding the files, parsing dates, and every day once, in order."""

import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from hydrotl.data.manifest import Dataset
from hydrotl.data.readers.text import read_header, read_table
from hydrotl_core.errors import DataError

#: What a fault in a record is: an error, or missing values.
OnFault = Literal["error", "nan"]

#: The series of one basin by canonical name: native unit, days rising, missing values NaN.
Record = dict[str, pd.Series]


def find_files(folder: Path, pattern: str) -> dict[str, Path]:
    """Basin id -> file, sorted by path; a DataError if there is none.

    ``pattern`` is a path inside ``folder``, such as ``*/{basin}_daily.csv``.
    """
    expression = re.escape(pattern).replace(r"\{basin\}", "([^/]+?)").replace(r"\*", "[^/]*")
    found = {}
    for path in sorted(folder.glob(pattern.replace("{basin}", "*"))):
        match = re.fullmatch(expression, path.relative_to(folder).as_posix())
        if match:
            found[match[1]] = path
    if not found:
        raise DataError(f"{folder}: no file {pattern}; check the folder and the reader's options")
    return found


def read_series(
    path: Path,
    columns: Mapping[str, str],
    dates: Sequence[str],
    dataset: Dataset,
    gaps: OnFault,
    date_format: str | None = None,
    **form: Any,
) -> Record:
    """Daily series of a text file with a row per day.

    Parameters
    ----------
    columns
        Canonical name (in a table of many basins: basin id) -> column to read.
    dates, date_format
        The column with the date, or three of year, month and day; see :func:`parse_days`.
    gaps
        See :func:`check_days`.
    form
        Form of the file, see :func:`hydrotl.data.readers.text.read_table`.

    Raises
    ------
    DataError
        If the file, a column, a date or a number is missing or wrong.
    """
    parts = dates if len(dates) > 1 else ()
    table = read_table(
        path,
        text=() if parts else dates,
        values=list(dict.fromkeys([*parts, *columns.values()])),
        missing=dataset.missing,
        **form,
    )
    days = parse_days(table, dates, path, date_format)
    check_days(days, gaps, path, table.index)
    return {key: pd.Series(table[column].to_numpy(), days) for key, column in columns.items()}


def basin_columns(
    path: Path, others: Sequence[str], id_width: int = 0, **form: Any
) -> dict[str, str]:
    """Basin id (padded with zeros to ``id_width``) -> its column in a table of many basins.

    A DataError if the file cannot be read or two columns are of one basin; ``others`` are of none.
    """
    columns: dict[str, str] = {}
    for name in read_header(path, **form):
        basin = name.zfill(id_width)
        if basin in columns:
            raise DataError(f"{path}: basin {basin} has more than one column: keep one")
        if name not in others:
            columns[basin] = name
    return columns


def parse_days(
    table: pd.DataFrame, columns: Sequence[str], path: Path, date_format: str | None = None
) -> pd.DatetimeIndex:
    """Days from a text column, or from three numeric ones that hold year, month and day.

    ``date_format`` holds ``strftime`` codes of the text column; None is ISO 8601. A DataError
    names file and line of the first row that is not a date.
    """
    if len(columns) == 1:
        texts = table[columns[0]]
        parsed = pd.to_datetime(texts, format=date_format or "ISO8601", errors="coerce")
    else:
        parts = table[list(columns)].set_axis(["year", "month", "day"], axis="columns")
        parsed = pd.to_datetime(parts, errors="coerce")
    for line in table.index[parsed.isna()]:
        where, text = f"column '{columns[0]}'", table.at[line, columns[0]]
        if len(columns) > 1:
            where = f"columns {', '.join(columns)}"
            text = "-".join(f"{part:02g}" for part in table.loc[line, list(columns)])
        raise DataError(
            f"{path}, line {line}, {where}: {text!r} is not a date in the form "
            f"{date_format or 'YYYY-MM-DD'}; correct it or set the option `date_format`"
        )
    return pd.DatetimeIndex(parsed).normalize().as_unit("ns")


def check_days(
    days: pd.DatetimeIndex, gaps: OnFault, path: Path, lines: pd.Index | None = None
) -> None:
    """Check that the days of a file rise day by day.

    Parameters
    ----------
    gaps
        ``error``: a skipped day is an error; ``nan``: skipped days are missing values, with a
        warning.
    lines
        Line of each day in ``path``; None: not a text file.

    Raises
    ------
    DataError
        At the first day that is doubled, out of order or (``gaps="error"``) skipped.
    """
    steps = np.diff(days.values) // np.timedelta64(1, "D")
    odd = np.flatnonzero(steps <= 0)
    first = int(next(iter(odd if odd.size else np.flatnonzero(steps > 1)), -1))
    if first < 0:
        return
    place = str(path) if lines is None else f"{path}, line {lines[first + 1]}"
    before, day = days[first].date(), days[first + 1].date()
    if steps[first] == 0:
        raise DataError(f"{place}: {day} occurs twice; the data must be daily, keep one row")
    if steps[first] < 0:
        raise DataError(
            f"{place}: {day} comes after {before}; sort the rows by date, and check that day and "
            "month are not swapped (option `date_format`)"
        )
    text = (
        f"{place}: {int(steps[first]) - 1} day(s) missing between {before} and {day} "
        f"({int((steps - 1).sum())} in the whole record)"
    )
    if gaps == "error":
        raise DataError(
            f"{text}; fetch the complete record, or set the option `gaps: nan` to take missing "
            "days as missing values"
        )
    warnings.warn(f"{text}: taken as missing values", stacklevel=2)
