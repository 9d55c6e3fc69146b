"""Plans in a small project: order, what is passed over, kills, locks, errors and what is said."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml
from tqdm import tqdm

from hydrotl.config import load_plan, load_source
from hydrotl.experiments.plan import expected_updates, plan_tasks, status, update_cost
from hydrotl.experiments.plan_run import event_log, train_members
from hydrotl.experiments.plan_work import Outcome, Stint, Work
from hydrotl.experiments.runs import claimed, holder, last_note
from hydrotl.experiments.source import train_source_member
from hydrotl.experiments.source_task import SourceTask, finished
from hydrotl.paths import runs_folder
from hydrotl_core.checkpoint import checkpoint_progress
from hydrotl_core.errors import ConfigError, RunningElsewhereError, WeightsError
from hydrotl_core.weights import load_weights
from tests.entry_point import call
from tests.synthetic import ROOT, TINY, write_project, write_yaml

LONG = 600  # updates of the source `slow`, enough to be killed before the end


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = write_project(tmp_path_factory.mktemp("project"))
    experiments = root / "experiments"
    donor = yaml.safe_load((experiments / "sources" / "donor.yaml").read_text(encoding="utf-8"))
    steady = TINY | {"updates": LONG}
    write_yaml(
        experiments / "recipes" / "steady.yaml",
        {"title": "steady", "source": steady, "local": {}, "transfer": {}},
    )
    write_yaml(experiments / "sources" / "slow.yaml", donor | {"recipe": "steady", "members": 1})
    snow = {"dynamic": ["prcp", "swe"], "static": ["area"]}
    write_yaml(experiments / "sources" / "broken.yaml", donor | {"inputs": snow})
    plans: dict[str, list[tuple[str, int | None]]] = {
        "some": [("donor", 1), ("broken", 1), ("donor-classic", 1)],
        "slow": [("slow", None)],
    }
    for name, entries in plans.items():
        sources = [{"source": source, "members": members} for source, members in entries]
        write_yaml(experiments / "plans" / f"{name}.yaml", {"title": name, "sources": sources})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HYDROTL_ROOT", str(root))
        patch.setenv("HYDROTL_DATA", str(root / "data"))
        yield root


def until(condition: Callable[[], bool], seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def slow_task(out: Path) -> SourceTask:
    """The one member of the plan `slow`, with a checkpoint as often as there can be one."""
    (task,) = plan_tasks(load_plan("slow"), out=out)
    return replace(task, checkpoint_seconds=0)


# Order and validation


def test_first_members_of_every_source_come_first(project: Path, tmp_path: Path) -> None:
    sources = [
        {"source": "donor", "members": 3},
        {"source": "slow"},
        {"source": "donor-classic"},
    ]
    write_yaml(tmp_path / "mine.yaml", {"title": "mine", "sources": sources})
    tasks = plan_tasks(load_plan(tmp_path / "mine.yaml"))
    assert [(task.name, task.member) for task in tasks] == [
        ("donor", 0),
        ("slow", 0),
        ("donor-classic", 0),
        ("donor", 1),
        ("donor-classic", 1),
        ("donor", 2),
    ]
    assert tasks[2].folder == project / "weights" / "donor-classic"
    assert tasks[2].checkpoint == project / "runs" / "donor-classic-0.safetensors"
    elsewhere = plan_tasks(load_plan(tmp_path / "mine.yaml"), out=tmp_path / "drive")
    assert elsewhere[4].weights == tmp_path / "drive" / "donor-classic" / "member-1.safetensors"
    assert elsewhere[4].checkpoint == tmp_path / "drive" / "runs" / "donor-classic-1.safetensors"


def test_shipped_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYDROTL_ROOT", str(ROOT))
    counts: dict[str, int] = {}
    for task in plan_tasks(load_plan("weights")):
        assert load_source(task.name).dataset == "camels_us_packed"
        counts[task.name] = counts.get(task.name, 0) + 1
    on_disk = {path.stem for path in (ROOT / "experiments" / "sources").glob("*.yaml")}
    assert set(counts) == on_disk - {"conus-paper"}  # the paper's own data and recipe
    assert counts["conus"] == counts["conus-check"] == 5


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"sources": []}, "sources: List should have at least 1 item"),
        ({"sources": [{"source": "donor"}, {"source": "donor"}]}, "donor listed twice"),
        ({"sources": [{"source": "donor", "members": 0}]}, "sources.0.members"),
        ({"sources": [{"source": "donor", "seeds": 2}]}, "sources.0.seeds: Extra inputs"),
    ],
)
def test_a_wrong_plan_is_refused(content: dict[str, object], message: str, tmp_path: Path) -> None:
    write_yaml(tmp_path / "wrong.yaml", {"title": "wrong", **content})
    with pytest.raises(ConfigError, match=message):
        load_plan(tmp_path / "wrong.yaml")


def test_a_recipe_of_the_plan_replaces_the_sources_own(project: Path, tmp_path: Path) -> None:
    entries = [{"source": "donor", "members": 1}, {"source": "slow", "recipe": "tiny"}]
    write_yaml(tmp_path / "mine.yaml", {"title": "mine", "recipe": "steady", "sources": entries})
    tasks = plan_tasks(load_plan(tmp_path / "mine.yaml"))
    assert [expected_updates(task) for task in tasks] == [LONG, TINY["updates"]]
    own = [expected_updates(replace(task, recipe=None)) for task in tasks]
    assert own == [TINY["updates"], LONG]


def test_updates_of_a_recipe_in_epochs(project: Path) -> None:
    """Four basins of 366 days: 200/1464 seen per update, ln 0.01 / ln 0.86339 = 31.35."""
    (task,) = [t for t in plan_tasks(load_plan("some")) if t.name == "donor-classic"]
    assert expected_updates(task) == 32


def test_one_lock_per_weights_file(project: Path, tmp_path: Path) -> None:
    assert runs_folder(project / "weights" / "donor") == project / "runs"
    assert runs_folder(project / "weights" / ".." / "weights" / "donor") == project / "runs"
    assert runs_folder(project / "runs" / "trial") == project / "runs"
    assert runs_folder(tmp_path / "donor") == tmp_path / "runs"


# Weights that are there already


def test_weights_of_something_else_are_not_taken_for_done(project: Path, tmp_path: Path) -> None:
    task = SourceTask("donor", 0, tmp_path / "w", tmp_path / "runs", quiet=True)
    assert not finished(task)
    train_source_member(task)
    assert finished(task)
    cases = {
        "another recipe": replace(task, recipe="steady"),
        "another subset, another recipe": replace(task, name="donor-classic"),
        "another days held out": replace(task, validation_days=30),
    }
    for words, other in cases.items():
        with pytest.raises(ConfigError, match=f"was trained with {words}: move it away"):
            train_source_member(other)


def test_status_of_damaged_files(project: Path, tmp_path: Path) -> None:
    task = SourceTask("donor", 0, tmp_path / "w", tmp_path / "runs", quiet=True)
    assert str(status(task, 6)) == "waiting"
    task.runs.mkdir()
    task.checkpoint.write_bytes(b"half a checkpoint")
    found = status(task, 6)
    assert found.state == "unusable"
    assert str(task.checkpoint) in str(found)
    assert "delete it to start again" in str(found)
    task.checkpoint.unlink()
    train_source_member(task)
    whole = task.weights.read_bytes()
    task.weights.write_bytes(whole[: len(whole) // 2])
    assert status(task, 6).state == "unusable"
    assert f"{task.weights} is not a readable" in str(status(task, 6))
    with pytest.raises(WeightsError, match="not a readable safetensors file"):
        train_source_member(task)
    assert len(task.weights.read_bytes()) == len(whole) // 2, "a damaged file was replaced"


# Locks


def test_a_claim_is_exclusive_and_says_who(tmp_path: Path) -> None:
    lock = tmp_path / "runs" / "donor-0.lock"
    assert holder(lock) is None
    with claimed(lock, "donor member 0") as note:
        note(3, 6)
        other = holder(lock)
        assert other is not None
        assert (other.pid, other.done, other.total) == (os.getpid(), 3, 6)
        with (
            pytest.raises(RunningElsewhereError, match=f"donor member 0 .* pid {os.getpid()} on "),
            claimed(lock, "donor member 0"),
        ):
            pass
        assert holder(lock) == other, "the refused run left its mark"
    assert holder(lock) is None
    assert last_note(lock) is None


def test_a_note_of_a_dead_run_holds_nothing(tmp_path: Path) -> None:
    lock = tmp_path / "donor-0.lock"
    left = {"pid": 1, "host": "gone", "since": "2020-01-01T00:00:00Z", "done": 3, "total": 6}
    lock.with_suffix(".json").write_text(json.dumps(left), encoding="utf-8")
    assert last_note(lock) is not None
    assert holder(lock) is None
    lock.with_suffix(".json").write_text("{half", encoding="utf-8")
    assert last_note(lock) is None


# One line of progress


def test_progress_counts_what_is_left_of_all_tasks(project: Path, tmp_path: Path) -> None:
    done, first, second, third = (
        SourceTask("donor", k, tmp_path / "w", tmp_path / "runs", quiet=True) for k in range(4)
    )
    train_source_member(done)
    events: list[str] = []
    bar = tqdm(disable=True)
    work = Work(deque([done, first, second, third]), {"donor": 6}, events.append, bar)
    work.foresee()
    assert (bar.n, bar.total) == (0, 18)
    assert work.take() == Stint(first)
    with claimed(first.lock, "first") as note:
        note(4, 6)
        work.show()
        assert (bar.n, bar.total) == (4, 18)
        work.end(Outcome(first, "failed", "no space left"))
    assert (bar.n, bar.total) == (4, 16), "what a failed task will not do is not waited for"
    with claimed(second.lock, "second"):
        assert work.take() == Stint(third), "another run has the second"
    assert (bar.n, bar.total) == (4, 10)
    train_source_member(third)
    work.end(Outcome(third, "finished"))
    assert (bar.n, bar.total) == (10, 10)
    assert [line.split(":")[1].split(",")[0].strip() for line in events] == [
        "skipped",
        "started",
        "failed",
        "skipped",
        "started",
        "finished in 0 s",
    ]


def test_the_last_members_are_cut_to_fill_two_processes(project: Path, tmp_path: Path) -> None:
    """Three of 600 updates on two: the second is cut at 300, its rest comes last."""
    tasks = [SourceTask("slow", k, tmp_path / "w", tmp_path / "runs", quiet=True) for k in range(3)]
    first, second, third = tasks
    events: list[str] = []
    bar = tqdm(disable=True)
    work = Work(deque(tasks), {"slow": LONG}, events.append, bar, jobs=2)
    work.foresee()
    assert [work.take(), work.take()] == [Stint(first), Stint(second, LONG // 2)]
    with claimed(first.lock, "first") as note:
        note(LONG // 2, LONG)
        train_source_member(second, LONG // 2)
        work.pause(Stint(second, LONG // 2))
        assert (bar.n, bar.total) == (LONG // 2 + LONG // 2, 3 * LONG)
        assert work.take() == Stint(third), "the rest of the second would leave too long an end"
    work.end(Outcome(first, "failed", "no space left"))
    assert work.take() == Stint(second)
    assert work.take() is None
    assert events == [
        "slow member 0: started",
        "slow member 1: started, to be cut at 300",
        "slow member 1: cut at update 300 of 600",
        "slow member 2: started",
        "slow member 0: failed: no space left",
        "slow member 1: resumed at update 300 of 600",
    ]


def test_nothing_is_cut_on_a_gpu(project: Path, tmp_path: Path) -> None:
    tasks = [SourceTask("slow", k, tmp_path / "w", tmp_path, "cuda") for k in range(3)]
    work = Work(deque(tasks), {"slow": LONG}, lambda _: None, tqdm(disable=True), jobs=2)
    assert [work.take(), work.take()] == [Stint(task) for task in tasks[:2]]


def test_members_of_other_sources_count_by_what_their_updates_cost(
    project: Path, tmp_path: Path
) -> None:
    """Days in the loss count once, days of a warm-up without gradient a third."""
    small, large = (
        SourceTask(name, 0, tmp_path / "w", tmp_path, recipe=recipe)
        for name, recipe in (("donor", "fast"), ("donor", "paper"))
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HYDROTL_ROOT", str(ROOT))
        replaced = [replace(task, name="conus") for task in (small, large)]
        costs = [update_cost(task) for task in replaced]
    assert costs == [64 * (245 + 40) * 128**2, 100 * 365 * 256**2]


def test_the_log_says_that_a_run_was_interrupted(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "mine.log"

    def run() -> None:
        with event_log(path) as event:
            event("two\n  lines")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == ["two lines", "interrupted"]


# Whole runs


def test_an_error_ends_its_member_alone(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "drive"
    words = ["train-plan", "some", "--out", str(out), "--device", "cpu"]
    assert call(*words, "--status") == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows == [
        ["source", "member", "state", "minutes"],
        ["donor", "0", "waiting", "0.0"],
        ["broken", "0", "waiting", "0.0"],
        ["donor-classic", "0", "waiting", "0.0"],
    ]
    assert not out.exists(), "--status left something behind"

    assert call(*words, "--jobs", "2") == 2
    said = capsys.readouterr()
    assert "error: 1 of 3 failed: broken member 0 (inputs swe not in data set donor" in said.err
    for name, basins in (("donor", 8), ("donor-classic", 4)):
        _, card = load_weights(out / name / "member-0.safetensors")
        assert card.provenance["basins"] == basins
        assert "Members: 1, seeds 0" in (out / name / "README.md").read_text(encoding="utf-8")
    assert not (out / "broken").exists()
    assert not list((out / "runs").glob("*.safetensors")), "a checkpoint was left"
    assert not list((out / "runs").glob("*.json")), "a note was left"

    log = (out / "runs" / "some.log").read_text(encoding="utf-8").splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \S+ member 0: ", line) for line in log)
    assert sorted(line.split(": ")[1].split()[0] for line in log) == [
        *["failed"],
        *["finished"] * 2,
        *["started"] * 3,
    ]
    loss = load_weights(out / "donor" / "member-0.safetensors")[1].provenance["loss"][-1][1]
    assert any(f"donor member 0: finished in 0 s, loss {loss:.4f}" in line for line in log)

    before = {p: p.stat().st_mtime_ns for p in out.rglob("member-*")}
    assert call(*words) == 2
    assert "donor member 0: skipped, finished before" in capsys.readouterr().out
    assert {p: p.stat().st_mtime_ns for p in out.rglob("member-*")} == before
    assert call(*words, "--status") == 0
    states = [line.split()[2] for line in capsys.readouterr().out.splitlines()]
    assert states == ["state", "finished", "waiting", "finished"]


SCRIPT = """
from dataclasses import replace
from pathlib import Path
from hydrotl.experiments.plan_run import train_members
from tests.test_plan import slow_task

