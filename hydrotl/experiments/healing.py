"""Damaged files of tasks are set aside under another name and computed again, which is said.

A disk that lies, a copy that broke off or an editor may spoil what the runner has kept. None of
these files is an original: each follows from data, recipe and seed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

from tqdm import tqdm

from hydrotl.experiments.store import claimed
from hydrotl_core.checkpoint import require_whole
from hydrotl_core.errors import DataError, WeightsError
from hydrotl_core.files import remove_leftovers, set_aside


class Checked(Protocol):
    """A task that knows a damaged product: ``check(product)`` raises an error."""

    @property
    def product(self) -> Path: ...
    @property
    def checkpoint(self) -> Path: ...
    @property
    def lock(self) -> Path: ...
    @property
    def check(self) -> Callable[[Path], Any] | None: ...


def heal(tasks: Iterable[Checked]) -> None:
    """Set damaged products of ``tasks`` aside; one that another run computes is left to it.

    The checkpoint of a finished task, whose run was killed before it removed it, is removed.

    Raises
    ------
    FileError
        If a file cannot be read or renamed.
    """
    for task in tasks:
        if task.product.is_file() and (task.check is not None or task.checkpoint.is_file()):
            with claimed(task.lock) as free:
                if free and task.product.is_file():
                    if task.check is not None:
                        _heal(task.product, task.check)
                    if task.product.is_file():
                        task.checkpoint.unlink(missing_ok=True)


def clear_for(product: Path, checkpoint: Path) -> None:
    """Make place for a task under whose lock the caller is.

    What killed writers left is removed, and a checkpoint that cannot be resumed from is set aside.
    """
    for path in (product, checkpoint):
        remove_leftovers(path)
    if checkpoint.is_file():
        _heal(checkpoint, require_whole)


def _heal(path: Path, check: Callable[[Path], Any]) -> None:
    try:
        check(path)
    except (DataError, WeightsError) as error:
        what = str(error).rsplit(": delete it", 1)[0]
        tqdm.write(f"{what}: kept as {set_aside(path).name}, and computed again", file=sys.stderr)
