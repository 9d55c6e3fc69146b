"""Skill curves: when to look, when a level is passed, and how two runs compare."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

LEVELS = (0.10, 0.20, 0.30, 0.40, 0.50, 0.60, 0.65, 0.70, 0.75)


def checkpoints(total: int, first: int = 50, per_doubling: int = 2) -> list[int]:
    """Numbers of updates from ``first`` to ``total``, evenly spaced in their logarithm.

    >>> checkpoints(500, first=100, per_doubling=2)
    [100, 141, 200, 283, 400, 500]
    """
    n = max(0, math.floor(per_doubling * math.log2(total / first))) + 1
    points = {min(total, round(first * 2 ** (k / per_doubling))) for k in range(n)}
    return sorted(points | {total})


def first_passage(
    nse: Sequence[float], cost: Sequence[float], levels: Sequence[float] = LEVELS
) -> dict[float, float | None]:
    """Cost at which a curve first reaches each level; None if it never does.

    Straight lines between the points of the curve; a level that the first point has reached
    already counts at that point.

    >>> first_passage([0.4, 0.6], [10.0, 20.0], [0.3, 0.5, 0.7])
    {0.3: 10.0, 0.5: 15.0, 0.7: None}
    """
    passed: dict[float, float | None] = {}
    for level in levels:
        at = next((k for k, value in enumerate(nse) if value >= level), None)
        if at is None:
            passed[level] = None
        elif at == 0:
            passed[level] = cost[0]
        else:
            share = (level - nse[at - 1]) / (nse[at] - nse[at - 1])
            passed[level] = cost[at - 1] + share * (cost[at] - cost[at - 1])
    return passed


def ratios(
    others: Mapping[str, float | None], base: Mapping[str, float | None]
) -> dict[str, float | None]:
    """``others`` over ``base`` where both have a value."""
    return {
        key: None if value is None or base.get(key) is None else value / base[key]  # type: ignore[operator]
        for key, value in others.items()
    }


def comparison(runs: Mapping[str, Mapping[str, Any]], base: str) -> dict[str, Any]:
    """What each run needs over what run ``base`` needs, at equal skill and in all.

    Every run holds ``seconds_to_nse`` and ``flops_to_nse`` (by level) and ``complete`` with
    ``hours`` and ``flops``.
    """
    reference = runs[base]
    return {
        name: {
            "seconds_to_nse": ratios(run["seconds_to_nse"], reference["seconds_to_nse"]),
            "flops_to_nse": ratios(run["flops_to_nse"], reference["flops_to_nse"]),
            "complete": ratios(
                {key: run["complete"][key] for key in ("hours", "flops")}, reference["complete"]
            ),
        }
        for name, run in runs.items()
        if name != base
    }
