"""What the pages 05, 06 and 09 show, against independent numbers."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from hydrotl.book.pages import new_region, table1b, validation
from hydrotl_core.errors import ConfigError
from tests.notebook_cells import Page, run_cells
from tests.project import save_record
from tests.synthetic import ROOT, write_yaml


def test_table_1b_compares_starts_and_says_how_the_teacher_was_set_up(published: Path) -> None:
    assert table1b.records(["target"]) == {}  # no model with a teacher, no table
    save_record(published, "tiny", "TL-c", [0.5, 0.5])
    save_record(published, "tiny", "process-swat", [0.3, 0.4])
    teacher = published / "results" / "target" / "swat" / "uncalibrated.json"
    teacher.parent.mkdir()
    teacher.write_text(json.dumps({"deviations": ["one unit", "all of it"]}), encoding="utf-8")
    assert [option for *_, option in table1b.records(["target"])] == [
        "local",
        "process-swat",
        "TL-c",
    ]
    assert table1b.deviations("target") == ["all of it", "one unit"]
    page = run_cells("05-process-based", start="table1b.records", full_regions=["target"])
    scores, table = (shown.set_index("model") for shown in page.tables()[-2:])
    assert scores.loc["process-swat", "paper: mean"] == 0.693
    assert scores.loc["process-swat", "mean NSE"].value == pytest.approx(0.35)
    # one member, and basins that differ: the bounds are the two basins themselves
    assert str(table.loc["process-swat", "median gain over local"]) == "0.050 (0.000 to 0.100)"
    assert "too few basins or members" in table.loc["process-swat", "verdict"]
    assert pd.isna(table.loc["local", "verdict"])
    assert "**the target**\n\n- all of it\n- one unit" in page.remarks()


def test_models_of_other_basins_are_not_compared(published: Path) -> None:
    path = save_record(published, "tiny", "process-gr4j", [0.3, 0.4])
    path.write_text(path.read_text(encoding="utf-8").replace('"a"', '"c"'), encoding="utf-8")
    with pytest.raises(ValueError, match=r"process-gr4j\.json names basin c where other"):
        table1b.records(["target"])


def test_papers_table_1b_as_it_stands_there() -> None:
    rows: Any = table1b.published().set_index(["training", "in the paper"])
    assert rows.loc[("multi-year", "SWAT-initialised")].tolist() == [0.693, 0.748]
    assert rows.loc[("multi-year", "TL-c")].tolist() == [0.734, 0.749]
    assert rows.loc[("1-year", "local")].notna().all()


def test_trials_show_the_recipe_beside_each_changed_value(published: Path) -> None:
    save_record(published, "validation/tiny", "TL-b", [0.1, 0.3], changes={"lr": 0.5})
    trials = validation.trials("target")
    assert trials["value"].tolist() == [0.01, 0.5]
    assert trials["recipe's"].tolist() == ["yes", ""]
    assert trials["mean NSE"].tolist() == [pytest.approx(0.6), pytest.approx(0.2)]


COLUMNS = {
    "prcp": ["rain", "mm/day"],
    "tmax": ["t_high", "degC"],
    "tmin": ["t_low", "degC"],
    "streamflow": ["discharge", "m3/s"],
}


def test_demonstration_files_hold_the_gauges_own_readings(project: Path) -> None:
    from lumod import load_example

    entry = yaml.safe_load((ROOT / "data_manifest.yaml").read_text(encoding="utf-8"))
    manifest = yaml.safe_load((project / "data_manifest.yaml").read_text(encoding="utf-8"))
    manifest["datasets"]["sample"] = entry["datasets"]["sample"]
    write_yaml(project / "data_manifest.yaml", json.loads(json.dumps(manifest, default=str)))
    folder = new_region.demonstration_folder()
    written = pd.read_csv(folder / "girnock.csv", index_col="day", parse_dates=True)
    _, frame = load_example(3)
    assert len(written) == len(frame)
    np.testing.assert_allclose(written["discharge"], frame["qt"], atol=2e-5)
    np.testing.assert_allclose(written["t_high"], frame["tmax"], atol=2e-5)

    page = run_cells("06-new-region", stop="tried = ")
    (table,) = page.tables()
    depth = frame["qt"].mean() * 86.4 / 30.0
    flow = table.set_index("variable").loc["streamflow"]
    assert flow["mean"] == pytest.approx(depth, rel=1e-4)
    assert flow["missing days"] == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"columns": {"prcp": ["rain", "mm/day"]}}, "no streamflow"),
        ({"columns": {"streamflow": ["q", "m3/s"]}}, "no weather: add at least prcp"),
        ({"columns": {**COLUMNS, "snow": ["s", "mm"]}}, "snow"),
        ({"folder": "nowhere/at/all"}, "no folder"),
        ({"train": ["2001-01-01", "2000-01-01"]}, "not before its end"),
        ({"test": ["2000-06-01", "2001-06-01"]}, "overlap"),
    ],
)
def test_wrong_parameters_are_named(
    project: Path, tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    values: dict[str, Any] = {
        "folder": tmp_path,
        "columns": COLUMNS,
        "train": ["2000-01-01", "2001-01-01"],
        "test": ["2001-01-01", "2001-06-01"],
    }
    with pytest.raises(ConfigError, match=message):
        new_region.write_region(**(values | change))


def own_page(project: Path, folder: str, **changes: Any) -> Page:
    """Page 06 on a folder of the synthetic data."""
    parameters: dict[str, Any] = {
        "folder": str(project / "data" / folder),
        "date_column": "date",
        "columns": {
            "prcp": ["prcp", "mm/day"],
            "tmean": ["tmean", "degC"],
            "streamflow": ["streamflow", "mm/day"],
        },
        "table": "attributes.csv",
        "id_column": "gauge_id",
        "area_column": "area",
        "static": ["area"],
        "train": ["2000-01-01", "2001-01-01"],
        "test": ["2001-01-01", "2001-06-30"],
        "validation_days": 120,
        "source": "donor",
        "members": 1,
        "updates": 6,
        "jobs": 1,
    }
    return run_cells("06-new-region", **(parameters | changes))


def spoiled(project: Path, folder: str, first: str, last: str, flow: float | None) -> str:
    """A copy of the target's data with ``flow`` from ``first`` to before ``last``."""
    copy = project / "data" / folder
    copy.mkdir()
    for path in (project / "data" / "target").glob("*.csv"):
        table = pd.read_csv(path, dtype={"gauge_id": str})
        if "date" in table:
            days = (table["date"] >= first) & (table["date"] < last)
            table.loc[days, "streamflow"] = flow
        table.to_csv(copy / path.name, index=False)
    return folder


