"""The table of basins among those of a folder, as in ``region.yaml``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hydrotl.data.sniff.files import Table
from hydrotl.data.spelling import basin_id
from hydrotl.data.units import convert


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
    sheet = best.sheet
    texts = [sheet.texts(column) for column, _ in best.places.values()]
    decimal = "," if any(t.str.fullmatch(r"-?\d+,\d+").any() for t in texts) else "."
    entry: dict[str, Any] = {
        "path": best.path,
        "separator": sheet.separator,
        "encoding": sheet.encoding,
        "decimal": decimal,
        "id": best.id,
    }
    defaults = {"separator": ",", "encoding": "utf-8-sig", "decimal": ".", "id": "id"}
    entry = {k: v for k, v in entry.items() if v != defaults.get(k)}
    entry["columns"] = {
        place: {"column": column, "units": unit or "km2"}
        for place, (column, unit) in best.places.items()
    }
    return entry, notes


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
            texts = table.sheet.texts(column).str.replace(",", ".", regex=False)
            if place in entry["columns"]:
                continue
            numbers = pd.to_numeric(texts, errors="coerce").to_numpy(float)
            if place == "area_km2":
                numbers = convert(numbers, unit or "km2", "km2")
            of_basin = dict(zip(map(basin_id, table.ids), numbers.tolist(), strict=True))
            known = {b: of_basin[b] for b in basins if np.isfinite(of_basin.get(b, np.nan))}
            for basin, value in known.items():
                found.setdefault(basin, {}).setdefault(place, value)
            if known:
                notes.append(f"{table.path}: {place} is taken from its column '{column}'")
    return found, notes
