"""Estimates of weather against the worked examples of FAO-56 (Allen et al. 1998)."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from hydrotl.process_based.swat import estimates as fao
from hydrotl.process_based.swat.forcing import weather_record
from hydrotl_core.errors import DataError


def test_extraterrestrial_radiation_of_example_8() -> None:
    # 20 degrees south on 3 September (day 246): 32.2 MJ m-2 day-1.
    assert fao.extraterrestrial_radiation(-20, 246) == pytest.approx(32.2, abs=0.05)


@pytest.mark.parametrize(
    ("place", "latitude", "day", "expected"),
    [("Lyon, 15 July", 45.72, 196, 40.6), ("Bangkok, 15 April", 13.73, 105, 38.06)],
)
def test_extraterrestrial_radiation_of_examples_15_and_17(
    place: str, latitude: float, day: int, expected: float
) -> None:
    found = fao.extraterrestrial_radiation(latitude, day)
    assert found == pytest.approx(expected, abs=0.06), place


def test_the_sun_stays_away_in_the_polar_night() -> None:
    assert fao.extraterrestrial_radiation(80, 1) == pytest.approx(0, abs=1e-9)
    assert fao.extraterrestrial_radiation(80, 172) > 40


def test_clear_sky_radiation_of_example_18() -> None:
    # Brussels (100 m, 50.8N, 6 July): Ra 41.09, Rso 30.90 MJ m-2 day-1.
    top = fao.extraterrestrial_radiation(50.8, 187)
    assert top == pytest.approx(41.09, abs=0.05)
    assert fao.clear_sky_radiation(41.09, 100) == pytest.approx(30.90, abs=0.01)


def test_radiation_from_temperature_of_example_15() -> None:
    # Lyon, July: 14.8 to 26.6 degC, Ra 40.6: Rs 22.3 MJ m-2 day-1.
    assert fao.hargreaves_radiation(14.8, 26.6, 40.6, 200) == pytest.approx(22.3, abs=0.05)
    assert fao.diurnal_range(22.3, 40.6) == pytest.approx(26.6 - 14.8, abs=0.06)


def test_radiation_stays_below_that_of_a_cloudless_day() -> None:
    assert fao.hargreaves_radiation(0.0, 40.0, 40.0, 0) == pytest.approx(30.0)
    assert fao.hargreaves_radiation(9.0, 8.0, 40.0, 0) == 0
    assert fao.diurnal_range(0.0, 0.0) == 0


def test_vapour_pressure_of_example_3() -> None:
    assert fao.saturation_pressure(24.5) == pytest.approx(3.075, abs=0.0005)
    assert fao.saturation_pressure(15.0) == pytest.approx(1.705, abs=0.0005)
    # Mean saturation pressure 2.39 kPa; the dew point taken at 15 degC.
    assert fao.relative_humidity(15.0, 24.5) == pytest.approx(1.705 / 2.39, abs=0.001)


def basin(**variables: list[float]) -> xr.Dataset:
    days = pd.date_range("2001-07-01", periods=4, freq="D")
    series = {name: ("time", np.array(values, np.float32)) for name, values in variables.items()}
    return xr.Dataset(series, coords={"time": days, "basin": "b"})


def test_gaps_are_filled_and_said() -> None:
    ds = basin(
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
    ds = basin(prcp=[np.nan, 2, 3, 4], tmin=[10, 11, 12, np.nan], tmax=[20, 21, 22, 23])
    weather, _ = weather_record(ds, 45.72, 200)
    assert [day.strftime("%d") for day in pd.DatetimeIndex(weather.index)] == ["02", "03"]


def test_radiation_is_a_daylight_mean_with_daylength_and_cut_at_a_cloudless_sky() -> None:
    ds = basin(
        prcp=[0] * 4, tmin=[10] * 4, tmax=[20] * 4, srad=[400, 400, 400, 900], dayl=[43200] * 4
    )
    weather, notes = weather_record(ds, 45.72, 200)
    assert weather["srad"].iloc[0] == pytest.approx(17.28)  # 400 W/m2 over 12 hours
    top = fao.extraterrestrial_radiation(45.72, 185)
    assert weather["srad"].iloc[3] == pytest.approx(float(0.754 * top))
    assert "srad: cut to that of a cloudless day (FAO-56, eq. 37), 25% of days" in notes


def test_extremes_follow_from_radiation_or_a_stated_range() -> None:
    ds = basin(prcp=[0] * 4, tmean=[20] * 4, srad=[22.3 / 0.0864] * 4)
    weather, notes = weather_record(ds, 45.72, 200)
    top = fao.extraterrestrial_radiation(45.72, 182)
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
        weather_record(basin(prcp=[0] * 4, tmean=[20] * 4), 45.72, 200)
    with pytest.raises(DataError, match="needs rain and temperature"):
        weather_record(basin(prcp=[0] * 4), 45.72, 200)
    with pytest.raises(DataError, match="no day with both"):
        weather_record(basin(prcp=[1, np.nan] * 2, tmean=[np.nan, 1] * 2), 45.72, 200)
