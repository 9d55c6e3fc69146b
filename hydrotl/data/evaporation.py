"""Radiation, day length and potential evapotranspiration from latitude, day and temperature.

The sun follows FAO-56 (Allen, R. G., Pereira, L. S., Raes, D., and Smith, M. (1998): Crop
evapotranspiration. FAO Irrigation and Drainage Paper 56; equation numbers are of that paper).
Radiation is in MJ m-2 day-1, temperature in degC, evaporation in mm/day, latitude in degrees
north, and the day of the year is 1 on 1 January. Arrays of any shapes that broadcast against each
other will do; missing values stay missing. A latitude beyond 90 degrees is a DataError.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import xarray as xr

from hydrotl_core.errors import DataError

SOLAR_CONSTANT = 0.0820  # MJ m-2 min-1
LATENT_HEAT = 2.45  # MJ to evaporate a kilogram of water at about 20 degC
HARGREAVES_COEFFICIENT = 0.16  # K^-0.5, away from the coast (eq. 50)

HARGREAVES = "Hargreaves and Samani (1985)"
OUDIN = "Oudin et al. (2005)"

Array = npt.NDArray[np.float64]


def mean_temperature(ds: xr.Dataset) -> xr.DataArray:
    """Mean temperature of each day, degC: ``tmean``, or else the mean of ``tmin`` and ``tmax``."""
    if "tmean" in ds:
        return ds["tmean"]
    if "tmin" in ds and "tmax" in ds:
        return (ds["tmin"] + ds["tmax"]) / 2
    raise DataError("no mean temperature in the data: it needs tmean, or tmin and tmax")


def _radians(latitude: npt.ArrayLike) -> Array:
    degrees = np.asarray(latitude, dtype=float)
    if np.any(np.abs(degrees) > 90):
        raise DataError("a latitude is beyond 90 degrees: correct the attribute of that role")
    return np.deg2rad(degrees)


def _sun(latitude: npt.ArrayLike, day_of_year: npt.ArrayLike) -> tuple[Array, Array, Array]:
    """Latitude, declination (eq. 24) and sunset hour angle (eq. 25), all in radians."""
    phi = _radians(latitude)
    declination = 0.409 * np.sin(2 * np.pi * np.asarray(day_of_year, dtype=float) / 365 - 1.39)
    # Beyond the polar circles the sun does not set, or does not rise.
    sunset = np.arccos(np.clip(-np.tan(phi) * np.tan(declination), -1, 1))
    return phi, declination, sunset


def extraterrestrial_radiation(latitude: npt.ArrayLike, day_of_year: npt.ArrayLike) -> Array:
    """Radiation at the top of the atmosphere, MJ m-2 day-1 (eq. 21 to 25)."""
    phi, declination, sunset = _sun(latitude, day_of_year)
    distance = 1 + 0.033 * np.cos(2 * np.pi * np.asarray(day_of_year, dtype=float) / 365)
    height = sunset * np.sin(phi) * np.sin(declination)
    height = height + np.cos(phi) * np.cos(declination) * np.sin(sunset)
    return 24 * 60 / np.pi * SOLAR_CONSTANT * distance * height


def day_length(latitude: npt.ArrayLike, day_of_year: npt.ArrayLike) -> Array:
    """Hours from sunrise to sunset (eq. 34): 24 where the sun does not set."""
    return 24 / np.pi * _sun(latitude, day_of_year)[2]


def clear_sky_radiation(extraterrestrial: npt.ArrayLike, elevation: float) -> Array:
    """Solar radiation of a cloudless day at ``elevation`` m, MJ m-2 day-1 (eq. 37)."""
    return (0.75 + 2e-5 * elevation) * np.asarray(extraterrestrial, dtype=float)


def hargreaves_radiation(
    tmin: npt.ArrayLike, tmax: npt.ArrayLike, extraterrestrial: npt.ArrayLike, elevation: float
) -> Array:
    """Solar radiation from the day's range of temperature, MJ m-2 day-1 (eq. 50).

    Hargreaves and Samani (1982), with the coefficient for the interior; never above that of a
    cloudless day at ``elevation`` m.
    """
    span = np.maximum(np.asarray(tmax, dtype=float) - np.asarray(tmin, dtype=float), 0.0)
    top = np.asarray(extraterrestrial, dtype=float)
    radiation = HARGREAVES_COEFFICIENT * np.sqrt(span) * top
    return np.minimum(radiation, clear_sky_radiation(top, elevation))


def saturation_pressure(temperature: npt.ArrayLike) -> Array:
    """Vapour pressure of saturated air, Pa (eq. 11); at the day's lowest temperature, the air's."""
    t = np.asarray(temperature, dtype=float)
    return 610.8 * np.exp(17.27 * t / (t + 237.3))


def diurnal_range(radiation: npt.ArrayLike, extraterrestrial: npt.ArrayLike) -> Array:
    """Daily range of temperature, K, from which :func:`hargreaves_radiation` gives ``radiation``.

    Equation 50 solved for the range. Without sun (the polar night) the range is 0.
    """
    top = np.asarray(extraterrestrial, dtype=float)
    ratio = np.asarray(radiation, dtype=float) / np.where(top > 0, top, np.inf)
    return (ratio / HARGREAVES_COEFFICIENT) ** 2


def hargreaves_samani(
    tmin: npt.ArrayLike, tmax: npt.ArrayLike, extraterrestrial: npt.ArrayLike
) -> Array:
    """Potential evapotranspiration from the day's range of temperature, mm/day (eq. 52).

    Hargreaves and Samani (1985, doi:10.13031/2013.26773); not below 0.
    """
    low, high = np.asarray(tmin, dtype=float), np.asarray(tmax, dtype=float)
    span = np.sqrt(np.maximum(high - low, 0))
    top = np.asarray(extraterrestrial, dtype=float)
    return np.maximum(0.0023 * ((low + high) / 2 + 17.8) * span * top / LATENT_HEAT, 0)


def oudin(tmean: npt.ArrayLike, day_of_year: npt.ArrayLike, latitude: npt.ArrayLike) -> Array:
    """Potential evapotranspiration from the mean temperature of a day, mm/day.

    Oudin et al. (2005, doi:10.1016/j.jhydrol.2004.08.026), with the radiation (after Morton
    1983), the constants and the limits of airGR's ``PE_Oudin``, on which GR4J's published
    parameters rest. That radiation differs by up to 3 % from that of FAO-56 over a year. For the
    days of many basins, ``tmean`` is ``[basin, day]`` and ``latitude`` ``[basin, 1]``.
    """
    phi, day = _radians(latitude), np.asarray(day_of_year, dtype=float)
    declination = 0.4093 * np.sin(day / 58.1 - 1.405)
    both = np.cos(phi) * np.cos(declination)
    noon = np.maximum(np.cos(phi - declination), 0.001)  # cosine of the zenith angle at noon
    cos_sunset = np.clip(1 - noon / np.cos(phi) / np.cos(declination), -1, 1)
    sunset = np.arccos(cos_sunset)
    # The day's mean cosine of the zenith angle while the sun is up.
    mean = np.maximum(noon + both * (np.sqrt(1 - cos_sunset**2) / sunset - 1), 0.001)
    radiation = 446.0 * sunset * mean * (1 + np.cos(day / 58.1) / 30)  # W m-2
    # 28.5 W m-2 evaporate 1 mm/day.
    return np.maximum(radiation * (np.asarray(tmean, dtype=float) + 5) / 100 / 28.5, 0)
