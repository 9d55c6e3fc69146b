"""The runner: nothing twice, errors that end their own task, and runs beside each other."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from tqdm import tqdm

from hydrotl.experiments import progress, run
from hydrotl.experiments.run import Task, run_tasks, state_of
from hydrotl.experiments.store import claimed, is_claimed
from hydrotl_core.errors import DataError, TrainingError
from tests.synthetic import ROOT

SHARED = {"a": 2, "b": 3}


def multiply(checkpoint: Path | None, factor: int, *, number: int, log: Path) -> int:
    with log.open("a") as file:
        file.write(f"{number} {os.getpid()}\n")
    return number * factor


def slowly(checkpoint: Path | None, factor: int, *, number: int, log: Path) -> int:
    time.sleep(0.5)
    return multiply(checkpoint, factor, number=number, log=log)


def refuse(checkpoint: Path | None, factor: int, *, number: int, log: Path) -> int:
    raise DataError(f"no {number}")


def break_down(checkpoint: Path | None, factor: int, *, number: int, log: Path) -> int:
    raise RuntimeError("a defect")


def interrupt(checkpoint: Path | None, factor: int, *, number: int, log: Path) -> int:
    assert checkpoint is not None
    leave(checkpoint, 3)
    raise KeyboardInterrupt


def write(path: Path, result: int) -> None:
    path.write_text(str(result))


def leave(checkpoint: Path, step: int) -> None:
    """A checkpoint, as far as anything but the training looks at it."""
    checkpoint.parent.mkdir(exist_ok=True)
    progress = {"progress": json.dumps({"step": step, "seconds": 1.5})}
    save_file({"a": torch.zeros(1)}, checkpoint, metadata=progress)


def task(
    folder: Path, number: int, function: Callable[..., int] = multiply, value: str = "a"
) -> Task:
    return Task(
        title=f"task {number}",
        product=folder / f"{number}.txt",
        checkpoint=folder / "runs" / f"{number}.checkpoint",
        compute=partial(function, number=number, log=folder / "log"),
        write=write,
        data={"factor": value},
        updates=10,
    )


def computed(folder: Path) -> list[int]:
    """Numbers of the tasks in the order in which they were computed."""
    if not (folder / "log").exists():
        return []
    return [int(line.split()[0]) for line in (folder / "log").read_text().splitlines()]


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(progress, "POLL_SECONDS", 0.02)


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_every_task_leaves_its_file_and_is_done_once(jobs: int, tmp_path: Path) -> None:
    tasks = [task(tmp_path, 1), task(tmp_path, 2, value="b"), task(tmp_path, 3)]
    done = list(run_tasks(tasks, SHARED, jobs=jobs))
    assert sorted(one.title for one in done) == ["task 1", "task 2", "task 3"]
    assert [one.product.read_text() for one in tasks] == ["2", "6", "6"]
    assert sorted(computed(tmp_path)) == [1, 2, 3]
    tasks[1].product.unlink()
    assert list(run_tasks(tasks, SHARED, jobs=jobs)) == [tasks[0], tasks[2], tasks[1]]
    assert sorted(computed(tmp_path)) == [1, 2, 2, 3]
    assert not any(is_claimed(one.lock) for one in tasks)


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_tasks_that_fail_are_named_and_the_others_go_on(jobs: int, tmp_path: Path) -> None:
    kinds = [refuse, multiply, refuse, multiply]
    tasks = [task(tmp_path, k, kind) for k, kind in enumerate(kinds)]
    done: list[Task] = []
    log = tmp_path / "runs" / "x.log"
    with pytest.raises(TrainingError) as caught:
        done.extend(run_tasks(tasks, SHARED, jobs=jobs, log=log))
    told = str(caught.value)
    assert told.startswith("2 of 4 failed: ")
    assert set(told.split(": ", 1)[1].split("; ")) == {"task 0 (no 0)", "task 2 (no 2)"}
    assert {one.title for one in done} == {"task 1", "task 3"}
    assert not tasks[0].product.exists()
    assert "task 2: failed: no 2" in log.read_text(encoding="utf-8")


def test_a_single_cause_is_raised_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(DataError, match=r"^no 1$"):
        list(run_tasks([task(tmp_path, 0), task(tmp_path, 1, refuse)], SHARED))
    assert "Traceback" not in capsys.readouterr().err, "an expected error needs no traceback"
    tasks = [task(tmp_path, k, break_down) for k in (2, 3)]
    with pytest.raises(RuntimeError, match=r"^a defect$"):
        list(run_tasks([*tasks, task(tmp_path, 4)], SHARED))
    assert "in break_down" in capsys.readouterr().err
    assert computed(tmp_path) == [0, 4]


# Beside other runs


def beside(action: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=action)
    thread.start()
    return thread


@pytest.mark.parametrize("finishes", [True, False])
def test_what_another_run_computes_is_waited_for(finishes: bool, tmp_path: Path) -> None:
    """If that run ends without a result, the task is done here."""
    tasks, released = [task(tmp_path, 1), task(tmp_path, 2)], threading.Event()

    def other() -> None:
        with claimed(tasks[0].lock) as free:
            assert free
            holds.set()
            released.wait(30)
            if finishes:
                write(tasks[0].product, 77)

    holds = threading.Event()
    thread = beside(other)
    holds.wait(30)
    log, done = tmp_path / "runs" / "x.log", []
    for one in run_tasks(tasks, SHARED, log=log):
        done.append(one.title)
        if one is tasks[1]:
            assert state_of(tasks[0]) == "running: 0 of 10 updates"
            released.set()
    thread.join()
    assert done == ["task 2", "task 1"]
    assert tasks[0].product.read_text() == ("77" if finishes else "2")
    assert computed(tmp_path) == ([2] if finishes else [2, 1])
    assert "another run computes task 1: waiting for it" in log.read_text()


SCRIPT = """
import sys
from pathlib import Path
from tests.hydrotl.experiments.test_run import SHARED, run, slowly, task

