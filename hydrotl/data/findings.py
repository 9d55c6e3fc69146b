"""What is found wrong with data: the impossible, which is an error, and the doubtful."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Literal

import pandas as pd

from hydrotl_core.errors import DataError, DoubtfulData

#: Basins that a message names before it only counts them.
NAMED = 5
#: ``impossible`` is an error.
Grade = Literal["impossible", "doubtful"]


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, or probably wrong, with a basin's data.

    Attributes
    ----------
    kind
        What was looked at, such as ``value`` or ``runoff ratio``.
    grade
        ``impossible`` (an error) or ``doubtful``.
    variable
        Canonical variable, or attribute.
    basin
        Id of the basin; empty if it is about all of them.
    value
        The number that is wrong.
    text
        What is wrong, naming variable and basin.
    remedy
        What to do.
    day
        The first day on which it is so, if it is of days.
    days
        On how many days it is so.
    """

    kind: str
    grade: Grade
    variable: str
    basin: str
    value: float
    text: str
    remedy: str
    day: pd.Timestamp | None = None
    days: int = 1


#: Says where a finding is in the files: file, line and native value; empty where not known.
Locate = Callable[[Finding], str]


def refuse(findings: Iterable[Finding], origin: str, locate: Locate | None = None) -> None:
    """Raise a DataError for the first impossible finding; it counts those of the same kind.

    It names ``origin``, what the data were read from, and by ``locate`` file and line.
    """
    wrong = [finding for finding in findings if finding.grade == "impossible"]
    if not wrong:
        return
    first = wrong[0]
    same = [f for f in wrong if (f.kind, f.variable) == (first.kind, first.variable)]
    place = f" ({found})" if locate is not None and (found := locate(first)) else ""
    more = sum(f.days for f in same) - 1
    basins = f" in {len(same)} basins" if len(same) > 1 else ""
    others = f" and {more} more places{basins}" if more else ""
    raise DataError(f"{origin}: {first.text}{place}{others}: {first.remedy}")


def say(findings: Iterable[Finding], origin: str) -> None:
    """Warn of what is doubtful, as :func:`doubts_of` says it."""
    for text in doubts_of(findings):
        warnings.warn(f"{origin}: {text}", DoubtfulData, stacklevel=3)


def doubts_of(findings: Iterable[Finding]) -> list[str]:
    """What is doubtful: a line for each kind and variable, naming some of its basins."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        if finding.grade == "doubtful":
            groups.setdefault((finding.kind, finding.variable), []).append(finding)
    lines = []
    for first, *others in groups.values():
        more = f"; likewise in {names_of([f.basin for f in others])}" if others else ""
        lines.append(f"{first.text}{more}: {first.remedy}")
    return lines


def findings_frame(findings: Sequence[Finding]) -> pd.DataFrame:
    """A row per finding, a column per field of :class:`Finding`."""
    columns = [field.name for field in fields(Finding)]
    return pd.DataFrame([{c: getattr(f, c) for c in columns} for f in findings], columns=columns)


def names_of(basins: Sequence[str]) -> str:
    """Ids of the first basins, and how many more there are."""
    named = ", ".join(basins[:NAMED])
    return named if len(basins) <= NAMED else f"{named} and {len(basins) - NAMED} more basins"
