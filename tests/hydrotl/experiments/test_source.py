"""Source models of a small project: trained, resumed, checked."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import yaml

from hydrotl.config import load_source
from hydrotl.data.catalog import open_dataset
from hydrotl.experiments.source import (
    SourceTask,
    check_source,
    initial_model,
    nested_subset,
    source_data,
    train_source_member,
)
from hydrotl_core.arrays import build_arrays
from hydrotl_core.checkpoint import checkpoint_progress
from hydrotl_core.errors import ConfigError, DataError
from hydrotl_core.metrics import ensemble_nse
from hydrotl_core.recipe import Period, Training
from hydrotl_core.simulation import simulate
from hydrotl_core.weights import load_model, load_weights
from tests.reference_lstm import reference_forward
from tests.synthetic import write_project, write_yaml


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = write_project(tmp_path_factory.mktemp("project"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HYDROTL_ROOT", str(root))
        patch.setenv("HYDROTL_DATA", str(root / "data"))
        yield root


def train_all(root: Path, name: str = "donor", members: int = 2) -> Path:
    folder = root / "weights" / name
    for member in range(members):
        train_source_member(SourceTask(name, member, folder, root / "runs", quiet=True))
    return folder


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


def test_source_data_of_a_subset(project: Path) -> None:
    ds = source_data(load_source("donor-classic"))
    assert ds.sizes["basin"] == 4
    assert set(ds.data_vars) == {"prcp", "tmean", "pet", "area", "slope", "streamflow"}
    everything = [str(b) for b in open_dataset("donor")["basin"].values]
    assert sorted(map(str, ds["basin"].values)) == sorted(nested_subset(everything, 4))


def test_unknown_input_is_named(project: Path) -> None:
    inputs = {"dynamic": ["prcp", "swe"], "static": ["area"]}
    name = change(project / "experiments" / "sources" / "donor.yaml", inputs=inputs)
    with pytest.raises(DataError, match="swe not in data set donor"):
        source_data(load_source(name))


def test_initial_model_leaves_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    config = Training(hidden=4, updates=1)
    first, again, other = (initial_model(k, 2, 1, config) for k in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first.lstm["weight_hh"], again.lstm["weight_hh"])
    assert not torch.equal(first.lstm["weight_hh"], other.lstm["weight_hh"])


def test_trained_members_carry_their_card(project: Path) -> None:
    folder = train_all(project)
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
    assert not list((project / "runs").glob("*.safetensors")), "checkpoint left behind"


def test_existing_weights_are_not_trained_again(project: Path) -> None:
    path = train_all(project) / "member-0.safetensors"
    before = path.stat().st_mtime_ns
    train_all(project)
    assert path.stat().st_mtime_ns == before


def test_a_stopped_member_goes_on_to_the_same_bits(project: Path, tmp_path: Path) -> None:
    task = SourceTask("donor", 0, tmp_path / "w", tmp_path / "runs", quiet=True)
    for stop in (2, 3):
        assert not train_source_member(task, stop).exists()
        assert [p.name for p in task.runs.glob("*.safetensors")] == ["w-0.safetensors"]
        assert checkpoint_progress(task.checkpoint)[0] == stop
    resumed, _ = load_weights(train_source_member(task, 6))
    assert not task.checkpoint.exists()
    whole, _ = load_weights(train_all(project) / "member-0.safetensors")
    assert all(torch.equal(resumed[name], whole[name]) for name in whole)


def test_check_scores_the_test_period(project: Path) -> None:
    folder = train_all(project)
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


def test_check_warms_up_for_a_year_where_training_does(project: Path) -> None:
    folder = train_all(project)
    simulated = check_source("donor", folder)["simulated"].values[0]
    np.testing.assert_allclose(simulated, by_hand(folder, "donor", 365), rtol=1e-3, atol=1e-4)


def test_check_starts_from_zero_where_the_recipe_has_no_warmup(project: Path) -> None:
    """The paper: one pass over the test period, transforms and flow per precipitation undone."""
    folder = train_all(project, "donor-classic", members=1)
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
    values: dict[str, object], words: str, project: Path
) -> None:
    folder = train_all(project)
    name = change(project / "experiments" / "sources" / "donor.yaml", **values)
    with pytest.raises(ConfigError, match=words):
        check_source(name, folder)


def test_held_out_days_are_scored_and_not_learned(project: Path, tmp_path: Path) -> None:
    task = SourceTask(
        "donor",
        0,
        tmp_path / "weights",
        tmp_path / "runs",
        quiet=True,
        validation_days=60,
        validate_every=2,
    )
    model, card = load_model(train_source_member(task))
    train = load_source("donor").train
    last = train.end - pd.Timedelta(days=60)
    steps = [step for step, _ in card.provenance["validation"]]
    assert steps[0] == 2
    assert steps[-1] == card.training.updates

    # The last logged score, from the written weights and the data alone.
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
