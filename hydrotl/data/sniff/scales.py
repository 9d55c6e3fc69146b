"""Units that no file states: found from the values, and said as guesses."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hydrotl.data.balance import budyko
from hydrotl.data.bounds import bounds_of
from hydrotl.data.canonical import unit_of
from hydrotl.data.unit_names import counted
from hydrotl.data.units import convert, needs_area, same_unit

TEMPERATURES = ("tmax", "tmin", "tmean")
#: Values of a variable are looked at in these units, the likeliest first: unit, and what it is
#: multiplied by before, for tenths.
_TRIED: dict[str, tuple[tuple[str, float], ...]] = {
    "prcp": (("mm/day", 1.0), ("m/day", 1.0), ("kg/m2/s", 1.0), ("mm/day", 0.1)),
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
#: Mean rain in mm/day that few places on earth have.
WET = 12.0
#: Rain of the wettest days in mm, of whole millimetres, that few rivers have: tenths are likelier.
MUCH = 150.0
#: Degrees that one unit of temperature has to be nearer to the other files than another.
WARMER = 5.0
_DEGREES = (("degC", 1.0), ("K", 1.0), ("degF", 1.0), ("degC", 0.1))
FLOW_UNITS = ("m3/s", "mm/day", "L/s", "ft3/s", "m3/day", "ML/day", "mm/h", "m/day")
#: Runoff ratios that a river may well have, and how near it has to be to what is expected.
LIKELY_RATIO = (0.03, 1.05)
#: Of two units whose runoff ratios differ by less, neither is a mistake.
SAME = 1.25


@dataclass(frozen=True)
class Guess:
    """A unit, what its values are multiplied by first, and why; no reason where it is certain.

    It is ``sure`` if the values are usual in it.
    """

    unit: str
    scale: float = 1.0
    why: str = ""
    sure: bool = True


def units_of_files(
    files: Sequence[Mapping[str, np.ndarray]], stated: Collection[str] = ()
) -> list[dict[str, Guess]]:
    """Units of variables other than flow in files with the same columns.

    The values of all files decide together: the winter of one may look like another unit. A file
    has temperatures of its own unit if only so it is about as warm as the others.

    Parameters
    ----------
    files
        Values by variable of each.
    stated
        Units that are stated for other temperatures of the files.
    """
    together = weather_units({name: [one[name] for one in files] for name in files[0]}, stated)
    degrees = [name for name in TEMPERATURES if name in together]
    if not degrees or len(files) < 2:
        return [together for _ in files]
    common = together[degrees[0]]
    own = [_degrees([one[name] for name in degrees]) for one in files]
    means = [_mean([one[name] for name in degrees]) for one in files]
    usual = [
        _celsius(mean, common)
        for mean, guess in zip(means, own, strict=True)
        if (guess.unit, guess.scale) == (common.unit, common.scale)
    ]
    found = []
    for mean, guess in zip(means, own, strict=True):
        this = together
        if usual and guess.sure and (guess.unit, guess.scale) != (common.unit, common.scale):
            here, there, around = _celsius(mean, guess), _celsius(mean, common), np.median(usual)
            shown = _shown(guess)
            if abs(here - around) + WARMER < abs(there - around):
                why = (
                    f"no unit is stated; a mean of {mean:.3g} is usual in {shown}, not as elsewhere"
                )
            else:
                guess, why = (
                    common,
                    f"no unit is stated; {_shown(common)} as elsewhere, or {shown}?",
                )
            this = together | dict.fromkeys(degrees, replace(guess, why=why))
        found.append(this)
    return found


def _mean(values: Sequence[np.ndarray]) -> float:
    everything = np.concatenate(values)
    return float(everything[np.isfinite(everything)].mean()) if everything.size else np.nan


def _celsius(mean: float, guess: Guess) -> float:
    return float(convert(np.array([mean * guess.scale]), guess.unit, "degC")[0])


def _shown(guess: Guess) -> str:
    return f"tenths of {guess.unit}" if guess.scale != 1 else guess.unit


def _degrees(values: Sequence[np.ndarray]) -> Guess:
    return _first_usual("tmean", np.concatenate(values), _DEGREES)


def weather_units(
    values: Mapping[str, Sequence[np.ndarray]], stated: Collection[str] = ()
) -> dict[str, Guess]:
    """Units of variables other than flow, from the values of all basins.

    Temperatures have one unit together: the lowest in Fahrenheit may look like degrees Celsius.
    ``stated`` are units of other temperatures of the same files.
    """
    found: dict[str, Guess] = {}
    degrees = [name for name in TEMPERATURES if name in values]
    if degrees:
        guess = _degrees([v for name in degrees for v in values[name]])
        found |= dict.fromkeys(degrees, guess)
    known = [*found.values(), *(Guess(counted(one)[1], counted(one)[0]) for one in stated)]
    for name in values:
        if name == "prcp":
            found[name] = _rain(np.concatenate(values[name]), known)
        elif name in _TRIED:
            found[name] = _first_usual(name, np.concatenate(values[name]), _TRIED[name])
    return found


def _rain(values: np.ndarray, degrees: Sequence[Guess]) -> Guess:
    """Unit of rain: people who write temperatures in tenths, or in Fahrenheit, do so with rain."""
    tenths = any(guess.scale == 0.1 for guess in degrees)
    known = values[np.isfinite(values)]
    mean = float(known.mean()) if known.size else 0.0
    whole = known.size > 0 and np.array_equal(known, np.round(known))
    large = whole and float(np.percentile(known, 99.8)) > MUCH
    if whole and (mean > WET or (tenths and large)):
        guess = _first_usual("prcp", values, (("mm/day", 0.1),))
        if guess.sure:
            more = "as the temperatures are" if tenths else "and would be far too much in mm"
            return replace(guess, why=f"{guess.why}, {more}")
    if mean < _LITTLE["prcp"] and any(same_unit(guess.unit, "degF") for guess in degrees):
        guess = _first_usual("prcp", values, (("inch/day", 1.0),))
        if guess.sure:
            why = f"no unit is stated; a mean of {mean:.3g} is usual in inches, with degrees F"
            return replace(guess, why=why)
    guess = _first_usual("prcp", values, _TRIED["prcp"])
    if guess == Guess("mm/day") and (mean > WET or (tenths and whole)):
        more = "is very wet" if mean > WET else "may be tenths, as the temperatures are, or is"
        return replace(guess, why=f"no unit is stated; a mean of {mean:.3g} {more} in mm/day")
    return guess


def _first_usual(name: str, values: np.ndarray, tried: Sequence[tuple[str, float]]) -> Guess:
    """The first unit in which nearly all values are possible, and their mean is usual."""
    known = values[np.isfinite(values)]
    bounds, unit = bounds_of(name), unit_of(name)
    why = f"no unit is stated, so {tried[0][0]} is taken"
    default = Guess(tried[0][0], 1.0, why, sure=False)
    if known.size < 30:
        return default
    # A code for a missing value, or a single wrong one, does not decide.
    ends = np.percentile(known, [0.2, 99.8])
    for number, (one, scale) in enumerate(tried):
        low, mean, high = convert(np.array([ends[0], known.mean(), ends[1]]) * scale, one, unit)
        usual = bounds.usual_mean[0] <= mean <= bounds.usual_mean[1]
        if usual and bounds.usual[0] <= low and high <= bounds.usual[1]:
            shown = f"tenths of {one}" if scale != 1 else one
            if number == 0 and scale == 1 and not mean < _LITTLE.get(name, -np.inf):
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
