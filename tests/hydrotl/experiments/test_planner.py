"""Planning: the tasks and keys of a cell's members, and what is read for them."""

import warnings
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from hydrotl.config import Region
from hydrotl.experiments.cells import Cell, resolve
from hydrotl.experiments.planner import Planner, Teacher, no_teachers
from hydrotl.experiments.provenance import code_version, today
from hydrotl.experiments.records import cell_record
from hydrotl.experiments.run import run_tasks
from hydrotl.experiments.store import read_product, stored
from hydrotl.experiments.sweep import run_cells
from hydrotl_core.errors import ConfigError, DataError, WeightsError
from hydrotl_core.weights import load_weights, save_weights
from tests.project import flow_of, run_member, spoil
from tests.synthetic import TINY, write_yaml


def cell(option: str = "local", recipe: str | None = None) -> Cell:
    return Cell("target", "1-year", option, recipe)


class Rain:
    """A source of teachers that counts the process models it ran."""

    def __init__(self, planner_data: xr.Dataset | None = None, factor: float = 2.0) -> None:
        self.data, self.factor, self.runs = planner_data, factor, 0

    def __call__(self, region: Region, name: str) -> Teacher:
        def flow() -> xr.DataArray:
            from hydrotl.data.regions import region_data

            self.runs += 1
            return flow_of(region_data(region), self.factor)

        return Teacher({"model": name, "factor": self.factor}, flow)


def test_a_task_of_each_member_names_what_it_needs(shared: Path) -> None:
    planner = Planner()
    work = planner.work(resolve(cell("TL-a")), 3)
    assert [task.title for task in work.tasks] == [f"target TL-a {k}" for k in range(3)]
    assert [task.product for task in work.tasks] == [stored(key) for key in work.keys]
    assert len(set(work.keys)) == 3
    assert work.path == shared / "results" / "target" / "tiny" / "1-year_TL-a.json"
    for task in work.tasks:
        assert task.updates == TINY["updates"]
        assert task.checkpoint == task.product.with_suffix(".checkpoint")
    weights = shared / "weights" / "donor"
    starts = [task.data["start"] for task in work.tasks]
    assert starts == [str(weights / f"member-{k}.safetensors") for k in (0, 1, 0)], "not in turn"
    (local,) = planner.work(resolve(cell()), 1).tasks
    assert dict(local.data) == {"data": "target"}


def test_updates_of_a_recipe_in_epochs_are_counted(shared: Path) -> None:
    """Two basins of 365 days, batches of 2 windows of 100: ln 0.01 / ln (1 - 200/730) = 14.4."""
    (task,) = Planner().work(resolve(cell("local", "classic")), 1).tasks
    assert task.updates == 15


