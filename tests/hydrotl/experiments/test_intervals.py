"""Intervals of the flow: quantiles by hand, errors of a known distribution, and odd records."""

import json

import numpy as np
import pytest

from hydrotl.experiments import intervals
from hydrotl.experiments.intervals import OFFSET, Bands, calibrated, interval, two_sided
from hydrotl_core.errors import DataError

YEAR = 365


def seasonal_flow(days: int, basins: int = 1, seed: int = 0) -> np.ndarray:
    """Predicted flow with seasons and floods, mm/day, ``[basin, day]``."""
    rng = np.random.default_rng(seed)
    season = 1 + 0.8 * np.sin(2 * np.pi * np.arange(days) / YEAR)
    return season * rng.gamma(1.0, 1.0, (basins, days)) + 0.2


def with_errors(predicted: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Observed flow whose score, the logarithm of flow plus an offset, is off by ``errors``."""
    offset = OFFSET * predicted.mean(axis=1, keepdims=True)
    return np.maximum((predicted + offset) * np.exp(errors) - offset, 0)


def test_quantiles_of_a_sample_by_hand() -> None:
    """200 days count as 100: 0.95 x 101 / 100 of the way up is day 192 of 200."""
    assert intervals.DAY_COUNTS == 0.5
    scores = np.random.default_rng(1).permutation(np.arange(1.0, 201.0))
    assert two_sided(scores, 0.9) == (9.0, 192.0)
    # As many independent ones: 0.95 x 201 / 200, day 191.
    assert two_sided(scores, 0.9, count=200) == (10.0, 191.0)
    # Of 16 days no such quantile is known: the smallest and the largest have to do.
    assert two_sided(scores[:16], 0.9) == (scores[:16].min(), scores[:16].max())


def test_weights_are_shares_of_the_sample() -> None:
    scores, weights = np.array([1.0, 2.0, 3.0]), np.array([0.5, 0.2, 0.3])
    repeated = np.repeat(scores, (weights * 1000).astype(int))
    assert two_sided(scores, 0.5, weights, 1e9) == two_sided(repeated, 0.5, count=1e9) == (1.0, 3.0)


def test_bounds_are_the_quantiles_of_known_errors() -> None:
    """Errors of one side: none below the prediction, and 95 % below -log(0.05) / 10 above it."""
    days = 60 * YEAR
    predicted = seasonal_flow(days)
    errors = np.random.default_rng(2).exponential(0.1, (1, days))
    lower, upper = interval(predicted, with_errors(predicted, errors), predicted)
    offset = OFFSET * predicted.mean()
    assert lower == pytest.approx(predicted, rel=1e-9)  # 5 % of errors are below 0.005: none is < 0
    found = np.log((upper + offset) / (predicted + offset))
    assert found == pytest.approx(np.full_like(found, -0.1 * np.log(0.05)), rel=0.05)


@pytest.mark.parametrize("years", [1, 5])
@pytest.mark.parametrize("basins", [1, 4])
def test_intervals_hold_in_days_that_made_them_not(years: int, basins: int) -> None:
    """Errors that grow with the flow and differ by basin; half of the test is by other seeds."""
    inside = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        spread = np.linspace(0.1, 0.4, basins)[:, None]
        flows, observed = [], []
        for days in (years * YEAR, 5 * YEAR):
            predicted = seasonal_flow(days, basins, seed + days)
            flows.append(predicted)
            observed.append(with_errors(predicted, rng.normal(0, spread, (basins, days))))
        lower, upper = interval(flows[0], observed[0], flows[1])
        high = flows[1] > np.quantile(flows[1], 2 / 3)
        within = (observed[1] >= lower) & (observed[1] <= upper)
        inside.append([within.mean(), within[high].mean(), within[~high].mean()])
    assert np.mean(inside, axis=0) == pytest.approx([0.92] * 3, abs=0.025)


def test_errors_may_differ_by_class_of_flow() -> None:
    """High flow with large errors, low flow with small ones: each has its own width."""
    rng, days = np.random.default_rng(3), 10 * YEAR
    predicted = seasonal_flow(days)
    spread = np.where(predicted > np.median(predicted), 0.5, 0.05)
    observed = with_errors(predicted, rng.normal(0, spread))
    lower, upper = interval(predicted, observed, predicted)
    offset = OFFSET * predicted.mean()
    width = np.log((upper + offset) / (lower + offset))
    low, high = (width[rank(predicted, share)] for share in (0.1, 0.9))
    assert low == pytest.approx(2 * 1.645 * 0.05, rel=0.15)
    assert high == pytest.approx(2 * 1.645 * 0.5, rel=0.15)


def rank(values: np.ndarray, share: float) -> tuple[int, int]:
    """Where the value is that ``share`` of a row stay below."""
    return 0, int(np.argsort(values[0])[int(share * values.shape[1])])


def test_no_bound_is_negative_and_the_prediction_lies_within() -> None:
    predicted = seasonal_flow(2 * YEAR) - 0.5  # a network may predict less than nothing
    observed = np.maximum(predicted * 3, 0)  # and be wrong to one side
    predicted[0, 5] = np.nan
    lower, upper = interval(predicted, observed, predicted)
    known = np.isfinite(predicted)
    assert (lower[known] >= 0).all()
    assert (lower[known] <= np.maximum(predicted[known], 0) + 1e-12).all()
    assert (upper[known] >= np.maximum(predicted[known], 0) - 1e-12).all()
    assert np.isnan(lower[0, 5])
    assert np.isnan(upper[0, 5])


def test_a_flood_beyond_all_held_out_days_has_a_wider_band() -> None:
    predicted = seasonal_flow(YEAR)
    observed = with_errors(predicted, np.random.default_rng(4).normal(0, 0.3, predicted.shape))
    largest = predicted.max()
    lower, upper = interval(predicted, observed, np.array([[largest, 10 * largest]]))
    assert (upper - lower)[0, 1] == pytest.approx(10 * (upper - lower)[0, 0], rel=0.1)


def test_scale_of_the_flow_makes_no_difference() -> None:
    predicted = seasonal_flow(YEAR, 2)
    observed = with_errors(predicted, np.random.default_rng(5).normal(0, 0.3, predicted.shape))
    factors = np.array([[1000.0], [0.1]])
    once = interval(predicted, observed, predicted)
    scaled = interval(factors * predicted, factors * observed, factors * predicted)
    for bound, of_scaled in zip(once, scaled, strict=True):
        assert of_scaled == pytest.approx(factors * bound, rel=1e-9, abs=1e-9)


def test_a_basin_with_few_days_has_mostly_the_errors_of_the_others() -> None:
    """Three basins with small errors, one with large ones, of which 200, 20 or no days are seen."""
    rng, days = np.random.default_rng(6), 3 * YEAR
    predicted = seasonal_flow(days, 4)
    spread = np.array([0.1, 0.1, 0.1, 1.0])[:, None]
    whole = with_errors(predicted, rng.normal(0, spread, predicted.shape))
    widths = []
    for seen in (days, 200, 20, 0):
        observed = whole.copy()
        observed[3, seen:] = np.nan
        lower, upper = interval(predicted, observed, predicted)
        widths.append(np.mean(upper[3] - lower[3]))
        of_others = np.mean(upper[:3] - lower[:3])
    assert widths[0] > 2 * widths[2]
    assert widths[0] > widths[1] > widths[2] > widths[3]
    assert widths[3] == pytest.approx(of_others, rel=0.3)


def test_an_ephemeral_river_has_an_interval() -> None:
    rng = np.random.default_rng(7)
    predicted = np.maximum(seasonal_flow(2 * YEAR) - 1.5, 0)
    observed = np.where(rng.random(predicted.shape) < 0.9, predicted, 0.0)
    lower, upper = interval(predicted, observed, predicted)
    assert (predicted == 0).mean() > 0.3
    assert np.isfinite(lower).all()
    assert ((observed >= lower) & (observed <= upper)).mean() > 0.9


def test_a_river_without_any_flow_has_one_too() -> None:
    dry = np.zeros((1, YEAR))
    lower, upper = interval(dry, dry, dry)
    assert (lower == 0).all()
    assert upper == pytest.approx(dry, abs=1e-6)


def test_a_basin_without_a_prediction_has_no_interval() -> None:
    predicted = seasonal_flow(YEAR, 2)
    observed = predicted * 1.1
    predicted[1] = np.nan
    lower, upper = interval(predicted, observed, seasonal_flow(10, 2))
    assert np.isfinite(lower[0]).all()
    assert np.isnan(lower[1]).all()
    assert np.isnan(upper[1]).all()


def test_bands_are_kept_in_a_file() -> None:
    predicted = seasonal_flow(YEAR, 2)
    predicted[1] = np.nan
    bands = calibrated(predicted, predicted * 1.2, 0.8)
    again = Bands.from_json(json.loads(json.dumps(bands.to_json(), allow_nan=False)))
    other = seasonal_flow(10, 2, seed=9)
    assert again.level == 0.8
    for one, two in zip(bands.around(other), again.around(other), strict=True):
        assert one == pytest.approx(two, rel=1e-4, nan_ok=True)


def test_what_gives_no_interval_is_refused() -> None:
    predicted = seasonal_flow(YEAR, 2)
    with pytest.raises(DataError, match=r"\(2, 365\) and observations of \(2, 364\)"):
        calibrated(predicted, predicted[:, 1:])
    with pytest.raises(DataError, match="level 90: it must lie between 0 and 1"):
        calibrated(predicted, predicted, 90)
    few = np.full_like(predicted, np.nan)
    few[0, :29] = 1.0
    with pytest.raises(DataError, match=r"29 training days .* needs at least 30"):
        calibrated(predicted, few)
    few[1, 0] = 1.0
    bands = calibrated(predicted, few)
    with pytest.raises(DataError, match="from errors of 2 basins"):
        bands.around(predicted[:1])
