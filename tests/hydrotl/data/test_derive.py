"""Derived inputs and indices of climate, against published attributes and hand calculation."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from hydrotl.data.catalog import open_dataset
from hydrotl.data.climate import CLIMATE, with_climate
from hydrotl.data.derive import COMPUTED, derive
from hydrotl.data.evaporation import day_length, extraterrestrial_radiation, oudin
from hydrotl.data.evaporation import saturation_pressure as saturated
from hydrotl.data.manifest import Attributes, load_manifest
from hydrotl_core.errors import DataError
from tests.real_data import real
from tests.synthetic import canonical, period

ROLES = Attributes.model_validate(
    {
        "latitude": "latitude",
        "area": "area",
        "slope": {"native": "slope", "units": "%"},
        "forest": {"native": "oak + fir", "units": "%"},
        "lai": {"native": "leaves", "units": "fraction"},
    }
)


def basins() -> xr.Dataset:
    ds = canonical(n_basins=2, days=1000)
    tmean = ds["tmean"].values
    extremes = {
        name: (("basin", "time"), (tmean + shift).astype(np.float32), {"units": "degC"})
        for name, shift in (("tmin", -4.0), ("tmax", 6.0))
    }
    attributes = {
        "latitude": ("basin", [45.0, -20.0]),
        "oak": ("basin", [30.0, 5.0]),
        "fir": ("basin", [20.0, 0.0]),
    }
    return ds.drop_vars("tmean").assign(extremes).assign(attributes)


def test_what_follows_from_temperature_latitude_and_date() -> None:
    ds = basins()
    found = derive(ds, ROLES)
    day = pd.DatetimeIndex(ds["time"].values).day_of_year.to_numpy()
    mean = (ds["tmin"].values + ds["tmax"].values) / 2
    for row, latitude in enumerate((45.0, -20.0)):
        one = found.isel(basin=row)
        assert one["tmean"].values == pytest.approx(mean[row], abs=1e-4)
        assert one["day_length"].values == pytest.approx(day_length(latitude, day), abs=1e-4)
        # A W/m2 over a day is 0.0864 MJ/m2.
        top = extraterrestrial_radiation(latitude, day) / 0.0864
        assert one["toa"].values == pytest.approx(top, rel=1e-5)
        assert one["pet_oudin"].values == pytest.approx(oudin(mean[row], day, latitude), abs=1e-4)
    assert found["trange"].values == pytest.approx(np.full(mean.shape, 10.0), abs=1e-4)
    assert {found[name].attrs["units"] for name in ("day_length", "trange")} == {"h", "K"}
    assert found["streamflow"].identical(ds["streamflow"])


def test_land_has_one_name_and_unit_and_only_what_is_known() -> None:
    found = derive(basins(), ROLES)
    assert found["land_forest"].values == pytest.approx([0.5, 0.05])
    assert found["land_slope"].values == pytest.approx(basins()["slope"].values * 10)  # % to m/km
    assert found["land_area"].values == pytest.approx(basins()["area"].values)
    assert "land_lai" not in found
    assert "land_sand" not in found


def test_equal_extremes_are_no_range() -> None:
    """In one forcing product tmin is tmax on every day."""
    ds = basins()
    ds["tmax"][0] = ds["tmin"][0]
    found = derive(ds, ROLES)
    for name in ("trange", "srad_estimate", "vp_estimate"):
        assert np.isnan(found[name].values[0]).all()
        assert np.isfinite(found[name].values[1]).all()


@pytest.mark.parametrize(
    ("radiation", "factor"), [("daylight", 1.0), ("day", None), (None, np.nan)]
)
def test_radiation_is_the_mean_of_daylight(radiation: str | None, factor: float | None) -> None:
    """Of a mean of 24 hours, the same energy in the hours of daylight; else not known."""
    ds = basins()
    ds["srad"] = ("basin", "time"), np.full((2, 1000), 100.0, np.float32), {"units": "W/m2"}
    found = derive(ds, ROLES.model_copy(update={"radiation": radiation}))
    expected = 24 / found["day_length"].values if factor is None else factor
    assert found["srad"].values == pytest.approx(100 * expected * np.ones((2, 1000)), nan_ok=True)


def test_estimates_of_radiation_and_vapour_pressure() -> None:
    """FAO-56 equations 50 and 37, 11 and 48, by hand on one day of 45 degrees north."""
    ds = basins()
    found = derive(ds, ROLES)
    top = found["toa"].values[0, 200] * 0.0864
    by_hand = min(0.16 * np.sqrt(10) * top, 0.75 * top)
    daylight = by_hand / 0.0864 * 24 / found["day_length"].values[0, 200]
    assert found["srad_estimate"].values[0, 200] == pytest.approx(daylight, rel=1e-4)
    low = float(ds["tmin"].values[0, 200])
    pressure = 610.8 * np.exp(17.27 * low / (low + 237.3))
    assert found["vp_estimate"].values[0, 200] == pytest.approx(pressure, rel=1e-4)


def test_saturation_pressure_of_fao_example_3() -> None:
    """Allen et al. (1998), example 3: 15 degC 1.705 kPa, 24.5 degC 3.075 kPa."""
    assert saturated([15.0, 24.5]) == pytest.approx([1705, 3075], abs=1)


def test_what_cannot_be_done_without_is_named() -> None:
    ds = basins()
    with pytest.raises(DataError, match="prcp"):
        derive(ds.drop_vars("prcp"), ROLES)
    with pytest.raises(DataError, match="latitude"):
        derive(ds, Attributes())
    ds["latitude"][1] = np.nan
    with pytest.raises(DataError, match=r"latitude .*of basin 0002"):
        derive(ds, ROLES)
    with pytest.raises(DataError, match="tmean"):
        derive(basins().drop_vars("tmin"), ROLES)


def waves(years: int = 4) -> xr.Dataset:
    """Rain and temperature as sines of a year, rain two months before the warmth."""
    time = pd.date_range("2001-01-01", periods=365 * years + 1, freq="D", unit="ns")
    angle = 2 * np.pi * time.day_of_year.to_numpy() / 365.25
    rain = 3 + 1.5 * np.cos(angle - 2 * np.pi * 5 / 12)
    warmth = 5 + 12 * np.cos(angle - 2 * np.pi * 7 / 12)
    series = {"prcp": rain, "tmean": warmth, "pet_oudin": np.maximum(warmth, 0) / 5}
    return xr.Dataset(
        {name: (("basin", "time"), values[None]) for name, values in series.items()},
        coords={"basin": ["a"], "time": time},
    )


def test_indices_of_plain_sines() -> None:
    ds = waves()
    found = with_climate(ds, [period("2001-01-01", "2005-01-01")]).isel(basin=0)
    assert found["clim_prcp"] == pytest.approx(3.0, abs=2e-3)
    assert found["clim_tmean"] == pytest.approx(5.0, abs=0.02)
    assert found["clim_trange"] == pytest.approx(24.0, abs=0.02)
    assert found["clim_seasonality"] == pytest.approx(0.5, abs=2e-3)
    assert found["clim_phase"] == pytest.approx(np.cos(np.pi / 3), abs=2e-3)
    cold = ds["tmean"].values[0] < 0
    rain = ds["prcp"].values[0]
    days = np.arange(rain.size) < 1461
    assert found["clim_snow"] == pytest.approx(rain[cold & days].sum() / rain[days].sum())
    assert found["clim_wet"] == 0
    assert found["clim_dry"] == 0


def test_only_days_of_the_period_count() -> None:
    ds = waves()
    year = [period("2001-01-01", "2002-01-01")]
    before = with_climate(ds, year)
    ds["prcp"][:, 365:] = 99.0
    ds["tmean"][:, 365:] = -30.0
    after = with_climate(ds, year)
    for name in CLIMATE:
        assert after[name].identical(before[name])


def test_too_short_a_record_has_no_climate() -> None:
    found = with_climate(waves(), [period("2001-01-01", "2001-11-01")])
    assert all(np.isnan(found[name].values).all() for name in CLIMATE)


def test_published_indices_of_671_basins() -> None:
    """Addor et al. (2017), from Daymet and other years: the same climates, not the same numbers."""
    real("camels_us.nc")
    roles = load_manifest()["camels_us_packed"].attributes
    ds = derive(open_dataset("camels_us_packed", start="1989-10-01", end="2008-10-01"), roles)
    assert set(COMPUTED) < set(map(str, ds))
    found = with_climate(ds, [period("1989-10-01", "2008-10-01")] * ds.sizes["basin"])
    pairs = {
        "p_seasonality": (found["clim_seasonality"] * found["clim_phase"], 0.99),
        "frac_snow": (found["clim_snow"], 0.97),
        "p_mean": (found["clim_prcp"], 0.95),
        "low_prec_freq": (found["clim_dry"], 0.9),
        "high_prec_freq": (found["clim_wet"], 0.85),
    }
    for name, (computed, least) in pairs.items():
        assert np.corrcoef(computed.values, ds[name].values)[0, 1] > least, name
    assert np.median(np.abs(found["clim_prcp"].values - ds["p_mean"].values)) < 0.25
