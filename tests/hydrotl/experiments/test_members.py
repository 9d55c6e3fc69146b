"""Tasks side by side: results, errors, and what a killed run leaves behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hydrotl.experiments.members import run_apart, run_tasks
from tests.synthetic import ROOT


def square(number: int) -> int:
    return number * number


def refuse(number: int) -> int:
    raise ValueError(f"no {number}")


def wait(path: str) -> None:
    Path(path).write_text(str(os.getpid()))
    time.sleep(120)


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_task_is_done(jobs: int) -> None:
    assert sorted(run_tasks(square, [1, 2, 3], jobs, "squares")) == [1, 4, 9]


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_is_raised_here(jobs: int) -> None:
    with pytest.raises(ValueError, match=r"no [12]"):
        list(run_tasks(refuse, [1, 2], jobs, "refusals"))


def square_or_die(number: int) -> int:
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def test_the_death_of_a_process_costs_its_task_only() -> None:
    """A task put back by the consumer is taken, though there was none left before."""
    left, ended, ticks = [3, 2], [], []
    for task, result, code in run_apart(
        square_or_die, lambda: left.pop() if left else None, 1, lambda: ticks.append(1), 0.05
    ):
        ended.append((task, result, code))
        if code is not None:
            left.append(4)
    assert ended == [(2, None, -signal.SIGKILL), (4, 16, None), (3, 9, None)]
    assert len(ticks) > 3


def test_processes_run_side_by_side(tmp_path: Path) -> None:
    """Leaving the loop ends what still runs."""
    notes = [str(tmp_path / "a"), str(tmp_path / "b")]
    left = list(notes)
    pids: list[int] = []

    def look() -> None:
        written = [Path(note) for note in notes if Path(note).is_file()]
        pids[:] = [int(note.read_text()) for note in written if note.read_text()]
        if len(pids) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(run_apart(wait, lambda: left.pop() if left else None, 2, look, 0.1))
    gone(pids)


def gone(pids: list[int]) -> None:
    deadline = time.monotonic() + 20
    while any(alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(alive(pid) for pid in pids)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to look at processes")
def test_workers_do_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    notes = [tmp_path / "a", tmp_path / "b"]
    script = tmp_path / "parent.py"
    script.write_text(
        "from hydrotl.experiments.members import run_tasks\n"
        "from tests.test_members import wait\n"
        "if __name__ == '__main__':\n"
        f"    list(run_tasks(wait, {[str(n) for n in notes]!r}, 2, 'waiting'))\n"
    )
    root = ROOT
    parent = subprocess.Popen(
        [sys.executable, str(script)], env={**os.environ, "PYTHONPATH": str(root)}
    )
    deadline = time.monotonic() + 60
    while not all(note.is_file() and note.read_text() for note in notes):
        assert time.monotonic() < deadline
        assert parent.poll() is None
        time.sleep(0.1)
    workers = [int(note.read_text()) for note in notes]
    assert all(alive(pid) for pid in workers)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    gone(workers)
