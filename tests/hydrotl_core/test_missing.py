"""Optional inputs: flags, what is dropped in training, and what a model makes of it."""

import numpy as np
import pytest
import torch

from hydrotl_core.arrays import build_arrays, in_period
from hydrotl_core.errors import DataError
from hydrotl_core.missing import Dropping, flag_groups
from hydrotl_core.recipe import Inputs, Training
from hydrotl_core.scaling import Scaler, fit_scaler
from hydrotl_core.transfer import averaged_families, initial_model
from hydrotl_core.windows import Windows
from tests.synthetic import canonical, period, training

OPTIONAL = {"weather": ["pet"], "land": ["area", "slope"]}
DYNAMIC, STATIC = ["prcp", "tmean", "pet"], ["area", "slope"]
YEAR = [period("2000-01-01", "2001-01-01")] * 3


def scaler_of(ds, optional=OPTIONAL) -> Scaler:
    return fit_scaler(ds, in_period(ds, YEAR), DYNAMIC, STATIC, "zscore", False, optional)


def dropping(**changes: float) -> tuple[Dropping, Training]:
    config = training(batch=4000, **changes)
    return Dropping(scaler_of(canonical()), config, "cpu"), config


def test_names_of_the_columns() -> None:
    scaler = scaler_of(canonical())
    assert scaler.input_names == [
        *("prcp", "tmean", "pet", "area", "slope"),
        *("no pet", "no area", "no slope"),
    ]
    assert (scaler.n_dynamic, scaler.n_static) == (3, 5)
    assert flag_groups(scaler) == [[2], [3, 4]]


def test_what_a_basin_lacks_is_zero_and_flagged() -> None:
    ds = canonical()
    scaler = scaler_of(ds)
    ds["area"][1] = np.nan
    ds["pet"][2] = np.nan
    full = build_arrays(ds, scaler, YEAR, YEAR)
    assert full.static[:, 2:].tolist() == [[0, 0, 0], [0, 1, 0], [1, 0, 0]]
    assert full.static[1, 0] == 0
    assert (full.dynamic[2, :, 2] == 0).all()
    without = build_arrays(ds.drop_vars(["pet", "slope"]), scaler, YEAR, YEAR)
    assert without.static[:, 2:].tolist() == [[1, 0, 1], [1, 1, 1], [1, 0, 1]]
    assert (without.dynamic[:, :, 2] == 0).all()
    assert (without.static[:, 1] == 0).all()
    assert (without.dynamic[:, :, :2] == full.dynamic[:, :, :2]).all()


def test_what_is_not_optional_must_be_there() -> None:
    ds = canonical()
    scaler = scaler_of(ds, {"weather": ["pet"]})
    with pytest.raises(DataError, match="slope"):
        build_arrays(ds.drop_vars("slope"), scaler, YEAR, YEAR)
    with pytest.raises(DataError, match="tmean"):
        build_arrays(ds.drop_vars("tmean"), scaler, YEAR, YEAR)


def test_optional_attributes_stay_in_the_range_of_the_training_basins() -> None:
    ds = canonical()
    low, high = float(ds["area"].min()), float(ds["area"].max())
    scaler = scaler_of(ds)
    ds["area"][0], ds["area"][1] = 1e6, 0.1
    static = build_arrays(ds, scaler, YEAR, YEAR).static
    scale = scaler.static["area"]
    assert static[:2, 0] == pytest.approx(
        [(high - scale.mean) / scale.std, (low - scale.mean) / scale.std]
    )
    free = scaler_of(canonical(), {}).static["area"]
    assert free.low is None
    assert free.forward(np.array(1e6)) > 100


def test_text_cannot_be_optional() -> None:
    ds = canonical()
    with pytest.raises(DataError, match="soil is text"):
        fit_scaler(ds, in_period(ds, YEAR), ["prcp"], ["soil"], "zscore", False, {"land": ["soil"]})


