"""Attributes that were computed from streamflow, found by their values whatever their names.

Over many basins such an attribute is in a fixed ratio to a statistic of flow, or its logarithm or
reciprocal is; of a few basins it is the statistic itself, in a usual unit. Flow counts as depth and
as volume.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import numpy as np
import xarray as xr

from hydrotl_core.recipe import Period
from hydrotl_core.scaling import PRECIPITATION, STREAMFLOW

#: From so many basins on, an attribute in a fixed ratio to a statistic of flow is no chance.
LEAST_BASINS, SAME_RATIO, LEAST_SPREAD = 5, 1.01, 1.05
#: How far a line may miss, of the width of the middle half of the attribute's values.
OFF_LINE = 2e-3
#: Of so many basins one may be an exception.
EXCEPTION = 20
#: Basins looked at, and the fewest days that a statistic is of.
BASINS, LEAST_DAYS = 60, 60
QUANTILES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
#: Statistics that are no depth per day: area does not make them volumes.
RATIOS = ("coefficient of variation", "runoff ratio")
#: m3/s in a mm/day over a km2.
CUBIC_METRES = 1 / 86.4
#: Other usual units of depth in a mm/day: mm in a year, l/s/km2.
DEPTHS = (365.25, 365.0, 1000 * CUBIC_METRES)
#: Relative difference of computing with four bytes.
ROUNDING = 1e-6
#: By how little chance a few basins' values equal a mean, or one of the many other statistics.
CHANCE_OF_MEAN, CHANCE = 1e-3, 1e-5


def computed_from_flow(
    ds: xr.Dataset,
    periods: Sequence[Period] = (),
    names: Iterable[str] | None = None,
    area: str | None = None,
) -> dict[str, str]:
    """Attributes that are a multiple of a statistic of flow: name -> the statistic.

    Parameters
    ----------
    ds
        Canonical data. The runoff ratio needs their precipitation.
    periods
        Whose flow is looked at besides that of the whole record.
    names
        Attributes to look at (default: all).
    area
        Attribute with the area in km2 (default: volumes are not looked for).
    """
    numeric = [
        str(name)
        for name in (ds.data_vars if names is None else names)
        if name in ds and ds[name].dims == ("basin",) and ds[name].dtype.kind == "f"
    ]
    if not numeric:
        return {}
    rows = np.unique(np.linspace(0, ds.sizes["basin"] - 1, BASINS).astype(int))
    daily = [name for name in (STREAMFLOW, PRECIPITATION) if name in ds]
    part = ds[daily].isel(basin=rows).transpose("basin", "time")
    flow, *rain = (part[name].values.astype(float) for name in daily)
    days = part["time"].values.astype("datetime64[D]")
    columns = {name: ds[name].values[rows] for name in numeric}
    size = ds[area].values[rows] if area is not None and area in ds else None
    if size is not None and size.dtype.kind != "f":
        size = None
    found: dict[str, str] = {}
    spans = sorted({(period.start, period.end) for period in periods})
    for span in (None, *spans):
        first, last = (
            (0, days.size) if span is None else np.searchsorted(days, np.array(span, "M8[D]"))
        )
        table = _statistics(flow[:, first:last], rain[0][:, first:last] if rain else None)
        when = "" if span is None else f" of {span[0]}..{span[1]}"
        for name, values in columns.items():
            if name in found:
                continue
            what = _statistic_of(values, table, size, divides=name == area)
            if what is not None:
                found[name] = f"{what} of its streamflow{when}"
    return found


def _statistic_of(
    values: np.ndarray,
    table: Mapping[str, np.ndarray],
    area: np.ndarray | None,
    *,
    divides: bool = False,
) -> str | None:
    """The statistic that an attribute is a multiple of, in words; None if of none.

    An area ``divides`` flow: it is the reciprocal of depths where basins have the same flow.
    """
    area = None if divides else area
    for what, statistic in table.items():
        if values.size < LEAST_BASINS:
            if _equal(values, what, statistic, area):
                return f"the {what}"
            continue
        if not _varies(statistic):  # else area itself would be in proportion to a volume
            continue
        forms = {"": statistic}
        if area is not None and what not in RATIOS:
            forms[" (as a volume)"] = statistic * area ** (2 if what == "variance" else 1)
        for form, one in forms.items():
            positive = np.where(one > 0, one, np.nan)
            if _same_ratio(values, positive):
                return f"the {what}{form}"
            if not divides and _same_ratio(values, 1 / positive):
                return f"the reciprocal of the {what}{form}"
            if _on_line(values, np.log(positive)):
                return f"the logarithm of the {what}{form}"
            if _on_line(values, one):
                return f"the {what}{form} and a constant"
    return None


def _statistics(flow: np.ndarray, rain: np.ndarray | None) -> dict[str, np.ndarray]:
    """Statistics of each basin's known flow, ``[basin]``, NaN where there is hardly any."""
    names = ["mean", "standard deviation", "maximum", "variance", "sum", *RATIOS]
    names += [f"{q:.0%} quantile" for q in QUANTILES]
    table = np.full((len(flow), len(names)), np.nan)
    for row, values in enumerate(flow):
        there = np.isfinite(values)
        known = values[there]
        if known.size >= LEAST_DAYS:
            mean, spread = known.mean(), known.std()
            fallen = np.array([]) if rain is None else rain[row][there & np.isfinite(rain[row])]
            wet = fallen.mean() if fallen.size else 0.0
            ratios = [
                share / whole if whole > 0 else np.nan
                for share, whole in ((spread, mean), (mean, wet))
            ]
            table[row] = [
                *(mean, spread, known.max(), spread**2, known.sum(), *ratios),
                *np.quantile(known, QUANTILES),
            ]
    return dict(zip(names, table.T, strict=True))


