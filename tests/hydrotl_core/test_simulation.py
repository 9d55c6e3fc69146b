"""Simulation over years against the reference in numpy, and its shape as a data set."""

import numpy as np
import pandas as pd
import pytest
import torch

from hydrotl_core.arrays import Arrays, build_arrays, observed_flow
from hydrotl_core.recipe import Training
from hydrotl_core.scaling import Scaler
from hydrotl_core.simulation import CHUNK_DAYS, series, simulate, to_dataset
from tests.reference_lstm import reference_forward
from tests.synthetic import canonical, fitted, model_for, period, training

DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
PLAIN = training(dropconnect=0.5, output_dropout=0.4)
PAPER = training(dropconnect=0.5, transform="log_sqrt", per_precipitation=True)


def by_hand(model: torch.nn.Module, arrays: Arrays, scaler: Scaler, config: Training) -> np.ndarray:
    """One numpy pass from the first day of the lead, then back to mm/day."""
    parameters = {n: p.detach().cpu().double().numpy() for n, p in model.named_parameters()}
    days = arrays.dynamic.shape[1]
    static = np.broadcast_to(arrays.static, (days, *arrays.static.shape))
    inputs = np.concatenate([arrays.dynamic.swapaxes(0, 1), static], axis=-1)
    z = reference_forward(parameters, inputs)[0].T[:, arrays.lead :]
    x = z * scaler.streamflow.std + scaler.streamflow.mean
    if config.transform == "log_sqrt":
        x = np.clip(10**x - 0.1, 0, None) ** 2
    if config.per_precipitation:
        x = x * arrays.flow_scale[:, None]
    return np.clip(x, 0, None)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("config", [PLAIN, PAPER], ids=["zscore", "paper"])
@pytest.mark.parametrize("lead", [0, 40])
def test_simulation_is_one_pass_of_the_equations(config: Training, lead: int, device: str) -> None:
    ds = canonical(n_basins=4, days=900)
    fit = [period("2000-01-01", "2000-07-01")] * 4
    scaler, _ = fitted(ds, config, fit)
    test = [period("2000-02-15", "2002-05-01")] * 4
    arrays = build_arrays(ds, scaler, test, fit, lead=lead)
    assert arrays.dynamic.shape[1] > 2 * CHUNK_DAYS, "more than one chunk"
    model = model_for(scaler, config).train()
    flow = simulate(model, arrays, scaler, device)
    assert flow.shape == (4, test[0].days)
    assert flow.dtype == np.float32
    expected = by_hand(model, arrays, scaler, config)
    np.testing.assert_allclose(flow, expected, rtol=2e-4, atol=1e-4)
    assert expected.std() > 1e-3
    assert model.training, "the mode must be as before"


def test_negative_flow_is_cut_at_0() -> None:
    ds = canonical(days=120)
    scaler, arrays = fitted(ds, PLAIN)
    model = model_for(scaler, PLAIN)
    with torch.no_grad():
        model.output.weight.mul_(20)
    flow = simulate(model, arrays, scaler)
    expected = by_hand(model, arrays, scaler, PLAIN)
    assert (expected == 0).any(), "nothing was negative: the case tests nothing"
    assert (flow >= 0).all()
    np.testing.assert_allclose(flow, expected, rtol=1e-3, atol=1e-3)


def test_observed_flow_never_reaches_the_simulation() -> None:
    ds = canonical(days=120)
    scaler, arrays = fitted(ds, PLAIN)
    before = simulate(model_for(scaler, PLAIN), arrays, scaler)
    arrays.flow[:] = np.nan
    after = simulate(model_for(scaler, PLAIN), arrays, scaler)
    np.testing.assert_array_equal(before, after)


def test_data_set_of_an_ensemble_with_periods_per_basin() -> None:
    ds = canonical(n_basins=2, days=500)
    fit = [period("2000-01-01", "2000-03-01")] * 2
    periods = [period("2000-06-01", "2000-06-11"), period("2001-01-05", "2001-01-10")]
    scaler, _ = fitted(ds, PLAIN, fit)
    arrays = build_arrays(ds, scaler, periods, fit, lead=15)
    members = [simulate(model_for(scaler, PLAIN, seed), arrays, scaler) for seed in range(3)]
    result = to_dataset(members, observed_flow(ds, periods), arrays.basins, arrays.starts)
    assert dict(result.sizes) == {"member": 3, "basin": 2, "day": 10}
    assert result["simulated"].dims == ("member", "basin", "day")
    assert result["simulated"].attrs["units"] == result["observed"].attrs["units"] == "mm/day"
    assert int(result["observed"].sel(basin="0002").notnull().sum()) <= 5

    one = series(result, "0002")
    assert one["date"].values[0] == pd.Timestamp("2001-01-05")
    np.testing.assert_allclose(
        one["simulated"], np.mean([m[1] for m in members], axis=0), rtol=1e-6
    )
    truth = ds["streamflow"].sel(basin="0002", time=slice("2001-01-05", "2001-01-09")).values
    np.testing.assert_array_equal(one["observed"].values[:5], truth)
    assert one["observed"][5:].isnull().all()
