"""CAMELS-US as published: real NLDAS and Maurer files, a Daymet file in the published form."""

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

FIXTURE = ROOT / "tests" / "fixtures" / "camels_us_daymet"
UNITS = {
    "dayl": "s",
    "prcp": "mm/day",
    "srad": "W/m2",
    "swe": "mm",
    "tmax": "C",
    "tmin": "C",
    "vp": "Pa",
}
NATIVE_NLDAS = {
    "dayl": "Dayl(s)",
    "prcp": "PRCP(mm/day)",
    "srad": "SRAD(W/m2)",
    "swe": "SWE(mm)",
    "tmax": "Tmax(C)",
    "tmin": "Tmin(C)",
    "vp": "Vp(Pa)",
}


def read(folder: Path, forcing: str, basins=None, start=None, end=None, gaps="error") -> xr.Dataset:
    natives = {name: f"{name}({unit})" for name, unit in UNITS.items()}
    if forcing == "nldas":
        natives = NATIVE_NLDAS
    variables = {name: (natives[name], unit) for name, unit in UNITS.items()}
    dataset = own_dataset(
        folder,
        variables | {"streamflow": ("flow", "ft3/s")},
        reader="camels_us",
        options={"forcing": forcing, "gaps": gaps},
        missing=[-999],
        attributes={"id_column": "gauge_id", "area": "area_gages2", "latitude": "gauge_lat"},
    )
    return open_dataset("us", basins, start, end, Manifest(version=1, datasets={"us": dataset}))


def test_mean_flow_is_the_published_one():
    folder = real("native/camels_us")
    ds = read(folder, "nldas", ["01022500"], "1989-10-01", "2009-10-01")
    flow = ds["streamflow"].sel(basin="01022500")
    assert not flow.isnull().any()
    assert flow.mean().item() == pytest.approx(ds["q_mean"].item(), rel=1e-3)


def test_hand_read_rows():
    folder = real("native/camels_us")
    nldas = read(folder, "nldas", ["01022500"]).sel(time="1996-02-29", basin="01022500")
    expected = {"dayl": 39062.68, "prcp": 1.66, "srad": 272.7, "tmax": -4.05, "vp": 371.89}
    for name, value in expected.items():
        assert nldas[name].item() == pytest.approx(value, rel=1e-6)
    # 837 cfs over 573.6 km2.
    depth = 837 * 0.0283168466 * 86.4 / 573.6
    assert nldas["streamflow"].item() == pytest.approx(depth, rel=1e-6)
    maurer = read(folder, "maurer_extended", ["01022500"]).sel(time="1996-02-29")
    assert maurer["tmax"].item() == pytest.approx(3.91)
    assert maurer["tmin"].item() == pytest.approx(-11.29)


def test_all_basins_tables_and_missing_flow():
    ds = read(real("native/camels_us"), "nldas")
    assert ds.sizes["basin"] == 19
    assert ds["basin"].values[0] == "01013500"
    assert (ds["tmin"] == ds["tmax"]).where(ds["tmin"].notnull(), True).all()
    assert ds["huc_02"].sel(basin="12010000").item() == "17"
    assert ds["huc_02"].sel(basin="01022500").item() == "01"
    assert ds["area_gages2"].sel(basin="01022500").item() == 573.6
    assert ds["dom_land_cover"].sel(basin="01013500").item().strip() == "Mixed Forests"
    assert np.isnan(ds["root_depth_50"].sel(basin="01013500").item())
    assert np.isnan(ds["streamflow"].sel(basin="01022500", time="2014-12-31").item())


def test_packed_copy_equals_the_published_files():
    folder = real("native/camels_us")
    real("camels_us.nc")
    entry = own_dataset(
        folder.parents[1],
        {name: (name, unit) for name, unit in UNITS.items() if name != "swe"}
        | {"streamflow": ("streamflow", "mm/day")},
        options={"series": "camels_us.nc", "attributes": "camels_us_attributes.csv"},
    )
    manifest = Manifest(version=1, datasets={"packed": entry})
    native = read(folder, "maurer_extended", start="1980-01-01", end="2009-01-01")
    packed = open_dataset("packed", native["basin"].values.tolist(), manifest=manifest)
    assert packed.indexes["time"].equals(native.indexes["time"])
    steps = {"dayl": 4, "prcp": 0.01, "srad": 0.1, "tmax": 0.01, "tmin": 0.01, "vp": 1}
    for name, step in steps.items():
        assert float(abs(packed[name] - native[name]).max()) <= 0.51 * step
    both = native["streamflow"].notnull() & packed["streamflow"].notnull()
    assert int(both.sum()) > 20000
    relative = abs(packed["streamflow"] / native["streamflow"] - 1).where(native["streamflow"] > 0)
    assert float(relative.max()) < 2.0**-11
    np.testing.assert_array_equal(native["q_mean"], packed["q_mean"])


