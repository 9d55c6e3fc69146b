"""Daily tables and the forms of text in which they are written; all forms say the same numbers."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from tests.attack.case import Change, edit_yaml
from tests.attack.world import BASIN, COLUMNS, MANIFEST, TARGET, TARGET_FOLDER, TEST, TRAIN

#: Changes a table of texts (date and the native columns) in place, or returns another.
Edit = Callable[[pd.DataFrame, random.Random], pd.DataFrame | None]
CANONICAL = {native: name for name, (native, _) in COLUMNS.items()}


@dataclass(frozen=True)
class Form:
    """A form of text files, and the options of the manifest entry that describe it."""

    options: Mapping[str, Any] = field(default_factory=dict)
    separator: str = ","
    decimal: str = "."
    date: str = "%Y-%m-%d"
    quoting: Any = csv.QUOTE_MINIMAL
    ends: str = "\n"
    encoding: str = "utf-8"
    parted: bool = False


FORMS: dict[str, Form] = {
    "comma": Form(),
    "semicolon and decimal comma": Form({"separator": ";", "decimal": ","}, ";", ","),
    "tab": Form({"separator": "\t"}, "\t"),
    "bar": Form({"separator": "|"}, "|"),
    "blanks": Form({"separator": "whitespace"}, " "),
    "three date columns": Form({"date_columns": ["year", "month", "day"]}, parted=True),
    "day first": Form({"date_format": "%d.%m.%Y"}, date="%d.%m.%Y"),
    "all quoted": Form(quoting=csv.QUOTE_ALL),
    "byte order mark and CRLF": Form(ends="\r\n", encoding="utf-8-sig"),
    "time of day": Form(date="%Y-%m-%dT00:00:00"),
    "compact dates": Form(date="%Y%m%d"),
    "utf-16": Form({"encoding": "utf-16"}, encoding="utf-16"),
}


def read(root: Path, basin: str) -> pd.DataFrame:
    """The clean table of a basin, all texts, an empty one where a value is missing."""
    path = root / TARGET_FOLDER / f"{basin}.csv"
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def write(root: Path, basin: str, table: pd.DataFrame, form: Form = FORMS["comma"]) -> None:
    """A table in a form."""
    table = table.copy()
    if form.date != "%Y-%m-%d":
        days = pd.to_datetime(table["date"], format="%Y-%m-%d", errors="coerce")
        table["date"] = days.dt.strftime(form.date).where(days.notna(), table["date"])
    if form.parted:
        parts = table.pop("date").str.split("-", expand=True)
        for place, name in enumerate(("year", "month", "day")):
            table.insert(place, name, parts[place])
    if form.decimal != ".":
        for name in table.columns.intersection(list(CANONICAL)):
            table[name] = table[name].str.replace(".", form.decimal, regex=False)
    if form.separator == " ":
        table = table.replace("", "NA")
    text = table.to_csv(
        index=False, sep=form.separator, quoting=form.quoting, lineterminator=form.ends
    )
    (root / TARGET_FOLDER / f"{basin}.csv").write_bytes(text.encode(form.encoding))


def describe(root: Path, form: Form, **options: Any) -> None:
    """Say in the manifest entry what form the files have."""
    edit_yaml(
        MANIFEST, lambda c: c["datasets"]["target"]["options"].update({**form.options, **options})
    )(root, random.Random(0))


def in_tables(
    edit: Edit, form: str = "comma", basins: Sequence[str] = (BASIN,), **options: Any
) -> Change:
    """A change of the tables of ``basins``, all files of the data set in a form."""

    def change(root: Path, chance: random.Random) -> None:
        tables = {basin: read(root, basin) for basin in TARGET}
        for basin in basins:
            edited = edit(tables[basin], chance)
            tables[basin] = tables[basin] if edited is None else edited
        for basin, table in tables.items():
            if form != "comma" or basin in basins:
                write(root, basin, table, FORMS[form])
        if "encoding" in FORMS[form].options:
            file = root / TARGET_FOLDER / "attributes.csv"
            file.write_bytes(file.read_text(encoding="utf-8").encode(FORMS[form].encoding))
        if form != "comma" or options:
            describe(root, FORMS[form], **options)

    return change


def days_of(table: pd.DataFrame, period: Sequence[str]) -> list[int]:
    """Rows of a table in a period."""
    inside = (table["date"] >= period[0]) & (table["date"] < period[1])
    return [int(row) for row in table.index[inside]]


def put(column: str, text: str, days: int = 1, period: Sequence[str] = TRAIN) -> Edit:
    """Put a text in place of some values of a column; in several days one after another."""

    def edit(table: pd.DataFrame, chance: random.Random) -> None:
        rows = days_of(table, period)
        start = chance.randrange(30, len(rows) - days - 30) if days < len(rows) - 60 else 0
        table.loc[rows[start : start + days], column] = text

    return edit


def scale(columns: Sequence[str], factor: float, offset: float = 0.0, digits: int = 6) -> Edit:
    """Multiply columns and add to them."""

    def edit(table: pd.DataFrame, chance: random.Random) -> None:
        for column in columns:
            values = pd.to_numeric(table[column], errors="coerce") * factor + offset
            table[column] = values.map(lambda v: "" if pd.isna(v) else f"{v:.{digits}f}")

    return edit


def named(*columns: str) -> tuple[str, ...]:
    """How a clear error may name columns of a daily table: native or canonical."""
    return (*columns, *(CANONICAL[one] for one in columns if one in CANONICAL))


TESTED, TRAINED = tuple(TEST), tuple(TRAIN)
