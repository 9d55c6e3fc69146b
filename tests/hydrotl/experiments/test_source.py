"""Source models of a small project: their tasks, trained, resumed, checked."""

import itertools
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import yaml

from hydrotl.config import SweepEntry, load_recipe, load_source
from hydrotl.data.catalog import open_dataset
from hydrotl.experiments.check import check_source
from hydrotl.experiments.member import train_member
from hydrotl.experiments.run import run_tasks, state_of
from hydrotl.experiments.source import (
    nested_subset,
    shared_data,
    source_data,
    source_member,
    source_tasks,
)
from hydrotl.experiments.sweep import plan_sources
from hydrotl.paths import runs_folder
from hydrotl_core.arrays import build_arrays
from hydrotl_core.checkpoint import checkpoint_progress
from hydrotl_core.errors import ConfigError, DataError, WeightsError
from hydrotl_core.metrics import ensemble_nse
from hydrotl_core.recipe import Period
from hydrotl_core.simulation import simulate
from hydrotl_core.weights import load_model, load_weights
from tests.processes import until
from tests.project import train_ensemble
from tests.reference_lstm import reference_forward
from tests.synthetic import ROOT, TINY, write_yaml

LONG = 600  # updates of the source `slow`, enough to be killed before the end


def change(path: Path, **values: object) -> str:
    """Copy of a YAML file with other values, under a name of its own."""
    content = yaml.safe_load(path.read_text(encoding="utf-8")) | values
    copy = path.with_name(f"{path.stem}-{abs(hash(str(values)))}.yaml")
    write_yaml(copy, content)
    return copy.stem


def test_subsets_are_nested_and_do_not_depend_on_the_order() -> None:
    basins = [f"{k:08d}" for k in range(100, 771)]
    subsets = [nested_subset(basins, n) for n in (10, 50, 100, 300, 500, 671)]
    for small, large in itertools.pairwise(subsets):
        assert set(small) < set(large)
    for subset, n in zip(subsets, (10, 50, 100, 300, 500, 671), strict=True):
        assert len(set(subset)) == n
    assert nested_subset(basins[::-1], 50) == subsets[1]
    assert subsets[0] != basins[:10], "not a random draw"
    with pytest.raises(ConfigError, match="subset of 672 basins was asked for, there are 671"):
        nested_subset(basins, 672)


def test_source_data_of_a_subset(own: Path) -> None:
    ds = source_data(load_source("donor-classic"))
    assert ds.sizes["basin"] == 4
    assert set(ds.data_vars) == {"prcp", "tmean", "pet", "area", "slope", "streamflow"}
    everything = [str(b) for b in open_dataset("donor")["basin"].values]
    assert sorted(map(str, ds["basin"].values)) == sorted(nested_subset(everything, 4))


def test_unknown_input_is_named(own: Path) -> None:
    inputs = {"dynamic": ["prcp", "swe"], "static": ["area"]}
    name = change(own / "experiments" / "sources" / "donor.yaml", inputs=inputs)
    with pytest.raises(DataError, match="swe not in data set donor"):
        source_data(load_source(name))


def test_trained_members_carry_their_card(own: Path) -> None:
    folder = train_ensemble("donor")
    parameters, card = load_weights(folder / "member-1.safetensors")
    assert parameters["input.weight"].shape == (8, 5)
    assert card.inputs == ["prcp", "tmean", "pet", "area", "slope"]
    assert card.seed == 1
    assert card.protocol["train"] == {"start": "2000-01-01", "end": "2001-01-01"}
    assert card.provenance["basins"] == 8
    assert card.provenance["licence"] == "CC0"
    # Scales are those of the training year alone.
    rain = open_dataset("donor", end="2001-01-01")["prcp"].values.astype(float)
    assert card.scaler.dynamic["prcp"].mean == pytest.approx(rain.mean(), rel=1e-9)
    other, _ = load_weights(folder / "member-0.safetensors")
    assert not torch.equal(other["lstm.weight_hh"], parameters["lstm.weight_hh"])
    assert not list((own / "runs").glob("*.checkpoint")), "checkpoint left behind"


def test_existing_weights_are_not_trained_again(own: Path) -> None:
    path = train_ensemble("donor") / "member-0.safetensors"
    before = path.stat().st_mtime_ns
    train_ensemble("donor")
    assert path.stat().st_mtime_ns == before


