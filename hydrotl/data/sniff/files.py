"""What one file is: a daily series of one or many basins, or a table of attributes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hydrotl.data.readers.own_forms import NETCDF
from hydrotl.data.sniff.basin_table import IDS, SURELY_IDS, Table, table_of
from hydrotl.data.sniff.columns import columns_of
from hydrotl.data.sniff.days import Days, days_of, share_repeated
from hydrotl.data.sniff.grids import read_grid
from hydrotl.data.sniff.headers import is_date_name, words
from hydrotl.data.sniff.numbers import Numbers, numbers_of
from hydrotl.data.sniff.places import said_of_station
from hydrotl.data.sniff.sheet import Sheet, look
from hydrotl_core.errors import DataError

LEAST_ROWS = 10
#: Shares of rows with a date that was there before: a slip, and certainly several basins.
FEW, MANY = 0.01, 0.4


@dataclass
class Series:
    """A file of daily series: its form as in ``region.yaml``, and what is in it."""

    path: str
    form: dict[str, Any]
    columns: dict[str, tuple[str, str | None]]
    days: Days | None
    numbers: Numbers
    unused: list[str] = field(default_factory=list)
    station: dict[str, float] = field(default_factory=dict)
    sheet: Sheet | None = None


def examine_file(path: Path, folder: Path) -> Series | Table | None:
    """What a file is; None if it is neither series nor table.

    Raises
    ------
    DataError
        If it seems to be one of them, but its form is not understood.
    """
    name = path.relative_to(folder).as_posix()
    if path.suffix.lower() in NETCDF:
        return _netcdf(path, name)
    sheet = look(path)
    _once(sheet)
    days = days_of(sheet)
    if days is None:
        return table_of(sheet, name)
    return _series(sheet, name, days)


def _once(sheet: Sheet) -> None:
    twice = next((n for n in sheet.names if n and sheet.names.count(n) > 1), None)
    if twice is not None:
        raise DataError(f"{sheet.path}: column '{twice}' occurs more than once: keep one")


def _series(sheet: Sheet, name: str, days: Days) -> Series:
    columns, unused, guessed = columns_of(sheet, days.columns, name)
    form = form_of(sheet, days)
    ids = _id_column(sheet, days, [c for c, _ in columns.values()])
    if ids is not None:
        form["basin_column"] = ids
        unused = [one for one in unused if one != ids]
    numbers = numbers_of(sheet, {variable: column for variable, (column, _) in columns.items()})
    station, unclear = said_of_station(sheet, numbers.decimal)
    numbers.guessed += [*guessed, *unclear]
    return Series(name, form, columns, days, numbers, unused, station, sheet)


def form_of(sheet: Sheet, days: Days) -> dict[str, Any]:
    return {
        "separator": sheet.separator,
        "encoding": sheet.encoding,
        "comment": sheet.comment,
        "header": sheet.header,
        "below_header": sheet.below_header,
        "date": list(days.columns),
        "date_form": days.form,
    }


def _id_column(sheet: Sheet, days: Days, used: Sequence[str]) -> str | None:
    """Column of the basins' ids, of a file with many basins; None if there is none.

    Raises
    ------
    DataError
        If most days occur more than once, and no column tells why.
    """
    again = share_repeated(sheet, days)
    free = [n for n in sheet.names if n and n not in days.columns and n not in used]
    rest = [n for n in free if not is_date_name(n)]  # a month is no basin
    named = [n for n in rest if words(n).replace(" ", "") in IDS]
    surely = [n for n in named if words(n).replace(" ", "") in SURELY_IDS]
    # Where one basin's period follows that of another, no day occurs twice.
    for column in [*named, *rest] if again > FEW else surely:
        texts = sheet.texts(column)
        several = 1 < texts.nunique() < len(texts) / LEAST_ROWS
        if several and (column in named or (texts == texts.shift()).mean() > 0.5):
            return column
    if again > MANY:
        raise DataError(
            f"{sheet.path}: days occur more than once, and no column tells basins apart; keep "
            "one row per day (daily values), or add a column with the basin's id"
        )
    return None


def ids_there(
    series: Sequence[Series], unnamed: Iterable[Path], folder: Path
) -> tuple[list[str], set[str]]:
    """Paths of all series, and the ids that stand in their columns.

    ``unnamed`` are files that may have a column per basin.
    """
    paths = [one.path for one in series]
    ids: set[str] = set()
    for one in series:
        if "basin_column" in one.form and one.sheet is not None:
            ids |= set(one.sheet.texts(str(one.form["basin_column"])))
    for path in unnamed:
        paths.append(path.relative_to(folder).as_posix())
        ids |= set(look(path).names)
    return paths, ids


def _netcdf(path: Path, name: str) -> Series:
    """A NetCDF file of one basin."""
    time, columns, numbers, unused = read_grid(path)
    return Series(name, {"date": [time]}, columns, None, numbers, unused)
