"""CAMELS-CL of 2018 as published on PANGAEA (Alvarez-Garreton et al. 2018).

Files in the data set's folder, each in a folder of its own name or directly there::

    1_CAMELScl_attributes.txt
    3_CAMELScl_streamflow_mm.txt
    4_CAMELScl_precip_cr2met.txt
    ...

They are separated by tabs, every field in quotes and padded with blanks. A series table has the
date in its first column, named ``gauge_id``, and a column per basin; a blank is a missing value.
The attribute table is transposed: a row per attribute, a column per basin. In the manifest entry,
``native`` is the file's name without number and ending, such as ``streamflow_mm``.

Its option, besides those of every reader: ``composites``, the canonical names whose value is the
total of a composite period of several days, written on its first day with blanks up to the next
(MODIS: 8 days, anew each 1 January). The reader spreads it evenly over those days; ``units`` in
the manifest is that of the result.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field, PositiveInt

from hydrotl.data.manifest import Dataset
from hydrotl.data.readers.assemble import Found, ReaderOptions, pick_basins
from hydrotl.data.readers.attributes import read_transposed
from hydrotl.data.readers.series import OnFault, Record, basin_columns, read_series
from hydrotl.names import path_name
from hydrotl_core.errors import DataError


class Options(ReaderOptions):
    """See the module's description."""

    composites: dict[str, PositiveInt] = Field({})


def read(folder: Path, dataset: Dataset, options: Options, basins: Sequence[str] | None) -> Found:
    """Read ``basins`` (None: all) of CAMELS-CL (see :mod:`hydrotl.data.readers`)."""
    attributes = read_transposed(_find(folder, "attributes"), dataset, separator="\t")
    chosen = pick_basins(attributes.index, basins, dataset.title)
    files = {native: _find(folder, native) for native in dataset.natives().values()}
    records = read_tables(files, chosen, ["gauge_id"], dataset, options.gaps, separator="\t")
    for name, days in options.composites.items():
        path = files[dataset.variables[name].native]
        for basin in chosen:
            records[basin][name] = _spread(records[basin][name], days, basin, path)
    return records, attributes


def read_tables(
    files: Mapping[str, Path],
    basins: Sequence[str],
    columns: Sequence[str],
    dataset: Dataset,
    gaps: OnFault,
    **form: Any,
) -> dict[str, Record]:
    """Records of ``basins`` from a table per variable, with a column per basin.

    ``files`` are by native name; ``columns`` are that of the date and others that are no basins.
    """
    records: dict[str, Record] = {basin: {} for basin in basins}
    for name, native in dataset.natives().items():
        path = files[native]
        known = basin_columns(path, columns, **form)
        wanted = {b: known[b] for b in pick_basins(known, basins, f"{dataset.title}, {path.name}")}
        found = read_series(path, wanted, columns[:1], dataset, gaps, **form)
        for basin in basins:
            records[basin][name] = found[basin]
    return records


def _find(folder: Path, native: str) -> Path:
    """The numbered file of ``native``, in a folder of its own name or not."""
    name = f"*_CAMELScl_{path_name(native, 'variable')}"
    found = sorted([*folder.glob(f"{name}.txt"), *folder.glob(f"{name}/{name}.txt")])
    if len(found) != 1:
        raise DataError(
            f"{folder}: {len(found) or 'no'} files <number>_CAMELScl_{native}.txt, one is needed: "
            "fetch it, or correct `native` in the manifest entry"
        )
    return found[0]


def _spread(series: pd.Series, days: int, basin: str, path: Path) -> pd.Series:
    """Daily means of totals written on the first day of each composite period."""
    starts = np.flatnonzero(series.notna())
    if np.any(np.diff(starts) == 1) and days > 1:
        raise DataError(
            f"{path}: basin {basin} has values on consecutive days, so they are no totals of "
            f"{days} days; take the variable out of the option `composites`"
        )
    values = np.full(len(series), np.nan)
    for start, first in zip(starts, pd.DatetimeIndex(series.index[starts]), strict=True):
        length = min(days, (pd.Timestamp(first.year + 1, 1, 1) - first).days)
        values[start : start + length] = series.iloc[start] / length
    spread = pd.Series(values, series.index)
    spread.attrs = dict(series.attrs)
    return spread
