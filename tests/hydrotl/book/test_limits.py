"""Skill against climate."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hydrotl.book import figures
from hydrotl.book.pages import limits
from hydrotl.book.scatter import PROPERTIES, running_median, skill_scatter
from hydrotl.experiments.facts import check_facts, facts_path, save_facts
from hydrotl.experiments.records import write_record
from tests.notebook_cells import Page, run_cells
from tests.project import save_record
from tests.synthetic import write_yaml

figures.setup()
NSE = [0.9, 0.8, None, 0.4, -0.2, -3.0]
ARIDITY = [0.5, 0.9, 0.9, 1.0, 2.5, 4.0]
#: Tables of the basins of the source check and of the region.
CHECK = {
    "basin": list("abcdef"),
    "longitude": [-80.0, -90.0, None, None, None, None],
    "latitude": [40.0, 41.0, None, None, None, None],
    "area_km2": [10.0, 20.0, 30.0, 40.0, 50.0, None],
    "aridity": ARIDITY,
    "snow_fraction": [0.0, 0.5, 0.5, None, 0.1, 0.0],
    "runoff_ratio": [0.6, 0.5, 0.4, 0.3, 0.02, 0.01],
}
REGION = {
    "basin": ["x", "y"],
    "longitude": [78.0, None],
    "latitude": [17.0, None],
    "area_km2": [100.0, 200.0],
    "aridity": [1.2, None],
    "snow_fraction": [0.6, 0.0],
    "runoff_ratio": [1.16, 0.4],
}


@pytest.fixture(autouse=True)
def _facts(project: Path) -> None:
    for facts, path in ((CHECK, check_facts("donor")), (REGION, facts_path("target"))):
        save_facts(path, pd.DataFrame(facts).set_index("basin"), "Oudin et al. (2005)")


def record(**changes: Any) -> dict[str, Any]:
    values = {
        "source": "donor",
        "dataset": "donor",
        "train": {"start": "2000-01-01", "end": "2001-01-01"},
        "basins": list("abcdef"),
        "nse": NSE,
    }
    return values | changes


def test_bands_by_hand() -> None:
    basins = limits.source_basins(record())
    table = limits.bands(basins, "aridity", [2.0, 1.0])
    assert table["band"].tolist() == ["below 1", "1 to 2", "2 or more"]
    assert table["basins"].tolist() == [2, 1, 2], "an NSE that is not known does not count"
    assert table["median NSE"].tolist() == pytest.approx([0.85, 0.4, -1.6])
    assert table["below 0, %"].tolist() == [0, 0, 100]
    assert table["below 0.5, %"].tolist() == [0, 100, 100]
    snow = limits.bands(basins, "snow_fraction", [0.2])
    assert snow["basins"].tolist() == [3, 1], "a property that is not known does not count"


def test_method_names_the_years_and_the_formula() -> None:
    text = limits.method(record()).data
    assert "6 basins over 2000-01-01 to before 2001-01-01" in text
    assert "after Oudin et al. (2005)" in text
    for nothing in (None, record(source="a check without a table of its basins")):
        assert "hydrotl check" in limits.method(nothing).data


def test_running_median_by_hand() -> None:
    x = np.array([3.0, 1.0, 2.0, np.nan, 5.0])
    y = np.array([0.3, 0.1, 0.9, 0.5, 0.2])
    line = running_median(x, y, 3)
    assert line["x"].tolist() == [2.0, 3.0]
    assert line["y"].tolist() == pytest.approx([0.3, 0.3])


def test_scatter_shows_every_basin_and_clips_the_lowest() -> None:
    plot = skill_scatter(limits.source_basins(record()), "aridity")
    above, below = plot.values()
    assert list(above.dimension_values("basin")) == ["a", "b", "d", "e"]
    assert list(above.dimension_values("drawn")) == [0.9, 0.8, 0.4, -0.2]
    assert list(below.dimension_values("basin")) == ["f"]
    assert list(below.dimension_values("drawn")) == [-0.5]
    assert list(below.dimension_values("NSE")) == [-3.0]
    assert plot.opts.get("plot").kwargs["ylim"] == (-0.55, 1.0)
    snowy = skill_scatter(limits.source_basins(record()), "snow_fraction")
    assert snowy.opts.get("plot").kwargs["xlim"] == (-0.02, pytest.approx(0.525))
    rng = np.random.default_rng(0)
    many = pd.DataFrame({"basin": map(str, range(90)), "NSE": rng.random(90), "region": "r"})
    many[list(PROPERTIES)] = rng.random((90, len(PROPERTIES)))
    many["model"] = ["local", "TL-c", "TL-c"] * 30
    curves = [
        part
        for part in skill_scatter(many, "aridity", group="model").values()
        if type(part).__name__ == "Curve"
    ]
    assert [curve.label for curve in curves] == ["TL-c: median"], "30 basins are too few for one"


def saved(root: Path, folder: str, option: str, nse: list[float]) -> None:
    save_record(root, folder, option, nse, basins=["x", "y"], setting="1-year")


def page(**parameters: Any) -> Page:
    small = {
        "checked": "donor",
        "aridity_edges": [1.0, 2.0],
        "setting": "1-year",
        "careful_region": "target",
        "careful_basin": "x",
    }
    return run_cells("08-limits", **(small | parameters))


def test_page_without_results_still_stands(project: Path) -> None:
    shown = page()
    assert "hydrotl check" in shown.remarks()
    assert "Basin x of Synthetic target: no committed results yet" in shown.remarks()
    assert "No band is below 0.5" in shown.remarks()
    numbers = shown.names["numbers"]
    assert numbers["dry"]["basins"] == 0
    assert math.isnan(numbers["wet"]["median_nse"])


def test_page_of_six_source_basins_by_hand(project: Path) -> None:
    folder = project / "results" / "source"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "donor.json").write_text(json.dumps(record()), encoding="utf-8")
    shown = page()
    dry, wet = (shown.names["numbers"][end] for end in ("dry", "wet"))
    assert (dry["basins"], wet["basins"]) == (2, 2)
    assert dry["median_nse"] == pytest.approx(-1.6)
    assert wet["median_nse"] == pytest.approx(0.85)
    assert (dry["below_zero"], wet["below_half"]) == (100, 0)
    assert (shown.names["found"]["limits_dry_basins"], shown.names["thresholds"]) == (
        2,
        {"limits_dry_aridity": 2.0, "limits_wet_aridity": 1.0},
    )
    # NSE falls from basin to basin while aridity rises, without ties
    aridity = shown.names["correlation"].loc["aridity"]
    assert aridity["basins"] == 5
    assert aridity["rank correlation with NSE"] == pytest.approx(-1.0)
    failing = shown.names["failing"].set_index(["property", "band"])
    assert failing.loc[("aridity", "1 to 2"), "median NSE"] == 0.4
    assert ("aridity", "below 1") not in failing.index


def test_target_basins_and_their_models(project: Path) -> None:
    assert limits.target_basins("1-year").empty
    saved(project, "tiny", "local", [0.3, 0.6])
    saved(project, "tiny", "TL-c", [0.4, 0.7])
    saved(project, "tiny-other", "TL-c", [0.99, 0.99])
    frame = limits.target_basins("1-year")
    assert len(frame) == 4, "models from another source than the region's are not mixed in"
    assert frame["model"].tolist() == ["local", "local", "TL-c", "TL-c"]
    plot: Any = skill_scatter(frame, "aridity", group="model")
    shown = {part.label: list(part.dimension_values("NSE")) for part in plot.values()[::2]}
    assert shown == {"local": [0.3], "TL-c": [0.4]}
    assert limits.target_basins("1-year", ["elsewhere"]).empty

    names = page().names
    lost = names["lost"].loc[("Synthetic target", "tiny")]
    counts = {"no network reaches 0.5": 1, "aridity not known": 1, "basins": 2}
    unknown = "of these, GR4J does"
    assert pd.isna(lost[unknown]), "not calibrated there"
    assert lost.drop(unknown).to_dict() == counts
    worst = names["worst"].reset_index()
    assert worst["basin"].tolist() == ["x", "y"]
    assert worst[["NSE local", "NSE TL-c"]].to_numpy().tolist() == [[0.3, 0.4], [0.6, 0.7]]
    assert worst["aridity"].isna().tolist() == [False, True]
    assert [str(area) for area in worst["area, km2"]] == ["100", "200"]

    # x is lost to the networks and not to GR4J, y the other way round
    saved(project, "conceptual", "cemaneige-gr4j", [0.55, 0.2])
    names = page().names
    assert names["lost"].loc[("Synthetic target", "tiny"), unknown] == 1
    assert names["worst"]["NSE GR4J"].tolist() == [0.55, 0.2]

    # another region of the same rivers, and a variant: each river once, unless asked for
    regions, results = project / "experiments" / "regions", project / "results"
    variant = {"label": "bare", "variant": "no attributes", "variant_of": "target"}
    for name, changes in (("upstream", {"label": "upstream"}), ("bare", variant)):
        write_yaml(regions / f"{name}.yaml", {"extends": "target", **changes})
        same = pd.DataFrame(REGION).set_index("basin")
        save_facts(results / name / "basins.csv", same, "Oudin et al. (2005)")
        for file in (results / "target" / "tiny").glob("*.json"):
            copy = results / name / "tiny" / file.name
            copy.parent.mkdir(parents=True, exist_ok=True)
            record = {**json.loads(file.read_text(encoding="utf-8")), "region": name}
            write_record(copy, record)
    assert set(limits.target_basins("1-year")["region"]) == {"Synthetic target"}
    assert set(limits.target_basins("1-year", ["upstream"])["region"]) == {"upstream"}


def test_named_example(project: Path) -> None:
    saved(project, "tiny", "local", [0.3, 0.6])
    saved(project, "tiny", "TL-c", [0.4, 0.7])
    shown = page()
    assert "carried 116 % of the precipitation" in shown.remarks()
    assert "No balance of rain and evaporation" in shown.remarks()
    assert "60 % of it fell below 0 degC" in shown.remarks()
    scores = shown.names["scores"].set_index("model")["NSE"]
    assert scores.to_dict() == {"local": 0.3, "TL-c from the paper-style source": 0.4}
    other = page(careful_basin="y").remarks()
    assert "40 % of the precipitation" in other
    assert "No balance" not in other
    assert "no committed results yet" in page(careful_basin="z").remarks()
