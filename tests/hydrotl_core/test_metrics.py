"""Scores against their formulas, written out in numpy."""

import math

import numpy as np
import pytest
import xarray as xr

from hydrotl_core.metrics import ensemble_nse, kge, member_nse, nse


def array(values: object) -> xr.DataArray:
    data = np.atleast_2d(np.asarray(values, dtype=np.float32))
    return xr.DataArray(data, dims=("basin", "day"))


def formula_nse(simulated: np.ndarray, observed: np.ndarray) -> float:
    seen = ~np.isnan(observed) & ~np.isnan(simulated)
    s, o = simulated[seen].astype(float), observed[seen].astype(float)
    return float(1 - ((s - o) ** 2).sum() / ((o - o.mean()) ** 2).sum())


def formula_kge(simulated: np.ndarray, observed: np.ndarray) -> float:
    seen = ~np.isnan(observed)
    s, o = simulated[seen].astype(float), observed[seen].astype(float)
    r = ((s - s.mean()) * (o - o.mean())).mean() / (s.std() * o.std())
    return float(
        1 - math.sqrt((r - 1) ** 2 + (s.std() / o.std() - 1) ** 2 + (s.mean() / o.mean() - 1) ** 2)
    )


def random_case() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    observed = rng.gamma(0.7, 3, (5, 400)).astype(np.float32)
    simulated = (0.8 * observed + rng.gamma(0.5, 1, (5, 400))).astype(np.float32)
    observed[rng.random(observed.shape) < 0.2] = np.nan
    return simulated, observed


def test_nse_by_hand() -> None:
    # Mean 2; errors 1, 0, -1 -> 2; deviations -1, 0, 1 -> 2; NSE 0.
    assert nse(array([2, 2, 2]), array([1, 2, 3])).item() == pytest.approx(0)
    # One missing day: observed 1, 3, mean 2; errors 0.5, 0 -> 0.25; deviations 2.
    score = nse(array([1.5, 99, 3]), array([1, np.nan, 3])).item()
    assert score == pytest.approx(1 - 0.25 / 2)


def test_nse_of_many_basins_with_gaps() -> None:
    simulated, observed = random_case()
    score = nse(array(simulated), array(observed))
    assert score.dims == ("basin",)
    expected = [formula_nse(s, o) for s, o in zip(simulated, observed, strict=True)]
    np.testing.assert_allclose(score, expected, rtol=1e-6)


def test_kge_of_many_basins_with_gaps() -> None:
    simulated, observed = random_case()
    expected = [formula_kge(s, o) for s, o in zip(simulated, observed, strict=True)]
    np.testing.assert_allclose(kge(array(simulated), array(observed)), expected, rtol=1e-5)


def test_perfect_simulation() -> None:
    _, observed = random_case()
    np.testing.assert_allclose(nse(array(observed), array(observed)), 1)
    np.testing.assert_allclose(kge(array(observed), array(observed)), 1, rtol=1e-6)


@pytest.mark.parametrize("value", [0.0, 0.1, 0.3, 7.77, 1234.5678])
def test_flow_that_never_varies_has_no_nse(value: float) -> None:
    """Also where the rounding of the mean would give it a tiny variance."""
    simulated = np.linspace(0, 1, 365)
    assert np.isnan(nse(array(simulated), array(np.full(365, value))).item())


def test_fewer_than_two_observations_have_no_nse() -> None:
    for observed in ([np.nan] * 4, [np.nan, 2, np.nan, np.nan]):
        assert np.isnan(nse(array([1, 2, 3, 4]), array(observed)).item())


@pytest.mark.filterwarnings("error")
def test_a_basin_without_score_does_not_spoil_the_others() -> None:
    simulated, observed = random_case()
    observed[1] = np.nan
    score = nse(array(simulated), array(observed)).values
    assert np.isnan(score[1])
    assert np.isfinite(score[[0, 2, 3, 4]]).all()


def ensemble() -> xr.Dataset:
    simulated, observed = random_case()
    rng = np.random.default_rng(1)
    members = np.stack([simulated + rng.normal(0, 2, simulated.shape) for _ in range(5)])
    return xr.Dataset(
        {
            "simulated": (("member", "basin", "day"), members.astype(np.float32)),
            "observed": (("basin", "day"), observed),
        },
        coords={"member": range(5)},
    )


def test_ensemble_score_is_that_of_the_mean_discharge() -> None:
    ds = ensemble()
    mean = ds["simulated"].values.astype(float).mean(axis=0)
    expected = [formula_nse(m, o) for m, o in zip(mean, ds["observed"].values, strict=True)]
    score = ensemble_nse(ds)
    np.testing.assert_allclose(score, expected, rtol=1e-6)
    assert (score.values > member_nse(ds).mean("member").values + 0.05).all()


def test_member_scores() -> None:
    ds = ensemble()
    scores = member_nse(ds)
    assert scores.dims == ("member", "basin")
    expected = formula_nse(ds["simulated"].values[3, 2], ds["observed"].values[2])
    assert scores.values[3, 2] == pytest.approx(expected, rel=1e-5)
