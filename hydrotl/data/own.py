"""A folder of your own as canonical data and as a region: what ``hydrotl run FOLDER`` works with.

:func:`open_own` reads what ``region.yaml`` describes (:mod:`hydrotl.data.ownfile`),
:func:`own_setting` chooses the years, and :func:`own_region` makes a region of both.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.config import Region, Setting, validated
from hydrotl.data.canonical import dynamic_variables, static_attributes
from hydrotl.data.catalog import open_dataset
from hydrotl.data.findings import names_of
from hydrotl.data.manifest import Attributes, Manifest
from hydrotl.data.ownfile import load_own, own_attrs, own_entry, own_words, region_file
from hydrotl_core.errors import DataError, DoubtfulData
from hydrotl_core.recipe import Period
from hydrotl_core.scaling import STREAMFLOW

#: Name of the one setting of a folder.
SETTING = "own"
#: Years to test: a third of those with flow, within these.
LEAST_TEST, MOST_TEST = 1, 5
#: Days of a year with an observed flow that make it one with flow.
OBSERVED = 120
#: Attributes that say where a basin is, and are no inputs.
_NO_INPUTS = ("latitude", "longitude")


def open_own(folder: str | Path, basins: Sequence[str] | None = None) -> xr.Dataset:
    """Read the data of a folder with a ``region.yaml``.

    Parameters
    ----------
    folder
        The folder (or its ``region.yaml``).
    basins
        Basin ids in the order wanted; None: all.

    Returns
    -------
    xarray.Dataset
        Checked canonical data (:mod:`hydrotl.data.canonical`): the variables of ``region.yaml`` on
        ``(basin, time)`` in canonical units, streamflow in mm/day (missing on all days where a
        basin has no gauge; absent where none has), and on ``(basin,)`` ``area_km2``, ``latitude``,
        ``longitude`` and ``elevation_m`` as far as they are known, with all other attributes of
        the table. ``attrs["source"]`` is the path of ``region.yaml``.

    Raises
    ------
    ConfigError
        If there is no ``region.yaml`` or it is not valid.
    DataError
        If a file cannot be read as described, or its values are impossible.

    Warns
    -----
    DoubtfulData
        Of what is possible but rarely right, once per kind and variable.
    """
    path = region_file(folder)
    own = load_own(path)
    manifest = Manifest(version=1, datasets={"own": own_entry(own, path.parent)})
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            ds = open_dataset(str(path), basins, manifest=manifest)
    except DataError as error:
        raise DataError(own_words(str(error))) from None
    for one in said:
        warnings.warn(own_words(str(one.message)), one.category, stacklevel=2)
    return ds.assign_attrs(own_attrs(own))


def own_roles(folder: str | Path) -> Attributes:
    """Which attributes of :func:`open_own`'s data are the area, the latitude and so on."""
    path = region_file(folder)
    return own_entry(load_own(path), path.parent).attributes


def own_setting(ds: xr.Dataset) -> Setting:
    """Years to train and to test, from the days on which flow was observed.

    The test years are the last third of the years with flow, at least 1 and at most 5 whole years
    up to the last observed day; training has the days from the first observed one to there. Basins
    with other days than most get periods of their own.

    Parameters
    ----------
    ds
        Canonical data with streamflow, ``[basin, time]``.

    Returns
    -------
    Setting
        The periods most basins have, and ``per_basin`` those of the others. A basin with less than
        two years of flow has the common ones (which is said), and so has one without any.

    Raises
    ------
    DataError
        If no basin has two years with flow: one to train, one to test.
    """
    if STREAMFLOW not in ds:
        raise DataError(
            f"{ds.attrs.get('source', 'own data')}: no streamflow, so there is nothing to train "
            "on: name its column in `files` of region.yaml"
        )
    days = pd.DatetimeIndex(ds["time"].values)
    origin = str(ds.attrs.get("source", "own data"))
    found: dict[str, tuple[Period, Period]] = {}
    short = []
    for basin in map(str, ds["basin"].values):
        observed = days[np.isfinite(ds[STREAMFLOW].sel(basin=basin).values)]
        periods = _periods(observed) if len(observed) else None
        if periods is not None:
            found[basin] = periods
        elif len(observed):
            short.append(basin)
    if not found:
        raise DataError(
            f"{origin}: no basin has two years with flow, one to train and one to test: complete "
            "the records, state `years` in region.yaml, or train on all of them without a test "
            "(hydrotl run --all-years)"
        )
    if short:
        warnings.warn(
            f"{origin}: less than two years with flow in basin {names_of(short)}, which has the "
            "years of the others",
            DoubtfulData,
            stacklevel=2,
        )
    pairs = list(found.values())
    train, test = max(pairs, key=lambda pair: (pairs.count(pair), -pairs.index(pair)))
    others = {
        basin: Setting(train=one, test=other)
        for basin, (one, other) in found.items()
        if (one, other) != (train, test)
    }
    return Setting(train=train, test=test, per_basin=others)


