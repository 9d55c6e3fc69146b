"""Daily series that contradict themselves or each other, and flow among the weather."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from tests.attack.case import Change, Mutation, Right, edit_yaml
from tests.attack.kinds.tables import Edit, days_of, in_tables, named
from tests.attack.world import BASIN, MANIFEST, REGION, TARGET, TARGET_FOLDER, TRAIN

AREA, KIND = "text series", "contradictory series"
TEMPERATURES = named("t_high", "t_low")
#: A second file of the basin: its name.
COPIES: list[tuple[str, Right]] = [
    (f"{BASIN} (1).csv", "error"),
    (f"{BASIN} (2).csv", "error"),
    (f"{BASIN}_copy.csv", "error"),
    (f"{BASIN} - copy.csv", "error"),
    (f"{BASIN} copy 2.csv", "error"),
    (f" {BASIN}.csv", "error"),
    (f"{BASIN} .csv", "error"),
    (f"{BASIN}_old.csv", "error"),
    (f"{BASIN}.bak.csv", "error"),
    ("103.csv", "error"),
    (f"0{BASIN}.csv", "error"),
    (f"{BASIN}.CSV", "same"),
    (f"{BASIN}.csv.bak", "same"),
    (f"{BASIN}.csv~", "same"),
    (f".{BASIN}.csv", "same"),
    (f"~${BASIN}.csv", "same"),
    (f"._{BASIN}.csv", "same"),
    (f"{BASIN}.txt", "same"),
]


def mutations() -> Iterator[Mutation]:
    """Crossed temperatures, doubled and lost days, copies of files and of columns."""
    for title, (right, edit, names) in TABLES.items():
        for form in ("comma", "semicolon and decimal comma", "three date columns"):
            if form == "comma" or right == "error":
                suffix = "" if form == "comma" else f", {form}"
                change = in_tables(edit, form)
                yield Mutation(AREA, KIND, f"{title}{suffix}", right, change, names)
    for name, right in COPIES:
        yield Mutation(
            *(AREA, "two files of a basin", repr(name), right),
            copied(name),
            (BASIN, name, Path(name).stem),
        )
    yield Mutation(
        *(AREA, KIND, "two basins with one series", "doubt"),
        replaced("0104.csv", f"{BASIN}.csv"),
        (BASIN, "0104"),
    )
    yield Mutation(
        *(AREA, KIND, "all basins with one series", "doubt"),
        lambda root, chance: ([replaced(f"{b}.csv", f"{BASIN}.csv")(root, chance) for b in TARGET]),
        (BASIN, *TARGET),
    )
    for title, (right, name, native) in FLOW_AS_WEATHER.items():

        def declare(content: dict, name: str = name, native: str = native) -> None:
            variables = content["datasets"]["target"]["variables"]
            variables[name] = {"native": native, "units": "m3/s" if name == "pet" else "mm/day"}

        yield Mutation(
            *("manifest entry", "flow as an input", title, right),
            edit_yaml(MANIFEST, declare),
            (name, native),
        )
    for title, (right, change_inputs) in FLOW_INPUTS.items():
        yield Mutation(
            *("region", "flow as an input", title, right),
            edit_yaml(REGION, change_inputs),
            ("streamflow", "discharge", "flow"),
            "run",
        )


def copied(name: str) -> Change:
    """The basin's file once more, with a value changed."""

    def change(root: Path, chance: random.Random) -> None:
        folder = root / TARGET_FOLDER
        text = (folder / f"{BASIN}.csv").read_text(encoding="utf-8")
        (folder / name).write_text(text.replace(",0.0,", ",0.1,", 5), encoding="utf-8")

    return change


def replaced(name: str, by: str) -> Change:
    """One file with the content of another."""

    def change(root: Path, chance: random.Random) -> None:
        folder = root / TARGET_FOLDER
        if name != by:
            shutil.copy(folder / by, folder / name)

    return change


def crossed(days: int) -> Edit:
    """The lowest temperature above the highest."""

    def edit(table: pd.DataFrame, chance: random.Random) -> None:
        rows = days_of(table, TRAIN)
        start = chance.randrange(len(rows) - days + 1)
        chosen = rows[start : start + days]
        swapped = table.loc[chosen, ["t_low", "t_high"]].to_numpy()
        table.loc[chosen, ["t_high", "t_low"]] = swapped

    return edit


def doubled(days: int, changed: bool = False, where: int | None = None) -> Edit:
    """Rows that are there twice."""

    def edit(table: pd.DataFrame, chance: random.Random) -> pd.DataFrame:
        row = chance.randrange(10, len(table) - days - 10) if where is None else where
        again = table.iloc[row : row + days].copy()
        if changed:
            again["rain"] = "1.23"
        end = row + days
        return pd.concat([table.iloc[:end], again, table.iloc[end:]], ignore_index=True)

    return edit


