"""Sweeps: planned once, the same on any executor, resumed after a kill, nothing done twice."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from hydrotl.config import SweepEntry, load_sweep
from hydrotl.data.catalog import open_dataset
from hydrotl.experiments.cells import cells_of, resolve
from hydrotl.experiments.facts import facts_path, read_facts
from hydrotl.experiments.planner import Planner, Work
from hydrotl.experiments.provenance import code_version
from hydrotl.experiments.records import cell_record, read_record, write_record
from hydrotl.experiments.run import run_tasks
from hydrotl.experiments.source import shared_data, source_tasks
from hydrotl.experiments.store import claimed, read_product, write_product
from hydrotl.experiments.sweep import (
    plan,
    plan_sources,
    run_cells,
    run_region,
    run_sweep,
    status_table,
)
from hydrotl_core.errors import ConfigError, DoubtfulData, TrainingError, WeightsError
from hydrotl_core.metrics import ensemble_nse
from hydrotl_core.weights import load_weights
from tests.hydrotl.experiments.test_planner import Rain
from tests.processes import dask_cluster, until
from tests.project import run_member
from tests.synthetic import ROOT, TINY, write_yaml

TEST = slice("2001-01-01", "2001-06-29")
SMALL: dict[str, object] = {"regions": ["target"], "options": ["local", "TL-a"], "members": 2}


def sweep_file(root: Path, *entries: dict[str, object]) -> Path:
    path = root / "some.yaml"
    write_yaml(path, {"title": "some", "entries": list(entries)})
    return path


def planned(root: Path, *entries: dict[str, object]) -> tuple[list[Work], Planner]:
    planner = Planner(teachers=Rain())
    return plan(load_sweep(sweep_file(root, *entries)), planner), planner


def refuse_training(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr("hydrotl.experiments.compute.train_member", refuse)


# Cells without files


def test_local_and_every_option_end_to_end(shared: Path) -> None:
    experiments = [resolve(cell) for cell in cells_of("target")]
    results = run_cells(experiments, members=2)
    observed = open_dataset("target", ["0001", "0002"])["streamflow"].sel(time=TEST).values
    flows = []
    for experiment in experiments:
        simulation = results[experiment.cell].simulation
        assert dict(simulation.sizes) == {"member": 2, "basin": 2, "day": 180}
        np.testing.assert_array_equal(simulation["observed"].values, observed)
        flows.append(simulation["simulated"].values)
        assert np.isfinite(flows[-1]).all()
        assert not np.array_equal(flows[-1][0], flows[-1][1]), "two members with one seed"
    for k in range(4):
        for other in range(k):
            assert not np.array_equal(flows[k], flows[other]), "two options are one"
    for seed in range(2):
        alone = run_member("TL-b", seed=seed).simulated
        np.testing.assert_array_equal(flows[2][seed], alone, f"member {seed} is another one")

    record = cell_record(results[experiments[2].cell], experiments[2], "cpu")
    assert (record["region"], record["option"], record["source"]) == ("target", "TL-b", "donor")
    assert (record["recipe"], record["source_members"]) == ("tiny", 2)
    local = cell_record(results[experiments[0].cell], experiments[0], "cpu")
    assert (local["source"], local["source_members"]) == (None, 0)
    assert record["scored_on"] == "test"
    assert record["deviations"] == ["all of it"]
    assert record["training"]["updates"] == TINY["updates"]
    assert record["periods"]["test"] == {"start": "2001-01-01", "end": "2001-06-30"}
    expected = ensemble_nse(results[experiments[2].cell].simulation).values
    np.testing.assert_allclose(record["nse"], expected, atol=5e-5)
    mean = flows[2].astype(float).mean(axis=0)
    error = np.nansum((mean - observed) ** 2, axis=1)
    spread = np.nansum((observed - np.nanmean(observed, axis=1, keepdims=True)) ** 2, axis=1)
    np.testing.assert_allclose(record["nse"], 1 - error / spread, atol=1e-4)
    assert not (shared / "runs" / "store").exists(), "simulations were kept"
    assert not (shared / "results").exists()


def test_a_taught_ensemble_is_tested_like_every_other(shared: Path) -> None:
    local, process = (
        run_region("target", None, 2, 3, options=[option], teachers=Rain(), device="cpu")
        for option in ("local", "process-rain")
    )
    (taught,), (plain,) = process.values(), local.values()
    assert taught.cell.option == "process-rain"
    assert taught.training.updates == 3
    assert taught.simulation.sizes == plain.simulation.sizes
    np.testing.assert_array_equal(taught.simulation["observed"], plain.simulation["observed"])
    members = taught.simulation["simulated"].values
    assert not np.array_equal(members[0], members[1])


@pytest.mark.slow
def test_two_processes_give_the_bits_of_one(shared: Path) -> None:
    experiments = [resolve(cell) for cell in cells_of("target", options=["local", "TL-b"])]
    alone, together = (run_cells(experiments, members=2, jobs=jobs) for jobs in (1, 2))
    for cell in alone:
        np.testing.assert_array_equal(
            alone[cell].simulation["simulated"].values,
            together[cell].simulation["simulated"].values,
        )
        assert alone[cell].data_hash == together[cell].data_hash


# Planning


def test_two_entries_may_share_a_record_but_not_disagree_on_it(fresh: Path) -> None:
    more, _ = planned(fresh, SMALL, {**SMALL, "members": 3})
    assert [len(w.keys) for w in more] == [3, 3]
    days = [{**SMALL, "options": ["local"], "validation_days": days} for days in (60, 90)]
    with pytest.raises(ConfigError, match="two entries want different results"):
        planned(fresh, *days)


def test_only_transferred_models_have_a_source_to_vary(fresh: Path) -> None:
    content = yaml.safe_load((fresh / "experiments" / "sources" / "donor.yaml").read_text())
    write_yaml(fresh / "other.yaml", content)
    (fresh / "weights").unlink()
    (fresh / "weights").mkdir()
    for name in ("donor", "other"):
        (fresh / "weights" / name).symlink_to(
            (fresh / "experiments").resolve().parent / "weights" / "donor"
        )
    work, _ = planned(fresh, {**SMALL, "sources": ["donor", str(fresh / "other.yaml")]})
    names = [w.path.relative_to(fresh / "results" / "target").as_posix() for w in work]
    assert names == [
        "tiny/1-year_local.json",
        "tiny/1-year_TL-a.json",
        "tiny-other/1-year_TL-a.json",
    ]


def test_a_sweep_may_be_of_some_of_its_regions(fresh: Path) -> None:
    sweep = load_sweep(sweep_file(fresh, SMALL))
    assert len(plan(sweep, Planner(), ["target"])) == 2
    assert plan(sweep, Planner(), ["elsewhere"]) == []


def test_a_changed_recipe_is_refused_on_the_test_period(fresh: Path) -> None:
    with pytest.raises(ConfigError, match="scored on training years"):
        planned(fresh, {**SMALL, "vary": {"lr": [0.1]}})
    with pytest.raises(ConfigError, match="no learning_rate to vary"):
        planned(fresh, {**SMALL, "vary": {"learning_rate": [0.1]}})


@pytest.mark.parametrize(
    "path", sorted((ROOT / "experiments" / "sweeps").glob("*.yaml")), ids=lambda path: path.stem
)
def test_shipped_sweeps_are_valid(path: Path) -> None:
    assert load_sweep(path).title == yaml.safe_load(path.read_text())["title"]


# Running


def test_a_sweep_writes_the_numbers_of_run_cells(fresh: Path) -> None:
    work, planner = planned(fresh, SMALL)
    written = run_sweep(work, planner)
    assert [p.relative_to(fresh).as_posix() for p in written] == [
        "results/target/tiny/1-year_local.json",
        "results/target/tiny/1-year_TL-a.json",
    ]
    experiments = [item.experiment for item in work]
    for path, (cell, alone) in zip(written, run_cells(experiments, 2).items(), strict=True):
        record, expected = read_record(path), cell_record(alone, resolve(cell), "cpu")
        for key in ("nse", "member_nse", "error_products", "training", "source", "members"):
            assert record[key] == expected[key], key
    assert list(read_facts(facts_path("target")).index) == ["0001", "0002"]


def test_nothing_finished_is_computed_again(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work, planner = planned(fresh, SMALL)
    run_sweep(work, planner)
    refuse_training(monkeypatch)
    work, planner = planned(fresh, SMALL)
    assert list(status_table(work)["state"]) == ["finished", "finished"]
    assert run_sweep(work, planner) == []
    # A record that is gone comes back from the members' files; one of another key is replaced.
    work[0].path.unlink()
    write_record(work[1].path, {**read_record(work[1].path), "key": "0" * 16})
    assert list(status_table(work)["state"]) == ["begun", "begun"]
    assert run_sweep(work, planner) == [work[0].path, work[1].path]
    # Without the members' files, the record alone is enough.
    for task in work[0].tasks:
        task.product.unlink()
    assert work[0].finished
    assert list(status_table(work)["members"]) == ["2/2", "2/2"]
    # A damaged table of basins is noticed where no record is missing.
    facts = facts_path("target")
    whole = facts.read_bytes()
    facts.write_bytes(whole[:-40] + b"\xff")
    with pytest.warns(DoubtfulData, match=r"basins\.csv .*: kept as .*, and written again"):
        assert run_sweep(work, planner) == []
    assert facts.read_bytes() == whole


def test_a_record_from_a_gpu_is_finished_on_a_machine_without_one(fresh: Path) -> None:
    work, planner = planned(fresh, SMALL)
    sweep = load_sweep(sweep_file(fresh, SMALL))
    there = plan(sweep, Planner("cuda"))
    for here, gpu in zip(work, there, strict=True):
        here.path.parent.mkdir(parents=True, exist_ok=True)
        here.path.write_text(f'{{"key": "{gpu.key}"}}')
    assert {item.key for item in work}.isdisjoint(item.key for item in there)
    assert [item.finished for item in work] == [True, True]
    assert run_sweep(work, planner) == []


def test_a_record_names_the_code_that_trained_each_member(fresh: Path) -> None:
    (work,), planner = planned(fresh, {**SMALL, "options": ["local"]})
    run_sweep([work], planner)
    now = read_record(work.path)["provenance"]
    for task, code, date in zip(work.tasks, "ab", ("2020-02-01", "2020-01-31"), strict=True):
        product = read_product(task.product)
        about = {**product.about, "code": code, "date": date}
        write_product(task.product, replace(product, about=about))
    work.path.unlink()
    run_sweep([work], planner)
    then = read_record(work.path)["provenance"]
    assert (then["code"], then["date"]) == ("a, b", "2020-02-01")
    assert now["code"] == code_version()
    for key in ("data_hash", "arithmetic", "machine", "seconds"):
        assert then[key] == now[key], key


def test_a_varied_recipe_is_scored_on_training_days(fresh: Path) -> None:
    vary = {"lr": [0.02], "batch": [2]}
    entry = {**SMALL, "options": ["local"], "validation_days": 60, "vary": vary}
    written = run_sweep(*planned(fresh, entry))
    folder = fresh / "results" / "target" / "validation" / "tiny"
    assert written == [folder / "1-year_local_lr-0.02.json", folder / "1-year_local_batch-2.json"]
    record = read_record(written[0])
    assert record["scored_on"] == "last 60 training days"
    assert record["changes"] == {"lr": 0.02}
    assert record["training"]["lr"] == 0.02
    assert read_record(written[1])["training"]["batch"] == 2


def test_a_member_goes_on_from_its_checkpoint_to_the_same_bits(fresh: Path) -> None:
    (work,), planner = planned(fresh, {**SMALL, "options": ["TL-c"]})
    begun = work.tasks[1]
    run_member("TL-c", seed=1, checkpoint=begun.checkpoint, stop_at=4)
    rows = status_table([work])
    name = "results/target/tiny/1-year_TL-c.json"
    assert rows.values.tolist() == [[name, "0/2", "begun: 4 of 6 updates"]]
    run_sweep([work], planner)
    assert not begun.checkpoint.exists()
    resumed = read_product(begun.product).arrays["simulated"]
    np.testing.assert_array_equal(resumed, run_member("TL-c", seed=1).simulated)


def test_a_cell_that_fails_leaves_the_others(fresh: Path) -> None:
    (local, transferred), planner = planned(fresh, SMALL)
    run_member("local", seed=5, checkpoint=local.tasks[0].checkpoint, stop_at=4)
    with pytest.raises(WeightsError, match=r"is of another run \(differs in seed\): delete it"):
        run_sweep([local, transferred], planner)
    assert transferred.finished
    assert not local.path.exists()
    assert status_table([local])["members"].item() == "1/2"


def test_damaged_files_are_set_aside_and_computed_again(
    fresh: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A checkpoint, a simulation with one bit turned, and one that is not there in full."""
    (work,), planner = planned(fresh, {**SMALL, "options": ["local"], "members": 3})
    run_sweep([work], planner)
    record = read_record(work.path)
    wholes = [task.product.read_bytes() for task in work.tasks]
    work.path.unlink()
    work.tasks[0].product.unlink()
    work.tasks[0].checkpoint.write_bytes(b"half a checkpoint")
    assert "unusable: " in status_table([work])["state"].item()
    turned = bytearray(wholes[1])
    turned[-5] ^= 1
    work.tasks[1].product.write_bytes(turned)
    work.tasks[2].product.write_bytes(wholes[2][:-8])
    assert run_sweep([work], planner) == [work.path]
    again = read_record(work.path)
    assert {**again, "provenance": None} == {**record, "provenance": None}
    store = work.tasks[0].product.parent
    stems = [task.product.stem for task in work.tasks]
    assert sorted(path.name for path in store.glob("*damaged*")) == sorted(
        [
            f"{stems[0]}.checkpoint.damaged",
            f"{stems[1]}.safetensors.damaged",
            f"{stems[2]}.safetensors.damaged",
        ]
    )
    said = [line for line in capsys.readouterr().err.splitlines() if "and computed again" in line]
    assert len(said) == 3
    assert f"{stems[1]}.safetensors is not a complete result (it holds other values" in said[0]
    assert "delete it" not in "".join(said)


