"""One row of a benchmark: members of something that trains, and the processes they take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from benchmarks import engine
from benchmarks.common import Crew, in_turns, updates_for


@dataclass(frozen=True)
class Contestant:
    """``members`` tasks of ``function``, taken by the processes of ``crew``.

    With ``jobs`` as many run at a time as hydrotl's runner lets run
    (:func:`hydrotl.experiments.executors.at_once`).
    """

    crew: Crew
    function: Callable[[Any], Any]
    task: Any
    members: int
    jobs: int = 0

    def seconds(self, updates: int) -> float:
        """Seconds of ``updates`` of each member: wall time, or their sum in one process."""
        tasks = [replace(self.task, updates=updates)] * self.members
        if self.jobs > 1:
            return self.crew.run_as(self.function, tasks, self.jobs)
        if self.function is engine.span:
            spans = self.crew.run(self.function, tasks)[1]
            return max(end for _, end in spans) - min(begin for begin, _ in spans)
        wall, parts = self.crew.run(self.function, tasks)
        return wall if min(self.crew.processes, self.members) > 1 else sum(parts)


def measure(rows: dict[str, Contestant], seconds: float, repeats: int) -> dict[str, list[float]]:
    """Wall seconds per update (of all members) of each row, all repeats."""
    updates = {}
    for name, row in rows.items():
        row.seconds(1)  # builds what lives on: data, model, optimiser
        updates[name] = updates_for(seconds, row.seconds(1) / row.members)
    turns = {
        name: (lambda row=row, n=updates[name]: row.seconds(n) / n) for name, row in rows.items()
    }
    return in_turns(turns, repeats)
