"""Tables with a column per basin: days down, basins across, one variable in a file.

The file's name says which variable it is, and the columns are those that a table of basins has as
ids: nothing else tells a column of a basin from one of something that is not understood.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from hydrotl.data.readers.own_forms import EACH_BASIN
from hydrotl.data.sniff.columns import is_numeric, unit_below
from hydrotl.data.sniff.days import days_of
from hydrotl.data.sniff.files import Series, form_of
from hydrotl.data.sniff.headers import UnnamedError, variable_of
from hydrotl.data.sniff.numbers import numbers_of
from hydrotl.data.sniff.sheet import Sheet, look
from hydrotl.data.spelling import basin_id, look_alike
from hydrotl_core.errors import DataError


def wide_series(
    unnamed: Mapping[Path, UnnamedError], folder: Path, known: Sequence[str]
) -> list[Series]:
    """The series of files whose columns are basins.

    Parameters
    ----------
    unnamed
        Files that no column of is understood, with the error that says so.
    folder
        That they are in.
    known
        Ids of a table of basins.

    Raises
    ------
    DataError
        The error of a file that is none of them, with what to do if it is meant as one.
    """
    found = []
    for path, error in unnamed.items():
        one = _wide(path, path.relative_to(folder).as_posix(), known)
        if one is None:
            raise DataError(
                f"{error}. If its columns are basins, call the file by what it holds, such as "
                "flow_m3s.csv, and add a table with a row per basin that has their ids"
            ) from error
        found.append(one)
    return found


def _wide(path: Path, name: str, known: Sequence[str]) -> Series | None:
    sheet = look(path)
    days, said = days_of(sheet), variable_in(Path(name).stem)
    if days is None or said is None:
        return None
    rest = [column for column in sheet.names if column and column not in days.columns]
    numeric = [column for column in rest if is_numeric(sheet.texts(column))]
    basins = [column for column in numeric if basin_id(column) in known]
    _refuse_similar(path, numeric, known)
    if not basins:
        return None
    variable, unit = said
    unit = unit or unit_below(sheet, basins[0], variable)
    numbers = numbers_of(_below_one_another(sheet, variable, basins), {variable: variable})
    form = form_of(sheet, days) | {"basins": [basin_id(column) for column in basins]}
    unused = [column for column in rest if column not in basins]
    return Series(name, form, {variable: (EACH_BASIN, unit)}, days, numbers, unused, {}, sheet)


def _refuse_similar(path: Path, columns: Sequence[str], known: Sequence[str]) -> None:
    """Refuse a column whose name is the id of a basin but for case or zeros in front."""
    there = {basin_id(column) for column in columns}
    lacking = {look_alike(basin): basin for basin in known if basin not in there}
    for column in columns:
        basin = lacking.get(look_alike(column))
        if basin is not None and basin_id(column) not in known:
            raise DataError(
                f"{path}: a column '{column}', but none of basin '{basin}', as the table of basins "
                "calls it (spreadsheets take away zeros in front): give both the same name"
            )


def variable_in(stem: str) -> tuple[str, str | None] | None:
    """What the name of a file says that it holds, and the unit."""
    whole = variable_of(re.sub(r"[_\W]+", " ", stem).strip())
    tokens = re.split(r"[^\w]+|_", stem)
    named = [variable_of(token) for token in tokens if len(token) > 1 or token in "qQpP"]
    distinct = {one for one in named if one is not None}
    return whole or (distinct.pop() if len(distinct) == 1 else None)


def _below_one_another(sheet: Sheet, name: str, columns: Sequence[str]) -> Sheet:
    """The columns as a single one; its index holds their lines in the file."""
    texts = pd.concat([sheet.texts(column) for column in columns])
    return replace(sheet, names=[name], rows=pd.DataFrame({0: texts}))
