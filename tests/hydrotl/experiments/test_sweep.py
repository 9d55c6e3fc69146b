"""Sweeps: planned once, resumed after a kill, not done twice, on any backend the same."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import yaml

from hydrotl.config import load_sweep
from hydrotl.data.regions import region_data
from hydrotl.experiments.backends import run_dask, run_here, run_processes
from hydrotl.experiments.cells import Cell, CellTask
from hydrotl.experiments.experiment import run_cells
from hydrotl.experiments.keys import cell_content, member_key
from hydrotl.experiments.provenance import code_version
from hydrotl.experiments.records import read_result
from hydrotl.experiments.reproduce import reproduce_result
from hydrotl.experiments.stored import Stored, read_stored, write_stored
from hydrotl.experiments.sweep import Planner, plan, run_sweep, status_table, store
from hydrotl_core import NUMERICS
from hydrotl_core.errors import ConfigError, DataError, TrainingError
from tests.entry_point import call
from tests.hydrotl.experiments.test_experiment import enter, make_project
from tests.synthetic import CLASSIC, ROOT, write_yaml


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("sweeps"))


@pytest.fixture
def project(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project with no results and no runs; data and weights are linked."""
    for name in ("data", "weights", "experiments", "data_manifest.yaml"):
        (tmp_path / name).symlink_to(made / name)
    enter(monkeypatch, tmp_path)
    return tmp_path


def sweep_file(root: Path, *entries: dict[str, object]) -> Path:
    path = root / "some.yaml"
    write_yaml(path, {"title": "some", "entries": list(entries)})
    return path


SMALL: dict[str, object] = {"regions": ["target"], "options": ["local", "TL-a"], "members": 2}


def test_sweep_writes_the_numbers_of_run_cells(project: Path) -> None:
    planner = Planner()
    work = plan(load_sweep(sweep_file(project, SMALL)), planner)
    assert [w.state for w in work] == ["waiting", "waiting"]
    written = run_sweep(work, planner)
    assert [p.relative_to(project).as_posix() for p in written] == [
        "results/target/tiny/1-year_local.json",
        "results/target/tiny/1-year_TL-a.json",
    ]
    cells = [Cell("target", "1-year", option) for option in ("local", "TL-a")]
    for path, result in zip(written, run_cells(cells, 2).values(), strict=True):
        record, alone = read_result(path), result.record("cpu")
        for key in ("nse", "member_nse", "error_products", "training", "source", "members"):
            assert record[key] == alone[key], key


def test_two_entries_may_share_a_result_but_not_disagree_on_it(project: Path) -> None:
    more = plan(load_sweep(sweep_file(project, SMALL, {**SMALL, "members": 3})), Planner())
    assert [len(w.keys) for w in more] == [3, 3]
    days = [{**SMALL, "options": ["local"], "validation_days": days} for days in (60, 90)]
    with pytest.raises(ConfigError, match="two entries want different results"):
        plan(load_sweep(sweep_file(project, *days)), Planner())


