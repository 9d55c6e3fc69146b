"""One member: where it starts, what it may see, and learning from a process model first."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr
import yaml

from hydrotl.config import load_options
from hydrotl.data.catalog import open_dataset
from hydrotl.data.regions import region_data
from hydrotl.experiments.cells import Cell, cells_of, resolve
from hydrotl.experiments.member import (
    Member,
    arrays_of_test,
    simulate_member,
    teach,
    train_member,
)
from hydrotl_core.checkpoint import checkpoint_progress
from hydrotl_core.errors import ConfigError, DataError, WeightsError
from hydrotl_core.model import StreamflowLSTM
from hydrotl_core.recipe import Inputs
from hydrotl_core.scaling import STREAMFLOW
from hydrotl_core.simulation import simulate
from hydrotl_core.weights import load_weights
from tests.project import edit, flow_of, run_member, spoil
from tests.synthetic import (
    DYNAMIC,
    STATIC,
    TINY,
    canonical,
    fitted,
    model_for,
    period,
    training,
)


def bits(model: StreamflowLSTM) -> dict[str, bytes]:
    return {name: p.detach().numpy().tobytes() for name, p in model.named_parameters()}


# Where a member starts


@pytest.mark.parametrize("option", ["TL-a", "TL-b", "TL-c"])
def test_a_transferred_member_starts_from_the_sources_lstm_with_a_new_input_layer(
    option: str, shared: Path
) -> None:
    input_layers = []
    for seed in range(3):
        model = run_member(option, seed=seed, stop_at=0).trained.model
        source, _ = load_weights(shared / "weights" / "donor" / f"member-{seed % 2}.safetensors")
        for name, parameter in model.named_parameters():
            if name.startswith("input."):
                assert parameter.shape != source[name].shape or name == "input.bias"
                assert not torch.equal(parameter, source[name])
            else:
                assert torch.equal(parameter, source[name]), name
        trained = {name for name, p in model.named_parameters() if p.requires_grad}
        assert trained == set(load_options()[option].trained)
        input_layers.append(model.input.weight.detach())
    for seed in range(3):
        assert not torch.equal(input_layers[seed], input_layers[seed - 1]), "one for all"


def test_start_and_teacher_go_to_the_members_that_need_them(shared: Path) -> None:
    ds = region_data(resolve(Cell("target", "1-year", "local")).region)
    local, moved, taught = (
        resolve(Cell("target", "1-year", option)).member(0, ds)
        for option in ("local", "TL-a", "process-rain")
    )
    parameters, _ = load_weights(shared / "weights" / "donor" / "member-0.safetensors")
    start = {name: value.numpy() for name, value in parameters.items()}
    with pytest.raises(ValueError, match="needs its source's parameters, no other does"):
        train_member(moved, ds)
    with pytest.raises(ValueError, match="needs its source's parameters, no other does"):
        train_member(local, ds, start)
    with pytest.raises(ValueError, match="needs its teacher, no other does"):
        train_member(taught, ds)
    with pytest.raises(ValueError, match="needs its teacher, no other does"):
        train_member(local, ds, teacher=flow_of(ds))


def test_another_hidden_size_than_the_sources_is_an_error(own: Path) -> None:
    recipe = own / "experiments" / "recipes" / "tiny.yaml"
    edit(recipe, transfer={"default": TINY | {"hidden": 16}})
    with pytest.raises(WeightsError, match="hidden size 8, the recipe asks for 16"):
        run_member("TL-a")


def test_the_papers_recipe_end_to_end(shared: Path) -> None:
    """log_sqrt, flow per precipitation, DropConnect, Adadelta, epochs; no warm-up."""
    run = run_member("TL-c", "classic")
    # B = 2 windows of 100 days on 2 basins x 365 days: ln 0.01 / ln (1 - 200/730) = 14.4.
    assert run.losses[-1][0] == 15
    ds = region_data(run.experiment.region)
    assert arrays_of_test(ds, run.trained.scaler, run.member).lead == 0
    assert np.isfinite(run.simulated).all()
    assert (run.simulated >= 0).all()


# Options are YAML


def test_redefining_an_option_takes_one_line_of_yaml(own: Path) -> None:
    options = own / "experiments" / "options.yaml"
    original = run_member("TL-b").simulated
    definition = yaml.safe_load(options.read_text(encoding="utf-8"))["TL-b"]
    edit(options, **{"TL-b": definition | {"trained": [*definition["trained"], "lstm.bias_ih"]}})
    run = run_member("TL-b")
    parameters = run.trained.model.named_parameters()
    assert {name for name, p in parameters if not p.requires_grad} == {"lstm.weight_ih"}
    assert not np.array_equal(run.simulated, original)


def test_a_new_option_is_an_entry_of_the_yaml(own: Path) -> None:
    output_only = {"title": "output", "trained": ["input.weight", "input.bias"]}
    edit(own / "experiments" / "options.yaml", **{"TL-d": output_only})
    assert [c.option for c in cells_of("target")][-1] == "TL-d"
    assert np.isfinite(run_member("TL-d").simulated).all()


def test_option_with_an_unknown_parameter_is_named(own: Path) -> None:
    wrong = {"title": "wrong", "trained": ["lstm.weight"]}
    edit(own / "experiments" / "options.yaml", **{"TL-a": wrong})
    with pytest.raises(ConfigError, match=r"options\.yaml: TL-a .*\n.* no parameter lstm\.weight;"):
        run_member("TL-a")


@pytest.mark.parametrize("name", ["local", "process-own"])
def test_an_option_may_not_take_the_name_of_another_kind_of_model(name: str, own: Path) -> None:
    option = {"title": "wrong", "trained": ["input.weight", "input.bias"]}
    edit(own / "experiments" / "options.yaml", **{name: option})
    with pytest.raises(ConfigError, match=f"option {name!r}: .* stand for"):
        run_member("TL-a")


# What training may see


@pytest.mark.parametrize("recipe", ["tiny", "classic"])
@pytest.mark.parametrize("option", ["local", "TL-b"])
def test_observed_flow_of_the_test_period_changes_nothing_but_the_score(
    option: str, recipe: str, own: Path
) -> None:
    before = run_member(option, recipe)
    spoil(own, "2001-01-01", "streamflow", 150.0)
    after = run_member(option, recipe)
    np.testing.assert_array_equal(before.simulated, after.simulated)
    assert before.losses == after.losses
    assert (after.observed == 150).all()


@pytest.mark.parametrize("option", ["local", "TL-b"])
def test_flow_of_test_days_before_the_training_does_not_spin_it_up(option: str, own: Path) -> None:
    """The days that bring the state up are test days here: their weather counts, not their flow."""
    edit(
        own / "experiments" / "regions" / "target.yaml",
        basins={"ids": ["0001", "0002"]},
        settings={
            "late": {"train": ["2000-11-01", "2001-06-30"], "test": ["2000-02-01", "2000-11-01"]}
        },
    )
    before = run_member(option, setting="late")
    assert before.member.training.warmup > 0
    spoil(own, "2000-01-01", "streamflow", 60.0, end="2000-11-01")
    after = run_member(option, setting="late")
    np.testing.assert_array_equal(before.simulated, after.simulated)
    assert before.losses == after.losses
    assert (after.observed == 60).all()
    spoil(own, "2000-10-25", "prcp", 77.0, end="2000-11-01")
    assert run_member(option, setting="late").losses != before.losses


@pytest.mark.parametrize("recipe", ["tiny", "classic"])
def test_forcing_of_the_test_period_does_not_reach_training(recipe: str, own: Path) -> None:
    before = run_member("TL-c", recipe)
    spoil(own, "2001-03-01", "prcp", 77.0)
    after = run_member("TL-c", recipe)
    assert before.losses == after.losses
    days = 59  # January and February 2001
    np.testing.assert_array_equal(before.simulated[:, :days], after.simulated[:, :days])
    assert not np.array_equal(before.simulated[:, days:], after.simulated[:, days:])


@pytest.mark.parametrize("recipe", ["tiny", "classic"])
def test_validation_uses_the_last_training_days_and_never_the_test(recipe: str, own: Path) -> None:
    before = run_member("TL-c", recipe, validation_days=60)
    truth = open_dataset("target", ["0001", "0002"])["streamflow"]
    # Training ends before 2000-12-31; its last 60 days are 2000-11-01..2000-12-30.
    wanted = truth.sel(time=slice("2000-11-01", "2000-12-30")).values
    np.testing.assert_array_equal(before.observed, wanted)
    assert before.simulated.shape == (2, 60)
    for column, value in (("streamflow", 150.0), ("prcp", 77.0), ("tmean", -3.0)):
        spoil(own, "2000-12-31", column, value)
    after = run_member("TL-c", recipe, validation_days=60)
    np.testing.assert_array_equal(before.simulated, after.simulated)
    np.testing.assert_array_equal(before.observed, after.observed)
    assert before.losses == after.losses


def test_held_out_days_are_not_trained_on(own: Path) -> None:
    before = run_member("TL-c", "classic", validation_days=60)
    spoil(own, "2000-11-01", "streamflow", 150.0, end="2000-12-31")
    after = run_member("TL-c", "classic", validation_days=60)
    np.testing.assert_array_equal(before.simulated, after.simulated)
    assert (after.observed == 150).all()


def test_validation_is_reported_in_the_log(shared: Path) -> None:
    """The last value, from the trained network and the data alone."""
    run = run_member("local", validation_days=60, stop_at=0)
    assert run.trained.log.validation == []
    ds = region_data(run.experiment.region)
    watched = Member(**{**run.member.__dict__, "validate_every": 4})
    trained = train_member(watched, ds)
    assert [update for update, _ in trained.log.validation] == [4, TINY["updates"]]
    flow = simulate_member(trained, ds, watched)
    error = np.nansum((flow - run.observed) ** 2, axis=1)
    mean = np.nanmean(run.observed, axis=1, keepdims=True)
    spread = np.nansum((run.observed - mean) ** 2, axis=1)
    expected = np.median(1 - error / spread)
    assert trained.log.validation[-1][1] == pytest.approx(expected, rel=1e-4)


# Periods


def test_a_period_of_its_own_for_a_basin(own: Path) -> None:
    setting = {
        "train": ["2000-01-01", "2000-12-31"],
        "test": ["2001-01-01", "2001-06-30"],
        "per_basin": {
            "0002": {
                "train": ["2000-06-01", "2001-01-01"],
                "test": ["2001-02-01", "2001-05-01"],
            }
        },
    }
    edit(own / "experiments" / "regions" / "target.yaml", settings={"mixed": setting})
    run = run_member("TL-a", setting="mixed")
    truth = open_dataset("target", ["0002"])["streamflow"]
    wanted = truth.sel(time=slice("2001-02-01", "2001-04-30")).values[0]
    np.testing.assert_array_equal(run.observed[1, :89], wanted)
    assert np.isnan(run.observed[1, 89:]).all()
    arrays = arrays_of_test(region_data(run.experiment.region), run.trained.scaler, run.member)
    assert arrays.starts[1] == pd.Timestamp("2001-02-01")


def test_periods_that_the_data_do_not_cover_are_named(own: Path) -> None:
    setting = {"train": ["2000-01-01", "2000-12-31"], "test": ["2001-01-01", "2009-01-01"]}
    edit(own / "experiments" / "regions" / "target.yaml", settings={"late": setting})
    with pytest.raises(DataError, match=r"basin 0001: period 2001-01-01\.\.2009-01-01 is not"):
        run_member("local", setting="late")


# Stopped and resumed


@pytest.mark.parametrize("option", ["local", "TL-b", "process-rain"])
def test_a_stopped_member_goes_on_to_the_same_bits(
    option: str, shared: Path, tmp_path: Path
) -> None:
    more: dict[str, Any] = {}
    if option == "process-rain":
        more["teacher"] = flow_of(open_dataset("target", ["0001", "0002"]))
    checkpoint = tmp_path / "run.checkpoint"
    for stop in (2, 3):
        run_member(option, checkpoint=checkpoint, stop_at=stop, **more)
        assert checkpoint_progress(checkpoint)[0] == stop
    resumed, whole = run_member(option, checkpoint=checkpoint, **more), run_member(option, **more)
    assert bits(resumed.trained.model) == bits(whole.trained.model)
    assert resumed.losses == whole.losses
    np.testing.assert_array_equal(resumed.simulated, whole.simulated)


# Learning a process model's flow first


def pupil(ds: xr.Dataset, **changes: Any) -> Member:
    days = (period("2000-01-01", "2001-06-01"),) * ds.sizes["basin"]
    return Member(
        inputs=Inputs(dynamic=DYNAMIC, static=STATIC),
        training=training(**changes),
        fit=days,
        test=(),
        seed=1,
        lessons=days,
    )


def test_the_teacher_is_learned_and_not_the_observations() -> None:
    ds = canonical()
    member = pupil(ds, updates=150, lr=0.02)
    config, periods = member.training, list(member.lessons)
    scaler, arrays = fitted(ds, config, periods)
    teacher = flow_of(ds)
    model = model_for(scaler, config)
    log = teach(model, ds, teacher, scaler, member)
    assert log.losses[-1][1] < 0.5 * log.losses[0][1]

    blind = model_for(scaler, config)
    teach(blind, ds.assign({STREAMFLOW: ds[STREAMFLOW] * np.nan}), teacher, scaler, member)
    assert bits(model) == bits(blind), "the observations were seen"

    scales = fitted(ds.assign({STREAMFLOW: teacher}), config, periods)[0].streamflow
    taught = scaler.model_copy(update={"streamflow": scales})
    simulated = simulate(model, arrays, taught)[:, 100:]
    wanted = teacher.values[:, 100 : simulated.shape[1] + 100]
    assert np.corrcoef(simulated.ravel(), wanted.ravel())[0, 1] > 0.8


def test_a_teacher_of_other_basins_or_years_is_refused() -> None:
    ds = canonical()
    member = pupil(ds)
    scaler, _ = fitted(ds, member.training, list(member.lessons))
    model, teacher = model_for(scaler, member.training), flow_of(ds)
    with pytest.raises(DataError, match="basins are not those"):
        teach(model, ds, teacher.isel(basin=[0, 1]), scaler, member)
    with pytest.raises(DataError, match="times are not those"):
        teach(model, ds, teacher.isel(time=slice(9)), scaler, member)
    teacher[1] = np.nan
    with pytest.raises(DataError, match="training years of 0002"):
        teach(model, ds, teacher, scaler, member)


def test_a_taught_member_differs_from_a_local_one_only_by_its_teacher(shared: Path) -> None:
    teacher = flow_of(open_dataset("target", ["0001", "0002"]))
    first, again = (run_member("process-rain", teacher=teacher) for _ in range(2))
    np.testing.assert_array_equal(first.simulated, again.simulated)
    other = run_member("process-rain", teacher=teacher.roll(time=100))
    assert not np.array_equal(first.simulated, other.simulated)
    local = run_member("local")
    assert not np.array_equal(first.simulated, local.simulated)
    assert first.trained.scaler == local.trained.scaler
    np.testing.assert_array_equal(first.observed, local.observed)
