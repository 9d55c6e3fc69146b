"""The sample basins: their water balance is known, so units and areas must be right."""

import sys

import numpy as np
import pytest
import xarray as xr

from hydrotl.data.catalog import open_dataset
from hydrotl.data.manifest import Manifest, own_dataset
from hydrotl_core.errors import DataError

VARIABLES = {
    "prcp": ("prec", "mm/day"),
    "tmax": ("tmax", "degC"),
    "tmin": ("tmin", "degC"),
    "tmean": ("tmean", "degC"),
    "streamflow": ("qt", "m3/s"),
}


def read(tmp_path, basins=None, variables=VARIABLES) -> xr.Dataset:
    dataset = own_dataset(
        tmp_path,
        variables,
        reader="sample",
        attributes={"area": "area", "latitude": "gauge_lat"},
    )
    return open_dataset(
        "sample", basins, manifest=Manifest(version=1, datasets={"sample": dataset})
    )


def test_runoff_ratios(tmp_path):
    pytest.importorskip("lumod", reason="data: the sample basins come with lumod")
    ds = read(tmp_path)
    ratios = (ds["streamflow"].mean("time") / ds["prcp"].mean("time")).to_series()
    assert ratios["tamaulipas"] == pytest.approx(0.48, abs=0.005)
    assert ratios["sarapiqui"] == pytest.approx(0.89, abs=0.005)
    assert ratios["girnock"] == pytest.approx(0.59, abs=0.005)


def test_records_and_attributes(tmp_path):
    pytest.importorskip("lumod", reason="data: the sample basins come with lumod")
    ds = read(tmp_path, ["girnock", "sarapiqui"])
    assert ds["area"].values.tolist() == [30.0, 73.4]
    assert ds["gauge_lat"].values.tolist() == [57.016, 10.5]
    girnock = ds["prcp"].sel(basin="girnock").dropna("time")
    assert str(girnock["time"].values[0])[:10] == "2003-10-01"
    # 0.075 m3/s over 30 km2.
    first = ds["streamflow"].sel(basin="girnock", time="2003-10-01").item()
    assert first == pytest.approx(0.075 * 86.4 / 30, rel=1e-6)
    assert np.isnan(ds["prcp"].sel(basin="sarapiqui", time="2003-10-01").item())


def test_unknown_basin_and_column(tmp_path):
    pytest.importorskip("lumod", reason="data: the sample basins come with lumod")
    with pytest.raises(DataError, match="no basin 'thames'; there are 3: tamaulipas"):
        read(tmp_path, ["thames"])
    with pytest.raises(DataError, match=r"load_example\(1\): no column 'rain'"):
        read(tmp_path, variables=VARIABLES | {"prcp": ("rain", "mm/day")})


def test_package_that_is_not_installed(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "lumod", None)
    with pytest.raises(DataError, match="run `pip install lumod`"):
        read(tmp_path)
