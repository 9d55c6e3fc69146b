"""Flow that does not go with the rain, and what would explain it: a unit, an area, the dates.

Nothing of this is impossible by itself; but where a river seems to carry several times its rain and
another usual unit makes it an ordinary river, the unit is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import xarray as xr

from hydrotl.data.findings import Finding, Grade, names_of
from hydrotl.data.lags import LAG_DAYS
from hydrotl.data.sniff.scales import FLOW_UNITS, balance_off
from hydrotl.data.suspects import rain_of
from hydrotl.data.units import convert, needs_area, same_unit
from hydrotl_core.scaling import STREAMFLOW

#: Kinds of the findings below.
UNIT, SHIFT = "unit of flow", "shifted flow"
#: A unit explains the flow if runoff ratios are within this factor of the expected, in the mean,
#: and those in the declared unit at least so many times further off.
EXPLAINED, FURTHER = 2.5, 4.0
#: Runoff ratio above which, with an explanation, the unit is not only doubtful.
TOO_MUCH = 2.5
#: Runoff ratio of no river, whatever may explain it.
FAR_TOO_MUCH = 5.0
#: Units of area in km2.
_AREAS = {"ha": 0.01, "m2": 1e-6, "sq mi": 2.589988}
#: Units of rain in mm.
_RAINS = {"inches": 25.4, "tenths of mm": 0.1, "cm": 10.0}
#: Days that flow may be shifted by, and how few of them are no shift.
FURTHEST, NEAREST = 45, 8
LEAST_CORRELATION, MARGIN = 0.2, 0.12


class Means(NamedTuple):
    """Means of a basin: flow and rain on the days with both, mm/day; NaN where not known.

    ``aridity`` is potential evapotranspiration over rain, ``area`` in km2.
    """

    flow: float
    rain: float
    aridity: float
    area: float

    @property
    def ratio(self) -> float:
        """Flow over rain."""
        return self.flow / self.rain


def water_findings(ds: xr.Dataset, means: Mapping[str, Means]) -> list[Finding]:
    """Units and dates of flow that do not go with the rain.

    Parameters
    ----------
    ds
        Canonical data; ``attrs["flow_unit"]`` is the unit that its files are declared to be in.
    means
        By basin.
    """
    rain = rain_of(ds)
    if rain is None or STREAMFLOW not in ds:
        return []
    guessed = {name for name in (rain, STREAMFLOW) if f"{name}: no unit is stated" in _guessed(ds)}
    of_rain = rain in guessed and STREAMFLOW not in guessed
    declared = str(ds.attrs.get("flow_unit") or "mm/day")
    return [*_units(declared, means, of_rain), *_shifts(ds, rain)]


def _guessed(ds: xr.Dataset) -> str:
    return str(ds.attrs.get("guessed") or "")


def _units(declared: str, means: Mapping[str, Means], of_rain: bool) -> Iterator[Finding]:
    """Basins whose runoff ratios another unit of flow, area or rain would make ordinary.

    ``of_rain``: the unit of rain is guessed, that of flow is not, so that it is the rain's.
    """
    explained: dict[str, list[tuple[str, float]]] = {}
    for basin, one in means.items():
        if one.flow > 0 and one.rain > 0:
            found = _better(declared, one, of_rain)
            if found is not None:
                explained.setdefault(found[0], []).append((basin, found[1]))
            elif one.ratio > FAR_TOO_MUCH:
                explained.setdefault("", []).append((basin, 1.0))
    for change, basins in explained.items():
        basin, factor = basins[0]
        first = means[basin]
        text = (
            f"flow is {first.ratio:.2g} times the rain in basin {basin} ({first.flow:.2g} of "
            f"{first.rain:.2g} mm/day), taken for {declared}"
        )
        if change:
            text += f"; it would be {first.ratio * factor:.2g} times the rain if {change}"
        if len(basins) > 1:
            text += f"; likewise in {names_of([name for name, _ in basins[1:]])}"
        remedy = f"correct `units` of {STREAMFLOW} or of the area (or of rain)"
        if of_rain:
            remedy = "correct `units` of the rain, which are guessed, or of the area (or of flow)"
        remedy += f" in region.yaml, or the files; if the river is so, list '{UNIT}' below `accept`"
        wrong = any(means[name].ratio > TOO_MUCH for name, _ in basins)
        grade: Grade = "impossible" if wrong else "doubtful"
        yield Finding(UNIT, grade, STREAMFLOW, basin, first.ratio, text, remedy)


def _better(declared: str, one: Means, of_rain: bool) -> tuple[str, float] | None:
    """What makes an ordinary river of one that is not: in words, and the factor of its flow."""
    volume = needs_area(declared, "mm/day")
    if volume and not one.area > 0:
        return None
    native = one.flow / _in_mm(declared, one.area)
    changes = {f"the rain were in {unit}": 1 / size for unit, size in _RAINS.items() if of_rain}
    changes |= {
        f"it were in {unit}": native * _in_mm(unit, one.area) / one.flow
        for unit in FLOW_UNITS
        if not of_rain
        and not same_unit(unit, declared, "mm/day")
        and (one.area > 0 or not needs_area(unit, "mm/day"))
    }
    if volume:
        changes |= {f"the area were in {unit}": 1 / size for unit, size in _AREAS.items()}

    def off(factor: float, dry: float = one.aridity) -> float:
        return balance_off([one.flow * factor], "mm/day", [one.rain], [dry], [one.area])

    def off_if(change: str) -> float:
        factor = changes[change]
        return off(factor, one.aridity * factor if change.startswith("the rain") else one.aridity)

    best = min(changes, key=off_if)
    explained = off_if(best) <= np.log(EXPLAINED)
    further = off(1.0) >= off_if(best) + np.log(FURTHER)
    return (best, changes[best]) if explained and further else None


def _in_mm(unit: str, area: float) -> float:
    """Flow of 1 in ``unit`` as mm/day."""
    return float(convert(np.array([1.0]), unit, "mm/day", area)[0])


def _shifts(ds: xr.Dataset, rain: str) -> Iterator[Finding]:
    """Flow that rises with the rain of other weeks."""
    for basin in map(str, ds["basin"].values):
        one = ds.sel(basin=basin)
        found = _rises(one[rain].values.astype(float), one[STREAMFLOW].values.astype(float))
        if not np.isfinite(found).any():
            continue
        lags = np.arange(-FURTHEST, FURTHEST + 1)
        best = int(lags[np.nanargmax(found)])
        usual = found[(lags >= -3) & (lags < NEAREST)]
        highest = float(np.nanmax(found))
        if abs(best) < NEAREST or highest < LEAST_CORRELATION:
            continue
        if highest < np.nanmax(usual, initial=0.0) + MARGIN:
            continue
        when = f"{best} days before" if best > 0 else f"{-best} days later"
        text = f"flow rises with the rain of {when} in basin {basin} (correlation {highest:.2f})"
        remedy = (
            "are flow and weather of the same days? A month may be lost or doubled, or day and "
            f"month swapped in one of the files; list '{SHIFT}' below `accept` if the river is so"
        )
        yield Finding(SHIFT, "impossible", STREAMFLOW, basin, float(best), text, remedy)


def _rises(rain: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """Correlation of the rise of flow with rain of up to :data:`FURTHEST` days later and before."""
    known = np.flatnonzero(np.isfinite(flow))
    if known.size < 365:
        return np.full(2 * FURTHEST + 1, np.nan)
    start = int(known[-min(known.size, 2 * LAG_DAYS)])
    rise = np.sqrt(np.maximum(np.diff(flow[start:], prepend=np.nan), 0))
    wet = np.sqrt(rain[start:])
    found = []
    for lag in range(-FURTHEST, FURTHEST + 1):
        moved = np.roll(wet, lag)
        inside = slice(lag, None) if lag >= 0 else slice(None, lag)
        a, b = moved[inside], rise[inside]
        both = np.isfinite(a) & np.isfinite(b)
        enough = both.sum() >= 300 and np.ptp(a[both]) > 0 and np.ptp(b[both]) > 0
        found.append(np.corrcoef(a[both], b[both])[0, 1] if enough else np.nan)
    return np.array(found)
