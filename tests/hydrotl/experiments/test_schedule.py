"""Pieces of work on a few workers: McNaughton's bound and what must hold of every schedule."""

import itertools
import random

import pytest

from hydrotl.experiments.schedule import Piece, least_time, next_piece, wrap_around


def times(lanes: list[list[Piece]], n_tasks: int) -> tuple[int, list[list[tuple[int, int]]]]:
    """End of all, and begin and end of each task's pieces, if each starts when it can."""
    free, at = [0] * len(lanes), [0] * len(lanes)
    spans: list[list[tuple[int, int]]] = [[] for _ in range(n_tasks)]
    done = [0] * n_tasks
    while any(at[w] < len(lane) for w, lane in enumerate(lanes)):
        moved = False
        for w, lane in enumerate(lanes):
            if at[w] == len(lane) or done[lane[at[w]].task] != lane[at[w]].first:
                continue
            piece = lane[at[w]]
            begin = max([free[w], *(end for _, end in spans[piece.task])])
            free[w], done[piece.task] = begin + piece.stop - piece.first, piece.stop
            spans[piece.task].append((begin, free[w]))
            at[w], moved = at[w] + 1, True
        assert moved, "a piece waits for one that comes after it"
    return max(free), spans


def test_five_members_on_two_cores_take_two_and_a_half_rounds() -> None:
    lanes = wrap_around([8000] * 5, 2)
    assert lanes == [
        [Piece(0, 0, 8000), Piece(2, 0, 8000), Piece(3, 4000, 8000)],
        [Piece(1, 0, 8000), Piece(3, 0, 4000), Piece(4, 0, 8000)],
    ]
    assert times(lanes, 5)[0] == 20_000


@pytest.mark.parametrize("equal", [True, False])
def test_what_must_hold_of_every_schedule(equal: bool) -> None:
    """McNaughton's bound, within the rounding to whole updates; no update twice or at once."""
    draw = random.Random(1959)
    for _ in range(200):
        workers, n = draw.randint(1, 8), draw.randint(1, 20)
        totals = [8000] * n if equal else [draw.randint(1, 8000) for _ in range(n)]
        lanes = wrap_around(totals, workers)
        pieces = sorted(itertools.chain(*lanes), key=lambda p: (p.task, p.first))
        for task, total in enumerate(totals):
            own = [p for p in pieces if p.task == task]
            assert own[0].first == 0
            assert own[-1].stop == total
            assert all(a.stop == b.first for a, b in itertools.pairwise(own))
        end, spans = times(lanes, n)
        for own_spans in spans:
            assert all(a[1] <= b[0] for a, b in itertools.pairwise(sorted(own_spans)))
        bound = max(sum(totals) / workers, max(totals))
        assert bound <= end <= bound + workers
        if equal:
            assert len(pieces) - n <= workers - 1


def test_first_members_come_first_and_whole() -> None:
    """Seven on three: only those after the first round may be cut, all begin in their order."""
    lanes = wrap_around([900] * 7, 3)
    _, spans = times(lanes, 7)
    assert [own[0] for own in spans[:3]] == [(0, 900)] * 3
    begins = [own[0][0] for own in spans]
    assert begins == sorted(begins)


def test_least_time_by_hand() -> None:
    assert least_time([0, 0], [1, 1, 1]) == 1.5  # the sum over both
    assert least_time([0, 0], [3, 1]) == 3  # the longest
    assert least_time([2, 0], [1, 1, 1]) == 2.5
    assert least_time([2, 1, 0], [3]) == 3  # one task cannot use the other two
    assert least_time([5, 0], [1]) == 5  # what runs already


def test_next_piece_by_hand() -> None:
    assert next_piece([1.0], [1.0, 1.0, 1.0]) == (0, 1.0)  # four left on two: nothing to cut
    index, amount = next_piece([1.0], [1.0, 1.0])
    assert (index, amount) == (0, pytest.approx(0.5))
    # Its rest is not taken before the last whole one, which would be late then.
    assert next_piece([0.5], [0.5, 1.0]) == (1, 1.0)
    # A rest whose first piece still runs counts, though it cannot be started.
    assert next_piece([0.5], [1.0], later=[0.5]) == (0, 1.0)
    # A long one that would end late goes before those that are wanted more.
    assert next_piece([1.0], [1.0, 2.0]) == (1, 2.0)
    # A small gain is not worth a cut.
    assert next_piece([0.1], [1.0, 0.95])[1] < 0.95
    assert next_piece([0.1], [1.0, 0.95], slack=0.05) == (0, 1.0)