def test_failures_of_several_members_are_all_named(
    fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(member: Any, *_: object, **__: object) -> None:
        raise FloatingPointError(f"loss is nan with seed {member.seed}")

    monkeypatch.setattr("hydrotl.experiments.compute.train_member", fail)
    (work,), planner = planned(fresh, {**SMALL, "options": ["local"]})
    with pytest.raises(TrainingError) as caught:
        run_sweep([work], planner)
    assert str(caught.value) == (
        "2 of 2 failed: target local 0 (loss is nan with seed 0); "
        "target local 1 (loss is nan with seed 1)"
    )


def test_the_status_of_sources_is_a_row_per_member(fresh: Path) -> None:
    entries = [
        SweepEntry(train_sources=[name], members=members)
        for name, members in (("donor", 3), ("donor-classic", 1))
    ]
    tasks = plan_sources(entries)
    with claimed(tasks[1].lock):
        rows = status_table([], tasks).values.tolist()
    assert rows == [
        ["weights/donor/member-0.safetensors", "1/1", "finished"],
        ["weights/donor-classic/member-0.safetensors", "0/1", "running: 0 of 32 updates"],
        ["weights/donor/member-1.safetensors", "1/1", "finished"],
        ["weights/donor/member-2.safetensors", "0/1", "waiting"],
    ]


@pytest.mark.slow
def test_a_cluster_trains_the_same_without_project_or_data(fresh: Path, tmp_path: Path) -> None:
    """Workers find the packages; cells, sources, a teacher's flow and data are sent to them."""
    options = ["local", "TL-a", "process-rain"]
    work, planner = planned(fresh, {**SMALL, "options": options})
    sources, shared = source_tasks("donor", 1, folder=tmp_path / "again"), shared_data(["donor"])
    with dask_cluster(tmp_path, 2, "--no-nanny") as address:
        written = run_sweep(work, planner, scheduler=address)
        assert list(run_tasks(sources, shared, scheduler=address)) == sources
    there, here_too = (load_weights(path)[0] for path in (sources[0].product, donor_member(fresh)))
    assert all(torch.equal(there[name], here_too[name]) for name in here_too)
    assert sorted(written) == sorted(item.path for item in work)
    here = run_cells([item.experiment for item in work], 2, teachers=Rain())
    for item in work:
        record = cell_record(here[item.experiment.cell], item.experiment, "cpu")
        assert read_record(item.path)["nse"] == record["nse"]
    assert not list((fresh / "runs" / "store").glob("*.checkpoint"))


def donor_member(root: Path) -> Path:
    return root / "weights" / "donor" / "member-0.safetensors"


@pytest.mark.slow
def test_a_killed_sweep_goes_on_with_what_is_left(fresh: Path) -> None:
    """Kill -9 in mid-run, twice; every member is trained once all in all."""
    path = sweep_file(fresh, {"regions": ["target"], "members": 2})
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-m", "hydrotl", "sweep", str(path), "--device", "cpu"]
    command = [*words, "--jobs", "1"]
    folder, before = fresh / "runs" / "store", 0
    files: dict[Path, int] = {}
    for kill_at in (1, 4):
        with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
            until(
                lambda n=kill_at: (
                    len(list(folder.glob("*.safetensors"))) >= n  # type: ignore[misc]
                    or process.poll() is not None
                )
            )
            process.send_signal(signal.SIGKILL)
        for file, written in files.items():
            assert file.stat().st_mtime_ns == written
        files = {f: f.stat().st_mtime_ns for f in folder.glob("*.safetensors")}
        assert len(files) >= max(kill_at, before)
        before = len(files)
    subprocess.run(command, env=environment, check=True, capture_output=True)
    for file, written in files.items():
        assert file.stat().st_mtime_ns == written
    work = plan(load_sweep(path), Planner())
    assert all(item.finished for item in work)
    assert len(list(folder.glob("*.safetensors"))) == 8
    assert not list(folder.glob("*.checkpoint"))
    assert not list(folder.glob("*.part"))


@pytest.mark.slow
def test_two_sweeps_at_the_same_time_do_each_member_once(fresh: Path) -> None:
    path = sweep_file(fresh, SMALL)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-m", "hydrotl", "sweep", str(path), "--device", "cpu"]
    runs = [
        subprocess.Popen([*words, "--jobs", "1"], env=environment, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    for run in runs:
        _, said = run.communicate(timeout=200)
        assert run.returncode == 0, said
    work = plan(load_sweep(path), Planner())
    assert all(item.finished for item in work)
    assert len(list((fresh / "runs" / "store").glob("*.safetensors"))) == 4
