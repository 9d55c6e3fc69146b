"""How far tasks are: a bar on a terminal, and elsewhere a line now and then with the time to go."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from tqdm import tqdm

from hydrotl_core.checkpoint import checkpoint_progress
from hydrotl_core.errors import WeightsError

POLL_SECONDS = 2.0
#: Where there is no terminal a line is written after so many seconds and, in a long computation,
#: after such a share of the time that has gone: hours do not fill a file.
LINE_SECONDS, LINE_SHARE = 30.0, 0.05


class Counted(Protocol):
    """A task whose updates are counted; a part of them by its checkpoint."""

    @property
    def checkpoint(self) -> Path: ...
    @property
    def updates(self) -> int: ...


One = TypeVar("One", bound=Counted)


@contextmanager
def progress(tasks: Sequence[One], label: str) -> Iterator[Callable[[One], None]]:
    """Show how far ``tasks`` are until the block ends; yields what is to be told of each one done.

    Updates of running tasks are counted by their checkpoints.
    """
    bar = _Bar(tasks, label)
    try:
        yield bar.finish
    finally:
        bar.close()


class _Bar:
    """Training updates of all tasks on one line, renewed from the checkpoints of running ones."""

    def __init__(self, tasks: Sequence[Counted], label: str) -> None:
        total = sum(task.updates for task in tasks)
        self.bar = tqdm(total=total, desc=label, unit="update", disable=None if tasks else True)
        self.open, self.done, self.ended = list(tasks), 0, threading.Event()
        self.total, self.tasks, self.label = total, len(tasks), label
        self.began = self.said = time.monotonic()
        self.lock = threading.Lock()  # tasks end in one thread, the renewal is another
        self.before = self.count()
        self.renewal = threading.Thread(target=self._renew, daemon=True)
        self.renewal.start()

    def count(self) -> int:
        return self.done + sum(_updates_done(task) for task in list(self.open))

    def finish(self, task: Counted) -> None:
        self.open.remove(task)
        self.done += task.updates
        self.show()

    def show(self) -> None:
        with self.lock:
            count = self.count()
            self.bar.n = count
            self.bar.refresh()
            if self.bar.disable and self.open:
                self.speak(count, time.monotonic())

    def speak(self, count: int, now: float) -> None:
        gone = now - self.began
        if now - self.said < max(LINE_SECONDS, LINE_SHARE * gone):
            return
        self.said = now
        ready, share = self.tasks - len(self.open), count / self.total
        told = pace(count - self.before, self.total - count, gone)
        say(f"{self.label}: {ready} of {self.tasks} done, {share:.0%} of the work {told}")

    def close(self) -> None:
        self.ended.set()
        self.renewal.join()
        self.bar.close()
        if self.said > self.began and not self.open:
            say(f"{self.label}: all {self.tasks} done in {clock(time.monotonic() - self.began)}")

    def _renew(self) -> None:
        while not self.ended.wait(POLL_SECONDS):
            self.show()


def pace(done: int, left: int, seconds: float) -> str:
    """How long it took and, by the pace of the ``done`` updates, how long the others take."""
    told = f"in {clock(seconds)}"
    return f"{told}, about {clock(left * seconds / done)} to go" if done > 0 else told


def clock(seconds: float) -> str:
    """Minutes and seconds, or hours, minutes and seconds: as the bar writes them."""
    return str(tqdm.format_interval(seconds))


def say(text: str) -> None:
    """A line for who waits, beside the output proper."""
    tqdm.write(text, file=sys.stderr)


def _updates_done(task: Counted) -> int:
    try:
        return checkpoint_progress(task.checkpoint)[0]
    except WeightsError:  # damaged, which the task itself will say
        return 0