if __name__ == "__main__":
    out = Path({out!r})
    train_members([slow_task(out)], 1, out / "runs" / "slow.log", "slow")
"""


def test_killed_worker_second_run_killed_run_and_the_same_bits(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A worker dies and is replaced, a second run keeps off, the run dies and another goes on."""
    out = tmp_path / "out"
    task = slow_task(out)
    script = tmp_path / "run.py"
    script.write_text(SCRIPT.format(out=str(out)), encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
    ) as run:
        until(lambda: checkpoint_progress(task.checkpoint)[0] > 30)
        worker = last_note(task.lock)
        assert worker is not None
        assert worker.pid != run.pid
        os.kill(worker.pid, signal.SIGKILL)
        until(lambda: holder(task.lock) not in (None, worker))
        until(lambda: getattr(last_note(task.lock), "done", 0) > 30)
        second = last_note(task.lock)
        assert second is not None
        assert second.pid not in (worker.pid, run.pid)
        assert second.total == LONG
        os.kill(second.pid, signal.SIGSTOP)  # it holds the lock, however fast the machine is

        with pytest.raises(RunningElsewhereError, match=f"pid {second.pid} on "):
            train_source_member(task)
        assert call("train-plan", "slow", "--out", str(out), "--device", "cpu") == 0
        assert "slow member 0: skipped, running elsewhere" in capsys.readouterr().out
        assert call("train-plan", "slow", "--out", str(out), "--status") == 0
        assert re.search(
            rf"running elsewhere: \d+ of {LONG} updates, pid {second.pid} on ",
            capsys.readouterr().out,
        )
        run.send_signal(signal.SIGKILL)
        os.kill(second.pid, signal.SIGCONT)
    until(lambda: holder(task.lock) is None)
    assert not task.weights.exists(), "the run ended before it could be killed"

    done, seconds = checkpoint_progress(task.checkpoint)
    assert 30 < done < LONG
    assert call("train-plan", "slow", "--out", str(out), "--status") == 0
    row = capsys.readouterr().out.splitlines()[-1].split()
    assert row == ["slow", "0", str(done), "of", str(LONG), "updates", f"{seconds / 60:.1f}"]

    assert call("train-plan", "slow", "--out", str(out), "--device", "cpu") == 0
    log = (out / "runs" / "slow.log").read_text(encoding="utf-8")
    events = [line.split(" ", 1)[1] for line in log.splitlines()]
    assert events[0] == "slow member 0: started"
    assert events[1] == "slow member 0: its process ended with code -9, tried again"
    assert events[2].startswith("slow member 0: resumed at update ")
    assert events[3].startswith("slow member 0: skipped, running elsewhere: ")
    assert events[4] == f"slow member 0: resumed at update {done} of {LONG}"
    assert events[5].startswith("slow member 0: finished in ")
    assert len(events) == 6

    whole = SourceTask("slow", 0, tmp_path / "whole", tmp_path / "runs", quiet=True)
    expected, _ = load_weights(train_source_member(whole))
    resumed, _ = load_weights(task.weights)
    assert expected.keys() == resumed.keys()
    assert all(torch.equal(resumed[name], expected[name]) for name in expected)


