"""The closed form against SciPy's least squares of the same sum, and its two limits."""

import numpy as np
import pytest
import scipy.optimize
import torch

from hydrotl_core.readout import (
    fit_output,
    refitted,
    simulate_refitted,
    source_output,
    states,
)
from hydrotl_core.simulation import simulate
from tests.synthetic import canonical, fitted, model_for, training


def problem() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    h = np.column_stack([np.tanh(rng.normal(size=(200, 5))), np.ones(200)])
    flow = h @ rng.normal(size=6) + rng.normal(0, 0.1, 200)
    flow[::7] = np.nan
    return h, flow, rng.normal(size=6)


@pytest.mark.parametrize("penalty", [1e-3, 0.1, 2.0])
def test_it_minimises_the_penalised_sum(penalty: float) -> None:
    h, flow, start = problem()
    seen = np.isfinite(flow)

    def loss(w: np.ndarray) -> float:
        error = h[seen] @ w - flow[seen]
        return float((error**2).mean() + penalty * ((w - start) ** 2).sum())

    best = scipy.optimize.minimize(loss, np.zeros(6), method="BFGS", options={"gtol": 1e-9})
    assert fit_output(h, flow, start, penalty) == pytest.approx(best.x, abs=1e-5)


def test_no_penalty_is_least_squares_and_a_large_one_changes_nothing() -> None:
    h, flow, start = problem()
    seen = np.isfinite(flow)
    plain, *_ = np.linalg.lstsq(h[seen], flow[seen], rcond=None)
    assert fit_output(h, flow, start, 1e-12) == pytest.approx(plain, abs=1e-6)
    assert fit_output(h, flow, start, 1e9) == pytest.approx(start, abs=1e-6)


def test_without_an_observation_the_output_stays_the_sources() -> None:
    h, flow, start = problem()
    assert (fit_output(h, np.full_like(flow, np.nan), start, 0.1) == start).all()


def test_states_and_output_give_the_models_flow() -> None:
    ds = canonical(n_basins=3, days=800)
    scaler, arrays = fitted(ds, training(warmup=30, window=60))
    model = model_for(scaler, training())
    layers = np.tile(source_output(model), (3, 1))
    plain = simulate(model, arrays, scaler)
    assert simulate_refitted(model, arrays, scaler, layers) == pytest.approx(plain, abs=1e-4)


def test_each_basin_gets_its_own_layer_and_fits_better() -> None:
    ds = canonical(n_basins=3, days=800)
    scaler, arrays = fitted(ds, training(warmup=30, window=60))
    model = model_for(scaler, training())
    before = [p.detach().clone() for p in model.parameters()]
    layers = refitted(model, arrays, 1e-3)
    h, flow = states(model, arrays), arrays.flow[:, arrays.lead :]
    for row in range(3):
        own = fit_output(h[row], flow[row], source_output(model), 1e-3)
        assert layers[row] == pytest.approx(own)
        errors = [
            np.nanmean((h[row] @ w - flow[row]) ** 2) for w in (layers[row], source_output(model))
        ]
        assert errors[0] < 0.5 * errors[1]
    after = list(model.parameters())
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
