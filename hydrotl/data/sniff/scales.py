"""Units that no file states: found from the values, and said as guesses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hydrotl.data.balance import budyko
from hydrotl.data.bounds import bounds_of
from hydrotl.data.canonical import unit_of
from hydrotl.data.units import convert, needs_area

TEMPERATURES = ("tmax", "tmin", "tmean")
#: Values of a variable are looked at in these units, the likeliest first: unit, and what it is
#: multiplied by before, for tenths.
_TRIED: dict[str, tuple[tuple[str, float], ...]] = {
    "prcp": (("mm/day", 1.0), ("m/day", 1.0), ("kg/m2/s", 1.0)),
    "pet": (("mm/day", 1.0), ("m/day", 1.0), ("kg/m2/s", 1.0)),
    "srad": (("W/m2", 1.0), ("MJ/m2/day", 1.0), ("kJ/m2/day", 1.0), ("J/m2/day", 1.0)),
    "lrad": (("W/m2", 1.0), ("MJ/m2/day", 1.0), ("J/m2/day", 1.0)),
    "vp": (("Pa", 1.0), ("hPa", 1.0), ("kPa", 1.0)),
    "humidity": (("g/kg", 1.0), ("kg/kg", 1.0)),
    "rel_humidity": (("%", 1.0), ("fraction", 1.0)),
    "wind": (("m/s", 1.0),),
    "swe": (("mm", 1.0), ("m", 1.0)),
    "dayl": (("s", 1.0), ("h", 1.0)),
}
#: Means that another unit would explain better, such as inches.
_LITTLE = {"prcp": 0.35, "pet": 0.5}
_DEGREES = (("degC", 1.0), ("K", 1.0), ("degF", 1.0), ("degC", 0.1))
FLOW_UNITS = ("m3/s", "mm/day", "L/s", "ft3/s", "m3/day", "ML/day", "mm/h", "m/day")
#: Runoff ratios that a river may well have, and how near it has to be to what is expected.
LIKELY_RATIO = (0.03, 1.05)
#: Of two units whose runoff ratios differ by less, neither is a mistake.
SAME = 1.25


@dataclass(frozen=True)
class Guess:
    """A unit, what its values are multiplied by first, and why; no reason where it is certain."""

    unit: str
    scale: float = 1.0
    why: str = ""


def weather_units(values: Mapping[str, Sequence[np.ndarray]]) -> dict[str, Guess]:
    """Units of variables other than flow, from the values of all basins.

    Temperatures have one unit together: the lowest in Fahrenheit may look like degrees Celsius.
    """
    found: dict[str, Guess] = {}
    degrees = [name for name in TEMPERATURES if name in values]
    if degrees:
        everything = np.concatenate([v for name in degrees for v in values[name]])
        guess = _first_usual("tmean", everything, _DEGREES)
        found |= dict.fromkeys(degrees, guess)
    for name in values:
        if name in _TRIED:
            found[name] = _first_usual(name, np.concatenate(values[name]), _TRIED[name])
    return found


def _first_usual(name: str, values: np.ndarray, tried: Sequence[tuple[str, float]]) -> Guess:
    """The first unit in which nearly all values are possible, and their mean is usual."""
    known = values[np.isfinite(values)]
    bounds, unit = bounds_of(name), unit_of(name)
    default = Guess(*tried[0], why=f"no unit is stated, so {tried[0][0]} is taken")
    if known.size < 30:
        return default
    # A code for a missing value, or a single wrong one, does not decide.
    ends = np.percentile(known, [0.2, 99.8])
    for number, (one, scale) in enumerate(tried):
        low, mean, high = convert(np.array([ends[0], known.mean(), ends[1]]) * scale, one, unit)
        usual = bounds.usual_mean[0] <= mean <= bounds.usual_mean[1]
        if usual and bounds.usual[0] <= low and high <= bounds.usual[1]:
            shown = f"tenths of {one}" if scale != 1 else one
            if number == 0 and not mean < _LITTLE.get(name, -np.inf):
                return Guess(one)
            return Guess(
                one, scale, f"no unit is stated; a mean of {known.mean():.3g} is usual in {shown}"
            )
    return default


def flow_unit(
    flow: Sequence[float], rain: Sequence[float], aridity: Sequence[float], area: Sequence[float]
) -> Guess | None:
    """Unit of a flow from the water balance of the basins.

    Parameters
    ----------
    flow
        Mean flow of each basin in the unit that is sought.
    rain
        Mean rain on the same days, mm/day.
    aridity
        Potential evapotranspiration over rain, NaN where not known.
    area
        km2, NaN where not known.

    Returns
    -------
    Guess or None
        None if no usual unit gives any runoff ratio that a river may have.
    """
    off = {unit: balance_off(flow, unit, rain, aridity, area) for unit in FLOW_UNITS}
    possible = {unit: one for unit, one in off.items() if np.isfinite(one)}
    if not possible:
        return None
    best = min(possible, key=lambda unit: possible[unit])
    for unit in FLOW_UNITS[:2]:  # the usual ones, if they are as good
        if unit in possible and possible[unit] <= possible[best] + np.log(SAME):
            best = unit
            break
    rivals = [u for u in possible if u != best and possible[u] < possible[best] + np.log(3)]
    also = f"; {' or '.join(rivals)} would not be absurd" if rivals else ""
    return Guess(best, 1.0, f"no unit is stated; flow goes with rain in {best}{also}")


def balance_off(
    flow: Sequence[float],
    unit: str,
    rain: Sequence[float],
    aridity: Sequence[float],
    area: Sequence[float],
) -> float:
    """How far runoff ratios are from the expected, as a logarithm; infinite if impossible.

    The mean over basins, of flow taken for ``unit``.
    """
    distances = []
    for one, water, dry, size in zip(flow, rain, aridity, area, strict=True):
        if not (one > 0 and water > 0):
            continue
        if needs_area(unit, "mm/day") and not size > 0:
            continue
        ratio = float(convert(np.array([one]), unit, "mm/day", size)[0]) / water
        if not LIKELY_RATIO[0] / 3 <= ratio <= LIKELY_RATIO[1] * 1.5:
            return np.inf
        expected = float(budyko(np.array([dry]))[0]) if dry > 0 else 0.4
        expected = min(max(expected, 0.1), 0.9)
        outside = 0.0 if LIKELY_RATIO[0] <= ratio <= LIKELY_RATIO[1] else 1.0
        distances.append(abs(np.log(ratio / expected)) + outside)
    return float(np.mean(distances)) if distances else np.inf
