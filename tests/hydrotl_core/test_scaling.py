"""Transforms and z-scores against numbers worked out by hand."""

import math
from typing import Literal

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from hydrotl_core.arrays import build_arrays, in_period, static_inputs
from hydrotl_core.errors import DataError
from hydrotl_core.scaling import Scale, Scaler, Transform, fit_scaler, mean_precipitation
from tests.synthetic import canonical, period

Choice = Literal["zscore", "log_sqrt"]


def small(flow: list[list[float]], rain: list[list[float]], **attributes: object) -> xr.Dataset:
    """Two basins and a few days; prcp, tmean (1, 2, 3, ... per basin) and streamflow."""
    days = len(flow[0])
    warmth = np.arange(1.0, 2 * days + 1).reshape(2, days)
    daily = {"prcp": rain, "tmean": warmth, "streamflow": flow}
    return xr.Dataset(
        {
            **{name: (("basin", "time"), np.array(v, np.float32)) for name, v in daily.items()},
            **{name: ("basin", np.asarray(values)) for name, values in attributes.items()},
        },
        coords={"basin": ["a", "b"], "time": pd.date_range("2001-01-01", periods=days, unit="ns")},
        attrs={"source": "small"},
    )


def fit(ds: xr.Dataset, transform: Choice = "zscore", per_precipitation: bool = False) -> Scaler:
    names = [str(name) for name in ds.data_vars if ds[name].dims == ("basin",)]
    training = np.ones((ds.sizes["basin"], ds.sizes["time"]), dtype=bool)
    return fit_scaler(ds, training, ["prcp", "tmean"], names, transform, per_precipitation)


FLOW = [[0.0, 0.81, 1.0], [4.0, np.nan, 0.16]]
RAIN = [[0.0, 1.0, 4.0], [9.0, 0.25, 0.01]]


def test_log_sqrt_by_hand() -> None:
    # log10(sqrt(x) + 0.1) of 0, 0.81, 1, 4, 0.16
    expected = [-1.0, 0.0, math.log10(1.1), math.log10(2.1), math.log10(0.5)]
    mean = sum(expected) / 5
    std = math.sqrt(sum((e - mean) ** 2 for e in expected) / 5)
    scaler = fit(small(FLOW, RAIN), "log_sqrt")
    assert scaler.streamflow.transform == "log_sqrt"
    assert scaler.streamflow.mean == pytest.approx(mean, abs=1e-6)
    assert scaler.streamflow.std == pytest.approx(std, abs=1e-6)
    z = scaler.streamflow.forward(np.array([0.0, 0.81, 1.0, 4.0, 0.16]))
    np.testing.assert_allclose(z, [(e - mean) / std for e in expected], atol=1e-5)
    assert z.dtype == np.float32


def test_which_variables_are_transformed() -> None:
    ds = small(FLOW, RAIN).assign(prcp_mswep=lambda d: d["prcp"])
    training = np.ones((2, 3), dtype=bool)
    scaler = fit_scaler(ds, training, ["prcp", "prcp_mswep", "tmean"], [], "log_sqrt", False)
    kinds = {name: scale.transform for name, scale in scaler.dynamic.items()}
    assert kinds == {"prcp": "log_sqrt", "prcp_mswep": "log_sqrt", "tmean": "none"}
    plain = fit(small(FLOW, RAIN), "zscore")
    assert {s.transform for s in [*plain.dynamic.values(), plain.streamflow]} == {"none"}


def test_zscore_pools_all_basins_and_days() -> None:
    scaler = fit(small(FLOW, RAIN))
    # tmean is 1..6: mean 3.5, population variance 35/12.
    assert scaler.dynamic["tmean"].mean == pytest.approx(3.5)
    assert scaler.dynamic["tmean"].std == pytest.approx(math.sqrt(35 / 12))
    # Flow without the missing day: 0, 0.81, 1, 4, 0.16.
    assert scaler.streamflow.mean == pytest.approx(5.97 / 5, abs=1e-6)


