"""The work of a plan that is shared by processes: what is next, what runs, how it ended."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from tqdm import tqdm

from hydrotl.experiments.plan import Status, status
from hydrotl.experiments.runs import last_note
from hydrotl.experiments.schedule import next_piece
from hydrotl.experiments.source_task import SourceTask
from hydrotl_core.weights import load_weights

# Of a member's work: a cut costs the start of a process and reading the data once more.
WORTH_A_CUT = 0.05


@dataclass(frozen=True)
class Outcome:
    """How a task ended."""

    task: SourceTask
    state: Literal["finished", "running elsewhere", "failed"]
    message: str = ""


@dataclass(frozen=True)
class Stint:
    """A member to train up to update ``stop``, or to its end."""

    task: SourceTask
    stop: int | None = None


@dataclass
class Work:
    """What is left, what runs and how it ended, with one progress bar over all updates.

    ``costs`` are those of an update, by source; ``jobs`` processes share the work.
    """

    queue: deque[SourceTask]
    totals: dict[str, int]
    event: Callable[[str], None]
    bar: tqdm[Any]
    jobs: int = 1
    costs: dict[str, float] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    begun: dict[SourceTask, int] = field(default_factory=dict)
    expected: dict[SourceTask, int] = field(default_factory=dict)
    gained: dict[SourceTask, int] = field(default_factory=dict)
    running: dict[SourceTask, int] = field(default_factory=dict)

    def foresee(self) -> None:
        """Count the updates that are left to do."""
        for task in self.queue:
            found = self.status(task)
            if _open(found):
                self.expected[task] = found.total - found.done
        self.show()

    def status(self, task: SourceTask) -> Status:
        return status(task, self.totals[task.name])

    def cost(self, task: SourceTask, updates: float) -> float:
        return updates * self.costs.get(task.name, 1.0)

    def take(self) -> Stint | None:
        """What is next of what needs work and that nobody else works on."""
        while self.queue:
            found = self.status(self.queue[0])
            if _open(found):
                return self._start(*self._choose(found))
            task = self.queue.popleft()
            if found.state == "finished":
                self.end(Outcome(task, "finished", "skipped, finished before"))
            elif found.state == "running elsewhere":
                self.end(Outcome(task, "running elsewhere", f"skipped, {found}"))
            else:
                self.end(Outcome(task, "failed", found.note))
        return None

    def _choose(self, head: Status) -> tuple[SourceTask, Status, int | None]:
        """Which of the queue is next, where it stands, and where it is to be cut, if it is.

        On a GPU nothing is cut: processes share it, so fewer of them are as fast together, and a
        resumed run has other bits there.
        """
        first, *others = self.queue
        if self.jobs <= 1 or first.device != "cpu":
            return first, head, None
        found = {first: head} | {task: self.status(task) for task in others}
        found = {task: state for task, state in found.items() if _open(state)}
        left = [self.cost(task, state.total - state.done) for task, state in found.items()]
        busy, later = [0.0] * (self.jobs - 1 - len(self.running)), []
        for task, stop in self.running.items():
            note = last_note(task.lock)
            done = min(stop, max(self.begun[task], note.done if note else 0))
            busy.append(self.cost(task, stop - done))
            if stop < self.totals[task.name]:
                later.append(self.cost(task, self.totals[task.name] - stop))
        whole = max(self.cost(task, state.total) for task, state in found.items())
        index, amount = next_piece(busy, left, later, WORTH_A_CUT * whole)
        task, state = list(found.items())[index]
        if amount == left[index]:
            return task, state, None
        return task, state, state.done + max(1, round(amount / self.cost(task, 1)))

    def _start(self, task: SourceTask, found: Status, stop: int | None) -> Stint:
        self.queue.remove(task)
        at = f"resumed at update {found.done} of {found.total}" if found.done else "started"
        self.event(f"{task.title}: {at}{f', to be cut at {stop}' if stop else ''}")
        self.begun.setdefault(task, found.done)
        self.expected[task] = found.total - self.begun[task]
        self.running[task] = stop or found.total
        return Stint(task, stop)

    def pause(self, stint: Stint) -> None:
        """Put the rest of a cut member back, before those that were not begun."""
        task, stop = stint.task, self.running.pop(stint.task)
        self.gained[task] = max(0, stop - self.begun[task])
        self.event(f"{task.title}: cut at update {stop} of {self.totals[task.name]}")
        self.queue.appendleft(task)
        self.show()

    def retry(self, task: SourceTask) -> None:
        """Put a member back whose process died."""
        self.running.pop(task, None)
        self.queue.appendleft(task)

    def end(self, outcome: Outcome) -> None:
        """Note how a task ended; only what was done of it counts as work."""
        task = outcome.task
        self.outcomes.append(outcome)
        self.event(f"{task.title}: {_ended(outcome)}")
        if outcome.state == "finished" and task in self.begun:
            self.gained[task] = self.expected[task]
        else:
            self.expected[task] = self.gained.get(task, 0)
        self.begun.pop(task, None)
        self.running.pop(task, None)
        self.show()

    def show(self) -> None:
        """Bring the progress bar up to what the running tasks report."""
        for task in self.running:
            note = last_note(task.lock)
            if note is not None and note.total:
                self.gained[task] = max(0, note.done - self.begun[task])
        self.bar.total = sum(self.expected.values())
        self.bar.n = sum(self.gained.values())
        self.bar.refresh()


def _open(found: Status) -> bool:
    return found.state in ("begun", "waiting")


def _ended(outcome: Outcome) -> str:
    if outcome.state != "finished" or outcome.message:
        prefix = "failed: " if outcome.state == "failed" else ""
        return f"{prefix}{outcome.message}"
    _, card = load_weights(outcome.task.weights)
    seconds, (_, loss) = card.provenance["seconds"], card.provenance["loss"][-1]
    return f"finished in {seconds:.0f} s, loss {loss:.4f}, wrote {outcome.task.weights}"
