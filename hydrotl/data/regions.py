"""Regions: which basins, which inputs, which periods."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from hydrotl.config import Basins, Region, Setting, Source
from hydrotl.data.canonical import static_attributes
from hydrotl.data.catalog import open_dataset
from hydrotl.data.categories import as_categories
from hydrotl.data.climate import CLIMATE, CLIMATE_NEEDS, has_climate
from hydrotl.data.derive import DERIVABLE, derive
from hydrotl.data.findings import names_of, refuse
from hydrotl.data.leaks import (
    cautions,
    refuse_flow,
    refuse_flow_as_attribute,
    refuse_flow_as_weather,
    refuse_screen,
    tested_days,
)
from hydrotl.data.manifest import Attributes, Dataset, load_manifest
from hydrotl.data.places import with_places
from hydrotl.data.readers.assemble import similar_id
from hydrotl.data.roles import codes
from hydrotl.data.spelling import basin_id
from hydrotl_core.arrays import in_period
from hydrotl_core.errors import ConfigError, DoubtfulData
from hydrotl_core.recipe import Inputs, Period
from hydrotl_core.scaling import PRECIPITATION, STREAMFLOW, require


def select_basins(ds: xr.Dataset, choice: Basins, dataset: str) -> xr.Dataset:
    """The basins of ``choice``: ids, screen on missing flow, bounding box, minus exclusions.

    A ConfigError if a named basin or screen does not exist or nothing is left.
    """
    entry = load_manifest()[dataset]
    known = [str(b) for b in ds["basin"].values]
    wanted, excluded = ([basin_id(b) for b in ids or []] for ids in (choice.ids, choice.exclude))
    unknown = sorted(set(wanted + excluded) - set(known))
    if unknown:
        raise ConfigError(
            f"basins {', '.join(unknown)} are not in data set {dataset}; "
            f"{similar_id(unknown[0], known)}"
        )
    keep = ~np.isin(known, excluded)
    if choice.ids is not None:
        keep &= np.isin(known, wanted)
    boxes = [("latitude", choice.latitude), ("longitude", choice.longitude)]
    if choice.screen is not None:
        if choice.screen not in entry.screens:
            raise ConfigError(
                f"data set {dataset} has no screen {choice.screen!r}; "
                f"it has {', '.join(entry.screens) or 'none'}"
            )
        screen = entry.screens[choice.screen]
        observed = np.isfinite(ds[STREAMFLOW].values) & in_period(ds, [screen])
        enough = 1 - observed.sum(axis=1) / screen.days < screen.max_missing
        if not screen.of_paper:
            _say_left_out(choice.screen, [b for b, e in zip(known, enough, strict=True) if not e])
        if not enough.any():
            raise ConfigError(
                f"screen {choice.screen!r} leaves none of data set {dataset}: in no basin is "
                f"{STREAMFLOW} observed on enough of its days; check the data, or choose other days"
            )
        keep &= enough
        boxes.append(("latitude", screen.latitude))
    for role, bounds in boxes:
        if bounds is not None:
            name = getattr(entry.attributes, role)
            if name is None:
                raise ConfigError(f"data set {dataset} names no attribute for the {role}")
            if name not in static_attributes(ds):
                raise ConfigError(f"data set {dataset} has no attribute {name!r}, its {role}")
            degrees = ds[name].values
            keep &= (degrees >= bounds[0]) & (degrees <= bounds[1])
    if not keep.any():
        raise ConfigError(f"the choice of basins leaves none of data set {dataset}: make it wider")
    return with_places(ds.isel(basin=np.flatnonzero(keep)), entry.attributes)


def _say_left_out(screen: str, basins: list[str]) -> None:
    if basins:
        warnings.warn(
            f"screen '{screen}' leaves out basin {names_of(basins)}, where too little flow was "
            "observed on its days",
            DoubtfulData,
            stacklevel=3,
        )


def region_data(region: Region, inputs: Inputs | None = None) -> xr.Dataset:
    """Inputs (by default the region's) and streamflow of its basins (:func:`region_basins`).

    Raises
    ------
    ConfigError
        If an input is, or was computed from, observed flow and the region does not allow it.
    DataError
        If an input is absent, or is flow by its values.
    """
    require_precipitation(load_manifest()[region.dataset])
    inputs = inputs or region.inputs
    refuse_flow(region, inputs)
    ds = region_basins(region)
    roles = load_manifest()[region.dataset].attributes
    ds, wanted = _with_inputs(ds, inputs, roles)
    every = [p for s in region_settings(region).values() for p in (s, *s.per_basin.values())]
    periods = [period for s in every for period in (s.train, s.test)]
    refuse_flow_as_attribute(ds, region, inputs.static, periods)
    return ds[list(dict.fromkeys(wanted))].load()


def require_precipitation(dataset: Dataset) -> None:
    """Refuse data without ``prcp`` before anything trains.

    The climate of a basin, GR4J and the paper's scaling of flow all rest on it; another name means
    a second product.

    Raises
    ------
    ConfigError
        If the manifest entry has no variable ``prcp``.
    """
    if PRECIPITATION in dataset.variables:
        return
    products = [name for name in dataset.variables if name.startswith(f"{PRECIPITATION}_")]
    named = (
        f", only {', '.join(products)}: name the product to rely on" if products else ": give it as"
    )
    raise ConfigError(
        f"{dataset.title}: no precipitation under its canonical name{named} `{PRECIPITATION}` in "
        "`variables` of the manifest entry (and in the region's inputs)"
    )


def region_basins(region: Region) -> xr.Dataset:
    """All variables and attributes of the region's basins.

    Raises
    ------
    ConfigError
        If the choice of basins is not possible, looks at test days, or a setting names a basin
        that is not there (it would silently be without effect).
    DataError
        If the data are absent, or a daily variable is streamflow under another name.
    """
    refuse_screen(region, region_settings(region).values())
    everything = open_dataset(region.dataset)
    known = {str(b) for b in everything["basin"].values}
    for name, setting in region_settings(region).items():
        unknown = sorted(set(setting.per_basin) - known)
        if unknown:
            raise ConfigError(
                f"{region.title}, setting {name!r}: per_basin names {', '.join(unknown)}, "
                f"not in data set {region.dataset}"
            )
    ds = select_basins(everything, region.basins, region.dataset)
    refuse_flow_as_weather(ds, region)
    return ds


def source_inputs(source: Source, file: Path | None = None) -> xr.Dataset:
    """What training and checking ``source`` need: inputs, streamflow, and each basin's place.

    All basins of its data set, so that a source on a subset of them works with the same data.
    They are read from the NetCDF ``file``, if given (:func:`hydrotl.data.catalog.open_dataset`).

    Raises
    ------
    ConfigError
        If an input is, or was computed from, observed flow and the source does not allow it.
    DataError
        If the data or an input of the source are absent, or an input is flow by its values.
    """
    require_precipitation(load_manifest()[source.dataset])
    refuse_flow(source, source.inputs)
    ds = open_dataset(source.dataset, file=file)
    roles = load_manifest()[source.dataset].attributes
    ds, wanted = _with_inputs(ds, source.inputs, roles)
    known = static_attributes(ds)
    places = [name for name in (roles.latitude, roles.longitude) if name in known]
    inputs = ds[list(dict.fromkeys(wanted))]
    refuse_flow_as_weather(inputs, source)
    refuse_flow_as_attribute(ds, source, source.inputs.static, [source.train])
    return with_places(ds[list(dict.fromkeys([*wanted, *places]))], roles)


def _with_inputs(ds: xr.Dataset, inputs: Inputs, roles: Attributes) -> tuple[xr.Dataset, list[str]]:
    """Data with derived inputs where asked for, and the names of inputs and streamflow.

    The climate is not among them: it depends on the training days. Nor are optional inputs that
    the data do not have.
    """
    wanted = [*inputs.dynamic, *inputs.static]
    _refuse_own_climate(ds, inputs)
    if any(name in DERIVABLE and name not in ds for name in wanted):
        ds = derive(ds, roles)
    optional = {name for family in inputs.optional.values() for name in family}
    there = [n for n in wanted if n not in CLIMATE and (n in ds or n not in optional)]
    require(ds, [*there, STREAMFLOW], "inputs")
    for name in inputs.static:
        if name in static_attributes(ds):
            ds = as_categories(ds, name)
    wrong = [
        f for name in static_attributes(ds) if name in there for f in codes(ds, name, "impossible")
    ]
    refuse(wrong, str(ds.attrs.get("source", "inputs")))
    return ds, [*there, STREAMFLOW, *(CLIMATE_NEEDS if has_climate(inputs) else [])]


def _refuse_own_climate(ds: xr.Dataset, inputs: Inputs) -> None:
    """Refuse a column under the name of an index of climate, which would be computed over it."""
    own = [name for name in inputs.static if name in CLIMATE and name in static_attributes(ds)]
    if own:
        raise ConfigError(
            f"the attribute table of {ds.attrs.get('source', 'the data')} has a column "
            f"{', '.join(own)}, which is the name of an index that is computed from the training "
            "days: rename the column, in the table and in the inputs, or remove it to have the "
            "index computed"
        )


def region_cautions(region: Region) -> list[str]:
    """What scores of a region owe to knowledge of its test days, a sentence each."""
    return cautions(region, region.inputs, tested_days(region_settings(region).values()))


def region_settings(region: Region) -> dict[str, Setting]:
    """Settings of a region, by default its data set's protocol in the manifest."""
    return region.settings or load_manifest()[region.dataset].protocol


def region_setting(region: Region, name: str) -> Setting:
    """Setting ``name`` of a region; a ConfigError lists those there are."""
    settings = region_settings(region)
    if name not in settings:
        raise ConfigError(f"{region.title}: no setting {name!r}; there are {', '.join(settings)}")
    return settings[name]


def hold_out(periods: Sequence[Period], days: int) -> tuple[list[Period], list[Period]]:
    """Training periods less their last ``days``, and those days."""
    if any(p.days <= days for p in periods):
        raise ConfigError(f"a validation of {days} days leaves no training day")
    cuts = [p.end - dt.timedelta(days) for p in periods]
    first = [Period(start=p.start, end=cut) for p, cut in zip(periods, cuts, strict=True)]
    last = [Period(start=cut, end=p.end) for p, cut in zip(periods, cuts, strict=True)]
    return first, last
