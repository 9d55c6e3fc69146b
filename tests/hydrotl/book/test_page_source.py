"""Page 2: the source model's card and its check, against the committed record and the paper."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hydrotl.book import cards
from hydrotl.book.pages import show, source
from hydrotl.book.paper import load_paper
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
