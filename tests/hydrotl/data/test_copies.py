"""Daily variables that are streamflow under another name are found by their values."""

from collections.abc import Callable

import numpy as np
import pytest

from hydrotl.data.copies import copied_in
from tests.synthetic import canonical, period

COPIES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "itself": lambda q: q,
    "another unit": lambda q: 11.57 * q,
    "its logarithm": lambda q: np.log(q + 0.01),
    "its negative": lambda q: 5 - q,
    "yesterday's": lambda q: np.roll(q, 1, axis=1),
    "tomorrow's": lambda q: np.roll(q, -1, axis=1),
    "that of two days ago": lambda q: np.roll(q, 2, axis=1),
    "that of last week": lambda q: np.roll(q, 7, axis=1),
    "that in three days": lambda q: np.roll(q, -3, axis=1),
    "rounded": lambda q: np.round(q, 1),
    "with an error of 0.1 percent": lambda q: (
        q * (1 + 0.001 * np.random.default_rng(0).standard_normal(q.shape))
    ),
}


@pytest.mark.parametrize("what", COPIES)
def test_flow_under_another_name_is_found(what: str) -> None:
    ds = canonical()
    flow = COPIES[what](ds["streamflow"].interpolate_na("time").values)
    assert copied_in(ds.assign(pet=(("basin", "time"), flow)), ["prcp", "pet"]) == ("pet", "0001")


def test_weather_is_not_taken_for_flow() -> None:
    ds = canonical(days=1200)
    assert copied_in(ds, ["prcp", "tmean", "pet"]) is None
    # A recession of one season beside the shortening day: both fall, each in its own steps.
    days = np.arange(150)
    noise = np.random.default_rng(0).normal(0, 0.01, days.size)
    part = ds.isel(time=slice(0, 150), basin=[0])
    fall = part.assign(
        streamflow=(("basin", "time"), (3 * np.exp(-days / 60) + noise)[None]),
        dayl=(("basin", "time"), (57000 - 150.0 * days)[None]),
    )
    assert copied_in(fall, ["dayl"]) is None


@pytest.mark.parametrize("before", [0.0, np.nan, 1.5])
@pytest.mark.parametrize("start", [330, 500, 730])
def test_a_copy_of_a_part_of_the_record_is_found(start: int, before: float) -> None:
    ds = canonical(days=1100)
    flow = ds["streamflow"].interpolate_na("time").values / 5
    late = np.where(np.arange(1100) >= start, flow, before)
    part = ds.assign(swe=(("basin", "time"), late))
    assert copied_in(part, ["prcp", "swe"]) == ("swe", "0001")


def test_a_copy_of_a_test_period_shorter_than_a_window_is_found() -> None:
    ds = canonical(days=1100)
    days = np.arange(1100)
    inside = (days >= 450) & (days < 550)
    copy = np.where(inside, ds["streamflow"].values, ds["pet"].values)
    part = ds.assign(swe=(("basin", "time"), copy))
    assert copied_in(part, ["swe"]) is None, "a hundred days of no window"
    test = period("2001-03-26", "2001-07-04")
    assert copied_in(part, ["swe"], [test]) == ("swe", "0001")


def test_a_copy_in_one_basin_is_found() -> None:
    ds = canonical()
    copy = ds["pet"].values.copy()
    copy[2] = ds["streamflow"].interpolate_na("time").values[2]
    assert copied_in(ds.assign(pet=(("basin", "time"), copy)), ["pet"]) == ("pet", "0003")


def test_a_short_record_of_flow_is_compared_as_well() -> None:
    ds = canonical(days=90)
    assert copied_in(ds.assign(pet=2 * ds["streamflow"]), ["pet"]) == ("pet", "0001")
    assert copied_in(ds, ["prcp", "tmean", "pet"]) is None
