"""Writing the daily series to NetCDF files, one of all basins or one a basin."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from tests.attack.case import Change, edit_yaml
from tests.attack.kinds.tables import read
from tests.attack.world import BASIN, COLUMNS, DAYS, MANIFEST, NATIVE, TARGET, TARGET_FOLDER

Edit = Callable[[xr.Dataset, random.Random], xr.Dataset | None]


@dataclass(frozen=True)
class File:
    """How a data set is written."""

    edit: Edit = lambda ds, chance: None
    encoding: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    format: Any = "NETCDF4"
    options: Mapping[str, Any] = field(default_factory=dict)


def dataset(root: Path) -> xr.Dataset:
    """All basins as one data set, with units, missing values NaN."""
    tables = [read(root, basin) for basin in TARGET]
    ds = xr.Dataset(coords={"basin": TARGET, "time": DAYS.to_numpy().astype("datetime64[ns]")})
    for native, unit in COLUMNS.values():
        values = np.stack([pd.to_numeric(t[native], errors="coerce").to_numpy() for t in tables])
        ds[native] = (("basin", "time"), values, {"units": unit})
    return ds


def together(file: File) -> Change:
    """One file of all basins in place of the text files."""

    def change(root: Path, chance: random.Random) -> None:
        ds = dataset(root)
        ds = ds if (edited := file.edit(ds, chance)) is None else edited
        encoding: dict[str, dict[str, Any]] = {
            str(name): {"_FillValue": None} for name in ds.variables
        }
        for name in set(NATIVE) & set(map(str, ds.variables)):
            encoding[name] = {"_FillValue": np.nan}
        encoding.setdefault("time", {}).update(units="days since 1990-01-01")
        for name, how in file.encoding.items():
            encoding[name] = {**encoding.get(name, {}), **how}
        named = {str(name) for name in ds.variables}
        encoding = {name: how for name, how in encoding.items() if name in named}
        for name in encoding:
            if ds[name].attrs.keys() & {"_FillValue", "units"} and ds[name].dtype.kind != "M":
                encoding[name].pop("units", None)
            if "_FillValue" in ds[name].attrs:
                encoding[name].pop("_FillValue", None)
        if "time" in named and ("units" in ds["time"].attrs or ds["time"].dtype.kind != "M"):
            encoding["time"] = {}
        ds.to_netcdf(root / TARGET_FOLDER / "all.nc", format=file.format, encoding=encoding)
        state({"series": "all.nc", **file.options})(root, chance)

    return change


def apart(edit: Edit, wrong: str | None = BASIN) -> Change:
    """A file a basin; ``wrong`` is the basin that is changed."""

    def change(root: Path, chance: random.Random) -> None:
        ds = dataset(root)
        for basin in TARGET:
            one = ds.sel(basin=basin).drop_vars("basin")
            if basin == wrong:
                one = one if (edited := edit(one, chance)) is None else edited
            one.to_netcdf(root / TARGET_FOLDER / f"{basin}.nc")
        state({"series": "{basin}.nc"})(root, chance)

    return change


def state(options: Mapping[str, Any]) -> Change:
    """Options of the manifest entry."""
    return edit_yaml(MANIFEST, lambda c: c["datasets"]["target"]["options"].update(options))


def attrs(native: str, **values: Any) -> Edit:
    """Attributes of a variable; None removes one."""

    def edit(ds: xr.Dataset, chance: random.Random) -> None:
        for name, value in values.items():
            if value is None:
                ds[native].attrs.pop(name, None)
            else:
                ds[native].attrs[name] = value

    return edit


def valued(native: str, value: float, first: int = 400, days: int = 30) -> Edit:
    """A value in some days of the training."""

    def edit(ds: xr.Dataset, chance: random.Random) -> None:
        ds[native][..., first : first + days] = value

    return edit


def stamped(values: Any, **attributes: Any) -> File:
    """The time as numbers or texts with its own attributes."""

    def edit(ds: xr.Dataset, chance: random.Random) -> xr.Dataset:
        return ds.assign_coords(time=("time", values(len(DAYS)), attributes))

    return File(edit)


def timed(edit: Callable[[np.ndarray], Any]) -> File:
    """The times, changed."""
    return File(lambda ds, chance: ds.assign_coords(time=edit(ds["time"].values.copy())))


def masked_as(value: float, **attributes: Any) -> File:
    """Missing values as a number that the file declares."""

    def edit(ds: xr.Dataset, chance: random.Random) -> None:
        ds["discharge"] = ds["discharge"].fillna(value).assign_attrs(attributes)

    return File(edit)


def swapped(values: np.ndarray) -> np.ndarray:
    values[[300, 301]] = values[[301, 300]]
    return values


def twice(values: np.ndarray) -> np.ndarray:
    values[301] = values[300]
    return values


def skipped(values: np.ndarray) -> np.ndarray:
    values[300:] += np.timedelta64(1, "D")
    return values
