"""Page 1: data sets, basins, variables and the water balance, against independent numbers."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from lumod import load_example

from hydrotl.book.pages import data, rerun, source, variables
from hydrotl.book.paper import load_paper
from hydrotl.config import load_region
from hydrotl.data.catalog import open_dataset
from hydrotl.data.manifest import load_manifest
from hydrotl_core.errors import ConfigError
from tests.notebook_cells import run_cells
from tests.synthetic import write_yaml


def test_water_balance_of_the_sample_basins() -> None:
    """Against lumod's own tables, without hydrotl's reader and units."""
    page = run_cells("01-data", datasets=["sample"]).names
    balance, gauges = (page[name].set_index("basin") for name in ("balance", "gauges"))
    for number, basin in enumerate(("tamaulipas", "sarapiqui", "girnock"), start=1):
        info, frame = load_example(number)
        runoff = (frame["qt"] * 86.4 / info["area"]).mean() * 365.25
        rain = frame["prec"].mean() * 365.25
        assert balance.loc[basin, "runoff"] == pytest.approx(runoff, abs=0.1)
        assert balance.loc[basin, "precipitation"] == pytest.approx(rain, abs=0.1)
        assert balance.loc[basin, "runoff ratio"] == pytest.approx(runoff / rain, abs=1e-4)
        assert gauges.loc[basin, "years of flow"] == pytest.approx(len(frame) / 365.25, abs=0.06)
        assert gauges.loc[basin, "latitude"] == pytest.approx(info["lat"])
        assert gauges.loc[basin, "area, km2"] == pytest.approx(info["area"], abs=0.05)
    assert {"precipitation, mm/year", "runoff, mm/year"} <= set(page["table"]), "with their units"


def test_means_are_of_days_with_both_rain_and_flow(project: Path) -> None:
    page = run_cells("01-data", datasets=["target"]).names
    row = page["balance"].set_index("basin").loc["0003"]
    ds = open_dataset("target").sel(basin="0003")
    rain, flow = ds["prcp"].values.astype(float), ds["streamflow"].values.astype(float)
    known = ~np.isnan(flow)
    assert not known[:100].any()
    assert row["precipitation"] == pytest.approx(rain[known].mean() * 365.25)
    assert row["runoff"] == pytest.approx(flow[known].mean() * 365.25)


def test_page_says_which_data_it_lacks(project: Path, tmp_path: Path) -> None:
    assert data.at_hand(load_manifest()["target"])
    assert "All data sets are shown" in data.absent_remark(["target", "donor"]).data
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HYDROTL_DATA", str(tmp_path))
        assert not data.at_hand(load_manifest()["target"])
        assert "Synthetic donor" in data.absent_remark(["donor"]).data
        with pytest.raises(ConfigError, match="none of donor"):
            data.open_those_at_hand(["donor"])
    assert list(data.open_those_at_hand(["target"])) == ["target"]


def test_examples_are_the_last_years_with_flow(project: Path) -> None:
    frames, titles = data.example_records({"target": open_dataset("target")}, 2, years=1)
    assert list(frames) == ["target: 0001", "target: 0003"]
    assert titles["target: 0003"] == "target: 0003, 2000 to 2001"
    for frame in frames.values():
        assert list(frame) == ["prcp", "observed"]
        assert pd.Timedelta(364, "D") < frame.index[-1] - frame.index[0] < pd.Timedelta(366, "D")
        assert np.isfinite(frame["observed"].iloc[-1])


def test_basins_of_the_study_each_once(published: Path) -> None:
    assert data.study_basins()["basin"].tolist() == ["a", "b"]
    check = {"source": "donor", "dataset": "donor", "basins": ["x", "y"], "nse": [0.5, None]}
    path = published / "results" / "source" / "conus-check.json"
    path.parent.mkdir()
    path.write_text(json.dumps(check), encoding="utf-8")
    assert source.check_record() is not None
    study = data.study_basins()
    # the region without attributes repeats the target's basins
    assert study[["experiment", "basin"]].to_numpy().tolist() == [
        ["source model", "x"],
        ["source model", "y"],
        ["target: the target", "a"],
        ["target: the target", "b"],
    ]
    assert study["longitude"].isna().all()


def test_tables_of_variables_follow_the_files() -> None:
    forcing: Any = variables.forcing_table().set_index("variable")
    assert forcing.loc["vp", "paper's Table S1"] == "CAMELS"
    assert forcing.loc["wind", "paper's Table S1"] == "CAMELS-GB"
    assert forcing.loc["pet_modis", "paper's Table S1"] == "CAMELS-CL"
    assert forcing.loc["srad", "unit"] == "W/m2"
    assert "India" in forcing.loc["tmin", "used here by"]
    assert "Wales" not in forcing.loc["tmin", "used here by"]
    inputs: Any = variables.inputs_table()
    rivers = "Wales, 49 rivers; Great Britain, 5 rivers"
    (position,) = np.flatnonzero(inputs["experiment"] == rivers)
    row = inputs.iloc[position]
    listed = load_manifest()["camels_gb_packed"].attributes.table_s1
    static = load_region("gb-49").inputs.static
    assert row["attributes"] == len(static)
    assert row["of Table S1"] == f"{len([n for n in listed if n in static])} of {len(listed)}"
    # q_mean, runoff_ratio, stream_elas, baseflow_index, Q5 and Q95; frac_snow is no input of S1
    assert (row["left out"], row["of these from flow"], row["others"]) == (24, 6, 1)
    attributes: Any = variables.attribute_table().set_index(["data set", "attribute"])
    assert attributes.loc[("camels_us_packed", "elev_mean"), "meaning, unit"] == "mean elevation, m"
    assert attributes.loc[("camels_gb_packed", "Q95"), "from flow"] == "yes"
    assert attributes.loc[("camels_gb_packed", "bulkdens"), "used here by"] == "–"
    assert "Wales" in attributes.loc[("camels_gb_packed", "frac_snow"), "used here by"]


def test_papers_forcings_are_variables_of_its_data_sets() -> None:
    published = load_paper().table_s1
    assert {name: len(entry.forcing) for name, entry in published.items()} == {
        "CAMELS": 6,
        "CHINA-MR": 4,
        "CAMELS-CL": 4,
        "CAMELS-GB": 6,
    }
    for entry in published.values():
        assert set(entry.forcing) <= set(load_manifest()[entry.dataset].forcings)
    for key, dataset in load_manifest().datasets.items():
        roles = dataset.attributes
        for name in roles.table_s1 if roles.about else []:
            assert name in roles.about, (key, name)


def test_a_page_says_how_to_compute_it_again(project: Path) -> None:
    address = {"repository": {"url": "https://github.com/someone/rivers"}}
    write_yaml(project / "_config.yml", address)
    text = rerun.check("donor", "02-source").data
    assert "\nhydrotl check donor\npapermill notebooks/02-source.ipynb" in text
    assert "%env HYDROTL_DATA=" in text
    assert "!hydrotl check donor" in text
    text = rerun.region("target", "03-transfer", {"region": "target", "updates": 0}).data
    assert "\nhydrotl sweep paper --region target\n" in text
    assert "-p region target -p updates 0" in text
    assert "`region = 'target'`, `updates = 0`" in text
