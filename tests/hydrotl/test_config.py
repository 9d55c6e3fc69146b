"""Experiments as data: what is shipped fits together, what is wrong is named."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from hydrotl.config import (
    Basins,
    Recipe,
    Region,
    Setting,
    Source,
    Sweep,
    SweepEntry,
    load_options,
    load_recipe,
    load_region,
    load_source,
    load_sweep,
    validated,
)
from hydrotl.data.derive import COMPUTED, MEASURED
from hydrotl.data.manifest import load_manifest
from hydrotl.experiments.cells import cells_of
from hydrotl.yamlfile import dump_yaml, load_yaml
from hydrotl_core.errors import ConfigError
from hydrotl_core.model import StreamflowLSTM
from hydrotl_core.recipe import Inputs, Option, Period, Training
from tests.synthetic import ROOT

EXPERIMENTS = ROOT / "experiments"


def names(folder: str) -> list[str]:
    found = sorted(path.stem for path in (EXPERIMENTS / folder).glob("*.yaml"))
    assert found, f"no {folder}"
    return found


@pytest.fixture(autouse=True)
def _shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYDROTL_ROOT", str(ROOT))


def check_inputs(model: Region | Source) -> None:
    dataset = load_manifest()[model.dataset]
    unknown = set(model.inputs.dynamic) - {*dataset.forcings, *COMPUTED, *MEASURED}
    assert not unknown, f"{model.title}: {model.dataset} has no {unknown}"
    assert "streamflow" not in model.inputs.dynamic
    for listed in (model.inputs.dynamic, model.inputs.static):
        assert len(listed) == len(set(listed)), f"{model.title}: an input twice"
    leaking = set(model.inputs.static) & set(dataset.attributes.uses_flow)
    if getattr(model, "flow_attributes", False):
        assert model.inputs.static == dataset.attributes.table_s1, "only to repeat the paper"
    else:
        assert not leaking, f"{model.title}: attributes computed from observed flow {leaking}"


@pytest.mark.parametrize("name", names("recipes"))
def test_shipped_recipe(name: str) -> None:
    recipe = load_recipe(name)
    assert {"default"} <= set(recipe.local) | set(recipe.transfer)


@pytest.mark.parametrize("name", names("sources"))
def test_shipped_source(name: str) -> None:
    source = load_source(name)
    check_inputs(source)
    load_recipe(source.recipe)
    if source.test is not None:
        assert source.train.end <= source.test.start or source.test.end <= source.train.start


@pytest.mark.parametrize("name", names("regions"))
def test_shipped_region(name: str) -> None:
    region = load_region(name)
    check_inputs(region)
    dataset = load_manifest()[region.dataset]
    source, recipe = load_source(region.source), load_recipe(region.recipe)
    if region.basins.screen is not None:
        assert region.basins.screen in dataset.screens
    settings = region.settings or dataset.protocol
    assert settings
    for setting in settings:
        for option in ("local", *load_options()):
            training = recipe.training(option, setting)
            if option != "local":
                hidden = load_recipe(source.recipe).source_training(source.subset).hidden
                assert training.hidden == hidden, f"{option}: the source has {hidden}"


@pytest.mark.parametrize(
    ("folder", "load"),
    [("regions", load_region), ("sources", load_source), ("recipes", load_recipe)],
)
def test_no_two_have_the_same_name(folder: str, load: Any) -> None:
    shown = [load(name).name for name in names(folder)]
    assert len(set(shown)) == len(shown)


@pytest.mark.parametrize("name", names("regions"))
def test_a_variant_differs_from_its_region_in_one_thing(name: str) -> None:
    region = load_region(name)
    if region.variant_of is None:
        return
    base = load_region(region.variant_of)
    assert base.variant is None
    told = {"title", "label", "variant", "variant_of", "deviations"}
    changed = {key for key in Region.model_fields if getattr(region, key) != getattr(base, key)}
    expected = {"no attributes": "inputs", "the paper's recipe": "recipe", "fewer basins": "basins"}
    assert changed - told == {expected[str(region.variant)]}
    if region.variant == "no attributes":
        assert region.inputs.dynamic == base.inputs.dynamic
        assert region.inputs.static == []


def test_shipped_sweeps_name_what_there_is() -> None:
    for name in names("sweeps"):
        for entry in load_sweep(name).entries:
            for region in entry.regions:
                load_region(region)
            for source in entry.sources + entry.train_sources:
                load_source(source)


def test_shipped_weights_are_those_of_the_sweep() -> None:
    wanted = {n: e.members for e in load_sweep("weights").entries for n in e.train_sources}
    shipped = {f.name: len(list(f.glob("member-*"))) for f in (ROOT / "weights").iterdir()}
    assert set(wanted) == set(shipped)
    assert all(1 <= shipped[name] <= wanted[name] for name in wanted)


def test_shipped_options_name_parameters_of_the_model() -> None:
    own = {name for name, _ in StreamflowLSTM(2, 1, 4).named_parameters()}
    for name, option in load_options().items():
        assert set(option.trained) <= own, name
        assert {"input.weight", "input.bias"} <= set(option.trained), "the input layer is new"


def test_training_defaults_are_the_papers() -> None:
    paper = Training(epochs=300)
    assert (paper.hidden, paper.batch, paper.window, paper.warmup) == (256, 100, 365, 0)
    assert (paper.optimizer, paper.lr, paper.schedule) == ("adadelta", 1.0, "constant")
    assert (paper.dropconnect, paper.output_dropout, paper.forget_bias) == (0.5, 0.0, 0.0)
    assert (paper.loss, paper.transform, paper.per_precipitation) == ("rmse", "log_sqrt", True)
    assert (paper.weight_decay, paper.clip) == (0.0, None)


GOOD: dict[type[BaseModel], dict[str, Any]] = {
    Training: {"updates": 10},
    Source: {
        "title": "s",
        "dataset": "d",
        "inputs": {"dynamic": ["prcp"]},
        "train": ["2000-01-01", "2001-01-01"],
        "test": ["2001-01-01", "2002-01-01"],
    },
    Region: {"title": "r", "dataset": "d", "inputs": {"dynamic": ["prcp"]}},
    Setting: {"train": ["2000-01-01", "2001-01-01"], "test": ["2001-01-01", "2002-01-01"]},
    SweepEntry: {"regions": ["r"]},
    Sweep: {"title": "s", "entries": [{"regions": ["r"]}, {"train_sources": ["a", "b"]}]},
    Option: {"title": "o", "trained": ["input.weight", "input.bias"]},
    Recipe: {
        "title": "r",
        "source": {"updates": 1},
        "local": {"default": {"updates": 1}},
        "transfer": {"default": {"updates": 1}},
    },
}


@pytest.mark.parametrize("model", GOOD, ids=lambda model: model.__name__)
def test_the_bases_of_the_cases_below_are_valid(model: type[BaseModel]) -> None:
    validated(model, GOOD[model], "good.yaml")


@pytest.mark.parametrize(
    ("model", "change", "words"),
    [
        (Training, {"updates": None}, "either updates or epochs"),
        (Training, {"epochs": 3}, "either updates or epochs"),
        (Training, {"updates": 0}, "updates: .*greater than 0"),
        (Training, {"hiden": 8}, "hiden: Extra inputs"),
        (Training, {"dropconnect": 1.0}, "dropconnect: .*less than 1"),
        (Training, {"output_dropout": -0.1}, "output_dropout: .*greater than or equal to 0"),
        (Training, {"window": 1}, "window: .*greater than 1"),
        (Training, {"window": 50, "warmup": 50}, r"warmup \(50\) must be shorter than window"),
        (Training, {"loss": "nse", "transform": "log_sqrt"}, "loss nse .* needs plain z-scores"),
        (Training, {"optimizer": "sgd"}, "optimizer: .*adadelta"),
        (Training, {"loss": "mae"}, "loss: .*rmse"),
        (Training, {"transform": "log"}, "transform: .*log_sqrt"),
        (Training, {"lr": 0}, "lr: .*greater than 0"),
        (Training, {"clip": 0}, "clip: .*greater than 0"),
        (Source, {"train": ["2000-01-01"]}, "train: .*first day, day after the last"),
        (Source, {"train": ["2001-01-01", "2001-01-01"]}, "train: .*not before its end"),
        (Source, {"train": ["2001-02-30", "2002-01-01"]}, r"train\.start: "),
        (Source, {"test": ["2000-12-31", "2002-01-01"]}, "overlap"),
        (Source, {"test": ["1999-01-01", "2000-01-02"]}, "overlap"),
        (Source, {"inputs": {"dynamic": []}}, r"inputs\.dynamic: .*at least 1"),
        (Source, {"inputs": {"static": ["a"]}}, r"inputs\.dynamic: Field required"),
        (Source, {"members": 0}, "members: .*greater than 0"),
        (Source, {"members": True}, "members: .*true is no number"),
        (Source, {"subset": True}, "subset: .*true is no number"),
        (Training, {"lr": True}, "lr: .*true is no number"),
        (Source, {"subset": 0}, "subset: .*greater than 0"),
        (Region, {"dataset": None}, "dataset: .*string"),
        (Region, {"basins": {"id": ["1"]}}, r"basins\.id: Extra inputs"),
        (Region, {"basins": {"latitude": [40, 140]}}, r"basins: .*\[south, north\].* -90 and 90"),
        (Region, {"basins": {"latitude": [48, 40]}}, r"basins: .*latitude \[48\.0, 40\.0\] must"),
        (Region, {"basins": {"longitude": [170, 361]}}, r"basins: .*\[west, east\].* -180 and 360"),
        (Region, {"basins": {"ids": [1]}}, r"basins\.ids\.0: .*string"),
        (Region, {"settings": {"x": {"train": ["2000-01-01", "2001-01-01"]}}}, r"x\.test: Field"),
        (Setting, {"test": ["2000-06-01", "2002-01-01"]}, "training .* and test .* overlap: move"),
        (
            Setting,
            {"per_basin": {"b": {**GOOD[Setting], "train": ["2001-06-01", "2003-01-01"]}}},
            r"per_basin\.b: .*overlap",
        ),
        (
            Setting,
            {"per_basin": {"b": {**GOOD[Setting], "per_basin": {"c": GOOD[Setting]}}}},
            "per_basin inside per_basin: list each",
        ),
        (
            Region,
            {"settings": {"1-year": GOOD[Setting], "1-YEAR": GOOD[Setting]}},
            "settings: .*'1-year' and '1-YEAR' differ in capitals only.*rename one",
        ),
        (Region, {"settings": {"1\u200byear": GOOD[Setting]}}, "has the character"),
        (Region, {"basins": {"latitude": [True, 40]}}, r"basins\.latitude: .*true is no number"),
        (Option, {"trained": []}, "input layer is new"),
        (Recipe, {"local": {"default": {"updates": -1}}}, r"local\.default\.updates: "),
        (Recipe, {"transfer": None}, "transfer: .*dict"),
        (Recipe, {"title": ""}, "title: .*at least 1"),
        (Recipe, {"title": " "}, "title: .*should match pattern"),
        (Recipe, {"label": "x" * 41}, "label: .*at most 40"),
        (Recipe, {"source_by_basins": {10: {"batch": 0}}}, r"source_by_basins\.10\.batch: "),
        (Recipe, {"source_by_basins": {10: 5}}, r"source_by_basins\.10: .*dict"),
        (Recipe, {"source_by_basins": {0: {}}}, r"source_by_basins\.0.*greater than 0"),
        (Region, {"variant": "no attributes"}, "variant and variant_of belong together"),
        (Region, {"variant": "wetter", "variant_of": "r"}, "variant: .*fewer basins"),
        (SweepEntry, {"regions": []}, "either regions or train_sources"),
        (SweepEntry, {"train_sources": ["a"]}, "either regions or train_sources"),
        (
            SweepEntry,
            {"regions": [], "train_sources": ["a"], "options": ["local"]},
            "train_sources takes no options",
        ),
        (Sweep, {"entries": [{"train_sources": ["a", "runs/a.yaml"]}]}, "a trained twice"),
    ],
)
def test_each_mistake_names_file_key_and_reason(
    model: type[BaseModel], change: dict[str, Any], words: str
) -> None:
    with pytest.raises(
        ConfigError, match=rf"(?s)bad\.yaml is not a valid {model.__name__}.*{words}"
    ):
        validated(model, GOOD[model] | change, "bad.yaml")


def test_all_mistakes_of_a_file_are_listed_at_once() -> None:
    with pytest.raises(ConfigError) as error:
        validated(Training, {"updates": 1, "hidden": -1, "batch": 0, "extra": 1}, "bad.yaml")
    assert all(f"  {key}: " in str(error.value) for key in ("hidden", "batch", "extra"))


@pytest.mark.parametrize("content", ["", "- a\n- b\n", "just text\n", "3\n"])
def test_a_file_that_is_no_mapping(content: str, tmp_path: Path) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"odd\.yaml"):
        load_region(path)
    with pytest.raises(ConfigError, match=r"odd\.yaml"):
        load_options(path)


def test_a_key_written_twice_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "twice.yaml"
    path.write_text("title: a\ndataset: b\ntitle: c\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"(?s)twice\.yaml.*title.*twice.*line 3"):
        load_region(path)


def test_yaml_cannot_run_code(tmp_path: Path) -> None:
    path, mark = tmp_path / "evil.yaml", tmp_path / "mark"
    path.write_text(f"title: !!python/object/apply:pathlib.Path.touch ['{mark}']\n", "utf-8")
    with pytest.raises(ConfigError, match=r"evil\.yaml"):
        load_region(path)
    assert not mark.exists()


@pytest.mark.parametrize("load", [load_recipe, load_source, load_region])
def test_an_unknown_name_lists_the_known_ones(load: Any) -> None:
    kind = load.__name__.removeprefix("load_")
    with pytest.raises(ConfigError, match=rf"no {kind} 'atlantis'.*there are") as error:
        load("atlantis")
    assert all(name in str(error.value) for name in names(f"{kind}s"))


def test_a_path_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml does not exist"):
        load_region(tmp_path / "none.yaml")


def write(path: Path, content: Any) -> Path:
    path.write_text(dump_yaml(content), encoding="utf-8")
    return path


def test_what_is_written_reads_the_same(tmp_path: Path) -> None:
    content = {"b": [1.5, "01", "Río"], "a": {"day": dt.date(2001, 2, 3), "none": None}}
    path = write(tmp_path / "some.yaml", content)
    assert load_yaml(path) == content
    assert list(load_yaml(path)) == ["b", "a"]


def test_extends_merges_mappings_and_replaces_the_rest(tmp_path: Path) -> None:
    base = {
        **GOOD[Region],
        "label": "base",
        "inputs": {"dynamic": ["prcp"], "static": ["area", "slope"]},
        "basins": {"screen": "paper", "exclude": ["1"]},
        "deviations": ["a"],
    }
    write(tmp_path / "base.yaml", base)
    change = {
        "extends": "base",
        "title": "mine",
        "inputs": {"static": ["area"]},
        "basins": {"screen": None, "ids": ["2"]},
        "deviations": ["b"],
    }
    region = load_region(write(tmp_path / "mine.yaml", change))
    assert (region.name, region.dataset, region.deviations) == ("mine", "d", ["b"])
    assert region.inputs.model_dump(exclude_defaults=True) == {
        "dynamic": ["prcp"],
        "static": ["area"],
    }
    assert (region.basins.screen, region.basins.ids, region.basins.exclude) == (None, ["2"], ["1"])
    write(tmp_path / "third.yaml", {"extends": "mine", "inputs": {"dynamic": ["tmax"]}})
    third = load_region(tmp_path / "third.yaml")
    assert third.inputs.model_dump(exclude_defaults=True) == {
        "dynamic": ["tmax"],
        "static": ["area"],
    }


def test_extends_in_a_circle_or_to_nowhere(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", {"extends": "b"})
    write(tmp_path / "b.yaml", {"extends": "a"})
    with pytest.raises(ConfigError, match="extends itself"):
        load_region(tmp_path / "a.yaml")
    with pytest.raises(ConfigError, match=r"none\.yaml, which .*c\.yaml extends, does"):
        load_region(write(tmp_path / "c.yaml", {"extends": "none"}))


def test_training_of_an_option_and_setting() -> None:
    recipe = validated(
        Recipe,
        {
            "title": "r",
            "source": {"updates": 1},
            "local": {"1-year": {"updates": 2}, "default": {"updates": 3}},
            "transfer": {"1-year": {"updates": 4}},
        },
        "r.yaml",
    )
    assert recipe.training("local", "1-year").updates == 2
    assert recipe.training("local", "5-year").updates == 3
    assert recipe.training("TL-b", "1-year").updates == 4
    with pytest.raises(
        ConfigError, match="no training of TL-b models for setting '5-year', and no default"
    ):
        recipe.training("TL-b", "5-year")


def test_a_subset_is_trained_by_its_row_of_the_table() -> None:
    rows = {10: {"batch": 5}, 50: {"updates": None, "epochs": 3}}
    content = GOOD[Recipe] | {"source": {"updates": 9, "hidden": 8}, "source_by_basins": rows}
    recipe = validated(Recipe, content, "r.yaml")
    assert recipe.source_training(10) == Training(updates=9, hidden=8, batch=5)
    assert recipe.source_training(50) == Training(epochs=3, hidden=8)
    assert recipe.source_training(60) == recipe.source_training(None) == recipe.source


def test_periods_per_basin() -> None:
    own = {"train": ["2010-01-01", "2011-01-01"], "test": ["2011-01-01", "2011-06-01"]}
    setting = validated(Setting, GOOD[Setting] | {"per_basin": {"b": own}}, "s.yaml")
    train, test = setting.periods("train", ["a", "b"]), setting.periods("test", ["a", "b"])
    assert [p.start.year for p in train] == [2000, 2010]
    assert [p.days for p in train] == [366, 365]
    assert [p.days for p in test] == [365, 151]


def test_cells_are_settings_times_options() -> None:
    region = names("regions")[0]
    cells = cells_of(region)
    options = ["local", *load_options()]
    settings = {cell.setting for cell in cells}
    assert len(cells) == len(settings) * len(options)
    assert [cell.option for cell in cells][: len(options)] == options
    with pytest.raises(ConfigError, match="no setting 'decade'; there are"):
        cells_of(region, settings=["decade"])
    with pytest.raises(ConfigError, match="no option 'TL-z'; there are local, TL-a, TL-b, TL-c"):
        cells_of(region, options=["local", "TL-z"])


# Table S2 of Ma et al. (2021): batch, hidden size, epochs.
@pytest.mark.parametrize(
    ("recipe", "model", "batch", "hidden", "epochs"),
    [
        ("paper", None, 100, 256, 300),
        ("paper", 10, 5, 256, 240),
        ("paper", 50, 10, 256, 240),
        ("paper", 100, 20, 256, 240),
        ("paper", 300, 60, 256, 300),
        ("paper", 500, 100, 256, 240),
        ("paper", "local", 2, 64, 210),
        ("paper-cl", "local", 16, 64, 150),
        ("paper-gb", "local", 128, 256, 200),
        ("paper", "TL-b", 2, 256, 240),
        ("paper-cl", "TL-a", 16, 256, 250),
        ("paper-gb", "TL-c", 128, 256, 280),
    ],
)
def test_the_papers_recipe_is_its_table_s2(
    recipe: str, model: str | int | None, batch: int, hidden: int, epochs: int
) -> None:
    loaded = load_recipe(recipe)
    if isinstance(model, str):
        training = loaded.training(model, "1-year")
    else:
        training = loaded.source_training(model)
    assert (training.batch, training.hidden, training.epochs) == (batch, hidden, epochs)
    assert (training.window, training.dropconnect, training.output_dropout) == (365, 0.5, 0)
    assert (training.optimizer, training.lr, training.loss) == ("adadelta", 1.0, "rmse")
    assert (training.transform, training.warmup, training.precision) == ("log_sqrt", 0, "float32")
    assert training.per_precipitation
    assert training.schedule == "constant"


@pytest.mark.parametrize(
    ("model", "value", "said"),
    [
        (Period, [0, 86400], "0 is not a day in the form YYYY-MM-DD"),
        (Period, ["946684800", "2001-01-01"], "'946684800' is not a day"),
        (Period, ["0202-01-01", "2002-01-01"], "not in the years 1700 to 2200"),
        (Inputs, {"dynamic": ["prcp", "prcp"]}, "prcp listed twice"),
        (Inputs, {"dynamic": ["prcp"], "static": ["prcp"]}, "prcp listed twice"),
        (Basins, {"ids": ["a", "b", "a"]}, "a listed twice"),
        (Training, {"updates": 3, "lr": float("inf")}, "finite number"),
        (Training, {"updates": 10**30}, "less than or equal"),
        (Training, {"updates": 3, "hidden": 10**9}, "less than or equal"),
    ],
)
def test_days_names_and_numbers_that_cannot_be_meant_are_refused(
    model: type[BaseModel], value: object, said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        model.model_validate(value)
