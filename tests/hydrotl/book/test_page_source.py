"""Pages 2 and 4: source models, against committed records and the paper."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hydrotl.book import cards
from hydrotl.book.pages import show, source, validation
from hydrotl.book.paper import load_paper
from hydrotl.experiments.cells import Cell
from hydrotl.experiments.sweep import run_region
from hydrotl_core.errors import ConfigError
from tests.hydrotl.book.test_page_transfer import cell_result
from tests.notebook_cells import run_cells
from tests.synthetic import ROOT


def test_papers_numbers_are_transcribed() -> None:
    paper = load_paper()
    assert paper.table_1a["CAMELS-CL"]["1-year"]["TL-a"] == (0.705, 0.725)
    assert paper.table_1a["CHINA-MR"]["multi-year"]["TL-c"] == (0.734, 0.749)
    assert paper.table_1a["CAMELS-GB"]["multi-year"]["local"] == (0.769, 0.853)
    assert paper.table_1b["multi-year"] == (0.693, 0.748)
    assert paper.source_check.median_nse == 0.72


def test_model_card_is_read_from_the_weights(project: Path) -> None:
    text = cards.facts(source.cards("donor"))
    assert "- Members: 2, seeds 0, 1\n" in text
    assert "- Data: `donor`, 8 basins, training period 2000-01-01 to before 2001-01-01" in text
    assert "- Arithmetic of the LSTM layer: float32\n" in text
    assert " on cpu, " in text
    assert "- Data licence: CC0\n" in text
    assert source.ensembles() == ["donor"]
    assert source.check_record("conus-check") is None


def test_check_stands_beside_the_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    glued: dict[str, Any] = {}
    monkeypatch.setattr(show, "name_values", glued.update)
    page = run_cells("02-source").names
    path = ROOT / "results" / "source" / "conus-check.json"
    nse = np.array(json.loads(path.read_text(encoding="utf-8"))["nse"], dtype=float)
    rows, theirs, ours = page["beside"].values()
    beside = dict(zip(rows, zip(theirs, ours, strict=True), strict=True))
    assert beside["basins"] == (671, len(nse))
    assert beside["median NSE"] == (0.72, pytest.approx(np.nanmedian(nse)))
    assert beside["mean NSE"] == ("–", pytest.approx(np.nanmean(nse)))
    assert beside["test"] == ("1995-10-01 to before 2005-10-01",) * 2
    assert glued["source_check_median_nse"] == pytest.approx(np.nanmedian(nse), abs=1e-4)
    assert (glued["source_members"], glued["source_basins"]) == (5, 671)

    # the distribution is the share of basins at or below each NSE
    drawn = page["curve"].dframe()
    for value in (-0.2, 0.0, 0.5, 0.9):
        share = drawn.loc[drawn["NSE"] <= value, "share of basins"].max()
        assert share == pytest.approx((nse <= value).mean(), abs=1e-9)
    assert drawn["share of basins"].iloc[-1] == 1.0


def test_option_is_chosen_on_training_years(published: Path) -> None:
    assert validation.chosen_option("target") == "TL-b"  # in the test period TL-a is best
    assert validation.chosen_option("bare") is None
    found = source.committed("target", "multi-year", "TL-a")
    assert {size: record["nse"] for size, record in found.items()} == {0: [0.2, 0.4], 8: [0.5, 0.7]}
    assert source.committed("target", "1-year", "TL-a") == {}
    assert source.committed("target", "multi-year", None) == {}


def test_sweep_takes_sources_by_size(project: Path) -> None:
    assert source.by_size(["donor"]) == {"donor": 8}
    # donor has a test period of its own: as a check it is not part of the default sweep
    assert source.by_size() == {}
    with pytest.raises(ConfigError, match="source nowhere"):
        source.by_size(["nowhere"])
    moved = run_region("target", ["1-year"], 1, 2, options=["TL-a"], source="donor", device="cpu")
    assert [(cell.option, cell.source) for cell in moved] == [("TL-a", "donor")]


def test_page_shows_the_sweep_and_the_committed_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    observed = np.array([[1.0, 2, 3, 2], [4.0, 8, np.nan, 6]])
    # NSE 0.5 and 0; then 1 and 0.5, as on page 3
    trained = {
        "local": cell_result("local", np.array([[1.0, 2, 3, 3], [6.0, 6, 50, 6]]), observed),
        "TL-c": cell_result("TL-c", np.array([[1.0, 2, 3, 2], [4.0, 8, 50, 8]]), observed),
    }
    monkeypatch.setattr(
        "hydrotl.experiments.sweep.run_region",
        lambda *_, options, **__: {Cell("sample", "1-year", *options): trained[options[0]]},
    )
    page = run_cells("04-source-size", sources=["conus-50"], full_regions=["gb-49"]).names
    assert page["summary"].loc["local"].tolist() == [0.25, 0.25, 0.0]
    assert page["summary"].loc["TL-c, 50 basins"].tolist() == [0.75, 0.75, 0.5]
    option = page["chosen"]["gb-49"]
    runs = page["runs"].set_index(["training", "source basins"])
    assert list(runs.loc["1-year"].index) == [0, 10, 50, 100, 300, 500, 671]
    path = ROOT / "results" / "gb-49" / "fast-conus-50" / f"1-year_{option}.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    row = runs.loc[("1-year", 50)]
    assert row["median"] == pytest.approx(record["nse_median"], abs=1e-4)
    first = np.nanmedian(np.array(record["member_nse"]["0"], float))
    assert row["first member alone"] == pytest.approx(first, abs=1e-4)
    assert (row["members"], row["source members"]) == (2, 1)
    answer = page["answer"].loc[(row["region"], "1-year")]
    assert answer["10 source basins"] == runs.loc[("1-year", 10), "first member alone"]
    ahead = runs.loc["1-year", "first member alone"].drop(0) > answer["local"]
    assert (answer["sources ahead of local"], answer["sources"]) == (ahead.sum(), 6)
