"""Cells: names of experiments, and what they stand for."""

import dataclasses
from pathlib import Path

import pytest
import yaml

from hydrotl.config import Region
from hydrotl.data.regions import region_data
from hydrotl.experiments.cells import Cell, cells_of, resolve, teaching_periods
from hydrotl_core.errors import ConfigError
from tests.project import edit
from tests.synthetic import CLASSIC, TINY, period, write_yaml


def test_cells_of_a_region_are_all_its_settings_and_options(own: Path) -> None:
    cells = cells_of("target")
    assert [(c.setting, c.option) for c in cells] == [
        ("1-year", option) for option in ("local", "TL-a", "TL-b", "TL-c")
    ]
    days = {"train": ["2000-01-01", "2000-12-31"], "test": ["2001-01-01", "2001-06-30"]}
    edit(own / "experiments" / "regions" / "target.yaml", settings={"a": days, "b": days})
    cells = cells_of("target", options=["TL-a", "process-rain"], recipe="classic")
    assert [(c.setting, c.option, c.recipe) for c in cells] == [
        (setting, option, "classic")
        for setting in ("a", "b")
        for option in ("TL-a", "process-rain")
    ]
    assert cells_of("target", ["b"], ["local"]) == [Cell("target", "b", "local")]


def test_unknown_names_are_listed_with_those_there_are(shared: Path) -> None:
    with pytest.raises(ConfigError, match="no option 'TL-z'; there are local, TL-a, TL-b, TL-c"):
        cells_of("target", options=["TL-z"])
    with pytest.raises(ConfigError, match="no setting 'decade'; there are 1-year"):
        cells_of("target", ["decade"])
    with pytest.raises(ConfigError, match="'magic'"):
        cells_of("target", recipe="magic")
    with pytest.raises(ConfigError, match="'atlantis'"):
        cells_of("atlantis")


def test_a_region_whose_recipe_is_not_there_is_named(own: Path) -> None:
    path = own / "experiments" / "regions" / "target.yaml"
    edit(path, recipe="magic")
    with pytest.raises(
        ConfigError, match=r"^recipe of target\.yaml: no recipe 'magic' .*there are"
    ):
        cells_of("target")
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    del content["recipe"]
    write_yaml(path, content)
    with pytest.raises(ConfigError, match=r"recipe of target\.yaml, which names none: no recipe"):
        cells_of("target")


def test_a_cell_takes_recipe_and_source_of_its_region_unless_named(shared: Path) -> None:
    own, named = (
        resolve(Cell("target", "1-year", "TL-a", *names)) for names in ((), ("classic", "other"))
    )
    assert (own.recipe, own.source, named.recipe, named.source) == (
        *("tiny", "donor"),
        *("classic", "other"),
    )
    assert own.training.model_dump(exclude_defaults=True).items() <= TINY.items()
    assert named.training.model_dump(exclude_defaults=True) == CLASSIC
    assert own.option is not None
    assert own.option.trained[:2] == ["input.weight", "input.bias"]


def test_changes_replace_values_of_the_recipe(shared: Path) -> None:
    for recipe in ("tiny", "classic"):
        cell = Cell("target", "1-year", "local", recipe)
        quick = resolve(cell, updates=3).training
        assert (quick.updates, quick.epochs) == (3, None)
        longer = resolve(cell, changes=(("epochs", 2),)).training
        assert (longer.updates, longer.epochs) == (None, 2)
        varied = resolve(cell, changes=(("updates", 9), ("lr", 0.5))).training
        assert (varied.updates, varied.epochs, varied.lr) == (9, None, 0.5)
    with pytest.raises(ConfigError, match=r"recipe classic with .*lr"):
        resolve(cell, changes=(("lr", -1.0),))


def test_periods_of_a_member_are_those_of_its_setting(shared: Path) -> None:
    experiment = resolve(Cell("target", "1-year", "process-rain"))
    member = experiment.member(3, region_data(experiment.region))
    assert experiment.teacher == "rain"
    assert member.seed == 3
    assert member.fit == (period("2000-01-01", "2000-12-31"),) * 2
    assert member.test == (period("2001-01-01", "2001-06-30"),) * 2
    assert member.lessons == member.fit
    held = dataclasses.replace(experiment, validation_days=60)
    member = held.member(3, region_data(experiment.region))
    assert member.fit == member.lessons == (period("2000-01-01", "2000-11-01"),) * 2
    assert member.test == (period("2000-11-01", "2000-12-31"),) * 2
    local = resolve(Cell("target", "1-year", "local"))
    assert local.teacher is None
    assert local.member(0, region_data(local.region)).lessons == ()


def test_a_teacher_is_learned_over_the_longest_training_period() -> None:
    test = ["2005-01-01", "2006-01-01"]
    short = {"train": ["2000-01-01", "2001-01-01"], "test": test}
    own = {"0002": {"train": ["1999-01-01", "2000-01-01"], "test": test}}
    region = Region.model_validate(
        {
            "title": "two settings",
            "dataset": "target",
            "inputs": {"dynamic": ["prcp"]},
            "settings": {
                "1-year": short,
                "multi-year": {
                    "train": ["2000-01-01", "2004-01-01"],
                    "test": test,
                    "per_basin": own,
                },
            },
        }
    )
    assert teaching_periods(region, ["0001", "0002"]) == [
        period("2000-01-01", "2004-01-01"),
        period("2000-01-01", "2001-01-01"),
    ]


def test_cells_can_be_keys() -> None:
    cell = Cell("a", "b", "c")
    assert {cell: 1}[dataclasses.replace(cell)] == 1
