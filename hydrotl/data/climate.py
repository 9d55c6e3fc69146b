"""Indices of a basin's climate, from the weather of given days alone.

The published indices of data sets span other years, test years among them, and follow other
formulas. These are computed by the same code for source and target, from the training days.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl_core.arrays import in_period
from hydrotl_core.recipe import Inputs, Period

#: Attribute -> its meaning.
CLIMATE = {
    "clim_prcp": "mean precipitation, mm/day",
    "clim_pet": "mean potential evapotranspiration (Oudin), mm/day",
    "clim_aridity": "evapotranspiration over precipitation",
    "clim_seasonality": "amplitude of the yearly course of precipitation over its mean",
    "clim_phase": "cosine of the lag of that course behind temperature's: 1 = rain in summer",
    "clim_snow": "share of precipitation on days below 0 degC",
    "clim_wet": "share of days with at least five times the mean precipitation",
    "clim_dry": "share of days with less than 1 mm",
    "clim_tmean": "mean temperature, degC",
    "clim_trange": "summer less winter in the yearly course of temperature, K",
}
#: Daily variables that they are computed from.
CLIMATE_NEEDS = ("prcp", "tmean", "pet_oudin")
MIN_DAYS = 330  # a mean of fewer days may lack a season
YEAR = 365.25
FREEZING, DRY_BELOW, WET_TIMES = 0.0, 1.0, 5.0


def has_climate(inputs: Inputs) -> bool:
    """Whether an index of climate is among the inputs."""
    return not CLIMATE.keys().isdisjoint(inputs.static)


def with_climate(ds: xr.Dataset, periods: Sequence[Period]) -> xr.Dataset:
    """``ds`` with :data:`CLIMATE`, from the days of each basin's period; NaN where too few.

    Seasonality and phase after Woods (2009, doi:10.1016/j.advwatres.2009.06.011): a sine of one
    year is fitted to precipitation and to temperature; ``clim_seasonality * clim_phase`` is the
    ``p_seasonality`` of the CAMELS data sets. Wet and dry days after Addor et al. (2017,
    doi:10.5194/hess-21-5293-2017).

    Parameters
    ----------
    ds
        With ``prcp``, ``tmean`` and ``pet_oudin`` (:func:`hydrotl.data.derive.derive`).
    periods
        The training period of each basin.
    """
    first, last = min(p.start for p in periods), max(p.end for p in periods)
    part = ds.sel(time=slice(pd.Timestamp(first), pd.Timestamp(last)))
    inside = in_period(part, periods)
    days = pd.DatetimeIndex(part["time"].values).day_of_year.to_numpy()
    angle = 2 * np.pi * days / YEAR
    waves = np.column_stack([np.ones(len(days)), np.cos(angle), np.sin(angle)])
    table = np.full((ds.sizes["basin"], len(CLIMATE)), np.nan)
    series = [part[name].values.astype(float) for name in CLIMATE_NEEDS]
    for row in range(ds.sizes["basin"]):
        rain, warmth, pet = (values[row] for values in series)
        known = inside[row] & np.isfinite(rain) & np.isfinite(warmth)
        if known.sum() >= MIN_DAYS and rain[known].mean() > 0:
            table[row] = _indices(rain[known], warmth[known], pet[known], waves[known])
    return ds.assign({name: ("basin", table[:, k]) for k, name in enumerate(CLIMATE)})


def _indices(
    rain: np.ndarray, warmth: np.ndarray, pet: np.ndarray, waves: np.ndarray
) -> tuple[float, ...]:
    """Indices in the order of :data:`CLIMATE`."""
    mean = rain.mean()
    wave_rain, wave_warmth = (
        np.linalg.lstsq(waves, values, rcond=None)[0][1:] for values in (rain, warmth)
    )
    amplitude, swing = np.hypot(*wave_rain), np.hypot(*wave_warmth)
    together = wave_rain @ wave_warmth
    phase = together / (amplitude * swing) if amplitude * swing > 0 else 0.0
    return (
        mean,
        pet.mean(),
        pet.mean() / mean,
        amplitude / mean,
        phase,
        rain[warmth < FREEZING].sum() / rain.sum(),
        (rain >= WET_TIMES * mean).mean(),
        (rain < DRY_BELOW).mean(),
        warmth.mean(),
        2 * swing,
    )
