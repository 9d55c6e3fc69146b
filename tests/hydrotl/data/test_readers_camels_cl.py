"""CAMELS-CL: the explorer's real files, and the wide tables of 2018 in the published form."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from hydrotl.data.catalog import open_dataset
from hydrotl.data.manifest import Manifest, own_dataset
from hydrotl_core.errors import ConfigError, DataError
from tests.real_data import real
from tests.synthetic import ROOT

FIXTURE = ROOT / "tests" / "fixtures" / "camels_cl_2018"


def read(folder: Path, variables, basins=None, **changed) -> xr.Dataset:
    dataset = own_dataset(folder, variables, **changed)
    return open_dataset("cl", basins, manifest=Manifest(version=1, datasets={"cl": dataset}))


EXPLORER = {
    "prcp": ("precip_cr2met_day", "mm/day"),
    "prcp_chirps": ("precip_chirps_day", "mm/day"),
    "tmax": ("tmax_cr2met_day", "degC"),
    "tmin": ("tmin_cr2met_day", "degC"),
    "pet_hargreaves": ("pet_hargreaves_day", "mm/day"),
    "streamflow": ("q_mm_day", "mm/day"),
}
EXPLORER_SETTINGS = {
    "reader": "camels_cl_explorer",
    "attributes": {"id_column": "gauge_id", "area": "area_km2", "latitude": "gauge_lat"},
}


def test_explorer_files_against_published_means():
    ds = read(real("native/camels_cl"), EXPLORER, **EXPLORER_SETTINGS).sel(basin="5410002")
    assert str(ds["time"].values[0])[:10] == "1979-01-01"
    years = ds.sel(time=slice("1979-04-01", "2010-03-31"))
    assert years["prcp"].mean().item() == pytest.approx(
        ds["p_mean_cr2met_1979_2010"].item(), rel=1e-3
    )
    assert years["streamflow"].mean().item() == pytest.approx(
        ds["q_mean_1979_2010"].item(), rel=5e-3
    )
    assert np.isnan(ds["prcp_chirps"].values[0])  # NA in the file
    assert ds["lc_dom_name"].item() == "lc_barren"


def test_explorer_flow_volume_over_area_is_the_published_depth():
    folder = real("native/camels_cl")
    depth = read(folder, EXPLORER, **EXPLORER_SETTINGS)["streamflow"]
    volumes = EXPLORER | {"streamflow": ("q_m3s_day", "m3/s")}
    converted = read(folder, volumes, **EXPLORER_SETTINGS)["streamflow"]
    assert converted.sel(time="1996-02-29").item() == pytest.approx(
        23.2 * 86.4 / 2113.423, rel=1e-6
    )
    np.testing.assert_allclose(converted, depth, rtol=1e-4)


def test_plain_csv_copy_equals_the_explorer_files():
    folder = real("native/camels_cl")
    copy = {
        "prcp": ("precip_cr2met", "mm/day"),
        "tmax": ("tmax_cr2met", "degC"),
        "tmin": ("tmin_cr2met", "degC"),
        "pet_hargreaves": ("pet_hargreaves", "mm/day"),
        "streamflow": ("streamflow_mm", "mm/day"),
    }
    native = read(folder, EXPLORER, **EXPLORER_SETTINGS)
    plain = read(real("camels_cl"), copy, ["5410002"]).sel(time=native["time"])
    for name in copy:
        # The copy keeps four decimals.
        np.testing.assert_allclose(plain[name], native[name], atol=6e-5)


WIDE = {
    "prcp": ("precip_cr2met", "mm/day"),
    "tmax": ("tmax_cr2met", "degC"),
    "tmin": ("tmin_cr2met", "degC"),
    "pet_modis": ("pet_8d_modis", "mm/day"),
    "streamflow": ("streamflow_mm", "mm/day"),
}


def read_wide(folder: Path, basins=None, composites=None, variables=WIDE, **changed) -> xr.Dataset:
    composites = {"pet_modis": 8} if composites is None else composites
    settings = {
        "reader": "camels_cl",
        "options": {"composites": composites},
        "attributes": {"id_column": "gauge_id", "area": "area", "latitude": "gauge_lat"},
    } | changed
    return read(folder, variables, basins, **settings)


def test_wide_tables():
    ds = read_wide(FIXTURE)
    assert ds["basin"].values.tolist() == ["1001001", "1001002"]
    np.testing.assert_allclose(ds["prcp"][0], 2.0 * np.arange(20))
    np.testing.assert_allclose(ds["streamflow"][1, :4], [np.nan, np.nan, 0.5, 0.5])
    assert ds["area"].values.tolist() == [1000.0, 250.5]
    assert ds["gauge_name"].values.tolist() == ["Rio Inventado", "Estero Ficticio"]
    np.testing.assert_allclose(ds["q_mean"], [np.nan, 0.5])


def test_composite_totals_become_daily_means():
    pet = read_wide(FIXTURE)["pet_modis"].sel(basin="1001001")
    # 18 mm from 26 December: six days to the end of the leap year; 40 mm over the next eight.
    expected = np.repeat(np.array([np.nan, 3.0, 5.0, 2.0]), [2, 6, 8, 4])
    np.testing.assert_allclose(pet.to_numpy(), expected)


def test_daily_values_are_no_composites():
    with pytest.raises(DataError, match="basin 1001001 has values on consecutive days"):
        read_wide(FIXTURE, composites={"prcp": 8})


def test_files_may_lie_directly_in_the_folder(tmp_path):
    for path in FIXTURE.glob("*/*.txt"):
        shutil.copy(path, tmp_path)
    xr.testing.assert_identical(read_wide(tmp_path), read_wide(FIXTURE))


def test_selection_of_a_basin():
    ds = read_wide(FIXTURE, ["1001002"])
    np.testing.assert_allclose(ds["tmin"], np.full((1, 20), -3.25))
    with pytest.raises(DataError, match="no basin '1001009'"):
        read_wide(FIXTURE, ["1001009"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FIXTURE, tmp_path / "cl"))


PRECIPITATION = "4_CAMELScl_precip_cr2met/4_CAMELScl_precip_cr2met.txt"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"1001002"', '"1001003"', r"4_CAMELScl_precip_cr2met\.txt: no basin '1001002'"),
        ('"1001002"', '"1001001"', "basin 1001001 has more than one column"),
        ('"gauge_id"', '"day"', "no column 'gauge_id'"),
        ('" 2.0"', '" dry"', "line 3, column '1001001': 'dry' is not a number"),
        ("2000-12-25", "2000-12-24", "line 3: 2000-12-24 occurs twice"),
        ("2000-12-25", "25-12-2000", "line 3, column 'gauge_id': '25-12-2000' is not a date"),
        ('"2000-12-25"\t" 2.0"\t" 0"\n', "", r"line 3: 1 day.s. missing"),
    ],
)
def test_damaged_wide_table(folder, old, new, message):
    path = folder / PRECIPITATION
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))
    with pytest.raises(DataError, match=message):
        read_wide(folder)


def test_absent_wide_table(folder):
    with pytest.raises(DataError, match=r"no files <number>_CAMELScl_swe\.txt, one is needed"):
        read_wide(folder, variables=WIDE | {"swe": ("swe", "mm")})
    with pytest.raises(ConfigError, match="composites"):
        read_wide(folder, composites={"pet_modis": 0})


@pytest.fixture
def download(tmp_path: Path) -> Path:
    """An explorer download of two invented basins."""
    (tmp_path / "catchment_attributes.csv").write_text(
        '"gauge_id","1","2","identifier"\n"gauge_name","Rio A, alto","Rio B","name"\n'
        '"area_km2","86.4","8.64","area (km2)"\n'
    )
    (tmp_path / "p_day.csv").write_text('"date","year","1","2"\n2001-01-01,"2001",1,2\n')
    (tmp_path / "q_day.csv").write_text('"date","2","1"\n2000-12-31,5,5\n2001-01-01,3,NA\n')
    return tmp_path


TWO = {"prcp": ("p_day", "mm/day"), "streamflow": ("q_day", "m3/s")}


def test_explorer_download_of_two_basins(download):
    ds = read(download, TWO, **EXPLORER_SETTINGS)
    np.testing.assert_allclose(ds["prcp"], [[1], [2]])
    np.testing.assert_allclose(ds["streamflow"], [[np.nan], [30.0]], rtol=1e-6)
    assert ds["gauge_name"].values.tolist() == ["Rio A, alto", "Rio B"]


def test_a_last_line_that_one_of_several_files_lacks_is_said(download):
    days = "".join(f"2001-01-0{day},1,2\n" for day in (1, 2, 3))
    (download / "p_day.csv").write_text('"date","1","2"\n' + days)
    (download / "t_day.csv").write_text('"date","1","2"\n' + days[: -len("2001-01-03,1,2\n")])
    variables = {"prcp": ("p_day", "mm/day"), "tmean": ("t_day", "degC")}
    with pytest.warns(UserWarning, match="'tmean' ends on 2001-01-02 and 'prcp' on 2001-01-03"):
        ds = read(download, variables, **EXPLORER_SETTINGS)
    np.testing.assert_array_equal(ds["tmean"][0], [1, 1, np.nan])


def test_damaged_explorer_download(download):
    (download / "p_day.csv").write_text('"date","1"\n2001-01-01,1\n')
    with pytest.raises(DataError, match=r"p_day\.csv: no basin '2'"):
        read(download, TWO, **EXPLORER_SETTINGS)
    (download / "p_day.csv").unlink()
    with pytest.raises(DataError, match=r"p_day\.csv: no such file"):
        read(download, TWO, **EXPLORER_SETTINGS)
    (download / "catchment_attributes.csv").write_text('"gauge_id","1"\n')
    with pytest.raises(DataError, match="2 columns, not name, value"):
        read(download, TWO, **EXPLORER_SETTINGS)
