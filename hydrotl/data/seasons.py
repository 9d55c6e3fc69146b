"""Temperature, light and humidity against latitude and season.

The warmest time of a year outside the tropics is 3 to 8 weeks after the summer solstice; in no
basin of the 1,350 of CAMELS-US and -GB, or of those of Chile, is it further than 20 days from 24
July (in the south 22 January). Day length and radiation at the top of the atmosphere follow from
latitude and date (FAO-56, :mod:`hydrotl.data.evaporation`), the humidity of saturated air from
temperature. Mean temperatures by latitude are those of stations of the world, widened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.data import evaporation
from hydrotl.data.canonical import static_attributes
from hydrotl.data.findings import Finding, Grade
from hydrotl.data.manifest import Attributes

YEAR = 365.25
#: Every so many days are looked at: a season needs no more.
EVERY = 7
#: Days of a record without which it has no seasons.
LEAST_DAYS = 700
#: Outside of this latitude the sun decides when it is warmest.
OUTSIDE_TROPICS = 30.0
LEAST_AMPLITUDE = 3.0  # K, half of summer less winter
WARMEST = {True: 205.0, False: 205.0 - YEAR / 2}  # day of the year, north and south
LATE, OPPOSITE = 60.0, 120.0  # days from that
#: Half of summer less winter that tropical places stay below, and their latitude.
TROPICAL_AMPLITUDE, TROPICAL = 9.0, 12.0

#: Lowest and highest mean temperature at sea level by latitude, degC.
_LATITUDES = (0, 10, 20, 30, 40, 50, 60, 70, 90)
_COLDEST = (16, 16, 11, 1, -9, -18, -26, -33, -60)
_WARMEST = (34, 35, 34, 31, 27, 21, 14, 8, 0)
LAPSE = 0.0065  # K/m
#: Height of basins whose elevation is not known.
HIGHEST = 5000.0  # m
#: Difference of day length that a horizon or another definition explain.
LIGHT_TOLERANCE = 0.75  # h
#: Usual share of the radiation at the top of the atmosphere that reaches the ground, in the mean.
REACHES_GROUND = (0.15, 0.92)
#: Mean vapour pressure over that of saturated air at mean temperature.
HUMID = (0.04, 0.12, 1.25, 2.5)


def season_findings(ds: xr.Dataset, roles: Attributes) -> list[Finding]:
    """What does not go together with the latitude or, in the air, with the temperature."""
    few = ds.isel(time=slice(None, None, EVERY if ds.sizes["time"] > LEAST_DAYS else 1))
    found = [*_humidity(few)]
    if roles.latitude not in static_attributes(ds) or ds[roles.latitude].dtype.kind != "f":
        return found
    latitude = ds[roles.latitude].values
    temperature = _mean_temperature(few)
    if temperature is not None and ds.sizes["time"] >= LEAST_DAYS:
        found += _warmth(few, temperature, latitude, _elevation(ds, roles))
    found += _light(few, latitude, roles)
    return found


def _mean_temperature(ds: xr.Dataset) -> np.ndarray | None:
    if "tmean" in ds or ("tmin" in ds and "tmax" in ds):
        return evaporation.mean_temperature(ds).transpose("basin", "time").values.astype(float)
    for name in ("tmax", "tmin"):
        if name in ds:
            return ds[name].values.astype(float)
    return None


def _elevation(ds: xr.Dataset, roles: Attributes) -> np.ndarray:
    if roles.elevation in static_attributes(ds) and ds[roles.elevation].dtype.kind == "f":
        return ds[roles.elevation].values
    return np.full(ds.sizes["basin"], np.nan)


def yearly_wave(values: np.ndarray, time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Amplitude and day of the peak of a sine of one year fitted to each row of ``values``.

    NaN for rows with less than :data:`LEAST_DAYS` between the first and last known value, or
    with fewer than half of the values between them.
    """
    angle = 2 * np.pi * pd.DatetimeIndex(time).day_of_year.to_numpy() / YEAR
    waves = np.column_stack([np.ones(len(angle)), np.cos(angle), np.sin(angle)])
    days = (time - time[0]) / np.timedelta64(1, "D")
    amplitude, peak = np.full((2, len(values)), np.nan)
    complete = np.isfinite(values.sum(axis=1)) & (days[-1] >= LEAST_DAYS)
    _, cosine, sine = np.linalg.pinv(waves) @ values[complete].T
    amplitude[complete] = np.hypot(cosine, sine)
    peak[complete] = np.arctan2(sine, cosine) / (2 * np.pi) * YEAR % YEAR
    for row, series in enumerate(values):
        if complete[row]:
            continue
        known = np.flatnonzero(np.isfinite(series))
        if known.size < 50 or days[known[-1]] - days[known[0]] < LEAST_DAYS:
            continue
        if known.size < 0.5 * (known[-1] - known[0]):
            continue
        _, cosine, sine = np.linalg.lstsq(waves[known], series[known], rcond=None)[0]
        amplitude[row] = np.hypot(cosine, sine)
        peak[row] = np.arctan2(sine, cosine) / (2 * np.pi) * YEAR % YEAR
    return amplitude, peak


