"""The form of a text file: its encoding, separator, and which line names the columns."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

import pandas as pd

from hydrotl.data.readers.own_header import named, whole_line
from hydrotl.data.readers.text import split_fields
from hydrotl.data.sniff.headers import is_date_name, variable_of
from hydrotl.data.spelling import plain
from hydrotl_core.errors import DataError

SEPARATORS = (";", "\t", "|", ",", "whitespace")
COMMENTS = ("#", "%", "!", "//", "*")
#: Lines that the form is found from.
LOOKED_AT = 400
#: Rows of names, units and forms above the first day.
MOST_NAMING = 4
#: Rows that show which column holds dates, and the share of them that has one.
LEAST_DAYS, MOST_DATES = 10, 0.9
#: A file of so many rows has lost its rows on the way, or is no table.
_KINDS = {
    b"PK\x03\x04": "an Excel workbook or archive: save each sheet as CSV, or unpack it",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook: save each sheet as CSV",
    b"\x1f\x8b": "compressed: unpack it",
    b"%PDF": "a PDF: export the table as CSV",
}
_CLEAN = re.compile(
    r"|[-+]?(\d{1,3}([ '.,\u2019]\d{3})+|\d+)?([.,]\d*)?([eE][-+]?\d+)?"  # nothing, or a number
    r"|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?)?.{0,6}"
    r"|\d{1,2}:\d{2}(:\d{2})?|[-.*]+|[^\W\d_]{1,12}\.?|\d{1,2}[- ][^\W\d_]{3,9}[- ]\d{2,4}"
)
_NUMBER_OR_DATE = re.compile(r"[-+]?[\d.,' ]*\d[\d.,' ]*([eE][-+]?\d+)?|\d[\d/.:T -]*\d")
#: A date that is no number, or eight digits of one, and perhaps a time of day behind it.
_DATE = re.compile(
    r"(\d{4}([-/.])\d{1,2}\2\d{1,2}|\d{1,2}([-/.])\d{1,2}\3\d{2,4}"
    r"|(1[7-9]|2[01])\d\d(0[1-9]|1[0-2])[0-3]\d"
    r"|\d{1,2}[-. ]?[^\W\d_]{3,9}\.?[-. ]?\d{2,4}|[^\W\d_]{3,9} \d{1,2},? \d{4})"
    r"([T ].{1,16})?"
)


@dataclass
class Sheet:
    """A text file as a table of texts; the index of ``rows`` holds their lines in the file."""

    path: Path
    encoding: str
    separator: str
    comment: str | None
    header: int
    below_header: int
    names: list[str]
    rows: pd.DataFrame
    units: list[str] = field(default_factory=list)
    preamble: list[str] = field(default_factory=list)

    def texts(self, name: str) -> pd.Series:
        """Fields of the column ``name``, without blanks around them."""
        return self.rows[self.names.index(name)]


def decoded(path: Path) -> tuple[str, str]:
    """Text of a file, with its encoding; a DataError if it is no text, saying what it is."""
    content = path.read_bytes()
    for start, kind in _KINDS.items():
        if content.startswith(start):
            raise DataError(f"{path} is {kind}")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16"), "utf-16"
    if content[:4000].count(0) > len(content[:4000]) // 5:
        encoding = "utf-16-le" if content[1:2] == b"\0" else "utf-16-be"
        return content.decode(encoding, "replace"), encoding
    if b"\0" in content:
        raise DataError(f"{path} holds null characters: no text, or damaged; export it again")
    try:
        return content.decode("utf-8-sig"), "utf-8-sig"
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace"), "cp1252"


def look(path: Path) -> Sheet:
    """Read a text file whose form is not known.

    Raises
    ------
    DataError
        If it is no text, or no table with a line that names the columns; says what to do.
    """
    text, encoding = decoded(path)
    lines = plain(text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    comment = next((c for c in COMMENTS if lines and lines[0].startswith(c)), None)
    top = 0
    while comment and top < len(lines) and lines[top].startswith(comment):
        top += 1
    if len(lines) - top < 2:
        raise DataError(f"{path}: no table (a line of names, then rows); export it again")
    separator = _separator(lines[top:], path)
    starts, body = _whole_lines(lines[top:])
    split = [split_fields(line, separator) or [] for line in body[:LOOKED_AT]]
    usual = Counter(len(row) for row in split[len(split) // 3 :]).most_common(1)[0][0]
    first = _first_row(split, usual, path)
    naming, below = _naming(split[:first], usual, path)
    names, units = named(split[naming]), split[naming + 1] if below else []
    if len(names) == usual - 1 and split[first][-1] == "":
        names = [*names, ""]
    if len(names) != usual:
        raise DataError(
            f"{path}, line {top + starts[naming] + 1}: {len(names)} names of columns above rows of "
            f"{usual} fields; give every column a name, and put numbers with a comma into a file "
            "that is separated by semicolons"
        )
    rows = _rows(body[first:], separator, usual, path, top + starts[first] + 1)
    return Sheet(
        path,
        encoding,
        separator,
        comment if top else None,
        starts[naming] + 1,
        below,
        names,
        rows,
        units,
        lines[: top + starts[naming]],
    )


def _whole_lines(lines: list[str]) -> tuple[list[int], list[str]]:
    """Lines, those joined that a name between quotation marks goes over, and where each begins."""
    starts, whole = list[int](), list[str]()
    position = 0
    while position < len(lines):
        starts.append(position)
        text, taken = whole_line(lines, position)
        whole.append(text)
        position += taken
        if len(whole) == LOOKED_AT:  # names come before
            break
    return [*starts, *range(position, len(lines))], [*whole, *lines[position:]]


def _separator(lines: list[str], path: Path) -> str:
    """The separator with which most fields are numbers, dates or single words."""
    sample = lines[len(lines) // 2 :][:60] or lines
    best, found = 0.0, ""
    for separator in SEPARATORS:
        rows = [split_fields(line, separator) or [] for line in sample if line.strip()]
        count, often = Counter(len(row) for row in rows).most_common(1)[0]
        if count < 2:
            continue
        fields = [one for row in rows for one in row if len(row) == count]
        clean = sum(bool(_CLEAN.fullmatch(one)) for one in fields) / len(fields) * often / len(rows)
        if clean > best + 0.02:
            best, found = clean, separator
    if not found:
        raise DataError(
            f"{path}: no separator of columns found (semicolon, comma, tab, | or blanks); one line "
            "per day, with a date and at least one value"
        )
    return found


def _first_row(split: list[list[str]], usual: int, path: Path) -> int:
    """Position of the first row with values.

    Where a column holds dates it is the first that has one, whatever its other fields are: a flow
    may be missing for weeks, and lines above the names may hold numbers.
    """
    position = _first_day(split, usual)
    if position is None:
        for least in (2, 1):  # of a table of basins, one may be all that is a plain number
            rows = (p for p, row in enumerate(split) if _is_row(row, p, usual, least))
            position = next(rows, None)
            if position is not None:
                break
    else:
        while position > 0 and split[position - 1][:1] != [""]:
            if not _is_row(split[position - 1], position - 1, usual):
                break
            position -= 1  # a table of basins, the first of which lack a date
    if position is None:
        raise DataError(f"{path}: no row with a date or id and a number below a line of names")
    if position == 0:
        raise DataError(
            f"{path}: no line names the columns; add one on top, such as date,rain,tmean,q"
        )
    return position


def _is_row(row: list[str], position: int, usual: int, least: int = 2) -> bool:
    if position < MOST_NAMING and row and is_date_name(row[0]):
        return False  # names, even if those of the other columns are numbers: ids of basins
    values = [one for one in row if _NUMBER_OR_DATE.fullmatch(one)]
    return len(row) == usual and (len(values) >= least or (bool(values) and len(row) == 2))


def _first_day(split: list[list[str]], usual: int) -> int | None:
    """Position of the first row with a date, in a column that holds different ones below."""
    below = [row for row in split[len(split) // 3 :] if len(row) == usual]
    if len(below) < LEAST_DAYS:
        return None
    for column in range(usual):
        dates = [row[column] for row in below if _DATE.fullmatch(row[column])]
        if len(dates) > MOST_DATES * len(below) and len(set(dates)) > len(dates) / 2:
            having = (
                p
                for p, row in enumerate(split)
                if len(row) == usual and _DATE.fullmatch(row[column])
            )
            return next(having)
    return None


def _naming(above: list[list[str]], usual: int, path: Path) -> tuple[int, int]:
    """Position of the line that names the columns, and how many lines follow before the rows."""
    candidates = [
        position
        for position in range(max(0, len(above) - MOST_NAMING), len(above))
        if len(above[position]) >= usual - 1 and sum(map(bool, above[position])) >= usual / 2
    ]
    if not candidates:
        raise DataError(f"{path}: no line above the rows names their {usual} columns; add one")
    known = {
        p: sum(is_date_name(n) or variable_of(n) is not None for n in above[p]) for p in candidates
    }
    naming = max(candidates, key=lambda p: (known[p], -p))
    return naming, len(above) - naming - 1


def _rows(lines: list[str], separator: str, usual: int, path: Path, first: int) -> pd.DataFrame:
    """Rows as texts; lines of another number of fields are named."""
    try:
        table = pd.read_csv(
            StringIO("\n".join(lines)),
            sep=r"\s+" if separator == "whitespace" else separator,
            header=None,
            names=list(range(usual)),
            dtype=object,  # Python's texts: several times faster here than those of pandas
            keep_default_na=False,
            na_filter=False,
            skip_blank_lines=False,
            skipinitialspace=True,
            index_col=False,
            on_bad_lines="error",
        )
    except (pd.errors.ParserError, ValueError) as error:
        raise DataError(f"{path}: rows with another number of fields ({error})") from error
    lines_of = pd.RangeIndex(first, first + len(table))
    texts = {
        k: pd.Series([str(one).strip() for one in column.fillna("")], lines_of, dtype=object)
        for k, column in table.items()
    }
    return pd.DataFrame(texts, index=lines_of)
