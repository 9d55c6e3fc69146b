"""Dates of a daily ``output.rch`` of SWAT2012, by the ``file.cio`` of its run."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from hydrotl.process_based.swat.tables import AGAIN, FIRST_YEAR, LAST_YEAR
from hydrotl_core.errors import DataError

#: What IPRINT lets SWAT2012 print.
PRINTS = {0: "months", 1: "days", 2: "years"}


def days_of_years(path: Path, times: pd.Series) -> pd.DatetimeIndex:
    """Dates of days of the year, which begin in the first printed year of ``file.cio``.

    Raises
    ------
    DataError
        If ``file.cio`` is missing, has no such year or says that these are no days; or if they do
        not follow one another.
    """
    control = path.with_name("file.cio")
    settings = _settings(control) if control.is_file() else {}
    _require_days(path, control, settings.get("IPRINT"), int(times.max()))
    if not control.is_file():
        raise DataError(f"{control} is missing: the years of a daily output.rch start from there")
    year = _first_year(control, settings)
    if not 1 <= times.iloc[0] <= 366:
        raise DataError(
            f"{path}, line {times.index[0]}: MON is {times.iloc[0]}, not a day: {AGAIN}"
        )
    first = pd.Timestamp(year, 1, 1) + pd.Timedelta(int(times.iloc[0]) - 1, "D")
    index = pd.date_range(first, periods=len(times), freq="D")
    wrong = (index.day_of_year != times.to_numpy()).nonzero()[0]
    if wrong.size:
        raise DataError(
            f"{path}: day {times.iloc[wrong[0]]} stands where {index[wrong[0]].date()} should, "
            f"counted from the first year in file.cio ({year}); are the two files of one run?"
        )
    return index


def _settings(control: Path) -> dict[str, str]:
    """Values of ``file.cio`` by name, from lines as ``2003    | IYR : Beginning year``."""
    text = control.read_text(encoding="utf-8", errors="replace")
    found = re.findall(r"^(.*?)\|\s*(\w+)", text, re.MULTILINE)
    return {name: value.strip() for value, name in found}


def _require_days(path: Path, control: Path, code: str | None, last: int) -> None:
    """Raise a DataError unless MON up to ``last`` counts days, not months, by IPRINT (``code``)."""
    if code is None:
        if last <= 12:
            raise DataError(
                f"{path} has no years, and MON only to {last}: these may be days, or months of a "
                f"run that was stopped in its first year. IPRINT in {control} tells (0 months, "
                "1 days): put the run's file.cio there. If they are months, run it again"
            )
        return
    if not code.isdecimal() or int(code) not in PRINTS:
        raise DataError(f"{control}: IPRINT is {code!r}, not 0 (months), 1 (days) or 2 (years)")
    print_of = PRINTS[int(code)]
    if print_of == "months" and last <= 12:
        raise DataError(
            f"{path} has months (IPRINT 0 in file.cio) and no line that closes their year: {AGAIN}"
        )
    if print_of != "days":
        raise DataError(
            f"{path} has MON to {last}, but IPRINT in file.cio is {code} ({print_of}): are the two "
            "files of one run?"
        )


def _first_year(control: Path, settings: dict[str, str]) -> int:
    try:
        year, skipped = (int(settings[name]) for name in ("IYR", "NYSKIP"))
    except KeyError as error:
        raise DataError(
            f"{control} has no whole numbers IYR and NYSKIP ({error.args[0]} is missing): use the "
            "run's own file.cio"
        ) from None
    except ValueError:
        raise DataError(
            f"{control} has no whole numbers IYR and NYSKIP (they are {settings['IYR']} and "
            f"{settings['NYSKIP']}): correct them as in the run"
        ) from None
    if skipped < 0:
        raise DataError(f"{control}: NYSKIP is {skipped}: give the years skipped, 0 or more")
    if not FIRST_YEAR <= year <= year + skipped <= LAST_YEAR:
        raise DataError(
            f"{control}: IYR is {year} and NYSKIP {skipped}, so that the print begins outside of "
            f"{FIRST_YEAR} to {LAST_YEAR}: give IYR as a calendar year of four digits"
        )
    return year + skipped
