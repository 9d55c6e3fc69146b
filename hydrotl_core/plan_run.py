"""Training many source members so that nothing done is lost.

Each member is trained in a process of its own, under a lock, from its last checkpoint; what fails
is noted and the rest goes on. Several runs of one plan may work at the same time: each takes what
no other holds.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tqdm import tqdm

from hydrotl_core.cards import write_card
from hydrotl_core.errors import HydroTLError, RunningElsewhereError, TrainingError
from hydrotl_core.members import run_apart
from hydrotl_core.plan import status, totals
from hydrotl_core.runs import last_note
from hydrotl_core.source import train_source_member
from hydrotl_core.source_task import SourceTask
from hydrotl_core.weights import load_weights

ATTEMPTS = 2


@dataclass(frozen=True)
class Outcome:
    """How a task ended."""

    task: SourceTask
    state: Literal["finished", "running elsewhere", "failed"]
    message: str = ""


@contextmanager
def event_log(path: Path) -> Iterator[Callable[[str], None]]:
    """Function that appends a line with the UTC time to ``path`` and prints it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, encoding="utf-8")
    form = logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")
    form.converter = time.gmtime
    handler.setFormatter(form)
    # Not in the registry of loggers: it ends with the block, and nobody else configures it.
    logger = logging.Logger(str(path), logging.INFO)
    logger.addHandler(handler)

    def event(message: str) -> None:
        line = " ".join(message.split())
        logger.info(line)
        tqdm.write(line)

    try:
        yield event
    except KeyboardInterrupt:
        event("interrupted")
        raise
    finally:
        handler.close()


def attempt(task: SourceTask) -> Outcome:
    """Train ``task``; an error is its outcome, for the run to go on."""
    try:
        train_source_member(task)
    except RunningElsewhereError as error:
        return Outcome(task, "running elsewhere", str(error))
    except (HydroTLError, FloatingPointError) as error:
        return Outcome(task, "failed", str(error))
    except Exception as error:  # a defect or a full disk or GPU: the other members go on
        traceback.print_exc()
        return Outcome(task, "failed", f"{type(error).__name__}: {error}")
    return Outcome(task, "finished")


@dataclass
class _Work:
    """What is left, what runs and how it ended, with one progress bar over all updates."""

    queue: deque[SourceTask]
    totals: dict[str, int]
    event: Callable[[str], None]
    bar: tqdm[Any]
    outcomes: list[Outcome] = field(default_factory=list)
    begun: dict[SourceTask, int] = field(default_factory=dict)
    expected: dict[SourceTask, int] = field(default_factory=dict)
    gained: dict[SourceTask, int] = field(default_factory=dict)

    def foresee(self) -> None:
        """Count the updates that are left to do."""
        for task in self.queue:
            found = status(task, self.totals[task.name])
            if found.state in ("begun", "waiting"):
                self.expected[task] = found.total - found.done
        self.show()

    def take(self) -> SourceTask | None:
        """The next task that needs work and that nobody else works on."""
        while self.queue:
            task = self.queue.popleft()
            found = status(task, self.totals[task.name])
            if found.state in ("begun", "waiting"):
                at = f"resumed at update {found.done} of {found.total}"
                self.event(f"{task.title}: {at if found.done else 'started'}")
                self.begun.setdefault(task, found.done)
                self.expected[task] = found.total - self.begun[task]
                return task
            if found.state == "finished":
                self.end(Outcome(task, "finished", "skipped, finished before"))
            elif found.state == "running elsewhere":
                self.end(Outcome(task, "running elsewhere", f"skipped, {found}"))
            else:
                self.end(Outcome(task, "failed", found.note))
        return None

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
        self.show()

    def show(self) -> None:
        """Bring the progress bar up to what the running tasks report."""
        for task, first in self.begun.items():
            note = last_note(task.lock)
            if note is not None and note.total:
                self.gained[task] = max(0, note.done - first)
        self.bar.total = sum(self.expected.values())
        self.bar.n = sum(self.gained.values())
        self.bar.refresh()


def _ended(outcome: Outcome) -> str:
    if outcome.state != "finished" or outcome.message:
        prefix = "failed: " if outcome.state == "failed" else ""
        return f"{prefix}{outcome.message}"
    _, card = load_weights(outcome.task.weights)
    seconds, (_, loss) = card.provenance["seconds"], card.provenance["loss"][-1]
    return f"finished in {seconds:.0f} s, loss {loss:.4f}, wrote {outcome.task.weights}"


def _bar(label: str) -> tqdm[Any]:
    """Updates over all tasks, on one line.

    Only on a terminal: in a file, where the log says enough, each redrawing would be a line.
    """
    return tqdm(desc=label, unit="update", disable=None)


def train_members(tasks: Sequence[SourceTask], jobs: int, log: Path, label: str) -> list[Outcome]:
    """Train what is missing of ``tasks``, in their order, ``jobs`` at a time.

    What is finished or trained by another run is passed over; what was begun goes on from its
    checkpoint; a member whose process is killed is tried once more; an error ends its member
    alone. The model card beside the weights is renewed with each member. Every event is a line
    in ``log``.

    Returns
    -------
    list of Outcome
        One per task, as they ended.
    """
    died: Counter[SourceTask] = Counter()
    with event_log(log) as event, _bar(label) as bar:
        work = _Work(deque(tasks), totals(tasks), event, bar)
        work.foresee()
        for task, outcome, code in run_apart(attempt, work.take, jobs, work.show):
            if outcome is not None:
                work.end(outcome)
                if outcome.state == "finished":
                    _renew_card(task, event)
                continue
            died[task] += 1
            ended = f"its process ended with code {code}"
            if died[task] < ATTEMPTS:
                event(f"{task.title}: {ended}, tried again")
                work.queue.appendleft(task)
            else:
                work.end(Outcome(task, "failed", f"{ended}, {ATTEMPTS} times"))
    return work.outcomes


def _renew_card(task: SourceTask, event: Callable[[str], None]) -> None:
    try:
        write_card(task.folder)
    except HydroTLError as error:
        event(f"{task.folder}: no model card: {error}")


def raise_failures(outcomes: Sequence[Outcome]) -> None:
    """Raise if a training failed.

    Raises
    ------
    TrainingError
        Naming each failed member and why.
    """
    failed = [f"{o.task.title} ({o.message})" for o in outcomes if o.state == "failed"]
    if failed:
        raise TrainingError(f"{len(failed)} of {len(outcomes)} failed: {'; '.join(failed)}")
