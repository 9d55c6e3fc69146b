"""Where tasks are computed: in this process, in processes of this machine, or on a Dask cluster.

All three call ``function(task, **data)`` and yield results as they come. A worker that dies takes
its tasks with it; they are given to another. Two processes with one thread each use two cores
better than one process with two threads, and suffer less from other work on the machine.
"""

from __future__ import annotations

import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    CancelledError,
    Future,
    ProcessPoolExecutor,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol, TypeVar

from hydrotl.experiments.workers import Note, begun_deaf, noting, repeat, start_worker
from hydrotl_core.errors import ConfigError, FileError, TrainingError
from hydrotl_core.files import reason

ATTEMPTS = 3  # deaths of workers in a row, without a finished task between them

# For processes that train, to be set before they start (what the user has set stays).
# - One thread each: the members keep all cores busy, and threads of many processes that share
#   few cores wait for each other.
# - Memory: the LSTM's activations are large blocks that glibc asks of the system anew at each
#   update and gives back after it. Kept instead, and mapped in huge pages, they save up to a
#   third of the update, for up to half as much memory again. Where the C library or the kernel
#   knows no such settings, nothing changes.
KEEP_BYTES = 8 << 30
WORKER_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "GLIBC_TUNABLES": ":".join(
        [
            "glibc.malloc.hugetlb=1",
            "glibc.malloc.mmap_max=0",
            f"glibc.malloc.trim_threshold={KEEP_BYTES}",
            f"glibc.malloc.top_pad={256 << 20}",
            "glibc.malloc.arena_max=1",
        ]
    ),
}


class NeedsData(Protocol):
    """A task that says which shared values it takes: argument -> name of the value."""

    @property
    def data(self) -> Mapping[str, str]: ...


Task = TypeVar("Task", bound=NeedsData)
Result = TypeVar("Result")
Shared = Mapping[str, Any]


def set_worker_environment() -> None:
    """Give processes that are started from now on :data:`WORKER_ENVIRONMENT`."""
    for name, value in WORKER_ENVIRONMENT.items():
        os.environ.setdefault(name, value)


def run_here(
    function: Callable[..., Result], tasks: Sequence[Task], shared: Shared
) -> Iterator[tuple[Task, Result]]:
    """Yield each task with ``function(task, **data)``, one after another.

    Parameters
    ----------
    function
        Importable, so that other processes find it.
    tasks
        What to compute; picklable.
    shared
        Large values by name, of which each task takes what its ``data`` says.
    """
    for task in tasks:
        yield task, function(task, **_taken(task, shared))


def _taken(task: NeedsData, shared: Shared) -> dict[str, Any]:
    return {argument: shared[name] for argument, name in task.data.items()}


def at_once(left: int, jobs: int) -> int:
    """Tasks to compute at a time when ``left`` are not done and ``jobs`` processes are wanted.

    The last ones start together and share the cores: of five equal tasks on two cores, two are
    computed first and three then, so that no core is idle at the end.
    """
    return left if left <= jobs + jobs // 2 else jobs


def run_processes(
    function: Callable[..., Result], tasks: Sequence[Task], shared: Shared, jobs: int
) -> Iterator[tuple[Task, Result]]:
    """As :func:`run_here`, in ``jobs`` processes, a few more at the end (:func:`at_once`).

    Large data are shared by all processes (:mod:`hydrotl.experiments.mapped`).

    Raises
    ------
    TrainingError
        If workers are killed again and again.
    FileError
        If the folder for temporary files has no room for the data.
    """
    if not shared:
        yield from _in_processes(function, tasks, shared, jobs)
        return
    from hydrotl.experiments.mapped import mapped  # heavy, and of no use without data

    with tempfile.TemporaryDirectory(prefix="hydrotl-", ignore_cleanup_errors=True) as folder:
        try:
            files = mapped(shared, Path(folder))
        except OSError as error:
            raise FileError(
                f"no room in {folder} for data that processes share ({reason(error)}): name a "
                "folder with room in TMPDIR, or take --jobs 1"
            ) from error
        yield from _in_processes(function, tasks, files, jobs)


