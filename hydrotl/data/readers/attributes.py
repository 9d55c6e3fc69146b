"""Attribute tables: one row per basin, ids as text, columns numeric or categorical."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from hydrotl.data.manifest import Dataset
from hydrotl.data.readers.columns import typed_column
from hydrotl.data.readers.series import as_glob
from hydrotl.data.readers.text import read_header, read_table, separator_hint
from hydrotl.data.spelling import basin_id, plain
from hydrotl_core.errors import DataError


def read_attributes(
    folder: Path,
    pattern: str,
    dataset: Dataset,
    basins: Sequence[str] | None = None,
    id_width: int = 0,
    names_of: Callable[[Path], tuple[int, list[str]]] | None = None,
    **form: Any,
) -> pd.DataFrame:
    """Read attribute tables of the same basins side by side.

    Parameters
    ----------
    folder, pattern
        The tables: a file inside ``folder``, or a pattern with ``*`` for several. A column that is
        in several tables is taken from the first.
    basins
        Basins that must have a row in every table, if they have one in any; None: all.
    id_width
        Ids are padded with zeros to so many digits.
    names_of
        Gives the last line above the rows of a table, and the names of its columns; by default its
        first line has them.
    form
        ``separator``, ``encoding``, ``decimal`` and ``thousands``, see
        :func:`hydrotl.data.readers.text.read_table`.

    Returns
    -------
    pandas.DataFrame
        Basin ids (text) as index. A column of numbers is float64 with NaN for missing, one of words
        or codes is text with "" for missing, see
        :func:`hydrotl.data.readers.columns.typed_column`. A column without a name is left out.

    Raises
    ------
    DataError
        If there is no table, a file is not one, an id is empty or occurs twice, a number column
        holds text, a basin has a row in some tables only, or two tables contradict each other.
    """
    paths = sorted(folder.glob(as_glob(pattern))) if "*" in pattern else [folder / pattern]
    if not paths:
        raise DataError(f"{(folder / pattern).parent}: no attribute tables; fetch them too")
    id_column = plain(dataset.attributes.id_column or "gauge_id")
    tables: dict[Path, pd.DataFrame] = {}
    for path in paths:
        line, names = names_of(path) if names_of else (1, read_header(path, **_bare(form)))
        header = [name for name in names if name]
        if id_column not in header:
            raise DataError(
                f"{path}: no column '{id_column}' with the basin ids (it has: "
                f"{', '.join(header[:20])}); correct `attributes.id_column` in the manifest entry"
                f"{', or the separator' * bool(separator_hint(header))}{separator_hint(header)}"
            )
        table = read_table(path, text=header, header_line=line, names=names, **_bare(form))

        def place(name: str, line: Any, path: Path = path) -> str:
            return f"{path}, line {line}, column '{name}'"

        ids = table[id_column].map(lambda text: basin_id(text).zfill(id_width) if text else "")
        columns = table.drop(columns=id_column)
        tables[path] = _typed(
            ids, columns, dataset, place, path, form.get("decimal", "."), form.get("thousands")
        )
    _check_rows(tables, basins, dataset.title)
    first, *others = tables.items()
    joined = first[1]
    for path, table in others:
        _check_same(joined, table, first[0], path)
        joined = joined.join(table[table.columns.difference(joined.columns, sort=False)])
    return joined


def read_transposed(
    path: Path, dataset: Dataset, meaning: bool = False, **form: Any
) -> pd.DataFrame:
    """Read a table with a row per attribute and a column per basin, the ids in its first line.

    ``meaning``: a last column explains each attribute. Otherwise as :func:`read_attributes`.
    """
    header = read_header(path, **form)
    if len(header) < 2 + meaning:
        wanted = "name, value(s) and meaning" if meaning else "name and value(s)"
        raise DataError(f"{path}: {len(header)} columns, not {wanted}")
    names = header[: len(header) - meaning]
    table = read_table(path, text=names, **form)
    attributes = table[names[0]]
    for line, name in attributes[attributes.duplicated()].items():
        raise DataError(f"{path}, line {line}: attribute '{name}' occurs twice; keep one row")
    lines = {name: line for line, name in attributes.items()}

    def place(name: str, basin: Any) -> str:
        return f"{path}, line {lines[name]} ('{name}'), column '{basin}'"

    turned = table.set_index(names[0]).T.rename_axis(columns=None)
    ids = pd.Series([basin_id(name) for name in turned.index], turned.index)
    return _typed(ids, turned, dataset, place, path)


def _bare(form: dict[str, Any]) -> dict[str, Any]:
    """``form`` without signs in numbers: attributes are read as text first."""
    return {key: value for key, value in form.items() if key not in ("decimal", "thousands")}


def _typed(
    ids: pd.Series,
    table: pd.DataFrame,
    dataset: Dataset,
    place: Callable[[str, Any], str],
    path: Path,
    decimal: str = ".",
    thousands: str | None = None,
) -> pd.DataFrame:
    """Type the columns of a table of text, and index it by its basin ids."""
    for line in ids.index[ids == ""]:
        raise DataError(f"{path}, line {line}: no basin id; complete or remove it")
    for line, basin in ids[ids.duplicated()].items():
        first = ids.index[ids == basin][0]
        raise DataError(
            f"{path}, line {line}: basin {basin} occurs twice (first: {first}); keep one row"
        )
    typed = {
        name: typed_column(
            table[name],
            dataset.missing,
            partial(place, name),
            text=name in dataset.attributes.text,
            decimal=decimal,
            thousands=thousands,
        )
        for name in table.columns
    }
    return pd.DataFrame(typed, index=table.index).set_index(pd.Index(ids, name="basin"))


def _check_rows(tables: dict[Path, pd.DataFrame], basins: Sequence[str] | None, title: str) -> None:
    """Every basin that has a row in some table must have one in all of them."""
    known = list(dict.fromkeys(basin for table in tables.values() for basin in table.index))
    if basins is not None:
        known = sorted(set(basins) & set(known))
    for path, table in tables.items():
        lacking = [basin for basin in known if basin not in table.index]
        if lacking:
            named = ", ".join(lacking[:10]) + (", ..." if len(lacking) > 10 else "")
            raise DataError(
                f"{path}: no row of {len(lacking)} basin(s) that other attribute tables of "
                f"{title} have: {named}; complete the table, or leave these basins out"
            )


def _check_same(one: pd.DataFrame, other: pd.DataFrame, first: Path, second: Path) -> None:
    """A column that two tables have must hold the same values in both."""
    for name in one.columns.intersection(other.columns):
        a, b = one[name].align(other[name], join="inner")
        differ = (a != b) & ~(a.isna() & b.isna())
        for basin in a.index[differ]:
            raise DataError(
                f"{second}: basin {basin} has '{name}' {b[basin]}, but {a[basin]} in {first.name}: "
                "keep the column in one table"
            )
