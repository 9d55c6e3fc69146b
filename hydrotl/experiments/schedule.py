"""Who trains what next: work of unequal pieces on a few workers that all end at the same time.

Five equal members on two workers take three rounds if each is trained in one go, the last with
one worker idle; cut at the right place they take two and a half. A training may be cut, since it
goes on from its checkpoint in the same bits, but it cannot run in two places at once. McNaughton
(1959, Management Science 6, 1-12) showed that the bound ``max(total / workers, longest)`` can
always be reached by ``workers - 1`` cuts; Schmidt (1984, Zeitschrift für Operations Research 28,
153-162) gave the bound for workers that become free at different times, which is what is needed
here: the next piece is chosen when a worker is free, from how far the others are by then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

BISECTIONS = 40


def least_time(busy: Sequence[float], work: Sequence[float]) -> float:
    """Time in which all of ``work`` can be done by workers that are free after ``busy``.

    The `k` longest tasks cannot occupy more than `k` workers, the first to be free, so for each
    `k` the sum of both over `k` is a bound; the largest bound can be reached.

    Parameters
    ----------
    busy
        Of each worker, at least one.
    work
        Of each task, in the same unit; a task may be cut but runs in one place at a time.
    """
    free, longest = sorted(busy), sorted(work, reverse=True)
    bounds = [
        (sum(free[:k]) + sum(longest[:k])) / k for k in range(1, min(len(free), len(longest) + 1))
    ]
    return max(free[-1], (sum(free) + sum(longest)) / len(free), *bounds)


def next_piece(
    busy: Sequence[float], waiting: Sequence[float], later: Sequence[float] = (), slack: float = 0
) -> tuple[int, float]:
    """What a worker that is free now does next.

    The first of ``waiting`` that can be done whole without delaying the end of all; where there
    is none, as much of the first as does not. So nothing is cut while enough is waiting, and the
    order is kept as far as the end allows.

    Parameters
    ----------
    busy
        Time until each of the other workers is free.
    waiting
        Work of the tasks that can be started, at least one, the most wanted first.
    later
        Work that is left of tasks whose first piece runs now.
    slack
        Delay of the end that is accepted rather than a cut.

    Returns
    -------
    int, float
        Index in ``waiting`` and how much of it to do.
    """
    end = least_time([0, *busy], [*waiting, *later])

    def in_time(index: int, piece: float, delay: float) -> bool:
        others = [*waiting[:index], *waiting[index + 1 :], *later]
        return least_time([piece, *busy], [*others, waiting[index] - piece]) <= end + delay

    # More than the rounding that earlier cuts may have left.
    slack = max(slack, 1e-6 * end)
    for index, work in enumerate(waiting):
        if in_time(index, work, slack):
            return index, work
    for index, work in enumerate(waiting):
        low, high = 0.0, work
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            low, high = (middle, high) if in_time(index, middle, 1e-9 * end) else (low, middle)
        if low > slack:
            return index, low
    return 0, waiting[0]


@dataclass(frozen=True)
class Piece:
    """Updates ``first`` to before ``stop`` of task number ``task``."""

    task: int
    first: int
    stop: int


def wrap_around(totals: Sequence[int], workers: int) -> list[list[Piece]]:
    """Pieces of tasks for each of ``workers``, in their order, if all updates take the same time.

    Every update of every task is in one piece, the pieces of a task follow each other in time,
    and all ends with the update ``max(sum(totals) / workers, max(totals))``, but for rounding.

    Parameters
    ----------
    totals
        Updates of each task, the most wanted first.
    """
    lanes: list[list[Piece]] = [[] for _ in range(workers)]
    free_at, ready_at = [0.0] * workers, [0.0] * len(totals)
    left = {task: float(total) for task, total in enumerate(totals)}
    while left:
        now = min(free_at)
        worker = free_at.index(now)
        startable = [task for task in left if ready_at[task] <= now]
        if not startable:
            free_at[worker] = min(ready_at[task] for task in left)
            continue
        others = [at - now for w, at in enumerate(free_at) if w != worker]
        later = [work for task, work in left.items() if ready_at[task] > now]
        index, amount = next_piece(others, [left[task] for task in startable], later)
        task = startable[index]
        first = round(totals[task] - left[task])
        left[task] -= amount
        free_at[worker] = ready_at[task] = now + amount
        if (stop := round(totals[task] - left[task])) > first:
            lanes[worker].append(Piece(task, first, stop))
        if stop == totals[task]:
            del left[task]
    return lanes
