"""Opening a data set as canonical data, from its published files or from one NetCDF file.

Any NetCDF file with canonical data (:mod:`hydrotl.data.canonical`) can stand in for a data
folder. :func:`save_dataset` writes one, to carry the data to another machine: it holds the same
values to the bit and proves on reading that it does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.data.canonical import check_canonical, check_form, data_hash
from hydrotl.data.examine import contradictions
from hydrotl.data.findings import refuse, say
from hydrotl.data.manifest import Dataset, Manifest, load_manifest
from hydrotl.data.readers import read_dataset
from hydrotl.data.readers.assemble import pick_basins
from hydrotl.data.spelling import basin_id, look_alike
from hydrotl.paths import data_dir
from hydrotl_core.errors import ConfigError, DataError
from hydrotl_core.files import replacing

Day = str | dt.date | pd.Timestamp

#: Attribute of opened data: how many basins the whole data set has; 0 where only some were read.
ALL_BASINS = "all_basins"


def open_dataset(
    name: str,
    basins: Sequence[str] | None = None,
    start: Day | None = None,
    end: Day | None = None,
    manifest: Manifest | None = None,
    file: Path | None = None,
) -> xr.Dataset:
    """Read a data set of the manifest into memory.

    Parameters
    ----------
    name, manifest
        Key of a data set, and where it is looked up if not in the project's manifest.
    basins
        Basin ids, in the order wanted; None for all.
    start, end
        First day, and the day after the last; None for the record's own.
    file
        NetCDF file with canonical data to read instead of the data folder.

    Returns
    -------
    xarray.Dataset
        Checked canonical data (:mod:`hydrotl.data.canonical`), with ``title``, ``references``,
        ``licence`` and ``source`` (the key) in its attributes.

    Raises
    ------
    ConfigError
        If there is no such data set, its entry is not valid, ``start`` is not before ``end``, or
        ``file`` holds another data set.
    DataError
        If the data are absent (the message says how to get them), damaged, impossible
        (:mod:`hydrotl.data.examine`) or empty in the period, or ``file`` was altered or holds
        some basins only where all are asked for.
    """
    dataset = (load_manifest() if manifest is None else manifest)[name]
    if file is not None:
        ds = _read_file(file, name, basins)
    else:
        folder = dataset_folder(dataset)
        if dataset.access != "package" and not folder.is_dir():
            raise DataError(_absent_message(name, dataset, folder))
        ds = read_dataset(folder, dataset, basins, name)
        ds.attrs[ALL_BASINS] = ds.sizes["basin"] if basins is None else 0
    for attribute, values in dataset.attributes.values.items():
        known = _stated_values(values, [str(b) for b in ds["basin"].values], attribute, name)
        ds = ds.assign({attribute: ("basin", known)})
    references = "; ".join(dataset.citation)
    ds = ds.assign_attrs(
        title=dataset.title, references=references, licence=dataset.licence, source=name
    )
    origin = name if file is None else str(file)
    checked = check_form(_select_period(ds, start, end, name), origin)
    found = contradictions(checked, dataset.attributes)
    refuse(found, origin)
    say(found, origin)
    return checked


def _stated_values(
    values: Mapping[str, float], basins: Sequence[str], attribute: str, name: str
) -> list[float]:
    """An attribute that the manifest entry states by basin; NaN where it states none.

    A DataError if a basin's value stands under another spelling of its id.
    """
    stated = {basin_id(basin): float(value) for basin, value in values.items()}
    others = {look_alike(basin): basin for basin in stated if basin not in basins}
    for basin in basins:
        if basin not in stated and look_alike(basin) in others:
            raise DataError(
                f"{name}: `attributes: values: {attribute}` has basin "
                f"'{others[look_alike(basin)]}', the data '{basin}': write the id as in the data"
            )
    return [stated.get(basin, np.nan) for basin in basins]


def save_dataset(ds: xr.Dataset, path: Path) -> None:
    """Write canonical data to one NetCDF file, compressed without loss, with their hash."""
    ds = ds.assign_attrs(data_hash=data_hash(ds))
    first = str(ds["time"].values[0].astype("datetime64[D]"))
    encoding: dict[str, dict[str, Any]] = {
        str(name): {"zlib": True, "complevel": 5, "shuffle": True}
        for name, array in ds.data_vars.items()
        if np.issubdtype(array.dtype, np.number)
    }
    encoding["time"] = {"units": f"days since {first}", "dtype": "int32"}
    with replacing(path) as temporary:
        try:
            ds.to_netcdf(temporary, engine="netcdf4", format="NETCDF4", encoding=encoding)
        except (RuntimeError, PermissionError) as error:  # how the library names a full disk
            raise OSError(f"{error}, perhaps a full disk") from None


def _read_file(path: Path, name: str, basins: Sequence[str] | None) -> xr.Dataset:
    """Canonical data of a file that :func:`save_dataset` or another program wrote."""
    again = "write it with `hydrotl pack`"
    if not path.is_file():
        raise DataError(f"no data file {path}: {again}")
    try:
        with xr.open_dataset(path, engine="netcdf4") as file:
            ds = file.load()
    except (OSError, ValueError, RuntimeError, OverflowError, TypeError, KeyError) as error:
        raise DataError(f"{path} is not a readable NetCDF file ({error}): {again}") from None
    if ds.attrs.get("source", name) != name:
        raise ConfigError(f"{path} holds data set {ds.attrs['source']!r}, {name!r} is needed")
    if "time" in ds and ds["time"].dtype.kind == "M":
        ds = ds.assign_coords(time=ds["time"].values.astype("datetime64[ns]"))
    check_canonical(ds, str(path))
    ds = ds.assign_coords(basin=ds["basin"].values.astype(str))
    stated = ds.attrs.pop("data_hash", None)
    if stated is not None and data_hash(ds) != stated:
        raise DataError(f"{path}: the data are not those that were saved: {again}")
    there, whole = ds.sizes["basin"], ds.attrs.get(ALL_BASINS)
    if basins is not None:
        return ds.sel(basin=pick_basins(list(ds["basin"].values), basins, str(path)))
    if whole is not None and whole != there:
        raise DataError(
            f"{path} holds {there} of {whole or 'an unknown number of'} basins: a subset drawn "
            f"from them would be another one; {again}"
        )
    return ds


def dataset_folder(dataset: Dataset) -> Path:
    """Folder of the data set's files (an absolute `folder` of your own data stays as it is)."""
    return data_dir() / Path(dataset.folder).expanduser()


