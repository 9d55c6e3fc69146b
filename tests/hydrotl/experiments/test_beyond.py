"""The study on a small project: records, resuming, the choice and what may not decide it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml

from hydrotl.config import Basins, load_recipe, load_region, load_source, validated
from hydrotl.data.climate import with_climate
from hydrotl.data.manifest import Attributes, load_manifest
from hydrotl.data.regions import region_basins
from hydrotl.experiments import beyond, draws, summary
from hydrotl.experiments.auto import Mix, Rule, products_of
from hydrotl.experiments.automatic import bands_of, run_auto, series_of, write_series
from hydrotl.experiments.blocks import hidden, joined
from hydrotl.experiments.cells import Cell, resolve
from hydrotl.experiments.check import check_source, scenarios
from hydrotl.experiments.covered import home_of
from hydrotl.experiments.intervals import interval
from hydrotl.experiments.member import Member, arrays_of_test, simulate_member, train_member
from hydrotl.experiments.records import read_record, write_record
from hydrotl.experiments.run import run_tasks
from hydrotl.experiments.source import shared_data, source_data, source_folder, source_tasks
from hydrotl.experiments.study import Study, load_study, training_for
from hydrotl.experiments.sweep import run_cells
from hydrotl.experiments.target import Network, Target, Way, flow_of
from hydrotl.experiments.ungauged import measure_ungauged, once
from hydrotl.experiments.work import Work, record_of
from hydrotl.process_based.way import find_benchmark
from hydrotl_core.arrays import build_arrays, observed_flow
from hydrotl_core.errors import ConfigError, DataError, DoubtfulData
from hydrotl_core.recipe import Inputs, Period, Training
from hydrotl_core.simulation import simulate
from hydrotl_core.weights import load_model
from tests.entry_point import call
from tests.synthetic import TINY, period, write_yaml

pytestmark = pytest.mark.slow

INPUTS = {
    "dynamic": ["prcp", "tmean", "day_length", "pet_oudin"],
    "static": ["clim_prcp", "clim_aridity", "land_area"],
    "optional": {"climate": ["clim_prcp", "clim_aridity"], "land": ["land_area"]},
}
STUDY = {
    "title": "Small",
    "draws": {
        "dataset": "target",
        "basins": {},
        "seed": 1,
        "pool": 3,
        "least_flow": 0.5,
        "sizes": {1: 2, 2: 1},
        "years": [1],
        "until": "2001-01-01",
        "test": ["2001-01-01", "2001-07-01"],
    },
    "regions": ["target"],
    "source": "plain",
    "recipe": "small",
    "inputs": {"dynamic": ["prcp", "tmean", "pet_oudin"], "static": ["clim_aridity"]},
    "ways": {"local": 2, "TL-c": 1, "zero": 2, "readout": 2, "warm-c": 2},
    "ablations": {
        "warm-a": {"option": "warm-a"},
        "anchored": {"option": "warm-c", "anchor": 0.1},
        "no climate": {"option": "warm-c", "without": "climate"},
        "plain": {"option": "local", "inputs": {"dynamic": ["prcp"]}},
    },
    "ablation_draws": 1,
    "folds": 2,
}


def no_benchmark(roles: Attributes) -> Way | None:
    return None


@pytest.fixture(scope="module")
def study(project: Path) -> str:
    groups = {"1": TINY, "2": {**TINY, "batch": 3}}
    recipe: dict[str, Any] = {"title": "small", "source": {**TINY, "drop": 0.5}, "local": groups}
    warm = {**TINY, "lr": 0.001}
    recipe |= {"transfer": groups, "warm": {"default": warm, "1": warm}}
    experiments = project / "experiments"
    write_yaml(experiments / "recipes" / "small.yaml", recipe)
    source: dict[str, Any] = {
        "title": "Plain",
        "dataset": "donor",
        "inputs": INPUTS,
        "recipe": "small",
    }
    source |= {"train": ["2000-01-01", "2001-01-01"], "members": 2}
    write_yaml(experiments / "sources" / "plain.yaml", source)
    check = {"extends": "plain", "title": "Check", "test": ["2001-01-01", "2001-09-01"]}
    write_yaml(experiments / "sources" / "plain-check.yaml", check)
    write_yaml(experiments / "small.yaml", STUDY)
    list(run_tasks(source_tasks("plain"), shared_data(["plain"])))
    return "small"


def planned(name: str) -> list[Work]:
    return beyond.plan(load_study(name), name, no_benchmark)


@pytest.fixture(scope="module")
def records(study: str) -> dict[str, dict]:
    paths = list(beyond.run_study(planned(study)))
    return {path.stem: read_record(path) for path in paths}


def test_targets_are_draws_and_settings_of_regions(records: dict[str, dict], study: str) -> None:
    counted = {name: len(record["basins"]) for name, record in records.items()}
    assert counted == {"1-0-1y": 1, "2-0-1y": 2, "1-1-1y": 1, "target-1-year": 2}
    assert records["2-0-1y"]["fit"] == [["2000-01-01", "2001-01-01"]] * 2
    assert all(item.finished for item in planned(study))


def test_nothing_is_computed_twice(study: str, records: dict[str, dict]) -> None:
    assert list(beyond.run_study(planned(study))) == []


def test_test_products_are_those_of_members_trained_by_hand(
    study: str, records: dict[str, dict]
) -> None:
    work = next(item for item in planned(study) if item.target.name == "2-0-1y")
    target, flows = work.target, []
    for way in work.ways:
        assert isinstance(way, Network)
        members = []
        for seed in range(way.members):
            member = way.member(target, seed)
            start = None if way.option is None else way.start(seed).parameters
            trained = train_member(member, target.ds, start)
            members.append(simulate_member(trained, target.ds, member))
        flows.append(np.mean(members, axis=0))
    expected = products_of(flows, observed_flow(target.ds, target.test))
    kept = summary.full_products(records["2-0-1y"]["test_products"])
    assert kept == pytest.approx(expected, rel=1e-4, abs=2e-5)


def test_a_network_for_each_river_is_that_of_the_river_alone(study: str) -> None:
    ways = {"ways": {"readout": 1}, "regions": [], "gr4j": "compared", "ablation_draws": 1}
    alone = {"alone": {"option": "local", "each": True, "members": 2}}
    small = validated(Study, {**STUDY, **ways, "ablations": alone}, "small")
    work = beyond.plan(small, "small", find_benchmark)
    assert [way.name for way in work[0].ways] == ["readout", "alone", "gr4j"]
    assert work[0].candidates == 1
    both = next(item for item in work if item.target.name == "2-0-1y")
    assert [len(member) for member in both.tests[1]] == [2, 2]
    shared = both.ways[1].shared(both.target)
    tasks = both.tests[1][1]
    for _ in run_tasks(tasks, shared):
        pass
    flows = flow_of(tasks)
    training = load_recipe("small").local["1"]
    inputs = Inputs(dynamic=["prcp", "tmean", "pet_oudin"], static=["clim_aridity"])
    for row, basin in enumerate(both.target.basins):
        ds, days = both.target.ds.sel(basin=[basin]), (both.target.fit[row],)
        member = Member(inputs, training, days, (both.target.test[row],), seed=1)
        expected = simulate_member(train_member(member, ds), ds, member)
        np.testing.assert_array_equal(flows[row], expected[0])


def test_held_out_days_are_predicted_by_a_model_that_did_not_see_them(
    study: str, records: dict[str, dict]
) -> None:
    work = next(item for item in planned(study) if item.target.name == "1-0-1y")
    target, way = work.target, work.ways[4]
    assert way.name == "warm-c"
    assert isinstance(way, Network)
    parts = []
    for fold in range(2):
        member = way.member(target, 0, (fold, 2, 61))
        seen = hidden(target.ds, target.fit, (fold, 2, 61))
        trained = train_member(member, seen, way.start(0).parameters)
        parts.append(simulate_member(trained, seen, member))
    observed = observed_flow(target.ds, target.fit)
    expected = products_of([joined(parts, target.fit, 61)], observed)[:, 0, 0]
    kept = summary.full_products(records["1-0-1y"]["held_out_products"])[:, 4, 4]
    assert kept == pytest.approx(expected, rel=1e-4, abs=2e-5)


def with_other_test_flow(work: Work) -> Work:
    """The same target, with other streamflow in the test period."""
    target, ds = work.target, work.target.ds.copy(deep=True)
    ds["streamflow"][:, ds.indexes["time"] >= "2001-01-01"] *= -3.0
    other = Target("other", ds, target.fit, target.test)
    return Work(other, work.ways, work.candidates, work.folds, work.block_days, work.path)


def test_nothing_of_the_test_years_decides(study: str) -> None:
    work = planned(study)[1]
    found, changed = (run_auto(one, Rule()) for one in (work, with_other_test_flow(work)))
    assert changed.choice == found.choice
    assert (changed.flow == found.flow).all()


def test_the_choice_of_a_record_is_that_of_auto(study: str, records: dict[str, dict]) -> None:
    work = planned(study)[1]
    table = summary.target_scores(records[work.target.name], Rule())
    found = run_auto(work, Rule())
    assert table.attrs["pointed_to"] == found.choice.mix.title
    observed = observed_flow(work.target.ds, work.target.test)
    nse = 1 - products_of([found.flow], observed)[:, 0, 0]
    assert table["auto"].to_numpy() == pytest.approx(np.maximum(nse, -1), abs=1e-3)
    assert (table["oracle"].mean() >= table[["local", "TL-c", "warm-c"]].mean()).all()


def by_hand(work: Work, name: str) -> dict[str, np.ndarray]:
    """Held-out and test flow of a single way, with what was observed."""
    number = [way.name for way in work.ways].index(name)
    folds = [np.mean([flow_of(tasks) for tasks in m], axis=0) for m in work.held_out[number]]
    target = work.target
    return {
        "held_out": joined(folds, target.fit, work.block_days),
        "seen": observed_flow(target.ds, target.fit),
        "predicted": np.mean([flow_of(tasks) for tasks in work.tests[number]], axis=0),
        "observed": observed_flow(target.ds, target.test),
    }


def test_a_record_says_how_its_interval_holds(study: str, records: dict[str, dict]) -> None:
    for work in planned(study):
        part = records[work.target.name]["intervals"]
        if "+" in part["of"]:
            continue
        flows = by_hand(work, part["of"])
        lower, upper = interval(flows["held_out"], flows["seen"], flows["predicted"])
        for basin, known in enumerate(np.isfinite(flows["observed"])):
            observed = flows["observed"][basin, known]
            inside = (lower[basin, known] <= observed) & (observed <= upper[basin, known])
            assert part["coverage"][basin] == pytest.approx(inside.mean(), abs=1e-4)
            width = (upper - lower)[basin, known].mean() / observed.mean()
            assert part["width"][basin] == pytest.approx(width, rel=1e-3)
        return
    pytest.fail("every target has a mean of two: none to do by hand")


def test_a_record_without_an_interval_gets_it_from_the_store(
    study: str, records: dict[str, dict], project: Path
) -> None:
    """No task runs again, though the store has lost all that is not of what is chosen."""
    work = next(item for item in planned(study) if item.target.name == "1-1-1y")
    whole = records["1-1-1y"]
    write_record(work.path, {k: v for k, v in whole.items() if k != "intervals"})
    assert not work.finished
    needed = {task.product for task in work.lacking}
    lost = [task.product for task in work.tasks if task.product not in needed]
    kept = {path: path.read_bytes() for path in lost}
    written = {path: path.stat().st_mtime_ns for path in needed}
    for path in lost:
        path.unlink()
    try:
        assert list(beyond.run_study([work])) == [work.path]
        assert not any(path.exists() for path in lost)
    finally:
        for path, content in kept.items():
            path.write_bytes(content)
    assert {path: path.stat().st_mtime_ns for path in needed} == written
    assert read_record(work.path) == whole
    assert work.finished


def test_another_rule_needs_another_interval_and_nothing_else(
    study: str, records: dict[str, dict]
) -> None:
    work = next(item for item in planned(study) if item.target.name == "1-1-1y")
    other = "zero" if records["1-1-1y"]["intervals"]["of"] != "zero" else "readout"
    ruled = replace(work, rule=Rule(default={other: 1.0}, margin=100.0))
    assert ruled.key == work.key
    assert not ruled.finished
    record = record_of(ruled)
    assert record["intervals"]["of"] == other
    same = {k: v for k, v in record.items() if k != "intervals"}
    assert same == {k: v for k, v in records["1-1-1y"].items() if k != "intervals"}


def test_errors_of_ungauged_basins_are_those_of_zero(
    study: str, records: dict[str, dict], project: Path
) -> None:
    work = planned(study)
    path = measure_ungauged(study, load_study(study), work)
    assert path is not None
    found = json.loads(path.read_text())
    chosen = once(work, load_study(study))
    names = sorted(
        (home_of(w.target.name, load_study(study)), w.target.basins[k])
        for w, numbers in chosen
        for k in numbers
    )
    assert len(names) == len(set(names)) == found["basins"] == found["rows"]
    every = {(home_of(w.target.name, load_study(study)), b) for w in work for b in w.target.basins}
    assert set(names) == every
    written = path.stat().st_mtime_ns
    assert measure_ungauged(study, load_study(study), work) == path
    assert path.stat().st_mtime_ns == written


def test_series_of_auto_have_a_band(study: str, records: dict[str, dict], project: Path) -> None:
    work = next(item for item in planned(study) if item.target.name == "target-1-year")
    found = run_auto(work, Rule())
    assert found.bands is not None
    lower, upper = found.bands.around(found.flow)
    table = series_of(work.target, found)
    days = work.target.test[1].days
    last = table[table["basin"] == work.target.basins[1]]
    assert len(last) == days
    assert str(last["date"].iloc[0].date()) == str(work.target.test[1].start)
    assert last["lower"].to_numpy() == pytest.approx(lower[1, :days])
    assert last["upper"].to_numpy() == pytest.approx(upper[1, :days])
    again = pd.read_csv(write_series(project / "series.csv", table), dtype={"basin": str})
    assert again["simulated"].to_numpy() == pytest.approx(table["simulated"], abs=1e-4)
    few = series_of(work.target, replace(found, bands=None))
    assert list(few) == ["basin", "date", "simulated", "observed"]


def test_a_target_with_few_observed_days_has_no_band(study: str, records: dict[str, dict]) -> None:
    work = next(item for item in planned(study) if item.target.name == "1-1-1y")
    ds = work.target.ds.copy(deep=True)
    ds["streamflow"][:, ds.indexes["time"] >= "2000-01-20"] = np.nan
    short = replace(work, target=Target("1-1-1y", ds, work.target.fit, work.target.test))
    mix = Mix((("zero", 1.0),))
    short.held_out[:] = work.held_out
    assert bands_of(work, mix) is not None
    assert bands_of(short, mix) is None


def test_gr4j_is_a_candidate_where_it_is_installed(study: str) -> None:
    pytest.importorskip("grsuite")
    work = beyond.plan(load_study(study), study, find_benchmark)[0]
    assert [way.name for way in work.ways[: work.candidates]][-1] == "gr4j"
    tasks = work.tests[work.candidates - 1][0]
    assert len(tasks) == 1
    assert tasks[0].product != work.held_out[-1][0][0][0].product


def test_commands(study: str, records: dict[str, dict], capsys: pytest.CaptureFixture[str]) -> None:
    assert call("beyond", study, "--status") == 0
    assert "0 of 4 targets finished" in capsys.readouterr().out
    assert call("auto", "target", "--study", study, "--jobs", "1") == 0
    out = capsys.readouterr().out
    assert "target-1-year: " in out
    assert "Test years: mean NSE" in out
    assert "Band: 90% of days are to lie in it" in out


def test_training_by_number_of_basins() -> None:
    one, many = (Training(updates=n) for n in (1, 2))
    groups = {"default": one, "1": one, "20": many}
    assert [training_for(groups, n) for n in (1, 19, 20, 500)] == [one, one, many, many]
    with pytest.raises(ConfigError, match="no training for 3 basins"):
        training_for({"default": one, "5": many}, 3)


def test_a_study_may_not_train_on_its_test_days_nor_name_two_regions_alike(study: str) -> None:
    content = load_study(study).model_dump(mode="json")
    content["draws"]["until"] = content["draws"]["test"]["end"]
    with pytest.raises(ConfigError, match="overlap"):
        validated(Study, content, "a study")
    content = load_study(study).model_dump(mode="json")
    content["regions"] = ["target", "/elsewhere/target.yaml"]
    with pytest.raises(ConfigError, match="two regions called target"):
        validated(Study, content, "a study")


@pytest.mark.parametrize(
    ("draws", "ways", "said"),
    [
        ({"until": "2000-02-29"}, {}, "no day 1 years before 2000-02-29: change `until`"),
        ({"years": [5000]}, {}, "no day 5000 years before"),
        ({"seed": -3}, {}, r"draws\.seed: Input should be greater than or equal to 0"),
        ({"years": [True]}, {}, r"draws\.years: .*true is no number"),
        ({"sizes": {1: -1}}, {}, r"draws\.sizes\.1: Input should be greater than 0"),
        ({}, {"local": True}, r"ways: .*true is no number"),
        ({}, {"local": 0}, r"ways\.local: Input should be greater than 0"),
        ({}, {"local": -1}, "ways.local: Input should be greater than 0"),
    ],
)
def test_a_study_of_days_or_members_that_are_none_is_refused(
    draws: dict[str, Any], ways: dict[str, int], said: str, study: str
) -> None:
    content = load_study(study).model_dump(mode="json")
    content["draws"] |= {"years": [1]} | draws
    content["ways"] |= ways
    with pytest.raises(ConfigError, match=said):
        validated(Study, content, "a study")


def test_a_study_with_streamflow_as_an_input_is_refused(study: str) -> None:
    content = load_study(study).model_dump(mode="json")
    content["inputs"]["dynamic"] += ["streamflow"]
    with pytest.raises(ConfigError, match="streamflow is what is to be predicted, and no input"):
        validated(Study, content, "a study")


def test_a_study_of_basins_that_its_source_has_seen_is_refused(project: Path, study: str) -> None:
    content = yaml.safe_load((project / "experiments" / "regions" / "target.yaml").read_text())
    home = {**content, "dataset": "donor", "basins": {"ids": ["0003"]}}
    write_yaml(project / "experiments" / "regions" / "home.yaml", home)
    declared = load_study(study)
    target, roles = next(iter(draws.region_targets("home")))
    starts, path = beyond.study_starts(declared), project / "none.json"
    with pytest.raises(ConfigError, match="was itself trained on 0003"):
        beyond.target_work(target, roles, declared, starts, lambda _: None, path)
    work = beyond.target_work(
        target, roles, declared, starts, lambda _: None, path, seen_allowed=True
    )
    assert "was itself trained on 0003" in " ".join(work.cautions)


def test_pool_leaves_out_basins_without_flow(project: Path, study: str) -> None:
    changes = {"least_flow": 0.9, "pool": 9, "sizes": {1: 2}}
    declared = load_study(study).draws.model_copy(update=changes)
    with pytest.warns(DoubtfulData, match="the pool has 2 basins, not 9"):
        targets = [target for target, _ in draws.drawn_targets(declared, [1])]
    assert {basin for target in targets for basin in target.basins} == {"0001", "0002"}


def test_draws_of_a_size_share_no_basin_while_the_pool_lasts() -> None:
    pool = [f"{k:02d}" for k in range(12)]
    drawn = [draws.draw_basins(pool, 7, 5, k) for k in range(3)]
    assert all(len(set(one)) == 5 and one == sorted(one) for one in drawn)
    assert set(drawn[0]).isdisjoint(drawn[1])
    assert len(set(drawn[2]) - set(drawn[0]) - set(drawn[1])) == 2
    assert drawn[0] != draws.draw_basins(pool, 8, 5, 0)
    with pytest.raises(ConfigError, match="draw of 13 basins cannot be made from a pool of 12"):
        draws.draw_basins(pool, 7, 13, 0)


def summary_record(name: str, test: list[list[float]], held: list[list[float]]) -> dict:
    """A record of two ways, local and gr4j, whose errors are independent."""

    def upper(values: list[list[float]]) -> list[list[float]]:
        return [[a, 0.0, b] for a, b in values]

    return {
        "target": name,
        "basins": [str(k) for k in range(len(test))],
        "fit": [["2000-01-01", "2001-01-01"]] * len(test),
        "test": [["2001-01-01", "2002-01-01"]] * len(test),
        "ways": ["local", "gr4j"],
        "candidates": ["local", "gr4j"],
        "test_products": upper(test),
        "held_out_products": upper(held),
    }


def test_summary_by_hand() -> None:
    """1 - NSE of a mean with shares a and b is a^2 of one's plus b^2 of the other's."""
    records = [
        summary_record("1-0-1y", [[0.4, 0.4]], [[0.3, 0.3]]),
        summary_record("2-0-1y", [[0.9, 0.1], [0.5, 0.1]], [[0.1, 5.0], [0.1, 5.0]]),
    ]
    found = summary.summary(records, Rule())
    # First: the even mean, 1 - 0.2; second: local alone, as the held-out days say.
    assert found["gain_over_local"]["mean"] == pytest.approx((0.2 + 0.0) / 2)
    assert found["gain_over_gr4j"]["mean"] == pytest.approx((0.2 + (0.3 - 0.9)) / 2)
    # The best of the second in hindsight: 0.3 local + 0.7 gr4j or gr4j alone.
    mixed = 1 - (0.09 * np.array([0.9, 0.5]) + 0.49 * 0.1)
    best = max(0.9, mixed.mean())
    assert found["regret"]["mean"] == pytest.approx((best - 0.3) / 2, abs=1e-4)
    assert found["share_lost_to_local"] == 0
    # Of the second: 1 - 0.25 * (0.9 + 0.1) and 1 - 0.25 * (0.5 + 0.1), of 0.1 and 0.5.
    gain_of_mean = (0.2 + (0.65 + 0.35) / 2) / 2
    assert found["untransferred_over_local"]["mean"] == pytest.approx(gain_of_mean)
    assert found["gain_over_untransferred"]["mean"] == pytest.approx((0.0 - 0.5) / 2)
    region = {**records[1], "target": "wales-1-year"}
    (row,) = summary.summary([records[0], region], Rule())["by_region"]
    assert (row["target"], row["basins"], row["years"]) == ("wales-1-year", 2, 1)
    assert row["scores"]["local"] == pytest.approx(0.3)
    assert found["by_region"] == []
    assert found["settings"] == 2
    assert found["chosen"] == {"0.5 local + 0.5 gr4j": 1, "local": 1}


def test_other_local_networks_are_compared_in_the_targets_of_both_studies() -> None:
    ours = [
        summary_record("1-0-1y", [[0.4, 0.4]], [[0.3, 0.3]]),  # auto: the even mean, 1 - 0.2
        summary_record("2-0-1y", [[0.9, 0.1], [0.5, 0.1]], [[0.1, 5.0], [0.1, 5.0]]),  # auto: local
    ]
    other = summary_record("2-0-1y", [[0.0, 0.2], [0.0, 0.3]], [[0.3, 0.3]])
    other |= {"ways": ["readout", "alone", "gr4j"], "candidates": ["readout"]}
    # Products of the errors of readout, alone and GR4J, independent of each other.
    other["test_products"] = [[0.0, 0.0, 0.0, a, 0.0, 0.1] for a in (0.2, 0.3)]
    other["held_out_products"] = [[0.3], [0.3]]
    elsewhere = {**other, "target": "2-9-1y"}
    found = summary.against(ours, Rule(), [other, elsewhere])
    assert (found["settings"], list(found["ways"])) == (1, ["alone"])
    assert found["ways"]["alone"]["over_local"]["mean"] == pytest.approx(
        (0.8 + 0.7 - 0.1 - 0.5) / 2
    )
    assert found["ways"]["alone"]["gain"]["mean"] == pytest.approx((0.1 + 0.5 - 0.8 - 0.7) / 2)
    # The mean with GR4J leaves a quarter of each error: (0.2 + 0.1) / 4 and (0.3 + 0.1) / 4.
    of_mean = found["ways"]["alone"]["gain_over_mean"]["mean"]
    assert of_mean == pytest.approx((0.1 + 0.5 - 0.925 - 0.9) / 2)
    assert found["by_size"][0]["scores"]["alone"]["mean"] == pytest.approx((0.8 + 0.7) / 2)
    alone = summary.summary([other], Rule())
    assert (alone["gain_over_local"], alone["share_lost_to_local"]) == (None, None)
    with pytest.raises(ConfigError, match=r"2-0-1y of two studies differs in basins"):
        summary.against(ours, Rule(), [{**other, "basins": ["0", "9"]}])
    assert summary.against(ours, Rule(), [])["settings"] == 0


def test_interval_holds_the_mean_and_shrinks_with_more_targets() -> None:
    rng = np.random.default_rng(0)
    widths = []
    for count in (10, 160):
        values = {str(k): [pd.Series(rng.normal(0.1, 0.2, 3))] for k in range(count)}
        found = summary.interval_of(values)
        assert found["low"] < found["mean"] < found["high"]
        widths.append(found["high"] - found["low"])
    assert widths[1] < 0.5 * widths[0]


def test_targets_of_the_same_basins_count_as_one_draw() -> None:
    """The interval of three copies of each target is that of the targets themselves."""
    rng = np.random.default_rng(0)
    once = {str(k): [pd.Series([rng.normal()])] for k in range(12)}
    thrice = {name: values * 3 for name, values in once.items()}
    assert summary.interval_of(thrice) == summary.interval_of(once)
    apart = {f"{name}-{k}": values for name, values in once.items() for k in range(3)}
    wide, narrow = summary.interval_of(once), summary.interval_of(apart)
    assert narrow["high"] - narrow["low"] < 0.8 * (wide["high"] - wide["low"])


def test_a_study_without_gr4j_has_no_gain_over_it() -> None:
    record = summary_record("1-0-1y", [[0.4, 0.4]], [[0.3, 0.3]])
    record |= {"ways": ["local", "zero"], "candidates": ["local", "zero"]}
    assert summary.summary([record], Rule())["gain_over_gr4j"] is None


@pytest.mark.parametrize("family", ["climate", "land"])
def test_a_hidden_family_is_flagged(study: str, family: str) -> None:
    work = planned(study)[1]
    way = next(way for way in work.ways if way.name == "zero")
    assert isinstance(way, Network)
    flags = []
    for without in (None, family):
        member = replace(way, without=without).member(work.target, 0)
        scaler = way.start(0).scaler
        arrays = arrays_of_test(work.target.ds, scaler, member)
        absent = arrays.static[:, -len(scaler.flagged) :].astype(bool)
        flags.append(
            {name for name, lost in zip(scaler.flagged, absent.T, strict=True) if lost.all()}
        )
    assert flags == [set(), set(scaler.optional[family])]


def test_studies_apart_share_no_basin(project: Path, study: str) -> None:
    content = yaml.safe_load((project / "experiments" / "small.yaml").read_text())
    content["draws"] |= {"pool": 1, "sizes": {1: 1}}
    write_yaml(project / "experiments" / "first.yaml", content)
    content["draws"] |= {"pool": 3, "apart_from": "first"}
    write_yaml(project / "experiments" / "second.yaml", content)
    ds = region_basins(load_region("target").model_copy(update={"basins": Basins()}))
    first, second = (draws.basin_pool(ds, load_study(n).draws) for n in ("first", "second"))
    assert (len(first), len(second)) == (1, 2)
    assert set(first).isdisjoint(second)


def test_a_fold_that_holds_all_flow_is_named(study: str) -> None:
    work = planned(study)[0]
    days = work.target.ds.indexes["time"]
    ds = work.target.ds.copy(deep=True)
    ds["streamflow"][:, (days < "2000-07-10") | (days > "2000-08-15")] = np.nan
    bare = Target("bare", ds, work.target.fit, work.target.test)
    with pytest.raises(DataError, match="without fold 2 of 2 no flow is left"):
        run_auto(replace(work, target=bare), Rule())


def test_periods_must_be_covered(study: str) -> None:
    target = next(t for t, _ in draws.region_targets("target"))
    later = [period("2030-01-01", "2031-01-01")] * 2
    roles = load_manifest()["target"].attributes
    with pytest.raises(DataError, match=r"2030-01-01\.\.2031-01-01 is not covered"):
        draws.make_target("x", target.ds, roles, list(target.fit), later)
    turned = draws.make_target("x", target.ds, roles, list(target.test), list(target.fit))
    assert turned.ds.sizes["time"] > 366


def source_flow(name: str, ds: xr.Dataset, days: list[Period], lead: int) -> np.ndarray:
    """The first member of source ``plain``, simulated by hand."""
    model, card = load_model(source_folder(name) / "member-0.safetensors")
    arrays = build_arrays(ds, card.scaler, days, days, lead=lead)
    return simulate(model, arrays, card.scaler)


def test_check_of_a_source_that_has_to_do_without(study: str, project: Path) -> None:
    source = load_source("plain-check")
    assert scenarios(source) == {
        "climate": ["clim_prcp", "clim_aridity"],
        "land": ["land_area"],
        "climate and land": ["clim_prcp", "clim_aridity", "land_area"],
    }
    ds = source_data(source)
    assert source.test is not None
    days = [source.test] * ds.sizes["basin"]
    # Without its climate the model gets none computed: the data themselves hold no index of it.
    expected = source_flow("plain", ds, days, 365)
    without = check_source(
        "plain-check", source_folder("plain"), missing=["clim_prcp", "clim_aridity"]
    )
    assert without["simulated"].values[0] == pytest.approx(expected, abs=1e-5)
    full = check_source("plain-check", source_folder("plain"))
    assert np.abs(full["simulated"] - without["simulated"]).max() > 1e-3


def test_a_cell_in_which_nothing_is_trained_is_the_source(study: str) -> None:
    cell = Cell("target", "1-year", "zero", "small", "plain")
    result = run_cells([resolve(cell)], 1)[cell]
    target = next(t for t, _ in draws.region_targets("target"))
    ds = with_climate(target.ds, target.fit)
    expected = source_flow("plain", ds, list(target.test), 365)
    assert result.simulation["simulated"].values[0] == pytest.approx(expected, abs=1e-5)


def test_a_warm_cell_trains_away_from_the_source(study: str) -> None:
    cells = [Cell("target", "1-year", name, "small", "plain") for name in ("zero", "warm-c")]
    results = run_cells([resolve(cell) for cell in cells], 1)
    zero, warm = (results[cell].simulation["simulated"].values for cell in cells)
    assert results[cells[1]].training.lr == 0.001
    assert np.abs(zero - warm).max() > 1e-3