def test_finished_cells_and_members_are_not_done_again(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, planner = sweep_file(project, SMALL), Planner()
    run_sweep(plan(load_sweep(path), planner), planner)

    def refuse(*_: object) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr("hydrotl.experiments.sweep.train_member", refuse)
    work = plan(load_sweep(path), Planner())
    assert list(status_table(work)["state"]) == ["finished", "finished"]
    assert run_sweep(work, planner) == []
    # A record that is gone comes back from the members' files; one of another key is replaced.
    work[0].path.unlink()
    work[1].path.write_text(work[1].path.read_text().replace(work[1].key, "0" * 16))
    assert [w.state for w in work] == ["begun", "begun"]
    assert run_sweep(work, planner) == [work[0].path, work[1].path]
    # Without the members' files, the record alone is enough.
    for key in work[0].keys:
        store(key).unlink()
    assert work[0].state == "finished"
    assert list(status_table(work)["members"]) == ["2/2", "2/2"]


def test_a_record_names_the_code_that_trained_each_member(project: Path) -> None:
    planner = Planner()
    work = plan(load_sweep(sweep_file(project, {**SMALL, "options": ["local"]})), planner)[0]
    run_sweep([work], planner)
    now = read_result(work.path)["provenance"]
    for key, code, date in zip(work.keys, "ab", ("2020-02-01", "2020-01-31"), strict=True):
        write_stored(store(key), replace(read_stored(store(key)), code=code, date=date))
    work.path.unlink()
    run_sweep([work], planner)
    then = read_result(work.path)["provenance"]
    assert (then["code"], then["date"]) == ("a, b", "2020-02-01")
    assert now["code"] == code_version()
    for key in ("data_hash", "arithmetic", "machine", "seconds"):
        assert then[key] == now[key], key


def key_of(task: CellTask, ds: xr.Dataset) -> str:
    return member_key(task, cell_content(task, ds))


def test_key_follows_what_decides_the_numbers(project: Path) -> None:
    ds = region_data_of("target")
    task = CellTask(Cell("target", "1-year", "TL-a"), 0)
    key = key_of(task, ds)
    assert key_of(CellTask(Cell("target", "1-year", "TL-a", "tiny"), 0), ds) == key
    changed = ds.copy(deep=True)
    changed["prcp"][0, 0] += 1
    others = [
        key_of(task, changed),
        key_of(CellTask(task.cell, 1), ds),
        key_of(CellTask(task.cell, 0, validation_days=60), ds),
        key_of(CellTask(task.cell, 0, changes=(("lr", 0.5),)), ds),
        key_of(CellTask(Cell("target", "1-year", "TL-b"), 0), ds),
        key_of(CellTask(Cell("target", "1-year", "local"), 0), ds),
    ]
    assert len({key, *others}) == len(others) + 1


def region_data_of(name: str) -> xr.Dataset:
    from hydrotl.config import load_region

    return region_data(load_region(name))


def test_raising_numerics_makes_every_key_another(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ds, task = region_data_of("target"), CellTask(Cell("target", "1-year", "local"), 0)
    before = key_of(task, ds)
    monkeypatch.setattr("hydrotl.experiments.keys.NUMERICS", NUMERICS + 1)
    assert key_of(task, ds) != before


def test_a_new_field_of_the_recipe_leaves_keys_as_they_are(project: Path) -> None:
    """Values that are a default are not in the key."""
    task = CellTask(Cell("target", "1-year", "local", "classic"), 0)
    content = cell_content(task, region_data_of("target"))
    assert content["training"] == CLASSIC
    assert member_key(task, content) != member_key(task, {**content, "training": {"hidden": 9}})


def test_a_taught_model_is_known_by_what_its_process_model_is_run_on(project: Path) -> None:
    ds = region_data_of("target")
    gr4j, swat = (CellTask(Cell("target", "1-year", f"process-{m}"), 0) for m in ("gr4j", "swat"))
    with pytest.raises(ValueError, match="needs the data of its process model"):
        cell_content(gr4j, ds)
    changed = ds.copy(deep=True)
    changed["tmean"][0, 0] += 1
    keys = {
        member_key(task, cell_content(task, ds, data))
        for task, data in ((gr4j, ds), (swat, ds), (gr4j, changed))
    }
    assert len(keys) == 3


def test_varied_recipe_is_scored_on_training_days(project: Path) -> None:
    entry = {
        **SMALL,
        "options": ["local"],
        "validation_days": 60,
        "vary": {"lr": [0.02], "batch": [2]},
    }
    planner = Planner()
    written = run_sweep(plan(load_sweep(sweep_file(project, entry)), planner), planner)
    folder = project / "results" / "target" / "validation" / "tiny"
    assert written == [folder / "1-year_local_lr-0.02.json", folder / "1-year_local_batch-2.json"]
    record = read_result(written[0])
    assert record["scored_on"] == "last 60 training days"
    assert record["changes"] == {"lr": 0.02}
    assert record["training"]["lr"] == 0.02
    assert read_result(written[1])["training"]["batch"] == 2


def test_changed_recipe_is_refused_on_the_test_period(project: Path) -> None:
    with pytest.raises(ConfigError, match="scored on training years"):
        load_sweep(sweep_file(project, {**SMALL, "vary": {"lr": [0.1]}}))
    with pytest.raises(ConfigError, match="no learning_rate to vary"):
        load_sweep(sweep_file(project, {**SMALL, "vary": {"learning_rate": [0.1]}}))


def test_cell_is_reproduced_to_the_bit(project: Path) -> None:
    planner = Planner()
    (path,) = run_sweep(
        plan(load_sweep(sweep_file(project, {**SMALL, "options": ["TL-c"]})), planner), planner
    )
    before = path.read_bytes()
    table, largest = reproduce_result(path, jobs=1)
    assert largest == 0.0
    assert list(table["basin"]) == read_result(path)["basins"]
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("shift", "words", "code", "said"),
    [
        ([0.0, 0.0], ["--exact"], 0, "of a basin 0.0000, of the median 0.0000"),
        ([0.04, 0.02], [], 0, "Reproduced within 0.05 of the median. It was computed on cpu"),
        ([0.04, 0.02], ["--exact"], 2, "of a basin 0.0400, of the median 0.0300"),
        ([0.04, 0.02], ["--tolerance", "0.02"], 2, "is not reproduced"),
        ([0.3, -0.1], [], 2, "of a basin 0.3000, of the median 0.1000"),
    ],
)
def test_command_says_how_near_a_cell_comes_again(
    project: Path,
    capsys: pytest.CaptureFixture[str],
    shift: list[float],
    words: list[str],
    code: int,
    said: str,
) -> None:
    planner = Planner()
    (path,) = run_sweep(
        plan(load_sweep(sweep_file(project, {**SMALL, "options": ["local"]})), planner), planner
    )
    record = read_result(path)
    assert len(record["nse"]) == 2
    record["nse"] = [old + more for old, more in zip(record["nse"], shift, strict=True)]
    path.write_text(json.dumps(record), encoding="utf-8")
    assert call("reproduce", str(path), "--jobs", "1", "--device", "cpu", *words) == code
    printed = capsys.readouterr()
    assert said in (printed.err if code else printed.out)


def double(task: int, *, data: int) -> tuple[int, int]:
    return os.getpid(), task * data


def die_once(task: Path, *, data: int) -> int:
    """Kills its own process at the first call, as a machine that runs out of memory does."""
    if not task.exists():
        task.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return data


def test_processes_share_values_and_survive_a_killed_worker(tmp_path: Path) -> None:
    tasks = [tmp_path / name for name in "abc"]
    tasks[1].touch()  # this one never kills
    done = dict(run_processes(die_once, tasks[1:2], {"x": 7}, lambda _: {"data": "x"}, 2))
    assert done == {tasks[1]: 7}
    done = dict(run_processes(die_once, tasks[:2], {"x": 7}, lambda _: {"data": "x"}, 1))
    assert done == {tasks[0]: 7, tasks[1]: 7}
    always = [tmp_path / "missing" / name for name in "de"]
    with pytest.raises((TrainingError, FileNotFoundError)):
        dict(run_processes(die_once, always, {"x": 7}, lambda _: {"data": "x"}, 1))


def test_here_gives_each_task_what_it_needs() -> None:
    shared = {"a": 2, "b": 3}
    needs = {1: {"data": "a"}, 2: {"data": "b"}}
    results = dict(run_here(double, [1, 2], shared, lambda task: needs[task]))
    assert {task: value for task, (_, value) in results.items()} == {1: 2, 2: 6}


@contextmanager
def dask_cluster(made: Path, workers: int, *words: str) -> Iterator[str]:
    """A scheduler and worker processes, started as their users start them."""
    environment = {
        **os.environ,
        "HYDROTL_ROOT": str(made),
        "HYDROTL_DATA": str(made / "no-data-here"),
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


@pytest.fixture(scope="module")
def cluster(made: Path) -> Iterator[str]:
    with dask_cluster(made, 3, "--no-nanny") as address:
        yield address


def slow_pid(task: int, *, data: int) -> int:
    time.sleep(0.5)
    return os.getpid()


def test_cluster_trains_the_same_and_a_killed_worker_costs_nothing(
    project: Path, cluster: str
) -> None:
    """The workers have no data folder: they get the region's data from the planner."""
    planner = Planner()
    path = sweep_file(project, {**SMALL, "options": ["local", "TL-a", "TL-c"]})
    work = plan(load_sweep(path), planner)
    pids: list[int] = []
    for _, pid in run_dask(slow_pid, list(range(12)), {"x": 1}, lambda _: {"data": "x"}, cluster):
        if not pids:
            os.kill(pid, signal.SIGKILL)  # while others are at work
        pids.append(pid)
    assert len(pids) == 12
    assert len(set(pids)) >= 2
    run_sweep(work, planner, scheduler=cluster)
    here = Planner()
    cells = [Cell("target", "1-year", option) for option in ("local", "TL-a", "TL-c")]
    for item, result in zip(work, run_cells(cells, 2).values(), strict=True):
        assert read_result(item.path)["nse"] == result.record("cpu")["nse"]
    assert plan(load_sweep(path), here)[0].state == "finished"


def test_tasks_whose_data_died_with_a_worker_are_sent_again(made: Path) -> None:
    """The only worker holds the only copy; its nanny starts another, which has none."""
    done: dict[int, int] = {}
    tasks, needs = [1, 2, 3, 4], {"data": "x"}
    with dask_cluster(made, 1, "--nanny") as address:
        for task, pid in run_dask(slow_pid, tasks, {"x": 1}, lambda _: needs, address):
            if not done:
                os.kill(pid, signal.SIGKILL)
            done[task] = pid
    assert sorted(done) == [1, 2, 3, 4]
    assert len(set(done.values())) == 2


def test_no_scheduler_is_said(project: Path) -> None:
    with pytest.raises(ConfigError, match="no Dask scheduler answers"):
        list(run_dask(double, [1], {"x": 1}, lambda _: {"data": "x"}, "tcp://127.0.0.1:1"))


def test_killed_sweep_goes_on_with_what_is_left(project: Path) -> None:
    """Kill -9 in mid-run, twice; every member is trained once all in all."""
    path = sweep_file(project, {"regions": ["target"], "members": 2})
    environment = {
        **os.environ,
        "HYDROTL_ROOT": str(project),
        "HYDROTL_DATA": str(project / "data"),
    }
    command = [sys.executable, "-m", "hydrotl_core", "sweep", str(path), "--jobs", "1"]
    folder, seen = project / "runs" / "sweep", 0
    for kill_at in (1, 4):
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        while len(list(folder.glob("*.safetensors"))) < kill_at and process.poll() is None:
            time.sleep(0.02)
        process.kill()
        process.wait()
        files = {f: f.stat().st_mtime_ns for f in folder.glob("*.safetensors")}
        assert len(files) >= max(kill_at, seen)
        seen = len(files)
    subprocess.run(command, env=environment, check=True, capture_output=True)
    for file, written in files.items():
        assert file.stat().st_mtime_ns == written
    work = plan(load_sweep(path), Planner())
    assert {w.state for w in work} == {"finished"}
    assert len(list(folder.glob("*.safetensors"))) == 8
    assert not list(folder.glob("*.checkpoint"))
    assert not list(folder.glob("*.part"))


def test_stored_member_comes_back_and_damage_is_said(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    flow = np.arange(6, dtype=np.float32).reshape(2, 3)
    write_stored(path, Stored(flow, 1.5, "float32", "0.1.0 abc", "2026-01-31"))
    stored = read_stored(path)
    np.testing.assert_array_equal(stored.simulated, [[0, 1, 2], [3, 4, 5]])
    assert (stored.seconds, stored.arithmetic) == (1.5, "float32")
    assert (stored.code, stored.date) == ("0.1.0 abc", "2026-01-31")
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(DataError, match="no whole simulation"):
        read_stored(path)


def test_shipped_sweeps_are_valid() -> None:
    names = sorted(p.stem for p in (ROOT / "experiments" / "sweeps").glob("*.yaml"))
    assert "paper" in names
    for name in names:
        content = yaml.safe_load((ROOT / "experiments" / "sweeps" / f"{name}.yaml").read_text())
        assert (
            load_sweep(ROOT / "experiments" / "sweeps" / f"{name}.yaml").title == content["title"]
        )
