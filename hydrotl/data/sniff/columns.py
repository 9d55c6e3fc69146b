"""Which column of a file holds which variable: of several that could, the likeliest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from hydrotl.data.canonical import UNITS
from hydrotl.data.sniff.headers import UnnamedError, fits, heading_of, variable_of, words
from hydrotl.data.sniff.numbers import ABSENT
from hydrotl.data.sniff.sheet import Sheet
from hydrotl.data.sniff.stated_units import NO_UNIT, TIMES, seems_unit, unit_in
from hydrotl.data.units import known_unit, same_unit
from hydrotl_core.errors import DataError
from hydrotl_core.scaling import STREAMFLOW

#: Columns of published layouts whose unit is fixed by their documentation.
KNOWN_UNITS = {
    "total_precipitation_sum": "mm/day",  # Caravan
    "potential_evaporation_sum": "mm/day",
    "potential_evaporation_sum_ERA5_LAND": "mm/day",
    "potential_evaporation_sum_FAO_PENMAN_MONTEITH": "mm/day",
    **{f"temperature_2m_{which}": "degC" for which in ("mean", "min", "max")},
    "snow_depth_water_equivalent_mean": "mm",
    "discharge_spec": "mm/day",  # CAMELS-GB and its relatives
    "discharge_vol": "m3/s",
    "streamflow_mmd": "mm/day",
}
#: Fields of a column that are looked at to know whether it holds numbers.
SAMPLE = 500
#: Variables of which a second column is said: of others, several are usual.
_SAID_TWICE = ("prcp", "tmax", "tmin", "tmean", STREAMFLOW)
#: Rain may leave out snow; any other name of precipitation is of both.
_RAIN = re.compile(r"\b(rain|regen|pluie|lluvia|pioggia|chuva)")
_OBSERVED = re.compile(r"\b(q ?obs|obs|observed|beobachtet|observado)\b")

Columns = dict[str, tuple[str, str | None]]


class Candidate(NamedTuple):
    """A column that may hold a variable; ``odd`` is said of its unit and not understood."""

    column: str
    unit: str | None = None
    odd: str = ""


def columns_of(
    sheet: Sheet, dates: Sequence[str], name: str
) -> tuple[Columns, list[str], list[str]]:
    """Canonical variable -> column and stated unit; the columns not used; what is guessed.

    Raises
    ------
    DataError
        If the unit of a column is stated and not understood, or no column is understood.
    """
    found: dict[str, list[Candidate]] = {}
    rest = [n for n in sheet.names if n and n not in dates]
    _refuse_shared_names(sheet)
    for column in rest:
        if (said := heading_of(column)) is None or not is_numeric(sheet.texts(column)):
            continue
        unit, odd = said.unit or KNOWN_UNITS.get(column), said.odd
        if "00060" in column:
            unit = "ft3/s"
        if unit is None:
            below = _below(sheet, column)
            if other_quantity(said.variable, below):
                continue
            unit = unit_below(sheet, column, said.variable)
            odd = odd or (below if unit is None and seems_unit(below) else "")
        found.setdefault(said.variable, []).append(Candidate(column, unit, odd if not unit else ""))
    chosen, guessed = {}, []
    for variable, several in found.items():
        best, notes = likeliest(variable, several, str(sheet.path))
        chosen[variable] = (best.column, best.unit)
        guessed += notes
    chosen = chosen or _only_column(sheet, rest, name)
    used = {column for column, _ in chosen.values()}
    return chosen, [c for c in rest if c not in used], guessed


def _refuse_shared_names(sheet: Sheet) -> None:
    """A name over two columns, told apart in the line below: the second would be lost."""
    for place, (before, name) in enumerate(pairwise(sheet.names), 1):
        below = sheet.units[place] if place < len(sheet.units) else ""
        if name or not before or heading_of(f"{before} {below}") is None or not words(below):
            continue
        first = sheet.units[place - 1]
        raise DataError(
            f"{sheet.path}: column {place + 1} has no name of its own, only '{below}' below "
            f"'{before}': write one line with a name for each column, such as '{before} {first}' "
            f"and '{before} {below}'"
        )


def likeliest(
    variable: str, several: Sequence[Candidate], path: str
) -> tuple[Candidate, list[str]]:
    """The likeliest of the columns that may hold a variable, and what of that is a guess.

    Raises
    ------
    DataError
        If its unit is stated and not understood.
    """
    best = min(several, key=lambda one: (seems_unit(one.odd), _rank(variable, one), not one.unit))
    if seems_unit(best.odd):
        raise not_understood(path, best.column, best.odd, variable)
    guessed = []
    if best.odd:
        guessed.append(
            f"{variable}: '{best.odd}' in the name of column '{best.column}' is taken for no unit"
        )
    rivals = [
        one.column
        for one in several
        if one is not best
        and _rank(variable, one) == _rank(variable, best)
        and (not one.unit or not best.unit or same_unit(one.unit, best.unit, UNITS[variable]))
    ]
    if rivals and variable in _SAID_TWICE:
        others = " or ".join(f"'{one}'" for one in rivals[:4])
        guessed.append(f"{variable}: column '{best.column}' is taken; it may be {others} as well")
    return best, guessed


def _rank(variable: str, one: Candidate) -> bool:
    """Whether another column of the same variable is likelier, by its name alone."""
    said = words(one.column)
    if variable == "prcp":
        return _RAIN.search(said) is not None
    return variable == STREAMFLOW and _OBSERVED.search(said) is None


def not_understood(path: str, column: str, unit: str, variable: str) -> DataError:
    """The error of a unit that is stated and not understood."""
    return DataError(
        f"{path}: unit '{unit}' of column '{column}' is not understood: write it as in "
        f"'{variable} ({UNITS[variable]})', or leave the column out"
    )


def other_quantity(variable: str, unit: str) -> bool:
    """Whether a stated unit says that a column is not this variable: P in hPa is no rain."""
    if unit.casefold() in NO_UNIT | TIMES or re.fullmatch(r"\d+[sdn]", unit):
        return False
    return known_unit(unit) and not fits(variable, unit)


def _only_column(sheet: Sheet, rest: list[str], name: str) -> Columns:
    """The one column of values of a file that says elsewhere what it holds."""
    values = [c for c in rest if is_numeric(sheet.texts(c))]
    head = " ".join(sheet.preamble)
    said = None
    if "GRDC" in head and values:
        unit = re.search(r"unit of measure:?\s*(\S+)", head, re.IGNORECASE)
        if unit and not fits(STREAMFLOW, unit[1]):
            raise not_understood(str(sheet.path), values[0], unit[1], STREAMFLOW)
        said = (STREAMFLOW, unit[1] if unit else None)
    if said is None:
        tokens = re.split(r"[^\w]+|_", Path(name).stem)
        named = [variable_of(token) for token in tokens if len(token) > 1 or token in "qQpP"]
        distinct = {one for one in named if one is not None}
        said = distinct.pop() if len(distinct) == 1 and len(values) == 1 else None
    if said is not None and values:
        return {said[0]: (values[0], said[1] or unit_below(sheet, values[0], said[0]))}
    raise UnnamedError(
        f"{sheet.path}: none of the columns is understood ({', '.join(rest[:12])}); name them "
        "such as prcp, tmax, tmin, tmean, q, with the unit behind: q (m3/s)"
    )


def _below(sheet: Sheet, column: str) -> str:
    """Text in the line below the names."""
    position = sheet.names.index(column)
    return sheet.units[position].strip("[]() ") if position < len(sheet.units) else ""


def unit_below(sheet: Sheet, column: str, variable: str) -> str | None:
    """Unit in the line below the names."""
    unit = unit_in(_below(sheet, column), True)
    return unit if unit and fits(variable, unit) else None


def is_numeric(texts: pd.Series) -> bool:
    """Whether most of the fields that are not empty are numbers, in any form."""
    texts = texts.drop_duplicates()
    texts = texts.iloc[:: max(len(texts) // SAMPLE, 1)]
    there = texts[(texts != "") & ~texts.str.fullmatch(ABSENT.pattern, flags=re.IGNORECASE)]
    if not len(there):
        return False
    return bool(there.str.fullmatch(r"[-+]?[\d.,'\u2019 ]*\d[\d.,]*([eE][-+]?\d+)?").mean() > 0.5)
