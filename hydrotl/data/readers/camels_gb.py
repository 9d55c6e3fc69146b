"""CAMELS-GB as published (Coxon et al. 2020).

Files in the data set's folder::

    data/timeseries/CAMELS_GB_hydromet_timeseries_<id>_<first day>-<last day>.csv
    data/CAMELS_GB_<group>_attributes.csv

A series file has a ``date`` column (YYYY-MM-DD) and a column per variable, ``NaN`` where missing.

Its option: ``gaps`` as in :mod:`hydrotl.data.readers.generic`.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from hydrotl.data.manifest import Dataset
from hydrotl.data.readers.assemble import Record, make_record, select_basins, to_dataset
from hydrotl.data.readers.attributes import read_attribute_tables
from hydrotl.data.readers.days import parse_dates
from hydrotl.data.readers.options import Gaps, parse_options
from hydrotl.data.readers.text import read_table
from hydrotl_core.errors import DataError
from hydrotl_core.recipe import Strict

_SERIES = "CAMELS_GB_hydromet_timeseries_{}_*.csv"


class Options(Strict):
    """See the module's description."""

    gaps: Gaps = "error"


def read(folder: Path, dataset: Dataset, basins: Sequence[str] | None) -> xr.Dataset:
    """Read ``basins`` (None: all that have a series file) of CAMELS-GB.

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
    files = {}
    for path in sorted((folder / "data" / "timeseries").glob(_SERIES.format("*"))):
        match = re.fullmatch(r"CAMELS_GB_hydromet_timeseries_(\d+)_\d{8}-\d{8}\.csv", path.name)
        if match:
            files[match.group(1)] = path
    if not files:
        raise DataError(
            f"{folder}: no file data/timeseries/{_SERIES.format('<id>')}; check the folder"
        )
    chosen = select_basins(sorted(files, key=int), basins, dataset.title)
    tables = sorted((folder / "data").glob("CAMELS_GB_*_attributes.csv"))
    attributes = read_attribute_tables(tables, folder / "data", dataset, ",")
    records = {basin: _read_record(files[basin], dataset, options) for basin in chosen}
    return to_dataset(records, attributes, dataset)


def _read_record(path: Path, dataset: Dataset, options: Options) -> Record:
    natives = {name: variable.native for name, variable in dataset.variables.items()}
    table = read_table(
        path,
        "series of a basin",
        text=("date",),
        values=list(dict.fromkeys(natives.values())),
        missing=dataset.missing,
    )
    days = parse_dates(table["date"], None, path)
    values = {name: table[native].to_numpy(np.float64) for name, native in natives.items()}
    return make_record(days, table.index, values, options.gaps, path)
