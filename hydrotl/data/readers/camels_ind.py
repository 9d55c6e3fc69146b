"""CAMELS-IND as published on Zenodo (Mangukiya et al. 2025).

Files in the data set's folder::

    catchment_mean_forcings/<id>.csv
    streamflow_timeseries/streamflow_observed.csv
    attributes_csv/camels_ind_<group>.csv

A forcing file has the columns ``year``, ``month``, ``day`` and one per variable, named with its
unit, such as ``prcp(mm/day)``. The flow file is a wide table in m3/s with the same date columns
and a column per basin; an empty field is a missing value. Ids have five digits; their leading
zero is missing in some files and is put back.

Its options: ``gaps`` and ``tmin_above_tmax`` as in :mod:`hydrotl.data.readers.generic`.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from hydrotl.data.canonical import TARGET
from hydrotl.data.manifest import Dataset
from hydrotl.data.readers.assemble import (
    Series,
    make_record,
    mask_crossed_temperatures,
    select_basins,
    to_dataset,
)
from hydrotl.data.readers.attributes import read_attribute_tables
from hydrotl.data.readers.days import join_dates
from hydrotl.data.readers.options import CrossedTemperatures, Gaps, parse_options
from hydrotl.data.readers.text import read_table
from hydrotl.data.readers.wide import Wide, columns_of, read_wide
from hydrotl_core.errors import DataError
from hydrotl_core.recipe import Strict

_DATE = ("year", "month", "day")
_FLOW = Wide(dates=_DATE)
_ID_WIDTH = 5


class Options(Strict):
    """See the module's description."""

    gaps: Gaps = "error"
    tmin_above_tmax: CrossedTemperatures = "error"


def read(folder: Path, dataset: Dataset, basins: Sequence[str] | None) -> xr.Dataset:
    """Read ``basins`` (None: all that have forcing and flow) of CAMELS-IND.

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
    forcing_folder = folder / "catchment_mean_forcings"
    files = {path.stem.zfill(_ID_WIDTH): path for path in sorted(forcing_folder.glob("*.csv"))}
    if not files:
        raise DataError(f"{forcing_folder}: no forcing files <id>.csv; check the folder")
    flow_path = folder / "streamflow_timeseries" / "streamflow_observed.csv"
    columns = columns_of(flow_path, _FLOW, _ID_WIDTH)
    available = [basin for basin in files if basin in columns]
    chosen = select_basins(available, basins, f"{dataset.title} (basins with forcing and flow)")
    tables = sorted((folder / "attributes_csv").glob("camels_ind_*.csv"))
    attributes = read_attribute_tables(tables, folder / "attributes_csv", dataset, ",")
    attributes.index = attributes.index.str.zfill(_ID_WIDTH)
    records = {basin: _read_forcing(files[basin], dataset, options) for basin in chosen}
    if TARGET in dataset.variables:
        wanted = {basin: columns[basin] for basin in chosen}
        flows = read_wide(flow_path, wanted, _FLOW, dataset.missing, options.gaps)
        for basin, series in flows.items():
            records[basin][TARGET] = series
    ds = to_dataset(records, attributes, dataset)
    return mask_crossed_temperatures(ds) if options.tmin_above_tmax == "nan" else ds


def _read_forcing(path: Path, dataset: Dataset, options: Options) -> dict[str, Series]:
    natives = {name: dataset.variables[name].native for name in dataset.forcings}
    table = read_table(
        path,
        "forcing of a basin",
        values=list(dict.fromkeys([*_DATE, *natives.values()])),
        missing=dataset.missing,
    )
    days = join_dates(table, _DATE, path)
    values = {name: table[native].to_numpy(np.float64) for name, native in natives.items()}
    return make_record(days, table.index, values, options.gaps, path)
