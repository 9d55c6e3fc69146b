"""CAMELS-GB as published (Coxon et al. 2020).

Files in the data set's folder::

    data/timeseries/CAMELS_GB_hydromet_timeseries_<id>_<first day>-<last day>.csv
    data/CAMELS_GB_<group>_attributes.csv

A series file has a ``date`` column (YYYY-MM-DD) and a column per variable, ``NaN`` where missing.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from hydrotl.data.manifest import Dataset
from hydrotl.data.readers.assemble import Found, ReaderOptions, pick_basins
from hydrotl.data.readers.attributes import read_attributes
from hydrotl.data.readers.series import Record, find_files, read_series
from hydrotl_core.errors import DataError


def read(
    folder: Path, dataset: Dataset, options: ReaderOptions, basins: Sequence[str] | None
) -> Found:
    """Read ``basins`` (None: all with a series file) (see :mod:`hydrotl.data.readers`)."""
    files = find_files(folder, "data/timeseries/CAMELS_GB_hydromet_timeseries_{basin}_*-*.csv")
    chosen = pick_basins(sorted(files, key=_number), basins, dataset.title)
    attributes = read_attributes(folder, "data/CAMELS_GB_*_attributes.csv", dataset, chosen)
    natives, gaps = dataset.natives(), options.gaps
    records = {}
    for basin in chosen:
        records[basin] = read_series(files[basin], natives, ["date"], dataset, gaps)
        _check_period(files[basin], records[basin])
    return records, attributes


def _number(basin: str) -> tuple[int, str]:
    return (int(basin) if basin.isdecimal() else 0, basin)


def _check_period(path: Path, record: Record) -> None:
    """A file must hold the days that its name says: a lost last line leaves no other trace."""
    stated = re.search(r"_(\d{8})-(\d{8})\.csv$", path.name)
    for series in record.values():
        found = [f"{day:%Y%m%d}" for day in (series.index[0], series.index[-1])]
        if stated and found != list(stated.groups()):
            raise DataError(
                f"{path}: holds {found[0]} to {found[1]}, not the days in its name; fetch it "
                "again, or name it after its days"
            )
