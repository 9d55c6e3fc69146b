"""Large data that processes share: the same values and the same numbers, one copy."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from hydrotl.experiments import mapped as module
from hydrotl.experiments.mapped import FOLDER, Mapped, mapped, mapped_arrays, opened, shared_scaler
from hydrotl_core.arrays import build_arrays, in_period
from hydrotl_core.scaling import STREAMFLOW, Scaler, fit_scaler
from tests.synthetic import DYNAMIC, STATIC, canonical, period

FIT = [period("2000-03-01", "2001-03-01")] * 3
TEST = [period("2001-03-01", "2002-01-01")] * 3


@pytest.fixture
def ds() -> xr.Dataset:
    found = canonical()
    found["tmean"][0, 100:110] = np.nan
    return found


@pytest.fixture
def shared(ds: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> xr.Dataset:
    monkeypatch.setattr(module, "LEAST_BYTES", 0)
    sent = mapped({"data": ds.copy(deep=True), "start": {"w": np.ones(2)}}, tmp_path)
    assert isinstance(sent["data"], Mapped)
    assert sent["start"]["w"].tolist() == [1, 1]
    return opened(sent)["data"]


def scaler_of(ds: xr.Dataset) -> Scaler:
    return fit_scaler(ds, in_period(ds, FIT), DYNAMIC, STATIC, "zscore", True)


def test_values_are_those_that_were_shared(ds: xr.Dataset, shared: xr.Dataset) -> None:
    xr.testing.assert_identical(shared.drop_attrs(deep=False), ds.drop_attrs(deep=False))
    assert isinstance(shared["prcp"].values.base, np.memmap) or isinstance(
        shared["prcp"].values, np.memmap
    )
    with pytest.raises(ValueError, match="read-only"):
        shared["prcp"].values[0, 0] = 1


def test_arrays_are_the_same_to_the_bit_and_made_once(ds: xr.Dataset, shared: xr.Dataset) -> None:
    scaler = scaler_of(ds)
    for periods, lead in ((FIT, 40), (TEST, 365)):
        own = build_arrays(ds, scaler, periods, FIT, lead)
        found = mapped_arrays(shared, scaler, periods, FIT, lead)
        again = mapped_arrays(shared, scaler, periods, FIT, lead)
        for name in ("dynamic", "static", "flow", "flow_scale", "flow_std"):
            np.testing.assert_array_equal(getattr(found, name), getattr(own, name))
        assert isinstance(again.dynamic, np.memmap)
        assert isinstance(found.dynamic, np.memmap)
        assert again.dynamic.filename == found.dynamic.filename
    assert len(list(Path(shared.attrs[FOLDER]).glob("forcing-*.npy"))) == 2


def test_another_scaler_or_period_has_arrays_of_its_own(ds: xr.Dataset, shared: xr.Dataset) -> None:
    scaler = scaler_of(ds)
    other = fit_scaler(ds, in_period(ds, TEST), DYNAMIC, STATIC, "zscore", False)
    one, two = (mapped_arrays(shared, s, FIT, FIT).dynamic for s in (scaler, other))
    assert np.abs(one - two).max() > 1e-3
    three = mapped_arrays(shared.drop_vars("pet"), scaler, FIT, FIT).dynamic
    np.testing.assert_array_equal(one, three)


def test_a_scaler_is_fitted_once_and_read_without_loss(ds: xr.Dataset, shared: xr.Dataset) -> None:
    fitted: list[Scaler] = []

    def fit() -> Scaler:
        fitted.append(scaler_of(shared))
        return fitted[-1]

    found = [shared_scaler(shared, "how", FIT, fit) for _ in range(2)]
    assert found == [scaler_of(ds)] * 2
    assert len(fitted) == 1
    hidden = shared[STREAMFLOW].copy(data=shared[STREAMFLOW].values * 2)
    assert shared_scaler(shared.assign({STREAMFLOW: hidden}), "how", FIT, fit) == fitted[0]
    assert len(fitted) == 2, "another flow asks for another scaler"


def test_small_data_are_sent_as_they_are(ds: xr.Dataset, tmp_path: Path) -> None:
    assert mapped({"data": ds}, tmp_path)["data"] is ds
    assert not list(tmp_path.iterdir())


def test_hidden_flow_has_arrays_of_its_own(ds: xr.Dataset, shared: xr.Dataset) -> None:
    scaler = scaler_of(ds)
    before = mapped_arrays(shared, scaler, FIT, FIT).flow
    flow = shared[STREAMFLOW].values.copy()
    flow[:, 200:] = np.nan
    hidden = shared.assign({STREAMFLOW: (("basin", "time"), flow)})
    after = mapped_arrays(hidden, scaler, FIT, FIT).flow
    assert np.isfinite(before).sum() > 2 * np.isfinite(after).sum() > 0
