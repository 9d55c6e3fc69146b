"""Page 3: gains, intervals and tables, against numbers worked out by hand."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from hydrotl.book.pages import show, table1a
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


def test_numbers_for_the_front_page(page: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    assert page["glued"]["sample_local_median"] == 0.25
    assert page["glued"]["sample_best_option"] == "TL-a"
    assert page["glued"]["sample_best_median"] == 0.75
    glued = untrained(monkeypatch)
    run_cells("03-transfer", stop="table1a.committed", region="elsewhere", settings=["1-year"])
    assert math.isnan(glued["sample_best_median"])
    assert glued["elsewhere_best_median"] == 0.75


def test_gain_is_the_difference_in_the_same_basins(page: dict[str, Any]) -> None:
    local, moved = (np.array(committed("gb", o)["nse"], float) for o in ("local", "TL-c"))
    np.testing.assert_allclose(page["gain"], moved - local, equal_nan=True)
    assert page["found"].value == pytest.approx(np.nanmedian(moved - local), abs=1e-4)
    by_hand = [page["low"], page["high"]]  # the draws written out on the page
    assert [page["found"].low, page["found"].high] == pytest.approx(by_hand)
    low, high = page["bounds"]
    assert page["found"].low < low < page["found"].value < high < page["found"].high
    assert page["difference"] < 1e-4


def test_page_counts_clear_gains_and_losses(page: dict[str, Any]) -> None:
    gains = page["gains"]
    assert set(page["counted"]["key"]) == {"gb-5", "ind", "gb-49", "gb"}
    one = gains.set_index(["key", "training", "model"]).loc[("gb", "1-year", "TL-c")]
    assert one["low"] < one["value"] < one["high"]
    assert one["value"] == pytest.approx(page["gain"].median(), abs=1e-4)
    glued = page["glued"]
    assert glued["gain_cells"] == 4 * 2 * 3
    beyond = page["counted"][page["counted"]["beyond"]]
    assert set(beyond["model"]) <= {"zero", "readout", "warm-a", "warm-b", "warm-c"}
    assert page["verdicts"].loc["the paper's options"].sum() == 4 * 2 * 3
    assert page["verdicts"].to_numpy().sum() == 4 * 2 * 3 + len(beyond)
    assert 0 < glued["gain_count"] + glued["loss_count"] < glued["gain_cells"]
    assert glued["gb_basins"] == len(committed("gb", "local")["basins"])
    assert glued["ind_multi_tlc_mean"] == committed("ind", "TL-c", "multi-year")["nse_mean"]


def test_variants_stand_beside_the_region_they_repeat(page: dict[str, Any]) -> None:
    wide = page["wide"].xs("multi-year", level="training").reset_index()
    assert wide["recipe"].tolist() == ["fast, few basins", "paper, 128 units"]
    assert wide["TL-c"].tolist() == [
        committed(region, "TL-c", "multi-year")["nse_median"] for region in ("ind", "ind-paper")
    ]


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