def test_daymet_in_the_published_form():
    ds = read(FIXTURE, "daymet").sel(basin="09999901")
    assert ds.sizes["time"] == 10
    leap = ds.sel(time="2000-02-29")
    assert leap["prcp"].item() == pytest.approx(6.0)
    assert leap["tmin"].item() == pytest.approx(-1.0)
    # 50 cfs over 100 km2.
    assert leap["streamflow"].item() == pytest.approx(50 * 0.0283168466 * 0.864, rel=1e-6)
    assert np.isnan(ds["streamflow"].sel(time="2000-02-28").item())
    assert ds["gauge_name"].item() == "Invented Brook near Nowhere"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FIXTURE, tmp_path / "us"))


FORCING = "basin_mean_forcing/daymet/01/09999901_lump_cida_forcing_leap.txt"
FLOW = "usgs_streamflow/01/09999901_streamflow_qc.txt"


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (FORCING, "prcp(mm/day)", "rain(mm/day)", r"forcing_leap\.txt: no column 'prcp"),
        (
            FORCING,
            "2000 02 29 12",
            "2000 02 30 12",
            "line 9, columns Year, Mnth, Day: '2000-02-30'",
        ),
        (FORCING, "2000 02 29 12", "2000 02 28 12", "line 9: 2000-02-28 occurs twice"),
        (FORCING, "\t6.00\t204", "\t-999\t204", None),
        (FORCING, "\t6.00\t204", "\twet\t204", "line 9, column 'prcp.*': 'wet' is not a number"),
        (FORCING, "\t6.00\t204", "\t204", "line 9: 10 fields where 11 belong"),
        (FLOW, "2000 02 29", "2000 02 28", "line 5: 2000-02-28 occurs twice"),
        (FLOW, "09999901 2000 02 29", "09999902 2000 02 29", "line 5: flow of basin 09999902 in"),
        (FLOW, "-999.00 M", "-888.00 M", "'streamflow' is negative at basin 09999901, 2000-02-28"),
        (FLOW, "50.00 A", "50.00", "line 5: 5 fields where 6 belong"),
        (
            "camels_attributes_v2.0/camels_topo.txt",
            "09999901;",
            "9999901;",
            "without attributes, first 09999901",
        ),
        (
            "camels_attributes_v2.0/camels_topo.txt",
            "100.0;",
            "0;",
            r"basin 09999901, 'area_gages2' needs the basin area in km2, which is 0\.0",
        ),
    ],
)
def test_damaged_files(folder, name, old, new, message):
    path = folder / name
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))
    if name.endswith("topo.txt") and "9999901;" in new:
        (folder / "camels_attributes_v2.0" / "camels_name.txt").unlink()
    if message is None:
        assert np.isnan(read(folder, "daymet")["prcp"].values[0, 4])
        return
    with pytest.raises(DataError, match=message):
        read(folder, "daymet")


def test_missing_day_in_the_middle(folder):
    path = folder / FORCING
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:8] + lines[9:]))
    with pytest.raises(DataError, match=r"line 9: 1 day.s. missing between 2000-02-28"):
        read(folder, "daymet")
    with pytest.warns(UserWarning, match="taken as missing"):
        ds = read(folder, "daymet", gaps="nan")
    assert ds["prcp"].attrs["missing_days"] == 1


def test_absent_files(folder):
    with pytest.raises(DataError, match=r"no file basin_mean_forcing/nldas/\*/{basin}_lump_"):
        read(folder, "nldas")
    with pytest.raises(DataError, match="did you mean '09999901'"):
        read(folder, "daymet", ["9999901"])
    (folder / FLOW).unlink()
    with pytest.raises(DataError, match=r"09999901_streamflow_qc\.txt: no such file"):
        read(folder, "daymet")
    shutil.rmtree(folder / "camels_attributes_v2.0")
    with pytest.raises(DataError, match=r"camels_attributes_v2\.0: no attribute tables"):
        read(folder, "daymet")


def test_unknown_forcing():
    with pytest.raises(ConfigError, match="forcing: Input should be 'nldas'"):
        read(FIXTURE, "era5")
