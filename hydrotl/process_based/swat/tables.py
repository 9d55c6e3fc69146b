"""Tables that SWAT prints: words between blanks, a line per channel or reach and time."""

from __future__ import annotations

import csv
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from hydrotl_core.errors import DataError

#: What to do about a damaged table.
AGAIN = "the run may have been stopped; run it again"


def columns(path: Path, skip: int, places: dict[str, int], text: str | None = None) -> pd.DataFrame:
    """Columns of a file after its first ``skip`` lines, by line number.

    ``places`` are the words of a line that they hold; the column ``text`` keeps its spelling. A
    DataError names the first line with more or fewer words than the others: its values have moved.
    """
    with path.open(encoding="utf-8", errors="replace") as file:
        counts = [len(line.split()) for line in islice(file, skip, None)]
    for line, count in enumerate(counts, skip + 1):
        if count not in (0, counts[0]):
            raise DataError(
                f"{path}, line {line} cannot be read ({count} values where {counts[0]} belong): "
                f"{AGAIN}"
            )
    try:
        frame = pd.read_csv(
            path,
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
    except ValueError as error:
        raise DataError(f"{path} cannot be read after line {skip} ({error}): {AGAIN}") from None
    frame.index += skip + 1
    frame = frame.dropna(how="all")
    return pd.DataFrame({name: frame[place] for name, place in places.items()})


def numbers(path: Path, table: pd.DataFrame) -> pd.DataFrame:
    """``table`` as numbers; a DataError names the first line that has something else."""
    # Fortran leaves out the E of an exponent with three digits: 0.1234-100.
    spelled = table.replace(r"(?<=\d)(?=[+-]\d{3}$)", "E", regex=True)
    found = spelled.apply(pd.to_numeric, errors="coerce")
    wrong = ~np.isfinite(found).all(axis=1)
    if wrong.any():
        words = ", ".join(f"{name} {word}" for name, word in table.loc[wrong.idxmax()].items())
        raise DataError(f"{path}, line {wrong.idxmax()} cannot be read ({words}): {AGAIN}")
    return found


def consecutive(path: Path, dates: pd.DataFrame, freq: str) -> pd.DatetimeIndex:
    """Dates of the columns year, month and day, if they follow one another."""
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
