"""A folder of one's own as a river: its data, its years, and what a check found."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import xarray as xr

from hydrotl.data.canonical import check_canonical
from hydrotl.data.findings import doubts_of, refuse
from hydrotl.data.leaks import refuse_flow_as_weather
from hydrotl.data.manifest import Attributes, load_manifest
from hydrotl.data.own import SETTING, open_own, own_region, own_roles, whole_record
from hydrotl.data.own_check import check_own
from hydrotl.data.readers.assemble import UnknownLatitudeWarning
from hydrotl.river.folder import Run
from hydrotl.river.plan import River
from hydrotl_core.errors import DataError, DoubtfulData


def open_river(folder: Path, *, all_years: bool = False) -> River:
    """The river that the ``region.yaml`` in ``folder`` describes.

    With ``all_years`` it is trained on its whole record, and has no test.

    Raises
    ------
    ConfigError, DataError
        If it is not described, or the data are impossible.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ds = open_own(folder)
        region = own_region(folder, ds, with_years=not all_years)
    warn_again(caught, DoubtfulData)
    refuse_flow_as_weather(ds, region)
    warned = [str(one.message) for one in caught if issubclass(one.category, DoubtfulData)]
    _, findings = check_own(ds)
    refuse(findings, str(folder))
    # What reading warned of is among the findings, but for what is not of the values.
    said = [text for text in warned if not any(one.text in text for one in findings)]
    said += doubts_of(findings)
    said += [f"guessed: {line}" for line in ds.attrs.get("guessed", "").splitlines()]
    basins = [str(basin) for basin in ds["basin"].values]
    if all_years:
        fit, test = whole_record(ds), None
    else:
        setting = region.settings[SETTING]
        fit, test = setting.periods("train", basins), setting.periods("test", basins)
    return River(
        title=region.title,
        ds=ds,
        roles=own_roles(folder),
        fit=tuple(fit),
        test=None if test is None else tuple(test),
        findings=tuple(dict.fromkeys(said)),
        citation=tuple(load_manifest()[region.dataset].citation),
        folder=folder.resolve(),
    )


def open_forcing(path: Path, run: Run) -> tuple[xr.Dataset, Attributes]:
    """Weather to simulate with: a folder like that of a run, or a NetCDF file of canonical data.

    Raises
    ------
    DataError
        If the file is not canonical, or none.
    """
    if path.is_dir():
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            ds = open_own(path)
        known = {name: basin.latitude is not None for name, basin in run.file.basins.items()}
        located = all(known.get(str(basin), False) for basin in ds["basin"].values)
        # What the run knows need not be said.
        warn_again(caught, *([UnknownLatitudeWarning] if located else []))
        return ds, own_roles(path)
    try:
        with xr.open_dataset(path) as file:
            ds = file.load()
    except (OSError, ValueError) as error:
        what = str(error).partition(". Consider")[0]  # advice for programmers
        raise DataError(f"{path} is no NetCDF file ({what}): give one, or a folder") from None
    return check_canonical(_by_basin(ds), str(path)), Attributes(latitude=run.file.latitude)


def _by_basin(ds: xr.Dataset) -> xr.Dataset:
    """Ids as text, and what a file has as coordinates of its basins as their attributes."""
    if "basin" in ds.coords and ds["basin"].dims == ("basin",):
        ids = [
            b.decode(errors="replace") if isinstance(b, bytes) else str(b)
            for b in ds["basin"].values
        ]
        ds = ds.assign_coords(basin=ids)
    beside = [name for name in ds.coords if name not in ds.dims]
    ds = ds.reset_coords(beside)
    for name in beside:
        if ds[name].dims == ("basin",) and ds[name].dtype.kind in "fiu":
            ds[name] = ds[name].astype(float)
        else:
            ds = ds.drop_vars([name])
    return ds


def warn_again(caught: Sequence[warnings.WarningMessage], *but: type[Warning]) -> None:
    """Pass on the warnings that were caught, except those of some kinds."""
    for one in caught:
        if not issubclass(one.category, but):
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