folder = Path(sys.argv[1])
run.POLL_SECONDS = 0.1
numbers = range(6) if sys.argv[2] == "up" else range(5, -1, -1)
done = list(run.run_tasks([task(folder, k, slowly) for k in numbers], SHARED))
print(len(done))
"""


@pytest.mark.slow
def test_two_runs_at_the_same_time_share_the_work(tmp_path: Path) -> None:
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(tmp_path), way],
            env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for way in ("up", "down")
    ]
    assert [one.communicate(timeout=120)[0].strip() for one in runs] == ["6", "6"]
    assert sorted(computed(tmp_path)) == list(range(6)), "a task was computed twice"
    for number in range(6):
        assert (tmp_path / f"{number}.txt").read_text() == str(2 * number)


# What is said


def test_the_log_has_a_line_for_every_event(tmp_path: Path) -> None:
    tasks, log = [task(tmp_path, k) for k in range(2)], tmp_path / "deep" / "mine.log"
    leave(tasks[1].checkpoint, 4)
    list(run_tasks(tasks, SHARED, log=log))
    assert not tasks[1].checkpoint.exists()
    lines = log.read_text(encoding="utf-8").splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \S", line) for line in lines)
    assert [line.split(" ", 1)[1] for line in lines] == [
        "task 1: begun: 4 of 10 updates",
        f"task 0: finished, wrote {tasks[0].product}",
        f"task 1: finished, wrote {tasks[1].product}",
    ]


def test_an_interrupted_run_says_so_and_keeps_its_checkpoint(tmp_path: Path) -> None:
    one, log = task(tmp_path, 1, interrupt), tmp_path / "mine.log"
    with pytest.raises(KeyboardInterrupt):
        list(run_tasks([one], SHARED, log=log))
    assert log.read_text(encoding="utf-8").splitlines()[-1].endswith("Z interrupted")
    assert state_of(one) == "begun: 3 of 10 updates"


def test_state_is_read_from_the_files(tmp_path: Path) -> None:
    one = task(tmp_path, 1)
    assert state_of(one) == "waiting"
    assert not list(tmp_path.iterdir()), "asking left something behind"
    leave(one.checkpoint, 7)
    assert state_of(one) == "begun: 7 of 10 updates"
    with claimed(one.lock):
        assert state_of(one) == "running: 7 of 10 updates"
    one.checkpoint.write_bytes(b"half a checkpoint")
    assert state_of(one).startswith(f"unusable: {one.checkpoint} is no whole checkpoint")
    write(one.product, 2)
    assert state_of(one) == "finished"


def test_one_bar_counts_the_updates_of_all_tasks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bars: list[Any] = []

    class Watched(tqdm):
        def __init__(self, *words: Any, **more: Any) -> None:
            super().__init__(*words, **more)
            bars.append(self)

    monkeypatch.setattr(progress, "tqdm", Watched)
    tasks = [task(tmp_path, k) for k in range(4)]
    write(tasks[0].product, 0)
    leave(tasks[3].checkpoint, 4)
    counts = []
    for _ in run_tasks(tasks, SHARED, label="models"):
        counts.append(bars[0].n if bars else None)
    assert bars[0].total == 30
    assert counts == [None, 14, 24, 30]


def test_without_a_terminal_lines_say_how_far_it_is_and_how_long_it_still_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.0)
    tasks = [task(tmp_path, k) for k in range(4)]
    list(run_tasks(tasks, SHARED, label="models", log=tmp_path / "mine.log"))
    shown = capsys.readouterr()
    first, *_, last = shown.err.splitlines()
    assert re.fullmatch(
        r"models: \d of 4 done, \d+% of the work in \d\d:\d\d(, about \d\d:\d\d to go)?", first
    )
    assert re.fullmatch(r"models: all 4 done in \d\d:\d\d", last)
    assert "to go" in shown.err
    assert shown.out == "", "a line per file is for the log alone"
    assert "finished, wrote" in (tmp_path / "mine.log").read_text(encoding="utf-8")


def test_time_to_go_follows_from_the_pace_so_far() -> None:
    assert progress.pace(100, 300, 60.0) == "in 01:00, about 03:00 to go"
    assert progress.pace(50, 3600, 100.0) == "in 01:40, about 2:00:00 to go"
    assert progress.pace(0, 300, 60.0) == "in 01:00", "nothing is known yet"


def test_short_work_says_nothing_of_its_progress(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    list(run_tasks([task(tmp_path, 1)], SHARED))
    assert capsys.readouterr().err == ""


def test_checkpoint_of_a_finished_task_is_removed(tmp_path: Path) -> None:
    """A run that was killed between its product and the removal of the checkpoint left both."""
    done, open_task = task(tmp_path, 1), task(tmp_path, 2)
    done.product.write_text("2")
    leave(done.checkpoint, 9)
    leave(open_task.checkpoint, 3)
    with claimed(done.lock):
        list(run_tasks([done], SHARED))
        assert done.checkpoint.is_file()  # another run may be at it
    list(run_tasks([done], SHARED))
    assert not done.checkpoint.exists()
    assert open_task.checkpoint.is_file()
