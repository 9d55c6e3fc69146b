"""Page 3: gains, intervals and tables, against numbers worked out by hand."""

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from hydrotl.book.pages import compared, quantities, show, table1a, transfer
from hydrotl.book.pages.tabs import tabs
from hydrotl.book.paper import published_scores
from hydrotl.config import load_region
from hydrotl.experiments.cells import Cell
from hydrotl.experiments.records import CellResult
from hydrotl.experiments.uncertainty import Interval
from hydrotl_core.recipe import Training
from tests.notebook_cells import run_cells
from tests.synthetic import ROOT


def cell_result(option: str, simulated: np.ndarray, observed: np.ndarray) -> CellResult:
    """Result of one member; ``[basin, day]``."""
    simulation = xr.Dataset(
        {
            "simulated": (("member", "basin", "day"), simulated[None]),
            "observed": (("basin", "day"), observed),
            "start": ("basin", np.array(["2001-01-01"] * len(observed), "datetime64[ns]")),
        },
        coords={"basin": ["a", "b"][: len(observed)], "member": [0]},
    )
    cell = Cell("sample", "1-year", option)
    return CellResult(cell, simulation, Training(updates=1), 1.0, "hash")


def results() -> dict[Cell, CellResult]:
    observed = np.array([[1.0, 2, 3, 2], [4.0, 8, np.nan, 6]])
    parts = [
        # sum of squared errors 1 of 2 -> NSE 0.5; 8 of 8 -> NSE 0
        cell_result("local", np.array([[1.0, 2, 3, 3], [6.0, 6, 50, 6]]), observed),
        # NSE 1 and 0.5
        cell_result("TL-a", np.array([[1.0, 2, 3, 2], [4.0, 8, 50, 8]]), observed),
    ]
    return {part.cell: part for part in parts}


