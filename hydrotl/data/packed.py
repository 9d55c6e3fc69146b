"""One file with all that the training and the check of a source need.

To train on another machine, copy this file instead of the data folder. It holds all basins, so
that a source on a subset of them works from the same file, and proves on reading that it holds
what was packed: the hash of its data stands in its attributes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from hydrotl.config import load_source
from hydrotl.data.canonical import data_hash, static_attributes
from hydrotl.data.catalog import open_dataset
from hydrotl.data.manifest import load_manifest
from hydrotl_core.errors import ConfigError, DataError
from hydrotl_core.files import replacing
from hydrotl_core.scaling import STREAMFLOW, require

HASH, BASINS = "hydrotl_data_hash", "hydrotl_basins"


def pack_source(name: str, path: Path) -> xr.Dataset:
    """Write the data of source ``name``, all basins of its data set, to ``path``.

    Series stay float32 and attributes float64, compressed without loss; latitude and longitude
    come along where the data set has them.

    Returns
    -------
    xarray.Dataset
        What was written.

    Raises
    ------
    ConfigError
        If there is no such source.
    DataError
        If the data or an input of the source are absent.
    """
    source = load_source(name)
    ds = open_dataset(source.dataset)
    wanted = [*source.inputs.dynamic, *source.inputs.static, STREAMFLOW]
    require(ds, wanted, "inputs")
    roles = load_manifest()[source.dataset].attributes
    known = static_attributes(ds)
    places = [place for place in (roles.latitude, roles.longitude) if place in known]
    ds = ds[list(dict.fromkeys([*wanted, *places]))]
    ds = ds.assign_attrs({HASH: data_hash(ds), BASINS: ds.sizes["basin"]})
    numeric = [str(v) for v in ds.data_vars if np.issubdtype(ds[v].dtype, np.number)]
    first = str(ds["time"].values[0].astype("datetime64[D]"))
    encoding: dict[str, dict[str, Any]] = {
        **{name: {"zlib": True, "complevel": 5, "shuffle": True} for name in numeric},
        "time": {"units": f"days since {first}", "dtype": "int32"},
    }
    with replacing(path) as temporary:
        ds.to_netcdf(temporary, engine="netcdf4", format="NETCDF4", encoding=encoding)
    return ds


def open_packed(path: Path, dataset: str, wanted: Sequence[str]) -> xr.Dataset:
    """Read a packed file of ``dataset``, with the variables ``wanted`` in it, into memory.

    Returns
    -------
    xarray.Dataset
        As :func:`hydrotl.data.catalog.open_dataset`, all that was packed.

    Raises
    ------
    DataError
        If the file is absent, damaged, no packed file, or lacks variables or basins.
    ConfigError
        If it is of another data set.
    """
    again = f"write it with `hydrotl pack SOURCE {path.name}`"
    if not path.is_file():
        raise DataError(f"no packed data at {path}: {again}")
    try:
        with xr.open_dataset(path, engine="netcdf4") as file:
            ds = file.load()
    except (OSError, ValueError, RuntimeError) as error:
        raise DataError(f"{path} is not a readable NetCDF file ({error}): {again}") from None
    if HASH not in ds.attrs:
        raise DataError(f"{path} is not a packed file of hydrotl: {again}")
    if ds.attrs["source"] != dataset:
        raise ConfigError(
            f"{path} holds data set {ds.attrs['source']!r}, {dataset!r} is needed: {again}"
        )
    missing = [name for name in wanted if name not in ds]
    if missing:
        raise DataError(
            f"{path} lacks {', '.join(missing)} (it has {', '.join(map(str, ds.data_vars))}): "
            "pack the source that needs them"
        )
    if ds.sizes["basin"] != ds.attrs[BASINS]:
        raise DataError(
            f"{path} holds {ds.sizes['basin']} of the {ds.attrs[BASINS]} basins: a subset would be "
            f"another one; {again}"
        )
    ds = ds.assign_coords(
        basin=[str(basin) for basin in ds["basin"].values],
        time=ds["time"].values.astype("datetime64[ns]"),
    )
    if data_hash(ds) != ds.attrs[HASH]:
        raise DataError(f"{path}: the data are not those that were packed: {again}")
    return ds
