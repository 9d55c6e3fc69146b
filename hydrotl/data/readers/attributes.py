"""Attribute tables: one row per basin, ids as text, columns numeric or categorical."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hydrotl.data.manifest import Dataset
from hydrotl.data.readers.text import read_header, read_table, split_missing
from hydrotl_core.errors import DataError


def read_attributes(folder: Path, pattern: str, dataset: Dataset, **form: Any) -> pd.DataFrame:
    """Read attribute tables of the same basins side by side.

    Parameters
    ----------
    folder, pattern
        The tables: a file inside ``folder``, or a pattern with ``*`` for several. A column that is
        in several tables is taken from the first.
    form
        ``separator`` and ``encoding``, see :func:`hydrotl.data.readers.text.read_table`.

    Returns
    -------
    pandas.DataFrame
        Basin ids (text) as index. A column of numbers is float64 with NaN for missing; a column
        that holds any other text, or codes with leading zeros, is text with "" for missing.

    Raises
    ------
    DataError
        If there is no table, a file is not one, or an id is empty or occurs twice.
    """
    paths = sorted(folder.glob(pattern)) if "*" in pattern else [folder / pattern]
    if not paths:
        raise DataError(f"{(folder / pattern).parent}: no attribute tables; fetch them too")
    id_column = dataset.attributes.id_column or "gauge_id"
    joined = pd.DataFrame()
    for path in paths:
        header = read_header(path, **form)
        table = read_table(path, text=header, **form)
        if id_column not in table:
            raise DataError(
                f"{path}: no column '{id_column}' with the basin ids (it has: "
                f"{', '.join(header[:20])}); correct `attributes.id_column` in the manifest entry"
            )
        typed = _with_ids(table, id_column, dataset.missing, path)
        new = typed[typed.columns.difference(joined.columns, sort=False)]
        joined = new if path == paths[0] else joined.join(new)
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
    turned = table.set_index(names[0]).T.rename_axis(columns=None).reset_index(names=names[0])
    return _with_ids(turned, names[0], dataset.missing, path)


def _with_ids(
    table: pd.DataFrame, id_column: str, missing: Sequence[float | str], path: Path
) -> pd.DataFrame:
    """Index a table of text by its basin ids, and type its other columns."""
    ids = table[id_column]
    for line in ids.index[ids == ""]:
        raise DataError(f"{path}, line {line}: no basin id in column '{id_column}'")
    for line, basin in ids[ids.duplicated()].items():
        raise DataError(f"{path}, line {line}: basin {basin} occurs twice; keep one row")
    typed = {name: _typed(table[name], missing) for name in table.columns if name != id_column}
    return pd.DataFrame(typed, index=table.index).set_index(pd.Index(ids, name="basin"))


def _typed(texts: pd.Series, missing: Sequence[float | str]) -> pd.Series:
    absent_texts, numbers = split_missing(missing)
    absent = texts.isin(absent_texts)
    present = texts[~absent]
    codes = present.str.fullmatch(r"0\d+").any()
    values = pd.to_numeric(present, errors="coerce")
    if codes or values.isna().any() or np.isinf(values).any():
        return texts.where(~absent, "")
    return values.where(~values.isin(numbers)).reindex(texts.index).astype(np.float64)
