"""Dates in other forms, impossible dates, hours and zones."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pandas as pd

from tests.attack.case import Mutation, Right
from tests.attack.kinds.tables import Edit, in_tables
from tests.attack.world import BASIN

AREA = "text series"
NAMES = (f"{BASIN}.csv", BASIN, "date")
#: Every date in this form: what is right without an option.
EVERY: dict[str, tuple[Right, Callable[[pd.Timestamp], str]]] = {
    "with slashes": ("same", lambda d: f"{d:%Y/%m/%d}"),
    "with points": ("same", lambda d: f"{d:%Y.%m.%d}"),
    "without zeros": ("same", lambda d: f"{d.year}-{d.month}-{d.day}"),
    "compact": ("same", lambda d: f"{d:%Y%m%d}"),
    "with midnight": ("same", lambda d: f"{d:%Y-%m-%d} 00:00:00"),
    "with midnight and T": ("same", lambda d: f"{d:%Y-%m-%d}T00:00"),
    "with fractions of seconds": ("same", lambda d: f"{d:%Y-%m-%d} 00:00:00.000000"),
    "with noon": ("same", lambda d: f"{d:%Y-%m-%d} 12:00"),
    "in UTC": ("same", lambda d: f"{d:%Y-%m-%d} 00:00:00+00:00"),
    "in UTC with Z": ("same", lambda d: f"{d:%Y-%m-%d}T00:00:00Z"),
    "with an offset": ("same", lambda d: f"{d:%Y-%m-%d} 00:00:00+05:00"),
    "with a half-hour offset": ("same", lambda d: f"{d:%Y-%m-%d}T00:00:00+05:30"),
    "with a negative offset": ("same", lambda d: f"{d:%Y-%m-%d}T00:00:00-03:30"),
    "with an offset without colon": ("same", lambda d: f"{d:%Y-%m-%d}T00:00:00+0530"),
    "with late hours and an offset": ("doubt", lambda d: f"{d:%Y-%m-%d}T23:30:00+09:30"),
    "with offsets of two kinds": (
        *("same", lambda d: f"{d:%Y-%m-%d} 00:00:00{'+01:00' if d.month < 6 else '+02:00'}"),
    ),
    "day first": ("error", lambda d: f"{d:%d-%m-%Y}"),
    "day first with slashes": ("error", lambda d: f"{d:%d/%m/%Y}"),
    "month first": ("error", lambda d: f"{d:%m/%d/%Y}"),
    "year, day, month": ("error", lambda d: f"{d:%Y-%d-%m}"),
    "years of two digits": ("error", lambda d: f"{d:%y-%m-%d}"),
    "years of two digits, day first": ("error", lambda d: f"{d:%d/%m/%y}"),
    "names of months": ("error", lambda d: f"{d:%d-%b-%Y}"),
    "names of weekdays": ("error", lambda d: f"{d:%a %d %b %Y}"),
    "day of the year": ("either", lambda d: f"{d:%Y-%j}"),
    "day of the year without hyphen": ("error", lambda d: f"{d:%Y%j}"),
    "months": ("error", lambda d: f"{d:%Y-%m}"),
    "weeks": ("either", lambda d: f"{d:%G-W%V-%u}"),
    "numbers of a spreadsheet": ("error", lambda d: str((d - pd.Timestamp("1899-12-30")).days)),
    "seconds since 1970": ("error", lambda d: str(int(d.timestamp()))),
    "milliseconds since 1970": ("error", lambda d: str(int(d.timestamp() * 1000))),
    "days since 1970": ("error", lambda d: str((d - pd.Timestamp("1970-01-01")).days)),
    "decimal years": ("error", lambda d: f"{d.year + (d.dayofyear - 1) / 366:.4f}"),
    "years of five digits": ("error", lambda d: f"1{d:%Y-%m-%d}"),
    "years 8000 later": ("error", lambda d: f"{d.year + 7900}-{d:%m-%d}"),
    "years 1000 earlier": ("error", lambda d: f"{d.year - 1000}-{d:%m-%d}"),
    "Buddhist years": ("error", lambda d: f"{d.year + 543}-{d:%m-%d}"),
    "only a time": ("error", lambda d: "00:00:00"),
    "all alike": ("error", lambda d: "2000-01-01"),
    "empty": ("error", lambda d: ""),
    "24 o'clock": ("either", lambda d: f"{d:%Y-%m-%d} 24:00"),
    "words": ("error", lambda d: "today"),
}
#: A date in place of one (year, month and day can be named).
ONE: dict[str, Right] = {
    "2001-02-29": "error",
    "2001-02-30": "error",
    "2001-13-01": "error",
    "2001-00-10": "error",
    "2001-06-31": "error",
    "2001-06-00": "error",
    "0000-00-00": "error",
    "9999-12-31": "error",
    "1582-10-10": "error",
    "2001-6-1-1": "error",
    "2001-06-01x": "error",
    "x2001-06-01": "error",
    "2001--06-01": "error",
    "20010601 ": "error",
    "01/06/2001": "error",
    "1/6/01": "error",
    "06-01": "error",
    "2001": "error",
    "2001-06": "error",
    "": "error",
    "NaT": "error",
    "NA": "error",
    "now": "error",
    "-2001-06-01": "error",
    "2001-06-01 25:00": "error",
    "2001-06-01 00:60": "error",
    "2001-06-01+99:00": "either",
    "2O01-06-01": "error",
    "2001-06-01.5": "error",
    "3001-06-01": "error",
    "1e9": "error",
    "NaN": "error",
    "2001\u201306\u201301": "error",
}
#: A form of dates in the options that does not say the day, or is none: the right is an error.
FORMATS = (
    *("%y-%m-%d", "%d/%m/%y", "%m-%d", "%Y-%m", "%Y", "%Y-%d", "%Y-%q-%d", "%D", "%x", "%c"),
    *("YYYY-MM-DD", "dd/mm/yyyy", "", "%", "%%", "%H:%M", "%Y-%m-%d-%Y", "%d/%m/%Y", "%m/%d/%Y"),
    *("%Y-%d-%m", "%Y %m %d", "%B %d, %Y", "%s", "%Y-%m-%d" + "x" * 1000),
)


def mutations() -> Iterator[Mutation]:
    """All dates of a file, one of them, or the option that says their form."""
    for title, (right, write) in EVERY.items():
        kind = "forms of dates" if right in ("same", "doubt") else "wrong forms of dates"
        yield Mutation(AREA, kind, title, right, in_tables(rewritten(write)), NAMES)
    for text, right in ONE.items():
        change = in_tables(one_day(text))
        yield Mutation(AREA, "impossible dates", f"{text!r} in a day", right, change, NAMES)
    for share in (0.1, 0.5, 0.9):
        yield Mutation(
            *(AREA, "wrong forms of dates", f"day first from {share:.0%} of the rows on", "error"),
            in_tables(rewritten(lambda d: f"{d:%d/%m/%Y}", share)),
            NAMES,
        )
        yield Mutation(
            *(AREA, "forms of dates", f"with slashes from {share:.0%} of the rows on", "same"),
            in_tables(rewritten(lambda d: f"{d:%Y/%m/%d}", share)),
            NAMES,
        )
    for text in FORMATS:
        change = in_tables(lambda table, chance: None, date_format=text)
        names = (*NAMES, "date_format", "0101.csv")
        yield Mutation(AREA, "forms of dates in options", f"{text[:40]!r}", "error", change, names)


def rewritten(form: Callable[[pd.Timestamp], str], share: float = 0.0) -> Edit:
    """The dates from a share of the rows on, in another form."""

    def edit(table: pd.DataFrame, chance: random.Random) -> None:
        days = [pd.Timestamp(day) for day in table["date"]]
        first = int(len(days) * share)
        table["date"] = [f"{d:%Y-%m-%d}" for d in days[:first]] + [form(d) for d in days[first:]]

    return edit


def one_day(text: str) -> Edit:
    """A date in place of 2001-06-01."""

    def edit(table: pd.DataFrame, chance: random.Random) -> None:
        table.loc[table["date"] == "2001-06-02", "date"] = text

    return edit
