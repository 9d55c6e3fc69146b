"""What a data set lacks, estimated after FAO-56.

Allen, R. G., Pereira, L. S., Raes, D., and Smith, M. (1998): Crop evapotranspiration. FAO
Irrigation and Drainage Paper 56. Equation numbers below are of that paper.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

#: MJ m-2 min-1.
SOLAR_CONSTANT = 0.0820

#: K^-0.5, for places away from a coast (eq. 50).
HARGREAVES_SAMANI = 0.16

#: Wind speed at 2 m where none was measured, m/s: "the average over 2000 weather stations around
#: the globe" (FAO-56, chapter 3).
WIND_SPEED = 2.0

#: MJ m-2 day-1 of 1 W m-2.
MJ_PER_WATT_DAY = 0.0864

Array = npt.NDArray[np.float64]


def extraterrestrial_radiation(latitude: float, day_of_year: npt.ArrayLike) -> Array:
    """Radiation at the top of the atmosphere, MJ m-2 day-1 (eqs. 21 to 25).

    Parameters
    ----------
    latitude
        Degrees north.
    day_of_year
        1 to 366, any shape.
    """
    day = np.asarray(day_of_year, dtype=float)
    phi = np.deg2rad(latitude)
    distance = 1 + 0.033 * np.cos(2 * np.pi / 365 * day)
    declination = 0.409 * np.sin(2 * np.pi / 365 * day - 1.39)
    # Beyond the polar circles the sun stays above or below the horizon.
    sunset = np.arccos(np.clip(-np.tan(phi) * np.tan(declination), -1.0, 1.0))
    vertical = sunset * np.sin(phi) * np.sin(declination)
    horizontal = np.cos(phi) * np.cos(declination) * np.sin(sunset)
    return 24 * 60 / np.pi * SOLAR_CONSTANT * distance * (vertical + horizontal)


def clear_sky_radiation(extraterrestrial: npt.ArrayLike, elevation: float) -> Array:
    """Solar radiation of a cloudless day, MJ m-2 day-1 (eq. 37); ``elevation`` in m."""
    return (0.75 + 2e-5 * elevation) * np.asarray(extraterrestrial, dtype=float)


def hargreaves_radiation(
    tmin: npt.ArrayLike, tmax: npt.ArrayLike, extraterrestrial: npt.ArrayLike, elevation: float
) -> Array:
    """Solar radiation from the day's range of temperature, MJ m-2 day-1 (eq. 50).

    Hargreaves and Samani (1982), with the coefficient for the interior; not above that of a
    cloudless day at ``elevation`` m.
    """
    spread = np.maximum(np.asarray(tmax, dtype=float) - np.asarray(tmin, dtype=float), 0.0)
    top = np.asarray(extraterrestrial, dtype=float)
    return np.minimum(
        HARGREAVES_SAMANI * np.sqrt(spread) * top, clear_sky_radiation(top, elevation)
    )


def diurnal_range(radiation: npt.ArrayLike, extraterrestrial: npt.ArrayLike) -> Array:
    """Daily range of temperature, K, that :func:`hargreaves_radiation` needs for ``radiation``.

    Equation 50 solved for the range. Without sun (the polar night) the range is 0.
    """
    top = np.asarray(extraterrestrial, dtype=float)
    ratio = np.divide(
        np.asarray(radiation, dtype=float), top, out=np.zeros_like(top), where=top > 0
    )
    return (ratio / HARGREAVES_SAMANI) ** 2


def saturation_pressure(temperature: npt.ArrayLike) -> Array:
    """Saturation vapour pressure at an air temperature in degC, kPa (eq. 11)."""
    t = np.asarray(temperature, dtype=float)
    return 0.6108 * np.exp(17.27 * t / (t + 237.3))


def relative_humidity(tmin: npt.ArrayLike, tmax: npt.ArrayLike) -> Array:
    """Relative humidity, 0 to 1, where the dew point is taken to be ``tmin`` (eqs. 12 and 48)."""
    lowest = saturation_pressure(tmin)
    return lowest / ((lowest + saturation_pressure(tmax)) / 2)
