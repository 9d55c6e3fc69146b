"""Which files of a folder belong together, and what is understood of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hydrotl.data.ownfile import REGION_FILE
from hydrotl.data.sniff.days import shared_form
from hydrotl.data.sniff.files import Series, Table, examine_file
from hydrotl.data.sniff.headers import UnnamedError
from hydrotl.data.sniff.ids import basins_of
from hydrotl.data.sniff.scales import weather_units
from hydrotl.data.sniff.wide import wide_series
from hydrotl.data.spelling import basin_id
from hydrotl_core.errors import DataError
from hydrotl_core.scaling import STREAMFLOW

#: Endings of files that may hold series or tables; any other is passed over.
TEXTS = {".csv", ".txt", ".tsv", ".dat", ".asc", ".rdb", ".day", ".tab", ".prn", ".tsd", ".cmd"}
GRIDS = {".nc", ".nc4"}
BOOKS = {".xlsx", ".xls", ".ods", ".xlsm", ".zip", ".gz"}
#: Levels of folders that are looked into.
DEPTH = 5
#: Files that need not be tables.
_PROSE = ("readme", "license", "licence", "changelog", "metadata", "notes", "info")


@dataclass
class Group:
    """Files of one form: an entry of ``files``, notes on it, and the basin of each path."""

    entry: dict[str, Any]
    basins: list[str]
    unused: list[str]
    guessed: list[str]
    paths: dict[str, str]


@dataclass
class Survey:
    """What is understood of a folder."""

    groups: list[Group]
    attributes: dict[str, Any] | None = None
    stations: dict[str, dict[str, float]] = field(default_factory=dict)
    guessed: list[str] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)


def survey(folder: Path) -> Survey:
    """Look at all files of a folder.

    Raises
    ------
    DataError
        If a file that seems to hold data is not understood, or none holds daily series; names
        file and line, and says what to do.
    """
    series: list[Series] = []
    tables: list[Table] = []
    passed: list[str] = []
    unnamed: dict[Path, UnnamedError] = {}
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        try:
            found = examine_file(path, folder)
        except DataError as error:
            if path.suffix.lower() in (".txt", "") or path.stem.lower().startswith(_PROSE):
                passed.append(f"{name}: {str(error).removeprefix(f'{path}')[:100].strip(' :')}")
            elif isinstance(error, UnnamedError):
                unnamed[path] = error
            else:
                raise
            continue
        if isinstance(found, Series):
            series.append(found)
        elif isinstance(found, Table):
            tables.append(found)
        else:
            passed.append(f"{name}: neither daily series nor a table of basins")
    known = list(dict.fromkeys(basin_id(one) for table in tables for one in table.ids))
    series += wide_series(unnamed, folder, known)
    if not series:
        raise DataError(
            f"{folder}: no file with daily series, which need a column of dates and one of values "
            f"({'; '.join(passed[:3]) or 'nothing was found'})"
        )
    if not any("prcp" in one.columns for one in series):
        raise DataError(
            f"{folder}: no precipitation among the columns (found: "
            f"{', '.join(sorted({n for one in series for n in one.columns}))}; not understood: "
            f"{', '.join(sorted({n for one in series for n in one.unused})[:8]) or 'none'}): name "
            "its column prcp, with the unit behind: prcp (mm)"
        )
    _agree_on_dates(series)
    guessed = [g for one in series for g in (f"{one.path}: {t}" for t in one.numbers.guessed)]
    groups = _groups(series, known)
    basins = sorted({basin for group in groups for basin in group.basins})
    chosen, notes = _attributes(tables, basins, folder)
    result = Survey(groups, chosen, {}, guessed[:5], [*passed, *notes])
    _stations(series, groups, result)
    return result


def _files(folder: Path) -> list[Path]:
    """Files that may hold data, sorted; hidden ones and those of runs are none."""
    if not folder.is_dir():
        raise DataError(f"no folder {folder}")
    found, books = [], []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        hidden = any(part.startswith((".", "~$", "_")) for part in inside)
        run = any(part.startswith("run") for part in inside[:-1])
        if not path.is_file() or hidden or run or len(inside) > DEPTH or path.name == REGION_FILE:
            continue
        if path.suffix.lower() in TEXTS | GRIDS:
            found.append(path)
        elif path.suffix.lower() in BOOKS:
            books.append(path)
    if not found and books:
        raise DataError(f"{books[0]}: save each sheet as CSV, or unpack the archive")
    if not found:
        raise DataError(f"{folder}: no file that may hold series ({', '.join(sorted(TEXTS))})")
    return found


def _agree_on_dates(series: Sequence[Series]) -> None:
    """Files that cannot tell day and month apart have the order of others with their columns."""
    for one in series:
        if one.days is None or not one.days.unsure:
            continue
        alike = [
            s.days for s in series if s.days is not None and s.days.columns == one.days.columns
        ]
        sure = shared_form(alike)
        if sure is not None:
            one.days, one.form["date_form"] = sure, sure.form
        else:
            one.numbers.guessed.append(
                f"dates are taken as {one.days.form}; no day above 12 tells it from the other order"
            )


def _groups(series: Sequence[Series], known: Sequence[str]) -> list[Group]:
    """Files of the same form and columns together, each with its pattern."""
    by_kind: dict[str, list[Series]] = {}
    for one in series:
        by_kind.setdefault(_kind(one), []).append(one)
    located: dict[str, tuple[str, str]] = {}
    for alike in by_kind.values():
        single = [one.path for one in alike if not {"basin_column", "basins"} & set(one.form)]
        located |= basins_of(single, known)
    _units(series)
    by_form: dict[str, list[Series]] = {}
    for one in series:
        pattern = located[one.path][1] if one.path in located else one.path
        by_form.setdefault(f"{pattern} {_entry(one, pattern)}", []).append(one)
    groups = []
    for alike in by_form.values():
        first = alike[0]
        pattern = located[first.path][1] if first.path in located else first.path
        entry = _entry(first, pattern)
        codes = _codes(alike)
        if codes:
            entry["missing"] = codes
        if first.path in located:
            basins = sorted({basin_id(located[one.path][0]) for one in alike})
        elif "basins" in first.form:
            basins = sorted(first.form["basins"])
        else:
            named = str(first.form["basin_column"])
            sheets = [one.sheet for one in alike if one.sheet is not None]
            basins = sorted({basin_id(one) for sheet in sheets for one in sheet.texts(named)})
        guessed = [f"{name}: {why}" for name, (_, why) in first_units(first).items() if why]
        unused = list(dict.fromkeys(c for one in alike for c in one.unused))
        paths = {one.path: basin_id(located[one.path][0]) for one in alike if one.path in located}
        groups.append(Group(entry, basins, unused, guessed, paths))
    return sorted(groups, key=lambda g: (g.entry["path"], g.basins))


def _kind(one: Series) -> str:
    """What files have in common that are the same but for their form."""
    parent = str(Path(one.path).parent.parent)
    return f"{parent} {sorted(one.columns)} {'basin_column' in one.form}"


def _codes(alike: Iterable[Series]) -> list[float | str]:
    """Codes for missing values of all files of a group, numbers first."""
    codes = list(dict.fromkeys(code for one in alike for code in one.numbers.missing))
    numbers = sorted(c for c in codes if not isinstance(c, str))
    return [*numbers, *sorted(c for c in codes if isinstance(c, str))]


def _units(series: Sequence[Series]) -> None:
    """Units that are not stated, from the values of all files with the same column names."""
    kinds: dict[str, list[Series]] = {}
    for one in series:
        kinds.setdefault(str(sorted(one.columns.items())), []).append(one)
    for alike in kinds.values():
        first = alike[0]
        unstated = [n for n, (_, unit) in first.columns.items() if unit is None and n != STREAMFLOW]
        values = {
            name: [np.asarray(one.numbers.values[name], float) for one in alike]
            for name in unstated
        }
        stated = {u for n, (_, u) in first.columns.items() if n[0] == "t" and u is not None}
        found = weather_units(values)
        for one in alike:
            one.form["_units"] = {
                name: (guess.unit, guess.scale, guess.why) for name, guess in found.items()
            }
            if len(stated) == 1:  # of one temperature it is stated, so of all
                unit = stated.copy().pop()
                one.form["_units"] |= {n: (unit, 1.0, "") for n in unstated if n[0] == "t"}


def first_units(one: Series) -> dict[str, tuple[str, str]]:
    """Unit of each variable of a file, and why it was guessed."""
    guessed = one.form.get("_units", {})
    found = {}
    for name, (_, unit) in one.columns.items():
        found[name] = (unit, "") if unit is not None else guessed.get(name, ("", 1.0, ""))[::2]
    return found


def _entry(one: Series, pattern: str) -> dict[str, Any]:
    """Entry of ``files``, without what is the default."""
    units, guessed = first_units(one), one.form.get("_units", {})
    columns: dict[str, Any] = {}
    for name, (column, _) in one.columns.items():
        columns[name] = {"column": column, "units": units[name][0]}
        if name in guessed and guessed[name][1] != 1:
            columns[name]["scale"] = guessed[name][1]
    form = {key: value for key, value in one.form.items() if key != "_units"}
    entry = {"path": pattern, **form, "decimal": one.numbers.decimal}
    entry["thousands"] = one.numbers.thousands
    entry["columns"] = columns
    if len(entry["date"]) == 1:
        entry["date"] = entry["date"][0]
    defaults = {
        "separator": ",",
        "encoding": "utf-8-sig",
        "comment": None,
        "header": 1,
        "below_header": 0,
        "date_form": None,
        "decimal": ".",
        "thousands": None,
    }
    return {k: v for k, v in entry.items() if k not in defaults or v != defaults[k]}


def _attributes(
    tables: Sequence[Table], basins: Sequence[str], folder: Path
) -> tuple[dict[str, Any] | None, list[str]]:
    """The table of attributes that has the basins, as in ``region.yaml``."""
    having = [t for t in tables if set(basins) & set(map(basin_id, t.ids))] or [
        t for t in tables if t.places
    ]
    if not having:
        return None, []
    best = max(having, key=lambda t: (len(t.places), len(set(basins) & set(map(basin_id, t.ids)))))
    notes = [f"{t.path}: another table; not used" for t in having if t is not best]
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


def _stations(series: Sequence[Series], groups: Sequence[Group], result: Survey) -> None:
    """What the files of stations say of them, where no table does."""
    if result.attributes is not None and {"area_km2", "latitude"} <= set(
        result.attributes["columns"]
    ):
        return
    for one in series:
        if not one.station:
            continue
        basin = next(g.paths[one.path] for g in groups if one.path in g.paths)
        result.stations.setdefault(basin, {}).update(one.station)