def test_a_region_and_a_source_are_read_once(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planner = Planner()
    planner.work(resolve(cell("TL-a")), 2)

    def refuse(*_: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr("hydrotl.experiments.planner.region_data", refuse)
    monkeypatch.setattr("hydrotl.experiments.planner.load_start", refuse)
    planner.work(resolve(cell("TL-b")), 2)


def test_a_local_cell_knows_nothing_of_the_source(own: Path) -> None:
    before = Planner().work(resolve(cell()), 1).keys
    for path in (own / "weights" / "donor").iterdir():
        path.unlink()
    assert Planner().work(resolve(cell()), 1).keys == before
    with pytest.raises(WeightsError, match=r"no member-\*\.safetensors in .*donor"):
        Planner().work(resolve(cell("TL-a")), 1)


def test_a_task_computes_what_the_member_does_and_says_how(fresh: Path) -> None:
    planner = Planner()
    tasks = [planner.work(resolve(cell(option)), 1).tasks[0] for option in ("local", "TL-c")]
    assert list(run_tasks(tasks, planner.shared)) == tasks
    for task, option in zip(tasks, ("local", "TL-c"), strict=True):
        product = read_product(task.product)
        np.testing.assert_array_equal(product.arrays["simulated"], run_member(option).simulated)
        assert product.about["code"] == code_version()
        assert product.about["date"] == today()
        assert product.about["arithmetic"] == "float32"
        assert product.about["seconds"] > 0
        assert not task.checkpoint.exists()


def test_a_process_model_runs_once_and_only_for_members_that_learn_from_it(fresh: Path) -> None:
    rain = Rain()
    planner = Planner(teachers=rain)
    local, taught = (planner.work(resolve(cell(o)), 2) for o in ("local", "process-rain"))
    assert taught.tasks[0].updates == 2 * local.tasks[0].updates
    planner.prepare(local.tasks)
    assert rain.runs == 0
    planner.prepare(taught.tasks)
    assert rain.runs == 1
    assert len(list(run_tasks(taught.tasks, planner.shared))) == 2
    teacher = planner.shared[taught.tasks[0].data["teacher"]]
    for seed, task in enumerate(taught.tasks):
        expected = run_member("process-rain", seed=seed, teacher=teacher).simulated
        np.testing.assert_array_equal(read_product(task.product).arrays["simulated"], expected)


def test_without_process_models_a_taught_cell_is_refused(shared: Path) -> None:
    with pytest.raises(ConfigError, match="Synthetic target: no process model 'rain'"):
        Planner(teachers=no_teachers).work(resolve(cell("process-rain")), 1)


def test_keys_follow_what_decides_the_numbers(own: Path) -> None:
    def key(cell_: Cell, planner: Planner | None = None, **more: Any) -> str:
        planner = planner or Planner(teachers=Rain())
        return planner.work(resolve(cell_, **more), 2).keys[0]

    base = key(cell("TL-a"))
    assert key(cell("TL-a", "tiny")) == base, "the same recipe by its name"
    assert key(Cell("target", "1-year", "TL-a", None, "donor")) == base, "the same source"
    others = [
        Planner().work(resolve(cell("TL-a")), 2).keys[1],
        key(cell("TL-a"), validation_days=60),
        key(cell("TL-a"), changes=(("lr", 0.5),)),
        key(cell("TL-a", "classic")),
        key(cell("TL-b")),
        key(cell("local")),
        key(cell("process-gr4j")),
        key(cell("process-swat")),
        key(cell("process-swat"), Planner(teachers=Rain(factor=3.0))),
        key(cell("TL-a"), Planner("cuda")),
    ]
    path = own / "weights" / "donor" / "member-0.safetensors"
    parameters, card = load_weights(path)
    save_weights(path, {name: 1.01 * value for name, value in parameters.items()}, card)
    others.append(key(cell("TL-a")))
    spoil(own, "2000-05-01", "prcp", 3.0, end="2000-05-02")
    others.append(key(cell("TL-a")))
    assert len({base, *others}) == len(others) + 1


def test_missing_weather_is_an_error_before_anything_trains(own: Path) -> None:
    spoil(own, "2001-02-01", "prcp", float("nan"), end="2001-03-20")
    with pytest.raises(
        DataError, match=r"target, 1-year: 'prcp' is missing on 47 of \d+ test days"
    ):
        Planner().work(resolve(cell("TL-a")), 1)


def test_another_hidden_size_than_the_sources_is_an_error_before_anything_trains(
    own: Path,
) -> None:
    planner = Planner()
    cell = resolve(Cell("target", "1-year", "TL-a"), changes=(("hidden", 64),))
    with pytest.raises(WeightsError, match=r"the recipe asks for 64: give the recipe's `transfer`"):
        planner.work(cell, 1)


def test_a_window_of_more_than_twice_the_training_is_said_of_the_model_that_has_it(
    own: Path,
) -> None:
    (local,) = Planner().work(resolve(cell()), 1).tasks
    assert isinstance(local.compute, partial)
    days = local.compute.keywords["member"].fit[0].days
    long = {"default": {**TINY, "window": 2 * days + 1, "warmup": 0}}
    recipe = {"title": "long", "source": TINY, "local": {"default": TINY}, "transfer": long}
    write_yaml(own / "experiments" / "recipes" / "long.yaml", recipe)
    planner = Planner()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        planner.work(resolve(cell(recipe="long")), 1)
        assert not any("window" in str(one.message) for one in said)
        planner.work(resolve(cell("TL-a", "long")), 1)
        planner.work(resolve(cell("TL-b", "long")), 1)
    told = [str(one.message) for one in said if "window" in str(one.message)]
    assert told == [
        f"target, 1-year: a window of {2 * days + 1} days is cut to the {days} days of training: "
        "take a shorter `window` in the recipe"
    ]


def test_filled_weather_is_in_the_record(own: Path) -> None:
    spoil(own, "2001-02-01", "prcp", float("nan"), end="2001-02-04")
    with pytest.warns(UserWarning, match="'prcp' is missing on 3 test days of basin 0001"):
        (done,) = run_cells([resolve(cell())], 1).values()
    record = cell_record(done, resolve(cell()), "cpu")
    assert record["filled"] == {"prcp": {"0001": 3, "0002": 3}}
