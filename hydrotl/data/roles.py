"""Attributes with a role (area, place, height, shares of the land) against what the earth has.

The largest river basin is the Amazon's with some 6 million km2, or 7 with the Tocantins'. Dry land
lies between the shore of the Dead Sea (-430 m) and Mount Everest (8849 m).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

from hydrotl.data.canonical import static_attributes
from hydrotl.data.findings import Finding, Grade
from hydrotl.data.manifest import Attributes, Variable
from hydrotl.data.units import convert

#: Role -> unit, possible and usual ends.
ROLES = {
    "area": ("km2", (0.0, 7.2e6), (0.01, 1e6)),
    "latitude": ("degrees", (-90.0, 90.0), (-60.0, 80.0)),
    "longitude": ("degrees", (-180.0, 360.0), (-180.0, 360.0)),
    "elevation": ("m", (-431.0, 8849.0), (-50.0, 6500.0)),
    "slope": ("m/km", (0.0, 1e5), (0.0, 1500.0)),
    "forest": ("dimensionless", (0.0, 1.02), (0.0, 1.02)),
    "sand": ("dimensionless", (0.0, 1.02), (0.0, 1.02)),
    "clay": ("dimensionless", (0.0, 1.02), (0.0, 1.02)),
    "lai": ("dimensionless", (0.0, 40.0), (0.0, 12.0)),
    "soil_depth": ("m", (0.0, 1e4), (0.0, 200.0)),
}
#: A share of which no basin has more than this many percent is probably none in percent.
LEAST_PERCENT = 1.0
#: Roles that say where a basin is.
PLACE = ("latitude", "longitude")
_AREA_UNITS = (("m2", 1e-6), ("ha", 0.01))

#: Models compute with four bytes. A code that data may hold is just below.
LARGEST = float(np.finfo(np.float32).max)
#: A code is so many times further from 0 than values of which some are negative.
FAR = 100
#: Numbers that stand for a missing one in many tables.
SENTINELS = (
    *(-99.0, -99.9, -99.99, -999.0, -999.9, -999.99, -9999.0, -9999.9, -99999.0),
    *(-32768.0, -32767.0, -1e20, 1e20, 1e30, 9.96921e36, -3.4028235e38),
)


def attribute_findings(ds: xr.Dataset, roles: Attributes) -> list[Finding]:
    """What is impossible or doubtful of attributes with a role, and codes that mean missing."""
    known = static_attributes(ds)
    found: list[Finding] = []
    for role in ROLES:
        declared = getattr(roles, role)
        if declared is None:
            continue
        native = declared.native if isinstance(declared, Variable) else declared
        columns = [part.strip() for part in native.split("+")]
        if all(c in known and ds[c].dtype.kind == "f" for c in columns):
            found += _of_role(ds, role, columns, declared)
    spoken_for = {finding.variable for finding in found}
    for name in known:
        if name not in spoken_for | {roles.longitude}:
            found += codes(ds, name)
    return found


def _of_role(
    ds: xr.Dataset, role: str, columns: list[str], declared: Variable | str
) -> Iterator[Finding]:
    unit, possible, usual = ROLES[role]
    native = np.sum([ds[c].values for c in columns], axis=0)
    stated = declared.units if isinstance(declared, Variable) else unit
    values = convert(native, stated, unit) if isinstance(declared, Variable) else native
    name = " + ".join(columns)
    if role in PLACE:
        yield from _missing(ds, role, name, native)
    wrong = (values < possible[0]) | (values > possible[1])
    if role == "area":
        wrong |= values == 0
    odd = ((values < usual[0]) | (values > usual[1])) & ~wrong
    for row in np.flatnonzero(wrong | odd):
        basin, value, shown = str(ds["basin"].values[row]), float(values[row]), native[row]
        text = (
            f"the {role.replace('_', ' ')} of basin {basin} (attribute '{name}') is {shown:g} "
            f"{stated}"
        )
        text = text.removesuffix(" dimensionless")
        ends = f"{possible[0]:g} and {possible[1]:g} {unit}".removesuffix(" dimensionless")
        if wrong[row] and role == "area" and value <= 0:
            text += ", where an area is larger than 0"
        elif wrong[row]:
            text += f", where on earth it lies between {ends}"
        else:
            text += ", which is rarely right"
        remedy = _remedy(role, value)
        yield Finding(
            role, "impossible" if wrong[row] else "doubtful", name, basin, value, text, remedy
        )
    finite = values[np.isfinite(values)]
    percent = isinstance(declared, Variable) and stated.strip() in ("%", "percent")
    if percent and finite.size > 1 and 0 < finite.max() * 100 <= LEAST_PERCENT:
        text = f"no basin has more than {finite.max():.2%} of {role} (attribute '{name}')"
        remedy = "are these fractions? Say so in the role's `units` in the manifest entry"
        yield Finding("share", "doubtful", name, "", float(finite.max()), text, remedy)


def _missing(ds: xr.Dataset, role: str, name: str, values: np.ndarray) -> Iterator[Finding]:
    """Basins without a coordinate that others have."""
    missing = np.isnan(values)
    if missing.all():
        return
    remedy = "complete the attribute table: day length and basins seen before are known by it"
    for row in np.flatnonzero(missing):
        basin = str(ds["basin"].values[row])
        text = f"the {role} of basin {basin} (attribute '{name}') is missing"
        yield Finding(f"no {role}", "doubtful", name, basin, np.nan, text, remedy)


def _remedy(role: str, value: float) -> str:
    correct = "correct the attribute table, or the role's column in the manifest entry"
    if role == "area" and value > 0:
        for unit, factor in _AREA_UNITS:
            if 0.1 <= value * factor <= 5e5:
                return f"is it in {unit}? Areas are in km2: {correct}"
    if role in ("latitude", "longitude"):
        return f"decimal degrees, north and east positive; are the two swapped? Else {correct}"
    if role == "elevation" and value > 0:
        return f"metres; is it in feet or centimetres? Else {correct}"
    if role in ("forest", "sand", "clay"):
        return (
            f"is it in %? Then say so in the role's `units` in the manifest entry; else {correct}"
        )
    return f"{correct}; if it means a missing value, add it to the entry's `missing`"


def codes(ds: xr.Dataset, name: str, grade: Grade = "doubtful") -> list[Finding]:
    """Numbers that mean a missing one in many tables, far from the attribute's other values.

    Numbers that a network cannot hold are impossible whatever the ``grade``.
    """
    values = ds[name].values
    if values.dtype.kind != "f":
        return []
    beyond = np.abs(values) > LARGEST
    found = [_beyond(name, ds, int(row)) for row in np.flatnonzero(beyond)]
    values = np.where(beyond, np.nan, values)
    code = np.isin(values.astype(np.float32), np.array(SENTINELS, np.float32))
    others = np.abs(values[~code & np.isfinite(values)])
    negative = (values[~code] < 0).any()
    if negative and np.abs(values[code]).max(initial=0) < FAR * others.max():
        return found
    remedy = "if that means a missing value, add it to the manifest entry's `missing`"
    for row in np.flatnonzero(code):
        basin, value = str(ds["basin"].values[row]), float(values[row])
        text = f"attribute '{name}' of basin {basin} is {value:g}"
        found.append(Finding("code", grade, name, basin, value, text, remedy))
    return found


def _beyond(name: str, ds: xr.Dataset, row: int) -> Finding:
    basin, value = str(ds["basin"].values[row]), float(ds[name].values[row])
    text = (
        f"attribute '{name}' of basin {basin} is {value:g}, beyond {LARGEST:g}, the largest number "
        "that a network computes with"
    )
    remedy = "correct it in the attribute table, or give the attribute in a larger unit"
    return Finding("range", "impossible", name, basin, value, text, remedy)
