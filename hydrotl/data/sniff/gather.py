"""Which files of a folder are looked at, and what is said of those that are passed over."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from hydrotl.data.ownfile import REGION_FILE
from hydrotl.data.sniff.files import LEAST_ROWS, Series
from hydrotl.data.sniff.headers import variable_of
from hydrotl.data.sniff.ids import known_id
from hydrotl.data.sniff.sheet import look
from hydrotl.data.sniff.wide import variable_in
from hydrotl_core.errors import DataError
from hydrotl_core.scaling import STREAMFLOW

#: Endings of files that may hold series or tables; any other is passed over.
TEXTS = {".csv", ".txt", ".tsv", ".dat", ".asc", ".rdb", ".day", ".tab", ".prn", ".tsd", ".cmd"}
GRIDS = {".nc", ".nc4"}
BOOKS = {".xlsx", ".xls", ".ods", ".xlsm", ".zip", ".gz"}
#: Levels of folders that are looked into.
DEPTH = 5
#: The file of a folder that a run left; ``hydrotl.river`` writes it, on which data do not build.
RUN = "run.yaml"
#: Beginnings of the names of files that need not be tables.
_PROSE = ("readme", "license", "licence", "changelog", "metadata", "notes", "info")
#: Lines with numbers, of all, that make a text a table.
_MOSTLY = 0.8
#: What to do with a file that is no data.
_ELSE = "or move the file out of the folder if it is not to be read"


def data_files(folder: Path) -> tuple[list[Path], list[str]]:
    """Files that may hold data, sorted, and what is said of workbooks, which are not read.

    Hidden files and those of runs are none.

    Raises
    ------
    DataError
        If there is no folder, or no file.
    """
    if not folder.is_dir():
        raise DataError(f"no folder {folder}")
    found: list[Path] = []
    books: list[Path] = []
    runs = {path.parent for path in folder.rglob(RUN)} - {folder}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        hidden = any(part.startswith((".", "~$", "_")) for part in inside)
        run = not runs.isdisjoint(path.parents)
        if not path.is_file() or hidden or run or len(inside) > DEPTH or path.name == REGION_FILE:
            continue
        if path.suffix.lower() in TEXTS | GRIDS:
            found.append(path)
        elif path.suffix.lower() in BOOKS:
            books.append(path)
    if not found and books:
        raise DataError(f"{books[0]}: save each sheet as CSV, or unpack the archive")
    if not found:
        raise DataError(f"{folder}: no file that may hold series ({', '.join(sorted(TEXTS))})")
    texts = {path.with_suffix("") for path in found}
    return found, [
        f"{path.relative_to(folder).as_posix()}: a workbook or an archive; save each sheet as CSV, "
        "or unpack it"
        for path in books
        if path.with_suffix("") not in texts
    ]


def is_prose(path: Path) -> bool:
    """Whether a file's name says that it need not be a table."""
    return path.stem.lower().startswith(_PROSE)


def refuse_series_not_understood(path: Path, error: DataError, known: Sequence[str]) -> None:
    """Raise the error of a text that is not understood, but holds rows of numbers of a basin.

    A text without such rows may well be a note.
    """
    lines = path.read_bytes().decode("latin-1").split("\n")
    rows = [line for line in lines if line.strip()]
    numbers = sum(len(re.findall(r"\d+", line)) >= 2 for line in rows)
    if len(rows) >= LEAST_ROWS and numbers > _MOSTLY * len(rows) and known_id(path.name, known):
        raise DataError(f"{error}; {_ELSE}") from error


def refuse_flow_not_understood(others: Sequence[Path], series: Sequence[Series]) -> None:
    """Raise an error if no file has flow that is understood, but one seems to hold it.

    ``others`` are neither series nor tables of the basins.
    """
    if any(STREAMFLOW in one.columns for one in series):
        return
    for path in others:
        sheet = look(path)
        said = [variable_in(path.stem), *map(variable_of, sheet.names)]
        if len(sheet.rows) >= LEAST_ROWS and STREAMFLOW in [one[0] for one in said if one]:
            named = ", ".join(sheet.names[:6]) + (", ..." if len(sheet.names) > 6 else "")
            raise DataError(
                f"{path}: seems to hold flow, but no column of dates is understood (columns: "
                f"{named}): write a row per day, with its date as YYYY-MM-DD in a column 'date', "
                f"{_ELSE}"
            )
