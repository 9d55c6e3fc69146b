"""Real basins for the benchmarks, as files that every contestant reads."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import xarray as xr

from hydrotl.config import load_source
from hydrotl.data.canonical import dynamic_variables, static_attributes
from hydrotl.experiments.source import source_data
from hydrotl_core.recipe import Period

SOURCE = "conus-check"
BASIN_LIST = "basins.txt"


def camels() -> xr.Dataset:
    """The 671 basins of CAMELS-US with the inputs of the source models."""
    return source_data(load_source(SOURCE))


def sample(ds: xr.Dataset, n_basins: int, n_days: int) -> xr.Dataset:
    """The first days, from the first water year on, of basins spread evenly over all of them."""
    step = ds.sizes["basin"] / n_basins
    rows = [int(k * step) for k in range(n_basins)]
    return ds.isel(basin=rows).sel(time=slice("1980-10-01", None)).isel(time=slice(n_days))


def whole_period(ds: xr.Dataset) -> Period:
    """All days of ``ds``."""
    days = pd.DatetimeIndex(ds.indexes["time"])
    return Period(start=days[0].date(), end=days[-1].date() + dt.timedelta(days=1))


def with_lead(ds: xr.Dataset, period: Period, lead: int) -> xr.Dataset:
    """The days of ``period`` and ``lead`` days before."""
    start = pd.Timestamp(period.start) - pd.Timedelta(days=lead)
    return ds.sel(time=slice(start, pd.Timestamp(period.end) - pd.Timedelta(days=1)))


def write_netcdf(ds: xr.Dataset, path: Path) -> Path:
    """Write ``ds`` for :func:`read_netcdf`."""
    ds.drop_attrs().to_netcdf(path, engine="netcdf4")
    return path


def read_netcdf(path: Path) -> xr.Dataset:
    """The data set in ``path``, in memory."""
    with xr.open_dataset(path, engine="netcdf4") as file:
        ds = file.load()
    return ds.assign_coords(basin=[str(b) for b in ds["basin"].values])


def write_generic(ds: xr.Dataset, folder: Path) -> Path:
    """Write ``ds`` as neuralhydrology's ``generic`` data set, with a list of its basins."""
    (folder / "time_series").mkdir(parents=True)
    (folder / "attributes").mkdir()
    basins = [str(b) for b in ds["basin"].values]
    series = ds[dynamic_variables(ds)].drop_attrs().rename(time="date")
    for row, basin in enumerate(basins):
        one = series.isel(basin=row).drop_vars("basin")
        one.to_netcdf(folder / "time_series" / f"{basin}.nc", engine="netcdf4")
    attributes = ds[static_attributes(ds)].to_dataframe()
    attributes.rename_axis("gauge_id").to_csv(folder / "attributes" / "attributes.csv")
    (folder / BASIN_LIST).write_text("\n".join(basins) + "\n", encoding="utf-8")
    return folder