def _warmth(
    ds: xr.Dataset, temperature: np.ndarray, latitude: np.ndarray, elevation: np.ndarray
) -> Iterator[Finding]:
    amplitude, peak = yearly_wave(temperature, ds["time"].values)
    expected = np.where(latitude >= 0, WARMEST[True], WARMEST[False])
    away = np.abs((peak - expected + YEAR / 2) % YEAR - YEAR / 2)
    sure = (np.abs(latitude) >= OUTSIDE_TROPICS) & (amplitude >= LEAST_AMPLITUDE)
    names = " and ".join(f"'{n}'" for n in ("tmean", "tmax", "tmin") if n in ds)
    for row in np.flatnonzero(sure & (away > LATE)):
        basin, day = str(ds["basin"].values[row]), round(float(peak[row]))
        opposite = away[row] > OPPOSITE
        grade: Grade = "impossible" if opposite else "doubtful"
        date = pd.Timestamp(2001, 1, 1) + pd.Timedelta(max(day - 1, 0), "D")
        when = "in its winter" if opposite else f"{away[row]:.0f} days from the usual"
        text = (
            f"basin {basin} at latitude {latitude[row]:.4g} is warmest about {date:%d %B} by its "
            f"{names}, {when}"
        )
        remedy = (
            "correct the sign of the latitude (south is negative), or the dates (day and month "
            "swapped, or years that begin in another month?)"
        )
        yield Finding("season", grade, "tmean", basin, float(peak[row]), text, remedy)
    for row in np.flatnonzero((np.abs(latitude) < TROPICAL) & (amplitude > TROPICAL_AMPLITUDE)):
        basin = str(ds["basin"].values[row])
        text = (
            f"basin {basin} at latitude {latitude[row]:.4g} has summers {2 * amplitude[row]:.0f} K "
            "warmer than its winters, as no place in the tropics"
        )
        remedy = "correct the latitude: decimal degrees, not radians; not the longitude"
        yield Finding("season", "doubtful", "tmean", basin, float(amplitude[row]), text, remedy)
    mean = np.where(np.isfinite(amplitude), _row_mean(temperature), np.nan)  # of years
    coldest = np.interp(np.abs(latitude), _LATITUDES, _COLDEST)
    warmest = np.interp(np.abs(latitude), _LATITUDES, _WARMEST)
    coldest = coldest - LAPSE * np.where(np.isfinite(elevation), elevation, HIGHEST)
    warmest = warmest - LAPSE * np.maximum(np.nan_to_num(elevation), 0) * 0.7
    for row in np.flatnonzero((mean < coldest) | (mean > warmest)):
        basin = str(ds["basin"].values[row])
        too = "cold" if mean[row] < coldest[row] else "warm"
        text = (
            f"basin {basin} at latitude {latitude[row]:.4g} has a mean temperature of "
            f"{mean[row]:.1f} degC, too {too} for its place"
        )
        remedy = "correct the latitude or the elevation, or the unit of temperature"
        yield Finding(
            "mean temperature", "doubtful", "tmean", basin, float(mean[row]), text, remedy
        )


