"""Any plain layout: one CSV or NetCDF file per basin, or one NetCDF file of all basins.

Its options (manifest key ``options``), besides those of every reader:

- ``series``: file of a basin, relative to the folder, such as ``{basin}.csv`` or
  ``daily/{basin}.nc``; a name without ``{basin}`` is one NetCDF file of all basins.
- ``attributes``: attribute table (one row per basin), relative to the folder; may be left out.
- ``date_column``, or ``date_columns`` for three columns of year, month and day; ``date_format``
  (``strftime`` codes) where dates are not YYYY-MM-DD.
- ``separator``, ``attributes_separator``, ``encoding``: form of the text files; the separator
  ``whitespace`` is any run of blanks.
- ``time_name``, ``basin_name``: names of the two dimensions in NetCDF files.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import Field

from hydrotl.data.manifest import Dataset
from hydrotl.data.readers.assemble import Found, ReaderOptions, pick_basins
from hydrotl.data.readers.attributes import read_attributes
from hydrotl.data.readers.netcdf import decode, open_netcdf
from hydrotl.data.readers.series import Record, check_days, find_files, read_series
from hydrotl_core.errors import DataError


class Options(ReaderOptions):
    """See the module's description."""

    series: str = "{basin}.csv"
    attributes: str | None = None
    date_column: str = "date"
    date_columns: tuple[str, str, str] | None = None
    date_format: str | None = None
    separator: str = Field(",", min_length=1)
    attributes_separator: str = Field(",", min_length=1)
    encoding: str = "utf-8-sig"
    time_name: str = "time"
    basin_name: str = "basin"


def read(folder: Path, dataset: Dataset, options: Options, basins: Sequence[str] | None) -> Found:
    """Read ``basins`` (None: all) of ``dataset`` (see :mod:`hydrotl.data.readers`)."""
    table = None
    if options.attributes is not None:
        form = {"separator": options.attributes_separator, "encoding": options.encoding}
        table = read_attributes(folder, options.attributes, dataset, **form)
    if "{basin}" not in options.series:
        return _read_together(folder / options.series, dataset, options, basins), table
    files = find_files(folder, options.series)
    known = [b for b, path in files.items() if path != folder / (options.attributes or "")]
    chosen = pick_basins(known, basins, dataset.title)
    return {basin: _read_basin(files[basin], dataset, options) for basin in chosen}, table


def _read_basin(path: Path, dataset: Dataset, options: Options) -> Record:
    if path.suffix in (".nc", ".nc4"):
        with open_netcdf(path, dataset, options.time_name) as ds:
            days = pd.DatetimeIndex(ds.indexes[options.time_name])
            check_days(days, options.gaps, path)
            axes = [options.time_name]
            return {
                name: pd.Series(decode(ds[native], axes, dataset.missing, path), days)
                for name, native in dataset.natives().items()
            }
    return read_series(
        path,
        dataset.natives(),
        options.date_columns or [options.date_column],
        dataset,
        options.gaps,
        options.date_format,
        separator=options.separator,
        encoding=options.encoding,
    )


def _read_together(
    path: Path, dataset: Dataset, options: Options, basins: Sequence[str] | None
) -> dict[str, Record]:
    """One NetCDF file of all basins; only those wanted are read and decoded."""
    with open_netcdf(path, dataset, options.time_name) as ds:
        if options.basin_name not in ds.dims or options.basin_name not in ds.coords:
            raise DataError(
                f"{path}: no basin coordinate '{options.basin_name}'; set the option `basin_name`"
            )
        available = [str(basin) for basin in ds[options.basin_name].values]
        wanted = pick_basins(available, basins, dataset.title)
        days = pd.DatetimeIndex(ds.indexes[options.time_name])
        check_days(days, options.gaps, path)
        rows = np.flatnonzero(np.isin(available, wanted))  # in the order of the file
        records: dict[str, Record] = {basin: {} for basin in wanted}
        for name, native in dataset.natives().items():
            packed = ds[native]
            if len(rows) < len(available):
                packed = packed.isel({options.basin_name: rows})
            axes = [options.basin_name, options.time_name]
            array = decode(packed, axes, dataset.missing, path)
            for row, values in zip(rows, array, strict=True):
                records[available[row]][name] = pd.Series(values, days)
    return records
