"""What is not yet right: rows of the table whose mutations may fail, with date and reason.

A row is ``area: kind``. The test of the suite fails where a row that is not here fails, and where
one that is here has become clean.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """Since when a row is here, and why.

    ``chance`` says that the row may be clean where only some of it is tried, or where damage hits
    other bytes.
    """

    date: str
    reason: str
    chance: bool = False


_DATE = "2026-11-27"
KNOWN: dict[str, Known] = {
    "records: damage": Known(
        _DATE,
        "a record has no sum of its digits: a flipped bit in a number that no other follows from, "
        "such as a KGE, is another number",
        chance=True,
    ),
    "records: content": Known(
        _DATE,
        "a record of the right key is believed as to the names of its basins",
        chance=True,
    ),
    "text series: implausible series": Known(
        _DATE,
        "flow of half a year later, in one basin, is not always unlike flow",
        chance=True,
    ),
    "region: impossible settings": Known(
        _DATE, "a box of latitudes may reach beyond the poles", chance=True
    ),
    "study: impossible settings": Known(
        _DATE, "a study without a draw computes the regions alone", chance=True
    ),
    "attribute table: places and areas": Known(
        _DATE, "a latitude that is missing and that no input needs is not said", chance=True
    ),
    "own data: parameters": Known(
        _DATE,
        "flow of m3/s that is declared as mm is said by its share of the rain, not refused",
        chance=True,
    ),
    "manifest entry: impossible settings": Known(
        _DATE, "an elevation in metres is a possible area in km2", chance=True
    ),
}
#: The same for kinds of faults.
KNOWN_FAULTS: dict[str, Known] = {
    "damage to the table of basins": Known(
        _DATE,
        "a command that finds all records finished does not look at the table, which stays as it "
        "was; who reads it is told that it is damaged",
    )
}