def _light(ds: xr.Dataset, latitude: np.ndarray, roles: Attributes) -> Iterator[Finding]:
    place = np.abs(latitude) <= 90
    if not place.any() or not {"dayl", "day_length", "srad"} & set(ds.data_vars):
        return
    day = pd.DatetimeIndex(ds["time"].values).day_of_year.to_numpy()
    column, year = np.where(place, latitude, 0.0)[:, None], np.arange(1, 367)
    hours = np.where(place[:, None], evaporation.day_length(column, year), np.nan)[:, day - 1]
    for name, per_hour in (("dayl", 3600.0), ("day_length", 1.0)):
        if name not in ds:
            continue
        off = _row_mean(np.abs(ds[name].values / per_hour - hours))
        for row in np.flatnonzero(off > LIGHT_TOLERANCE):
            basin = str(ds["basin"].values[row])
            text = (
                f"variable '{name}' of basin {basin} differs from the day length at latitude "
                f"{latitude[row]:.4g} by {off[row]:.1f} hours in the mean"
            )
            remedy = "correct the latitude, the dates or the unit"
            yield Finding("day length", "doubtful", name, basin, float(off[row]), text, remedy)
    if "srad" not in ds or ds.sizes["time"] * EVERY < LEAST_DAYS:
        return
    top = evaporation.extraterrestrial_radiation(column, year)[:, day - 1] / 0.0864
    sun = ds["srad"].values
    if roles.radiation != "day":  # the mean of the hours of daylight, or not known
        top = top * 24 / np.maximum(hours, 1.0)
    share = _row_mean(sun) / _row_mean(np.where(np.isfinite(sun), top, np.nan))
    for row in np.flatnonzero((share < REACHES_GROUND[0]) | (share > REACHES_GROUND[1])):
        basin = str(ds["basin"].values[row])
        text = (
            f"{share[row]:.0%} of the sun's radiation at latitude {latitude[row]:.4g} reach the "
            f"ground (variable 'srad') in basin {basin}"
        )
        remedy = "correct the unit of radiation, the latitude, or `attributes: radiation`"
        yield Finding("radiation", "doubtful", "srad", basin, float(share[row]), text, remedy)


def _humidity(ds: xr.Dataset) -> Iterator[Finding]:
    temperature = _mean_temperature(ds)
    if temperature is None or ds.sizes["time"] < 30:
        return
    for name, to_pressure in _PRESSURES.items():
        if name not in ds:
            continue
        pressure = to_pressure(ds[name].values)
        both = np.isfinite(pressure) & np.isfinite(temperature)
        full = evaporation.saturation_pressure(np.where(both, temperature, np.nan))
        share = _row_mean(np.where(both, pressure, np.nan)) / _row_mean(full)
        for row in np.flatnonzero((share < HUMID[1]) | (share > HUMID[2])):
            wrong = share[row] < HUMID[0] or share[row] > HUMID[3]
            basin = str(ds["basin"].values[row])
            text = (
                f"the air of basin {basin} (variable '{name}') holds {share[row]:.2g} times the "
                "vapour that saturates it at its mean temperature"
            )
            remedy = f"correct the unit of '{name}' (hPa, kPa, kg/kg?) or of temperature"
            yield Finding(
                "humidity",
                "impossible" if wrong else "doubtful",
                name,
                basin,
                float(share[row]),
                text,
                remedy,
            )


def mean_and_spread(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of the known values of each row, NaN where there is none."""
    mean = _row_mean(values)
    return mean, np.sqrt(_row_mean(np.square(values - mean[:, None])))


def _row_mean(values: np.ndarray) -> np.ndarray:
    """Mean of the known values of each row, NaN where there is none."""
    known = np.isfinite(values)
    count = known.sum(axis=1)
    total = np.where(known, values, 0).sum(axis=1, dtype=float)
    return np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0)


#: Vapour pressure in Pa of what measures humidity (specific humidity at 1000 hPa).
_PRESSURES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "vp": lambda values: values,
    "humidity": lambda values: values / 622.0 * 1e5,
}