def test_a_stopped_member_goes_on_to_the_same_bits(own: Path, tmp_path: Path) -> None:
    (task,) = source_tasks("donor", 1, folder=tmp_path / "w", checkpoint_seconds=0)
    shared, log = shared_data(["donor"]), tmp_path / "runs" / "x.log"
    stop_after(task.checkpoint, 3)
    assert state_of(task) == f"begun: 3 of {TINY['updates']} updates"
    assert list(run_tasks([task], shared, log=log)) == [task]
    assert "donor member 0: begun: 3 of 6 updates" in log.read_text(encoding="utf-8")
    assert not task.checkpoint.exists()
    resumed, _ = load_weights(task.product)
    whole, _ = load_weights(own / "weights" / "donor" / "member-0.safetensors")
    assert all(torch.equal(resumed[name], whole[name]) for name in whole)


def stop_after(checkpoint: Path, updates: int) -> None:
    """Train member 0 of the donor so far, as its task does."""
    source = load_source("donor")
    ds = source_data(source)
    training = load_recipe(source.recipe).source_training(source.subset)
    member = source_member(source, training, 0, ds.sizes["basin"])
    train_member(member, ds, checkpoint=checkpoint, stop_at=updates)
    assert checkpoint_progress(checkpoint)[0] == updates


def test_check_scores_the_test_period(own: Path) -> None:
    folder = train_ensemble("donor")
    result = check_source("donor", folder)
    assert dict(result.sizes) == {"member": 2, "basin": 8, "day": 243}
    assert pd.Timestamp(result["start"].values[0]) == pd.Timestamp("2001-01-01")
    truth = open_dataset("donor", start="2001-01-01", end="2001-09-01")["streamflow"].values
    np.testing.assert_array_equal(result["observed"].values, truth)
    assert np.isfinite(ensemble_nse(result)).all()


def by_hand(folder: Path, name: str, lead: int) -> np.ndarray:
    """Member 0 over the test period from the canonical data, z-scores only, in numpy."""
    source = load_source(name)
    model, card = load_model(folder / "member-0.safetensors")
    ds = source_data(source)
    days = pd.DatetimeIndex(ds["time"].values)
    first, stop = days.get_loc("2001-01-01"), days.get_loc("2001-09-01")
    assert isinstance(first, int)
    assert isinstance(stop, int)
    columns = []
    for variable, scale in card.scaler.dynamic.items():
        x = ds[variable].values[:, first - lead : stop].astype(float)
        x = np.log10(np.sqrt(x) + 0.1) if scale.transform == "log_sqrt" else x
        columns.append((x - scale.mean) / scale.std)
    for attribute, scale in card.scaler.static.items():
        z = (ds[attribute].values - scale.mean) / scale.std
        columns.append(np.broadcast_to(z[:, None], columns[0].shape))
    inputs = np.stack(columns, axis=-1).swapaxes(0, 1)
    parameters = {n: p.detach().double().numpy() for n, p in model.named_parameters()}
    z = reference_forward(parameters, inputs)[0].T[:, lead:]
    flow = card.scaler.streamflow
    x = z * flow.std + flow.mean
    if flow.transform == "log_sqrt":
        x = np.clip(10**x - 0.1, 0, None) ** 2
    if card.scaler.per_precipitation:
        rain = ds["prcp"].values[:, :366].astype(float)  # the training year
        x = x * rain.mean(axis=1)[:, None]
    return np.clip(x, 0, None)


def test_check_warms_up_for_a_year_where_training_does(own: Path) -> None:
    folder = train_ensemble("donor")
    simulated = check_source("donor", folder)["simulated"].values[0]
    np.testing.assert_allclose(simulated, by_hand(folder, "donor", 365), rtol=1e-3, atol=1e-4)


