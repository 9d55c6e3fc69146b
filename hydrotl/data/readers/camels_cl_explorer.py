"""CAMELS-CL as the CAMELS-CL explorer (camels.cr2.cl) hands it out.

Files in the data set's folder: a CSV file per variable (``q_mm_day.csv``, ``precip_cr2met_day.csv``
...) with a ``date`` column, in most files also ``year``, ``month`` and ``day``, and a column per
basin; ``NA`` is a missing value. ``catchment_attributes.csv`` has no header: a row per attribute,
with its name, its value for each basin and its meaning. In the manifest entry, ``native`` is the
file's name without ``.csv``.

Its option: ``gaps`` as in :mod:`hydrotl.data.readers.generic`.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import xarray as xr

from hydrotl.data.manifest import Dataset
from hydrotl.data.readers.assemble import Series, select_basins, to_dataset
from hydrotl.data.readers.attributes import with_ids
from hydrotl.data.readers.options import Gaps, parse_options
from hydrotl.data.readers.text import read_header, read_table
from hydrotl.data.readers.wide import Wide, columns_of, read_wide
from hydrotl_core.errors import DataError
from hydrotl_core.recipe import Strict

_FORM = Wide(dates=("date",), ignored=("year", "month", "day"))


class Options(Strict):
    """See the module's description."""

    gaps: Gaps = "error"


def read(folder: Path, dataset: Dataset, basins: Sequence[str] | None) -> xr.Dataset:
    """Read ``basins`` (None: all) of an explorer download.

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
    attributes = _read_attributes(folder / "catchment_attributes.csv", dataset)
    chosen = select_basins(list(attributes.index), basins, dataset.title)
    records: dict[str, dict[str, Series]] = {basin: {} for basin in chosen}
    for name, variable in dataset.variables.items():
        path = folder / f"{variable.native}.csv"
        columns = columns_of(path, _FORM)
        select_basins(list(columns), chosen, f"{dataset.title}, {path.name}")
        wanted = {basin: columns[basin] for basin in chosen}
        for basin, series in read_wide(path, wanted, _FORM, dataset.missing, options.gaps).items():
            records[basin][name] = series
    return to_dataset(records, attributes, dataset)


def _read_attributes(path: Path, dataset: Dataset) -> pd.DataFrame:
    first = read_header(path, "attribute table")
    if len(first) < 3:
        raise DataError(f"{path}: {len(first)} columns, not name, value(s) and meaning")
    names = ["attribute", *first[1:-1], "meaning"]
    table = read_table(path, "attribute table", text=names, header_line=0, names=names)
    turned = table.drop(columns="meaning").set_index("attribute").T.rename_axis(columns=None)
    return with_ids(turned.reset_index(drop=True), first[0], dataset.missing, path)
