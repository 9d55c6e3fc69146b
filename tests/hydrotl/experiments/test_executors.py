"""In this process, in local processes, on Dask: the same results, and what a kill leaves."""

import os
import platform
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from hydrotl.cli.ending import ending
from hydrotl.experiments import executors
from hydrotl.experiments.devices import default_jobs, pick_device
from hydrotl.experiments.executors import WORKER_ENVIRONMENT, run_dask, run_here, run_processes
from hydrotl_core.errors import ConfigError, DoubtfulData, TrainingError
from tests.processes import alive, dask_cluster, until
from tests.synthetic import ROOT

SHARED = {"a": 2, "b": 3}


@dataclass(frozen=True)
class Job:
    """A task for the functions below; takes the shared value ``a`` unless told otherwise."""

    number: int = 0
    path: Path = Path()
    data: dict[str, str] = field(default_factory=lambda: {"factor": "a"}, hash=False)


def multiply(job: Job, *, factor: int) -> int:
    return job.number * factor


def returned(job: Job, *, factor: Any) -> Any:
    return factor


def refuse(job: Job, *, factor: int) -> int:
    raise ValueError(f"no {job.number}")


def doubt(job: Job, *, factor: int) -> int:
    warnings.warn("a doubtful gauge", DoubtfulData, stacklevel=1)
    warnings.warn(f"number {job.number}", UserWarning, stacklevel=1)
    return job.number


def die_once(job: Job, *, factor: int) -> int:
    """Kills its own process at the first call, as a machine that runs out of memory does."""
    if not job.path.exists():
        job.path.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return factor


