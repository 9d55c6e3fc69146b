"""Processes that tests start and watch: whether they live, and a Dask cluster of them."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.synthetic import ROOT


def until(condition: Callable[[], bool], seconds: float = 200) -> None:
    """Wait for ``condition``, which fails the test after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@contextmanager
def dask_cluster(folder: Path, workers: int, *words: str) -> Iterator[str]:
    """Address of a scheduler, started with its workers as their users start them.

    The workers find the packages, but no project and no data: what they need is sent to them.
    """
    environment = {
        **os.environ,
        "HYDROTL_ROOT": str(folder / "no-project-here"),
        "HYDROTL_DATA": str(folder / "no-data-here"),
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(ROOT),
    }
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    scheduler = ["dask_scheduler", "--host", "127.0.0.1", "--port", str(port)]
    worker = ["dask_worker", address, "--nthreads", "1", *words]
    parts = [
        subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{name}", *more, "--no-dashboard"],
            env=environment,
            cwd=folder,
            stderr=subprocess.DEVNULL,
        )
        for name, *more in [scheduler, *[worker] * workers]
    ]
    try:
        yield address
    finally:
        for part in parts:
            part.kill()  # a worker that is asked to stop first looks for its scheduler
        for part in parts:
            part.wait()
