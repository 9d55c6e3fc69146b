"""Page 10, the study of small targets: tables against the figures they are made from."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hydrotl.book.pages import beyond, grounds, show, words
from hydrotl.experiments.covered import VALUES, coverage_summary, settings_key, write_coverage
from hydrotl.experiments.records import write_record
from hydrotl.experiments.study import load_study
from hydrotl.experiments.summary import study_records, study_summary, write_summary
from hydrotl.experiments.ungauged import ungauged_path
from hydrotl.yamlfile import load_yaml
from tests.notebook_cells import run_cells
from tests.synthetic import ROOT, write_yaml


def record(name: str, errors: dict[str, float], held: dict[str, float], basins: int = 1) -> dict:
    """A record of ways with these shares of the variance unexplained, independent of each other."""
    upper = np.diag(list(errors.values()))[np.triu_indices(len(errors))].tolist()
    known = np.diag(list(held.values()))[np.triu_indices(len(held))].tolist()
    return {
        "target": name,
        "basins": [str(k) for k in range(basins)],
        "fit": [["2004-01-01", "2005-01-01"]] * basins,
        "ways": list(errors),
        "candidates": list(held),
        "test_products": [upper] * basins,
        "held_out_products": [known] * basins,
        "key": name,
    }


@pytest.fixture
def study(published: Path) -> dict[str, Any]:
    """Two draws: GR4J is chosen in one, warm-c in the other; warm-b is only compared."""
    folder = published / "results" / "small"
    folder.mkdir(parents=True)
    errors = {"local": 0.5, "warm-c": 0.2, "gr4j": 0.4, "warm-b": 0.1}
    for name, held in (
        ("1-0-1y", {"local": 9.0, "warm-c": 0.1, "gr4j": 9.0}),
        ("1-1-1y", {"local": 9.0, "warm-c": 9.0, "gr4j": 0.1}),
    ):
        write_record(folder / f"{name}.json", record(name, errors, held))
    study = load_yaml(ROOT / "experiments" / "beyond.yaml") | {"rule": {}, "regions": []}
    write_yaml(published / "experiments" / "small.yaml", study)
    write_summary("small")
    check = published / "results" / "source"  # its table is on the page
    check.mkdir(exist_ok=True)
    for name in ("derived-check.json", "derived-check-basins.csv"):
        shutil.copy(ROOT / "results" / "source" / name, check)
    return beyond.figures_of("small")


def test_tables_of_the_page(study: dict[str, Any]) -> None:
    page = run_cells("10-beyond", study="small")
    worth, gains, abroad, others, chosen, coverage, check, sources, forgetting = page.tables()
    assert abroad.empty, "no region is among them"
    assert others.empty, "no other local networks were trained in these targets"
    assert forgetting.empty, "nor was forgetting measured"
    assert sources.empty, "nor are there other sources"
    assert "No target has a computed interval yet" in page.remarks()
    assert coverage["coverage"].isna().all()
    assert check["inputs"].tolist()[:2] == ["all inputs", "without weather"]
    assert check["median NSE"].tolist()[0] > check["median NSE"].tolist()[1]
    assert "2 of 114 targets are computed so far" in page.remarks()
    row = worth.iloc[0]
    assert (row["basins"], row["years"], row["samples"]) == (1, 1, 2)
    assert row[["local network", "GR4J", "warm-c", "chosen (auto)"]].tolist() == pytest.approx(
        [0.5, 0.6, 0.8, 0.7]
    )
    mean = "mean of local and GR4J"  # 1 - NSE is a quarter of 0.5 + 0.4
    assert gains["model"].tolist() == ["warm-b", "warm-c", mean, "chosen (auto)", "GR4J"]
    assert gains["mean gain"].tolist() == pytest.approx([0.4, 0.3, 0.275, 0.2, 0.1])
    assert dict(zip(chosen["chosen"], chosen["targets"], strict=True)) == {"warm-c": 1, "gr4j": 1}


def test_band_of_single_basins_is_called_too_narrow_where_it_is() -> None:
    def size(basins: int, rows: int, low: float, high: float) -> dict[str, Any]:
        return {"basins": basins, "rows": rows, "low": low, "middle": 0.9, "high": high}

    sizes = [size(1, 1, 0.6, 0.9), size(1, 3, 0.8, 0.88), size(5, 50, 0.1, 0.1)]
    assert beyond.narrow({"by_size": sizes}) == (  # (0.6 + 3 x 0.8) / 4
        "For a single basin, take care: of the days with low flow it holds 75 %, not 90 %, and is "
        "too narrow."
    )
    assert beyond.narrow({"by_size": sizes[2:]}) == beyond.narrow(None) == ""


def test_what_the_study_rests_on(published: Path, study: dict[str, Any]) -> None:
    summaries = published / "results" / "summary"
    write_record(
        summaries / "small-forgetting.json",
        {
            "rows": [
                {"target": name, "way": "warm-c", "nse_mean": mean, "nse_median": mean + 0.1}
                for name, mean in (("1-0-1y", 0.2), ("1-1-1y", 0.6))
            ]
            + [{"target": "1-0-1y", "way": "zero", "nse_mean": 0.7, "nse_median": 0.8}]
        },
    )
    row = grounds.forgetting("small").iloc[0]
    assert row.tolist() == pytest.approx(["warm-c", 2, 0.4, 0.2, 0.5])
    assert "mean NSE is 0.70. Trained elsewhere, it loses of that: warm-c 0.30." in (
        grounds.forgotten(grounds.forgetting("small"))
    )
    assert grounds.forgotten(grounds.forgetting("other")) == ""
    ways = {"zero": -0.2, "warm-c": 0.1, "warm-c, 10 basins": 0.02}
    ends = {"low": 0.0, "high": 0.2}
    part = {"ways_over_local": {way: {"mean": mean, **ends} for way, mean in ways.items()}}
    (summaries / "other.json").write_text(json.dumps(part))
    said = grounds.sources_compared("other")
    assert "of warm-c differ by 0.08 at most" in said
    assert "do not tell" in said
    table = grounds.by_source("other").set_index("source")
    assert table.index.tolist() == ["the portable source", "10 basins"]
    assert table["gain of zero"].tolist()[0] == -0.2
    assert table["gain of warm-c"].tolist() == [0.1, 0.02]
    assert table["gain of zero"].isna().tolist() == [False, True]
    means = {"local": 0.1, "gr4j": 0.2, "warm-c": 0.3, "auto": 0.4, "local + gr4j": 0.25}
    region = {"target": "min-river-1-year", "basins": 1, "years": 1, "scores": means}
    around = load_yaml(ROOT / "experiments" / "beyond.yaml") | {"regions": ["min-river"]}
    write_yaml(published / "experiments" / "around.yaml", around)
    table = grounds.elsewhere({"by_region": [region, {**region, "years": 4}]}, "around")
    assert grounds.abroad(table).endswith("ahead of the local network in 2 of 2 targets.")
    assert grounds.abroad(table.assign(**{"local network": [0.1, 0.55]})).endswith(
        f"in 1 of 2 targets, and behind in {words.region('min-river')} with 4 years (0.40 against "
        "0.55)."
    )
    assert grounds.abroad(table[:0]) == ""
    row = table.iloc[0]
    assert row.tolist() == [words.region("min-river"), 1, 1, 0.1, 0.2, 0.25, 0.3, 0.4]
    scores = {"local": 0.5, "alone": 0.6, "gr4j": 0.65, "warm-c": 0.7, "alone + gr4j": 0.72}
    scores["auto"] = 0.75
    of_size = {way: {"mean": value} for way, value in scores.items()}
    size = {"basins": 3, "years": 5, "draws": 2, "scores": of_size}
    rivals = {"ways": {"alone": {}}, "by_size": [size]}
    shown = grounds.other_locals({"rivals": rivals})
    assert shown.columns.tolist()[3:] == [
        "local network",
        "alone",
        "GR4J",
        "warm-c",
        "alone + GR4J",
        "chosen (auto)",
    ]
    assert shown.iloc[0].tolist() == [3, 5, 2, 0.5, 0.6, 0.65, 0.7, 0.72, 0.75]


def test_coverage_on_the_page(
    study: dict[str, Any], published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of two targets has an interval; ungauged basins are a draw's and a region's."""
    path = published / "results" / "small" / "1-0-1y.json"
    values = dict(zip(VALUES, (0.91, 0.95, 0.9, 0.88, 0.8, 1.1), strict=True))
    part = {"of": "warm-c", "settings": settings_key(), **{k: [v] for k, v in values.items()}}
    write_record(path, {**json.loads(path.read_text()), "intervals": part})
    assert write_coverage("small") is not None
    regions = [
        {"region": home, "rows": rows, **values, "coverage": share}
        for home, rows, share in (("", 9, 0.9), ("cl", 1, 0.6), ("target", 3, 0.7))
    ]
    write_record(ungauged_path("small"), {"by_region": regions})
    glued: dict[str, Any] = {}
    monkeypatch.setattr(show, "name_values", glued.update)
    page = run_cells("10-beyond", study="small")
    table = page.tables()[5].set_index("targets")
    assert "1 of 2 targets computed so far have one" in page.remarks()
    assert table.loc["all", "coverage"] == table.loc["1 basin, 1 year", "coverage"] == 0.91
    assert table.loc["all", "interval score"] == 1.1
    assert table.loc["ungauged, random samples", ["basins", "coverage"]].tolist() == [9, 0.9]
    assert table.loc["ungauged, the target", "coverage"] == 0.7
    drawn = page.names["by_flow"]
    assert dict(zip(drawn["flow"], drawn["coverage"], strict=True)) == {
        "low": 0.95,
        "middle": 0.9,
        "high": 0.88,
    }
    assert (glued["beyond_covered"], glued["beyond_covered_low"]) == ("91", "95")
    assert (glued["beyond_ungauged"], glued["beyond_ungauged_basins"]) == ("90", "4")
    assert glued["beyond_narrow"] == (
        "For a single basin, take care: of the days with low flow it holds 95 %, not 90 %, and is "
        "too wide."
    )
    assert glued["beyond_ungauged_regions"] == "68"  # (0.6 + 3 x 0.7) / 4 = 0.675