def die(job: Job, *, factor: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return factor


def slow_pid(job: Job, *, factor: int) -> int:
    time.sleep(0.5)
    return os.getpid()


def wait(job: Job, *, factor: int) -> None:
    job.path.write_text(str(os.getpid()))
    time.sleep(120)


def in_processes(
    function: Callable[..., Any], jobs: list[Job], shared: dict[str, int]
) -> Iterator[tuple[Job, Any]]:
    return run_processes(function, jobs, shared, 2)


RUNNERS = [run_here, pytest.param(in_processes, marks=pytest.mark.slow)]


@pytest.mark.parametrize("runner", RUNNERS)
def test_each_task_gets_what_it_needs(runner: Callable[..., Iterator[tuple[Job, int]]]) -> None:
    jobs = [Job(1), Job(2, data={"factor": "b"}), Job(3), Job(4)]
    assert dict(runner(multiply, jobs, SHARED)) == {jobs[0]: 2, jobs[1]: 6, jobs[2]: 6, jobs[3]: 8}


@pytest.mark.parametrize("runner", RUNNERS)
def test_an_error_is_raised_here(runner: Callable[..., Iterator[tuple[Job, int]]]) -> None:
    with pytest.raises(ValueError, match=r"no [12]"):
        list(runner(refuse, [Job(1), Job(2)], SHARED))


# Local processes


@pytest.mark.slow
def test_what_workers_doubt_is_said_here_and_once(
    capfd: pytest.CaptureFixture[str],
) -> None:
    jobs = [Job(number) for number in (1, 2, 3)]
    with ending():
        assert sorted(n for _, n in run_processes(doubt, jobs, SHARED, 2)) == [1, 2, 3]
    lines = capfd.readouterr().err.splitlines()
    assert lines[0] == "warning: a doubtful gauge"
    assert sorted(lines[1:]) == [f"warning: number {n}" for n in (1, 2, 3)]


class Pool:
    """Stands for the processes: a task ends when the runner waits, the oldest first."""

    made: list["Pool"] = []  # noqa: RUF012

    def __init__(self, workers: int, **_: object) -> None:
        self.workers, self.events = workers, list[str]()
        self.running: dict[Future[int], tuple[Job, int]] = {}
        self.made.append(self)

    def submit(self, call: Callable[..., int], function: object, job: Job, data: object) -> Any:
        future: Future[int] = Future()
        self.running[future] = (job, call(function, job, data))
        self.events.append(f"start {job.number}")
        return future

    def wait(self, running: Collection[Future[int]], **_: object) -> tuple[set[Any], None]:
        assert set(running) == set(self.running)
        future = next(iter(self.running))
        job, result = self.running.pop(future)
        future.set_result(result)
        self.events.append(f"end {job.number}")
        return {future}, None

    def shutdown(self) -> None:
        assert not self.running


@pytest.mark.parametrize(
    ("tasks", "jobs", "workers", "events"),
    [
        (5, 2, 3, "s0 s1 e0 s2 e1 s3 s4 e2 e3 e4"),
        (2, 2, 2, "s0 s1 e0 e1"),
        (3, 2, 3, "s0 s1 s2 e0 e1 e2"),
        (8, 4, 6, "s0 s1 s2 s3 e0 s4 e1 s5 s6 s7 e2 e3 e4 e5 e6 e7"),
    ],
)
def test_the_last_tasks_start_early_and_share_the_cores(
    tasks: int, jobs: int, workers: int, events: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of five on two, two are computed alone and three at once; no core is idle at the end."""
    Pool.made.clear()
    monkeypatch.setattr(executors, "ProcessPoolExecutor", Pool)
    monkeypatch.setattr(executors, "wait", lambda running, **_: Pool.made[0].wait(running))
    list(run_processes(multiply, [Job(k) for k in range(tasks)], SHARED, jobs))
    (pool,) = Pool.made
    assert pool.workers == workers
    told = [f"{'start' if e[0] == 's' else 'end'} {e[1:]}" for e in events.split()]
    assert pool.events == told


@pytest.mark.slow
def test_a_killed_worker_costs_nothing_but_time(tmp_path: Path) -> None:
    jobs = [Job(k, tmp_path / str(k)) for k in range(3)]
    jobs[1].path.touch()  # this one never kills
    assert dict(run_processes(die_once, jobs, SHARED, 2)) == dict.fromkeys(jobs, 2)
    with pytest.raises(TrainingError, match="killed 3 times in a row, with 2 tasks left"):
        list(run_processes(die, jobs[:2], SHARED, 2))


def noted(paths: list[Path]) -> bool:
    return all(path.is_file() and path.read_text() for path in paths)


NEEDS_PROC = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="needs /proc to look at processes"
)
# Started in the background by a shell without job control, tests have Ctrl-C ignored.
PARENT = """
import signal
import sys
from pathlib import Path
from hydrotl.experiments.executors import run_processes
from tests.hydrotl.experiments.test_executors import SHARED, Job, wait

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    list(run_processes(wait, [Job(path=Path(p)) for p in sys.argv[1:]], SHARED, 2))
"""


@NEEDS_PROC
@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_workers_do_not_outlive_their_parent(how: signal.Signals, tmp_path: Path) -> None:
    """Killed, or interrupted with Ctrl-C."""
    notes, script = [tmp_path / "a", tmp_path / "b"], tmp_path / "parent.py"
    script.write_text(PARENT)
    with subprocess.Popen(
        [sys.executable, str(script), *map(str, notes)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
    ) as parent:
        until(lambda: noted(notes) or parent.poll() is not None)
        workers = [int(note.read_text()) for note in notes]
        assert all(alive(pid) for pid in workers)
        parent.send_signal(how)
        parent.wait(60)
    until(lambda: not any(alive(pid) for pid in workers), 20)


@pytest.mark.slow
@NEEDS_PROC
def test_leaving_the_loop_ends_what_still_runs(tmp_path: Path) -> None:
    """A consumer that fails: the long task is not waited for."""
    jobs = [Job(0, tmp_path / "a"), Job(1, tmp_path / "b")]
    with pytest.raises(ValueError, match="no 1"):
        list(run_processes(wait_or_refuse, jobs, SHARED, 2))
    pid = int(jobs[0].path.read_text())
    until(lambda: not alive(pid), 20)


def wait_or_refuse(job: Job, *, factor: int) -> None:
    if job.number == 0:
        wait(job, factor=factor)
    until(lambda: noted([job.path.with_name("a")]))
    refuse(job, factor=factor)


PAGE_FAULTS = """
import resource
import torch

torch.ones(2**24)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    torch.ones(2**24)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc"
    or tuple(map(int, platform.libc_ver()[1].split("."))) < (2, 35),
    reason="only glibc from 2.35 on has these settings",
)
def test_large_blocks_of_a_worker_are_kept() -> None:
    """Five blocks of 64 MiB, one after the other, are 81920 pages of 4 KiB if each is new."""
    plain = {k: v for k, v in os.environ.items() if k != "GLIBC_TUNABLES"}
    faults = {}
    for how, more in (("worker", WORKER_ENVIRONMENT), ("plain", {})):
        done = subprocess.run(
            [sys.executable, "-c", PAGE_FAULTS],
            capture_output=True,
            text=True,
            check=True,
            env=plain | more,
        )
        faults[how] = int(done.stdout)
    # Less than one block: where memory is in pieces, the kernel has few huge pages at first.
    assert faults["worker"] < 0.1 * 81920
    assert faults["worker"] < faults["plain"]


# Dask


@pytest.mark.slow
def test_a_killed_dask_worker_costs_nothing_but_time(tmp_path: Path) -> None:
    jobs = [Job(k) for k in range(12)]
    pids: list[int] = []
    with dask_cluster(tmp_path, 3, "--no-nanny") as address:
        for _, pid in run_dask(slow_pid, jobs, SHARED, address):
            if not pids:
                os.kill(pid, signal.SIGKILL)  # while others are at work
            pids.append(pid)
        assert dict(run_dask(multiply, jobs, SHARED, address)) == {j: 2 * j.number for j in jobs}
        # Two values with the same keys, as the weights of two members are.
        alike = {"a": {"w": 1, "v": 2}, "b": {"w": 3, "v": 4}}
        two = [Job(1), Job(2, data={"factor": "b"})]
        assert dict(run_dask(returned, two, alike, address)) == {
            two[0]: alike["a"],
            two[1]: alike["b"],
        }
    assert len(pids) == 12
    assert len(set(pids)) >= 2


@pytest.mark.slow
def test_tasks_whose_data_died_with_a_dask_worker_are_sent_again(tmp_path: Path) -> None:
    """The only worker holds the only copy; its nanny starts another, which has none."""
    done: dict[Job, int] = {}
    with dask_cluster(tmp_path, 1, "--nanny") as address:
        for job, pid in run_dask(slow_pid, [Job(k) for k in range(4)], SHARED, address):
            if not done:
                os.kill(pid, signal.SIGKILL)
            done[job] = pid
    assert sorted(job.number for job in done) == [0, 1, 2, 3]
    assert len(set(done.values())) == 2


@pytest.mark.slow
def test_no_scheduler_is_said() -> None:
    with pytest.raises(ConfigError, match="no Dask scheduler answers"):
        list(run_dask(multiply, [Job(1)], SHARED, "tcp://127.0.0.1:1"))


def test_devices_are_named_or_picked() -> None:
    assert pick_device("cpu") == "cpu"
    assert pick_device() in ("cpu", "cuda")
    with pytest.raises(ConfigError, match="no device 'abacus'; there are auto, cpu, cuda"):
        pick_device("abacus")
    if pick_device() == "cpu":
        with pytest.raises(ConfigError, match="PyTorch sees no GPU"):
            pick_device("cuda")


def test_members_share_a_gpu_where_the_mps_daemon_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_MPS_PIPE_DIRECTORY", str(tmp_path))
    assert default_jobs("cuda") == 1
    pid = tmp_path / "nvidia-cuda-mps-control.pid"
    pid.write_text(f"{os.getpid()}\n")
    assert default_jobs("cuda") == 5
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    pid.write_text(str(gone.pid))
    assert default_jobs("cuda") == 1
