"""The mutations, a module per matter. ``catalogue`` is all of them, always in the same order."""

from __future__ import annotations

from collections import Counter
from functools import cache

from tests.attack.case import Mutation


@cache
def catalogue() -> tuple[Mutation, ...]:
    """All mutations; titles are unique."""
    from tests.attack.kinds import (
        attributes,
        contradictions,
        dates,
        documents,
        netcdf,
        own,
        records,
        settings,
        stored,
        text,
        units,
        values,
        weights,
    )

    modules = (
        *(values, units, contradictions, text, dates, netcdf, attributes),
        *(documents, settings, weights, records, stored, own),
    )
    found = [one for module in modules for one in module.mutations()]
    twice = [title for title, count in Counter(one.title for one in found).items() if count > 1]
    assert not twice, f"two mutations are called {twice}"
    return tuple(found)
