"""The performance page, on results files written by hand."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from hydrotl.book import figures
from hydrotl.book.pages import performance, skill
from tests.synthetic import ROOT

figures.setup()
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


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> performance.Records:
    monkeypatch.setenv("HYDROTL_ROOT", str(ROOT))
    rows = [
        row(performance.OWN, 64, 2, 0.020),
        row(performance.PEER, 64, 2, 0.050),
        row(performance.LOWERED, 64, 2, 0.010),
        row(performance.LOWERED, 256, 100, 0.5),
        row(performance.OWN, 256, 100, 2.0),
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
    over = {"seconds_to_nse": {"0.50": 40.0, "0.70": None}, "complete": {"hours": 40.0}}
    write(
        tmp_path / "time_to_skill.json", {"contestants": contestants, "over_fast": {"paper": over}}
    )
    curve = [
        {"updates": 100, "seconds": 60.0, "flops": 2e12, "nse": 0.3},
        {"updates": 200, "seconds": 120.0, "flops": 4e12, "nse": 0.5},
    ]
    write(tmp_path / "time_to_skill" / "fast.json", {"curve": curve})
    return performance.load(str(tmp_path))


def test_times_and_ratios_of_five_members(found: performance.Records) -> None:
    times: Any = performance.speed_table(found)
    ratios: Any = performance.speed_ratios(found)
    assert list(times.data.columns) == ["", "H 64, B 2", "H 256, B 100"]
    shown = times.data.set_index("").loc["hydrotl, as the paper"]
    assert list(shown) == pytest.approx([20, 2000])
    over = ratios.data.set_index("")
    assert list(over.loc["neuralhydrology, ReLU layer"]) == pytest.approx([2.5, 1.5])
    lowered = over.loc["neuralhydrology, ReLU layer, over recipe fast"]
    assert list(lowered) == pytest.approx([5.0, 6.0])
    assert "cell by cell, DropConnect" not in over.index


def test_what_the_rate_leaves_to_gain(tmp_path: Path) -> None:
    sizes = {"H 64, B 2": {"of_attainable": 0.2}, "H 256, B 16": {"of_attainable": 0.8}}
    write(tmp_path / "rate.json", {"training": sizes})
    remark: Any = performance.rate_remark(performance.load(str(tmp_path)))
    assert "(H 256, B 16) training runs at 80% of the attainable rate" in remark.data
    assert "more than 1.25 times" in remark.data


def test_breakdown_is_in_percent(tmp_path: Path) -> None:
    shares = {"LSTM, backward": {"median": 0.6}, "optimiser": {"median": 0.4}}
    row = {"hidden": 64, "batch": 2, "trained": "TL-a", "shares": shares}
    write(tmp_path / "breakdown.json", {"rows": [row]})
    table: Any = performance.breakdown_table(performance.load(str(tmp_path)))
    assert table.data.iloc[0].to_dict() == {
        "H": 64,
        "batch": 2,
        "trains": "TL-a",
        "LSTM, backward, %": 60,
        "optimiser, %": 40,
    }


def test_values_for_other_pages(found: performance.Records) -> None:
    values = performance.values(found)
    assert (values["speed_ratio_least"], values["speed_ratio_most"]) == (1.5, 2.5)
    assert values["fast_minutes"] == pytest.approx(12)


def test_skill_curve_is_in_minutes_and_teraflop(found: performance.Records) -> None:
    minutes: Any = skill.curves(found)
    operations: Any = skill.curves(found, "flops")
    assert minutes.Curve.Fast.data.iloc[:, 0].tolist() == [1.0, 2.0]
    assert operations.Curve.Fast.data.iloc[:, 0].tolist() == [2.0, 4.0]
    assert minutes.Curve.Fast.data.iloc[:, 1].tolist() == [0.3, 0.5]


def test_an_extrapolation_is_called_one(found: performance.Records) -> None:
    table: Any = skill.table(found)
    shown = table.data.set_index("")
    assert list(shown.loc["complete run, hours"]) == ["0.20, measured", "8.00, extrapolated"]
    assert list(shown.loc["minutes to 0.50"]) == ["5.0", "200.0"]
    assert list(shown.loc["minutes to 0.70"]) == ["–", "–"]
    remark: Any = skill.remark(found)
    assert "`paper`: the complete run takes 40 times the time of `fast` by extrapolation" in (
        remark.data
    )
    assert "40 times at the highest skill that both reached (NSE 0.50)" in remark.data


def test_machine_and_what_was_not_measured(found: performance.Records) -> None:
    remark: Any = performance.machines(found)
    assert "`throughput`, `time_to_skill/fast`, `time_to_skill`: Some Processor, 2 cores" in (
        remark.data
    )
    assert "torch 2.0, neuralhydrology 1.13.0, 2026-01-02, hydrotl 0.1.0 abc; load" in remark.data
    absent: Any = performance.rate_table(found)
    assert absent.data == "*Not measured: `python -m benchmarks.rate` does.*"


def test_without_results_every_part_says_so(tmp_path: Path) -> None:
    nothing = performance.load(str(tmp_path / "none"))
    assert nothing == {}
    nowhere: Any = performance.machines(nothing)
    assert "Not measured" in nowhere.data
    parts: list[Any] = [
        part(nothing)
        for part in (
            performance.speed_table,
            performance.speed_ratios,
            performance.option_table,
            performance.frozen_table,
            performance.breakdown_table,
            performance.rate_table,
            performance.rate_remark,
            skill.curves,
            skill.table,
            skill.remark,
            performance.transfer_table,
            performance.simulation_table,
            performance.scaling_table,
        )
    ]
    assert all("Not measured" in part.data for part in parts)
    assert math.isnan(performance.values(nothing)["speed_ratio_least"])