def _periods(observed: pd.DatetimeIndex) -> tuple[Period, Period] | None:
    """Training and test period of a basin; None if there are not two years with flow."""
    first, end = observed[0], observed[-1] + pd.Timedelta(1, "D")
    # Years are counted back from the last reading; one with few readings only widens the test.
    starts = [end]
    while starts[-1] - pd.DateOffset(years=1) >= first:
        starts.append(end - pd.DateOffset(years=len(starts)))
    full = [
        start
        for after, start in pairwise(starts)
        if ((observed >= start) & (observed < after)).sum() >= OBSERVED
    ]
    if len(full) < 2:
        return None
    cut = full[min(max(len(full) // 3, LEAST_TEST), MOST_TEST) - 1]
    return (
        Period(start=first.date(), end=cut.date()),
        Period(start=cut.date(), end=end.date()),
    )


def whole_record(ds: xr.Dataset) -> list[Period]:
    """Period of each basin from its first day with flow to its last, nothing left for a test.

    A basin with fewer than 120 days of flow has the period of most others.

    Raises
    ------
    DataError
        If that is so of all basins.
    """
    days = pd.DatetimeIndex(ds["time"].values)
    flow = (
        ds[STREAMFLOW].transpose("basin", "time").values if STREAMFLOW in ds else np.empty((0, 0))
    )
    observed = [days[np.isfinite(values)] for values in flow]
    found = [
        Period(start=own[0].date(), end=(own[-1] + pd.Timedelta(1, "D")).date())
        for own in observed
        if len(own) >= OBSERVED
    ]
    if not found:
        raise DataError(
            f"{ds.attrs.get('source', 'own data')}: no basin has {OBSERVED} days with flow, too "
            "few to train on: complete the records, or name the column of flow in `files` of "
            "region.yaml"
        )
    common = max(found, key=lambda period: (found.count(period), -found.index(period)))
    own_ones = iter(found)
    return [next(own_ones) if len(own) >= OBSERVED else common for own in observed]


def own_region(
    folder: str | Path, ds: xr.Dataset | None = None, *, with_years: bool = True
) -> Region:
    """The region of a folder: all basins, all inputs, and one setting :data:`SETTING`.

    Parameters
    ----------
    folder
        The folder (or its ``region.yaml``).
    ds
        Its data (:func:`open_own`), if they were read already.
    with_years
        False: without the setting, so that no year has to be left for a test.

    Returns
    -------
    Region
        With ``dataset`` the path of ``region.yaml``, which :func:`hydrotl.data.regions.region_data`
        and the manifest take, and the years of ``region.yaml``, by default :func:`own_setting`'s.

    Raises
    ------
    ConfigError, DataError
        As :func:`open_own` and :func:`own_setting`.
    """
    path = region_file(folder)
    own = load_own(path)
    data = open_own(path) if ds is None else ds
    settings = {}
    if with_years:
        stated = own.years and Setting(train=own.years.train, test=own.years.test)
        settings[SETTING] = stated or own_setting(data)
    dynamic = [name for name in dynamic_variables(data) if name != STREAMFLOW]
    static = [name for name in static_attributes(data) if _is_input(data[name])]
    content = {
        "title": own.title,
        "dataset": str(path),
        "inputs": {"dynamic": dynamic, "static": static},
        "settings": settings,
    }
    return validated(Region, content, str(path))


def _is_input(attribute: xr.DataArray) -> bool:
    """Whether an attribute is a number that is known of all basins, and no place."""
    whole = attribute.dtype.kind == "f" and bool(np.isfinite(attribute.values).all())
    return whole and attribute.name not in _NO_INPUTS
