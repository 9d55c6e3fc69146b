"""The transfer experiment in a small project, from the files of a region to its scores."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import yaml

from hydrotl.config import Basins, load_options, load_recipe, load_region
from hydrotl.data.catalog import open_dataset
from hydrotl.data.regions import hold_out, region_data, select_basins
from hydrotl.experiments.cells import start_model
from hydrotl.experiments.experiment import (
    Cell,
    CellTask,
    MemberResult,
    cells_of,
    run_cells,
    train_member,
)
from hydrotl.experiments.source import SourceTask, train_source_member
from hydrotl_core.errors import ConfigError, WeightsError
from hydrotl_core.metrics import ensemble_nse
from hydrotl_core.weights import load_weights
from tests.synthetic import TINY, period, write_project, write_yaml

TEST = slice("2001-01-01", "2001-06-29")


def make_project(root: Path) -> Path:
    write_project(root)
    with pytest.MonkeyPatch.context() as patch:
        enter(patch, root)
        for member in range(2):
            train_source_member(
                SourceTask("donor", member, root / "weights" / "donor", root / "runs", quiet=True)
            )
    return root


def enter(patch: pytest.MonkeyPatch, root: Path) -> None:
    patch.setenv("HYDROTL_ROOT", str(root))
    patch.setenv("HYDROTL_DATA", str(root / "data"))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project that no test changes."""
    root = make_project(tmp_path_factory.mktemp("project"))
    with pytest.MonkeyPatch.context() as patch:
        enter(patch, root)
        yield root


