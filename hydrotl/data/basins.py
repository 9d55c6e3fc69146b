"""What is known of a basin besides its scores: place, size and climate.

The book is built without data, so whatever it shows of a basin is in the committed results,
rounded to :data:`DIGITS`. The published climate attributes differ between data sets in period and
formula, and some data sets have none. Here they are computed in one way everywhere, from days of
the training period, so that skill can be held against them across continents.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.data import evaporation
from hydrotl.data.canonical import static_attributes
from hydrotl.data.manifest import Attributes
from hydrotl_core.arrays import in_period
from hydrotl_core.recipe import Period
from hydrotl_core.scaling import PRECIPITATION, STREAMFLOW, require

#: Decimals of the facts of a basin.
DIGITS = {
    "longitude": 2,
    "latitude": 2,
    "area_km2": 0,
    "aridity": 3,
    "snow_fraction": 3,
    "runoff_ratio": 3,
}

MIN_DAYS = 330  # a mean of fewer days may lack a season
SNOW_BELOW = 0.0  # degC
PUBLISHED = ("pet_hargreaves", "pet", "pet_gleam", "pet_modis", "pet_interception")


def facts_frame(
    ds: xr.Dataset, attributes: Attributes, periods: Sequence[Period]
) -> tuple[pd.DataFrame, str]:
    """Place, size and climate of basins, rounded to :data:`DIGITS`.

    A row per basin, its id as index: longitude and latitude in degrees, area in km2, and the
    columns of :func:`climate_indices` over the basin's period; NaN where not known. With it goes
    how potential evapotranspiration was computed. ``attributes`` are the data set's roles.
    """
    climate, formula = climate_indices(ds, attributes, periods)
    frame = locations(ds, attributes).join(climate)
    frame["area_km2"] = _attribute(ds, attributes.area)
    return frame[list(DIGITS)].round(DIGITS), formula


def locations(ds: xr.Dataset, attributes: Attributes) -> pd.DataFrame:
    """Columns ``longitude`` and ``latitude`` of the basins, degrees; NaN where not known."""
    columns = {
        role: _attribute(ds, getattr(attributes, role)) for role in ("longitude", "latitude")
    }
    return pd.DataFrame(columns, index=_ids(ds))


def _ids(ds: xr.Dataset) -> pd.Index:
    return pd.Index([str(b) for b in ds["basin"].values], name="basin")


def _attribute(ds: xr.Dataset, name: str | None) -> np.ndarray:
    """Values of an attribute, ``[basin]``; NaN if the data do not have it."""
    if name not in static_attributes(ds):
        return np.full(ds.sizes["basin"], np.nan)
    return ds[name].values.astype(float)


def climate_indices(
    ds: xr.Dataset, attributes: Attributes, periods: Sequence[Period]
) -> tuple[pd.DataFrame, str]:
    """Climate of each basin over its period, and how potential evapotranspiration was computed.

    Per basin ``aridity`` (potential evapotranspiration over precipitation), ``snow_fraction``
    (share of the precipitation on days with a mean temperature below 0 degC) and ``runoff_ratio``
    (streamflow over precipitation). Each is a ratio of sums over the days on which both of its
    parts are known; NaN where these are fewer than ``MIN_DAYS``.
    """
    require(ds, [PRECIPITATION], "climate needs")
    first, last = min(p.start for p in periods), max(p.end for p in periods)
    ds = ds.sel(time=slice(pd.Timestamp(first), pd.Timestamp(last)))
    rain = np.where(in_period(ds, periods), ds["prcp"].values.astype(float), np.nan)
    unknown = np.full_like(rain, np.nan)
    pet, formula = _evapotranspiration(ds, attributes)
    tmean = evaporation.mean_temperature(ds).values if _has_temperature(ds) else unknown
    snow = np.where(tmean < SNOW_BELOW, rain, 0.0)
    parts = {
        "aridity": unknown if pet is None else pet,
        "snow_fraction": np.where(np.isnan(tmean), np.nan, snow),
        "runoff_ratio": ds[STREAMFLOW].values.astype(float) if STREAMFLOW in ds else unknown,
    }
    ratios = {name: _ratio(part, rain) for name, part in parts.items()}
    return pd.DataFrame(ratios, index=_ids(ds)), formula


def _evapotranspiration(ds: xr.Dataset, attributes: Attributes) -> tuple[np.ndarray | None, str]:
    """Potential evapotranspiration, mm/day, ``[basin, time]``, and how it was computed.

    After Hargreaves and Samani where the data have a range of temperature, else after Oudin; where
    the latitude is not known, the data's own series, if they have one.
    """
    if attributes.latitude in static_attributes(ds) and _has_temperature(ds):
        latitude = ds[attributes.latitude].values.astype(float)[:, None]
        days = pd.DatetimeIndex(ds["time"].values).day_of_year.to_numpy()
        if "tmin" in ds and "tmax" in ds:
            tmin, tmax = (ds[name].values.astype(float) for name in ("tmin", "tmax"))
            # In one forcing product both are the same on every day: no range to work with.
            if np.nanmax(tmax - tmin, initial=0.0) > 0.01:
                year = evaporation.extraterrestrial_radiation(latitude, np.arange(1, 367))
                pet = evaporation.hargreaves_samani(tmin, tmax, year[:, days - 1])
                return pet, evaporation.HARGREAVES
        tmean = evaporation.mean_temperature(ds).values
        return evaporation.oudin(tmean, days, latitude), evaporation.OUDIN
    for name in PUBLISHED:
        if name in ds:
            return ds[name].values.astype(float), f"{name} of the data"
    return None, "none"


def _has_temperature(ds: xr.Dataset) -> bool:
    return "tmean" in ds or ("tmin" in ds and "tmax" in ds)


def _ratio(part: np.ndarray, rain: np.ndarray) -> np.ndarray:
    """Sum of ``part`` over sum of ``rain`` per basin, on days with both."""
    known = np.isfinite(part) & np.isfinite(rain)
    total = np.where(known, rain, 0).sum(axis=1)
    enough = (known.sum(axis=1) >= MIN_DAYS) & (total > 0)
    ratio = np.full(len(rain), np.nan)
    return np.divide(np.where(known, part, 0).sum(axis=1), total, out=ratio, where=enough)