def _with_opened(
    function: Callable[..., Result], task: Task, values: dict[str, Any]
) -> tuple[Result, list[Note]]:
    if not values:
        return noting(function, task)
    from hydrotl.experiments.mapped import opened

    return noting(function, task, **opened(values))


def _in_processes(
    function: Callable[..., Result], tasks: Sequence[Task], shared: Shared, jobs: int
) -> Iterator[tuple[Task, Result]]:
    left, deaths = list(tasks), 0
    set_worker_environment()
    while left:
        pool = ProcessPoolExecutor(
            min(jobs + jobs // 2, len(left)),
            mp_context=get_context("spawn"),
            initializer=start_worker,
        )
        waiting = deque(left)
        running: dict[Future[tuple[Result, list[Note]]], Task] = {}
        try:
            while waiting or running:
                most = at_once(len(waiting) + len(running), jobs)
                while waiting and len(running) < most:
                    task = waiting.popleft()
                    values = _taken(task, shared)
                    with begun_deaf():
                        running[pool.submit(_with_opened, function, task, values)] = task
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    result, notes = future.result()
                    task = running.pop(future)
                    left.remove(task)
                    deaths = 0
                    repeat(notes)
                    yield task, result
            pool.shutdown()
        except BrokenProcessPool:
            deaths += 1
            if deaths >= ATTEMPTS:
                raise TrainingError(
                    f"a worker was killed {deaths} times in a row, with {len(left)} tasks left: "
                    "is there enough memory for so many jobs?"
                ) from None
        except BaseException:
            _stop(pool)
            raise


def _stop(pool: ProcessPoolExecutor) -> None:
    """End the workers now; their tasks resume from their checkpoints another time."""
    # Public as `terminate_workers` from Python 3.14 on; `shutdown` forgets its processes.
    processes = list((getattr(pool, "_processes", None) or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()


def run_dask(
    function: Callable[..., Result], tasks: Sequence[Task], shared: Shared, address: str
) -> Iterator[tuple[Task, Result]]:
    """As :func:`run_here`, on the Dask cluster at ``address``.

    Workers need these packages and nothing else: tasks and shared values are sent to them.

    Raises
    ------
    ConfigError
        If dask is not installed or nothing answers at the address.
    TrainingError
        If a task's workers die again and again.
    """
    try:
        from distributed import Client, KilledWorker
        from distributed import as_completed as completed
    except ImportError:
        raise ConfigError("a Dask cluster needs the package: pip install distributed") from None
    try:
        client = Client(address, timeout="20s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise ConfigError(f"no Dask scheduler answers at {address}: {error}") from None
    left, attempts = list(tasks), 0
    with client:
        while left:
            attempts += 1
            if attempts > ATTEMPTS:
                raise TrainingError(
                    f"workers died {ATTEMPTS} times in a row and took the data of {len(left)} "
                    "tasks with them: is there enough memory for so many workers?"
                )
            # In a list: of a bare dictionary, Dask would file each item under its own key, and two
            # dictionaries with the same keys would become one.
            parts = client.scatter(list(shared.values()), hash=False) if shared else []
            sent = dict(zip(shared, parts, strict=True))
            futures = {
                client.submit(function, task, **_taken(task, sent), pure=False, retries=0): task
                for task in left
            }
            try:
                for future in completed(list(futures), loop=client.loop):
                    try:
                        result = future.result()
                    except CancelledError:  # the only worker that held its data died
                        continue
                    except KilledWorker as error:
                        raise TrainingError(f"workers died again and again: {error}") from None
                    task = futures.pop(future)
                    left.remove(task)
                    attempts = 0
                    yield task, result
                    future.release()
            finally:
                client.cancel(list(futures))