@pytest.fixture
def own(tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it to change at will."""
    import shutil

    root = tmp_path / "project"
    shutil.copytree(shared, root)
    enter(monkeypatch, root)
    return root


def edit(path: Path, **values: Any) -> None:
    write_yaml(path, yaml.safe_load(path.read_text(encoding="utf-8")) | values)


def spoil(root: Path, start: str, column: str, value: float, end: str = "2100-01-01") -> None:
    """Overwrite a column of every target basin from ``start`` to before ``end``."""
    for path in (root / "data" / "target").glob("0*.csv"):
        table = pd.read_csv(path)
        table.loc[(table["date"] >= start) & (table["date"] < end), column] = value
        table.to_csv(path, index=False)


def member(option: str = "TL-b", recipe: str = "tiny", **kwargs: Any) -> MemberResult:
    return train_member(CellTask(Cell("target", "1-year", option, recipe), 0, **kwargs))


def test_local_and_every_option_end_to_end(shared: Path) -> None:
    cells = cells_of("target")
    assert [(c.setting, c.option) for c in cells] == [
        ("1-year", option) for option in ("local", "TL-a", "TL-b", "TL-c")
    ]
    results = run_cells(cells, members=2)
    observed = open_dataset("target", ["0001", "0002"])["streamflow"].sel(time=TEST).values
    flows = []
    for cell in cells:
        simulation = results[cell].simulation
        assert dict(simulation.sizes) == {"member": 2, "basin": 2, "day": 180}
        np.testing.assert_array_equal(simulation["observed"].values, observed)
        flows.append(simulation["simulated"].values)
        assert np.isfinite(flows[-1]).all()
        assert not np.array_equal(flows[-1][0], flows[-1][1]), "two members with one seed"
    for k in range(4):
        for other in range(k):
            assert not np.array_equal(flows[k], flows[other]), "two options are one"

    for k in range(2):
        alone = train_member(CellTask(cells[2], k)).simulated
        np.testing.assert_array_equal(flows[2][k], alone, f"member {k} is another one")

    record = results[cells[2]].record("cpu")
    assert (record["region"], record["option"], record["source"]) == ("target", "TL-b", "donor")
    assert results[cells[0]].record("cpu")["source"] is None
    assert record["scored_on"] == "test"
    assert record["deviations"] == ["all of it"]
    assert record["training"]["updates"] == TINY["updates"]
    assert record["periods"]["test"] == {"start": "2001-01-01", "end": "2001-06-30"}
    expected = ensemble_nse(results[cells[2]].simulation).values
    np.testing.assert_allclose(record["nse"], expected, atol=5e-5)
    mean = flows[2].astype(float).mean(axis=0)
    error = np.nansum((mean - observed) ** 2, axis=1)
    spread = np.nansum((observed - np.nanmean(observed, axis=1, keepdims=True)) ** 2, axis=1)
    np.testing.assert_allclose(record["nse"], 1 - error / spread, atol=1e-4)


def test_two_processes_give_the_bits_of_one(shared: Path) -> None:
    cells = cells_of("target", options=["local", "TL-b"])
    alone, together = (run_cells(cells, members=2, jobs=jobs) for jobs in (1, 2))
    for cell in cells:
        np.testing.assert_array_equal(
            alone[cell].simulation["simulated"].values,
            together[cell].simulation["simulated"].values,
        )
        assert alone[cell].data_hash == together[cell].data_hash


def test_the_papers_recipe_end_to_end(own: Path) -> None:
    """log_sqrt, flow per precipitation, DropConnect, Adadelta, epochs; no warm-up."""
    result = member("TL-c", "classic")
    # B = 2 windows of 100 days on 2 basins x 365 days: ln 0.01 / ln (1 - 200/730) = 14.4.
    assert result.log.losses[-1][0] == 15
    assert result.arrays.lead == 0
    assert np.isfinite(result.simulated).all()
    assert (result.simulated >= 0).all()


@pytest.mark.parametrize("option", ["TL-a", "TL-b", "TL-c"])
def test_a_cell_starts_from_the_sources_lstm_with_a_new_input_layer(
    option: str, shared: Path
) -> None:
    training = load_recipe("tiny").training(option, "1-year")
    input_layers = []
    for k in range(3):
        model, card = start_model(option, "donor", k, training, 2, 5)
        source, _ = load_weights(shared / "weights" / "donor" / f"member-{k % 2}.safetensors")
        for name, parameter in model.named_parameters():
            if name.startswith("input."):
                assert parameter.shape != source[name].shape or name == "input.bias"
                assert not torch.equal(parameter, source[name])
            else:
                assert torch.equal(parameter, source[name]), name
        assert card is not None
        trained = {name for name, p in model.named_parameters() if p.requires_grad}
        assert trained == set(load_options()[option].trained)
        input_layers.append(model.input.weight.detach())
    for k in range(3):
        assert not torch.equal(input_layers[k], input_layers[k - 1]), "one input layer for all"


def test_a_local_model_knows_nothing_of_the_source(own: Path) -> None:
    before = member("local").simulated
    for path in (own / "weights" / "donor").iterdir():
        path.unlink()
    np.testing.assert_array_equal(member("local").simulated, before)
    with pytest.raises(WeightsError, match=r"no member-\*\.safetensors in .*donor"):
        member("TL-a")


def test_another_hidden_size_than_the_sources_is_an_error(own: Path) -> None:
    recipe = own / "experiments" / "recipes" / "tiny.yaml"
    edit(recipe, transfer={"default": TINY | {"hidden": 16}})
    with pytest.raises(WeightsError, match="hidden size 8, the recipe asks for 16"):
        member("TL-a")


def test_redefining_an_option_takes_one_line_of_yaml(own: Path) -> None:
    options = own / "experiments" / "options.yaml"
    original = member("TL-b").simulated
    definition = yaml.safe_load(options.read_text(encoding="utf-8"))["TL-b"]
    edit(options, **{"TL-b": definition | {"trained": [*definition["trained"], "lstm.bias_ih"]}})
    training = load_recipe("tiny").training("TL-b", "1-year")
    model, _ = start_model("TL-b", "donor", 0, training, 2, 5)
    frozen = {name for name, p in model.named_parameters() if not p.requires_grad}
    assert frozen == {"lstm.weight_ih"}
    assert not np.array_equal(member("TL-b").simulated, original)


def test_a_new_option_is_an_entry_of_the_yaml(own: Path) -> None:
    output_only = {"title": "output", "trained": ["input.weight", "input.bias"]}
    edit(own / "experiments" / "options.yaml", **{"TL-d": output_only})
    assert [c.option for c in cells_of("target")][-1] == "TL-d"
    assert np.isfinite(member("TL-d").simulated).all()


def test_option_with_an_unknown_parameter_is_named(own: Path) -> None:
    wrong = {"title": "wrong", "trained": ["lstm.weight"]}
    edit(own / "experiments" / "options.yaml", **{"TL-a": wrong})
    with pytest.raises(WeightsError, match=r"'wrong' trains lstm\.weight"):
        member("TL-a")


@pytest.mark.parametrize("recipe", ["tiny", "classic"])
@pytest.mark.parametrize("option", ["local", "TL-b"])
def test_observed_flow_of_the_test_period_changes_nothing_but_the_score(
    option: str, recipe: str, own: Path
) -> None:
    before = member(option, recipe)
    spoil(own, "2001-01-01", "streamflow", 500.0)
    after = member(option, recipe)
    np.testing.assert_array_equal(before.simulated, after.simulated)
    assert before.log.losses == after.log.losses
    assert (after.observed == 500).all()


@pytest.mark.parametrize("recipe", ["tiny", "classic"])
def test_forcing_of_the_test_period_does_not_reach_training(recipe: str, own: Path) -> None:
    before = member("TL-c", recipe)
    spoil(own, "2001-03-01", "prcp", 77.0)
    after = member("TL-c", recipe)
    assert before.log.losses == after.log.losses
    days = 59  # January and February 2001
    np.testing.assert_array_equal(before.simulated[:, :days], after.simulated[:, :days])
    assert not np.array_equal(before.simulated[:, days:], after.simulated[:, days:])


@pytest.mark.parametrize("recipe", ["tiny", "classic"])
def test_validation_uses_the_last_training_days_and_never_the_test(recipe: str, own: Path) -> None:
    before = member("TL-c", recipe, validation_days=60)
    truth = open_dataset("target", ["0001", "0002"])["streamflow"]
    # Training ends before 2000-12-31; its last 60 days are 2000-11-01..2000-12-30.
    wanted = truth.sel(time=slice("2000-11-01", "2000-12-30")).values
    np.testing.assert_array_equal(before.observed, wanted)
    assert before.simulated.shape == (2, 60)
    for column, value in (("streamflow", 500.0), ("prcp", 77.0), ("tmean", -3.0)):
        spoil(own, "2000-12-31", column, value)
    after = member("TL-c", recipe, validation_days=60)
    np.testing.assert_array_equal(before.simulated, after.simulated)
    np.testing.assert_array_equal(before.observed, after.observed)
    assert before.log.losses == after.log.losses


def test_held_out_days_are_not_trained_on(own: Path) -> None:
    before = member("TL-c", "classic", validation_days=60)
    spoil(own, "2000-11-01", "streamflow", 500.0, end="2000-12-31")
    after = member("TL-c", "classic", validation_days=60)
    np.testing.assert_array_equal(before.simulated, after.simulated)
    assert (after.observed == 500).all()


def test_hold_out_by_hand() -> None:
    periods = [period("2000-01-01", "2001-01-01"), period("2003-01-01", "2003-03-02")]
    first, last = hold_out(periods, 30)
    assert [str(p.end) for p in first] == ["2000-12-02", "2003-01-31"]
    assert [(str(p.start), p.days) for p in last] == [("2000-12-02", 30), ("2003-01-31", 30)]
    with pytest.raises(ConfigError, match="validation of 60 days leaves no training day"):
        hold_out(periods, 60)


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
    result = train_member(CellTask(Cell("target", "mixed", "TL-a"), 0))
    truth = open_dataset("target", ["0002"])["streamflow"]
    wanted = truth.sel(time=slice("2001-02-01", "2001-04-30")).values[0]
    np.testing.assert_array_equal(result.observed[1, :89], wanted)
    assert np.isnan(result.observed[1, 89:]).all()
    assert result.arrays.starts[1] == pd.Timestamp("2001-02-01")


def test_updates_replace_those_of_the_recipe(shared: Path) -> None:
    for recipe in ("tiny", "classic"):
        result = member("local", recipe, updates=3)
        assert result.log.losses[-1][0] == 3
        assert (result.training.updates, result.training.epochs) == (3, None)


def chosen(**choice: Any) -> list[str]:
    ds = select_basins(open_dataset("target"), Basins.model_validate(choice), "target")
    return [str(b) for b in ds["basin"].values]


def test_choosing_basins(shared: Path) -> None:
    assert chosen() == ["0001", "0002", "0003"]
    # Basin 0003 lacks 100 of the screen's 366 days of flow, more than its 20 %.
    assert chosen(screen="observed") == ["0001", "0002"]
    assert chosen(ids=["0003", "0001"]) == ["0001", "0003"]
    assert chosen(exclude=["0002"]) == ["0001", "0003"]
    assert chosen(ids=["0001", "0002"], exclude=["0001"]) == ["0002"]
    slope = open_dataset("target")["slope"].values  # stands in for the latitude
    middle = float(np.sort(slope)[1])
    expected = [f"000{k + 1}" for k in range(3) if slope[k] >= middle]
    assert chosen(latitude=[middle, 1e9]) == expected


def test_impossible_choices_of_basins_are_named(shared: Path) -> None:
    with pytest.raises(ConfigError, match="basins 0009, 7 are not in data set target"):
        chosen(ids=["0001", "0009"], exclude=["7"])
    with pytest.raises(ConfigError, match="no screen 'strict'; it has observed"):
        chosen(screen="strict")
    with pytest.raises(ConfigError, match="names no attribute for the longitude"):
        chosen(longitude=[0, 1])
    with pytest.raises(ConfigError, match="leaves none of data set target"):
        chosen(latitude=[-5, -4])


def test_a_screen_counts_days_outside_the_record_as_missing(own: Path) -> None:
    manifest = own / "data_manifest.yaml"
    content = yaml.safe_load(manifest.read_text(encoding="utf-8"))
    content["datasets"]["target"]["screens"]["observed"]["end"] = "2003-01-01"
    write_yaml(manifest, content)
    with pytest.raises(ConfigError, match="leaves none"):
        chosen(screen="observed")


def test_a_region_may_name_periods_that_the_data_do_not_cover(own: Path) -> None:
    setting = {"train": ["2000-01-01", "2000-12-31"], "test": ["2001-01-01", "2009-01-01"]}
    edit(own / "experiments" / "regions" / "target.yaml", settings={"late": setting})
    with pytest.raises(ValueError, match=r"basin 0001: period 2001-01-01\.\.2009-01-01 is not"):
        train_member(CellTask(Cell("target", "late", "local"), 0))


def test_cells_can_be_keys_and_travel_between_processes() -> None:
    cell = Cell("a", "b", "c")
    assert {cell: 1}[dataclasses.replace(cell)] == 1


def test_shipped_region_is_left_as_it_was(shared: Path) -> None:
    assert load_region("target").recipe == "tiny"


def test_a_period_of_its_own_for_no_basin(own: Path) -> None:
    period = {"train": ["2000-01-01", "2000-12-31"], "test": ["2001-01-01", "2001-06-30"]}
    setting = {**period, "per_basin": {"002": period}}
    edit(own / "experiments" / "regions" / "target.yaml", settings={"mixed": setting})
    with pytest.raises(ConfigError, match="per_basin names 002, not in data set target"):
        train_member(CellTask(Cell("target", "mixed", "local"), 0))


def test_attributes_computed_from_flow_need_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_project(tmp_path)
    enter(monkeypatch, tmp_path)
    manifest = yaml.safe_load((tmp_path / "data_manifest.yaml").read_text(encoding="utf-8"))
    manifest["datasets"]["target"]["attributes"]["uses_flow"] = ["slope"]
    write_yaml(tmp_path / "data_manifest.yaml", manifest)
    region = load_region("target")
    assert "slope" in region.inputs.static
    with pytest.raises(ConfigError, match="slope were computed from observed flow"):
        region_data(region)
    assert "slope" in region_data(region.model_copy(update={"flow_attributes": True}))
