"""Days from the dates that files write, none of them guessed.

A day is the one that is written. An offset from UTC behind it (``+05:30``, ``Z``) is left out: to
count it in would move every day of a station east of Greenwich. Years need four digits, since 50
may be 1950 or 2050.
"""

import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import pandas as pd
from pydantic import AfterValidator

from hydrotl_core.errors import DataError

#: A year outside is a misprint, or has lost digits.
FIRST_YEAR, LAST_YEAR = 1700, 2199

_DATE = r"\d{4}(?:-\d{1,2}-|/\d{1,2}/|\.\d{1,2}\.)\d{1,2}|\d{8}"
_TIME = r"(?:[01]?\d|2[0-3])(?::?[0-5]\d(?::?[0-5]\d(?:[.,]\d+)?)?)?"
_ZONE = r"Z|(?:UTC|GMT)?[+-]\d{1,2}(?::?\d{2})?|UTC|GMT"
#: A date, and perhaps a time of day and an offset.
_ISO = re.compile(rf"({_DATE})(?:[T ]+({_TIME}))?\s*({_ZONE})?", re.IGNORECASE)
#: An offset behind a time of day, in any form of date.
_ZONE_AFTER_TIME = re.compile(rf"(?<=\d:\d\d|:\d\d\d|\.\d\d\d)\s*(?:{_ZONE})$", re.IGNORECASE)
_SHORT_YEAR = re.compile(r"\d{1,2}([-/.])\d{1,2}\1\d{1,2}(\D.*)?")


def _with_year(form: str) -> str:
    """A form of dates that says the day; a ValueError if it does not."""
    listed = re.findall(r"%[-#]?([A-Za-z])", form)
    if twice := [code for code in dict.fromkeys(listed) if listed.count(code) > 1]:
        raise ValueError(f"{form!r} has %{twice[0]} twice: keep one")
    codes = set(listed)
    if codes & set("yDxcg"):
        raise ValueError(
            f"{form!r} has years of two digits, which are of no certain century: write the years "
            "with four digits in the files, and %Y in the form"
        )
    by_month = codes & set("mbB") and "d" in codes
    by_week = {"G", "V"} <= codes and codes & set("uaAw")
    if not by_week and not ("Y" in codes and (by_month or "j" in codes)):
        raise ValueError(f"{form!r} does not say year, month and day: it needs %Y, %m and %d")
    pd.to_datetime(["2000"], format=form, errors="coerce")  # a ValueError at an unknown code
    return form


#: ``strftime`` codes of a date.
DateFormat = Annotated[str, AfterValidator(_with_year)]


def parse_days(
    table: pd.DataFrame, columns: Sequence[str], path: Path, date_format: str | None = None
) -> pd.DatetimeIndex:
    """Days from a text column, or from three numeric ones that hold year, month and day.

    Parameters
    ----------
    date_format
        ``strftime`` codes of the text column; None is year, month and day in that order, as in
        ISO 8601. A time of day and an offset from UTC may follow: the day is the one written.

    Raises
    ------
    DataError
        Naming file and line of the first row that is not a date.
    """
    if len(columns) == 1:
        texts = table[columns[0]]
        if texts.dtype.kind == "f":  # a column of values
            texts = texts.astype(str)
        texts = texts.where(texts.str.contains(r"\d", na=False), "")  # pandas knows "today"
        parsed = _iso_days(texts, path) if date_format is None else _days(texts, date_format)
    else:
        parts = table[list(columns)].set_axis(["year", "month", "day"], axis="columns")
        parsed = pd.to_datetime(parts, errors="coerce")
    year = parsed.dt.year
    for line in table.index[~((year >= FIRST_YEAR) & (year <= LAST_YEAR))]:
        where, text = f"column '{columns[0]}'", str(table.at[line, columns[0]])
        if len(columns) > 1:
            where = f"columns {', '.join(columns)}"
            text = "-".join(f"{part:02g}" for part in table.loc[line, list(columns)])
        raise DataError(
            f"{path}, line {line}, {where}: {text!r} is not a date in the form "
            f"{date_format or 'YYYY-MM-DD'}; {_remedy(text, len(columns) > 1)}"
        )
    return pd.DatetimeIndex(parsed).normalize().as_unit("ns")


def is_iso(texts: pd.Series) -> pd.Series:
    """Which texts are dates in the order of year, month and day, whether or not they exist."""
    return texts.str.fullmatch(_ISO.pattern, flags=re.IGNORECASE)


def without_offset(units: str) -> str:
    """Units of time (``days since 2000-01-01 00:00:00 +05:30``) without the offset from UTC."""
    return re.sub(rf"(?<=[\d:])\s*(?:{_ZONE})\s*$", "", units) if ":" in units else units


def _iso_days(texts: pd.Series, path: Path) -> pd.Series:
    """Days of dates as in ISO 8601, with or without time of day and offset; NaT if it is none."""
    days = pd.to_datetime(texts, format="%Y-%m-%d", errors="coerce")
    if days.notna().all():  # the common form, in little time
        return days
    parts = texts.str.extract(f"^(?:{_ISO.pattern})$", flags=re.IGNORECASE)
    date, time, zone = parts[0], parts[1].fillna(""), parts[2].fillna("")
    clock = time.str.replace(":", "").str.contains("[1-9]", regex=True)
    moved = (clock & zone.ne("")).to_numpy()
    if moved.any():
        line = texts.index[moved][0]
        warnings.warn(
            f"{path}, line {line}: {texts[line]!r} is taken as the day that is written, whatever "
            "the hour and the offset; check that it is the local day",
            stacklevel=2,
        )
    return pd.to_datetime(date, format="ISO8601", errors="coerce")


def _days(texts: pd.Series, form: str) -> pd.Series:
    """Days of dates in the form of ``strftime`` codes; NaT if it is none."""
    timed = texts.str.contains(":", regex=False).any()  # else there is no offset to leave out
    bare = texts.str.replace(_ZONE_AFTER_TIME, "", regex=True) if timed else texts
    return pd.to_datetime(bare, format=re.sub(r"\s*%[zZ]", "", form), errors="coerce")


def _remedy(text: str, parted: bool) -> str:
    if parted and re.match(r"\d{1,2}-", text):
        return "write the year with four digits: of two, the century is not certain"
    if _SHORT_YEAR.fullmatch(text):
        return "write the year with four digits, and set the option `date_format` if it comes last"
    return "correct it or set the option `date_format`"
