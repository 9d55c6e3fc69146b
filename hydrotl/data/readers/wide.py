"""Wide tables: one file per variable, a row per day and a column per basin."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hydrotl.data.readers.assemble import Series, make_record
from hydrotl.data.readers.days import join_dates, parse_dates
from hydrotl.data.readers.options import Gaps
from hydrotl.data.readers.text import read_header, read_table
from hydrotl_core.errors import DataError


@dataclass(frozen=True)
class Wide:
    """Form of a wide table: its date column (or year, month and day) and its separator."""

    dates: tuple[str, ...]
    separator: str = ","
    ignored: tuple[str, ...] = ()


def columns_of(path: Path, form: Wide, id_width: int = 0) -> dict[str, str]:
    """Basin id (padded with zeros to ``id_width``) -> name of its column.

    Raises
    ------
    DataError
        If the file cannot be read or two columns stand for one basin.
    """
    columns: dict[str, str] = {}
    for name in read_header(path, "wide table", separator=form.separator):
        if name in form.dates or name in form.ignored:
            continue
        basin = name.zfill(id_width)
        if basin in columns:
            raise DataError(f"{path}: basin {basin} has more than one column: keep one")
        columns[basin] = name
    return columns


def read_wide(
    path: Path,
    columns: Mapping[str, str],
    form: Wide,
    missing: Sequence[float | str],
    gaps: Gaps,
) -> dict[str, Series]:
    """Series of the basins in ``columns`` (basin id -> column name).

    Raises
    ------
    DataError
        If the file, a column, a date or a number is missing or wrong.
    """
    parted = len(form.dates) > 1
    table = read_table(
        path,
        "wide table",
        text=() if parted else form.dates,
        values=[*(form.dates if parted else ()), *columns.values()],
        missing=missing,
        separator=form.separator,
    )
    if parted:
        days = join_dates(table, form.dates, path)
    else:
        days = parse_dates(table[form.dates[0]], None, path)
    values = {basin: table[name].to_numpy(np.float64) for basin, name in columns.items()}
    return make_record(days, table.index, values, gaps, path)
