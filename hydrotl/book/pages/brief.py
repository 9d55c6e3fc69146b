"""The box on top of a page: what was asked and found, how long a rerun takes, and what it needs.

The box stands in the page's first cell, where a reader of the bare notebook sees it too. What was
found is known at the end only, so :func:`tell` names it there, and the box quotes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hydrotl.book.pages import rerun, show


def tell(
    page: str, found: Iterable[str], records: Iterable[Mapping[str, Any] | None] | None = None
) -> None:
    """Name what the box of a page quotes: ``PAGE_found``, and ``PAGE_took`` if records are given.

    Parameters
    ----------
    page
        The page's own word, such as ``transfer``.
    found
        What it found, in sentences made from its numbers. Empty ones are left out.
    records
        Committed results: how long they took is said in words. Those that are not there (None) or
        do not say where they come from do not count.
    """
    said = " ".join(sentence for sentence in found if sentence)
    values = {f"{page}_found": said or "There are no results yet."}
    if records is not None:
        said_how = {"device", "seconds"}
        known = [r for r in records if r is not None and said_how <= {*r.get("provenance", {})}]
        values[f"{page}_took"] = rerun.hours(known)
    show.name_values(values)
