"""The form of the dates of a file, decided by all of its rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hydrotl.data.readers.dates import is_iso
from hydrotl.data.sniff.headers import (
    DAY_NAMES,
    DOY_NAMES,
    MONTH_NAMES,
    YEAR_NAMES,
    is_date_name,
    words,
)
from hydrotl.data.sniff.sheet import Sheet
from hydrotl_core.errors import DataError

#: Share of the rows of a column of dates that are dates; the others are errors of the reader.
MOST = 0.95
#: Rows that the days between rows are looked for in, and those that make a file monthly.
MOST_LOOKED_AT, MONTHLY = 1000, 26
_PARTED = re.compile(r"(\d{1,2})([-/. ])(\d{1,2})\2(\d{4})(?:([T ]+)(\d{1,2}:\d{2})(:\d{2})?)?")
_SHORT = re.compile(
    r"(\d{1,2}([-/.])\d{1,2}\2|\d{1,2}[-/. ]?[^\W\d_]{3,9}\.?[-/. ]?)\d{2}([T ].*)?"
)
_WORDY = (
    (re.compile(r"\d{1,2}-[A-Za-z]{3}-\d{4}"), "%d-%b-%Y"),
    (re.compile(r"\d{1,2} [A-Za-z]{3} \d{4}"), "%d %b %Y"),
    (re.compile(r"\d{1,2} [A-Za-z]{4,} \d{4}"), "%d %B %Y"),
    (re.compile(r"[A-Za-z]{3} \d{1,2},? \d{4}"), "%b %d, %Y"),
    (re.compile(r"\d{1,2}\.[A-Za-z]{3}\.\d{4}"), "%d.%b.%Y"),
    (re.compile(r"\d{1,2}[A-Za-z]{3}\d{4}"), "%d%b%Y"),
)
_SERIAL = (15000, 60000)  # days since 1899-12-30 of the years 1941 to 2064


@dataclass(frozen=True)
class Days:
    """Columns of the date, their form, and whether day and month might be swapped."""

    columns: tuple[str, ...]
    form: str | None = None
    unsure: bool = False


def days_of(sheet: Sheet) -> Days | None:
    """Column(s) and form of the dates of a sheet; None if it has none.

    Raises
    ------
    DataError
        If there are dates, but day and month change places, years have two digits, or days are
        counted; says what to do.
    """
    parts = _parts(sheet)
    if parts is not None:
        return parts
    single = [name for name in sheet.names if name and sheet.names.count(name) == 1]
    for likely in (True, False):
        found: list[tuple[int, Days]] = []
        wrong: DataError | None = None
        for name in (n for n in single if is_date_name(n) == likely):
            texts = sheet.texts(name)
            different = int(texts.nunique())
            if different == 1 < len(texts):
                continue  # the day of an export, or a number that looks like a date
            try:
                form = _form(texts[texts != ""], sheet, name)
            except DataError as error:
                wrong = wrong or error
                continue
            if form is not None:
                found.append((different, form))
        if found:
            return max(found, key=lambda one: one[0])[1]
        if wrong is not None:
            raise wrong
    return None


def swapped(days: Days) -> Days:
    """The same dates with day and month in the other order."""
    form = days.form or ""
    return Days(days.columns, form.translate(str.maketrans("dm", "md")), days.unsure)


def _parts(sheet: Sheet) -> Days | None:
    """Columns of year, month and day, or of year and day of the year."""
    by_name = {words(name).replace(" ", ""): name for name in sheet.names}

    def one(names: set[str]) -> str | None:
        return next((by_name[n] for n in by_name if n in names), None)

    year = one(YEAR_NAMES)
    if year is None or not _within(sheet.texts(year), 1700, 2199):
        return None
    of_year = one(DOY_NAMES)
    if of_year is not None and _within(sheet.texts(of_year), 1, 366):
        return Days((year, of_year), "%Y %j")
    month, day = one(MONTH_NAMES), one(DAY_NAMES)
    if month is None or day is None or not _within(sheet.texts(month), 1, 12):
        return None
    return Days((year, month, day)) if _within(sheet.texts(day), 1, 31) else None


def _within(texts: pd.Series, low: int, high: int) -> bool:
    values = pd.to_numeric(texts, errors="coerce")
    return bool(values.between(low, high).mean() > MOST)


def _form(texts: pd.Series, sheet: Sheet, name: str) -> Days | None:
    """Form of a column's dates; None if it holds none."""
    if not len(texts):
        return None
    sample = texts.iloc[:: max(len(texts) // 200, 1)]
    if is_iso(sample).mean() > MOST and _plausible(sample):
        return Days((name,))
    for pattern, form in _WORDY:
        if sample.str.fullmatch(pattern).mean() > MOST:
            comma = "," in sample.iloc[0] or "," not in form
            return Days((name,), form if comma else form.replace(",", ""))
    if sample.str.fullmatch(_PARTED).mean() > MOST:
        return _ordered(texts, sheet, name)
    eight = sample.str.fullmatch(r"\d{8}").mean() > MOST
    if eight and is_date_name(name):
        bare = texts.str.replace(r"(\d\d)(\d\d)(\d{4})", r"\1/\2/\3", regex=True)
        found = _ordered(bare, sheet, name)
        return Days((name,), str(found.form).replace("/", ""), found.unsure)
    if sample.str.fullmatch(r"(1[7-9]|20|21)\d{2}[0-3]\d{2}").mean() > MOST and is_date_name(name):
        return Days((name,), "%Y%j")
    if not is_date_name(name):
        return None
    first = f"{sheet.path}, line {texts.index[0]}, column '{name}': {texts.iloc[0]!r}"
    if sample.str.fullmatch(_SHORT).mean() > MOST:
        raise DataError(
            f"{first} has a year of two digits, which is of no certain century: write the years "
            "with four digits"
        )
    serial = pd.to_numeric(sample.str.replace(",", "."), errors="coerce")
    if serial.between(*_SERIAL).mean() > MOST:
        raise DataError(
            f"{first} is a date as spreadsheets count them: give the column the format "
            "YYYY-MM-DD before saving as CSV"
        )
    if serial.gt(1e8).mean() > MOST:
        raise DataError(f"{first} counts seconds: write dates as YYYY-MM-DD")
    if sample.str.fullmatch(r"\d{4}[-/.]\d{1,2}").mean() > MOST:
        raise DataError(f"{first} is a month: daily values are needed, a row per day")
    if sample.str.contains(r"\d").mean() > MOST and words(name) in ("date", "datum", "fecha"):
        raise DataError(f"{first} is no date that is understood: write dates as YYYY-MM-DD")
    return None


def _plausible(texts: pd.Series) -> bool:
    """Whether eight digits begin with a year of our time and go on with a month."""
    eight = texts[texts.str.fullmatch(r"\d{8}")]
    if not len(eight):
        return True
    month, day = eight.str[4:6].astype(int), eight.str[6:8].astype(int)
    years = eight.str[:4].astype(int).between(1700, 2199)
    return bool((years & month.between(1, 12) & day.between(1, 31)).mean() > MOST)


def _ordered(texts: pd.Series, sheet: Sheet, name: str) -> Days:
    """Order of day and month, by the parts above 12 in all rows; else by what is continuous."""
    parts = texts.str.extract(_PARTED.pattern)
    first, second = (pd.to_numeric(parts[k], errors="coerce") for k in (0, 2))
    sign = str(parts[1].dropna().iloc[0])
    if (first > 12).any() and (second > 12).any():
        one, other = texts.index[first > 12][0], texts.index[second > 12][0]
        raise DataError(
            f"{sheet.path}: day and month change places in column '{name}': line {one} has "
            f"{texts[one]!r}, line {other} {texts[other]!r}. A spreadsheet that takes some dates "
            "for those of another country does so: export again, as YYYY-MM-DD"
        )
    clock = parts[5].notna().any()
    seconds = " %H:%M:%S" if clock and parts[6].notna().any() else " %H:%M" if clock else ""
    if clock and "T" in str(parts[4].dropna().iloc[0]):
        seconds = seconds.replace(" ", "T")
    forms = {one: one.replace("/", sign) + seconds for one in ("%d/%m/%Y", "%m/%d/%Y")}
    day_first, month_first = forms.values()
    if (first > 12).any() or (second > 12).any():
        return Days((name,), day_first if (first > 12).any() else month_first)
    steps = [_steps(texts, form) for form in (day_first, month_first)]
    if steps[0] != steps[1]:
        return Days((name,), day_first if steps[0] > steps[1] else month_first)
    return Days((name,), day_first, unsure=True)


def _steps(texts: pd.Series, form: str) -> float:
    """Share of rows that are a day after the one before (or before it, in all)."""
    days = pd.to_datetime(texts, format=form, errors="coerce")
    steps = np.diff(days.to_numpy()) / np.timedelta64(1, "D")
    return float(max((steps == 1).mean(), (steps == -1).mean())) if steps.size else 0.0


def share_repeated(sheet: Sheet, days: Days) -> float:
    """Share of the rows whose date was there before, as those of several basins are."""
    texts = sheet.texts(days.columns[0])
    if len(days.columns) > 1:
        texts = texts.str.cat(pd.concat([sheet.texts(c) for c in days.columns[1:]], axis=1), "-")
    return float(texts[texts != ""].duplicated().mean())


def shared_form(found: Sequence[Days]) -> Days | None:
    """Of files of one kind: the form that those which are sure of it have; None if they differ."""
    sure = {one for one in found if not one.unsure}
    return sure.pop() if len(sure) == 1 else None


def sparse_days(sheet: Sheet, days: Days) -> list[str]:
    """What is said of rows that mostly are some days apart; empty if they are daily.

    Raises
    ------
    DataError
        If they are months apart: sums or means of months, which are no daily values.
    """
    table = sheet.rows.iloc[:MOST_LOOKED_AT]
    joined = table[[sheet.names.index(column) for column in days.columns]].agg("-".join, axis=1)
    form = days.form
    if form is None:
        form = "ISO8601" if len(days.columns) == 1 else "%Y-%m-%d"
    elif len(days.columns) == 2:
        form = form.replace(" ", "-")
    known = pd.to_datetime(joined, format=form, errors="coerce", utc=True).dropna().sort_values()
    steps = known.diff().dropna() / pd.Timedelta(1, "D")
    usual = float(steps.median()) if len(steps) else 1.0
    if usual >= MONTHLY:
        raise DataError(
            f"{sheet.path}: its rows are {usual:g} days apart (from line {known.index[0]}): daily "
            "values are needed, a row per day; move the file out of the folder if it holds those "
            "of months"
        )
    if usual < 2:
        return []
    return [f"rows are {usual:g} days apart; each is taken for its own day, the others as missing"]
