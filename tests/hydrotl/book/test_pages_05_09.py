"""What the pages 05, 06 and 09 show, against independent numbers."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml

from hydrotl.book.pages import new_region, table1b, validation
from hydrotl.book.pages.demonstration import demonstration_folder
from hydrotl.data.ownfile import load_own, own_entry
from hydrotl.data.readers import read_unchecked
from hydrotl.experiments.records import read_record, write_record
from hydrotl_core.errors import ConfigError
from hydrotl_core.recipe import Period
from tests.notebook_cells import run_cells
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
    write_record(path, read_record(path) | {"basins": ["c", "b"]})
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


@pytest.fixture
def sampled(project: Path) -> Path:
    """The project with the sample among its data sets."""
    entry = yaml.safe_load((ROOT / "data_manifest.yaml").read_text(encoding="utf-8"))
    manifest = yaml.safe_load((project / "data_manifest.yaml").read_text(encoding="utf-8"))
    manifest["datasets"]["sample"] = entry["datasets"]["sample"]
    write_yaml(project / "data_manifest.yaml", json.loads(json.dumps(manifest, default=str)))
    return project


def test_demonstration_files_hold_the_gauges_own_readings(sampled: Path) -> None:
    from lumod import load_example

    folder = demonstration_folder()
    form: dict[str, Any] = {"sep": ";", "decimal": ",", "index_col": 0}
    written = pd.read_csv(folder / "girnock.csv", **form)
    _, frame = load_example(3)
    assert len(written) == len(frame)
    assert written.index[0] == "01/10/2003"
    np.testing.assert_allclose(written["Flow m3/s"], frame["qt"], atol=2e-5)
    np.testing.assert_allclose(written["T.max"], frame["tmax"], atol=2e-5)
    assert pd.read_csv(folder / "stations.csv", **form).loc["girnock"].tolist() == [30.0, 57.016]


def test_page_understands_and_checks_the_demonstration(sampled: Path) -> None:
    from lumod import load_example

    page = run_cells("06-new-region", stop="river = ")
    read, record, water = page.tables()
    assert read.set_index("column").loc["Flow m3/s", "unit"] == "m3/s"
    _, frame = load_example(3)
    yearly = frame["qt"].mean() * 86.4 / 30.0 * 365.25
    assert record.set_index("basin").loc["girnock", "years with flow"] == 4
    assert water.set_index("basin").loc["girnock", "Q, mm/year"] == pytest.approx(yearly, abs=1)
    assert "region.yaml" in page.remarks()
    assert "01/10/2003;0,0;3,3;0,8;0,075" in page.remarks()
    # a second time the demonstration is written anew
    again = run_cells("06-new-region", stop="river = ")
    assert again.names["home"] == page.names["home"]


YEARS = {"train": ["2003-10-01", "2006-10-01"], "test": ["2006-10-01", "2007-09-30"]}


@pytest.fixture
def tables(sampled: Path, tmp_path: Path) -> Path:
    """A folder of one's own: one of the demonstration's rivers, with a second column of flow."""
    folder = tmp_path / "own"
    folder.mkdir()
    for name in ("girnock.csv", "stations.csv"):
        lines = (demonstration_folder() / name).read_text("utf-8").splitlines()
        if name == "girnock.csv":
            lines = [f"{lines[0]};Sensor B", *(f"{line};0,25" for line in lines[1:])]
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def test_parameters_correct_a_guess_and_set_the_years(tables: Path) -> None:
    columns = {"streamflow": ["Sensor B", "l/s"], "tmax": ["T.max", "degF"]}
    new_region.described_folder(tables, columns, YEARS)
    read = new_region.understood(tables).set_index("column")["unit"]
    assert read.to_dict() == {
        "Rain (mm)": "mm",
        "T.min": "degC",
        "T.max": "degF",
        "Sensor B": "l/s",
        "Area (km2)": "km2",
        "Latitude": "degrees",
    }
    own = yaml.safe_load((tables / "region.yaml").read_text(encoding="utf-8"))
    assert [str(day) for day in own["years"]["test"]] == YEARS["test"]
    flow = read_unchecked(tables, own_entry(load_own(tables), tables), None)[0]["streamflow"]
    assert float(flow[0, 0]) == pytest.approx(0.25e-3 * 86.4 / 30.0)
    # the same once more changes nothing; something else is not passed over
    before = (tables / "region.yaml").stat().st_mtime_ns
    new_region.described_folder(tables, columns, YEARS)
    new_region.described_folder(tables, {}, {})
    assert (tables / "region.yaml").stat().st_mtime_ns == before
    with pytest.raises(ConfigError, match="says something else"):
        new_region.described_folder(tables, {"streamflow": ["Flow m3/s", "m3/s"]}, {})
    new_region.described_folder(tables, {}, {}, replace=True)
    assert "Flow m3/s" in new_region.understood(tables)["column"].tolist()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"columns": {"streamflow": ["Gauge", "m3/s"]}}, "no column 'Gauge'; there are Rain"),
        ({"columns": {"snow": ["Sensor B", "mm"]}}, "no variable 'snow'"),
        ({"columns": {"streamflow": ["Sensor B", "buckets"]}}, "'buckets' is no unit"),
        ({"columns": {"streamflow": "Sensor B"}}, "needs a column and its unit"),
        ({"folder": "nowhere/at/all"}, "no folder"),
        ({"years": YEARS | {"train": ["2004-01-01", "2003-01-01"]}}, "not before its end"),
        ({"years": YEARS | {"test": ["2006-06-01", "2007-06-01"]}}, "overlap"),
        ({"years": {"train": YEARS["train"]}}, "test"),
    ],
)
def test_wrong_parameters_are_named(tables: Path, change: dict[str, Any], message: str) -> None:
    values: dict[str, Any] = {"folder": tables, "columns": {}, "years": {}}
    with pytest.raises(ConfigError, match=message):
        new_region.described_folder(**(values | change))
    assert not (tables / "region.yaml").exists()


def test_band_is_judged_on_test_days_with_an_observation() -> None:
    # the last two of six days are not of the test years, and one has no observation
    observed = np.array([[1.0, 2.0, 3.0, np.nan, 99.0, 99.0]])
    values = {"low": np.zeros((1, 6)), "high": np.full((1, 6), 2.5), "observed": observed}
    series = xr.Dataset(
        {name: (("basin", "time"), v) for name, v in values.items()},
        coords={"basin": ["mine"], "time": pd.date_range("2001-01-01", periods=6)},
    ).assign(period=(("basin", "time"), [["test"] * 4 + ["training", ""]]))
    (row,) = new_region.held(series).to_dict("records")
    assert row == {
        "basin": "mine",
        "inside, %": pytest.approx(200 / 3),
        "low flow, %": 100.0,
        "middle flow, %": 100.0,
        "high flow, %": 0.0,
        "width over mean flow": pytest.approx(2.5 / 2.0),
    }


def test_mean_flows_are_of_the_days_with_an_observation() -> None:
    dims, basins = ("basin", "time"), {"basin": ["a", "b"]}
    flow = xr.DataArray([[1.0, 5.0, 3.0], [2.0, 2.0, np.nan]], dims=dims, coords=basins)
    observed = xr.DataArray([[2.0, np.nan, 4.0], [1.0, 4.0, 9.0]], dims=dims, coords=basins)
    found = new_region.means(flow, observed).set_index("basin")
    assert found["days"].tolist() == [2, 2]
    assert found["simulated, mm/day"].tolist() == [2.0, 2.0]
    assert found["observed, mm/day"].tolist() == [3.0, 2.5]


def test_periods_are_shown_with_their_last_day() -> None:
    train, test = (Period.model_validate(YEARS[name]) for name in ("train", "test"))
    (row,) = new_region.periods(["mine"], [train], [test]).to_dict("records")
    assert list(row.values()) == ["mine", "2003-10-01", "2006-09-30", "2006-10-01", "2007-09-29"]


@pytest.mark.parametrize(
    ("difference", "words"),
    [(0.0, "are **the same**"), (2e-6, "2e-06 mm/day**, which is rounding."), (0.02, "0.02 mm")],
)
def test_difference_of_two_series_in_words(difference: float, words: str) -> None:
    assert words in new_region.compared(difference, 365).data
