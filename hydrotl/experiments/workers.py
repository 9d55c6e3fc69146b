"""Processes that work for another: deaf to Ctrl-C from their beginning, and ending with it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import parent_process


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
    parent = parent_process()
    if parent is not None:

        def follow() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=follow, daemon=True).start()
