"""Any plain layout: one CSV or NetCDF file per basin, or one NetCDF file of all basins.

Its options (manifest key ``options``):

- ``series``: file of a basin, relative to the folder, such as ``{basin}.csv`` or
  ``daily/{basin}.nc``; a name without ``{basin}`` is one NetCDF file of all basins.
- ``attributes``: attribute table (one row per basin), relative to the folder; may be left out.
- ``date_column``, or ``date_columns`` for three columns of year, month and day; ``date_format``
  (``strftime`` codes) where dates are not YYYY-MM-DD.
- ``separator``, ``attributes_separator``, ``encoding``: form of the text files; the separator
  ``whitespace`` is any run of blanks.
- ``time_name``, ``basin_name``: names of the two dimensions in NetCDF files.
- ``gaps``: ``error`` (default), a day that a record skips is an error; ``nan``, a missing value.
- ``tmin_above_tmax``: ``error`` (default), or ``nan`` to take both as missing on such a day.
"""

import re
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from pydantic import Field

from hydrotl.data.canonical import unit_of
from hydrotl.data.manifest import Dataset
from hydrotl.data.readers.assemble import (
    Series,
    add_attributes,
    areas_of,
    make_record,
    mask_crossed_temperatures,
    select_attributes,
    select_basins,
    to_dataset,
)
from hydrotl.data.readers.attributes import read_attributes
from hydrotl.data.readers.days import check_days, join_dates, parse_dates
from hydrotl.data.readers.netcdf import decode, open_netcdf
from hydrotl.data.readers.options import CrossedTemperatures, Gaps, parse_options
from hydrotl.data.readers.text import read_table
from hydrotl.data.units import convert
from hydrotl_core.errors import DataError
from hydrotl_core.recipe import Strict


class Options(Strict):
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
    gaps: Gaps = "error"
    tmin_above_tmax: CrossedTemperatures = "error"


def read(folder: Path, dataset: Dataset, basins: Sequence[str] | None) -> xr.Dataset:
    """Read ``basins`` (None: all) of ``dataset`` from ``folder``.

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
    table = None
    if options.attributes is not None:
        table = read_attributes(
            folder / options.attributes,
            dataset.attributes.id_column or "gauge_id",
            missing=dataset.missing,
            separator=options.attributes_separator,
            encoding=options.encoding,
        )
    if "{basin}" in options.series:
        files = _find_files(folder, options)
        records = {
            basin: _read_record(files[basin], dataset, options)
            for basin in select_basins(list(files), basins, dataset.title)
        }
        ds = to_dataset(records, table, dataset)
    else:
        ds = _read_together(folder / options.series, dataset, basins, table, options)
    return mask_crossed_temperatures(ds) if options.tmin_above_tmax == "nan" else ds


def _find_files(folder: Path, options: Options) -> dict[str, Path]:
    """Basin id -> file, sorted by id."""
    before, after = options.series.split("{basin}", 1)
    pattern = re.compile(re.escape(before) + r"([^/]+)" + re.escape(after))
    found = {}
    for path in sorted(folder.glob(options.series.replace("{basin}", "*"))):
        relative = path.relative_to(folder).as_posix()
        match = pattern.fullmatch(relative)
        if match and relative != options.attributes:
            found[match.group(1)] = path
    if not found:
        raise DataError(
            f"{folder}: no file {options.series}; check the folder and the option `series`"
        )
    return found


def _read_record(path: Path, dataset: Dataset, options: Options) -> dict[str, Series]:
    if path.suffix in (".nc", ".nc4"):
        return _read_netcdf_record(path, dataset, options)
    natives = {name: variable.native for name, variable in dataset.variables.items()}
    dates = list(options.date_columns or [options.date_column])
    table = read_table(
        path,
        "series of a basin",
        text=() if options.date_columns else dates,
        values=list(dict.fromkeys([*(options.date_columns or ()), *natives.values()])),
        missing=dataset.missing,
        separator=options.separator,
        encoding=options.encoding,
    )
    if options.date_columns:
        days = join_dates(table, dates, path)
    else:
        days = parse_dates(table[dates[0]], options.date_format, path)
    series = {name: table[native].to_numpy(np.float64) for name, native in natives.items()}
    return make_record(days, table.index, series, options.gaps, path)


def _read_netcdf_record(path: Path, dataset: Dataset, options: Options) -> dict[str, Series]:
    with open_netcdf(path, dataset, options.time_name) as ds:
        series = {}
        for name, variable in dataset.variables.items():
            values = decode(ds[variable.native], dataset.missing, path).squeeze()
            if values.dims != (options.time_name,):
                raise DataError(
                    f"{path}: variable '{variable.native}' lies on {values.dims}, not on "
                    f"'{options.time_name}' alone"
                )
            series[name] = values.to_numpy()
        days = pd.DatetimeIndex(ds.indexes[options.time_name])
    return make_record(days, None, series, options.gaps, path)


def _read_together(
    path: Path,
    dataset: Dataset,
    basins: Sequence[str] | None,
    table: pd.DataFrame | None,
    options: Options,
) -> xr.Dataset:
    """One NetCDF file of all basins; only those wanted are read and decoded."""
    with open_netcdf(path, dataset, options.time_name) as ds:
        if options.basin_name not in ds.dims or options.basin_name not in ds.coords:
            raise DataError(
                f"{path}: no basin coordinate '{options.basin_name}'; set the option `basin_name`"
            )
        available = [str(basin) for basin in ds[options.basin_name].values]
        wanted = select_basins(available, basins, dataset.title)
        positions = np.array([available.index(basin) for basin in wanted])
        rows = np.sort(positions)  # the file is read in its own order, then put in that asked for
        days = pd.DatetimeIndex(ds.indexes[options.time_name])
        warning = check_days(days, None, options.gaps, path)
        chosen = None if table is None else select_attributes(table, wanted, dataset.title)
        variables = {}
        for name, variable in dataset.variables.items():
            packed = ds[variable.native]
            if set(packed.dims) != {options.basin_name, options.time_name}:
                raise DataError(
                    f"{path}: variable '{variable.native}' lies on {packed.dims}, not on "
                    f"'{options.basin_name}' and '{options.time_name}'"
                )
            if len(wanted) < len(available):
                packed = packed.isel({options.basin_name: rows})
            decoded = decode(packed, dataset.missing, path)
            values = decoded.transpose(options.basin_name, options.time_name).to_numpy()
            if basins is not None:
                values = values[np.searchsorted(rows, positions)]
            values = _convert_rows(values, name, dataset, areas_of(chosen, wanted, dataset, name))
            variables[name] = (("basin", "time"), values, {"units": unit_of(name)})
    result = xr.Dataset(variables, coords={"basin": np.array(wanted, dtype=str), "time": days})
    if warning:
        warnings.warn(warning, stacklevel=2)
        result = result.reindex(time=pd.date_range(days[0], days[-1], freq="D", unit="ns"))
    return result if chosen is None else add_attributes(result, chosen, dataset)


def _convert_rows(
    values: np.ndarray, name: str, dataset: Dataset, areas: dict[str, float]
) -> np.ndarray:
    """Values of shape (n_basins, n_days) in the canonical unit of ``name``."""
    native, unit = dataset.variables[name].units, unit_of(name)
    if not areas:
        return convert(values, native, unit)
    return np.stack(
        [convert(row, native, unit, area) for row, area in zip(values, areas.values(), strict=True)]
    )
