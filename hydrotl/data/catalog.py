"""Opening a data set of the manifest as canonical data."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import xarray as xr

from hydrotl.data.canonical import check_canonical
from hydrotl.data.manifest import Dataset, Manifest, load_manifest
from hydrotl.data.readers import get_reader
from hydrotl.paths import data_dir
from hydrotl_core.errors import ConfigError, DataError

Day = str | dt.date | pd.Timestamp


def open_dataset(
    name: str,
    basins: Sequence[str] | None = None,
    start: Day | None = None,
    end: Day | None = None,
    manifest: Manifest | None = None,
) -> xr.Dataset:
    """Read a data set of the manifest into memory.

    Parameters
    ----------
    name
        Key of the manifest.
    basins
        Basin ids, in the order wanted; None for all.
    start, end
        First day, and the day after the last; None for the record's own.
    manifest
        Another manifest than the project's.

    Returns
    -------
    xarray.Dataset
        Checked canonical data (:mod:`hydrotl.data.canonical`), with ``title``, ``references``,
        ``licence`` and ``source`` (the key) in its attributes.

    Raises
    ------
    ConfigError
        If there is no such data set, its entry is not valid or ``start`` is not before ``end``.
    DataError
        If the data are absent (the message says how to get them), damaged or empty in the period.
    """
    manifest = load_manifest() if manifest is None else manifest
    dataset = manifest[name]
    folder = dataset_folder(dataset)
    if dataset.access != "package" and not folder.is_dir():
        raise DataError(absent_message(name, dataset, folder))
    ds = get_reader(dataset.reader)(folder, dataset, basins)
    ds = ds.assign_attrs(
        title=dataset.title,
        references="; ".join(dataset.citation),
        licence=dataset.licence,
        source=name,
    )
    return check_canonical(select_period(ds, start, end, name), name)


def dataset_folder(dataset: Dataset) -> Path:
    """Folder of the data set's files (an absolute `folder` of one's own data stays as it is)."""
    return data_dir() / Path(dataset.folder).expanduser()


def absent_message(name: str, dataset: Dataset, folder: Path) -> str:
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


def select_period(ds: xr.Dataset, start: Day | None, end: Day | None, name: str) -> xr.Dataset:
    """Days from ``start`` to before ``end``.

    Raises
    ------
    ConfigError
        If ``start`` is not before ``end``.
    DataError
        If the data have no day in between.
    """
    first = None if start is None else pd.Timestamp(start)
    last = None if end is None else pd.Timestamp(end) - pd.Timedelta(1, "D")
    if first is not None and last is not None and first > last:
        raise ConfigError(f"period of '{name}': start {start} is not before end {end}")
    selected = ds.sel(time=slice(first, last))
    if selected.sizes["time"] == 0:
        days = ds.indexes["time"]
        raise DataError(
            f"'{name}' has no day between {start} and {end}: its record runs from "
            f"{days[0].date()} to {days[-1].date()}"
        )
    return selected
