"""Station forcing in the CMADS form: basin means by weight, and damaged files."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from hydrotl.data.catalog import open_dataset
from hydrotl.data.manifest import Manifest, own_dataset
from hydrotl_core.errors import ConfigError, DataError
from tests.synthetic import ROOT

FIXTURE = ROOT / "tests" / "fixtures" / "cmads"
VARIABLES = {
    "prcp": ("precipitation", "mm/day"),
    "tmax": ("tmax", "degC"),
    "tmin": ("tmin", "degC"),
    "srad": ("solar_radiation", "MJ/m2/day"),
    "streamflow": ("streamflow", "m3/s"),
}


def read(folder: Path, basins=None, variables=VARIABLES, **changed) -> xr.Dataset:
    settings = {
        "reader": "cmads",
        "missing": [-99],
        "attributes": {"id_column": "gauge_id", "area": "area", "latitude": "lat"},
    } | changed
    dataset = own_dataset(folder, variables, **settings)
    return open_dataset("mr", basins, manifest=Manifest(version=1, datasets={"mr": dataset}))


def test_basin_means_by_weight():
    ds = read(FIXTURE)
    assert ds["basin"].values.tolist() == ["mr1", "mr2"]
    assert str(ds["time"].values[0])[:10] == "2008-01-01"
    # Stations with i and 3i mm and the weights 30 and 10: (0.75 + 0.25 * 3) i.
    np.testing.assert_allclose(ds["prcp"].sel(basin="mr1"), 1.5 * np.arange(6))
    np.testing.assert_allclose(ds["prcp"].sel(basin="mr2"), 3.0 * np.arange(6))
    np.testing.assert_allclose(ds["tmax"].sel(basin="mr1"), 15 + np.arange(6))
    np.testing.assert_allclose(ds["tmin"].sel(basin="mr1"), 1.5 - np.arange(6))


def test_radiation_missing_at_one_station_is_missing_in_the_mean():
    # 8.64 and 25.92 MJ/m2 a day are 100 and 300 W/m2; -99 on the fifth day of the second.
    srad = read(FIXTURE)["srad"]
    np.testing.assert_allclose(srad[0], [150, 150, 150, 150, np.nan, 150], rtol=1e-6)
    np.testing.assert_allclose(srad[1], [300, 300, 300, 300, np.nan, 300], rtol=1e-6)


def test_flow_and_attributes():
    ds = read(FIXTURE)
    # 10 m3/s over 864 km2 is 1 mm/day.
    np.testing.assert_allclose(ds["streamflow"][0], np.arange(1, 7), rtol=1e-6)
    np.testing.assert_allclose(ds["streamflow"][1], [1, 1, np.nan, 1, 1, 1], rtol=1e-6)
    assert ds["lat"].values.tolist() == [31.5, 30.9]


def test_files_of_other_variables_are_not_needed():
    assert not (FIXTURE / "wind").exists()
    few = {name: VARIABLES[name] for name in ("prcp", "streamflow")}
    assert list(read(FIXTURE, ["mr2"], few).sizes.values()) == [1, 6]


def test_other_names_by_option(tmp_path):
    shutil.copytree(FIXTURE, tmp_path, dirs_exist_ok=True)
    (tmp_path / "precipitation").rename(tmp_path / "Precipitation-txt")
    options = {
        "series": [{"file": "Precipitation-txt/P{station}.txt", "columns": ["precipitation"]}]
    }
    few = {name: VARIABLES[name] for name in ("prcp", "streamflow")}
    assert read(tmp_path, variables=few, options=options)["prcp"].max().item() == 15.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FIXTURE, tmp_path / "mr"))


STATION = "precipitation/P100-200.txt"


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (STATION, "20080101", "2008-01", r"P100-200\.txt, line 1.*'2008-01' is not a date"),
        (STATION, "20080101", "20080102", "other station files of basin mr1 have"),
        (
            STATION,
            "5.00\n",
            "",
            r"P100-200\.txt: 2008-01-01 to 2008-01-05, but other station files",
        ),
        (STATION, "3.00", "wet", "line 5, column 'precipitation': 'wet' is not a number"),
        (STATION, "3.00", "3.00,4.00", "line 5: 2 fields where 1 belong"),
        (STATION, "3.00", "-9.00", "'prcp' is negative at basin mr1, 2008-01-04"),
        ("temperature/T100-200.txt", "13.00,-2.00", "13.00", "line 5: 1 fields where 2 belong"),
        ("temperature/T100-200.txt", "13.00,-2.00", "-30.00,50.00", "tmin is above tmax"),
        ("stations.csv", "mr1,100-200,30", "mr1,100-200,0", r"line 2: weight 0\.0 of station"),
        ("stations.csv", "mr1,100-200,30", "mr1,100-200,", "line 2: weight nan of station"),
        ("stations.csv", "mr1,100-200,30", "mr1,100-201,30", "line 3: station 100-201 twice"),
        ("stations.csv", "mr1,100-200,30", "mr1,,30", "line 2: no basin id or no station"),
        ("stations.csv", "mr1,100-200,30", "mr1,100-999,30", r"P100-999\.txt: no such file"),
        ("stations.csv", "weight", "share", "no column 'weight'"),
        ("attributes.csv", "mr1,864", "mr1,0", "basin mr1, 'area' needs the basin area"),
        ("streamflow/mr1.csv", "2008-01-03", "2008-01-02", "line 4: 2008-01-02 occurs twice"),
    ],
)
def test_damaged_files(folder, name, old, new, message):
    path = folder / name
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))
    with pytest.raises(DataError, match=message):
        read(folder)


def test_a_line_lost_from_one_of_the_quantities_is_noticed(folder):
    # No dates are written: all later days would be those before, and the last would be missing.
    path = folder / "temperature" / "T100-201.txt"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:3], *lines[4:], ""]))
    with pytest.raises(DataError, match=r"T100-201\.txt: 2008-01-01 to 2008-01-05, but other"):
        read(folder, ["mr2"])


def test_two_digit_years_and_other_first_days(folder):
    path = folder / STATION
    path.write_text(path.read_text().replace("20080101", "080101"))
    with pytest.raises(DataError, match=r"line 1, column 'first day': '080101' is not a date"):
        read(folder)


def test_absent_and_empty_files(folder):
    (folder / "streamflow" / "mr2.csv").unlink()
    with pytest.raises(DataError, match=r"mr2\.csv: no such file"):
        read(folder)
    (folder / STATION).write_text("20080101\n")
    with pytest.raises(DataError, match="no rows below line 1"):
        read(folder, ["mr1"])
    (folder / STATION).write_text("")
    with pytest.raises(DataError, match="is empty"):
        read(folder, ["mr1"])
    with pytest.raises(DataError, match="no basin 'mr3'"):
        read(folder, ["mr3"])


def test_native_name_that_no_file_holds():
    with pytest.raises(ConfigError, match="no station file holds 'rain'"):
        read(FIXTURE, variables=VARIABLES | {"prcp": ("rain", "mm/day")})


@pytest.mark.parametrize(("column", "name"), [("station", "../secret"), ("gauge_id", "a/b")])
def test_names_in_the_station_table_that_lead_elsewhere_are_refused(
    tmp_path: Path, column: str, name: str
) -> None:
    row = {"gauge_id": "river", "station": "100-20", "weight": "1"} | {column: name}
    shutil.copytree(FIXTURE, tmp_path / "data")
    table = tmp_path / "data" / "stations.csv"
    table.write_text(",".join(row) + "\n" + ",".join(row.values()) + "\n")
    with pytest.raises(DataError, match=rf"stations\.csv, line 2\) '{name}' cannot be part of"):
        read(tmp_path / "data")
