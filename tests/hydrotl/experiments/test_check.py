"""Estimates that stand in for measurements, against the measurements."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from hydrotl.config import load_source
from hydrotl.experiments.check import check_data, estimable

pytestmark = pytest.mark.slow


def test_estimates_take_the_place_of_what_they_estimate(
    real_data: Callable[[str], Path],
) -> None:
    real_data("camels_us.nc")
    source = load_source("derived-check").model_copy(update={"subset": 20})
    assert estimable(source) == ["srad", "vp"]
    measured, estimated = check_data(source), check_data(source, estimated=["srad", "vp"])
    assert set(measured) == set(estimated)
    for name in measured:
        if name not in ("srad", "vp"):
            xr.testing.assert_equal(measured[name], estimated[name])
    # Daymet derives both from temperature as well, by other formulas and with rain.
    for name, least in (("srad", 0.85), ("vp", 0.9)):
        one, other = measured[name].values.ravel(), estimated[name].values.ravel()
        both = np.isfinite(one) & np.isfinite(other)
        assert both.mean() > 0.99
        assert np.corrcoef(one[both], other[both])[0, 1] > least
        assert other[both].mean() == pytest.approx(one[both].mean(), rel=0.15)