def _varies(statistic: np.ndarray) -> bool:
    """Whether it is another in most basins: a constant is in a fixed ratio to any other."""
    known = _inner(statistic[np.isfinite(statistic)])
    return known.size > 0 and bool(known[-1] > LEAST_SPREAD * known[0])


def _inner(values: np.ndarray) -> np.ndarray:
    """In order, without the few at either end that may be exceptions."""
    cut = values.size // (2 * EXCEPTION)
    return np.sort(values)[cut : values.size - cut]


def _comparable(values: np.ndarray, statistic: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    both = np.isfinite(values) & np.isfinite(statistic)
    if both.sum() < max(LEAST_BASINS, np.isfinite(values).sum() / 2):
        return None
    return values[both], statistic[both]


def _same_ratio(values: np.ndarray, statistic: np.ndarray) -> bool:
    pair = _comparable(np.where(values > 0, values, np.nan), statistic)
    if pair is None or pair[0].size < np.isfinite(values).sum() / 2 or not _varies(pair[0]):
        return False
    ratio = _inner(pair[0] / pair[1])
    return bool(ratio[-1] <= SAME_RATIO * ratio[0])


def _on_line(values: np.ndarray, statistic: np.ndarray) -> bool:
    """Whether an attribute is a constant and a multiple of a statistic.

    Measured in the middle half of its values, as a line through one outlier fits all the others.
    """
    pair = _comparable(values, statistic)
    if pair is None:
        return False
    one, other = pair
    ordered = np.sort(one)
    middle = ordered[3 * one.size // 4] - ordered[one.size // 4]
    one, other = one - one.mean(), other - other.mean()
    width = float(other @ other)
    if middle <= 0 or width <= 0:
        return False
    off = np.abs(one - other * float(one @ other) / width)
    return bool(off.max() <= OFF_LINE * middle)


def _equal(values: np.ndarray, what: str, statistic: np.ndarray, area: np.ndarray | None) -> bool:
    """Whether all basins' values are a statistic in one usual unit, to their last digit."""
    known = np.isfinite(values)
    if not known.any() or not (np.isfinite(statistic[known]) & (values[known] > 0)).all():
        return False
    units: list[float | np.ndarray] = [1.0]
    if what not in RATIOS:
        power = 2 if what == "variance" else 1
        units += [] if what in ("variance", "sum") else DEPTHS
        units += [] if area is None else [(area[known] * CUBIC_METRES) ** power]
    half = np.array([_last_digit(float(value)) / 2 for value in values[known]])
    half += ROUNDING * values[known]
    chance = float(np.prod(2 * half / values[known]))
    if chance > (CHANCE_OF_MEAN if what == "mean" else CHANCE):
        return False
    return any(bool((np.abs(values[known] - statistic[known] * u) <= half).all()) for u in units)


def _last_digit(value: float) -> float:
    """What one step of the last digit is that a number was written with: 0.01 of 12.34."""
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    return 10.0 ** min(int(exponent), 0)
