"""Numbers in another unit than the entry says, and weather that cannot bring the flow."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from tests.attack.case import Mutation, Right, edit_yaml
from tests.attack.kinds.tables import CANONICAL, Edit, in_tables, named, scale
from tests.attack.world import BASIN, MANIFEST, TARGET

AREA, KIND = "text series", "other units than stated"
TEMPERATURES = ("t_high", "t_low")
#: What the numbers are in: columns, factor, offset and what is right.
LIES: dict[str, tuple[Sequence[str], float, float, Right]] = {
    "kelvin": (TEMPERATURES, 1, 273.15, "error"),
    "degrees Fahrenheit": (TEMPERATURES, 1.8, 32, "error"),
    "tenths of degrees": (TEMPERATURES, 10, 0, "error"),
    "hundredths of degrees": (TEMPERATURES, 100, 0, "error"),
    "kelvin in t_high only": (("t_high",), 1, 273.15, "error"),
    "negative temperatures": (("t_low",), 1, -100, "error"),
    "rain in m": (("rain",), 1e-3, 0, "doubt"),
    "rain in cm": (("rain",), 0.1, 0, "doubt"),
    "rain in inch": (("rain",), 1 / 25.4, 0, "doubt"),
    "rain in kg m-2 s-1": (("rain",), 1 / 86400, 0, "doubt"),
    "rain in mm/h": (("rain",), 1 / 24, 0, "doubt"),
    "rain in tenths of mm": (("rain",), 10, 0, "doubt"),
    "rain in hundredths of mm": (("rain",), 100, 0, "error"),
    "rain of a month": (("rain",), 30, 0, "doubt"),
    "evaporation in m": (("pet",), 1e-3, 0, "doubt"),
    "evaporation in tenths of mm": (("pet",), 10, 0, "doubt"),
    "evaporation in J/m2": (("pet",), 2.45e6, 0, "error"),
    "evaporation in W/m2": (("pet",), 28.4, 0, "doubt"),
    "flow in l/s": (("discharge",), 1e3, 0, "error"),
    "flow in ft3/s": (("discharge",), 35.3147, 0, "doubt"),
    "flow in m3/h": (("discharge",), 3600, 0, "error"),
    "flow in m3/day": (("discharge",), 86400, 0, "error"),
    "flow in million m3/day": (("discharge",), 0.0864, 0, "doubt"),
    "flow in thousand m3/s": (("discharge",), 1e-3, 0, "doubt"),
    "flow in Ml/day": (("discharge",), 86.4, 0, "doubt"),
}
#: Units that an entry may state wrongly: variable, what it says, what is right.
STATED: list[tuple[str, str, Right]] = [
    ("prcp", "m/day", "error"),
    ("prcp", "m", "error"),
    ("prcp", "degC", "error"),
    ("prcp", "mm/s", "error"),
    ("prcp", "inch/day", "doubt"),
    ("prcp", "mm/hour", "doubt"),
    ("prcp", "furlong/fortnight", "error"),
    ("prcp", "", "error"),
    ("prcp", "Mm/day", "error"),
    ("prcp", "mmday", "error"),
    ("prcp", "mm/d", "same"),
    ("prcp", "mm d-1", "same"),
    ("prcp", "mm day-1", "same"),
    ("prcp", "millimeter/day", "same"),
    ("prcp", "W/m2", "error"),
    ("tmax", "K", "error"),
    ("tmax", "C", "same"),
    ("tmax", "degrees C", "same"),
    ("tmax", "degree_C", "same"),
    ("tmax", "\u00b0C", "same"),
    ("tmax", "Celsius", "same"),
    ("tmax", "degF", "doubt"),
    ("tmax", "F", "doubt"),
    ("tmax", "mm/day", "error"),
    ("tmin", "kelvin", "error"),
    ("tmin", "R", "error"),
    ("pet", "J/m2", "error"),
    ("pet", "W", "error"),
    ("pet", "m3/s", "doubt"),
    ("streamflow", "m^3/s", "same"),
    ("streamflow", "m3 s-1", "same"),
    ("streamflow", "m**3/s", "same"),
    ("streamflow", "cms", "same"),
    ("streamflow", "l/s", "doubt"),
    ("streamflow", "L/s", "doubt"),
    ("streamflow", "cfs", "doubt"),
    ("streamflow", "m3/day", "doubt"),
    ("streamflow", "km3/s", "error"),
    ("streamflow", "m3", "error"),
    ("streamflow", "m", "error"),
    ("streamflow", "kg/s", "error"),
    ("streamflow", "M3/S", "same"),
    ("streamflow", "cubic", "error"),
    ("streamflow", "1", "error"),
]


def mutations() -> Iterator[Mutation]:
    """Lies of one basin and of all, wrong statements, and series that cannot be."""
    for what, (columns, factor, offset, right) in LIES.items():
        names = (*named(*columns), "flow", "runoff")
        for who, basins in (("all basins", TARGET), ("one basin", [BASIN])):
            change = in_tables(scale(columns, factor, offset, 9), basins=basins)
            yield Mutation(AREA, KIND, f"{what}, {who}", right, change, names)
    for name, unit, right in STATED:

        def state(content: dict, name: str = name, unit: str = unit) -> None:
            content["datasets"]["target"]["variables"][name]["units"] = unit

        native = next(column for column, canonical in CANONICAL.items() if canonical == name)
        names = (native, name, "units", "flow", "runoff", *filter(None, [unit]))
        title = f"{name} is said to be in {unit!r}"
        yield Mutation("manifest entry", "units", title, right, edit_yaml(MANIFEST, state), names)
    for title, (right, edit, columns) in WEATHER.items():
        names = (*named(*columns), "flow", "runoff", BASIN)
        for who, basins in (("all basins", TARGET), ("one basin", [BASIN])):
            change = in_tables(edit, basins=basins)
            yield Mutation(AREA, "implausible series", f"{title}, {who}", right, change, names)


def shifted(columns: Sequence[str], days: int) -> Edit:
    """Columns moved by days; what leaves at one end comes in at the other."""

    def edit(table: pd.DataFrame, chance: random.Random) -> None:
        for column in columns:
            table[column] = np.roll(table[column].to_numpy(), days)

    return edit


def constant(column: str, text: str, first: int = 0, last: int = 10**6) -> Edit:
    """The same value in all days, or from one row to another."""

    def edit(table: pd.DataFrame, chance: random.Random) -> None:
        table.loc[first:last, column] = text

    return edit


def summed(column: str) -> Edit:
    """A column as the sum since the first day."""

    def edit(table: pd.DataFrame, chance: random.Random) -> None:
        values = pd.to_numeric(table[column], errors="coerce").fillna(0).cumsum()
        table[column] = values.map(lambda v: f"{v:.3f}")

    return edit


def jump(column: str, offset: float) -> Edit:
    """A day that is far from those beside it."""

    def edit(table: pd.DataFrame, chance: random.Random) -> None:
        values, row = table[column].to_numpy(), chance.randrange(400, 600)
        table.loc[row, column] = f"{float(values[row]) + offset:.2f}"

    return edit


WEATHER: dict[str, tuple[Right, Edit, Sequence[str]]] = {
    "no rain ever": ("doubt", constant("rain", "0.0"), ("rain",)),
    "always the same rain": ("doubt", constant("rain", "2.4"), ("rain",)),
    "always the same flow": ("doubt", constant("discharge", "4.2"), ("discharge",)),
    "the same flow for 300 days": ("doubt", constant("discharge", "4.2", 330, 630), ("discharge",)),
    "always the same t_high": ("doubt", constant("t_high", "31.0"), ("t_high",)),
    "no evaporation ever": ("doubt", constant("pet", "0"), ("pet",)),
    "no flow ever": ("doubt", constant("discharge", "0"), ("discharge",)),
    "rain summed up": ("error", summed("rain"), ("rain",)),
    "flow summed up": ("doubt", summed("discharge"), ("discharge",)),
    "summer in January": ("doubt", shifted(("t_high", "t_low"), 182), ("t_high", "t_low")),
    "flow 8 days before its rain": ("doubt", shifted(("discharge",), -8), ("discharge", "rain")),
    "flow 200 days late": ("doubt", shifted(("discharge",), 200), ("discharge", "rain")),
    "a day 50 K warmer": ("doubt", jump("t_high", 50), ("t_high",)),
    "a day 45 K colder": ("doubt", jump("t_low", -45), ("t_low",)),
    "rain of 1500 mm in a day": ("doubt", jump("rain", 1500), ("rain",)),
}
