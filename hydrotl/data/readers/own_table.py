"""The attribute table of your own files, and what ``region.yaml`` says of single stations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hydrotl.data.manifest import Dataset
from hydrotl.data.readers.attributes import read_attributes
from hydrotl.data.readers.own_forms import PLACES, OwnStation, OwnTable
from hydrotl.data.readers.own_header import header_of
from hydrotl.data.spelling import basin_id, plain
from hydrotl.data.units import convert
from hydrotl_core.errors import DataError


def attributes_of(
    folder: Path,
    dataset: Dataset,
    form: OwnTable | None,
    stations: Mapping[str, OwnStation],
    basins: Sequence[str],
) -> pd.DataFrame | None:
    """Attributes of ``basins`` by their own names, but for those of :data:`PLACES`.

    From the table of this ``form`` and from ``stations``, which go before it; none without either.
    """
    stated = pd.DataFrame.from_dict(
        {basin_id(basin): dict(one) for basin, one in stations.items()},
        orient="index",
        columns=list(PLACES),
        dtype=float,
    )
    if form is None and stated.empty:
        return None
    table = pd.DataFrame(index=pd.Index(list(basins), name="basin"))
    if form is not None:
        table = _named(folder, dataset, form, basins)
    unknown = sorted(set(stated.index) - set(map(str, table.index)) - set(basins))
    if unknown:
        raise DataError(
            f"{dataset.title}: `stations` in region.yaml names {unknown[0]}, of which there is no "
            f"file; there are {', '.join(basins[:10])}"
        )
    table = table.reindex(table.index.union(stated.index, sort=False))
    for name in table.columns[table.dtypes != np.float64]:
        table[name] = table[name].fillna("")
    for name in PLACES:
        column = stated[name].reindex(table.index)
        table[name] = column.fillna(table[name]) if name in table else column
    return table.drop(columns=[n for n in PLACES if n != "area_km2" and table[n].isna().all()])


def _named(folder: Path, dataset: Dataset, form: OwnTable, basins: Sequence[str]) -> pd.DataFrame:
    roles = dataset.attributes.model_copy(update={"id_column": form.id, "text": form.text})
    part = dataset.model_copy(update={"attributes": roles, "missing": form.missing})
    how: dict[str, Any] = {
        "separator": form.separator,
        "encoding": form.encoding,
        "decimal": form.decimal,
        "thousands": form.thousands,
    }

    def names_of(path: Path) -> tuple[int, list[str]]:
        line, names = header_of(path, form)
        return line + form.below_header, names

    table = read_attributes(folder, form.path, part, basins, names_of=names_of, **how)
    places = {}
    for name, column in form.columns.items():
        native = plain(column.column)
        if native not in table:
            raise DataError(
                f"{folder / form.path}: no column '{native}' (it has: "
                f"{', '.join(map(str, table.columns[:20]))}); correct `attributes` in region.yaml"
            )
        if table[native].dtype != np.float64:
            text = next((one for one in table[native] if one), "")
            raise DataError(
                f"{folder / form.path}: column '{native}', the {name}, holds {text!r}, which is no "
                "number: decimal degrees, south and west negative, and numbers without a unit"
            )
        values = table[native].to_numpy() * column.scale
        unit = PLACES[name]
        places[name] = convert(values, column.units, unit) if unit else values
    dropped = {plain(c.column) for c in form.columns.values()} | set(map(plain, form.leave_out))
    rest = table.drop(columns=[name for name in table.columns if name in dropped])
    clash = sorted(set(places) & set(rest.columns))
    return rest.drop(columns=clash).assign(**places)
