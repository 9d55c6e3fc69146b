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
from hydrotl.data.manifest import Attributes
from hydrotl_core.arrays import in_period
from hydrotl_core.errors import DataError
from hydrotl_core.recipe import Period

SOLAR_CONSTANT = 0.0820  # MJ m-2 min-1
LATENT_HEAT = 2.45  # MJ of evaporation per kg, at about 20 degC
MIN_DAYS = 330  # a mean of fewer days may lack a season
SNOW_BELOW = 0.0  # degC
HARGREAVES = "Hargreaves and Samani (1985)"
OUDIN = "Oudin et al. (2005)"
PUBLISHED = ("pet_hargreaves", "pet", "pet_gleam", "pet_modis", "pet_interception")


def extraterrestrial_radiation(latitude: np.ndarray, day_of_year: np.ndarray) -> np.ndarray:
    """Radiation at the top of the atmosphere, MJ/m2/day (Allen et al. 1998, eq. 21 to 25).

    Parameters
    ----------
    latitude
        Degrees north, any shape that broadcasts against ``day_of_year``.
    day_of_year
        1 on 1 January.

    Raises
    ------
    DataError
        If a latitude is not one.
    """
    if np.any(np.abs(latitude) > 90):
        raise DataError("a latitude is beyond 90 degrees: correct the attribute of that role")
    phi = np.deg2rad(latitude)
    angle = 2 * np.pi * np.asarray(day_of_year) / 365
    distance = 1 + 0.033 * np.cos(angle)
    declination = 0.409 * np.sin(angle - 1.39)
    # Beyond the polar circles the sun does not set, or does not rise.
    sunset = np.arccos(np.clip(-np.tan(phi) * np.tan(declination), -1, 1))
    height = sunset * np.sin(phi) * np.sin(declination)
    height = height + np.cos(phi) * np.cos(declination) * np.sin(sunset)
    return 24 * 60 / np.pi * SOLAR_CONSTANT * distance * height


def hargreaves_samani(tmin: np.ndarray, tmax: np.ndarray, radiation: np.ndarray) -> np.ndarray:
    """Potential evapotranspiration, mm/day (Hargreaves and Samani 1985; Allen et al. 1998, eq. 52).

    Parameters
    ----------
    tmin, tmax
        Lowest and highest temperature of the day, degC.
    radiation
        At the top of the atmosphere, MJ/m2/day.
    """
    span = np.sqrt(np.maximum(tmax - tmin, 0))
    evaporation = 0.0023 * ((tmin + tmax) / 2 + 17.8) * span * radiation / LATENT_HEAT
    return np.maximum(evaporation, 0)


def oudin(tmean: np.ndarray, radiation: np.ndarray) -> np.ndarray:
    """Potential evapotranspiration, mm/day (Oudin et al. 2005).

    Parameters
    ----------
    tmean
        Mean temperature of the day, degC.
    radiation
        At the top of the atmosphere, MJ/m2/day.
    """
    return np.maximum(radiation / LATENT_HEAT * (tmean + 5) / 100, 0)


def mean_temperature(ds: xr.Dataset) -> np.ndarray | None:
    """Mean temperature of each day, degC, ``[basin, time]``; None if there is none."""
    if "tmean" in ds:
        return ds["tmean"].values.astype(float)
    if "tmin" in ds and "tmax" in ds:
        return (ds["tmin"].values.astype(float) + ds["tmax"].values) / 2
    return None


def evapotranspiration(ds: xr.Dataset, attributes: Attributes) -> tuple[np.ndarray | None, str]:
    """Potential evapotranspiration, mm/day, ``[basin, time]``, and how it was computed.

    After Hargreaves and Samani where the data have a range of temperature, else after Oudin; where
    the latitude is not known, the data's own series, if they have one.
    """
    tmean = mean_temperature(ds)
    if attributes.latitude in static_attributes(ds) and tmean is not None:
        latitude = ds[attributes.latitude].values.astype(float)[:, None]
        days = pd.DatetimeIndex(ds["time"].values).day_of_year.to_numpy()
        radiation = extraterrestrial_radiation(latitude, np.arange(1, 367))[:, days - 1]
        if "tmin" in ds and "tmax" in ds:
            tmin, tmax = (ds[name].values.astype(float) for name in ("tmin", "tmax"))
            # In one forcing product both are the same on every day: no range to work with.
            if np.nanmax(tmax - tmin, initial=0.0) > 0.01:
                return hargreaves_samani(tmin, tmax, radiation), HARGREAVES
        return oudin(tmean, radiation), OUDIN
    for name in PUBLISHED:
        if name in ds:
            return ds[name].values.astype(float), f"{name} of the data"
    return None, "none"


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
    tmean = mean_temperature(ds)
    snow = unknown if tmean is None else np.where(tmean < SNOW_BELOW, rain, 0.0)
    parts = {
        "aridity": unknown if pet is None else pet,
        "snow_fraction": snow if tmean is None else np.where(np.isnan(tmean), np.nan, snow),
        "runoff_ratio": ds["streamflow"].values.astype(float) if "streamflow" in ds else unknown,
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
