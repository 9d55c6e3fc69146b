"""One row of a benchmark: members of something that trains, and the processes they take."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks import engine
from benchmarks.common import Crew, in_turns, updates_for
from hydrotl.experiments.schedule import Piece, wrap_around


@dataclass(frozen=True)
class Contestant:
    """``members`` tasks of ``function``, taken by the processes of ``crew``.

    Those that are ``cut`` are so as hydrotl's runner does it.
    """

    crew: Crew
    function: Callable[[Any], Any]
    task: Any
    members: int
    cut: bool = False

    def multiple(self, updates: int) -> int:
        """At least ``updates``, and so many that cuts fall between two of them."""
        return -(-updates // self.crew.processes) * self.crew.processes if self.cut else updates

    def seconds(self, updates: int) -> float:
        """Seconds of ``updates`` of each member: wall time, or their sum in one process."""
        task = replace(self.task, updates=updates)
        if self.cut and self.crew.processes > 1:
            return cut_seconds(self.crew, self.function, task, self.members)
        if self.function is engine.span:
            spans = self.crew.run(self.function, [task] * self.members)[1]
            return max(end for _, end in spans) - min(begin for begin, _ in spans)
        wall, parts = self.crew.run(self.function, [task] * self.members)
        return wall if min(self.crew.processes, self.members) > 1 else sum(parts)


def cut_seconds(
    team: Crew, function: Callable[[Any], Any], task: engine.Work, members: int
) -> float:
    """Wall seconds of ``task.updates`` of each member by the schedule of hydrotl's runner."""
    lanes = wrap_around([task.updates] * members, team.processes)
    done = {(piece.task, piece.stop): threading.Event() for lane in lanes for piece in lane}

    with tempfile.TemporaryDirectory() as folder:

        def follow(lane: list[Piece]) -> None:
            for piece in lane:
                cut = piece.first > 0 or piece.stop < task.updates
                if piece.first:
                    done[piece.task, piece.first].wait()
                kept = Path(folder) / f"{piece.task}.safetensors" if cut else None
                one = replace(task, member=piece.task, updates=piece.stop, checkpoint=kept)
                try:
                    team.run(function, [one])
                finally:
                    done[piece.task, piece.stop].set()

        began = time.perf_counter()
        with ThreadPoolExecutor(team.processes) as threads:
            list(threads.map(follow, lanes))
        return time.perf_counter() - began


def measure(rows: dict[str, Contestant], seconds: float, repeats: int) -> dict[str, list[float]]:
    """Wall seconds per update (of all members) of each row, all repeats."""
    updates = {}
    for name, row in rows.items():
        row.seconds(1)  # builds what lives on: data, model, optimiser
        updates[name] = row.multiple(updates_for(seconds, row.seconds(1) / row.members))
    turns = {
        name: (lambda row=row, n=updates[name]: row.seconds(n) / n) for name, row in rows.items()
    }
    return in_turns(turns, repeats)
