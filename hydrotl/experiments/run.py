"""The one runner: computes tasks whose file is not there yet, and resumes what was stopped.

A task says where its result is kept. Where that file exists nothing is computed; what was begun
resumes from its checkpoint; what another run on this machine computes is waited for. So after a
kill, the same call finishes the work.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol

from tqdm import tqdm

from hydrotl.experiments.executors import Shared, run_dask, run_here, run_processes
from hydrotl.experiments.healing import clear_for, heal
from hydrotl.experiments.progress import progress
from hydrotl.experiments.store import claimed, is_claimed
from hydrotl_core.checkpoint import checkpoint_progress
from hydrotl_core.errors import FileError, HydroTLError, TrainingError, WeightsError
from hydrotl_core.files import reason

POLL_SECONDS = 2.0


class Event(Protocol):
    """Writes a line to the log and, ``aloud``, says it."""

    def __call__(self, message: str, aloud: bool = True) -> None: ...


@dataclass(frozen=True, eq=False)
class Task:
    """Something to compute once.

    Attributes
    ----------
    title
        Name in messages.
    product
        File that is written when it is done.
    checkpoint
        File from which an interrupted computation resumes; its lock lies beside it.
    compute
        Importable function ``compute(checkpoint, **data)`` whose result ``write`` takes. Partial
        functions carry what is particular to the task.
    write
        Importable function ``write(product, result)``.
    data
        Which shared values ``compute`` takes: argument -> name.
    updates
        Number of training updates, for the progress bar.
    check
        Function ``check(product)`` that raises a HydroTLError if the file is damaged: it is then
        set aside and computed again. None: what is there is not looked at here.
    """

    title: str
    product: Path
    checkpoint: Path
    compute: Callable[..., Any]
    write: Callable[[Path, Any], None]
    data: Mapping[str, str] = field(default_factory=dict)
    updates: int = 1
    check: Callable[[Path], Any] | None = None

    @property
    def lock(self) -> Path:
        """Held by the process that computes it."""
        return self.checkpoint.with_suffix(".lock")


@dataclass(frozen=True)
class Outcome:
    """How a task ended in a worker; ``result`` where the worker does not share this disk."""

    state: Literal["finished", "failed", "elsewhere"]
    error: Exception | None = None
    result: Any = None


def perform(task: Task, *, here: bool, **data: Any) -> Outcome:
    """Compute a task in a worker and, on this machine (``here``), write its file under its lock."""
    try:
        if not here:
            return Outcome("finished", result=task.compute(None, **data))
        with claimed(task.lock) as free:
            if not free:
                return Outcome("elsewhere")
            if not task.product.is_file():  # another run may have written it by now
                clear_for(task.product, task.checkpoint)
                task.write(task.product, task.compute(task.checkpoint, **data))
            task.checkpoint.unlink(missing_ok=True)
    except (HydroTLError, FloatingPointError) as error:
        return Outcome("failed", error)
    except OSError as error:
        return Outcome("failed", FileError(f"{reason(error)}: nothing half-written was left"))
    except MemoryError:
        return Outcome("failed", TrainingError("there is not enough memory: take fewer --jobs"))
    except Exception as error:  # a defect: the other tasks go on
        traceback.print_exc()
        return Outcome("failed", error)
    return Outcome("finished")


def run_tasks(
    tasks: Sequence[Task],
    shared: Shared,
    *,
    jobs: int = 1,
    scheduler: str | None = None,
    label: str = "tasks",
    log: Path | None = None,
) -> Iterator[Task]:
    """Compute what is missing of ``tasks``; yield each one whose file is there then, as they come.

    Parameters
    ----------
    tasks
        The most wanted first. Damaged files of theirs are set aside first (:func:`heal`).
    shared
        Large values that tasks take, by name.
    jobs
        Processes on this machine; with one, everything is computed in this process.
    scheduler
        Address of a Dask scheduler, to compute on its cluster instead.
    label
        Of the progress bar, or of the lines about progress where there is no terminal.
    log
        File that gets a line for every event; what is no mere end of a task is also said.

    Raises
    ------
    TrainingError
        At the end, if tasks failed: it names each of them and why. A single cause is raised as it
        was.
    """
    heal(tasks)
    open_tasks = [task for task in tasks if not task.product.is_file()]
    yield from (task for task in tasks if task not in set(open_tasks))
    failures: dict[Task, Exception] = {}
    with _events(log) as event, progress(open_tasks, label) as finish:
        for task in open_tasks:
            if task.checkpoint.is_file():
                event(f"{task.title}: {state_of(task)}")
        while open_tasks:
            elsewhere = []
            for task, outcome in _computed(open_tasks, shared, jobs, scheduler):
                if outcome.state == "elsewhere":
                    elsewhere.append(task)
                elif outcome.error is not None:
                    failures[task] = outcome.error
                    event(f"{task.title}: failed: {outcome.error}")
                else:
                    if outcome.result is not None:
                        task.write(task.product, outcome.result)
                    event(f"{task.title}: finished, wrote {task.product}", aloud=False)
                    finish(task)
                    yield task
            open_tasks = _wait_for_others(elsewhere, event)
            for task in elsewhere:
                if task not in open_tasks:
                    finish(task)
                    yield task
    if failures:
        raise _failure(failures, len(tasks))


def _computed(
    tasks: Sequence[Task], shared: Shared, jobs: int, scheduler: str | None
) -> Iterator[tuple[Task, Outcome]]:
    function = partial(perform, here=scheduler is None)
    if scheduler is not None:
        return run_dask(function, tasks, shared, scheduler)
    if jobs > 1 and len(tasks) > 1:
        return run_processes(function, tasks, shared, jobs)
    return run_here(function, tasks, shared)


def _wait_for_others(tasks: list[Task], event: Event) -> list[Task]:
    """Wait for tasks of other runs; those whose run ended without a result are still to do."""
    if tasks:
        event(f"another run computes {', '.join(task.title for task in tasks)}: waiting for it")
    while any(is_claimed(task.lock) and not task.product.is_file() for task in tasks):
        time.sleep(POLL_SECONDS)
    return [task for task in tasks if not task.product.is_file()]


def _failure(failures: Mapping[Task, Exception], total: int) -> Exception:
    messages = {str(error) for error in failures.values()}
    first = next(iter(failures.values()))
    if len(messages) == 1:
        return first
    if all(isinstance(error, FileError) for error in failures.values()):  # the disk is full
        return FileError(f"{first}; so failed {len(failures)} of {total}")
    told = "; ".join(f"{task.title} ({error})" for task, error in failures.items())
    return TrainingError(f"{len(failures)} of {total} failed: {told}")


class _Log(logging.FileHandler):
    """A log whose disk may become full: a line less is no reason to stop, or for a traceback."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        pass


@contextmanager
def _events(path: Path | None) -> Iterator[Event]:
    """Function that appends a line with the UTC time to ``path``; without one, it says nothing."""
    # Not in the registry of loggers: it ends with the block, and nobody else configures it.
    logger = logging.Logger("events", logging.INFO)
    handler: logging.Handler = logging.NullHandler()
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = _Log(path, encoding="utf-8")
        form = logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")
        form.converter = time.gmtime
        handler.setFormatter(form)
    logger.addHandler(handler)

    def event(message: str, aloud: bool = True) -> None:
        line = " ".join(message.split())
        logger.info(line)
        if path is not None and aloud:
            tqdm.write(line)

    try:
        yield event
    except KeyboardInterrupt:
        logger.info("interrupted")
        raise
    finally:
        with suppress(OSError):  # of a full disk
            handler.close()


def state_of(task: Task) -> str:
    """Where a task stands, from its files alone, in words."""
    if task.product.is_file():
        return "finished"
    try:
        done, _ = checkpoint_progress(task.checkpoint)
    except WeightsError as error:
        return f"unusable: {error}"
    progress = f"{done} of {task.updates} updates"
    if is_claimed(task.lock):
        return f"running: {progress}"
    return f"begun: {progress}" if done else "waiting"
