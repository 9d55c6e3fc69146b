"""A folder of one's own as a river: its data, its years, and what a check found."""

from __future__ import annotations

import warnings
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
        warnings.simplefilter("always", DoubtfulData)
        ds = open_own(folder)
        region = own_region(folder, ds, with_years=not all_years)
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
        If the file is not canonical.
    """
    if path.is_dir():
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            ds = open_own(path)
        known = {name: basin.latitude is not None for name, basin in run.file.basins.items()}
        located = all(known.get(str(basin), False) for basin in ds["basin"].values)
        for one in caught:
            # What the run knows need not be said.
            if not (located and issubclass(one.category, UnknownLatitudeWarning)):
                warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
        return ds, own_roles(path)
    try:
        with xr.open_dataset(path) as file:
            ds = file.load()
    except (OSError, ValueError) as error:
        raise DataError(f"{path} is no NetCDF file ({error}): give one, or a folder") from None
    ds = check_canonical(ds.assign_coords(basin=[str(b) for b in ds["basin"].values]), str(path))
    return ds, Attributes(latitude=run.file.latitude)
