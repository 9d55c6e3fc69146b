"""Skill against climate."""

import json
import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hydrotl.book import figures
from hydrotl.book.pages import limits, target_limits
from hydrotl.book.scatter import running_median, skill_scatter
from tests.synthetic import ROOT, write_project

figures.setup()
NSE = [0.9, 0.8, None, 0.4, -0.2, -3.0]
ARIDITY = [0.5, 0.9, 0.9, 1.0, 2.5, 4.0]


def record(**changes: Any) -> dict[str, Any]:
    values = {
        "source": "donor",
        "dataset": "donor",
        "train": {"start": "2000-01-01", "end": "2001-01-01"},
        "basins": list("abcdef"),
        "nse": NSE,
        "locations": {"a": [-80.0, 40.0], "b": [-90.0, 41.0]},
        "climate": {
            "evapotranspiration": "Oudin et al. (2005)",
            "aridity": ARIDITY,
            "snow_fraction": [0.0, 0.5, 0.5, None, 0.1, 0.0],
            "runoff_ratio": [0.6, 0.5, 0.4, 0.3, 0.02, 0.01],
            "area_km2": [10.0, 20.0, 30.0, 40.0, 50.0, None],
        },
    }
    return values | changes


def test_bands_by_hand() -> None:
    table = limits.bands(limits.basin_frame(record()), "aridity", [2.0, 1.0])
    assert table["aridity"].tolist() == ["below 1", "1 to 2", "2 or more"]
    assert table["basins"].tolist() == [2, 1, 2], "an NSE that is not known does not count"
    assert table["median NSE"].tolist() == pytest.approx([0.85, 0.4, -1.6])
    assert table["share below 0"].tolist() == [0.0, 0.0, 1.0]
    assert table["share below 0.5"].tolist() == [0.0, 1.0, 1.0]
    snow = limits.bands(limits.basin_frame(record()), "snow_fraction", [0.2])
    assert snow["basins"].tolist() == [3, 1], "a property that is not known does not count"
    verdict = limits.verdict(record(), {"aridity": [1.0, 2.0]}).data
    assert "**aridity 1 to 2**: 1 basins, median NSE 0.40, 0 % of them below zero" in verdict
    assert "below 1" not in verdict


def test_dry_and_wet_basins_by_hand() -> None:
    values = limits.dry_and_wet(record(), dry=2.0, wet=1.0)
    assert (values["limits_dry_basins"], values["limits_wet_basins"]) == (2, 2)
    assert values["limits_dry_median_nse"] == pytest.approx(-1.6)
    assert values["limits_wet_median_nse"] == pytest.approx(0.85)
    assert values["limits_dry_below_zero"] == 100
    assert values["limits_wet_below_half"] == 0
    remark = limits.dry_and_wet_remark(values).data
    assert remark.startswith("The 2 basins with an aridity above 2 have a median NSE of -1.60")


def test_rank_correlation_as_pandas_has_it() -> None:
    table: Any = limits.source_correlations(record())
    row = table.data.iloc[0]
    # NSE falls from basin to basin while aridity rises, without ties.
    assert row["basins"] == 5
    assert row["rank correlation with NSE"] == pytest.approx(-1.0)


def test_page_without_climate_still_stands() -> None:
    older = {key: value for key, value in record().items() if key != "climate"}
    for nothing in (None, older):
        assert "hydrotl check" in limits.method(nothing).data
        shown: Any
        for shown in (
            limits.source_scatter(nothing, "aridity"),
            limits.source_bands(nothing, "aridity", [1.0]),
            limits.source_correlations(nothing),
            limits.verdict(nothing, {"aridity": [1.0]}),
        ):
            assert isinstance(shown.data, str)
        values = limits.dry_and_wet(nothing, 2.0, 1.0)
        assert values["limits_dry_basins"] == 0
        assert math.isnan(values["limits_wet_median_nse"])
        assert "No basins" in limits.dry_and_wet_remark(values).data


def test_running_median_by_hand() -> None:
    x = np.array([3.0, 1.0, 2.0, np.nan, 5.0])
    y = np.array([0.3, 0.1, 0.9, 0.5, 0.2])
    line = running_median(x, y, 3)
    assert line["x"].tolist() == [2.0, 3.0]
    assert line["y"].tolist() == pytest.approx([0.3, 0.3])


