"""Tables with a row per basin: which column has the ids that the series have."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from hydrotl.data.sniff.headers import words
from hydrotl.data.sniff.places import places_in
from hydrotl.data.sniff.sheet import Sheet
from hydrotl.data.spelling import basin_id
from hydrotl.data.unit_names import counted

#: Names of the columns of ids, without signs.
IDS = {
    *("id", "basin", "basinid", "gauge", "gaugeid", "station", "stationid", "site", "siteno"),
    *("catchment", "catchmentid", "code", "codigo", "estacion", "stationsnummer", "pegel"),
    *("grdcno", "name", "river", "gebiet", "hru08", "gaugename", "stationname", "basinname"),
    *("stationno", "gaugeno", "nummer", "number", "no", "nr", "stationcode", "cuenca", "bassin"),
    *("stationnumber", "gaugenumber", "gaugecode", "basincode", "sitecode", "basinno", "siteid"),
}
#: Of these names the values are always basins: a second one is a second river.
SURELY_IDS = {
    *(name for name in IDS if re.match(r"(basin|gauge|station|site|catchment|river)", name)),
    *("estacion", "cuenca", "bassin", "pegel", "grdcno"),
}
#: Units, as they are written into ``region.yaml``, of people who may measure areas in square miles.
_AMERICAN = {"degF", "F", "\u00b0F", "ft3/s", "cfs", "in", "inch", "inches", "inch/day", "in/day"}


@dataclass
class Table:
    """A file with a row per basin."""

    path: str
    sheet: Sheet
    id: str
    ids: list[str]
    places: dict[str, tuple[str, str | None]]
    guessed: list[str] = field(default_factory=list)

    def unclear(self, chosen: Mapping[str, Any] | None, units: Collection[str]) -> list[str]:
        """What of the table is a guess, if it is the ``chosen`` one.

        ``units`` are those of the series: where they are American, an area without a unit may be
        in square miles, and no river is strange for being 2.6 times smaller.
        """
        if chosen is None or chosen["path"] != self.path:
            return []
        found = list(self.guessed)
        column, unit = self.places.get("area_km2", ("", "km2"))
        if unit is None and any(counted(one)[1] in _AMERICAN for one in units):
            found.append(
                f"area_km2: no unit is stated of '{column}', so km2 is taken, although other units "
                "are American"
            )
        return [f"{self.path}: {one}" for one in found]


def table_of(sheet: Sheet, name: str) -> Table | None:
    """The table of basins that a sheet is; None if it has no column of ids."""
    columns = _id_columns(sheet)
    return None if not columns else _table(sheet, name, columns[0])


def _table(sheet: Sheet, name: str, ids: str) -> Table:
    places, guessed = places_in(sheet, (n for n in sheet.names if n and n != ids))
    return Table(name, sheet, ids, list(sheet.texts(ids)), places, guessed)


def with_fitting_ids(
    tables: Sequence[Table], paths: Iterable[str], others: Iterable[str]
) -> list[Table]:
    """The tables with the column of ids that most files have: of name and number, the number.

    Parameters
    ----------
    tables
        As they were found, with the first column that may be one of ids.
    paths
        Of the series' files, which may have the ids in their names.
    others
        Ids in columns of files, or names of columns.
    """
    parts = {basin_id(part) for path in paths for part in _parts(path)}
    there = parts | {basin_id(one) for one in others}
    found = []
    for table in tables:
        columns = _id_columns(table.sheet)
        met = {c: len(there & set(map(basin_id, table.sheet.texts(c)))) for c in columns}
        best = max(columns, key=lambda c: met[c])  # the first of those that are as good
        better = met[best] > met[table.id]
        found.append(_table(table.sheet, table.path, best) if better else table)
    return found


def _parts(path: str) -> list[str]:
    """All texts in a path that may be an id: runs of words between signs."""
    stem = re.sub(r"(\.[A-Za-z]\w{0,4}){1,2}$", "", path)
    found = []
    for piece in [stem, *stem.split("/")]:
        tokens = re.split(r"([_\-. ]+)", piece)
        for start in range(0, len(tokens), 2):
            found += ["".join(tokens[start:end]) for end in range(start + 1, len(tokens) + 1, 2)]
    return found


def _id_columns(sheet: Sheet) -> list[str]:
    """Columns that may be of ids: named so, the first, and others whose fields all differ."""
    named = [n for n in sheet.names if words(n).replace(" ", "") in IDS]
    rest = [n for n in sheet.names if n and n not in (*named, sheet.names[0])]
    found = []
    for column in dict.fromkeys([*named, *sheet.names[:1], *rest]):
        texts = sheet.texts(column) if column else pd.Series([""])
        if texts.ne("").all() and texts.is_unique:
            found.append(column)
    first = [c for c in found if c in (*named, *sheet.names[:1])]
    return found if first else []