def test_choice_is_made_without_the_test_years(project: Path) -> None:
    page = own_page(project, "target")
    medians = page.names["scores"]["median NSE"]
    assert set(medians.index) == {"local", "TL-a", "TL-b", "TL-c"}
    assert page.names["chosen"] == [max(medians.index, key=lambda name: medians[name])]
    assert {cell.option for cell in page.names["results"]} == {"local", *page.names["chosen"]}
    first = next(iter(page.names["results"].values()))
    assert str(first.simulation["start"].values[0])[:10] == "2001-01-01"
    assert f"**{page.names['chosen'][0]}** did best" in page.remarks()

    folder = spoiled(project, "flooded", "2001-01-01", "2009-01-01", 99.0)
    again = own_page(project, folder).names["scores"]["median NSE"]
    assert again.to_dict() == medians.to_dict()


def test_nothing_is_chosen_where_nothing_could_be_scored(project: Path) -> None:
    folder = spoiled(project, "gap", "2000-09-01", "2001-01-01", None)
    page = own_page(project, folder)
    assert page.names["chosen"] == []
    assert "Nothing could be scored on the last 120 training days" in page.remarks()
    assert "did best" not in page.remarks()
    tested = page.names["final"]["median NSE"]
    assert set(tested.index) == {"local", "TL-a", "TL-b", "TL-c"}
    assert tested.notna().all()


@pytest.mark.parametrize(
    ("tried", "tested", "words"),
    [
        (
            {"local": 0.5, "TL-c": 0.6},
            {"local": 0.3, "TL-c": 0.4},
            "**TL-c** did best. Trained again on all training days, it reaches a median NSE of "
            "0.40 in the test period; the local model 0.30.",
        ),
        (
            {"local": 0.5, "TL-c": 0.4},
            {"local": 0.3},
            "NSE of 0.30 in the test period. Nothing was gained from the source model here.",
        ),
        (
            {"local": 0.5, "TL-c": 0.6},
            {"local": np.nan, "TL-c": np.nan},
            "**TL-c** did best. In the test period nothing could be scored",
        ),
        ({"local": np.nan}, {"local": 0.3}, "no model was chosen"),
    ],
)
def test_outcome_in_words(tried: dict[str, float], tested: dict[str, float], words: str) -> None:
    assert words in new_region.verdict(tried, tested, 365).data