def _absent_message(name: str, dataset: Dataset, folder: Path) -> str:
    """What to tell a user whose data folder lacks a data set."""
    how = {
        "open": f"run `hydrotl fetch {name}`",
        "registration": "it is free but needs a registration",
        "manual": "it is fetched by hand",
        "package": "install its package",
        "local": "the files are your own: correct `folder` in the manifest entry",
    }[dataset.access]
    note = f" ({dataset.access_note})" if dataset.access_note else ""
    return (
        f"no data of '{name}' in {folder}: {how}{note}. If the data are elsewhere, set the "
        f"environment variable HYDROTL_DATA to the folder that holds '{dataset.folder}'"
    )


def _select_period(ds: xr.Dataset, start: Day | None, end: Day | None, name: str) -> xr.Dataset:
    if start is not None and end is not None and pd.Timestamp(start) >= pd.Timestamp(end):
        raise ConfigError(f"period of '{name}': start {start} is not before end {end}")
    last = None if end is None else pd.Timestamp(end) - pd.Timedelta(1, "D")
    first = None if start is None else pd.Timestamp(start)
    selected = ds.sel(time=slice(first, last))
    if selected.sizes["time"] == 0:
        days = ds.indexes["time"]
        raise DataError(
            f"'{name}' has no day between {start} and {end}: its record runs from "
            f"{days[0].date()} to {days[-1].date()}"
        )
    return selected