def test_scatter_shows_every_basin_and_clips_the_lowest() -> None:
    plot = skill_scatter(limits.basin_frame(record()), "aridity", "aridity", lowest=-0.5)
    above, below = plot.values()
    assert list(above.dimension_values("basin")) == ["a", "b", "d", "e"]
    assert list(above.dimension_values("drawn")) == [0.9, 0.8, 0.4, -0.2]
    assert list(below.dimension_values("basin")) == ["f"]
    assert list(below.dimension_values("drawn")) == [-0.5]
    assert list(below.dimension_values("NSE")) == [-3.0]
    assert plot.opts.get("plot").kwargs["ylim"] == (-0.55, 1.0)
    assert plot.opts.get("plot").kwargs["xlim"] == (-0.02, 4.2)
    rng = np.random.default_rng(0)
    many = pd.DataFrame({"basin": map(str, range(90)), "NSE": rng.random(90)})
    many["aridity"], many["model"] = rng.random(90), ["local", "TL-c", "TL-c"] * 30
    curves = [
        part
        for part in skill_scatter(many, "aridity", "aridity", group="model").values()
        if type(part).__name__ == "Curve"
    ]
    assert [curve.label for curve in curves] == ["TL-c: median"], "30 basins are too few for one"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_project(tmp_path)
    paper = (ROOT / "experiments" / "paper.yaml").read_bytes()
    (tmp_path / "experiments" / "paper.yaml").write_bytes(paper)
    monkeypatch.setenv("HYDROTL_ROOT", str(tmp_path))
    monkeypatch.setenv("HYDROTL_DATA", str(tmp_path / "data"))
    return tmp_path


def saved(root: Path, folder: str, option: str, nse: list[float], setting: str = "1-year") -> None:
    values = record(
        region="target",
        setting=setting,
        option=option,
        recipe="tiny",
        source=None if option == "local" else "donor",
        basins=["x", "y"],
        nse=nse,
        members=3,
        periods={"train": {"start": "2000-01-01", "end": "2001-01-01"}},
        locations={"x": [78.0, 17.0]},
        climate={
            "evapotranspiration": "none",
            "aridity": [1.2, None],
            "snow_fraction": [0.6, 0.0],
            "runoff_ratio": [1.16, 0.4],
            "area_km2": [100.0, 200.0],
        },
    )
    del values["dataset"]
    path = root / "results" / "target" / folder / f"{setting}_{option}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values), encoding="utf-8")


def test_target_basins_and_their_models(project: Path) -> None:
    empty = target_limits.committed("1-year")
    assert empty.empty
    assert "no full results" in target_limits.remark(empty).data
    assert target_limits.table(empty).empty
    nothing: Any = target_limits.scatter(empty, "aridity")
    assert "tells the aridity" in nothing.data

    saved(project, "tiny", "local", [0.3, 0.6])
    saved(project, "tiny", "TL-c", [0.4, 0.7])
    saved(project, "tiny-other", "TL-c", [0.99, 0.99])
    frame = target_limits.committed("1-year")
    assert len(frame) == 4, "models from another source than the region's are not mixed in"
    table = target_limits.table(frame)
    assert table["basin"].tolist() == ["x", "y"]
    assert table[["NSE local", "NSE TL-c"]].to_numpy().tolist() == [[0.3, 0.4], [0.6, 0.7]]
    assert table["aridity"].isna().tolist() == [False, True]
    assert [str(area) for area in table["area, km2"]] == ["100", "200"]
    assert len(target_limits.table(frame, most=1)) == 1
    remark = target_limits.remark(frame, most=1).data
    assert "`target` (recipe `tiny`): 1 of 2 basins" in remark
    assert "the 1 of 2 basins" in remark
    assert "aridity of some basins of `target` is not known" in remark
    plot: Any = target_limits.scatter(frame, "aridity")
    shown = {part.label: list(part.dimension_values("NSE")) for part in plot.values()[::2]}
    assert shown == {"local": [0.3], "TL-c": [0.4]}
    assert target_limits.committed("1-year", ["elsewhere"]).empty

    # another region of the same rivers, and a variant: each river once, unless asked for
    first, results = project / "results" / "target", project / "results"
    for name in ("upstream", "target-weather"):
        shutil.copytree(first / "tiny", results / name / "tiny")
    assert set(target_limits.committed("1-year")["region"]) == {"target"}
    assert set(target_limits.committed("1-year", ["upstream"])["region"]) == {"upstream"}
    for name in ("upstream", "target-weather"):
        shutil.rmtree(results / name)


def test_named_example(project: Path) -> None:
    assert "no committed results yet" in target_limits.example("target", "x").data
    saved(project, "tiny", "local", [0.3, 0.6])
    saved(project, "tiny", "TL-c", [0.4, 0.7])
    text = target_limits.example("target", "x").data
    assert "carried 116 % of the precipitation" in text
    assert "No balance of rain and evaporation" in text
    assert "60 % of it fell below 0 degC" in text
    assert "- 1-year, TL-c from `donor` (recipe `tiny`): 0.40" in text
    assert "No balance" not in target_limits.example("target", "y").data
    assert "no committed results yet" in target_limits.example("target", "z").data
