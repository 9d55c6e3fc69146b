"""Training ensemble members side by side: one process and one thread per member.

Two processes with one thread each use two cores better than one process with two threads,
and suffer less from other work on the machine.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import TypeVar

from tqdm import tqdm

from hydrotl_core.errors import ConfigError

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

Task = TypeVar("Task")
Result = TypeVar("Result")


def default_jobs() -> int:
    """Processes to use: the cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def pick_device(device: str = "auto") -> str:
    """``cuda`` where PyTorch sees a GPU, else ``cpu``, unless named.

    Raises
    ------
    ConfigError
        For another device, or a GPU that PyTorch does not see.
    """
    if device == "cpu":
        return device
    if device not in ("auto", "cuda"):
        raise ConfigError(f"no device {device!r}; there are auto, cpu, cuda")
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if device == "cuda":
        raise ConfigError(
            "PyTorch sees no GPU for device 'cuda': use cpu, or a CUDA build of torch"
        )
    return "cpu"


def set_worker_environment() -> None:
    """Give processes that are started from now on :data:`WORKER_ENVIRONMENT`."""
    for name, value in WORKER_ENVIRONMENT.items():
        os.environ.setdefault(name, value)


def start_worker() -> None:
    """One thread, and no life beyond the parent's: a killed run leaves nothing computing."""
    import torch

    torch.set_num_threads(1)
    parent = parent_process()
    if parent is not None:

        def follow() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=follow, daemon=True).start()


def run_tasks(
    function: Callable[[Task], Result], tasks: Iterable[Task], jobs: int, label: str
) -> Iterator[Result]:
    """Yield ``function(task)`` of each task as it finishes, with a progress bar.

    ``jobs`` processes; with one job everything runs here. The first error stops the rest and
    is raised. ``function`` and tasks must be importable and picklable.
    """
    tasks = list(tasks)
    bar = tqdm(total=len(tasks), desc=label, unit="model")
    with bar:
        if jobs <= 1 or len(tasks) <= 1:
            for task in tasks:
                yield function(task)
                bar.update()
            return
        set_worker_environment()
        with ProcessPoolExecutor(
            min(jobs, len(tasks)), mp_context=get_context("spawn"), initializer=start_worker
        ) as pool:
            futures = [pool.submit(function, task) for task in tasks]
            try:
                for future in as_completed(futures):
                    yield future.result()
                    bar.update()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise


def _answer(sender: Connection, function: Callable[[Task], Result], task: Task) -> None:
    # Ctrl-C reaches the whole group of processes; the parent alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    start_worker()
    sender.send(function(task))


def run_apart(
    function: Callable[[Task], Result],
    take: Callable[[], Task | None],
    jobs: int,
    tick: Callable[[], None],
    seconds: float = 0.5,
) -> Iterator[tuple[Task, Result | None, int | None]]:
    """Run tasks in a process each, so that the death of one costs that task only.

    Parameters
    ----------
    function
        Importable, with picklable task and result. It should not raise: an exception ends its
        process without a result.
    take
        Called when a process is free; the next task, or None if there is none at the moment.
    jobs
        Processes side by side.
    tick
        Called every ``seconds`` while processes run.

    Yields
    ------
    tuple
        A task, its result, and None; or the task, None, and the exit code of its process
        (negative: the signal that killed it). What the consumer does then, such as putting the
        task back for ``take``, counts before the next task is taken.
    """
    set_worker_environment()
    context = get_context("spawn")
    running: dict[Connection, tuple[Task, BaseProcess]] = {}
    try:
        while True:
            while len(running) < max(1, jobs) and (free := take()) is not None:
                receiver, sender = context.Pipe(duplex=False)
                worker = context.Process(target=_answer, args=(sender, function, free))
                worker.start()
                sender.close()  # the worker's copy is the last: its death closes the pipe
                running[receiver] = (free, worker)
            if not running:
                return
            for ready in wait(list(running), seconds):
                assert isinstance(ready, Connection)
                task, process = running[ready]
                try:
                    result, died = ready.recv(), False
                except (EOFError, OSError):  # nothing, or half a message
                    result, died = None, True
                process.join()
                ready.close()
                del running[ready]
                yield task, result, process.exitcode if died else None
            tick()
    finally:
        for _, process in running.values():
            process.terminate()