def lost(first: int, last: int) -> Edit:
    """Rows that are not there."""
    return lambda table, chance: table.drop(index=range(first, last)).reset_index(drop=True)


def copy_of(column: str, of: str, days: int = 0, factor: float = 1.0) -> Edit:
    """A column with the values of another, perhaps moved and in another unit."""

    def edit(table: pd.DataFrame, chance: random.Random) -> None:
        values = pd.to_numeric(table[of], errors="coerce").ffill().bfill() * factor
        table[column] = np.roll(values.map(lambda v: f"{v:.5f}").to_numpy(), days)

    return edit


def renamed(**names: str) -> Edit:
    """Columns with other names."""
    return lambda table, chance: table.rename(columns=names)


def ordered(key: str) -> Edit:
    """Rows in another order."""

    def edit(table: pd.DataFrame, chance: random.Random) -> pd.DataFrame:
        order = list(range(len(table)))
        if key == "random":
            chance.shuffle(order)
        elif key == "swapped":
            row = chance.randrange(10, len(order) - 10)
            order[row], order[row + 1] = order[row + 1], order[row]
        else:
            order.reverse()
        return table.iloc[order].reset_index(drop=True)

    return edit


FILE_NAMES = (f"{BASIN}.csv", BASIN)
_FLOW = (*named("discharge", "pet", "rain"), "flow", BASIN)
TABLES: dict[str, tuple[Right, Edit, tuple[str, ...]]] = {
    "t_low above t_high on a day": ("error", crossed(1), TEMPERATURES),
    "t_low above t_high on ten days": ("error", crossed(10), TEMPERATURES),
    "t_low and t_high swapped": ("error", crossed(365), TEMPERATURES),
    "t_low and t_high swapped in the header": (
        *("error", renamed(t_low="t_high", t_high="t_low")),
        TEMPERATURES,
    ),
    "rain and t_low swapped in the header": (
        *("error", renamed(rain="t_low", t_low="rain")),
        named("rain", "t_low", "t_high"),
    ),
    "pet and discharge swapped in the header": (
        *("doubt", renamed(pet="discharge", discharge="pet")),
        _FLOW,
    ),
    "rain and discharge swapped in the header": (
        *("doubt", renamed(rain="discharge", discharge="rain")),
        _FLOW,
    ),
    "a day twice": ("error", doubled(1), FILE_NAMES),
    "a day twice with other numbers": ("error", doubled(1, changed=True), FILE_NAMES),
    "the first day twice": ("error", doubled(1, where=0), FILE_NAMES),
    "a month twice": ("error", doubled(30), FILE_NAMES),
    "the whole record twice": ("error", doubled(1096, where=0), FILE_NAMES),
    "a lost day": ("error", lost(500, 501), FILE_NAMES),
    "a lost month": ("error", lost(500, 531), FILE_NAMES),
    "no 29 February": ("error", lost(59, 60), FILE_NAMES),
    "the record ends in the test days": ("doubt", lost(800, 1096), FILE_NAMES),
    "the record begins in the training days": ("doubt", lost(0, 400), FILE_NAMES),
    "the record is of other years": ("doubt", lost(200, 1096), FILE_NAMES),
    "rows in no order": ("either", ordered("random"), FILE_NAMES),
    "two rows swapped": ("either", ordered("swapped"), FILE_NAMES),
    "the last day first": ("either", ordered("reversed"), FILE_NAMES),
    "flow in the column of rain": ("error", copy_of("rain", "discharge"), _FLOW),
    "flow in the column of pet": ("error", copy_of("pet", "discharge"), _FLOW),
    "flow of tomorrow in the column of pet": ("error", copy_of("pet", "discharge", -1), _FLOW),
    "flow of yesterday in the column of pet": ("error", copy_of("pet", "discharge", 1), _FLOW),
    "flow in mm in the column of pet": ("error", copy_of("pet", "discharge", 0, 0.4), _FLOW),
    "rain in the column of flow": ("error", copy_of("discharge", "rain"), _FLOW),
}
FLOW_AS_WEATHER: dict[str, tuple[Right, str, str]] = {
    "the flow column as pet": ("error", "pet", "discharge"),
    "the flow column as rain": ("error", "prcp", "discharge"),
    "the flow column as another rain": ("either", "prcp_mswep", "discharge"),
}
_EXTRA = {"dynamic": ["streamflow"]}
FLOW_INPUTS: dict[str, tuple[Right, Callable[[dict], None]]] = {
    "streamflow among the daily inputs": (
        *("error", lambda c: c["inputs"]["dynamic"].append("streamflow")),
    ),
    "streamflow as an attribute": (
        *("error", lambda c: c["inputs"]["static"].append("streamflow")),
    ),
    "streamflow alone": ("error", lambda c: c["inputs"].update(dynamic=["streamflow"])),
    "streamflow as an extra input": ("either", lambda c: c.update(extra_inputs=_EXTRA)),
}
