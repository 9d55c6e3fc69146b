"""Delimited text files, read strictly: what cannot be understood is an error with its line."""

import csv
import re
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hydrotl.data.spelling import plain
from hydrotl_core.errors import DataError

#: Texts that mean "missing" in any file; further codes are declared in the manifest.
MISSING_TEXTS = ("", "NA", "NaN", "nan")

#: Reads UTF-8 with and without a byte order mark.
ENCODING = "utf-8-sig"
#: What observers write for rain or snow that is too little to be measured.
TRACES = ("t", "tr", "trace")
#: Signs of a damaged line that a message shows.
SHOWN = 20


def split_missing(missing: Sequence[float | str]) -> tuple[list[str], list[float]]:
    """Texts (with :data:`MISSING_TEXTS`) and numbers that mean a missing value."""
    texts = [plain(code) for code in missing if isinstance(code, str)]
    return [*MISSING_TEXTS, *texts], [float(c) for c in missing if not isinstance(c, str)]


def require_file(path: Path) -> Path:
    """``path``; a DataError if the file is absent or empty."""
    if not path.is_file():
        raise DataError(
            f"{path}: no such file; check the data set's folder and the names in its manifest entry"
        )
    if path.stat().st_size == 0:
        raise DataError(f"{path}: the file is empty; fetch it again")
    return path


def read_header(path: Path, *, separator: str = ",", encoding: str = ENCODING) -> list[str]:
    """Fields of the first line of a delimited file; errors as in :func:`read_table`."""
    with require_file(path).open(encoding=encoding) as file:
        try:
            return _header(file.readline(), separator, path, 1)
        except UnicodeError as error:
            raise _not_text(path, encoding, error) from error


def read_table(
    path: Path,
    *,
    text: Sequence[str] = (),
    values: Sequence[str] = (),
    missing: Sequence[float | str] = (),
    separator: str = ",",
    encoding: str = ENCODING,
    header_line: int = 1,
    names: Sequence[str] | None = None,
    decimal: str = ".",
    thousands: str | None = None,
) -> pd.DataFrame:
    """Read columns of a delimited text file.

    Parameters
    ----------
    text, values
        Columns to return as text and as float64.
    missing
        Missing codes in ``values``: a number is compared by value (-999 also matches
        ``-999.00``), a text literally. The texts of :data:`MISSING_TEXTS` are always missing.
    separator
        Delimiter, or ``whitespace``.
    header_line
        Line (from 1) that names the columns; lines above it are skipped.
    names
        Column names of a file without such a line; the rows start below ``header_line``.
    decimal
        Sign before the decimals of ``values``.
    thousands
        Sign between groups of three digits of ``values``, if there is one.

    Returns
    -------
    pandas.DataFrame
        The columns; the index holds each row's line number in the file.

    Raises
    ------
    DataError
        If the file is absent, empty, not in that encoding, ragged, lacks a column or a row, or
        holds text where a number belongs.
    """
    try:
        content = require_file(path).read_text(encoding=encoding)
    except UnicodeError as error:
        raise _not_text(path, encoding, error) from error
    if "\0" in content:
        raise DataError(
            f"{path}: holds null characters, so it is no text or damaged; fetch it again"
        )
    lines = plain(content).split("\n")
    while lines and not lines[-1].strip():  # blank lines at the end do no harm
        lines.pop()
    rows, first_line = lines[header_line:], header_line + 1
    if not rows:
        raise DataError(f"{path}: no rows below line {header_line}; fetch or export it again")
    header = list(names or _header(lines[header_line - 1], separator, path, header_line))
    _check_columns(header, [*text, *values], path)
    if twice := [name for name in text if name in values]:
        raise DataError(
            f"{path}: column '{twice[0]}' cannot be a date or name and a number at once: correct "
            "`native` or the column options in the manifest entry"
        )
    _check_field_counts(rows, len(header), separator, path, first_line)
    places = {header.index(plain(name)): name for name in [*text, *values]}
    kept = sorted(places)
    numeric = {header.index(plain(name)) for name in values}
    texts, numbers = split_missing(missing)

    def parse(**types_and_gaps: Any) -> pd.DataFrame:
        return pd.read_csv(
            StringIO("\n".join(rows)),
            sep=r"\s+" if separator == "whitespace" else separator,
            header=None,
            names=list(range(len(header))),
            usecols=kept,
            skip_blank_lines=False,
            skipinitialspace=True,
            decimal="." if decimal == separator else decimal,
            index_col=False,
            **types_and_gaps,
        )

    try:
        try:
            # Numbers with groups, or with the separator between quotation marks, are read as text.
            bare = thousands is None and decimal != separator
            plain_numbers = numeric if bare else set[int]()
            types = {k: np.float64 if k in plain_numbers else str for k in kept}
            codes = {position: [" ", *texts] for position in plain_numbers}
            table = parse(dtype=types, na_values=codes, keep_default_na=False)
        except ValueError:
            # Some field is no plain number: all as text, then number by number to find its line.
            table = parse(dtype=str, na_filter=False)
    except pd.errors.ParserError as error:
        raise DataError(
            f"{path}: not a table with the separator {separator!r} ({error}): "
            "give every line the same number of fields"
        ) from error
    table.columns = pd.Index([places[position] for position in kept])
    table.index = pd.RangeIndex(first_line, first_line + len(table))
    for name in values:
        column = _numbers(table[name], texts, path, decimal, thousands)
        table[name] = column.mask(column.isin(numbers))
    for name in text:
        table[name] = table[name].fillna("").str.strip()
    return table


