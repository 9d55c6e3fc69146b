"""Facts of a basin, and its weather filled and completed after FAO-56 (Allen et al. 1998)."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from hydrotl.data.catalog import open_dataset
from hydrotl.data.evaporation import extraterrestrial_radiation
from hydrotl.data.manifest import load_manifest
from hydrotl.process_based.swat.inputs import (
    ELEVATION,
    SLOPE,
    Basin,
    basin_of,
    relative_humidity,
    saturation_pressure,
    weather_record,
)
from hydrotl_core.errors import DataError


def test_vapour_pressure_of_example_3() -> None:
    assert saturation_pressure(24.5) == pytest.approx(3.075, abs=0.0005)
    assert saturation_pressure(15.0) == pytest.approx(1.705, abs=0.0005)
    # Mean saturation pressure 2.39 kPa; the dew point taken at 15 degC.
    assert relative_humidity(15.0, 24.5) == pytest.approx(1.705 / 2.39, abs=0.001)


def data(**variables: list[float]) -> xr.Dataset:
    days = pd.date_range("2001-07-01", periods=4, freq="D")
    series = {name: ("time", np.array(values, np.float32)) for name, values in variables.items()}
    return xr.Dataset(series, coords={"time": days, "basin": "b"})


def test_gaps_are_filled_and_said() -> None:
    ds = data(
        prcp=[1.0, np.nan, 3.0, 4.0], tmin=[10, 11, np.nan, 13], tmax=[20, 21, 22, 23],
        srad=[200, 200, np.nan, 100],
    )  # fmt: skip
    weather, notes = weather_record(ds, 45.72, 200)
    assert weather["prcp"].tolist() == [1, 0, 3, 4]
    assert weather["tmin"].tolist() == [10, 11, 12, 13]
    # 1 W/m2 over a day is 0.0864 MJ/m2
    np.testing.assert_allclose(weather["srad"], [17.28, 17.28, 12.96, 8.64], rtol=1e-6)
    assert notes[:3] == [
        "prcp: 1 missing days count as dry",
        "tmin: 1 missing days were interpolated",
        "srad: 1 missing days were interpolated",
    ]


def test_record_is_the_span_with_rain_and_temperature() -> None:
    ds = data(prcp=[np.nan, 2, 3, 4], tmin=[10, 11, 12, np.nan], tmax=[20, 21, 22, 23])
    weather, _ = weather_record(ds, 45.72, 200)
    assert [day.strftime("%d") for day in pd.DatetimeIndex(weather.index)] == ["02", "03"]


def test_radiation_is_a_daylight_mean_with_daylength_and_cut_at_a_cloudless_sky() -> None:
    ds = data(
        prcp=[0] * 4, tmin=[10] * 4, tmax=[20] * 4, srad=[400, 400, 400, 900], dayl=[43200] * 4
    )
    weather, notes = weather_record(ds, 45.72, 200)
    assert weather["srad"].iloc[0] == pytest.approx(17.28)  # 400 W/m2 over 12 hours
    top = extraterrestrial_radiation(45.72, 185)
    assert weather["srad"].iloc[3] == pytest.approx(float(0.754 * top))
    assert "srad: cut to that of a cloudless day (FAO-56, eq. 37), 25% of days" in notes


def test_extremes_follow_from_radiation_or_a_stated_range() -> None:
    ds = data(prcp=[0] * 4, tmean=[20] * 4, srad=[22.3 / 0.0864] * 4)
    weather, notes = weather_record(ds, 45.72, 200)
    top = extraterrestrial_radiation(45.72, 182)
    spread = (weather["tmax"] - weather["tmin"]).iloc[0]
    assert 0.16 * np.sqrt(spread) * top == pytest.approx(22.3, rel=1e-5)
    assert (weather[["tmin", "tmax"]].mean(axis=1) - 20).abs().max() < 1e-9

    weather, notes = weather_record(ds.drop_vars("srad"), 45.72, 200, diurnal_range=9.0)
    assert weather["tmax"].tolist() == [24.5] * 4
    # 0.16 * 3 of the radiation at the top of the atmosphere
    assert weather["srad"].iloc[0] == pytest.approx(float(0.48 * top))
    assert notes[0] == "tmin, tmax: tmean and a constant range of 9 K"
    assert notes[1] == "srad: Hargreaves and Samani (FAO-56, eq. 50)"


def test_what_cannot_be_estimated_is_said() -> None:
    with pytest.raises(DataError, match="give the data set's entry in the manifest a `diurnal"):
        weather_record(data(prcp=[0] * 4, tmean=[20] * 4), 45.72, 200)
    with pytest.raises(DataError, match="needs rain and temperature"):
        weather_record(data(prcp=[0] * 4), 45.72, 200)
    with pytest.raises(DataError, match="no day with both"):
        weather_record(data(prcp=[1, np.nan] * 2, tmean=[np.nan, 1] * 2), 45.72, 200)


def test_attributes_become_a_basin() -> None:
    entry = load_manifest()["sample"]
    one = open_dataset("sample", basins=["girnock"]).isel(basin=0)
    basin, notes = basin_of(one, entry)
    assert (basin.elevation, basin.slope) == (ELEVATION, SLOPE)
    assert notes == ["elevation: not known, 0 m", "slope: not known, 0.05 m/m"]
    gb, ind = load_manifest()["camels_gb"], load_manifest()["camels_ind"]
    known = one.assign(area=30.0, elev_mean=404.0, dpsbar=42.3, cwc_area=30.0, slope_mean=3.9)
    basin, notes = basin_of(known, gb)
    assert (basin.area, basin.elevation, notes) == (30.0, 404.0, [])
    assert basin.slope == pytest.approx(0.0423)  # m/km
    assert basin_of(known.assign(cwc_lat=20.0), ind)[0].slope == pytest.approx(0.039)  # percent
    with pytest.raises(DataError, match="needs the latitude"):
        basin_of(one.drop_vars("gauge_lat"), entry)


@pytest.mark.parametrize(
    ("field", "value"),
    [("area", 0.0), ("area", float("nan")), ("latitude", 91.0), ("slope", 40.0)],
)
def test_impossible_basins_are_refused(field: str, value: float) -> None:
    facts = {"area": 10.0, "latitude": 40.0, "slope": 0.1, field: value}
    with pytest.raises(DataError, match=f"basin x: {field} is"):
        Basin("x", **facts)
