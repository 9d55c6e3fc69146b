"""A weights file used in one call."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from hydrotl_core import build_arrays, save_weights, simulate, simulate_file
from hydrotl_core.errors import DataError, WeightsError
from hydrotl_core.weights import Card
from tests.synthetic import canonical, fitted, model_for, period, training


def weights_of(ds: xr.Dataset, path: Path, **changes: object) -> Path:
    """A network with random weights whose scales fit ``ds``."""
    config = training(**changes)
    scaler, _ = fitted(ds, config)
    parameters = {n: p.detach() for n, p in model_for(scaler, config).named_parameters()}
    card = Card(
        inputs=scaler.input_names,
        scaler=scaler,
        training=config,
        protocol={},
        seed=0,
        provenance={},
    )
    save_weights(path, parameters, card)
    return path


def test_flow_is_that_of_the_steps_by_hand(tmp_path: Path) -> None:
    ds, config = canonical(), training()
    path = weights_of(ds, tmp_path / "member-0.safetensors")
    scaler, _ = fitted(ds, config)
    whole = [period("2000-01-01", "2002-03-11")] * 3
    assert ds.sizes["time"] == whole[0].days
    arrays = build_arrays(ds, scaler, whole, whole, 365)
    expected = simulate(model_for(scaler, config).eval(), arrays, scaler)
    found = simulate_file(path, ds)
    np.testing.assert_array_equal(found.values, expected)
    assert found.attrs["units"] == "mm/day"


def test_observed_flow_and_days_without_weather_play_no_part(tmp_path: Path) -> None:
    ds = canonical()
    path = weights_of(ds, tmp_path / "member-0.safetensors")
    expected = simulate_file(path, ds)
    np.testing.assert_array_equal(simulate_file(path, ds.drop_vars("streamflow")), expected)
    longer = ds.reindex(time=pd.date_range("1998-01-01", "2003-01-01"))
    found = simulate_file(path, longer)
    np.testing.assert_allclose(found.sel(time=ds["time"]), expected, rtol=1e-6)
    assert found.sel(time=slice(None, "1999-12-31")).isnull().all()
    assert found.sel(time=slice("2002-03-11", None)).isnull().all()


def test_basins_with_records_of_their_own_are_simulated_as_if_alone(tmp_path: Path) -> None:
    ds = canonical()
    path = weights_of(ds, tmp_path / "member-0.safetensors")
    late = ds.copy(deep=True)
    for name in ("prcp", "tmean"):
        late[name][1, :200] = np.nan
    found = simulate_file(path, late)
    alone = simulate_file(path, ds.isel(basin=[1], time=slice(200, None)))
    np.testing.assert_allclose(found.values[1, 200:], alone.values[0], rtol=1e-5, atol=1e-6)
    assert np.isnan(found.values[1, :200]).all()


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    ds = canonical()
    path = weights_of(ds, tmp_path / "member-0.safetensors")
    with pytest.raises(DataError, match="tmean"):
        simulate_file(path, ds.drop_vars("tmean"))
    dry = ds.copy(deep=True)
    dry["prcp"][2] = np.nan
    with pytest.raises(DataError, match="basin 0003 has no day with all of prcp, tmean"):
        simulate_file(path, dry)
    scaled = weights_of(ds, tmp_path / "member-1.safetensors", per_precipitation=True)
    with pytest.raises(WeightsError, match="precipitation of its training days"):
        simulate_file(scaled, ds)