def test_only_training_days_count() -> None:
    ds = small(FLOW, RAIN)
    training = np.array([[True, True, False], [False, True, True]])
    scaler = fit_scaler(ds, training, ["tmean"], [], "zscore", False)
    # tmean of the training days: 1, 2, 5, 6. Flow: 0, 0.81, (missing), 0.16.
    assert scaler.dynamic["tmean"].mean == pytest.approx(3.5)
    assert scaler.dynamic["tmean"].std == pytest.approx(math.sqrt(17 / 4))
    assert scaler.streamflow.mean == pytest.approx(0.97 / 3, abs=1e-6)


@pytest.mark.parametrize("transform", ["none", "log_sqrt"])
def test_inverse_undoes_forward(transform: Transform) -> None:
    scale = Scale(transform=transform, mean=0.3, std=1.7)
    x = np.array([0.0, 1e-4, 0.01, 0.5, 1.0, 12.5, 300.0])
    np.testing.assert_allclose(scale.inverse(scale.forward(x)), x, rtol=1e-5, atol=1e-5)
    assert np.isnan(scale.forward(np.array([np.nan]))).all()


def test_inverse_of_what_the_transform_cannot_produce_is_0() -> None:
    scale = Scale(transform="log_sqrt", mean=0.0, std=1.0)
    # Below log10(0.1) = -1 the square root would be negative, its square wrongly positive.
    np.testing.assert_array_equal(scale.inverse(np.array([-1.0, -1.5, -9.0])), 0)


def test_flow_per_mean_precipitation() -> None:
    # Mean rain 5/3 in a and 9.26/3 in b.
    ds = small(FLOW, RAIN)
    scaler = fit(ds, "log_sqrt", per_precipitation=True)
    ratios = [0.0, 0.81 * 3 / 5, 3 / 5, 4 * 3 / 9.26, 0.16 * 3 / 9.26]
    logs = [math.log10(math.sqrt(r) + 0.1) for r in ratios]
    assert scaler.per_precipitation
    assert scaler.streamflow.mean == pytest.approx(sum(logs) / 5, abs=1e-6)

    periods = [period("2001-01-01", "2001-01-04")] * 2
    arrays = build_arrays(ds, scaler, periods, periods)
    np.testing.assert_allclose(arrays.flow_scale, [5 / 3, 9.26 / 3], rtol=1e-6)
    z = (logs[3] - scaler.streamflow.mean) / scaler.streamflow.std
    assert arrays.flow[1, 0] == pytest.approx(z, abs=1e-5)
    back = scaler.streamflow.inverse(arrays.flow) * arrays.flow_scale[:, None]
    np.testing.assert_allclose(back, np.array(FLOW), atol=1e-5)


def test_mean_precipitation_is_of_training_days_and_skips_missing_ones() -> None:
    ds = small(FLOW, [[0.0, np.nan, 4.0], [9.0, 0.25, 100.0]])
    training = np.array([[True, True, True], [True, True, False]])
    np.testing.assert_allclose(mean_precipitation(ds, training), [2.0, 4.625])


def test_a_basin_without_rain_is_named() -> None:
    ds = small(FLOW, [[0.0, 0.0, 0.0], [9.0, 0.25, 0.01]])
    with pytest.raises(DataError, match=r"precipitation.*basin a$"):
        fit(ds, per_precipitation=True)


def test_flow_per_precipitation_without_precipitation_is_an_error() -> None:
    ds = small(FLOW, RAIN).drop_vars("prcp")
    training = np.ones((2, 3), dtype=bool)
    with pytest.raises(DataError, match=r"prcp.*data set small"):
        fit_scaler(ds, training, ["tmean"], [], "zscore", True)


def test_one_hot_codes_and_numeric_attributes_in_the_order_asked_for() -> None:
    ds = small(FLOW, RAIN, rock=["slate", "chalk"], area=[10.0, 30.0])
    scaler = fit(ds)
    assert scaler.categories == {"rock": ["chalk", "slate"]}
    assert scaler.input_names == ["prcp", "tmean", "rock=chalk", "rock=slate", "area"]
    assert (scaler.n_dynamic, scaler.n_static) == (2, 3)
    # area 10, 30: mean 20, population std 10.
    np.testing.assert_array_equal(static_inputs(ds, scaler), [[0, 1, -1], [1, 0, 1]])