def _numbers(
    column: pd.Series,
    absent_texts: Sequence[str],
    path: Path,
    decimal: str,
    thousands: str | None = None,
) -> pd.Series:
    """Finite numbers of a column, float64, NaN where it is missing; anything else is an error."""
    if column.dtype == np.float64:
        values, absent = column, column.isna()
    else:
        texts = column.fillna("").str.strip()
        absent = texts.isin(absent_texts)
        values = point_numbers(texts.where(~absent), decimal, thousands)
    for line in column.index[~np.isfinite(values) & ~absent]:
        text = str(column[line]).strip()
        comma = " (decimals take a point, not a comma; the generic reader has the option `decimal`)"
        hint = comma if "," in text and decimal == "." else ""
        if text.casefold() in TRACES:
            hint = " (a trace of rain or snow is 0: write 0)"
        raise DataError(
            f"{path}, line {line}, column '{column.name}': {text!r} is not a number{hint}; "
            "correct it or add it to `missing` in the manifest entry"
        )
    return values


def point_numbers(texts: pd.Series, decimal: str = ".", thousands: str | None = None) -> pd.Series:
    """Numbers of texts with the sign ``decimal`` before their decimals, NaN where there is none.

    The sign ``thousands`` may only stand between groups of three digits: 1.234,5 is a number with
    a point of thousands, 1.23 is none.
    """
    if thousands is not None:
        sign, ending = re.escape(thousands), re.escape(decimal)
        grouped = texts.str.fullmatch(rf"[-+]?\d{{1,3}}({sign}\d{{3}})+({ending}\d*)?")
        bare = texts.str.replace(thousands, "", regex=False)
        texts = bare.where(grouped.fillna(False).astype(bool), texts)
    if decimal != ".":
        # A point would be of thousands there, and is no part of a number.
        texts = texts.where(~texts.str.contains(".", regex=False, na=False))
        texts = texts.str.replace(decimal, ".", regex=False)
    return pd.to_numeric(texts, errors="coerce").astype(np.float64)


def _check_columns(header: Sequence[str], wanted: Sequence[str], path: Path) -> None:
    for name in map(plain, wanted):
        if name not in header:
            shown = ", ".join(header[:20]) + (", ..." if len(header) > 20 else "")
            raise DataError(
                f"{path}: no column '{name}' (it has: {shown}); correct `native` or the column "
                f"options in the manifest entry, or the separator{separator_hint(header)}"
            )
        if header.count(name) > 1:
            raise DataError(f"{path}: column '{name}' occurs more than once: keep one")


def _not_text(path: Path, encoding: str, error: UnicodeError) -> DataError:
    return DataError(
        f"{path}: not {encoding} text ({error}); save it as UTF-8 or set the option `encoding`"
    )


def separator_hint(header: Sequence[str]) -> str:
    """What the separator seems to be, if it left a header line in one piece."""
    for sign, name in {";": "`;`", "\t": "a tab", ",": "`,`", "|": "`|`"}.items():
        if len(header) == 1 and sign in header[0]:
            return f", which seems to be {name}"
    return ""


def _header(line: str, separator: str, path: Path, number: int) -> list[str]:
    fields = split_fields(plain(line), separator)
    if fields is None:
        raise _open_quote(line, path, number)
    return fields


def _open_quote(text: str, path: Path, line: int) -> DataError:
    """Of a line whose quotation mark is left open; some of what follows the first one is shown."""
    shown = plain(text[max(text.find('"'), 0) :].strip())[:SHOWN]
    return DataError(
        f"{path}, line {line}: a quotation mark opens a field (at {shown}) and does not close it "
        "before the line ends or the next separator; the line is damaged: correct it or fetch the "
        "file again"
    )


def split_fields(line: str, separator: str) -> list[str] | None:
    """Fields of a line, without blanks around them; None if a quotation mark is left open."""
    if separator == "whitespace":
        if '"' not in line:
            return line.split()
        separator, line = " ", " ".join(line.split())
    line = re.sub(rf'"[ \r\n]+(?={re.escape(separator)}|$)', '"', line.rstrip("\r\n"))
    try:
        row = next(csv.reader([line], delimiter=separator, skipinitialspace=True, strict=True), [])
    except csv.Error:
        return None
    return [field.strip() for field in row]


def _check_field_counts(
    rows: list[str], expected: int, separator: str, path: Path, first_line: int
) -> None:
    """Every row needs as many fields as there are names; a short or long one is damaged.

    A separator between quotation marks is part of the field.
    """
    for line, row in enumerate(rows, start=first_line):
        if '"' in row:
            fields = split_fields(row, separator)
            if fields is None:
                raise _open_quote(row, path, line)
            found = len(fields)
        else:
            found = len(row.split()) if separator == "whitespace" else row.count(separator) + 1
        if found != expected:
            raise DataError(
                f"{path}, line {line}: {found} fields where {expected} belong; the line is "
                "damaged or cut off: correct it or fetch the file again"
            )
