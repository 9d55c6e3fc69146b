"""The table of basins among those of a folder, as in ``region.yaml``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hydrotl.data.readers.own_forms import PLACES
from hydrotl.data.readers.text import point_numbers
from hydrotl.data.roles import SENTINELS
from hydrotl.data.sniff.basin_table import Table
from hydrotl.data.sniff.places import area_unit, place_of
from hydrotl.data.sniff.sheet import Sheet
from hydrotl.data.spelling import basin_id
from hydrotl.data.units import convert
from hydrotl_core.errors import DataError

_DEFAULTS: dict[str, Any] = {
    "separator": ",",
    "encoding": "utf-8-sig",
    "comment": None,
    "header": 1,
    "below_header": 0,
    "decimal": ".",
    "thousands": None,
    "missing": [],
    "id": "id",
}
#: No longitude is beyond.
MOST_DEGREES = 360
#: A number in any form, and nothing else.
_PLAIN = r"[-+]?[\d.,'\u2019 ]+([eE][-+]?\d+)?"


def attributes_of(
    tables: Sequence[Table], basins: Sequence[str], folder: Path
) -> tuple[dict[str, Any] | None, list[str]]:
    """The table of attributes that has the basins, as in ``region.yaml``."""
    having = [t for t in tables if set(basins) & set(map(basin_id, t.ids))] or [
        t for t in tables if t.places
    ]
    if not having:
        return None, [f"{t.path}: a table, but of none of the basins" for t in tables]
    best = max(having, key=lambda t: (len(t.places), len(set(basins) & set(map(basin_id, t.ids)))))
    notes = [
        f"{t.path}: {'another table' if t in having else 'a table, but of none of the basins'}"
        for t in tables
        if t is not best
    ]
    _refuse_places_in_words(best)
    sheet = best.sheet
    decimal, thousands = _signs(best)
    entry: dict[str, Any] = {
        "path": best.path,
        "separator": sheet.separator,
        "encoding": sheet.encoding,
        "comment": sheet.comment,
        "header": sheet.header,
        "below_header": sheet.below_header,
        "decimal": decimal,
        "thousands": thousands,
        "missing": _codes(best, decimal, thousands),
        "id": best.id,
    }
    entry = {k: v for k, v in entry.items() if v != _DEFAULTS.get(k)}
    entry["columns"] = {
        place: {"column": column, "units": unit or _unit_below(sheet, column) or "km2"}
        for place, (column, unit) in best.places.items()
    }
    return entry, notes


def without_places(table: Table, entry: Mapping[str, Any]) -> dict[str, set[str]]:
    """Place -> the basins of a table whose field is empty, or a code for a missing value."""
    found = {}
    for place, (column, _) in table.places.items():
        numbers = _numbers(table, column, entry.get("decimal", "."), entry.get("thousands"))
        unknown = ~np.isfinite(numbers) | np.isin(numbers, entry.get("missing", []))
        found[place] = {basin_id(one) for one, no in zip(table.ids, unknown, strict=True) if no}
    return found


def _refuse_places_in_words(table: Table) -> None:
    """Refuse an area, latitude or so whose fields are no plain numbers: 46.85 N, 212.4 km2."""
    known = {column for column, _ in table.places.values()}
    for column in (name for name in table.sheet.names if name and name not in known):
        place = place_of(column)
        texts = table.sheet.texts(column)
        odd = texts[texts.str.contains(r"\d", regex=True) & ~texts.str.fullmatch(_PLAIN)]
        if place is not None and place not in table.places and len(odd) > len(texts) / 2:
            raise DataError(
                f"{table.sheet.path}, line {odd.index[0]}, column '{column}', the {place}: "
                f"{odd.iloc[0]!r} is no plain number: write decimal degrees, south and west "
                "negative, and numbers without a unit (that goes into the column's name: area_km2)"
            )


def _signs(table: Table) -> tuple[str, str | None]:
    """Sign of decimals, and that of thousands, if there is one.

    Degrees have no thousands, so they tell the decimal sign.
    """
    by_place = {place: table.sheet.texts(column) for place, (column, _) in table.places.items()}
    degrees = [t for place, t in by_place.items() if PLACES[place] == ""]
    texts = pd.concat([*by_place.values()]) if by_place else pd.Series([], dtype=str)
    known = pd.concat(degrees) if degrees else texts
    decimal = "." if known.str.contains(".", regex=False).any() else ","
    if not known.str.fullmatch(r"-?\d+,\d+").any():
        decimal = "."
    other = "," if decimal == "." else "."
    grouped = texts.str.fullmatch(
        rf"-?\d{{1,3}}({re.escape(other)}\d{{3}})+({re.escape(decimal)}\d*)?"
    )
    return decimal, other if grouped.any() else None


def _numbers(table: Table, column: str, decimal: str, thousands: str | None) -> np.ndarray:
    return point_numbers(table.sheet.texts(column), decimal, thousands).to_numpy(float)


def _codes(table: Table, decimal: str, thousands: str | None) -> list[float]:
    """Codes for missing values among the places; -99 may be a longitude."""
    found, values = set[float](), set[float]()
    for place, (column, _) in table.places.items():
        numbers = _numbers(table, column, decimal, thousands)
        codes = np.intersect1d(numbers, SENTINELS).tolist()
        certain = {code for code in codes if place == "area_km2" or abs(code) > MOST_DEGREES}
        found |= certain
        values |= set(codes) - certain
    return [int(code) if code == int(code) else code for code in sorted(found - values)]


def _unit_below(sheet: Sheet, column: str) -> str | None:
    """Unit of an area in the line below the names."""
    position = sheet.names.index(column)
    return area_unit(sheet.units[position]) if position < len(sheet.units) else None


def of_other_tables(
    tables: Sequence[Table], entry: Mapping[str, Any] | None, basins: Sequence[str]
) -> tuple[dict[str, dict[str, float]], list[str]]:
    """Places of basins that stand in other tables than that of ``entry`` alone, and a note on each.

    They are written below ``stations``, since a region has one table.
    """
    found: dict[str, dict[str, float]] = {}
    notes = []
    for table in tables:
        if entry is None or table.path == entry["path"]:
            continue
        for place, (column, unit) in table.places.items():
            if place in entry["columns"]:
                continue
            numbers = _numbers(table, column, *_signs(table))
            numbers = np.where(np.isin(numbers, SENTINELS), np.nan, numbers)
            if place == "area_km2":
                numbers = convert(numbers, unit or "km2", "km2")
            of_basin = dict(zip(map(basin_id, table.ids), numbers.tolist(), strict=True))
            known = {b: of_basin[b] for b in basins if np.isfinite(of_basin.get(b, np.nan))}
            for basin, value in known.items():
                found.setdefault(basin, {}).setdefault(place, value)
            if known:
                notes.append(f"{table.path}: {place} is taken from its column '{column}'")
    return found, notes
