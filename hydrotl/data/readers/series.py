"""Daily series from files: finding the files, and every day once, in order."""

import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from hydrotl.data.manifest import Dataset
from hydrotl.data.readers.dates import parse_days
from hydrotl.data.readers.text import read_header, read_table
from hydrotl.data.spelling import basin_id, look_alike
from hydrotl_core.errors import DataError

#: What a fault in a record is: an error, or missing values.
OnFault = Literal["error", "nan"]

#: The series of one basin by canonical name: native unit, days rising, missing values NaN. A series
#: may say where it is from (:func:`from_file`).
Record = dict[str, pd.Series]

#: What file managers add to the name of a copy.
_COPY = re.compile(r" ?\(\d+\)$| ?- copy$| copy( \d+)?$|_copy$", re.IGNORECASE)


def from_file(
    values: np.ndarray, days: pd.DatetimeIndex, path: Path, first_line: int | None = None
) -> pd.Series:
    """A series that knows its file and, in a text file with a day per line, its first line."""
    series = pd.Series(values, days)
    series.attrs = {"file": str(path), "line": first_line}
    return series


def find_files(folder: Path, pattern: str, id_width: int = 0) -> dict[str, Path]:
    """Basin id (padded with zeros to ``id_width``) -> file, sorted by path.

    ``pattern`` is a path inside ``folder``, such as ``*/{basin}_daily.csv``. Hidden files, which
    some systems put beside every file, are passed over.

    Raises
    ------
    DataError
        If there is no file, or two files are of one basin.
    """
    if not pattern or Path(pattern).is_absolute():
        raise DataError(f"{folder}: the pattern {pattern!r} must be relative to this folder")
    stars = as_glob(pattern)
    if "**" in stars:
        raise DataError(
            f"{folder}: the pattern {pattern!r} finds names at any depth: put a sign "
            "between * and {basin}, and name each folder"
        )
    expression = re.escape(pattern).replace(r"\*", "[^/]*")
    expression = expression.replace(r"\{basin\}", "(?P<basin>[^/]+?)", 1)
    expression = expression.replace(r"\{basin\}", "(?P=basin)")
    found: dict[str, Path] = {}
    for path in sorted(folder.glob(stars)):
        match = re.fullmatch(expression, path.relative_to(folder).as_posix())
        if not match or path.name.startswith((".", "~$")):
            continue
        basin = basin_id(match["basin"]).zfill(id_width)
        if basin in found:
            one, other = found[basin].relative_to(folder), path.relative_to(folder)
            raise DataError(f"{folder}: two files of basin {basin}, {one} and {other}; keep one")
        found[basin] = path
    if not found:
        raise DataError(f"{folder}: no file {pattern}; check the folder and the reader's options")
    for basin, path in found.items():
        original = _COPY.sub("", basin)
        if original != basin and original in found:
            raise DataError(f"{path}: a copy of {found[original].name}? Remove or rename it")
    _warn_of_similar(found, folder)
    return found


def as_glob(pattern: str) -> str:
    """A pattern for ``Path.glob``: of the signs that mean something there, only ``*`` does here."""
    return pattern.replace("[", "[[]").replace("{basin}", "*")


def _warn_of_similar(files: Mapping[str, Path], folder: Path) -> None:
    """Say which ids may be two spellings of one."""
    seen: dict[str, str] = {}
    for basin in files:
        other = seen.setdefault(look_alike(basin), basin)
        if other != basin:
            warnings.warn(
                f"{folder}: {files[other].name} and {files[basin].name} are taken as two basins, "
                f"'{other}' and '{basin}'; if they are one, keep one file",
                stacklevel=3,
            )


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
        The column with the date, or three of year, month and day; see
        :func:`hydrotl.data.readers.dates.parse_days`.
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
    line = int(table.index[0])
    return {
        key: from_file(table[column].to_numpy(), days, path, line)
        for key, column in columns.items()
    }


def basin_columns(
    path: Path, others: Sequence[str], id_width: int = 0, **form: Any
) -> dict[str, str]:
    """Basin id (padded with zeros to ``id_width``) -> its column in a table of many basins.

    A DataError if the file cannot be read or two columns are of one basin; ``others`` are of none.
    """
    columns: dict[str, str] = {}
    form.pop("decimal", None)
    for name in read_header(path, **form):
        basin = basin_id(name).zfill(id_width)
        if basin in columns:
            raise DataError(f"{path}: basin {basin} has more than one column: keep one")
        if name and name not in others:
            columns[basin] = name
    return columns


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
