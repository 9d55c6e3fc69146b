"""Training many source members so that nothing done is lost.

Each member is trained in a process of its own, under a lock, from its last checkpoint; what fails
is noted and the rest goes on. Several runs of one plan may work at the same time: each takes what
no other holds. Where the last members do not fill the processes evenly, one is cut into pieces
(:mod:`hydrotl.experiments.schedule`), so that all processes end at about the same time.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tqdm import tqdm

from hydrotl.book.cards import write_card
from hydrotl.experiments.members import run_apart
from hydrotl.experiments.plan import totals, update_cost
from hydrotl.experiments.plan_work import Outcome, Stint, Work
from hydrotl.experiments.source import train_source_member
from hydrotl.experiments.source_task import SourceTask, finished
from hydrotl_core.errors import HydroTLError, RunningElsewhereError, TrainingError

ATTEMPTS = 2


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


def attempt(stint: Stint) -> Outcome | None:
    """Train ``stint``; an error is its outcome, for the run to go on. None: there is more to do."""
    task = stint.task
    try:
        train_source_member(task, stint.stop)
        if not finished(task):
            return None
    except RunningElsewhereError as error:
        return Outcome(task, "running elsewhere", str(error))
    except (HydroTLError, FloatingPointError) as error:
        return Outcome(task, "failed", str(error))
    except Exception as error:  # a defect or a full disk or GPU: the other members go on
        traceback.print_exc()
        return Outcome(task, "failed", f"{type(error).__name__}: {error}")
    return Outcome(task, "finished")


def _bar(label: str) -> tqdm[Any]:
    """Updates over all tasks, on one line.

    Only on a terminal: in a file, where the log says enough, each redrawing would be a line.
    """
    return tqdm(desc=label, unit="update", disable=None)


def train_members(tasks: Sequence[SourceTask], jobs: int, log: Path, label: str) -> list[Outcome]:
    """Train what is missing of ``tasks``, in their order, ``jobs`` at a time.

    What is finished or trained by another run is passed over; what was begun goes on from its
    checkpoint; a member whose process is killed is tried once more; an error ends its member
    alone. On a CPU the last members may be cut into pieces and change their order, so that the
    processes end together. The model card beside the weights is renewed with each member. Every
    event is a line in ``log``.

    Returns
    -------
    list of Outcome
        One per task, as they ended.
    """
    died: Counter[SourceTask] = Counter()
    with event_log(log) as event, _bar(label) as bar:
        costs = {task.name: update_cost(task) for task in tasks}
        work = Work(deque(tasks), totals(tasks), event, bar, jobs, costs)
        work.foresee()
        for stint, outcome, code in run_apart(attempt, work.take, jobs, work.show):
            task = stint.task
            if code is None and outcome is None:
                work.pause(stint)
            elif outcome is not None:
                work.end(outcome)
                if outcome.state == "finished":
                    _renew_card(task, event)
            else:
                died[task] += 1
                ended = f"its process ended with code {code}"
                if died[task] < ATTEMPTS:
                    event(f"{task.title}: {ended}, tried again")
                    work.retry(task)
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
