"""Which run trains a member: a lock, and beside it a small file that says who and how far.

The lock is the operating system's: it ends with the process that holds it, however that ends.
The file is for people and for progress only; what it says counts while the lock is held.
"""

from __future__ import annotations

import datetime as dt
import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, ValidationError

from hydrotl_core.errors import RunningElsewhereError
from hydrotl_core.files import replacing

# Long enough to outlast `holder`, which takes the lock for a moment to see whether it is free.
PATIENCE_SECONDS = 1.0


class Holder(BaseModel):
    """Who trains, since when (UTC), and how many updates are done."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pid: int
    host: str
    since: str
    done: int = 0
    total: int = 0

    def __str__(self) -> str:
        return f"pid {self.pid} on {self.host} since {self.since}"


def now() -> str:
    """The time, UTC, to the second."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _note(lock: Path) -> Path:
    return lock.with_suffix(".json")


def last_note(lock: Path) -> Holder | None:
    """What the last holder of ``lock`` wrote and did not clear, whether it lives or not."""
    try:
        return Holder.model_validate_json(_note(lock).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def holder(lock: Path) -> Holder | None:
    """Who holds ``lock`` now; None if nobody does."""
    note = last_note(lock)
    if note is None:
        return None
    probe = FileLock(lock)
    try:
        probe.acquire(blocking=False)
    except Timeout:
        return note
    probe.release()
    return None


@contextmanager
def claimed(lock: Path, what: str) -> Iterator[Callable[[int, int], None]]:
    """Hold ``lock`` during the block; yields a function that notes updates done and their total.

    Raises
    ------
    RunningElsewhereError
        If another run holds it; names that run.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    held = FileLock(lock)
    try:
        held.acquire(timeout=PATIENCE_SECONDS)
    except Timeout:
        raise RunningElsewhereError(
            f"{what} is trained by {last_note(lock) or 'another run'}"
        ) from None
    me = Holder(pid=os.getpid(), host=platform.node(), since=now())

    def note(done: int, total: int) -> None:
        with replacing(_note(lock)) as temporary:
            text = me.model_copy(update={"done": done, "total": total}).model_dump_json()
            temporary.write_text(text, encoding="utf-8")

    try:
        note(0, 0)
        yield note
    finally:
        _note(lock).unlink(missing_ok=True)
        held.release()
