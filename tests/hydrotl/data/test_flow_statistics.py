"""Attributes that are computed from streamflow are found by their values."""

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

from hydrotl.data.flow_statistics import computed_from_flow
from tests.synthetic import canonical, period

TEST = period("2001-01-01", "2002-01-01")
Computed = Callable[[xr.Dataset], xr.DataArray]


def with_cover(ds: xr.Dataset, computed: Computed) -> xr.Dataset:
    return ds.assign(cover=("basin", computed(ds).values.astype(float)))


def mean(ds: xr.Dataset) -> xr.DataArray:
    return ds["streamflow"].astype(float).sel(time="2001").mean("time")


def volume(ds: xr.Dataset) -> xr.DataArray:
    return mean(ds) * ds["area"] / 86.4


COMPUTED: dict[str, tuple[Computed, str]] = {
    "mean": (mean, "the mean of its"),
    "mean in m3/s": (volume, "the mean (as a volume) of its"),
    "to three digits": (lambda ds: volume(ds).round(3), "the mean (as a volume) of its"),
    "sum": (lambda ds: ds["streamflow"].sel(time="2001").sum("time"), "the sum of its"),
    "variance": (lambda ds: ds["streamflow"].sel(time="2001").var("time"), "the variance of its"),
    "99 %": (
        lambda ds: ds["streamflow"].sel(time="2001").quantile(0.99, "time"),
        "the 99% quantile of its",
    ),
    "logarithm": (
        lambda ds: xr.apply_ufunc(np.log10, volume(ds)),
        "the logarithm of the mean (as a volume)",
    ),
    "reciprocal": (lambda ds: 1 / mean(ds), "the reciprocal of the mean of its"),
    "shifted": (lambda ds: 7 - mean(ds), "the mean and a constant of its"),
    "variation": (
        lambda ds: ds["streamflow"].sel(time="2001").std("time") / mean(ds),
        "the coefficient of variation of its",
    ),
    "runoff ratio": (
        lambda ds: (
            mean(ds) / ds["prcp"].where(ds["streamflow"].notnull()).sel(time="2001").mean("time")
        ),
        "the runoff ratio of its",
    ),
}


@pytest.mark.parametrize("what", COMPUTED)
def test_an_attribute_in_proportion_to_flow_is_found_whatever_its_name(what: str) -> None:
    computed, said = COMPUTED[what]
    ds = with_cover(canonical(n_basins=8), computed)
    found = computed_from_flow(ds, [TEST], ["area", "slope", "cover"], "area")
    assert list(found) == ["cover"]
    assert found["cover"].startswith(said)
    assert found["cover"].endswith("2001-01-01..2002-01-01")


def test_one_of_many_basins_may_be_an_exception() -> None:
    ds = with_cover(canonical(n_basins=40), volume)
    ds["cover"][3] *= 1.5
    assert list(computed_from_flow(ds, [TEST], area="area")) == ["cover"]


def test_attributes_of_the_land_are_not_taken_for_flow() -> None:
    ds = canonical(n_basins=8)
    assert computed_from_flow(ds, [TEST], area="area") == {}
    # Gauges of one river with the same flow per area: area is no statistic of flow.
    flow = ds["streamflow"].copy()
    flow[:] = flow.values[0] * np.linspace(1, 1.03, 8)[:, None]
    same = ds.assign(streamflow=flow, land_area=ds["area"] * 100)
    assert computed_from_flow(same, [TEST], ["area", "land_area"], "area") == {}


@pytest.mark.parametrize("basins", [1, 2, 4])
@pytest.mark.parametrize("factor", [1.0, 365.25, 1 / 0.0864])
def test_of_few_basins_the_mean_itself_is_found(basins: int, factor: float) -> None:
    ds = with_cover(canonical(basins), lambda ds: (factor * mean(ds)).round(4))
    assert computed_from_flow(ds, [TEST], ["area", "slope", "cover"], "area") == {
        "cover": "the mean of its streamflow of 2001-01-01..2002-01-01"
    }


@pytest.mark.parametrize(
    "computed",
    [
        lambda ds: 1.7 * mean(ds),
        lambda ds: mean(ds).round(0) + 1,
        lambda ds: ds["area"].round(1),
    ],
)
def test_of_few_basins_proportion_proves_nothing(computed: Computed) -> None:
    ds = with_cover(canonical(2), computed)
    assert computed_from_flow(ds, [TEST], area="area") == {}


def test_of_one_basin_a_volume_is_found_to_its_last_digit() -> None:
    ds = with_cover(canonical(1), lambda ds: volume(ds).round(3))
    assert list(computed_from_flow(ds, [TEST], area="area")) == ["cover"]