def test_check_starts_from_zero_where_the_recipe_has_no_warmup(own: Path) -> None:
    """The paper: one pass over the test period, transforms and flow per precipitation undone."""
    folder = train_ensemble("donor-classic", 1)
    simulated = check_source("donor-classic", folder)["simulated"].values[0]
    expected = by_hand(folder, "donor-classic", 0)
    np.testing.assert_allclose(simulated, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"train": ["2000-02-01", "2001-01-01"]}, "trained with train"),
        ({"subset": 3}, "trained with subset None"),
        ({"inputs": {"dynamic": ["prcp", "tmean"], "static": ["area"]}}, "trained with inputs"),
        ({"test": None}, "has no test period"),
    ],
)
def test_check_of_another_source_is_refused(
    values: dict[str, object], words: str, own: Path
) -> None:
    folder = train_ensemble("donor")
    name = change(own / "experiments" / "sources" / "donor.yaml", **values)
    with pytest.raises(ConfigError, match=words):
        check_source(name, folder)


def test_held_out_days_are_scored_and_not_learned(own: Path, tmp_path: Path) -> None:
    folder = tmp_path / "weights"
    train_ensemble("donor", 1, folder=folder, validation_days=60)
    model, card = load_model(folder / "member-0.safetensors")
    train = load_source("donor").train
    last = train.end - pd.Timedelta(days=60)
    assert [update for update, _ in card.provenance["validation"]] == [card.training.updates]

    # The score, from the written weights and the data alone.
    ds = source_data(load_source("donor"))
    days = ds["time"].values
    held_out = (days >= np.datetime64(last)) & (days < np.datetime64(train.end))
    fit = (days >= np.datetime64(train.start)) & (days < np.datetime64(last))
    rain = ds["prcp"].values[:, fit]
    assert card.scaler.dynamic["prcp"].transform == "none"
    assert card.scaler.dynamic["prcp"].mean == pytest.approx(np.nanmean(rain), rel=1e-5)
    observed = ds["streamflow"].values[:, held_out]
    periods = [Period(start=last, end=train.end)] * ds.sizes["basin"]
    lead = 365 if card.training.warmup else 0
    arrays = build_arrays(ds, card.scaler, periods, periods, lead=lead)
    flow = simulate(model, arrays, card.scaler)
    error = np.nansum((flow - observed) ** 2, axis=1)
    spread = np.nansum((observed - np.nanmean(observed, axis=1, keepdims=True)) ** 2, axis=1)
    assert card.provenance["validation"][-1][1] == pytest.approx(
        np.median(1 - error / spread), rel=1e-4
    )


# Tasks


def test_first_members_of_every_source_come_first(own: Path, tmp_path: Path) -> None:
    wanted = [
        SweepEntry(train_sources=[name], members=members)
        for name, members in (("donor", 3), ("donor-classic", 2))
    ]
    tasks = plan_sources(wanted)
    assert [task.title for task in tasks] == [
        "donor member 0",
        "donor-classic member 0",
        "donor member 1",
        "donor-classic member 1",
        "donor member 2",
    ]
    assert tasks[1].product == own / "weights" / "donor-classic" / "member-0.safetensors"
    assert tasks[1].checkpoint == own / "runs" / "donor-classic-0.checkpoint"
    elsewhere = plan_sources(wanted, out=tmp_path / "drive")
    drive = tmp_path / "drive"
    assert elsewhere[3].product == drive / "donor-classic" / "member-1.safetensors"
    assert elsewhere[3].checkpoint == drive / "runs" / "donor-classic-1.checkpoint"
    assert plan_sources([]) == []


def test_updates_come_from_the_recipe_or_its_epochs(own: Path) -> None:
    """By hand: ln 0.01 / ln (1 - 200/1464) = 31.35 with 4 basins of 366 days, 65.1 with 8."""
    assert source_tasks("donor")[0].updates == TINY["updates"]
    assert source_tasks("donor-classic")[0].updates == 32
    assert source_tasks("donor", recipe="classic", folder=own / "x")[0].updates == 66


def test_a_recipe_may_replace_the_sources_own(own: Path, tmp_path: Path) -> None:
    folder = train_ensemble("donor", 1, folder=tmp_path / "w", recipe="classic")
    _, card = load_weights(folder / "member-0.safetensors")
    assert card.protocol["recipe"] == "classic"
    assert card.training.window == 100


def test_one_lock_per_weights_file(own: Path, tmp_path: Path) -> None:
    assert runs_folder(own / "weights" / "donor") == own / "runs"
    assert runs_folder(own / "weights" / ".." / "weights" / "donor") == own / "runs"
    assert runs_folder(own / "runs" / "trial") == own / "runs"
    assert runs_folder(tmp_path / "donor") == tmp_path / "runs"


