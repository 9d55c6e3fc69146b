"""Attribute tables: one row per basin, ids as text, columns numeric or categorical."""

from collections.abc import Sequence
from functools import reduce
from pathlib import Path

import numpy as np
import pandas as pd

from hydrotl.data.manifest import Dataset
from hydrotl.data.readers.text import MISSING_TEXTS, read_header, read_table
from hydrotl_core.errors import DataError


def read_attributes(
    path: Path,
    id_column: str,
    *,
    missing: Sequence[float | str] = (),
    separator: str = ",",
    encoding: str = "utf-8-sig",
) -> pd.DataFrame:
    """Read one attribute table.

    Returns
    -------
    pandas.DataFrame
        Basin ids (text) as index. A column of numbers is float64 with NaN for missing; a column
        that holds any other text, or codes with leading zeros, is text with "" for missing.

    Raises
    ------
    DataError
        If the file is not such a table or an id is empty or occurs twice.
    """
    what = "attribute table"
    header = read_header(path, what, separator=separator, encoding=encoding)
    table = read_table(path, what, text=header, separator=separator, encoding=encoding)
    if id_column not in table:
        raise DataError(
            f"{path}: no column '{id_column}' with the basin ids (it has: "
            f"{', '.join(header[:20])}); correct `attributes.id_column` in the manifest entry"
        )
    return with_ids(table, id_column, missing, path)


def with_ids(
    table: pd.DataFrame, id_column: str, missing: Sequence[float | str], path: Path
) -> pd.DataFrame:
    """Index a table of text by its basin ids, and type its other columns.

    Raises
    ------
    DataError
        If an id is empty or occurs twice.
    """
    ids = table[id_column]
    for line, basin in ids.items():
        if not basin:
            raise DataError(f"{path}, line {line}: no basin id in column '{id_column}'")
    doubled = ids[ids.duplicated()]
    if len(doubled):
        raise DataError(
            f"{path}, line {doubled.index[0]}: basin {doubled.iloc[0]} occurs twice; keep one row"
        )
    typed = {name: _typed(table[name], missing) for name in table.columns if name != id_column}
    return pd.DataFrame(typed, index=table.index).set_index(pd.Index(ids, name="basin"))


def read_attribute_tables(
    paths: Sequence[Path], folder: Path, dataset: Dataset, separator: str
) -> pd.DataFrame:
    """Tables of the same basins, side by side (see :func:`read_attributes`).

    Raises
    ------
    DataError
        If ``paths`` is empty (``folder`` is where they were looked for) or a table is damaged.
    """
    if not paths:
        raise DataError(f"{folder}: no attribute tables; fetch them too")
    id_column = dataset.attributes.id_column or "gauge_id"
    return merge_attributes(
        [
            read_attributes(path, id_column, missing=dataset.missing, separator=separator)
            for path in paths
        ]
    )


def merge_attributes(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Tables of the same basins side by side; a column that comes again is taken once."""
    return reduce(
        lambda left, right: left.join(right[right.columns.difference(left.columns, sort=False)]),
        tables,
    )


def _typed(texts: pd.Series, missing: Sequence[float | str]) -> pd.Series:
    absent = texts.isin([*MISSING_TEXTS, *(code for code in missing if isinstance(code, str))])
    present = texts[~absent]
    codes = present.str.fullmatch(r"0\d+").any()
    values = pd.to_numeric(present, errors="coerce")
    if codes or values.isna().any() or np.isinf(values).any():
        return texts.where(~absent, "")
    numeric = [float(code) for code in missing if not isinstance(code, str)]
    return values.where(~values.isin(numeric)).reindex(texts.index).astype(np.float64)
