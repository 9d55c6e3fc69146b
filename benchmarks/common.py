"""What the benchmarks share: options, warm processes, repeats in turns, and the results file."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import logging
import math
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

from hydrotl.experiments.devices import default_jobs, pick_device
from hydrotl.experiments.executors import WORKER_ENVIRONMENT, at_once
from hydrotl.experiments.provenance import code_version
from hydrotl.experiments.workers import start_worker
from hydrotl_core.files import replacing

RESULTS = Path(__file__).parent / "results"
SPAWN_SECONDS = 0.2

Task = TypeVar("Task")
Result = TypeVar("Result")


def options(doc: str | None, repeats: int = 5) -> argparse.ArgumentParser:
    """The options of every benchmark; ``doc`` is its module's."""
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=repeats, help="default: %(default)s")
    parser.add_argument("--device", default="cpu", type=pick_device, help="auto, cpu or cuda")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the results file")
    return parser


def cpu_model() -> str:
    """Name of the processor."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def installed(package: str) -> str | None:
    """Version of ``package``, None if it is not there."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def environment(device: str) -> dict[str, Any]:
    """Machine, versions, code and date; ``load`` tells whether the machine was quiet."""
    gpu = None
    if device != "cpu":
        import torch

        gpu = torch.cuda.get_device_name()
    return {
        "cpu": cpu_model(),
        "cores": default_jobs(),
        "device": device,
        "gpu": gpu,
        "load": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "torch": installed("torch"),
        "neuralhydrology": installed("neuralhydrology"),
        "code": code_version(),
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
    }


def digits(value: Any, n: int = 4) -> Any:
    """``value`` with its numbers, also those inside of lists and mappings, to ``n`` digits."""
    if isinstance(value, Mapping):
        return {key: digits(item, n) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [digits(item, n) for item in value]
    if isinstance(value, float):
        return float(f"{value:.{n}g}") if math.isfinite(value) else None
    return value


def summary(values: Sequence[float]) -> dict[str, Any]:
    """Median, minimum and all repeats."""
    return {"median": statistics.median(values), "min": min(values), "repeats": list(values)}


def write_result(folder: Path, name: str, record: Mapping[str, Any]) -> Path:
    """Write ``record`` to ``folder/name.json``."""
    path = folder / f"{name}.json"
    with replacing(path) as temporary:
        text = json.dumps(digits(record), indent=1, allow_nan=False)
        temporary.write_text(text + "\n", encoding="utf-8")
    print(f"wrote {path}")
    return path


def read_result(folder: Path, name: str) -> dict[str, Any] | None:
    """The record of an earlier run, None if there is none."""
    path = folder / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def synchronise(device: str) -> None:
    """Wait for the GPU, so that a clock read next tells when work was done."""
    if device != "cpu":
        import torch

        torch.cuda.synchronize()


def in_turns(
    contestants: Mapping[str, Callable[[], Result]], repeats: int
) -> dict[str, list[Result]]:
    """Results of all contestants, one repeat of each after the other.

    What disturbs the machine for a while disturbs all of them, so that ratios suffer less.
    """
    results: dict[str, list[Result]] = {name: [] for name in contestants}
    for _ in range(repeats):
        for name, measure in contestants.items():
            results[name].append(measure())
    return results


def updates_for(seconds: float, per_update: float, most: int = 200) -> int:
    """Updates that take about ``seconds``, at least one."""
    return max(1, min(most, round(seconds / per_update)))


def _rest(seconds: float) -> int:
    """Occupy a process for a moment; which one it was."""
    time.sleep(seconds)
    return os.getpid()


def _start_peer() -> None:
    logging.disable(logging.CRITICAL)


class Crew:
    """Processes that are up and have imported what they need, so that only work is timed."""

    def __init__(self, pool: ProcessPoolExecutor, processes: int) -> None:
        self._pool, self.processes = pool, processes

    def run(
        self, function: Callable[[Task], Result], tasks: Sequence[Task]
    ) -> tuple[float, list[Result]]:
        """Wall seconds of all ``tasks``, each taken by the next free process; their results."""
        began = time.perf_counter()
        results = list(self._pool.map(function, tasks))
        return time.perf_counter() - began, results

    def run_as(self, function: Callable[[Task], Result], tasks: Sequence[Task], jobs: int) -> float:
        """Wall seconds of ``tasks``, as many at a time as hydrotl's runner lets run."""
        began = time.perf_counter()
        waiting = list(tasks)
        running: set[Future[Result]] = set()
        while waiting or running:
            most = at_once(len(waiting) + len(running), jobs)
            while waiting and len(running) < most:
                running.add(self._pool.submit(function, waiting.pop()))
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                future.result()
        return time.perf_counter() - began


def _start_member() -> None:
    _start_peer()
    start_worker()


@contextmanager
def process_environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Let processes that start in the block have ``variables``, and none else of hydrotl's.

    Variables of hydrotl's workers that were set for this benchmark would slow its peers.
    """
    before = {name: os.environ.pop(name, None) for name in WORKER_ENVIRONMENT}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


@contextmanager
def crew(processes: int, one_thread: bool) -> Iterator[Crew]:
    """Start ``processes``.

    With ``one_thread`` they are the workers of :mod:`hydrotl.experiments.executors`, with their
    environment; without, they have the threads that torch takes by itself.
    """
    with process_environment(WORKER_ENVIRONMENT if one_thread else {}):
        pool = ProcessPoolExecutor(
            processes,
            mp_context=get_context("spawn"),
            initializer=_start_member if one_thread else _start_peer,
        )
        # A process is started for a task that finds none free: occupy all until all have answered.
        while len(set(pool.map(_rest, [SPAWN_SECONDS] * processes))) < processes:
            pass
    with pool:
        yield Crew(pool, processes)
