"""Files of one form together: entries of ``files`` in ``region.yaml``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hydrotl.data.sniff.files import Series
from hydrotl.data.sniff.ids import basins_of
from hydrotl.data.sniff.scales import units_of_files
from hydrotl.data.spelling import basin_id
from hydrotl_core.scaling import STREAMFLOW


@dataclass
class Group:
    """Files of one form: an entry of ``files``, notes on it, the basin of each path, a note."""

    entry: dict[str, Any]
    basins: list[str]
    unused: list[str]
    guessed: list[str]
    paths: dict[str, str]
    note: str = ""


def groups_of(series: Sequence[Series], known: Sequence[str]) -> list[Group]:
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
        codes = _codes(alike, entry["columns"])
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


def _codes(alike: Sequence[Series], columns: dict[str, dict[str, Any]]) -> list[float | str]:
    """Codes for missing values of all files of a group, numbers first.

    A number that is a value in another column is only of its own: it goes to ``columns``.
    """
    texts = sorted({text for one in alike for text in one.numbers.missing})
    by_column: dict[str, set[float]] = {}
    for one in alike:
        for name, codes in one.numbers.codes.items():
            by_column.setdefault(name, set()).update(codes)
    common = set[float]()
    for code in set[float]().union(*by_column.values()):
        having = [name for name, codes in by_column.items() if code in codes]
        rest = [name for name in columns if name not in having]
        if any((one.numbers.values[name] == code).any() for one in alike for name in rest):
            for name in having:
                columns[name].setdefault("missing", []).append(_short(code))
        else:
            common.add(code)
    return [*map(_short, sorted(common)), *texts]


def _short(code: float) -> float:
    """A whole number as one: -999 and not -999.0."""
    return int(code) if code == int(code) else code


def _units(series: Sequence[Series]) -> None:
    """Units that are not stated, from the values of all files with the same column names."""
    kinds: dict[str, list[Series]] = {}
    for one in series:
        kinds.setdefault(str(sorted(one.columns.items())), []).append(one)
    for alike in kinds.values():
        first = alike[0]
        unstated = [n for n, (_, unit) in first.columns.items() if unit is None and n != STREAMFLOW]
        values = [{n: np.asarray(one.numbers.values[n], float) for n in unstated} for one in alike]
        stated = {u for n, (_, u) in first.columns.items() if n[0] == "t" and u is not None}
        for one, found in zip(alike, units_of_files(values, stated), strict=True):
            one.form["_units"] = {n: (g.unit, g.scale, g.why) for n, g in found.items()}
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
