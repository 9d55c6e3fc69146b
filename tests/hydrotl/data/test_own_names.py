"""What names of columns and lines above a series say, and which of several columns is taken."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hydrotl.data.init import init_folder
from hydrotl.data.own import open_own
from hydrotl.data.sniff.basin_table import Table, table_of
from hydrotl.data.sniff.headers import heading_of
from hydrotl.data.sniff.places import area_of, number_in, said_of_station
from hydrotl.data.sniff.scales import units_of_files, weather_units
from hydrotl.data.sniff.sheet import Sheet, look
from hydrotl_core.errors import DataError
from tests.hydrotl.data.test_own import AREAS, weather


@pytest.mark.parametrize(
    ("name", "variable", "unit"),
    [
        ("Temp (max)", "tmax", None),
        ("Air temperature (minimum) [°C]", "tmin", "°C"),
        ("Temperature (min)", "tmin", None),
        ("T (2 m) (°C)", "tmean", "°C"),
        ("Discharge (mean)", "streamflow", None),
        ("Rain_mm (total)", "prcp", "mm"),
        ("precip_in", "prcp", "in"),
        ("Precipitation (mm) 24h", "prcp", "mm"),
        ("Rain (0.1 mm)", "prcp", "0.1 mm"),
        ("Temp (tenths of degC)", "tmean", "tenths of degC"),
        ("Q (Basel)", "streamflow", None),
        ("RH (-)", "rel_humidity", None),
        ("dayl (s)", "dayl", "s"),
    ],
)
def test_text_in_brackets_is_a_unit_or_more_of_the_name(name, variable, unit):
    said = heading_of(name)
    assert said is not None
    assert (said.variable, said.unit) == (variable, unit)


@pytest.mark.parametrize(
    "name",
    [
        *("Q (sim)", "Q_forecast", "Discharge (m3/s) (modelled)", "Discharge (min)", "Qmax (m3/s)"),
        *("Temperature (water)", "P (hPa)", "precipitation_hours", "precip_Type", "Precip (max)"),
        "precipitation_probability_max",
    ],
)
def test_what_is_not_measured_or_another_quantity_is_no_variable(name):
    assert heading_of(name) is None


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("Drainage area (square miles)", "sq mi"),
        ("Area (sq. miles)", "sq mi"),
        ("drain_area_va", "sq mi"),
        ("DRAIN_SQKM", "km2"),
        ("AreaSqKm", "km2"),
        ("Catchment area [km²]", "km2"),
        ("Einzugsgebiet in ha", "ha"),
        ("area_acres", "acres"),
        ("basin_km2", "km2"),
        ("Area m2", "m2"),
        ("Area (GIS)", None),
        ("area", None),
    ],
)
def test_areas_have_the_unit_of_their_name(name, unit):
    said = area_of(name)
    assert said is not None
    assert (said.plain, said.unit, said.odd) == (0, unit, "")


@pytest.mark.parametrize(
    "name",
    [
        *("forest_area_km2", "area_agri_km2", "lake_area", "Glacier area [%]", "urban_area_frac"),
        *("surface_water_pct", "impervious_area", "surface_runoff", "Area (m.a.s.l.)", "station"),
    ],
)
def test_parts_and_shares_are_no_area_of_a_basin(name):
    assert area_of(name) is None


@pytest.mark.parametrize(
    ("text", "decimal", "number"),
    [
        ("1,234.5", ".", 1234.5),
        ("1.234,5", ".", 1234.5),
        ("1 234,5", ".", 1234.5),
        ("1,234", ".", 1234.0),
        ("1,234", ",", 1.234),
        ("0.212", ",", 0.212),
        ("1.234.567", ".", 1234567.0),
    ],
)
def test_numbers_above_a_series_may_have_groups_of_digits(text, decimal, number):
    assert number_in(text, decimal) == number


def above(*lines: str) -> tuple[dict[str, float], list[str]]:
    names, rows = ["date", "q"], pd.DataFrame()
    sheet = Sheet(Path("a.csv"), "utf-8", ",", "#", 1, 0, names, rows, [], list(lines))
    return said_of_station(sheet)


def test_lines_above_a_series_are_read_with_their_units() -> None:
    found, unclear = above(
        "# Drainage area: 82.0 square miles",
        "# Latitude: 33°27'36\" S",
        "# Longitude: 71.5 W",
        "# Elevation: 1000 ft",
    )
    assert found == pytest.approx(
        {"area_km2": 82 * 2.589988110336, "latitude": -33.46, "longitude": -71.5}
        | {"elevation_m": 304.8}
    )
    assert not unclear
    assert above("# Catchment area (ha): 21240")[0] == pytest.approx({"area_km2": 212.4})
    both = {"latitude": 46.85, "longitude": -105.1}
    assert above("Latitude: 46.85  Longitude: -105.1")[0] == both
    assert above("# Lat = 46.85, Lon = -105.1")[0] == both
    assert above("# Latitude: S 12.5")[0] == {"latitude": -12.5}


def table_of_areas(folder: Path, text: str) -> Table:
    (folder / "basins.csv").write_text(text, encoding="utf-8")
    found = table_of(look(folder / "basins.csv"), "basins.csv")
    assert found is not None
    return found


def test_of_two_areas_the_plainer_is_taken_and_the_other_said_unless_they_agree(tmp_path) -> None:
    rows = "a,38.61,100,47\nb,77.22,200,48\n"
    found = table_of_areas(tmp_path, f"id,area_sqmi,area_km2,lat\n{rows}")
    assert found.places["area_km2"] == ("area_sqmi", "sq mi")
    assert not found.guessed, "100 km2 are 38.61 square miles"
    found = table_of_areas(tmp_path, f"id,DRAINAGE_AREA_EFFECT,DRAINAGE_AREA_GROSS,lat\n{rows}")
    assert found.places["area_km2"] == ("DRAINAGE_AREA_GROSS", None)
    assert "it may be 'DRAINAGE_AREA_EFFECT' as well" in found.guessed[0]


def test_what_is_not_understood_above_a_series_is_not_used_and_said() -> None:
    for line in ("Area: 120 rai", "Latitude: 465100", "Latitude: 46 51 00"):
        found, (said,) = above(f"# {line}")
        assert not found
        assert f"'{line}' is not understood" in said


def test_temperatures_of_a_file_in_other_degrees_are_told_by_the_other_files() -> None:
    rng = np.random.default_rng(1)
    celsius = [10 + 12 * np.sin(np.arange(1460) / 58.1) + rng.normal(0, 3, 1460) for _ in "abc"]
    files = [{"tmax": celsius[0] * 1.8 + 32}, {"tmax": celsius[1]}, {"tmax": celsius[2] * 1.8 + 32}]
    units = [one["tmax"] for one in units_of_files(files)]
    assert [one.unit for one in units] == ["degF", "degC", "degF"]
    assert "not as elsewhere" in units[1].why


def test_rain_is_in_tenths_or_inches_if_the_temperatures_say_so() -> None:
    rng = np.random.default_rng(2)
    rain = np.round(rng.gamma(0.6, 12.0, 2000) * (rng.random(2000) < 0.5), 1)
    warm = np.round(10 + 8 * np.sin(np.arange(2000) / 58.1), 1)
    tenths = weather_units({"prcp": [np.round(rain * 10)], "tmax": [np.round(warm * 10)]})["prcp"]
    assert (tenths.unit, tenths.scale) == ("mm/day", 0.1)
    assert "as the temperatures are" in tenths.why
    inches = weather_units({"prcp": [np.round(rain / 25.4, 2)]}, ["degF"])["prcp"]
    assert (inches.unit, inches.scale) == ("inch/day", 1.0)
    plain = weather_units({"prcp": [rain], "tmax": [warm]})["prcp"]
    assert (plain.unit, plain.scale, plain.why) == ("mm/day", 1.0, "")


def test_basins_of_one_file_whose_periods_follow_are_two(tmp_path: Path) -> None:
    first, second = (weather(seed=k) for k in range(2))
    second.index = second.index + pd.Timedelta(days=len(first))
    for one, basin in zip((first, second), AREAS, strict=True):
        one["station"] = basin
    both = pd.concat([first, second]).rename_axis("date")
    both = both.rename(columns={"rain": "rain (mm)", "warm": "temp (C)", "flow": "q (mm/d)"})
    both.to_csv(tmp_path / "all.csv")
    assert init_folder(tmp_path).basins == sorted(AREAS)


def test_an_area_without_unit_among_american_ones_is_said(tmp_path: Path) -> None:
    one = weather()
    cubic = one["flow"] * AREAS["upper"] / 86.4 / 0.3048**3
    table = pd.DataFrame({"rain (mm)": one["rain"], "temp (C)": one["warm"], "q (cfs)": cubic})
    table.rename_axis("date").to_csv(tmp_path / "upper.csv")
    (tmp_path / "basins.csv").write_text("id,area,lat\nupper,100,47\n", encoding="utf-8")
    assert any("no unit is stated of 'area'" in said for said in init_folder(tmp_path).guessed)
    np.testing.assert_allclose(open_own(tmp_path)["streamflow"][0], one["flow"], rtol=1e-5)


@pytest.mark.parametrize("unit", ["mm*10", "10 mm"])
def test_a_unit_of_netcdf_that_is_not_understood_is_an_error(unit: str, tmp_path: Path) -> None:
    ds = weather().rename_axis("time").to_xarray()
    ds["rain"].attrs["units"] = unit
    ds.to_netcdf(tmp_path / "upper.nc")
    with pytest.raises(DataError, match=r"upper\.nc: unit '.*' of column 'rain' is not understood"):
        init_folder(tmp_path)
