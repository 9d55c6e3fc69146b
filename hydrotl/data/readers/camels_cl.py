"""CAMELS-CL of 2018 as published on PANGAEA (Alvarez-Garreton et al. 2018): wide tables.

Files in the data set's folder, each in a folder of its own name or directly there::

    1_CAMELScl_attributes.txt
    3_CAMELScl_streamflow_mm.txt
    4_CAMELScl_precip_cr2met.txt
    ...

They are separated by tabs, every field in quotes and padded with blanks. A series table has the
date in its first column, named ``gauge_id``, and a column per basin; a blank is a missing value.
The attribute table is transposed: a row per attribute, a column per basin. In the manifest entry,
``native`` is the file's name without number and ending, such as ``streamflow_mm``.

Its options:

- ``composites``: canonical names whose value is the total of a composite period of several days
  and stands on its first day, with blanks up to the next (MODIS: 8 days, anew each 1 January).
  The reader spreads it evenly over those days; ``units`` in the manifest is that of the result.
- ``gaps`` as in :mod:`hydrotl.data.readers.generic`.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from pydantic import Field, PositiveInt

from hydrotl.data.manifest import Dataset
from hydrotl.data.readers.assemble import Series, select_basins, to_dataset
from hydrotl.data.readers.attributes import with_ids
from hydrotl.data.readers.options import Gaps, parse_options
from hydrotl.data.readers.text import read_header, read_table
from hydrotl.data.readers.wide import Wide, columns_of, read_wide
from hydrotl_core.errors import DataError
from hydrotl_core.recipe import Strict

_FORM = Wide(dates=("gauge_id",), separator="\t")


class Options(Strict):
    """See the module's description."""

    composites: dict[str, PositiveInt] = Field({})
    gaps: Gaps = "error"


def read(folder: Path, dataset: Dataset, basins: Sequence[str] | None) -> xr.Dataset:
    """Read ``basins`` (None: all) of CAMELS-CL.

    Returns
    -------
    xarray.Dataset
        Canonical, see :mod:`hydrotl.data.canonical`.

    Raises
    ------
    DataError
        If a file, column, basin, date or number is missing or wrong.
    ConfigError
        If an option is not valid.
    """
    options = parse_options(Options, dataset)
    attributes = _read_attributes(_find(folder, "attributes"), dataset)
    chosen = select_basins(list(attributes.index), basins, dataset.title)
    records: dict[str, dict[str, Series]] = {basin: {} for basin in chosen}
    for name, variable in dataset.variables.items():
        path = _find(folder, variable.native)
        columns = columns_of(path, _FORM)
        select_basins(list(columns), chosen, f"{dataset.title}, {path.name}")
        wanted = {basin: columns[basin] for basin in chosen}
        series = read_wide(path, wanted, _FORM, dataset.missing, options.gaps)
        days = options.composites.get(name)
        for basin, values in series.items():
            records[basin][name] = values if days is None else _spread(values, days, basin, path)
    return to_dataset(records, attributes, dataset)


def _find(folder: Path, native: str) -> Path:
    """The numbered file of ``native``, in a folder of its own name or not."""
    found = sorted(
        path
        for pattern in (f"*_CAMELScl_{native}.txt", f"*_CAMELScl_{native}/*_CAMELScl_{native}.txt")
        for path in folder.glob(pattern)
    )
    if len(found) != 1:
        raise DataError(
            f"{folder}: {len(found) or 'no'} files <number>_CAMELScl_{native}.txt, one is needed: "
            "fetch it, or correct `native` in the manifest entry"
        )
    return found[0]


def _read_attributes(path: Path, dataset: Dataset) -> pd.DataFrame:
    header = read_header(path, "attribute table", separator="\t")
    table = read_table(path, "attribute table", text=header, separator="\t")
    turned = table.set_index(header[0]).T.rename_axis(columns=None).reset_index(names=header[0])
    return with_ids(turned, header[0], dataset.missing, path)


def _spread(series: Series, days: int, basin: str, path: Path) -> Series:
    """Daily means of totals that stand on the first day of each composite period."""
    starts = np.flatnonzero(~np.isnan(series.values))
    if np.any(np.diff(starts) == 1) and days > 1:
        raise DataError(
            f"{path}: basin {basin} has values on consecutive days, so they are no totals of "
            f"{days} days; take the variable out of the option `composites`"
        )
    values = np.full(series.values.shape, np.nan)
    for start, first in zip(starts, series.days[starts], strict=True):
        length = min(days, (pd.Timestamp(first.year + 1, 1, 1) - first).days)
        values[start : start + length] = series.values[start] / length
    return Series(series.days, values)
