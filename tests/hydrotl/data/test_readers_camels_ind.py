"""CAMELS-IND: the published layout (fixture) and the plain CSV copy of five basins (real)."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from hydrotl.data.catalog import open_dataset
from hydrotl.data.manifest import Manifest, own_dataset
from hydrotl_core.errors import DataError
from tests.real_data import real
from tests.synthetic import ROOT

FIXTURE = ROOT / "tests" / "fixtures" / "camels_ind"
VARIABLES = {
    "prcp": ("prcp(mm/day)", "mm/day"),
    "tmax": ("tmax(C)", "degC"),
    "tmin": ("tmin(C)", "degC"),
    "srad": ("srad_sw(w/m2)", "W/m2"),
    "rel_humidity": ("rel_hum(%)", "%"),
    "pet": ("pet(mm/day)", "mm/day"),
    "streamflow": ("streamflow_observed", "m3/s"),
}


def read(folder: Path, basins=None, variables=VARIABLES, **changed) -> xr.Dataset:
    settings = {
        "reader": "camels_ind",
        "attributes": {"id_column": "gauge_id", "area": "cwc_area", "latitude": "cwc_lat"},
    } | changed
    dataset = own_dataset(folder, variables, **settings)
    return open_dataset("ind", basins, manifest=Manifest(version=1, datasets={"ind": dataset}))


def test_published_layout():
    ds = read(FIXTURE)
    assert ds["basin"].values.tolist() == ["03999", "15999"]  # the zero is put back
    # 100 m3/s over 8640 km2 and 10 m3/s over 864 km2 are 1 mm/day.
    flow = ds["streamflow"]
    np.testing.assert_allclose(flow[0], [1, 1, 1, 1, 1, np.nan, 1, 1, 1, 1], rtol=1e-6)
    np.testing.assert_allclose(flow[1], np.arange(1, 11), rtol=1e-6)
    np.testing.assert_allclose(ds["prcp"].sel(time="2000-02-29"), [4, 8])
    np.testing.assert_allclose(ds["pet"][0, :3], [np.nan, np.nan, 4])
    assert ds["cwc_site_name"].values.tolist() == ["Invented One", "Invented Two"]


def test_selection_of_a_basin():
    assert read(FIXTURE, ["15999"])["cwc_area"].values.tolist() == [864.0]
    with pytest.raises(DataError, match="did you mean '03999'"):
        read(FIXTURE, ["3999"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FIXTURE, tmp_path / "ind"))


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("catchment_mean_forcings/03999.csv", "tmax(C)", "tx", r"03999\.csv: no column 'tmax"),
        (
            "catchment_mean_forcings/03999.csv",
            "2000,2,29",
            "2000,2,31",
            "line 6, columns year, month, day: '2000-02-31' is not a date",
        ),
        (
            "streamflow_timeseries/streamflow_observed.csv",
            "15999",
            "3999",
            "more than one column",
        ),
        (
            "streamflow_timeseries/streamflow_observed.csv",
            "15999",
            "16001",
            r"no basin '15999'|.*forcing and flow",
        ),
        ("attributes_csv/camels_ind_topo.csv", "864,870", "0,870", "basin 15999, 'cwc_area'"),
    ],
)
def test_damaged_files(folder, name, old, new, message):
    path = folder / name
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))
    with pytest.raises(DataError, match=message):
        read(folder, ["03999", "15999"])


def test_crossed_temperatures(folder):
    path = folder / "catchment_mean_forcings" / "03999.csv"
    path.write_text(path.read_text().replace("2000,2,29,4,34,24", "2000,2,29,4,9.13,21.94"))
    with pytest.raises(DataError, match="tmin is above tmax at basin 03999, 2000-02-29"):
        read(folder)
    ds = read(folder, options={"tmin_above_tmax": "nan"})
    assert ds["tmax"].attrs["missing_days"] == ds["tmin"].attrs["missing_days"] == 1


def test_absent_files(folder):
    shutil.rmtree(folder / "attributes_csv")
    with pytest.raises(DataError, match="attributes_csv: no attribute tables"):
        read(folder)
    (folder / "streamflow_timeseries" / "streamflow_observed.csv").unlink()
    with pytest.raises(DataError, match=r"streamflow_observed\.csv: no such file"):
        read(folder)
    shutil.rmtree(folder / "catchment_mean_forcings")
    with pytest.raises(DataError, match="no file catchment_mean_forcings"):
        read(folder)


PLAIN = {
    "prcp": ("prcp_mm_day", "mm/day"),
    "tmax": ("tmax_degC", "degC"),
    "tmin": ("tmin_degC", "degC"),
    "srad": ("srad_W_m2", "W/m2"),
    "pet_gleam": ("pet_gleam_mm_day", "mm/day"),
}


def read_plain(flow: tuple[str, str], **options) -> xr.Dataset:
    return read(
        real("camels_ind"),
        variables=PLAIN | {"streamflow": flow},
        reader="generic",
        options={"attributes": "attributes.csv", **options},
    )


def test_plain_copy_of_five_basins():
    depth = read_plain(("streamflow_mm_day", "mm/day"), tmin_above_tmax="nan")
    volume = read_plain(("streamflow_m3_s", "m3/s"), tmin_above_tmax="nan")
    assert depth["basin"].values.tolist() == ["03005", "04003", "05001", "08001", "08003"]
    # The copy's depths are rounded to five decimals.
    np.testing.assert_allclose(volume["streamflow"], depth["streamflow"], rtol=1e-3, atol=1e-5)
    day = depth.sel(basin="03005", time="1996-02-29")
    assert [day[name].item() for name in PLAIN] == pytest.approx([0.36, 32.95, 15.71, 312.98, 3.32])
    p_mean = depth["prcp"].astype(float).mean("time")
    # The published means are of an earlier precipitation product: equal within 4 %.
    np.testing.assert_allclose(p_mean, depth["p_mean"], rtol=0.04)


def test_the_one_crossed_day_of_the_published_data_is_reported():
    with pytest.raises(DataError, match="tmin is above tmax at basin 05001, 2019-05-07"):
        read_plain(("streamflow_mm_day", "mm/day"))
