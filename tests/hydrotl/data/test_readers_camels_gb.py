"""CAMELS-GB as published: real files against published means and the packed copy."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from hydrotl.data.catalog import open_dataset
from hydrotl.data.manifest import Manifest, own_dataset
from hydrotl_core.errors import DataError
from tests.real_data import real

VARIABLES = {
    "prcp": ("precipitation", "mm/day"),
    "tmean": ("temperature", "degC"),
    "pet": ("pet", "mm/day"),
    "pet_interception": ("peti", "mm/day"),
    "humidity": ("humidity", "g/kg"),
    "srad": ("shortwave_rad", "W/m2"),
    "lrad": ("longwave_rad", "W/m2"),
    "wind": ("windspeed", "m/s"),
    "streamflow": ("discharge_spec", "mm/day"),
}


def read(folder: Path, basins=None, variables=VARIABLES, **options) -> xr.Dataset:
    dataset = own_dataset(
        folder,
        variables,
        reader="camels_gb",
        options=options,
        attributes={"id_column": "gauge_id", "area": "area", "latitude": "gauge_lat"},
    )
    return open_dataset("gb", basins, manifest=Manifest(version=1, datasets={"gb": dataset}))


def test_means_are_the_published_ones():
    # The published means cover 1970-10-01..2015-09-30 and are rounded to two decimals.
    ds = read(real("native/camels_gb"))
    assert ds.sizes["basin"] == 12
    for name, published in {"prcp": "p_mean", "pet": "pet_mean", "streamflow": "q_mean"}.items():
        difference = ds[name].astype(float).mean("time") - ds[published]
        assert float(abs(difference).max()) <= 0.0051


def test_hand_read_row():
    day = read(real("native/camels_gb"), ["10002"]).sel(time="1996-02-29", basin="10002")
    row = [2.17, 7.06, 0.85, 1.08, 5.11, 57.01, 313.27, 5.47, 1.24]
    assert [day[name].item() for name in VARIABLES] == pytest.approx(row, rel=1e-6)
    assert day["gauge_name"].item() == "Ugie at Inverugie"
    assert day["area"].item() == 325.72


def test_flow_volume_over_area_is_the_published_depth():
    folder = real("native/camels_gb")
    depth = read(folder, ["54017", "75003"])["streamflow"]
    volumes = VARIABLES | {"streamflow": ("discharge_vol", "m3/s")}
    converted = read(folder, ["54017", "75003"], volumes)["streamflow"]
    # Both columns are rounded to two decimals.
    assert converted.mean().item() == pytest.approx(depth.mean().item(), rel=2e-3)
    np.testing.assert_array_equal(np.isnan(converted), np.isnan(depth))


def test_packed_copy_equals_the_published_files():
    folder = real("native/camels_gb")
    real("camels_gb.nc")
    shared = {name: VARIABLES[name] for name in ("prcp", "tmean", "streamflow")}
    packed_entry = own_dataset(
        folder.parents[1],
        shared,
        options={"series": "camels_gb.nc", "attributes": "camels_gb_attributes.csv"},
    )
    manifest = Manifest(version=1, datasets={"packed": packed_entry})
    native = read(folder, variables=shared)
    packed = open_dataset("packed", native["basin"].values.tolist(), manifest=manifest)
    native = native.sel(time=packed["time"])
    for name in ("prcp", "tmean"):
        present = packed[name].notnull()
        assert float(present.mean()) > 0.9
        assert float(abs(packed[name] - native[name]).max()) < 1e-4
    both = packed["streamflow"].notnull() & native["streamflow"].notnull()
    assert float(both.mean()) > 0.9
    difference = abs(packed["streamflow"] - native["streamflow"]) / (native["streamflow"] + 0.01)
    assert float(difference.max()) < 1e-3
    np.testing.assert_allclose(packed["p_mean"], native["p_mean"])


HEADER = "date,precipitation,temperature,discharge_spec\n"
SMALL = {name: VARIABLES[name] for name in ("prcp", "tmean", "streamflow")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data" / "timeseries").mkdir(parents=True)
    series(tmp_path, "2000-01-01,1.0,5.0,NaN\n2000-01-02,0.0,4.0,0.5\n")
    table = "gauge_id,gauge_lat,area\n9001,55.0,10.5\n"
    (tmp_path / "data" / "CAMELS_GB_topographic_attributes.csv").write_text(table)
    return tmp_path


def series(folder: Path, rows: str, header: str = HEADER) -> None:
    name = "CAMELS_GB_hydromet_timeseries_9001_20000101-20000102.csv"
    (folder / "data" / "timeseries" / name).write_text(header + rows)


def test_small_file(folder):
    ds = read(folder, variables=SMALL)
    np.testing.assert_allclose(ds["streamflow"], [[np.nan, 0.5]])
    assert ds["basin"].values.tolist() == ["9001"]


@pytest.mark.parametrize(
    ("rows", "header", "message"),
    [
        ("2000-01-01,1,5\n", HEADER.replace(",discharge_spec", ""), "no column 'discharge_spec'"),
        ("", HEADER, "no rows below line 1"),
        ("", "", "is empty"),
        ("2000-01-01,1,x,0\n", HEADER, "line 2, column 'temperature': 'x' is not a number"),
        ("2000-01-01,1,1,0\n2000-01-03,1,1,0\n", HEADER, r"line 3: 1 day.s. missing"),
        ("2000-01-01,1,1,0\n2000-01-01,1,1,0\n", HEADER, "line 3: 2000-01-01 occurs twice"),
        ("01/01/2000,1,1,0\n", HEADER, "line 2, column 'date': '01/01/2000' is not a date"),
        (
            "2000-01-01,1,1,0\n2000-01-02,1,1,-9999\n",
            HEADER,
            "'streamflow' is negative at basin 9001",
        ),
    ],
)
def test_damaged_series(folder, rows, header, message):
    series(folder, rows, header)
    with pytest.raises(DataError, match=message):
        read(folder, variables=SMALL)


@pytest.mark.parametrize("rows", ["2000-01-01,1,1,0\n", "2000-01-02,1,1,0\n"])
def test_a_file_holds_the_days_in_its_name(folder, rows):
    series(folder, rows)
    with pytest.raises(DataError, match=r"holds 2000010\d to 2000010\d, not the days in its name"):
        read(folder, variables=SMALL)


def test_two_files_of_one_basin(folder):
    place = folder / "data" / "timeseries"
    old = next(place.glob("*.csv"))
    (place / old.name.replace("20000102", "20151231")).write_text(old.read_text())
    with pytest.raises(DataError, match="two files of basin 9001"):
        read(folder, variables=SMALL)


def test_absent_files(folder):
    with pytest.raises(DataError, match="no basin '9002'; there are 1: 9001"):
        read(folder, ["9002"], SMALL)
    (folder / "data" / "CAMELS_GB_topographic_attributes.csv").unlink()
    with pytest.raises(DataError, match="no attribute tables"):
        read(folder, variables=SMALL)
    with pytest.raises(DataError, match="no file data/timeseries/CAMELS_GB"):
        read(folder / "data", variables=SMALL)
