"""The performance page, on results files written by hand."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from hydrotl.book.pages import performance
from tests.notebook_cells import Page, run_cells
from tests.synthetic import ROOT

PLACE = {
    "cpu": "Some Processor",
    "gpu": None,
    "cores": 2,
    "torch": "2.0",
    "neuralhydrology": "1.13.0",
    "date": "2026-01-02",
    "code": "0.1.0 abc",
    "load": 0.1,
}


def row(contestant: str, hidden: int, batch: int, seconds: float) -> dict[str, Any]:
    time = {"median": seconds, "min": seconds, "repeats": [seconds]}
    return {
        "contestant": contestant,
        "hidden": hidden,
        "batch": batch,
        "seconds_per_update": time,
    }


def write(path: Path, record: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"environment": PLACE, **record}), encoding="utf-8")


@pytest.fixture(autouse=True)
def _project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYDROTL_ROOT", str(ROOT))


def page(folder: Path) -> Page:
    return run_cells("07-performance", results=str(folder))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [
        row(performance.PAPER, 64, 2, 0.020),
        row(performance.PEER, 64, 2, 0.050),
        row(performance.FAST, 64, 2, 0.010),
        row(performance.FAST, 256, 100, 0.5),
        row(performance.PAPER, 256, 100, 2.0),
        row(performance.PEER, 256, 100, 3.0),
        row("hydrotl, AdamW, 1 member", 64, 2, 9.0),  # of one member: not on the page
    ]
    write(tmp_path / "throughput.json", {"rows": rows, "transfer_options": []})
    levels = {"0.50": 300.0, "0.70": None}
    contestants = {
        name: {
            "threads": 1,
            "seconds_to_nse": {key: v and v * factor for key, v in levels.items()},
            "complete": {"updates": 10, "hours": 0.2 * factor, "extrapolated": factor > 1},
            "best_nse": 0.6,
        }
        for name, factor in (("fast", 1), ("paper", 40))
    }
    write(tmp_path / "time_to_skill.json", {"contestants": contestants})
    curve = [
        {"updates": 100, "seconds": 60.0, "flops": 2e12, "nse": 0.3},
        {"updates": 200, "seconds": 120.0, "flops": 4e12, "nse": 0.5},
    ]
    write(tmp_path / "time_to_skill" / "fast.json", {"curve": curve})
    return tmp_path


def test_times_and_ratios_of_five_members(folder: Path) -> None:
    times, ratios = page(folder).tables()[:2]
    assert list(times.columns) == ["program", "H 64, B 2", "H 256, B 100"]
    shown = times.set_index("program").loc["hydrotl, as the paper"]
    assert list(shown) == pytest.approx([20, 2000])
    assert len(times) == 3, "one member alone is not on the page"
    over = ratios.set_index("program")
    assert list(over.loc["neuralhydrology, ReLU layer"]) == pytest.approx([2.5, 1.5])
    lowered = over.loc["neuralhydrology, ReLU layer, over recipe fast"]
    assert list(lowered) == pytest.approx([5.0, 6.0])
    assert "cell by cell, DropConnect" not in over.index


def test_what_the_rate_leaves_to_gain(tmp_path: Path) -> None:
    sizes = {"H 64, B 2": {"of_attainable": 0.2}, "H 256, B 16": {"of_attainable": 0.8}}
    write(tmp_path / "rate.json", {"training": sizes})
    rate, limit = page(tmp_path).tables()
    assert rate["of attainable, %"].tolist() == pytest.approx([20, 80])
    assert limit.iloc[0].tolist() == ["H 256, B 16", pytest.approx(1.25)]


def test_breakdown_is_in_percent(tmp_path: Path) -> None:
    shares = {"LSTM, backward": {"median": 0.6}, "optimiser": {"median": 0.4}}
    row = {"hidden": 64, "batch": 2, "trained": "TL-a", "shares": shares}
    write(tmp_path / "breakdown.json", {"rows": [row]})
    (table,) = page(tmp_path).tables()
    assert table.iloc[0].dropna().to_dict() == {
        "H": 64,
        "batch": 2,
        "trains": "TL-a",
        "LSTM, backward, %": 60,
        "optimiser, %": 40,
    }


def test_values_for_other_pages(folder: Path) -> None:
    names = page(folder).names
    assert (names["ratio"].min(), names["ratio"].max()) == (1.5, 2.5)
    assert 60 * names["fast"]["hours"] == pytest.approx(12)


def test_skill_curve_is_in_minutes_and_teraflop(folder: Path) -> None:
    curve = performance.skill_curves(performance.load(str(folder)))
    assert curve["program"].tolist() == ["fast", "fast"]
    assert curve["minutes"].tolist() == [1.0, 2.0]
    assert curve["TFLOP"].tolist() == [2.0, 4.0]
    assert curve["NSE"].tolist() == [0.3, 0.5]


def test_an_extrapolation_is_called_one(folder: Path) -> None:
    minutes, runs, over_fast = page(folder).tables()[2:5]
    assert minutes.set_index("NSE").loc["0.50"].tolist() == [5.0, 200.0]
    assert minutes.set_index("NSE").loc["0.70"].isna().all()
    assert runs.set_index("program")["hours"].tolist() == pytest.approx([0.2, 8.0])
    assert runs["how"].tolist() == ["measured", "extrapolated"]
    assert over_fast.iloc[0].tolist() == [
        "paper",
        pytest.approx(40.0),
        "0.50",
        pytest.approx(40.0),
    ]


def test_machine_and_what_was_not_measured(folder: Path) -> None:
    remarks = page(folder).remarks()
    assert "`throughput`, `time_to_skill/fast`, `time_to_skill`: Some Processor, 2 cores" in remarks
    assert "torch 2.0, neuralhydrology 1.13.0, 2026-01-02, hydrotl 0.1.0 abc; load" in remarks
    assert "*Not measured yet: run `python -m benchmarks.rate`.*" in remarks
    assert "benchmarks.time_to_skill" not in remarks


def test_without_results_every_part_says_so(tmp_path: Path) -> None:
    shown = page(tmp_path / "none")
    assert shown.tables() == []
    assert shown.remarks().count("Not measured yet") == 16
    assert math.isnan(shown.names["ratio"].min())
    assert math.isnan(shown.names["fast"]["hours"])
