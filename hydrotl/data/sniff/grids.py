"""What a NetCDF file holds: the daily series of one basin, or something that is named."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.data.sniff.columns import (
    KNOWN_UNITS,
    Candidate,
    Columns,
    likeliest,
    not_understood,
    other_quantity,
)
from hydrotl.data.sniff.headers import fits, heading_of
from hydrotl.data.sniff.numbers import Numbers
from hydrotl.data.sniff.stated_units import NO_UNIT
from hydrotl_core.errors import DataError

#: Days of a file that is a series.
LEAST_DAYS = 10
_LATITUDES = {"lat", "latitude", "y", "rlat", "south_north", "nlat"}
_LONGITUDES = {"lon", "longitude", "x", "rlon", "west_east", "nlon"}


class Grid(NamedTuple):
    """The series of a NetCDF file."""

    time: str
    columns: Columns
    numbers: Numbers
    unused: list[str]


def read_grid(path: Path) -> Grid:
    """What a NetCDF file of one basin holds.

    Raises
    ------
    DataError
        If it is none, holds several basins or a grid, or states a unit that is not understood;
        says what to do.
    """
    try:
        with xr.open_dataset(path, decode_times=True) as ds:
            return _read(ds, path)
    except (OSError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path}: not a NetCDF file ({error}); fetch it again") from error


def _read(ds: xr.Dataset, path: Path) -> Grid:
    time = _time(ds, path)
    found: dict[str, list[Candidate]] = {}
    apart: dict[str, str] = {}
    for column, array in ((str(name), ds[name]) for name in ds.data_vars):
        said = heading_of(column)
        if said is None:
            continue
        axes = [str(d) for d in array.dims if array.sizes[d] > 1 and d != time]
        if array.squeeze().dims != (time,):
            if time in array.dims and axes:
                apart[column] = axes[0] if len(axes) == 1 else f"{axes[0]}' and '{axes[1]}"
            continue
        stated = str(array.attrs.get("units", "")).strip()
        if stated.casefold() in NO_UNIT:
            stated = ""
        if stated and other_quantity(said.variable, stated):
            continue
        unit = stated if stated and fits(said.variable, stated) else None
        if stated and unit is None:
            raise not_understood(str(path), column, stated, said.variable)
        unit = unit or said.unit or KNOWN_UNITS.get(column)
        found.setdefault(said.variable, []).append(Candidate(column, unit, said.odd))
    if not found and apart:
        raise _several(ds, apart, time, path)
    columns: Columns = {}
    numbers = Numbers()
    for variable, several in found.items():
        best, notes = likeliest(variable, several, str(path))
        columns[variable] = (best.column, best.unit)
        numbers.guessed += notes
        numbers.values[variable] = pd.Series(np.asarray(ds[best.column].squeeze().values, float))
    used = {column for column, _ in columns.values()}
    unused = [str(name) for name in ds.data_vars if str(name) not in used]
    if not columns:
        raise DataError(f"{path}: no variable is understood ({', '.join(unused[:12])})")
    return Grid(time, columns, numbers, unused)


def _time(ds: xr.Dataset, path: Path) -> str:
    """Name of the axis of days."""
    time = next((str(d) for d in ds.dims if ds[d].dtype.kind == "M"), None)
    if time is not None and ds.sizes[time] >= LEAST_DAYS:
        return time
    for name in ds.dims:
        calendar = str(ds[name].encoding.get("calendar", "")) if name in ds.coords else ""
        if calendar and ds[name].dtype.kind == "O":
            raise DataError(
                f"{path}: '{name}' counts in the calendar '{calendar}', which lacks days: write "
                "the series in the standard calendar, with its days missing that the other lacks, "
                "such as with xarray's convert_calendar('standard', missing=nan)"
            )
    raise DataError(f"{path}: no time axis of days; a file of daily series is needed")


def _several(ds: xr.Dataset, apart: dict[str, str], time: str, path: Path) -> DataError:
    """The error of a file with more than the series of one basin."""
    column, axes = next(iter(apart.items()))
    names = set(axes.casefold().split("' and '"))
    if names & _LATITUDES and names & _LONGITUDES:
        return DataError(
            f"{path}: '{column}' is on a grid ('{axes}'): write the mean over each basin to a file "
            "of its own"
        )
    return DataError(
        f"{path}: '{column}' has a dimension '{axes}' besides '{time}'; a file of each basin is "
        f"read: write one for each, such as with `for one in ds['{axes}'].values: "
        f"ds.sel({{'{axes}': one}}).to_netcdf(f'{{one}}.nc')`"
    )
