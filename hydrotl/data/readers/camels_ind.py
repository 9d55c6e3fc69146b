"""CAMELS-IND as published on Zenodo (Mangukiya et al. 2025).

Files in the data set's folder::

    catchment_mean_forcings/<id>.csv
    streamflow_timeseries/streamflow_observed.csv
    attributes_csv/camels_ind_<group>.csv

A forcing file has the columns ``year``, ``month``, ``day`` and one per variable, named with its
unit, such as ``prcp(mm/day)``. The flow file is one table in m3/s with the same date columns and a
column per basin; an empty field is a missing value. Ids have five digits; their leading zero is
missing in some files and is put back.
"""

from collections.abc import Sequence
from pathlib import Path

from hydrotl.data.manifest import Dataset
from hydrotl.data.readers.assemble import Found, ReaderOptions, pick_basins
from hydrotl.data.readers.attributes import read_attributes
from hydrotl.data.readers.series import basin_columns, find_files, read_series
from hydrotl_core.scaling import STREAMFLOW

_DATE = ["year", "month", "day"]
_ID_WIDTH = 5


def read(
    folder: Path, dataset: Dataset, options: ReaderOptions, basins: Sequence[str] | None
) -> Found:
    """Read ``basins`` (None: all with forcing and flow) (see :mod:`hydrotl.data.readers`)."""
    files = find_files(folder, "catchment_mean_forcings/{basin}.csv", _ID_WIDTH)
    flow_path = folder / "streamflow_timeseries" / "streamflow_observed.csv"
    columns = basin_columns(flow_path, _DATE, id_width=_ID_WIDTH)
    available = [basin for basin in files if basin in columns]
    chosen = pick_basins(available, basins, f"{dataset.title} (basins with forcing and flow)")
    attributes = read_attributes(
        folder, "attributes_csv/camels_ind_*.csv", dataset, chosen, _ID_WIDTH
    )
    natives, gaps = dataset.natives(dataset.forcings), options.gaps
    records = {basin: read_series(files[basin], natives, _DATE, dataset, gaps) for basin in chosen}
    if STREAMFLOW in dataset.variables:
        wanted = {basin: columns[basin] for basin in chosen}
        flows = read_series(flow_path, wanted, _DATE, dataset, gaps)
        for basin in chosen:
            records[basin][STREAMFLOW] = flows[basin]
    return records, attributes
