"""Where tasks run: in this process, in processes of this machine, or on a Dask cluster.

All three yield results as they come, whatever the order, and outlive the death of a worker: its
task is given to another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, TypeVar

from hydrotl.experiments.members import set_worker_environment, start_worker
from hydrotl_core.errors import ConfigError, TrainingError

ATTEMPTS = 3

Task = TypeVar("Task")
Result = TypeVar("Result")


Shared = Mapping[str, Any]
Sharing = Callable[[Task], dict[str, str]]


def run_here(
    function: Callable[..., Result], tasks: Sequence[Task], shared: Shared, needs: Sharing[Task]
) -> Iterator[tuple[Task, Result]]:
    """Yield each task with ``function(task, **arguments)``, one after another.

    Parameters
    ----------
    shared
        Large values by name.
    needs
        For a task, which of them goes to which argument.
    """
    for task in tasks:
        yield task, function(task, **{k: shared[v] for k, v in needs(task).items()})


def run_processes(
    function: Callable[..., Result],
    tasks: Sequence[Task],
    shared: Shared,
    needs: Sharing[Task],
    jobs: int,
) -> Iterator[tuple[Task, Result]]:
    """As :func:`run_here`, in ``jobs`` processes.

    Raises
    ------
    TrainingError
        If workers are killed again and again.
    """
    left, attempts = list(tasks), 0
    set_worker_environment()
    while left:
        with ProcessPoolExecutor(
            min(jobs, len(left)), mp_context=get_context("spawn"), initializer=start_worker
        ) as pool:
            try:
                futures = {}
                for task in left:
                    arguments = {k: shared[v] for k, v in needs(task).items()}
                    futures[pool.submit(function, task, **arguments)] = task
                for future in as_completed(futures):
                    result = future.result()
                    left.remove(futures[future])
                    yield futures[future], result
            except BrokenProcessPool:
                attempts += 1
                if attempts >= ATTEMPTS:
                    raise TrainingError(
                        f"a worker was killed {attempts} times, with {len(left)} tasks left: is "
                        "there enough memory for so many jobs?"
                    ) from None
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise


def run_dask(
    function: Callable[..., Result],
    tasks: Sequence[Task],
    shared: Shared,
    needs: Sharing[Task],
    address: str,
) -> Iterator[tuple[Task, Result]]:
    """As :func:`run_here`, on the Dask cluster at ``address``.

    Workers need this package and the project's files (experiments and weights), no data: shared
    values are sent to them.

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
            sent = {name: client.scatter(value, hash=False) for name, value in shared.items()}
            futures = {}
            for task in left:
                arguments = {k: sent[v] for k, v in needs(task).items()}
                futures[client.submit(function, task, **arguments, pure=False, retries=0)] = task
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