def test_a_source_may_be_a_file_of_its_own(own: Path, tmp_path: Path) -> None:
    content = yaml.safe_load((own / "experiments" / "sources" / "donor.yaml").read_text())
    path = tmp_path / "mine.yaml"
    write_yaml(path, content)
    folder = train_ensemble(str(path), 1)
    assert folder == own / "weights" / "mine"
    assert (folder / "member-0.safetensors").is_file()


def test_weights_of_something_else_are_not_taken_for_finished(own: Path) -> None:
    """The folder is that of the trained donor."""
    folder = own / "weights" / "donor"
    sources = own / "experiments" / "sources"
    cases: dict[str, dict[str, Any]] = {
        "recipe": {"recipe": "classic"},
        "subset, another recipe": {"name": "donor-classic"},
        "days held out": {"validation_days": 30},
        "train": {"name": change(sources / "donor.yaml", train=["2000-02-01", "2001-01-01"])},
    }
    for words, more in cases.items():
        with pytest.raises(ConfigError, match=f"was trained with another {words}: move it away"):
            source_tasks(**{"name": "donor", "folder": folder, **more})
    retitled = change(sources / "donor.yaml", title="New", test=["2001-02-01", "2001-09-01"])
    assert len(source_tasks(retitled, folder=folder)) == 2, "its title decides nothing"


def test_damaged_weights_are_named_and_kept(own: Path) -> None:
    path = own / "weights" / "donor" / "member-0.safetensors"
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(WeightsError, match=r"member-0\.safetensors is not a readable"):
        source_tasks("donor")
    assert len(path.read_bytes()) == 500, "a damaged file was replaced"


SCRIPT = """
import sys
from pathlib import Path
from hydrotl.experiments.run import run_tasks
from hydrotl.experiments.source import shared_data, source_tasks

if __name__ == "__main__":
    out = Path(sys.argv[1])
    tasks = source_tasks("slow", 2, folder=out, checkpoint_seconds=0)
    log = out.parent / "runs" / "slow.log"
    list(run_tasks(tasks, shared_data(["slow"]), jobs=2, log=log))
"""


@pytest.mark.slow
def test_a_killed_run_goes_on_from_its_checkpoints_to_the_same_bits(
    own: Path, tmp_path: Path
) -> None:
    experiments = own / "experiments"
    write_yaml(
        experiments / "recipes" / "steady.yaml",
        {"title": "steady", "source": TINY | {"updates": LONG}, "local": {}, "transfer": {}},
    )
    donor = yaml.safe_load((experiments / "sources" / "donor.yaml").read_text())
    write_yaml(experiments / "sources" / "slow.yaml", donor | {"recipe": "steady"})
    out = tmp_path / "out" / "slow"
    tasks, script = source_tasks("slow", 2, folder=out, checkpoint_seconds=0), tmp_path / "run.py"
    script.write_text(SCRIPT, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, str(script), str(out)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    ) as killed:
        until(lambda: all(checkpoint_progress(task.checkpoint)[0] > 30 for task in tasks))
        assert re.match(rf"running: \d+ of {LONG} updates", state_of(tasks[0]))
        killed.send_signal(signal.SIGKILL)
    until(lambda: not any(state_of(task).startswith("running") for task in tasks))
    assert not any(task.product.exists() for task in tasks), "ended before it was killed"
    assert all(30 < checkpoint_progress(task.checkpoint)[0] < LONG for task in tasks)

    subprocess.run(
        [sys.executable, str(script), str(out)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
    )
    log = (tmp_path / "out" / "runs" / "slow.log").read_text(encoding="utf-8")
    for seed, task in enumerate(tasks):
        assert re.search(rf"slow member {seed}: begun: \d+ of {LONG} updates", log)
        assert not task.checkpoint.exists()
        resumed, card = load_weights(task.product)
        whole, expected = task.compute(None, shared_data(["slow"])["source slow"])
        assert all(torch.equal(resumed[name], whole[name]) for name in whole)
        assert card.provenance["loss"] == [list(one) for one in expected.provenance["loss"]]
