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


KNOWN: dict[str, Known] = {}
#: The same for kinds of faults.
KNOWN_FAULTS: dict[str, Known] = {}
