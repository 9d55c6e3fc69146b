"""Which files of a folder belong together, and what is understood of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hydrotl.data.sniff.apart import apart
from hydrotl.data.sniff.basin_table import Table, with_fitting_ids
from hydrotl.data.sniff.days import shared_form, sparse_days
from hydrotl.data.sniff.files import Series, examine_file, ids_there
from hydrotl.data.sniff.gather import (
    data_files,
    is_prose,
    refuse_flow_not_understood,
    refuse_series_not_understood,
)
from hydrotl.data.sniff.groups import Group, groups_of
from hydrotl.data.sniff.headers import UnnamedError
from hydrotl.data.sniff.tables import attributes_of, of_other_tables, without_places
from hydrotl.data.sniff.wide import wide_series
from hydrotl.data.spelling import basin_id
from hydrotl_core.errors import DataError
from hydrotl_core.scaling import STREAMFLOW

#: Guesses on single files that are listed.
MOST_GUESSES = 20


@dataclass
class Survey:
    """What is understood of a folder; ``lacking`` are basins without a place in the table."""

    groups: list[Group]
    attributes: dict[str, Any] | None = None
    stations: dict[str, dict[str, float]] = field(default_factory=dict)
    guessed: list[str] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    lacking: dict[str, set[str]] = field(default_factory=dict)


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
    odd: list[Path] = []
    unnamed: dict[Path, UnnamedError] = {}
    unread: dict[Path, DataError] = {}
    paths, passed = data_files(folder)
    for path in paths:
        try:
            found = examine_file(path, folder)
        except DataError as error:
            if path.suffix.lower() in (".txt", "") or is_prose(path):
                unread[path] = error
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
            odd.append(path)
    tables = with_fitting_ids(tables, *ids_there(series, unnamed, folder))
    known = list(dict.fromkeys(basin_id(one) for table in tables for one in table.ids))
    series += wide_series(unnamed, folder, known)
    for path, why in unread.items():
        reason = str(why).removeprefix(str(path)).strip(" :,")
        passed.append(f"{path.relative_to(folder).as_posix()}: {reason[:100]}")
    passed += [
        f"{path.relative_to(folder).as_posix()}: neither daily series nor a table of basins"
        for path in odd
    ]
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
    for one in series:
        if one.sheet is not None and one.days is not None and "basin_column" not in one.form:
            one.numbers.guessed += sparse_days(one.sheet, one.days)
    guessed = _guesses(series)
    groups = groups_of(series, known)
    basins = sorted({basin for group in groups for basin in group.basins})
    chosen, notes = attributes_of(tables, basins, folder)
    for path, why in unread.items():
        if not is_prose(path):
            refuse_series_not_understood(path, why, [*known, *basins])
    foreign = [folder / t.path for t in tables if not set(basins) & set(map(basin_id, t.ids))]
    refuse_flow_not_understood([*odd, *foreign], series)
    groups = apart(groups, folder, None if chosen is None else str(chosen["path"]))
    placed, told = of_other_tables(tables, chosen, basins)
    used = {line.split(":")[0] for line in told}
    notes = [line for line in notes if line.split(":")[0] not in used]
    result = Survey(groups, chosen, placed, [*guessed, *told], [*passed, *notes])
    if chosen is not None:
        table = next(one for one in tables if one.path == chosen["path"])
        result.lacking = without_places(table, chosen)
    _stations(series, groups, result)
    units = {one["units"] for group in groups for one in group.entry["columns"].values()}
    result.guessed += [one for table in tables for one in table.unclear(chosen, units)]
    return result


def without_flow(found: Survey) -> list[str]:
    """Basins that no file has the flow of."""
    having = {b for g in found.groups if STREAMFLOW in g.entry["columns"] for b in g.basins}
    return sorted({basin for group in found.groups for basin in group.basins} - having)


def _guesses(series: Sequence[Series]) -> list[str]:
    """What was guessed of single files; the same of many is a line."""
    paths: dict[str, list[str]] = {}
    for one in series:
        for text in one.numbers.guessed:
            paths.setdefault(text, []).append(one.path)
    lines = [
        f"{of[0]}{f' and {len(of) - 1} more' if len(of) > 1 else ''}: {text}"
        for text, of in paths.items()
    ]
    more = [f"and {len(lines) - MOST_GUESSES} more of single files"]
    return lines[:MOST_GUESSES] + (more if len(lines) > MOST_GUESSES else [])


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
