"""Processes that work for another: deaf to Ctrl-C from their beginning, and ending with it.

What they warn of is said by the process that they work for, so that it is said once.
"""

from __future__ import annotations

import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import parent_process
from typing import Any, TypeVar

from tqdm import tqdm

Result = TypeVar("Result")
#: A warning as it travels between processes: message, category, file and line.
Note = tuple[Warning | str, type[Warning], str, int]


@contextmanager
def begun_deaf() -> Iterator[None]:
    """Processes that start in the block do not hear Ctrl-C, not even before their first line.

    Here it is heard when the block ends.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def start_worker() -> None:
    """Be deaf to Ctrl-C, and end with the parent.

    Ctrl-C reaches the whole group of processes; the parent alone decides what it means. A parent
    that is killed leaves nothing computing.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Else its bars, though they show nothing, take a semaphore of the system, and Python complains
    # of it as left behind where the worker is ended.
    tqdm.set_lock(threading.RLock())
    parent = parent_process()
    if parent is not None:

        def follow() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=follow, daemon=True).start()


def noting(function: Callable[..., Result], *words: Any, **data: Any) -> tuple[Result, list[Note]]:
    """What ``function`` returns, and what it warned of, for :func:`repeat`."""
    with warnings.catch_warnings(record=True) as caught:
        result = function(*words, **data)
    return result, [(w.message, w.category, w.filename, w.lineno) for w in caught]


def repeat(notes: list[Note]) -> None:
    """Warn of what was noted in another process, as if it were found here."""
    for message, category, filename, line in notes:
        warnings.warn_explicit(message, category, filename, line, registry=_SAID)


_SAID: dict[Any, Any] = {}