def test_unknown_category_and_missing_values_become_0() -> None:
    scaler = fit(small(FLOW, RAIN, area=[10.0, 30.0], rock=["slate", "chalk"]))
    other = small(FLOW, RAIN, area=[np.nan, 40.0], rock=["granite", ""])
    np.testing.assert_array_equal(static_inputs(other, scaler), [[0, 0, 0], [2, 0, 0]])


def test_a_missing_category_is_no_category() -> None:
    scaler = fit(small(FLOW, RAIN, rock=["", "chalk"]))
    assert scaler.categories == {"rock": ["chalk"]}


def test_numpy_string_arrays_are_categories_too() -> None:
    rock = np.array(["slate", "chalk"], dtype=np.dtypes.StringDType())
    scaler = fit(small(FLOW, RAIN, rock=rock))
    assert scaler.categories == {"rock": ["chalk", "slate"]}
    np.testing.assert_array_equal(
        static_inputs(small(FLOW, RAIN, rock=rock), scaler), [[0, 1], [1, 0]]
    )


def test_missing_forcing_becomes_0_after_scaling() -> None:
    ds = small(FLOW, RAIN)
    ds["tmean"][0, 1] = np.nan
    scaler = fit(ds)
    periods = [period("2001-01-01", "2001-01-04")] * 2
    arrays = build_arrays(ds, scaler, periods, periods)
    assert arrays.dynamic[0, 1, 1] == 0
    assert np.isfinite(arrays.dynamic).all()
    assert np.count_nonzero(arrays.dynamic[..., 1]) == 5


@pytest.mark.parametrize("value", [0.1, 98765.4321, 1e9 / 3])
@pytest.mark.parametrize("n", [1, 3, 7, 50])
def test_a_constant_attribute_scales_to_0(value: float, n: int) -> None:
    ds = canonical(n_basins=n, days=20).assign(height=("basin", np.full(n, value)))
    training = np.ones((n, 20), dtype=bool)
    scaler = fit_scaler(ds, training, ["tmean"], ["height"], "zscore", False)
    np.testing.assert_allclose(static_inputs(ds, scaler), 0, atol=1e-6)


def test_a_constant_forcing_scales_to_0() -> None:
    ds = canonical(days=50)
    ds["tmean"][:] = 288.15
    scaler = fit_scaler(ds, np.ones((3, 50), dtype=bool), ["tmean"], [], "zscore", False)
    np.testing.assert_allclose(scaler.dynamic["tmean"].forward(ds["tmean"].values), 0, atol=1e-4)


def test_absent_variables_and_attributes_are_named() -> None:
    ds, training = small(FLOW, RAIN), np.ones((2, 3), dtype=bool)
    with pytest.raises(DataError, match=r"variables swe not in data set small, which has prcp"):
        fit_scaler(ds, training, ["swe"], [], "zscore", False)
    with pytest.raises(DataError, match="attributes slope not in data set small"):
        fit_scaler(ds, training, ["prcp"], ["slope"], "zscore", False)
    with pytest.raises(DataError, match="variables streamflow"):
        fit_scaler(ds.drop_vars("streamflow"), training, ["prcp"], [], "zscore", False)


@pytest.mark.parametrize("name", ["tmean", "streamflow"])
def test_a_variable_without_a_training_value_is_named(name: str) -> None:
    ds = canonical(days=100)
    ds[name][:, :60] = np.nan
    training = in_period(ds, [period("2000-01-01", "2000-02-20")] * 3)
    with pytest.raises(DataError, match=f"{name} has no value in the training period"):
        fit_scaler(ds, training, ["prcp", "tmean"], [], "zscore", False)


def test_scaler_survives_json() -> None:
    scaler = fit(small(FLOW, RAIN, rock=["slate", "chalk"], area=[10.0, 30.0]), "log_sqrt", True)
    assert Scaler.model_validate_json(scaler.model_dump_json()) == scaler
