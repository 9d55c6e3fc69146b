"""Slicing periods into rows, lead days, and what must never leak from the test period."""

import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr

from hydrotl_core.arrays import build_arrays, in_period, observed_flow
from hydrotl_core.errors import DataError
from hydrotl_core.scaling import Scale, Scaler
from hydrotl_core.training import train
from tests.synthetic import canonical, fitted, model_for, period, training

IDENTITY = Scale(mean=0.0, std=1.0)


def counted(days: int = 900, start: str = "2000-01-01", n_basins: int = 2) -> xr.Dataset:
    """Forcing that tells basin and day: 10000 * basin + day number; flow is its negative...

    ... plus half, so that neither can be taken for the other.
    """
    code = 10000.0 * np.arange(n_basins)[:, None] + np.arange(days)
    ds = xr.Dataset(
        {
            "tmean": (("basin", "time"), code.astype(np.float32)),
            "streamflow": (("basin", "time"), (code + 0.5).astype(np.float32)),
        },
        coords={
            "basin": [f"b{k}" for k in range(n_basins)],
            "time": pd.date_range(start, periods=days, unit="ns"),
        },
    )
    return ds


def unscaled() -> Scaler:
    return Scaler(dynamic={"tmean": IDENTITY}, static={}, streamflow=IDENTITY)


def test_in_period_is_end_exclusive() -> None:
    ds = counted(days=10)
    inside = in_period(ds, [period("2000-01-03", "2000-01-06"), period("2000-01-01", "2000-01-02")])
    assert np.flatnonzero(inside[0]).tolist() == [2, 3, 4]
    assert np.flatnonzero(inside[1]).tolist() == [0]


def test_five_years_have_1827_days() -> None:
    ds = counted(days=2000)
    periods = [period("2000-01-01", "2005-01-01")] * 2
    assert build_arrays(ds, unscaled(), periods, periods).n_days == 1827


def test_period_without_lead() -> None:
    periods = [period("2000-02-01", "2000-02-11")] * 2
    arrays = build_arrays(counted(), unscaled(), periods, periods)
    assert arrays.dynamic.shape == (2, 10, 1)
    assert arrays.dynamic.dtype == arrays.flow.dtype == arrays.static.dtype == np.float32
    np.testing.assert_array_equal(arrays.dynamic[1, :, 0], 10000 + np.arange(31, 41))
    np.testing.assert_array_equal(arrays.flow[1], 10000.5 + np.arange(31, 41))
    assert (arrays.n_basins, arrays.n_days, arrays.lead) == (2, 10, 0)
    assert arrays.basins == ["b0", "b1"]
    assert arrays.starts == [pd.Timestamp("2000-02-01")] * 2
    assert arrays.static.shape == (2, 0)
    np.testing.assert_array_equal(arrays.flow_scale, 1)


def test_lead_is_the_days_before_with_flow_hidden() -> None:
    periods = [period("2000-02-01", "2000-02-11")] * 2
    arrays = build_arrays(counted(), unscaled(), periods, periods, lead=20)
    np.testing.assert_array_equal(arrays.dynamic[0, :, 0], np.arange(11, 41))
    assert np.isnan(arrays.flow[:, :20]).all()
    np.testing.assert_array_equal(arrays.flow[0, 20:], 0.5 + np.arange(31, 41))
    assert (arrays.n_days, arrays.lead) == (10, 20)


def test_lead_before_the_record_repeats_its_first_year_backwards() -> None:
    periods = [period("2000-01-04", "2000-01-14")] * 2
    arrays = build_arrays(counted(), unscaled(), periods, periods, lead=370)
    # 370 days before day 3: day -367 is day -367 + 2 * 365 = 363 of the first year.
    expected = [363, 364, *range(365), 0, 1, 2, *range(3, 13)]
    np.testing.assert_array_equal(arrays.dynamic[0, :, 0], expected)


def test_lead_longer_than_a_short_record_repeats_all_of_it() -> None:
    periods = [period("2000-01-01", "2000-01-06")] * 2
    arrays = build_arrays(counted(days=5), unscaled(), periods, periods, lead=12)
    expected = [3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4]
    np.testing.assert_array_equal(arrays.dynamic[0, :, 0], expected)


