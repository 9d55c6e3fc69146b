"""Conversion of native units to canonical ones, with pint.

Some conversions need more than a factor: a flow volume per time becomes a depth per day through
the basin's area, a mass of water per area and time becomes a depth through water's density, and
an amount without a time (mm, J/m2, m3) is that of the day, since all series are daily.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hydrotl.data.unit_names import counted, spelled
from hydrotl_core.errors import DataError

if TYPE_CHECKING:
    import pint


def convert(
    values: npt.ArrayLike, native: str, canonical: str, area_km2: float | None = None
) -> np.ndarray:
    """Convert values from their native unit to the canonical one.

    Parameters
    ----------
    values
        Any shape, which is kept; NaN stays NaN, and floats keep their precision.
    native
        Unit in one of the usual spellings (:func:`hydrotl.data.unit_names.spelled`); without a time
        where the canonical one has it, an amount per day.
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
        per_square_km, _ = _line(native, canonical, area=True)
        factor, offset = per_square_km / area, 0.0
    else:
        factor, offset = _line(native, canonical)
    # Python floats do not widen a float32 array: 28 MB stay 28 MB.
    converted: np.ndarray = array * factor
    return converted + offset if offset else converted


def needs_area(native: str, canonical: str) -> bool:
    """Whether ``native`` is a volume (per time) and ``canonical`` a depth per time."""
    if native == canonical:
        return False
    volume = (_parse(canonical) * _registry().Unit("m**2")).dimensionality
    return bool(_rate(native, canonical).dimensionality == volume)


def same_unit(one: str, other: str, canonical: str | None = None) -> bool:
    """Whether two spellings mean the same unit; an unknown unit equals only itself.

    With ``canonical``, that of the variable, an amount is one per day if that is a rate.
    """
    if one == other:
        return True
    try:
        first, second = (_rate(unit, canonical or unit) for unit in (one, other))
        return counted(one)[0] == counted(other)[0] and _between(first, second) == (1.0, 0.0)
    except DataError:
        return False


def known_unit(unit: str) -> bool:
    """Whether ``unit`` is understood."""
    try:
        _parse(unit)
    except DataError:
        return False
    return True


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


@cache
def _parse(unit: str) -> "pint.Unit":
    text = spelled(counted(unit)[1])
    try:
        return _registry().Unit(text)
    except Exception as error:  # pint and the tokenizer below it raise many kinds
        why = " ".join(str(error).split()) or "it is no unit"
        raise DataError(
            f"unknown unit {unit!r} ({why}): write it as in 'mm/day', 'm3/s', 'degC' or 'W/m2'"
        ) from error


@cache
def _rate(native: str, canonical: str) -> "pint.Unit":
    """``native``, per day if it is an amount and ``canonical`` a rate."""
    found, wanted, unit = _parse(native), _parse(canonical), _registry().Unit
    # What `canonical` measures: itself, a volume over an area, or a mass of water over one.
    for factor in (unit("dimensionless"), unit("m**2"), unit("kg/m**3")):
        if found.dimensionality == (wanted * factor * unit("day")).dimensionality:
            return found / unit("day")
    return found


def _line(native: str, canonical: str, area: bool = False) -> tuple[float, float]:
    """Factor and offset of the (linear) conversion; with ``area``, of what falls on a km2."""
    found, wanted = _rate(native, canonical), _parse(canonical)
    if area:
        found = found / _registry().Unit("km**2")
    line = _between(found, wanted)
    if line is None:
        raise DataError(
            f"unit {native!r} cannot become {canonical!r}: they measure different things. "
            "Correct `units` in the manifest entry"
        )
    factor, offset = line
    return factor * counted(native)[0] / counted(canonical)[0], offset / counted(canonical)[0]


@cache
def _between(found: "pint.Unit", wanted: "pint.Unit") -> tuple[float, float] | None:
    """Factor and offset from one unit to another, from its values at 0 and 1; None if unlike."""
    registry = _registry()
    zero, one = registry.Quantity(0.0, found), registry.Quantity(1.0, found)
    density: Any = registry.Quantity("1000 kg/m**3")  # of water
    if found.dimensionality == (wanted * density.units).dimensionality:
        zero, one = zero / density, one / density
    if not one.check(wanted):
        return None
    offset = float(zero.to(wanted).magnitude)
    return float(one.to(wanted).magnitude) - offset, offset
