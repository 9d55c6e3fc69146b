"""Tables that SWAT prints: words between blanks, a line per channel or reach and time."""

from __future__ import annotations

import csv
import re
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd

from hydrotl_core.errors import DataError

#: What to do about a damaged table.
AGAIN = "the run may have been stopped; run it again"


#: A year outside is no calendar year, or has lost digits.
FIRST_YEAR, LAST_YEAR = 1800, 2200


def first_line(path: Path, skip: int, width: int = 0) -> tuple[int, list[str]]:
    """Number and words of the first line of values, after ``skip`` lines; see :func:`columns`."""
    with path.open(encoding="utf-8", errors="replace") as file:
        for line, text in enumerate(file, 1):
            if line > skip and text.strip():
                return line, _parted(text, width).split()
    raise DataError(f"{path} has no line of values after line {skip}: {AGAIN}")


def columns(
    path: Path, skip: int, places: dict[str, int], text: str | None = None, width: int = 0
) -> pd.DataFrame:
    """Columns of a file after its first ``skip`` lines, by line number.

    ``places`` are the words of a line that they hold; the column ``text`` keeps its spelling. The
    stars that Fortran prints for a value too wide for its column fill it: with its ``width``, they
    are a word also where they touch the next. A DataError names the first line with more or fewer
    words than the others: its values have moved.
    """
    _, first = first_line(path, skip, width)
    stars = False
    with path.open(encoding="utf-8", errors="replace") as file:
        for line, content in enumerate(file, 1):
            if line <= skip:
                continue
            stars = stars or "*" in content
            words = _parted(content, width).split()
            if len(words) not in (0, len(first)):
                belong = f"others have {len(first)}"
                raise wrong_words(path, line, len(words), belong, wide(words, width), AGAIN)
    source: Path | StringIO = path
    if stars and width:
        source = StringIO(_parted(path.read_text(encoding="utf-8", errors="replace"), width))
    frame = pd.read_csv(
        source,
        sep=r"\s+",
        header=None,
        skiprows=skip,
        skip_blank_lines=False,
        usecols=sorted(set(places.values())),
        dtype={places[text]: str} if text else None,
        quoting=csv.QUOTE_NONE,
        encoding_errors="replace",
        low_memory=False,
    )
    frame.index += skip + 1
    frame = frame.dropna(how="all")
    return pd.DataFrame({name: frame[place] for name, place in places.items()})


def wrong_words(
    path: Path, line: int, count: int, belong: str, touching: bool = False, remedy: str = ""
) -> DataError:
    """The error of a line with more or fewer words than ``belong`` says.

    ``remedy`` is what to do where values do not touch.
    """
    if touching:
        remedy = (
            "two values touch, as one is wider than its column, which another run does not "
            "change: look for what makes it so"
        )
    remedy = remedy or (
        "a name is missing or has a blank, or the file was changed: give the names and values as "
        "SWAT prints them"
    )
    return DataError(
        f"{path}, line {line} cannot be read (it has {count} words, {belong}): {remedy}"
    )


def wide(words: list[str], width: int) -> bool:
    """Whether a word is wider than a column of ``width``, so that two values touch."""
    return bool(width) and any(len(word) > width for word in words)


def first_true(mask: pd.Series) -> int:
    """Label (number of the line) of the first True of ``mask``."""
    return int(mask.index[int(np.argmax(mask.to_numpy()))])


def starred(column: pd.Series) -> pd.Series:
    """Which words are the stars of a value too wide for its column."""
    if pd.api.types.is_numeric_dtype(column):
        return pd.Series(False, index=column.index)
    return column.astype(str).str.fullmatch(r"\*+")


def _parted(text: str, width: int) -> str:
    """``text`` with blanks around the stars that fill columns of ``width``."""
    if not width or "*" not in text:
        return text
    return re.sub(rf"\*{{{width}}}", lambda match: f" {match[0]} ", text)


def numbers(path: Path, table: pd.DataFrame) -> pd.DataFrame:
    """``table`` as numbers; a DataError names the first line that has something else."""
    # Fortran leaves out the E of an exponent with three digits: 0.1234-100.
    spelled = table.replace(r"(?<=\d)(?=[+-]\d{3}$)", "E", regex=True)
    found = spelled.apply(pd.to_numeric, errors="coerce")
    wrong = ~np.isfinite(found).all(axis=1)
    if wrong.any():
        line = first_true(wrong)
        words = table.loc[[line]].iloc[0]
        stars = [str(name) for name, yes in starred(words).items() if yes]
        if stars:
            raise DataError(
                f"{path}, line {line}: {stars[0]} is {words[stars[0]]}, a value wider "
                "than its column, which another run does not change: look for what makes it so "
                "large in the SWAT project"
            )
        listed = ", ".join(f"{name} {word}" for name, word in words.items())
        raise DataError(f"{path}, line {line} cannot be read ({listed}): {AGAIN}")
    return found


def whole(path: Path, table: pd.DataFrame) -> pd.DataFrame:
    """``table`` as whole numbers; a DataError names the first line that has something else."""
    found = numbers(path, table)
    wrong = (found % 1 != 0) | (found.abs() > 2**53)
    for name in found:
        if wrong[name].any():
            line = first_true(wrong[name])
            raise DataError(
                f"{path}, line {line}: {name} {table[name].loc[line]} is no whole number of a "
                f"usual size: {AGAIN}"
            )
    return found.astype(np.int64)


def consecutive(path: Path, dates: pd.DataFrame, freq: str) -> pd.DatetimeIndex:
    """Dates of the columns year, month and day, if they follow one another."""
    odd = ~dates["year"].between(FIRST_YEAR, LAST_YEAR)
    if odd.any():
        line = first_true(odd)
        raise DataError(
            f"{path}, line {line} is of the year {int(dates['year'].loc[line])}, not in "
            f"{FIRST_YEAR} to {LAST_YEAR}: print days, months or years, and begin the run in a "
            "calendar year of four digits"
        )
    index = pd.DatetimeIndex(pd.to_datetime(dates, errors="coerce"))
    if index.hasnans or not index.equals(pd.date_range(index[0], index[-1], freq=freq)):
        what = {"D": "days", "MS": "months", "YS": "years"}[freq]
        raise DataError(f"{path}: the {what} are not consecutive")
    return index


def same_lines(path: Path, numbers: pd.Series, what: str) -> None:
    """Every channel or reach is printed once a day, month or year."""
    counts = numbers.value_counts(sort=False)
    usual = counts.mode().max()
    for number, count in counts[counts != usual].items():
        raise DataError(
            f"{path}: {what} {number} has {count} lines and others {usual}: lines were lost, or "
            f"{AGAIN}"
        )
