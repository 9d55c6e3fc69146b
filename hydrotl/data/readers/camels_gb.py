"""CAMELS-GB as published (Coxon et al. 2020).

Files in the data set's folder::

    data/timeseries/CAMELS_GB_hydromet_timeseries_<id>_<first day>-<last day>.csv
    data/CAMELS_GB_<group>_attributes.csv

A series file has a ``date`` column (YYYY-MM-DD) and a column per variable, ``NaN`` where missing.
"""

from collections.abc import Sequence
from pathlib import Path

from hydrotl.data.manifest import Dataset
from hydrotl.data.readers.assemble import Found, ReaderOptions, pick_basins
from hydrotl.data.readers.attributes import read_attributes
from hydrotl.data.readers.series import find_files, read_series


def read(
    folder: Path, dataset: Dataset, options: ReaderOptions, basins: Sequence[str] | None
) -> Found:
    """Read ``basins`` (None: all with a series file) (see :mod:`hydrotl.data.readers`)."""
    files = find_files(folder, "data/timeseries/CAMELS_GB_hydromet_timeseries_{basin}_*-*.csv")
    attributes = read_attributes(folder, "data/CAMELS_GB_*_attributes.csv", dataset)
    natives, gaps = dataset.natives(), options.gaps
    records = {
        basin: read_series(files[basin], natives, ["date"], dataset, gaps)
        for basin in pick_basins(sorted(files, key=int), basins, dataset.title)
    }
    return records, attributes
