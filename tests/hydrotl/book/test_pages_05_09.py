"""What the pages 05, 06 and 09 show, against independent numbers."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from hydrotl.book import figures
from hydrotl.book.pages import new_region, sensitivity, table1b
from hydrotl.experiments.source import SourceTask, train_source_member
from hydrotl_core.errors import ConfigError
from tests.synthetic import ROOT, write_project, write_yaml

figures.setup()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A small project with the weights of one source, some results and the paper's numbers."""
    root = tmp_path_factory.mktemp("project")
    write_project(root)
    paper = ROOT / "experiments" / "paper.yaml"
    (root / "experiments" / "paper.yaml").write_bytes(paper.read_bytes())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HYDROTL_ROOT", str(root))
        patch.setenv("HYDROTL_DATA", str(root / "data"))
        for member in range(2):
            train_source_member(
                SourceTask("donor", member, root / "weights" / "donor", root / "runs", quiet=True)
            )
        yield root


def content(styler: Any) -> Any:
    """The frame that a styled table shows."""
    return styler.data


def saved(
    root: Path,
    folder: str,
    option: str,
    nse: list[float],
    changes: dict[str, float] | None = None,
) -> None:
    """A results file of one member, whose only error product in a basin is 1 - NSE."""
    record = {
        "region": "target",
        "setting": "multi-year",
        "option": option,
        "recipe": "tiny",
        "changes": changes or {},
        "source": None if option == "local" else "donor",
        "source_members": 0 if option == "local" else 2,
        "members": 1,
        "basins": ["a", "b"],
        "nse": nse,
        "nse_mean": float(np.mean(nse)),
        "nse_median": float(np.median(nse)),
        "member_nse_median": [float(np.median(nse))],
        "error_products": [[1 - value] for value in nse],
        "scored_on": "test",
        "training": {"lr": 0.01, "batch": 4},
        "provenance": {"date": "2026-01-01", "code": "1"},
    }
    name = "_".join(["multi-year", option, *(f"{k}-{v:g}" for k, v in (changes or {}).items())])
    path = root / "results" / "target" / folder / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record), encoding="utf-8")


@pytest.fixture(scope="module")
def published(project: Path) -> Path:
    """Committed results of two basins, and trials of one changed value."""
    saved(project, "tiny", "local", [0.2, 0.4])
    saved(project, "validation/tiny", "TL-b", [0.6, 0.6])
    saved(project, "validation/tiny", "TL-b", [0.1, 0.3], {"lr": 0.5})
    return project


def test_table_1b_compares_starts_and_says_how_the_teacher_was_set_up(published: Path) -> None:
    assert table1b.full("target") == []  # no model with a teacher, no table
    saved(published, "tiny", "process-swat", [0.3, 0.4])
    teacher = published / "results" / "target" / "swat" / "uncalibrated.json"
    teacher.parent.mkdir()
    teacher.write_text(json.dumps({"deviations": ["one unit", "all of it"]}), encoding="utf-8")
    table: Any = table1b.table("target").set_index("model")
    assert list(table.index) == ["local", "process-swat"]
    assert table.loc["process-swat", "paper, CHINA-MR: mean"] == 0.693
    assert table.loc["process-swat", "median gain over local"] == "0.050 (0.000 to 0.100)"
    assert "process-swat: higher, with too few basins or members for a verdict, 0.050" in (
        table1b.verdicts("target").data
    )
    assert table1b.deviations("target") == ["all of it", "one unit"]


def test_trials_show_the_recipe_beside_each_changed_value(published: Path) -> None:
    trials = sensitivity.trials("target")
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

    region = new_region.write_region(
        "",
        COLUMNS,
        ["2003-10-01", "2006-10-01"],
        ["2006-10-01", "2007-09-30"],
        date_column="day",
        attributes="basins.csv",
        id_column="gauge",
        area_column="area_km2",
    )
    table = content(new_region.described(region)).set_index("variable")
    depth = frame["qt"].mean() * 86.4 / 30.0
    assert table.loc["streamflow", "mean"] == pytest.approx(depth, rel=1e-4)
    assert table.loc["streamflow", "missing days"] == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"columns": {"prcp": ["rain", "mm/day"]}}, "no streamflow"),
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


def own_region(project: Path, folder: str) -> Path:
    return new_region.write_region(
        project / "data" / folder,
        {
            "prcp": ["prcp", "mm/day"],
            "tmean": ["tmean", "degC"],
            "streamflow": ["streamflow", "mm/day"],
        },
        ["2000-01-01", "2001-01-01"],
        ["2001-01-01", "2001-06-30"],
        attributes="attributes.csv",
        id_column="gauge_id",
        static=["area"],
        source="donor",
        recipe="tiny",
    )


def test_choice_is_made_without_the_test_years(project: Path) -> None:
    choice = new_region.choose(own_region(project, "target"), members=1, validation_days=120)
    scores = {cell.option: float(r.basin_nse.median()) for cell, r in choice.results.items()}
    assert set(scores) == {"local", "TL-a", "TL-b", "TL-c"}
    assert choice.chosen == max(scores, key=lambda name: scores[name])

    spoiled = project / "data" / "spoiled"
    spoiled.mkdir()
    for path in (project / "data" / "target").glob("*.csv"):
        table = pd.read_csv(path, dtype={"gauge_id": str})
        if "date" in table:
            table.loc[table["date"] >= "2001-01-01", "streamflow"] = 99.0
        table.to_csv(spoiled / path.name, index=False)
    again = new_region.choose(own_region(project, "spoiled"), members=1, validation_days=120)
    assert {c.option: float(r.basin_nse.median()) for c, r in again.results.items()} == scores

    region = own_region(project, "target")
    tested = new_region.final(region, choice, members=1)
    assert {cell.option for cell in tested} == {"local", choice.chosen}
    first = next(iter(tested.values()))
    assert str(first.simulation["start"].values[0])[:10] == "2001-01-01"
    assert choice.chosen in new_region.verdict(choice, tested).data
