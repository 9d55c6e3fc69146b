"""What nature allows of every daily variable, in its canonical unit, and of attributes.

Two ranges of a day's value and two of the mean over a year or more: beyond the wider one no
place on earth has been seen (an error, :mod:`hydrotl.data.findings`), beyond the narrower one few
have (a doubt). A mean over a basin and a day is less extreme than the records at a point and a
moment from which most of these ends are taken:

- WMO World Weather and Climate Extremes Archive (https://wmo.asu.edu): air temperature 56.7 degC
  (Furnace Creek, 1913) and -89.2 degC (Vostok, 1983); rain of 24 hours 1825 mm (Foc-Foc, 1966) and
  of 12 months 26.47 m (Cherrapunji, 1860-61). The largest change of temperature within 24 hours
  is 57 K (Loma, Montana, 1972; Horvitz et al. 2002, doi:10.1175/1520-0477-83.3.391).
- Mean temperature of years: 34.6 degC at Dallol, about -58 degC on the plateau of Antarctica.
- Radiation: the sun gives 1361 W/m2 (Kopp and Lean 2011, doi:10.1029/2010GL045777), 3.4 % more in
  January; the mean of 24 hours at the top of the atmosphere stays below 560 W/m2. A black body of
  57 degC sends 671 W/m2. At the ground, years have 60 to 310 W/m2 of sunlight (twice that where the
  mean is of the hours of daylight) and, of longwave radiation, 100 to 450 W/m2.
- Humidity: the highest dew point measured is 35 degC (Dhahran, 2003), which is 5628 Pa or 36 g/kg.
- Wind: the mean of 24 hours reached 57 m/s on Mount Washington (1934), that of a year 22 m/s at
  Cape Denison, Antarctica.
- Evapotranspiration: 1 mm/day takes 28.4 W/m2; with advection, some 20 mm/day have been measured.
- Day length: 12 hours in the mean of a year at every latitude, some minutes more by refraction.
- Snow: 11.8 m of it lay on Mount Ibuki (1927), some 6000 mm of water. Models let it grow without
  end on glaciers, so that high values are doubts.
- Streamflow: over days, no more than rains; the mean of years stays below that of rain. The largest
  floods are in Herschy (2003): World catalogue of maximum observed floods, IAHS Publ. 284.

How long a value may stay the same (``flat``), and how far it may move in a day, is what the
longest and largest of about 1,350 basins of CAMELS-US and -GB allow, with some room.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np


@dataclass(frozen=True)
class Bounds:
    """What is possible and what is usual of a variable, in its canonical unit.

    Attributes
    ----------
    possible, usual
        Lowest and highest value of a day.
    mean, usual_mean
        Lowest and highest mean over a year or more.
    flat
        Days for which a value other than 0 may stay the same; None where it may for long.
    step
        Largest possible change from day to day.
    misread
        Units that are taken for the canonical one: spelling, factor and offset to it.
    """

    possible: tuple[float, float]
    usual: tuple[float, float]
    mean: tuple[float, float]
    usual_mean: tuple[float, float]
    flat: int | None = None
    step: float = inf
    misread: tuple[tuple[str, float, float], ...] = ()


_DEPTHS = (("0.1 mm/day", 0.1, 0.0), ("m/day", 1000.0, 0.0), ("mm/month", 1 / 30.4, 0.0))
_ENERGY = (
    ("J/m2/day", 1 / 86400, 0.0),
    ("kJ/m2/day", 1000 / 86400, 0.0),
    ("MJ/m2/day", 1e6 / 86400, 0.0),
)
_AIR = Bounds(
    (-89.2, 56.7),
    (-70, 52),
    (-60, 36),
    (-35, 33),
    flat=10,
    step=80,
    misread=(
        ("K", 1.0, -273.15),
        ("degC", 1.0, 273.15),  # where the entry says K
        ("degF", 5 / 9, -160 / 9),
        ("0.1 degC", 0.1, 0.0),
    ),
)
_PRESSURE = Bounds(
    (0, 6500),
    (0, 4500),
    (0, 4500),
    (60, 3800),
    flat=10,
    misread=(("hPa", 100.0, 0.0), ("kPa", 1000.0, 0.0)),
)
_SUN = Bounds((0, 1410), (0, 900), (30, 800), (60, 620), flat=7, misread=_ENERGY)

#: Bounds by quantity: the name of a variable, or its first part (``prcp`` of ``prcp_chirps``).
_BOUNDS = {
    "prcp": Bounds((0, 1825), (0, 600), (0, 72.5), (0.02, 35), flat=14, misread=_DEPTHS),
    "tmax": _AIR,
    "tmin": _AIR,
    "tmean": _AIR,
    "srad": _SUN,
    "lrad": Bounds((0, 700), (50, 550), (60, 500), (120, 460), flat=10, misread=_ENERGY),
    "vp": _PRESSURE,
    "dayl": Bounds(
        (0, 86401),
        (0, 86401),
        (36000, 50400),
        (42000, 45500),
        misread=(("h", 3600.0, 0.0), ("min", 60.0, 0.0)),
    ),
    "day_length": Bounds(
        (0, 24.001),
        (0, 24.001),
        (10, 14),
        (11.6, 12.7),
        misread=(("s", 1 / 3600, 0.0), ("min", 1 / 60, 0.0)),
    ),
    "toa": Bounds((0, 560), (0, 560), (150, 430), (160, 425), misread=_ENERGY),
    "trange": Bounds((0, 80), (0, 40), (0, 35), (0.5, 25), flat=10),
    "swe": Bounds((0, 1e6), (0, 15000), (0, 1e6), (0, 15000)),
    "pet": Bounds((-20, 60), (-3, 20), (-1, 20), (0.1, 12), flat=35, misread=_DEPTHS[::-1]),
    "humidity": Bounds(
        (0, 42), (0, 30), (0, 30), (0.3, 23), flat=10, misread=(("kg/kg", 1000.0, 0.0),)
    ),
    "rel": Bounds(
        (0, 120), (0, 102), (1.5, 105), (15, 100), flat=30, misread=(("fraction", 100.0, 0.0),)
    ),
    "wind": Bounds(
        (0, 60), (0, 35), (0, 25), (0.2, 11), flat=10, misread=(("km/h", 1 / 3.6, 0.0),)
    ),
    # From arid to wet places its mean spans too much to guess a unit from it.
    "streamflow": Bounds((0, 2000), (0, 300), (0, 72.5), (0, 20), flat=120),
}


def bounds_of(name: str) -> Bounds:
    """Bounds of the canonical variable ``name``."""
    return _BOUNDS[name] if name in _BOUNDS else _BOUNDS[name.split("_")[0]]


def likely_unit(name: str, values: np.ndarray) -> str | None:
    """The common unit in which ``values``, taken for the canonical one, are possible and usual.

    None if there is none: the mean has to be usual, all values possible.
    """
    if values.size == 0:
        return None
    bounds = bounds_of(name)
    for unit, factor, offset in bounds.misread:
        low, mean, high = (f(values) * factor + offset for f in (np.min, np.mean, np.max))
        usual = bounds.usual_mean[0] <= mean <= bounds.usual_mean[1]
        if usual and bounds.possible[0] <= low and high <= bounds.possible[1]:
            return unit
    return None
