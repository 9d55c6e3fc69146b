"""Sun and evaporation: the worked examples of FAO-56, other programs, hand calculation."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from hydrotl.data import evaporation as eva
from hydrotl_core.errors import DataError

YEAR = np.arange(1, 367)


# Allen et al. (1998), FAO Irrigation and Drainage Paper 56: examples 8, 17, 18 and 20.
@pytest.mark.parametrize(
    ("latitude", "day", "published", "tolerance"),
    [
        (-20.0, 246, 32.2, 0.05),
        (13.73, 105, 38.06, 0.006),
        (50.80, 187, 41.09, 0.006),
        (45.72, 196, 40.55, 0.006),
    ],
)
def test_radiation_of_the_fao_examples(
    latitude: float, day: int, published: float, tolerance: float
) -> None:
    found = eva.extraterrestrial_radiation(latitude, day)
    assert found == pytest.approx(published, abs=tolerance)


def test_day_length_of_example_9() -> None:
    """20 degrees south on 3 September, the place and day of example 8: 11.7 hours."""
    assert eva.day_length(-20.0, 246) == pytest.approx(11.7, abs=0.05)
    assert eva.day_length(0.0, YEAR) == pytest.approx(12.0)


def test_beyond_the_polar_circle() -> None:
    summer, winter = eva.extraterrestrial_radiation(80.0, np.array([172, 355]))
    assert winter == 0
    # The sun does not set: 24 h of sin(80 deg) sin(declination), declination 0.4090 rad.
    distance = 1 + 0.033 * np.cos(2 * np.pi * 172 / 365)
    expected = 1440 * 0.0820 * distance * np.sin(np.deg2rad(80)) * np.sin(0.4090)
    assert summer == pytest.approx(expected, rel=1e-3)
    assert eva.day_length(80.0, np.array([172, 355])).tolist() == [24.0, 0.0]


def test_impossible_latitude_is_an_error() -> None:
    for latitude in (np.array([40.0, 4000.0]), -90.5):
        for formula in (eva.extraterrestrial_radiation, eva.day_length):
            with pytest.raises(DataError, match="beyond 90 degrees"):
                formula(latitude, 1)
        with pytest.raises(DataError, match="beyond 90 degrees"):
            eva.oudin(10.0, 1, latitude)


def test_solar_radiation_of_examples_15_and_18() -> None:
    """Brussels, 100 m: Ra 41.09 gives Rso 30.90. Lyon in July, 14.8 to 26.6 degC: Rs 22.3."""
    assert eva.clear_sky_radiation(41.09, 100) == pytest.approx(30.90, abs=0.01)
    assert eva.hargreaves_radiation(14.8, 26.6, 40.6, 200) == pytest.approx(22.3, abs=0.05)
    assert eva.diurnal_range(22.3, 40.6) == pytest.approx(26.6 - 14.8, abs=0.06)


def test_radiation_stays_between_none_and_that_of_a_cloudless_day() -> None:
    assert eva.hargreaves_radiation(0.0, 40.0, 40.0, 0) == pytest.approx(30.0)
    assert eva.hargreaves_radiation(9.0, 8.0, 40.0, 0) == 0
    assert eva.diurnal_range(0.0, 0.0) == 0


def test_hargreaves_of_lyon_in_july() -> None:
    """FAO-56, example 20's station: 0.0023 x 38.5 x sqrt(11.8) x 40.55 / 2.45 by hand."""
    assert eva.hargreaves_samani(14.8, 26.6, 40.55) == pytest.approx(5.034, abs=2e-3)
    assert eva.hargreaves_samani(-30.0, -20.0, 5.0) == 0


def test_oudin_is_that_of_airgr() -> None:
    """``grsuite`` translates airGR's PE_Oudin line by line."""
    grsuite = pytest.importorskip("grsuite", reason="another implementation to compare with")
    latitudes = np.array([-90.0, -66.0, -33.0, 0.0, 17.4, 56.8, 75.0, 90.0])
    tmean = 8 + 20 * np.sin(YEAR / 50) + np.zeros((len(latitudes), 1))
    tmean[:, 100] = -5.0
    ours = eva.oudin(tmean, YEAR, latitudes[:, None])
    for row, latitude in enumerate(latitudes):
        theirs = grsuite.pe_oudin(YEAR, tmean[row], latitude, "deg")
        np.testing.assert_allclose(ours[row], theirs, rtol=0, atol=1e-12)
    assert (ours[:, 100] == 0).all(), "nothing evaporates at -5 degC"
    assert np.isnan(eva.oudin([np.nan, 10.0], 1, 45.0)).tolist() == [True, False]


def test_evaporation_as_in_lumod() -> None:
    from lumod.fluxes import pet_models

    days = pd.date_range("2001-01-01", "2001-12-31")
    numbers = days.day_of_year.to_numpy()
    season = np.sin(2 * np.pi * (numbers - 110) / 365)
    tmin, tmax = 2 + 9 * season, 12 + 11 * season
    low, high = (pd.Series(values, days) for values in (tmin, tmax))
    for latitude in (-33.0, 17.4, 56.8):
        radiation = eva.extraterrestrial_radiation(latitude, numbers)
        theirs = pet_models.pet_hargreaves(low, high, latitude).iloc[:, 0].to_numpy()
        ours = eva.hargreaves_samani(tmin, tmax, radiation)
        np.testing.assert_allclose(ours, np.maximum(theirs, 0), rtol=1e-3, atol=1e-6)
        theirs = pet_models.pet_oudin((low + high) / 2, latitude).to_numpy()
        ours = eva.oudin((tmin + tmax) / 2, numbers, latitude)
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-6)


def test_mean_temperature() -> None:
    ds = xr.Dataset({"tmin": ("time", [1.0, 2.0]), "tmax": ("time", [3.0, 8.0])})
    assert eva.mean_temperature(ds).values.tolist() == [2.0, 5.0]
    assert eva.mean_temperature(ds.assign(tmean=("time", [7.0, 7.0]))).values.tolist() == [7, 7]
    with pytest.raises(DataError, match="needs tmean"):
        eva.mean_temperature(ds[["tmin"]])
