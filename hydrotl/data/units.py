"""Conversion of native units to canonical ones, with pint.

Two conversions need more than a factor: a flow volume per time becomes a depth per day through
the basin's area, and a mass of water per area and time becomes a depth through water's density.
"""

import re
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hydrotl_core.errors import DataError

if TYPE_CHECKING:
    import pint

#: Common spellings that pint reads as something else or not at all (``C`` is coulomb to it).
_ALIASES = {
    **dict.fromkeys(("c", "°c", "deg c", "celsius", "degrees celsius"), "degC"),
    **dict.fromkeys(("f", "°f"), "degF"),
    **dict.fromkeys(("cms", "cumecs"), "m**3/s"),
    "cfs": "ft**3/s",
    **dict.fromkeys(("fraction", "-", "1"), "dimensionless"),
}


def convert(
    values: npt.ArrayLike, native: str, canonical: str, area_km2: float | None = None
) -> np.ndarray:
    """Convert values from their native unit to the canonical one.

    Parameters
    ----------
    values
        Any shape, which is kept; NaN stays NaN, and floats keep their precision.
    native
        Unit as pint reads it; ``W/m2``, ``m3 s-1``, ``C`` and ``cfs`` are understood too.
    canonical
        Unit wanted, see :data:`hydrotl.data.canonical.UNITS`.
    area_km2
        Basin area in km2, needed from volume per time (m3/s) to depth per time (mm/day).

    Raises
    ------
    DataError
        If a unit is unknown, the two do not measure the same thing, or the area is needed and
        missing, zero or negative.
    """
    array = np.asarray(values)
    if array.dtype.kind != "f":
        array = array.astype(np.float64)
    if native == canonical:
        return array
    if needs_area(native, canonical):
        area = check_area(area_km2, f"conversion of {native!r} to {canonical!r}")
        per_square_km, _ = _line(f"({_spelled(native)})/km**2", canonical)
        factor, offset = per_square_km / area, 0.0
    else:
        factor, offset = _line(native, canonical)
    # Python floats do not widen a float32 array: 28 MB stay 28 MB.
    converted: np.ndarray = array * factor
    return converted + offset if offset else converted


def needs_area(native: str, canonical: str) -> bool:
    """Whether ``native`` is a volume per time and ``canonical`` a depth per time."""
    if native == canonical:
        return False
    found, wanted = _parse(native), _parse(canonical)
    return bool(found.dimensionality == (wanted * _registry().Unit("m**2")).dimensionality)


def same_unit(one: str, other: str) -> bool:
    """Whether two spellings mean the same unit; an unknown unit equals only itself."""
    if one == other:
        return True
    try:
        return _line(one, other) == (1.0, 0.0)
    except DataError:
        return False


def check_area(area_km2: float | None, purpose: str) -> float:
    """The basin area as a float, or a DataError that names what it was needed for."""
    if area_km2 is None or not np.isfinite(area_km2) or area_km2 <= 0:
        raise DataError(
            f"{purpose} needs the basin area in km2, which is {area_km2}: correct it in the "
            "attribute table, and name its column in the manifest entry's `attributes.area`"
        )
    return float(area_km2)


@cache
def _registry() -> "pint.UnitRegistry[Any]":
    import pint  # lazy: costs a third of a second, and most data need no conversion

    return pint.UnitRegistry()


def _spelled(unit: str) -> str:
    """``unit`` in pint's spelling: ``W/m2`` and ``m3 s-1`` get their ``**``."""
    text = unit.strip()
    text = _ALIASES.get(text.lower(), text)
    return re.sub(r"(?<=[A-Za-z])(-?\d)", r"**\1", text)


@cache
def _parse(unit: str) -> "pint.Unit":
    import pint

    try:
        return _registry().Unit(_spelled(unit))
    except (pint.PintError, ValueError, TypeError, AttributeError) as error:
        raise DataError(
            f"unknown unit {unit!r} ({error}): write it as in 'mm/day', 'm3/s', 'degC' or 'W/m2'"
        ) from error


@cache
def _line(native: str, canonical: str) -> tuple[float, float]:
    """Factor and offset of the (linear) conversion, from its values at 0 and 1."""
    registry, found, wanted = _registry(), _parse(native), _parse(canonical)
    zero, one = registry.Quantity(0.0, found), registry.Quantity(1.0, found)
    density: Any = registry.Quantity("1000 kg/m**3")  # of water
    if found.dimensionality == (wanted * density.units).dimensionality:
        zero, one = zero / density, one / density
    if not one.check(wanted):
        hint = ""
        if found.dimensionality == (wanted * registry.Unit("day")).dimensionality:
            hint = f"; a daily total in {native} is written '{native}/day'"
        raise DataError(
            f"unit {native!r} cannot become {canonical!r}: they measure different things{hint}. "
            "Correct `units` in the manifest entry"
        )
    offset = float(zero.to(wanted).magnitude)
    return float(one.to(wanted).magnitude) - offset, offset