def test_members_that_were_cut_have_the_bits_of_whole_ones(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    sources = [{"source": "donor", "members": 3}]
    write_yaml(tmp_path / "three.yaml", {"title": "three", "sources": sources})
    words = ["train-plan", str(tmp_path / "three.yaml"), "--out", str(out), "--device", "cpu"]
    assert call(*words, "--jobs", "2") == 0
    log = (out / "runs" / "three.log").read_text(encoding="utf-8")
    assert "donor member 1: started, to be cut at 3" in log
    assert "donor member 1: cut at update 3 of 6" in log
    assert "donor member 1: resumed at update 3 of 6" in log
    assert log.count("finished in") == 3
    assert not list((out / "runs").glob("*.safetensors")), "a checkpoint was left"
    for member in range(3):
        whole = SourceTask("donor", member, tmp_path / "whole", tmp_path / "runs", quiet=True)
        expected, card = load_weights(train_source_member(whole))
        cut, cut_card = load_weights(out / "donor" / f"member-{member}.safetensors")
        assert all(torch.equal(cut[name], expected[name]) for name in expected)
        assert cut_card.provenance["loss"] == card.provenance["loss"]


def test_a_member_whose_process_dies_twice_is_failed(project: Path, tmp_path: Path) -> None:
    task = slow_task(tmp_path)
    killed: list[int] = []
    over = threading.Event()

    def kill() -> None:
        while not over.is_set():
            note = last_note(task.lock)
            if note is not None and note.pid not in killed:
                killed.append(note.pid)
                os.kill(note.pid, signal.SIGKILL)
            time.sleep(0.01)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        (outcome,) = train_members([task], 1, tmp_path / "runs" / "slow.log", "slow")
    finally:
        over.set()
        killer.join()
    assert len(killed) == 2
    assert (outcome.state, outcome.message) == (
        "failed",
        "its process ended with code -9, 2 times",
    )
    log = (tmp_path / "runs" / "slow.log").read_text(encoding="utf-8")
    assert [line.split(": ")[1].split()[0] for line in log.splitlines()] == [
        "started",
        "its",
        "started",
        "failed",
    ]
