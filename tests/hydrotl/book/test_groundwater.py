"""Rivers of groundwater on page 8: which these are, and how well models do there."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hydrotl.book.pages import limits
from tests.real_data import real
from tests.synthetic import ROOT


def test_basins_of_groundwater_are_those_of_the_published_index() -> None:
    published = pd.read_csv(real("camels_gb_attributes.csv"), dtype={"gauge_id": str})
    known = published.set_index("gauge_id")["baseflow_index"]
    listed: Any = pd.read_csv(limits.GROUNDWATER, dtype={"basin": str}).set_index("basin").squeeze()
    assert set(listed.index) == set(known.index[known >= limits.LEAST_BASEFLOW])
    assert listed.to_dict() == known[listed.index].round(2).to_dict()


def test_skill_on_groundwater_is_the_median_over_its_basins() -> None:
    found: Any = limits.groundwater().set_index(["training", "baseflow index"])
    path = ROOT / "results" / "gb" / "fast-many" / "multi-year_TL-c.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    listed = limits.GROUNDWATER.read_text(encoding="utf-8").split()
    slow = {line.split(",")[0] for line in listed}
    inside = [n for b, n in zip(record["basins"], record["nse"], strict=True) if b in slow]
    several, one = (found.loc[training] for training in ("multi-year", "1-year"))
    assert several["basins"].tolist() == [len(inside), len(record["basins"]) - len(inside)]
    assert several["NSE TL-c"].iloc[0] == pytest.approx(np.median(inside))
    said = limits.of_groundwater(found.reset_index())
    assert said.startswith(f"With several years of data the best network of the {len(inside)} ")
    assert f"; GR4J {several['NSE GR4J, calibrated'].iloc[0]:.2f} there. With one year" in said
    # what the page's advice rests on
    medians = several.filter(like="NSE ").iloc[0]
    assert medians.idxmax() == "NSE GR4J, calibrated"
    assert medians.max() > 0.1 + medians.drop("NSE GR4J, calibrated").max()
    assert one.filter(like="NSE ").iloc[0].max() < 0.6


def test_nothing_is_said_of_groundwater_where_there_are_no_results(project: Path) -> None:
    found = limits.groundwater()
    assert found.empty
    assert limits.of_groundwater(found) == ""
