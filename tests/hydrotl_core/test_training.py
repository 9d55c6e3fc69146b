"""Epochs, windows, losses, schedules and the training loop."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch

from hydrotl_core.arrays import Arrays
from hydrotl_core.loss import masked_loss, nse_weight
from hydrotl_core.model import StreamflowLSTM
from hydrotl_core.recipe import Training
from hydrotl_core.scaling import Scale, Scaler
from hydrotl_core.simulation import simulate
from hydrotl_core.training import learning_rate, total_updates, train, updates_per_epoch
from hydrotl_core.windows import Windows
from tests.synthetic import canonical, fitted, model_for, training

YEAR = 365


@pytest.mark.parametrize(
    ("batch", "n_basins", "n_days", "expected"),
    [
        # 671 basins 1985-10-01..2015-10-01: 36500/7352147 = 0.0049645 seen per update,
        # ln 0.01 / ln 0.9950355 = 925.3.
        (100, 671, 10957, 926),
        # CHINA-MR, one year: 730/1825 = 0.4, ln 0.01 / ln 0.6 = 9.02.
        (2, 5, 365, 10),
        # CHINA-MR, 2009..2013: 730/7305 = 0.09993, ln 0.01 / ln 0.90007 = 43.74.
        (2, 5, 1461, 44),
        # GB, one leap year: 46720/243024 = 0.19224, ln 0.01 / ln 0.80776 = 21.57.
        (128, 664, 366, 22),
        # All but one day in one batch: ln 0.01 / ln (1/731) = 0.70.
        (2, 1, 731, 1),
    ],
)
def test_updates_of_an_epoch(batch: int, n_basins: int, n_days: int, expected: int) -> None:
    assert updates_per_epoch(batch, YEAR, n_basins, n_days) == expected


@pytest.mark.parametrize(("batch", "n_days"), [(1, 365), (2, 730), (128, 366), (2, 400)])
def test_one_update_where_a_batch_covers_everything(batch: int, n_days: int) -> None:
    assert updates_per_epoch(batch, YEAR, 1, n_days) == 1


@pytest.mark.parametrize(("batch", "basins", "days"), [(16, 49, 1827), (5, 10, 10957), (3, 7, 900)])
def test_an_epoch_is_the_first_number_that_reaches_99_percent(
    batch: int, basins: int, days: int
) -> None:
    n = updates_per_epoch(batch, YEAR, basins, days)
    unseen = 1 - batch * YEAR / (basins * days)
    assert unseen**n <= 0.01 < unseen ** (n - 1)


def test_total_updates_from_epochs_or_given() -> None:
    paper = Training(epochs=300, batch=100)
    assert total_updates(paper, 671, 10957) == 300 * 926
    assert total_updates(Training(updates=77), 671, 10957) == 77


def counted_arrays(n_basins: int, n_days: int, lead: int = 0) -> tuple[Arrays, Scaler]:
    """Arrays whose every value tells basin and day: 10000 * basin + day."""
    code = 10000.0 * np.arange(n_basins)[:, None] + np.arange(lead + n_days)
    arrays = Arrays(
        dynamic=np.stack([code, -code], axis=-1).astype(np.float32),
        static=np.arange(n_basins, dtype=np.float32)[:, None],
        flow=(code + 0.5).astype(np.float32),
        flow_scale=np.full(n_basins, 2.0),
        flow_std=np.arange(1.0, n_basins + 1),
        lead=lead,
        basins=[str(k) for k in range(n_basins)],
        starts=[],
    )
    one = Scale(mean=0, std=1)
    scaler = Scaler(
        dynamic={"a": one, "b": one},
        static={"c": one},
        attributes=["c"],
        streamflow=Scale(mean=0, std=3.0),
    )
    return arrays, scaler


def drawn_starts(n_days: int, window: int, lead: int = 0, warmup: int = 0) -> tuple[set[int], int]:
    arrays, scaler = counted_arrays(4, n_days, lead)
    windows = Windows(arrays, scaler, training(window=window, batch=500, warmup=warmup), "cpu")
    generator, starts = torch.Generator().manual_seed(0), set()
    for _ in range(4):
        windows.draw(generator)
        dynamic = windows.gather()[0]
        starts |= {int(v) % 10000 for v in dynamic[0, :, 0]}
    return starts, windows.length


def test_windows_start_on_every_day_from_0_to_the_last_that_fits() -> None:
    assert drawn_starts(380, 365) == (set(range(16)), 365)


def test_a_year_of_365_days_holds_one_window() -> None:
    assert drawn_starts(365, 365) == ({0}, 365)
    assert drawn_starts(366, 365) == ({0, 1}, 365)


def test_a_window_longer_than_the_record_is_cut_to_it() -> None:
    assert drawn_starts(300, 365) == ({0}, 300)


def test_the_lead_belongs_to_the_rows() -> None:
    assert drawn_starts(365, 730, lead=365, warmup=365) == ({0}, 730)


def test_a_batch_keeps_forcing_attributes_flow_and_weight_of_a_sample_together() -> None:
    arrays, scaler = counted_arrays(4, 100)
    windows = Windows(arrays, scaler, training(window=30, batch=64), "cpu")
    windows.draw(torch.Generator().manual_seed(0))
    dynamic, static, flow, weight = windows.gather()
    assert dynamic.shape == (30, 64, 2)
    assert flow.shape == (30, 64)
    assert static.shape == (64, 1)
    first = dynamic[0, :, 0]
    torch.testing.assert_close(dynamic[:, :, 0], first + torch.arange(30.0)[:, None])
    torch.testing.assert_close(dynamic[:, :, 1], -dynamic[:, :, 0])
    torch.testing.assert_close(flow, dynamic[:, :, 0] + 0.5)
    basin = torch.div(first, 10000, rounding_mode="floor")
    torch.testing.assert_close(static[:, 0], basin)
    assert set(basin.tolist()) == {0, 1, 2, 3}
    # 2 mm/day per unit of ratio, 3 units per z, over s + 0.1 with s = basin + 1.
    torch.testing.assert_close(weight, 6 / (basin + 1.1))


def test_draws_repeat_with_the_seed_and_differ_between_seeds() -> None:
    arrays, scaler = counted_arrays(4, 400)
    windows = Windows(arrays, scaler, training(window=30, batch=16), "cpu")
    batches = []
    for seed in (1, 1, 2):
        windows.draw(torch.Generator().manual_seed(seed))
        batches.append(windows.gather()[0])
    first, again, other = batches
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def numpy_loss(name: str, p: np.ndarray, o: np.ndarray, w: np.ndarray) -> float:
    """The loss written with a Python loop over the observed days."""
    total, n = 0.0, 0
    for day in range(o.shape[0]):
        for sample in range(o.shape[1]):
            if not math.isnan(o[day, sample]):
                error = p[day, sample] - o[day, sample]
                total += (error * w[sample]) ** 2 if name == "nse" else error**2
                n += 1
    return math.sqrt(total / n) if name == "rmse" else total / n


def loss_case() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    observed = rng.normal(size=(40, 6))
    observed[rng.random(observed.shape) < 0.3] = np.nan
    observed[:, 2] = np.nan
    return rng.normal(size=(40, 6)), observed, rng.uniform(0.2, 3, 6)


@pytest.mark.parametrize("name", ["rmse", "mse", "nse"])
def test_loss_and_gradient_over_observed_days_only(name: str) -> None:
    predicted, observed, weight = loss_case()
    p = torch.tensor(predicted, requires_grad=True)
    loss = masked_loss(name, p, torch.tensor(observed), torch.tensor(weight))
    assert loss.item() == pytest.approx(numpy_loss(name, predicted, observed, weight), rel=1e-9)
    loss.backward()
    assert p.grad is not None
    gradient = p.grad.numpy()
    assert (gradient[np.isnan(observed)] == 0).all()
    for place in [(0, 0), (3, 1), (20, 5)]:
        step = np.zeros_like(predicted)
        step[place] = 1e-6
        up = numpy_loss(name, predicted + step, observed, weight)
        down = numpy_loss(name, predicted - step, observed, weight)
        assert gradient[place] == pytest.approx((up - down) / 2e-6, rel=1e-4, abs=1e-9)


@pytest.mark.parametrize("name", ["rmse", "mse", "nse"])
def test_a_batch_without_observation_moves_nothing(name: str) -> None:
    p = torch.randn(10, 3, requires_grad=True)
    loss = masked_loss(name, p, torch.full((10, 3), torch.nan), torch.ones(3))
    assert loss.item() == pytest.approx(0, abs=1e-5)
    loss.backward()
    assert p.grad is not None
    assert (p.grad == 0).all()


def test_a_perfect_prediction_has_a_finite_gradient() -> None:
    p = torch.ones(5, 2, requires_grad=True)
    masked_loss("rmse", p, torch.ones(5, 2), torch.ones(2)).backward()
    assert p.grad is not None
    assert torch.isfinite(p.grad).all()


def test_nse_weight_by_hand_and_0_for_a_basin_without_flow() -> None:
    weight = nse_weight(torch.tensor([0.9, 1.9, torch.nan]), torch.tensor([2.0, 4.0, 1.0]))
    torch.testing.assert_close(weight, torch.tensor([2.0, 2.0, 0.0]))


def test_nse_loss_is_in_physical_units_whatever_the_scaling() -> None:
    """With plain z-scores the loss is sum((sim - obs)^2 / (s + 0.1)^2) / n in mm/day."""
    ds = canonical()
    config = training(loss="nse", batch=3, window=800)
    scaler, arrays = fitted(ds, config)
    windows = Windows(arrays, scaler, config, "cpu")
    windows.draw(torch.Generator().manual_seed(1))
    _, static, flow, weight = windows.gather()
    loss = masked_loss("nse", torch.zeros_like(flow), flow, weight).item()

    basin = [int(np.flatnonzero((arrays.static == s).all(axis=1))[0]) for s in static.numpy()]
    observed = ds["streamflow"].values.astype(float)[basin]
    mean = np.nanmean(ds["streamflow"].values.astype(float))
    spread = np.nanstd(observed, axis=1, keepdims=True) + 0.1
    assert loss == pytest.approx(np.nanmean(((mean - observed) / spread) ** 2), rel=1e-4)


def test_constant_learning_rate() -> None:
    config = training(lr=0.5)
    assert {learning_rate(config, step, 100) for step in range(100)} == {0.5}


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (0, 0.04 * 2),
        (10, 0.52 * 2),  # half way up: 0.04 + 0.96 / 2
        (20, 2.0),  # the peak
        (40, (0.001 + 0.999 * (2 + math.sqrt(2)) / 4) * 2),  # a quarter down: cos 45 degrees
        (60, 0.5005 * 2),
        (100, 0.001 * 2),
    ],
)
def test_onecycle_learning_rate(step: int, expected: float) -> None:
    config = training(lr=2.0, schedule="onecycle")
    assert learning_rate(config, step, 100) == pytest.approx(expected)


def test_onecycle_rises_then_falls_for_any_length() -> None:
    config = training(lr=1.0, schedule="onecycle")
    for total in (1, 2, 3, 7, 50):
        rates = [learning_rate(config, step, total) for step in range(total)]
        assert all(0 < rate <= 1 for rate in rates)
        peak = rates.index(max(rates))
        assert rates[: peak + 1] == sorted(rates[: peak + 1])
        assert rates[peak:] == sorted(rates[peak:], reverse=True)


@pytest.mark.slow
def test_learns_a_small_basin() -> None:
    config = training(
        hidden=16,
        window=120,
        warmup=30,
        batch=8,
        updates=300,
        lr=0.02,
        schedule="onecycle",
        forget_bias=3.0,
        loss="nse",
        clip=1.0,
    )
    ds = canonical(n_basins=1, days=420)
    scaler, arrays = fitted(ds, config)
    model = model_for(scaler, config)

    def score() -> float:
        simulated = simulate(model, arrays, scaler).astype(float)
        observed = ds["streamflow"].values.astype(float)
        error = np.nansum((simulated - observed) ** 2)
        return float(1 - error / np.nansum((observed - np.nanmean(observed)) ** 2))

    before = score()
    log = train(model, arrays, scaler, config, seed=0, quiet=True)
    assert before < 0.2
    assert score() > 0.9
    assert log.losses[-1][1] < 0.3 * log.losses[0][1]
    assert log.losses[-1][0] == 300
    assert not model.training


def test_same_seed_same_bits_other_seed_other_bits() -> None:
    config = training(dropconnect=0.5, optimizer="adadelta", lr=1.0, loss="rmse", updates=6)
    scaler, arrays = fitted(canonical(), config)
    ends = []
    for seed in (1, 1, 2):
        model = model_for(scaler, config)
        train(model, arrays, scaler, config, seed=seed, quiet=True)
        ends.append({name: p.detach().clone() for name, p in model.named_parameters()})
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])
    assert any(not torch.equal(ends[0][name], ends[2][name]) for name in ends[0])


def test_warmup_days_do_not_count_in_the_loss() -> None:
    """Flow of the first days of the only window may be anything."""
    config = training(window=100, warmup=40, updates=4)
    scaler, arrays = fitted(canonical(days=60), config)
    assert arrays.dynamic.shape[1] == 100
    arrays.flow[:, 40:] = np.nan_to_num(arrays.flow[:, 40:])
    ends = []
    for value in (0.0, 1e6):
        arrays.flow[:, :40] = value
        model = model_for(scaler, config)
        train(model, arrays, scaler, config, seed=0, quiet=True)
        ends.append(model.output.weight.detach().clone())
    assert torch.equal(ends[0], ends[1])
    arrays.flow[:, 40] += 1
    model = model_for(scaler, config)
    train(model, arrays, scaler, config, seed=0, quiet=True)
    assert not torch.equal(model.output.weight.detach(), ends[0])


def test_gradient_norm_is_bounded() -> None:
    config = training(optimizer="adadelta", clip=1e-3, updates=1, lr=1e-9)
    scaler, arrays = fitted(canonical(), config)
    model = model_for(scaler, config)
    train(model, arrays, scaler, config, seed=0, quiet=True)
    norm = torch.cat([p.grad.ravel() for p in model.parameters() if p.grad is not None]).norm()
    assert norm.item() == pytest.approx(1e-3, rel=1e-3)


def test_a_diverging_loss_stops_the_run() -> None:
    config = training(updates=20, optimizer="adadelta", lr=1e30)
    scaler, arrays = fitted(canonical(), config)
    with pytest.raises(FloatingPointError, match="unlucky: loss is"):
        train(model_for(scaler, config), arrays, scaler, config, 0, quiet=True, label="unlucky")


def recorder(seen: list[bool]) -> Callable[[StreamflowLSTM], float]:
    def validate(model: StreamflowLSTM) -> float:
        seen.append(model.training)
        return float(len(seen))

    return validate


def test_validation_is_called_in_evaluation_mode_and_logged() -> None:
    config = training(updates=10, output_dropout=0.3)
    scaler, arrays = fitted(canonical(), config)
    seen: list[bool] = []
    model = model_for(scaler, config)
    log = train(
        model, arrays, scaler, config, 0, validate=recorder(seen), validate_every=4, quiet=True
    )
    assert log.validation == [(4, 1.0), (8, 2.0), (10, 3.0)]
    assert seen == [False] * 3


def test_validation_does_not_change_the_training() -> None:
    config = training(updates=10, output_dropout=0.3, dropconnect=0.3)
    scaler, arrays = fitted(canonical(), config)
    ends = []
    for every in (0, 3):
        model = model_for(scaler, config)
        validate = lambda m: float(simulate(m, arrays, scaler).mean())  # noqa: E731
        train(model, arrays, scaler, config, 0, validate=validate, validate_every=every, quiet=True)
        ends.append(model.lstm["weight_hh"].detach().clone())
    assert torch.equal(ends[0], ends[1])


def test_losses_are_logged_at_most_200_times_and_cover_the_run() -> None:
    config = training(updates=450, window=3, batch=1, hidden=2)
    scaler, arrays = fitted(canonical(days=30), config)
    log = train(model_for(scaler, config), arrays, scaler, config, 0, quiet=True)
    steps = [step for step, _ in log.losses]
    assert steps == list(range(2, 451, 2))
    assert log.seconds > 0