def test_periods_of_other_years_and_lengths_per_basin() -> None:
    periods = [period("2000-03-01", "2000-03-21"), period("2001-05-01", "2001-05-09")]
    arrays = build_arrays(counted(), unscaled(), periods, periods, lead=4)
    first = (pd.Timestamp("2001-05-01") - pd.Timestamp("2000-01-01")).days
    assert arrays.dynamic.shape == (2, 24, 1)
    np.testing.assert_array_equal(arrays.dynamic[1, :12, 0], 10000 + first - 4 + np.arange(12))
    np.testing.assert_array_equal(arrays.flow[1, 4:12], 10000.5 + first + np.arange(8))
    assert np.isnan(arrays.flow[1, 12:]).all(), "flow past the end of the shorter period"
    np.testing.assert_array_equal(arrays.dynamic[1, 12:], 0)
    assert np.isfinite(arrays.flow[0, 4:]).all()
    assert arrays.starts == [pd.Timestamp("2000-03-01"), pd.Timestamp("2001-05-01")]

    observed = observed_flow(counted(), periods)
    np.testing.assert_array_equal(observed[1, :8], 10000.5 + first + np.arange(8))
    assert np.isnan(observed[1, 8:]).all()
    assert observed.shape == (2, 20)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("1999-12-31", "2000-02-01"),
        ("2002-01-01", "2003-01-01"),
        ("1990-01-01", "1991-01-01"),
        ("2010-01-01", "2011-01-01"),
    ],
)
def test_period_outside_the_record_is_an_error(start: str, end: str) -> None:
    good = period("2000-02-01", "2000-03-01")
    with pytest.raises(DataError, match=rf"basin b1: period {start}\.\.{end}.*2000-01-01\.\.2002"):
        build_arrays(counted(), unscaled(), [good, period(start, end)], [good, good])


def test_standard_deviation_is_of_the_basins_own_period() -> None:
    ds = counted()
    ds["streamflow"][0, 31:35] = np.nan
    periods = [period("2000-02-01", "2000-02-11")] * 2
    arrays = build_arrays(ds, unscaled(), periods, periods, lead=5)
    # Days 35..40, and 31..40: variance (n^2 - 1) / 12.
    np.testing.assert_allclose(arrays.flow_std, [(35 / 12) ** 0.5, (99 / 12) ** 0.5], rtol=1e-6)


def test_basin_without_observation_has_no_standard_deviation() -> None:
    ds = counted()
    ds["streamflow"][0, :] = np.nan
    periods = [period("2000-02-01", "2000-02-11")] * 2
    arrays = build_arrays(ds, unscaled(), periods, periods)
    assert np.isnan(arrays.flow_std[0])
    assert np.isnan(arrays.flow[0]).all()


@pytest.mark.parametrize("transform", ["zscore", "log_sqrt"])
def test_no_value_of_the_test_period_reaches_training(transform: str) -> None:
    """Spoil every value after training: scaler, arrays and weights stay bit-identical."""
    config = training(
        transform=transform,
        per_precipitation=transform == "log_sqrt",
        warmup=20,
        loss="nse" if transform == "zscore" else "rmse",
        updates=8,
        dropconnect=0.5,
    )
    fit = [period("2000-03-01", "2001-01-01")] * 3
    results = []
    for spoiled in (False, True):
        ds = canonical()
        if spoiled:
            after = ds["time"].values >= np.datetime64("2001-01-01")
            for name in ("prcp", "tmean", "pet", "streamflow"):
                ds[name].values[:, after] = 12345.0
        scaler, arrays = fitted(ds, config, fit)
        model = model_for(scaler, config)
        train(model, arrays, scaler, config, seed=3, quiet=True)
        results.append((scaler, arrays, model.state_dict()))
    (scaler, arrays, weights), (other_scaler, other_arrays, other_weights) = results
    assert scaler == other_scaler
    for name in ("dynamic", "static", "flow", "flow_scale", "flow_std"):
        np.testing.assert_array_equal(getattr(arrays, name), getattr(other_arrays, name))
    for name, value in weights.items():
        assert torch.equal(value, other_weights[name]), name


def test_test_arrays_take_their_scales_from_training_alone() -> None:
    config = training(transform="log_sqrt", per_precipitation=True)
    fit, test = [period("2000-01-01", "2001-01-01")] * 3, [period("2001-01-01", "2001-07-01")] * 3
    ds = canonical()
    scaler, _ = fitted(ds, config, fit)
    arrays = build_arrays(ds, scaler, test, fit, lead=30)
    spoiled = canonical()
    after = ds["time"].values >= np.datetime64("2001-01-01")
    spoiled["streamflow"].values[:, after] = np.nan
    spoiled["prcp"].values[:, after] *= 3
    other = build_arrays(spoiled, scaler, test, fit, lead=30)
    np.testing.assert_array_equal(arrays.flow_scale, other.flow_scale)
    mean = [float(ds["prcp"].values[k, :366].mean()) for k in range(3)]
    np.testing.assert_allclose(arrays.flow_scale, mean, rtol=1e-5)
    np.testing.assert_array_equal(arrays.dynamic[:, :30], other.dynamic[:, :30])
