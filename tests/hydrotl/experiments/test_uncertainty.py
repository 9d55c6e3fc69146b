"""Intervals: error products against the NSE itself, bounds against enumeration."""

import itertools

import numpy as np
import pytest
import xarray as xr

from hydrotl.experiments.uncertainty import error_products, interval, nse_of
from hydrotl_core.metrics import nse


def ensemble(members: int = 3, basins: int = 2, days: int = 50, seed: int = 0) -> xr.Dataset:
    rng = np.random.default_rng(seed)
    observed = rng.gamma(2.0, 2.0, (basins, days))
    simulated = observed + rng.normal(0, 1.0, (members, basins, days))
    observed[0, :7] = np.nan
    return xr.Dataset(
        {
            "simulated": (("member", "basin", "day"), simulated),
            "observed": (("basin", "day"), observed),
        }
    )


@pytest.mark.parametrize("weights", [[1 / 3, 1 / 3, 1 / 3], [1.0, 0, 0], [2 / 3, 0, 1 / 3]])
def test_products_give_the_nse_of_any_mean_of_members(weights: list[float]) -> None:
    ds = ensemble()
    mean = (ds["simulated"] * xr.DataArray(weights, dims="member")).sum("member")
    wanted = nse(mean, ds["observed"]).values
    found = nse_of(error_products(ds), np.array([weights]))[0]
    np.testing.assert_allclose(found, wanted, rtol=1e-10)


def test_products_are_undefined_where_the_nse_is() -> None:
    ds = ensemble()
    ds["observed"][1] = 2.0
    products = error_products(ds)
    assert np.isnan(products[1]).all()
    assert np.isfinite(products[0]).all()
    assert np.isfinite(interval(products).value)


def test_bounds_are_those_of_all_equally_likely_draws() -> None:
    """Three basins, one member: 27 draws of basins, listed one by one."""
    nses = np.array([0.1, 0.5, 0.8])
    products = (1 - nses)[:, None, None]
    draws = [np.mean(d) for d in itertools.product(nses, repeat=3)]
    low, high = np.quantile(draws, [0.05, 0.95])
    found = interval(products, np.nanmean, draws=200_000)
    assert found.value == pytest.approx(np.mean(nses))
    assert found.low == pytest.approx(low, abs=0.02)
    assert found.high == pytest.approx(high, abs=0.02)


def test_members_widen_the_interval_of_a_single_basin() -> None:
    products = error_products(ensemble(members=5, basins=1))
    found = interval(products)
    assert found.low < found.value
    # one member alone is never better than a mean of independent errors
    assert found.low >= nse_of(products, np.eye(5)).min()


def test_gain_compares_the_same_basins() -> None:
    """Each basin gains 0.2, whatever the draw: an interval of no width."""
    first = np.array([0.9, 0.5])[:, None, None]
    second = np.array([0.7, 0.3])[:, None, None]
    found = interval(second, reference=first)
    assert (found.low, found.value, found.high) == pytest.approx((0.2, 0.2, 0.2))
    assert interval(first, reference=second).high < 0
    with pytest.raises(ValueError, match="2 basins against 1"):
        interval(first, reference=second[:1])
