"""Training ensemble members side by side: one process and one thread per member.

Two processes with one thread each use two cores better than one process with two threads,
and suffer less from other work on the machine.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context, parent_process
from typing import TypeVar

from tqdm import tqdm

from hydrotl_core.errors import ConfigError

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


def _start_worker() -> None:
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
        # Set before the workers import torch: its thread pool is sized at import.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        with ProcessPoolExecutor(
            min(jobs, len(tasks)), mp_context=get_context("spawn"), initializer=_start_worker
        ) as pool:
            futures = [pool.submit(function, task) for task in tasks]
            try:
                for future in as_completed(futures):
                    yield future.result()
                    bar.update()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