@pytest.mark.parametrize("study", ["beyond", "beyond-tuning"])
def test_committed_coverage_is_that_of_the_committed_records(study: str) -> None:
    found = coverage_summary(study_records(study), load_study(study))
    assert beyond.coverage_of(study) == json.loads(json.dumps(found))


def test_figures_follow_from_the_records(study: dict[str, Any]) -> None:
    assert study["settings"] == 2
    assert study["gain_over_gr4j"]["mean"] == pytest.approx(0.1)
    # In hindsight 0.7 warm-c + 0.3 gr4j: 1 - (0.49 * 0.2 + 0.09 * 0.4).
    assert study["regret"]["mean"] == pytest.approx(0.866 - 0.7, abs=1e-4)
    assert study["gain_over_local"]["wins"] == 1.0


@pytest.mark.parametrize("study", ["beyond", "beyond-tuning"])
def test_committed_summary_is_that_of_the_committed_records(study: str) -> None:
    again = json.loads(json.dumps(study_summary(study)))
    assert beyond.figures_of(study) == again


def test_a_panel_says_on_how_many_samples_it_rests() -> None:
    sizes = [{"basins": 10, "draws": 2}, {"basins": 10, "draws": 6}, {"basins": 1, "draws": 14}]
    assert beyond.panel_title({"by_size": sizes}, 10) == "10 rivers, 2 to 6 samples"
    assert beyond.panel_title({"by_size": sizes}, 1) == "1 river, 14 samples"


def test_advice_sets_one_year_with_a_source_against_the_longest_record_without() -> None:
    def size(years: int, auto: float, local: float) -> dict[str, Any]:
        return {
            "basins": 1,
            "years": years,
            "scores": {"auto": {"mean": auto}, "local": {"mean": local}},
        }

    found: dict[str, Any] = {
        "gain_over_local": {"wins": 0.97},
        "gain_over_gr4j": {"wins": 0.91},
        "gain_over_untransferred": None,
        "by_size": [size(1, 0.82, 0.72), size(5, 0.84, 0.75)],
    }
    said = beyond.advice(found)
    assert "it is ahead of a local network in 97 %, of GR4J alone in 91 % of the targets" in said
    assert "reaches a mean NSE of 0.82 with it, a local network with 5 years 0.75" in said
    assert "is worth more than 4 further years of record." in said
    assert said.endswith("After 5 years its gain over the local network is +0.09.")
    found["by_size"][1]["scores"]["gr4j"] = {"mean": 0.83}
    assert "0.75, GR4J 0.83: here what is chosen is worth less than 4" in beyond.advice(found)
    found["by_size"] = [size(1, 0.82, 0.72), size(5, 0.9, 0.85)]
    assert "is worth less than 4 further years" in beyond.advice(found)
