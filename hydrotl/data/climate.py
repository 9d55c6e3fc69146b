"""Climate of a basin from its own forcing: how dry, how snowy, how much of the rain runs off.

The published attributes of the kind differ between data sets in period and formula, and some data
sets have none. These are computed in one way everywhere, from days of the training period, so that
skill can be held against them across continents.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.data.canonical import static_attributes
from hydrotl.data.evaporation import (
    HARGREAVES,
    OUDIN,
    extraterrestrial_radiation,
    hargreaves_samani,
    mean_temperature,
    oudin,
)
from hydrotl.data.manifest import Attributes
from hydrotl_core.arrays import in_period
from hydrotl_core.recipe import Period
from hydrotl_core.scaling import STREAMFLOW

MIN_DAYS = 330  # a mean of fewer days may lack a season
SNOW_BELOW = 0.0  # degC
PUBLISHED = ("pet_hargreaves", "pet", "pet_gleam", "pet_modis", "pet_interception")


def evapotranspiration(ds: xr.Dataset, attributes: Attributes) -> tuple[np.ndarray | None, str]:
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
                radiation = extraterrestrial_radiation(latitude, np.arange(1, 367))[:, days - 1]
                return hargreaves_samani(tmin, tmax, radiation), HARGREAVES
        return oudin(mean_temperature(ds).values, days, latitude), OUDIN
    for name in PUBLISHED:
        if name in ds:
            return ds[name].values.astype(float), f"{name} of the data"
    return None, "none"


def _has_temperature(ds: xr.Dataset) -> bool:
    return "tmean" in ds or ("tmin" in ds and "tmax" in ds)


def climate_indices(
    ds: xr.Dataset, attributes: Attributes, periods: Sequence[Period]
) -> tuple[pd.DataFrame, str]:
    """Climate of each basin over its period.

    Parameters
    ----------
    ds
        Canonical data with ``prcp``, ``streamflow``, temperature, and the latitude as attribute.
    attributes
        The data set's roles of attributes.
    periods
        One per basin.

    Returns
    -------
    pandas.DataFrame
        Per basin ``aridity`` (potential evapotranspiration over precipitation),
        ``snow_fraction`` (share of the precipitation that fell on days with a mean temperature
        below 0 degC) and ``runoff_ratio`` (streamflow over precipitation). Each is a ratio of
        sums over the days on which both of its parts are known; NaN where these are fewer than
        ``MIN_DAYS``.
    str
        How potential evapotranspiration was computed.
    """
    first, last = min(p.start for p in periods), max(p.end for p in periods)
    ds = ds.sel(time=slice(pd.Timestamp(first), pd.Timestamp(last)))
    rain = ds["prcp"].values.astype(float)
    rain = np.where(in_period(ds, periods), rain, np.nan)
    unknown = np.full_like(rain, np.nan)
    pet, formula = evapotranspiration(ds, attributes)
    tmean = mean_temperature(ds).values if _has_temperature(ds) else unknown
    snow = np.where(tmean < SNOW_BELOW, rain, 0.0)
    parts = {
        "aridity": unknown if pet is None else pet,
        "snow_fraction": np.where(np.isnan(tmean), np.nan, snow),
        "runoff_ratio": ds[STREAMFLOW].values.astype(float) if STREAMFLOW in ds else unknown,
    }
    index = pd.Index([str(b) for b in ds["basin"].values], name="basin")
    frame = pd.DataFrame({name: _ratio(part, rain) for name, part in parts.items()}, index=index)
    return frame, formula


def _ratio(part: np.ndarray, rain: np.ndarray) -> np.ndarray:
    """Sum of ``part`` over sum of ``rain`` per basin, on days with both."""
    known = np.isfinite(part) & np.isfinite(rain)
    total = np.where(known, rain, 0).sum(axis=1)
    enough = (known.sum(axis=1) >= MIN_DAYS) & (total > 0)
    ratio = np.full(len(rain), np.nan)
    return np.divide(np.where(known, part, 0).sum(axis=1), total, out=ratio, where=enough)