def untrained(patch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Let the page take :func:`results` for a training's; what it gives to other pages."""
    glued: dict[str, Any] = {}
    patch.setattr("hydrotl.experiments.sweep.run_region", lambda *_, **__: results())
    patch.setattr(show, "name_values", glued.update)
    return glued


@pytest.fixture(scope="module")
def page() -> dict[str, Any]:
    """The page with the committed results, and these of a run."""
    with pytest.MonkeyPatch.context() as patch:
        glued = untrained(patch)
        page = run_cells("03-transfer", settings=["1-year"])
    return page.names | {"glued": glued}


def committed(region: str, option: str, setting: str = "1-year") -> dict[str, Any]:
    path = ROOT / "results" / region / load_region(region).recipe / f"{setting}_{option}.json"
    return json.loads(path.read_text(encoding="utf-8"))


def test_scores_of_a_run(page: dict[str, Any]) -> None:
    assert page["nse"].to_dict() == {"local": {"a": 0.5, "b": 0.0}, "TL-a": {"a": 1.0, "b": 0.5}}
    assert page["best"] == "TL-a"
    assert page["changes"]["gain of NSE"].to_dict() == {"a": 0.5, "b": 0.5}
    # b: 18 simulated on the three observed days, 18 observed; TL-a 20
    volume = {option: error.sel(basin="b").item() for option, error in page["volume"].items()}
    assert volume == {"local": 0.0, "TL-a": pytest.approx(100 / 9)}


def test_figure_shows_the_model_that_is_best_in_each_basin() -> None:
    observed = np.array([[1.0, 2, 3, 2], [4.0, 8, 6, 6]])
    good, bad = observed + 0.1, observed + 2
    runs = {
        "TL-a": cell_result("TL-a", np.stack([good[0], bad[1]]), observed),
        "TL-b": cell_result("TL-b", np.stack([bad[0], good[1]]), observed),
    }
    best, names = transfer.best_of(runs)
    assert names.to_dict() == {"a": "TL-a", "b": "TL-b"}
    np.testing.assert_allclose(best.simulation["simulated"].sel(member=0), good)
    np.testing.assert_allclose(best.simulation["observed"], observed)


def test_numbers_for_the_front_page(page: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    assert page["glued"]["sample_local_median"] == 0.25
    assert page["glued"]["sample_best_option"] == "TL-a"
    assert page["glued"]["sample_best_median"] == 0.75
    glued = untrained(monkeypatch)
    run_cells(
        "03-transfer",
        stop="table1a.about",
        region="elsewhere",
        settings=["1-year"],
    )
    assert math.isnan(glued["sample_best_median"])
    assert glued["elsewhere_best_median"] == 0.75


def test_gain_is_the_difference_in_the_same_basins(monkeypatch: pytest.MonkeyPatch) -> None:
    glued: dict[str, Any] = {}
    monkeypatch.setattr(show, "name_values", glued.update)
    page = run_cells("11-uncertainty").names
    local, moved = (np.array(committed("gb", o)["nse"], float) for o in ("local", "TL-c"))
    np.testing.assert_allclose(page["gain"], moved - local, equal_nan=True)
    assert page["found"].value == pytest.approx(np.nanmedian(moved - local), abs=1e-4)
    by_hand = [page["low"], page["high"]]  # the resamples written out on the page
    assert [page["found"].low, page["found"].high] == pytest.approx(by_hand)
    low, high = page["bounds"]
    assert page["found"].low < low < page["found"].value < high < page["found"].high
    assert page["difference"] < 1e-4
    assert f"{page['found'].value:+.2f} ({page['found'].low:+.2f} to" in glued["uncertainty_found"]
    assert glued["uncertainty_found"].endswith(f": {page['verdict']}.")


def test_page_counts_clear_gains_and_losses(page: dict[str, Any]) -> None:
    gains = page["gains"]
    assert set(page["counted"]["key"]) == {"gb-5", "ind", "gb-49", "gb"}
    one = gains.set_index(["key", "training", "model"]).loc[("gb", "1-year", "TL-c")]
    assert one["low"] < one["value"] < one["high"]
    local, moved = (np.array(committed("gb", o)["nse"], float) for o in ("local", "TL-c"))
    assert one["value"] == pytest.approx(np.nanmedian(moved - local), abs=1e-4)
    glued = page["glued"]
    assert glued["gain_cells"] == 4 * 2 * 3
    beyond = page["counted"][page["counted"]["beyond"]]
    assert set(beyond["model"]) <= {"zero", "readout", "warm-a", "warm-b", "warm-c"}
    assert page["verdicts"].loc["the paper's options"].sum() == 4 * 2 * 3
    assert page["verdicts"].to_numpy().sum() == 4 * 2 * 3 + len(beyond)
    assert 0 < glued["gain_count"] + glued["loss_count"] < glued["gain_cells"]
    assert glued["gb_basins"] == len(committed("gb", "local")["basins"])
    assert glued["ind_multi_tlc_mean"] == committed("ind", "TL-c", "multi-year")["nse_mean"]


def test_summary_has_a_row_per_region_and_training_period(page: dict[str, Any]) -> None:
    found = page["summary"].set_index(["region", "training"])
    assert found.index.get_level_values(0)[0] == "Great Britain", "most rivers first"
    assert "India, no attributes" not in found.index
    row = found.loc[("India, 5 rivers", "multi-year")]
    assert row["TL-c NSE"] == committed("ind", "TL-c", "multi-year")["nse_median"]
    conceptual = ROOT / "results" / "ind" / "conceptual" / "multi-year_cemaneige-gr4j.json"
    assert row["GR4J NSE"] == json.loads(conceptual.read_text(encoding="utf-8"))["nse_median"]
    assert row[compared.PAPERS] == show.MISSING, "the paper's are Chinese rivers"
    assert found.loc[("Great Britain", "multi-year"), compared.PAPERS] == "0.85,\u00a00.86"
    others = page["summary"].query("region != 'Great Britain'")[compared.PAPERS]
    assert set(others) == {show.MISSING}, "a few of a country's rivers are others"
    local, moved = (np.array(committed("ind", o, "multi-year")["nse"]) for o in ("local", "TL-c"))
    assert row["gain of TL-c"].value == pytest.approx(np.median(moved - local), abs=1e-4)


def test_papers_regions_stand_apart_with_the_rivers_that_stand_for_them(
    page: dict[str, Any],
) -> None:
    table = compared.papers_regions(page["records"])
    row: Any = table.set_index(["the paper's region", "training"]).loc[("CHINA-MR", "multi-year")]
    assert set(row["rivers here"].split("; ")) >= {"Great Britain, 5 rivers", "India, 5 rivers"}
    assert row.drop("rivers here").tolist() == [0.733, 0.708, 0.698, 0.749]
    assert len(table) == 6


def test_variants_stand_beside_the_region_they_repeat(page: dict[str, Any]) -> None:
    wide = compared.variants_table(page["records"], "ind")
    several = wide[wide["training"] == "multi-year"].set_index("variant")["TL-c NSE"]
    assert several.to_dict() == {
        "as above": committed("ind", "TL-c", "multi-year")["nse_median"],
        "fewer basins": committed("ind-4", "TL-c", "multi-year")["nse_median"],
        "no attributes": committed("ind-weather", "TL-c", "multi-year")["nse_median"],
        "the paper's recipe": committed("ind-paper", "TL-c", "multi-year")["nse_median"],
    }
    assert compared.variants_table(page["records"], "cl").empty


def test_table_of_a_region_ends_each_period_with_the_benchmark(page: dict[str, Any]) -> None:
    table = compared.region_table(page["records"], page["gains"], "ind")
    models = table.groupby("training")["model"].last()
    assert models.to_dict() == {"1-year": "cemaneige-gr4j", "multi-year": "cemaneige-gr4j"}
    row: Any = table.set_index(["training", "model"]).loc[("multi-year", "TL-c")]
    assert row["the paper's median"] == 0.749
    assert row["median NSE"].value == pytest.approx(
        committed("ind", "TL-c", "multi-year")["nse_median"], abs=1e-4
    )
    assert pd.isna(table.loc[table["model"] == "local", "gain"]).all()


def test_training_periods_of_a_region_stand_side_by_side(page: dict[str, Any]) -> None:
    table = compared.region_table(page["records"], page["gains"], "gb")
    wide = compared.side_by_side(table, "CAMELS-GB").set_index("model")
    papers, more = ["local", "TL-a", "TL-b", "TL-c"], ["zero", "readout", "warm-a", "warm-c"]
    assert wide.index.tolist() == [*papers, *more, "cemaneige-gr4j"]
    for period, setting in (("one year", "1-year"), ("several years", "multi-year")):
        shown = wide.loc["TL-c", f"{period}: NSE"]
        assert shown == pytest.approx(committed("gb", "TL-c", setting)["nse_median"], abs=1e-4)
    assert wide.loc["TL-c", "the paper's CAMELS-GB, one year"] == 0.822


def gains_of(verdicts: list[str], training: str = "1-year") -> pd.DataFrame:
    return pd.DataFrame({"training": training, "verdict": verdicts})


def test_finding_counts_verdicts_and_never_says_more() -> None:
    some = pd.concat(
        [
            gains_of(["a gain", "a loss", "no clear difference", "higher, with too few"]),
            gains_of(["no clear difference"], "multi-year"),
        ]
    )
    assert compared.finding(some) == (
        "1 of 3 transferred models are clearly better than the local one and 1 clearly worse with "
        "one year of data; 0 of 1 transferred models are clearly better than the local one and 0 "
        "clearly worse with several years of data."
    )
    assert "no results with enough" in compared.finding(gains_of([]))


def one_gain(key: str, model: str, value: float, verdict: str) -> dict[str, Any]:
    found = Interval(value, value - 0.1, value + 0.1)
    named = {"key": key, "region": key.upper(), "training": "1-year", "model": model}
    return named | {"beyond": True, "variant": "", "gain": found, "verdict": verdict}


def test_worst_result_of_each_region_is_named_with_its_interval() -> None:
    rows = [
        one_gain("a", "warm-a", -0.3, "lower, with too few basins or members for a verdict"),
        one_gain("a", "warm-c", -1.1, "lower, with too few basins or members for a verdict"),
        one_gain("b", "readout", -0.2, "a loss"),
        one_gain("b", "zero", -0.9, "a loss"),
        one_gain("c", "warm-c", -0.01, "no clear difference"),
        one_gain("d", "warm-c", 0.2, "a gain"),
    ]
    said = compared.beyond(pd.DataFrame(rows))
    assert "Of the 4 results" in said
    assert "1 are clearly better than the local model and 2 clearly worse" in said
    assert said.endswith(
        "furthest behind it in A, warm-c with one year: -1.10 (-1.20 to -1.00); "
        "B, readout with one year: -0.20 (-0.30 to -0.10)."
    )


def test_bad_results_stand_on_the_face_of_the_page(page: dict[str, Any]) -> None:
    said = compared.beyond(page["gains"])
    one = page["gains"].set_index(["key", "training", "model"])
    river = one.loc[("min-river", "1-year", "warm-c"), "gain"]
    assert (
        f"Min River, China, warm-c with one year: {quantities.interval(river, quantities.gain)}"
        in said
    )
    assert "India, 5 rivers, " in said
    parts = compared.region_parts(page["records"], page["gains"], "ind")
    shown = parts[1].data.set_index("model")
    moved, local = (np.array(committed("ind", o, "multi-year")["nse"]) for o in ("warm-c", "local"))
    found = shown.loc["warm-c", "several years: gain"]
    assert found == pytest.approx(np.median(moved - local), abs=1e-4)


def test_sentences_of_the_page_follow_from_its_gains(page: dict[str, Any]) -> None:
    one = page["gains"].set_index(["key", "training", "model"]).loc[("gb", "1-year", "TL-c")]
    said = compared.of_region(page["gains"], "gb", "TL-c")
    assert f"median basin by {quantities.interval(one['gain'], quantities.gain)}, " in said
    assert one["verdict"] in said
    assert "no results of TL-x" in compared.of_region(page["gains"], "gb", "TL-x")
    local = np.nanmedian(np.array(committed("gb", "local", "multi-year")["nse"], float))
    assert local > 0.5
    best = re.search(
        r"several years GR4J has a median NSE of ([\d.]+) and the best network \((.+?)\) (\d\.\d+)",
        compared.benchmark(page["gains"], "gb"),
    )
    assert best is not None
    assert float(best[3]) == pytest.approx(
        committed("gb", best[2], "multi-year")["nse_median"], abs=0.0051
    )
    assert float(best[3]) >= local - 0.005
    assert page["sentences"][1] == said
    assert page["glued"]["transfer_found"] == compared.finding(page["papers_own"])
    assert "hours on" in page["glued"]["transfer_took"]


def test_a_tab_holds_tables_and_figures_and_the_first_is_open(page: dict[str, Any]) -> None:
    parts = compared.region_parts(page["records"], page["gains"], "cl")
    text = tabs({"Chile <3>": parts, "other": ["a & b"]}, "regions").data
    assert text.count('type="radio"') == 2
    assert text.count(" checked") == 1
    assert "Chile &lt;3&gt;" in text
    assert "<p>a &amp; b</p>" in text
    assert text.count("<table") == text.count("</table>") == 2
    assert text.count("<details>") == 1, "the longer table is folded"


def test_committed_results_by_hand(published: Path) -> None:
    records: Any = table1a.committed().set_index(["key", "model"])
    assert list(records.index) == [
        ("bare", "local"),
        *(("target", model) for model in ("local", "TL-a", "TL-b")),
    ]
    assert records.loc[("bare", "local"), ["variant", "rivers"]].tolist() == [
        "no attributes",
        "the target",
    ]
    local, better, worse = table1a.full("target")
    assert str(table1a.gain(better, local)) == "0.300 (0.300 to 0.300)"
    # one member, and basins that differ: the bounds are the two basins themselves
    assert str(table1a.gain(worse, local)) == "-0.250 (-0.300 to -0.200)"
    with pytest.raises(ValueError, match="same basins"):
        table1a.gain(better, local | {"basins": ["a", "c"]})
    scores = {m: s.tolist() for m, s in table1a.all_scores("target", "multi-year").items()}
    assert scores == {
        "local": [0.2, 0.4],
        "TL-a": [0.5, 0.7],
        "TL-b": [0.0, 0.1],
        "GR4J, calibrated": [0.3, 0.5],
    }
    paper: Any = published_scores().set_index(["stands for", "training", "model"])
    assert paper.loc[("CHINA-MR", "multi-year", "TL-a")].tolist() == [0.706, 0.708]
    assert "all of it" in table1a.about("target")
    assert table1a.cell_file("target") == "results/target/tiny/multi-year_TL-b.json"


def test_numbers_that_other_pages_quote(published: Path) -> None:
    values = table1a.quoted("target")
    assert values["target_multi_tla_median"] == 0.6
    assert values["target_multi_gr4j_median"] == 0.4
    assert values["target_basins"] == 2
    assert math.isnan(values["target_1yr_tlc_median"])
    assert math.isnan(values["target_1yr_gr4j_median"])


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Interval(0.1, 0.02, 0.2), "a gain"),
        (Interval(0.1, -0.02, 0.2), "no clear difference"),
        (Interval(-0.1, -0.2, -0.01), "a loss"),
    ],
)
def test_verdict_needs_five_basins_and_three_members(found: Interval, words: str) -> None:
    for basins, members in ((5, 3), (49, 5)):
        assert table1a.verdict(found, {"basins": ["a"] * basins, "members": members}) == words
    for basins, members in ((4, 5), (600, 2)):
        few = table1a.verdict(found, {"basins": ["a"] * basins, "members": members})
        assert "too few" in few
        assert few.startswith("higher" if found.value > 0 else "lower")