@pytest.mark.parametrize(
    ("optional", "message"),
    [({"a": ["wind"]}, "wind: not among"), ({"a": ["pet"], "b": ["pet"]}, "one family, once")],
)
def test_optional_inputs_are_inputs_of_one_family(optional, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Inputs(dynamic=DYNAMIC, static=STATIC, optional=optional)


def test_shares_of_windows_that_lose_inputs() -> None:
    drop, _ = dropping(drop=0.6, drop_family=0.5, drop_one=0.2)
    drop.draw(torch.Generator().manual_seed(0))
    lost = drop.dropped.bool()
    pet, area, slope = lost[:, 0], lost[:, 1], lost[:, 2]
    # A family of two: both with 0.5, else each alone with 0.2.
    each = 0.6 * (0.5 + 0.5 * 0.2)
    both = 0.6 * (0.5 + 0.5 * 0.2**2)
    for share, expected in (
        (pet, each),
        (area, each),
        (area & slope, both),
        (~lost.any(dim=1), 0.4 + 0.6 * (0.5 * 0.8) * (0.5 * 0.64)),
    ):
        # Five standard errors of a share of 4000 windows are less than 0.04.
        assert share.float().mean().item() == pytest.approx(expected, abs=0.04)


def test_a_dropped_input_is_zero_flagged_and_others_stay() -> None:
    drop, _ = dropping(drop=0.5, noise=0.0)
    drop.draw(torch.Generator().manual_seed(1))
    dynamic, static = torch.ones(10, 4000, 3), torch.full((4000, 5), 2.0)
    static[:, 2:] = 0
    static[0, 2] = 1.0  # a basin without pet stays without it
    days, fixed = drop(dynamic, static)
    lost = drop.dropped.clone()
    lost[0, 0] = 1.0
    assert torch.equal(fixed[:, 2:], lost)
    assert torch.equal(days[:, :, 2], (1 - lost[:, 0]).expand(10, -1))
    assert torch.equal(fixed[:, :2], 2 * (1 - lost[:, 1:]))
    assert bool((days[:, :, :2] == 1).all())


def test_noise_falls_on_attributes_of_the_windows_that_were_drawn() -> None:
    drop, _ = dropping(drop=0.5, drop_family=0.0, drop_one=0.0, noise=0.3)
    drop.draw(torch.Generator().manual_seed(2))
    _, fixed = drop(torch.ones(2, 4000, 3), torch.zeros(4000, 5))
    noisy = (fixed[:, :2] != 0).all(dim=1)
    assert noisy.float().mean().item() == pytest.approx(0.5, abs=0.04)
    assert fixed[noisy, :2].std().item() == pytest.approx(0.3, abs=0.02)
    assert bool((fixed[:, 2:] == 0).all())


def test_windows_drop_only_where_asked() -> None:
    ds = canonical()
    scaler = scaler_of(ds)
    arrays = build_arrays(ds, scaler, YEAR, YEAR)
    assert Windows(arrays, scaler, training(), "cpu").dropping is None
    windows = Windows(arrays, scaler, training(drop=0.9), "cpu")
    windows.draw(torch.Generator().manual_seed(0))
    dynamic, static, *_ = windows.gather()
    assert windows.dropping is not None
    assert windows.dropping.dropped.any()
    gone = static[:, 2] == 1
    assert bool((dynamic[:, gone, 2] == 0).all())
    assert not bool((dynamic[:, ~gone, 2] == 0).all())


def test_dropping_begins_late() -> None:
    ds = canonical()
    scaler = scaler_of(ds)
    arrays = build_arrays(ds, scaler, YEAR, YEAR)
    windows = Windows(arrays, scaler, training(drop=0.9, drop_from=0.4), "cpu")
    generator = torch.Generator().manual_seed(0)
    for progress, begun in ((0.0, False), (0.39, False), (0.4, True), (0.9, True)):
        windows.draw(generator, progress)
        assert bool((windows.gather()[1][:, 2:] == 1).any()) == begun


def test_mean_of_the_families_present() -> None:
    """Three groups of equal contribution: with one missing, the mean stays what it was."""
    scaler = scaler_of(canonical())
    config = training(missing="mean")
    model = initial_model(0, 3, 5, config, averaged_families(scaler, config))
    with torch.no_grad():
        model.input.weight[:] = 0
        model.input.bias[:] = 0.5
        model.input.weight[:, [0, 2, 3]] = 1.0  # prcp, pet and area
    dynamic, static = torch.ones(2, 1, 3), torch.zeros(1, 5)
    static[0, 0] = 1.0
    no_weather, flags = dynamic.clone(), static.clone()
    no_weather[:, :, 2], flags[0, 2] = 0.0, 1.0
    # A family of which one input is left is present.
    half, left = no_weather.clone(), flags.clone()
    left[0, 0], left[0, 3] = 0.0, 1.0
    for days, fixed, expected in (
        (dynamic, static, 3 + 0.5),
        (no_weather, flags, 2 * 3 / 2 + 0.5),
        (half, left, 1 * 3 / 2 + 0.5),
    ):
        embedded = model.embed(days, fixed).detach().numpy()
        assert embedded == pytest.approx(np.full((2, 1, 8), expected))
