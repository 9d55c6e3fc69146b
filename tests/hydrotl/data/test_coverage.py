"""Weather that is missing where it is needed is an error, or a short gap that is named."""

import warnings

import numpy as np
import pytest
import xarray as xr

from hydrotl.data.coverage import check_coverage
from hydrotl_core.errors import DataError, DoubtfulData
from hydrotl_core.recipe import Inputs
from tests.synthetic import canonical, period

INPUTS = Inputs(dynamic=["prcp", "tmean"], static=["slope", "soil"])
FIT, TEST = [period("2000-02-01", "2001-01-01")] * 3, [period("2001-01-01", "2001-12-01")] * 3


def check(ds: xr.Dataset, inputs: Inputs = INPUTS) -> dict[str, dict[str, int]]:
    return check_coverage(ds, inputs, FIT, TEST, "mine")


def gap(name: str, row: int, first: int, days: int) -> xr.Dataset:
    ds = canonical()
    ds[name][row, first : first + days] = np.nan
    return ds


@pytest.mark.filterwarnings("error")
def test_complete_weather_needs_no_word() -> None:
    assert check(canonical()) == {}


def test_a_short_gap_is_said_and_counted() -> None:
    with pytest.warns(DoubtfulData, match=r"mine: 'prcp' is missing on 7 test days of basin 0002"):
        assert check(gap("prcp", 1, 400, 7)) == {"prcp": {"0002": 7}}


def test_a_training_of_a_few_days_is_said() -> None:
    few = [period("2000-02-01", "2000-02-04"), *FIT[1:]]
    with pytest.warns(DoubtfulData, match="basin 0001 has as few as 3 days: take a year"):
        assert check_coverage(canonical(), INPUTS, few, TEST, "mine") == {}


@pytest.mark.parametrize(
    ("first", "days", "message"),
    [
        (100, 31, r"'tmean' is missing on 31 of \d+ training days of basin 0003, 31 of them in a"),
        (450, 60, r"'tmean' is missing on 60 of \d+ test days of basin 0003.*from 2001-03-26"),
    ],
)
def test_a_long_gap_is_an_error_that_names_variable_basin_and_day(
    first: int, days: int, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        check(gap("tmean", 2, first, days))


def test_many_short_gaps_are_an_error_too() -> None:
    ds = canonical()
    ds["prcp"][0, 366:700:10] = np.nan  # one day in ten
    with pytest.raises(DataError, match="At most 5%"):
        check(ds)


@pytest.mark.filterwarnings("error")
def test_gaps_on_later_days_do_no_harm() -> None:
    assert check(gap("prcp", 0, 720, 50)) == {}


def test_gaps_on_the_days_before_are_named() -> None:
    with pytest.warns(DoubtfulData, match="31 days before the training of basin 0001"):
        assert check(gap("prcp", 0, 0, 31)) == {}


@pytest.mark.filterwarnings("error")
def test_days_before_a_shorter_record_are_no_gap() -> None:
    ds = gap("prcp", 0, 0, 31)
    ds["tmean"][0, :31] = np.nan
    assert check(ds) == {}


def said_of(ds: xr.Dataset) -> list[str]:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        check(ds)
    return [str(one.message) for one in said]


def test_training_days_before_the_test_are_named_once() -> None:
    (said,) = said_of(gap("prcp", 1, 200, 4))
    assert said.startswith("mine: 'prcp' is missing on 4 training days of basin 0002: the mean")
    (said,) = said_of(gap("prcp", 1, 20, 4))
    assert said.startswith("mine: 'prcp' is missing on 4 days before the training of basin 0002:")


def test_weather_to_simulate_needs_no_training_days() -> None:
    with pytest.warns(DoubtfulData, match=r"'prcp' is missing on 2 forcing days of basin 0001"):
        filled = check_coverage(gap("prcp", 0, 400, 2), INPUTS, (), TEST, "mine", "forcing")
    assert filled == {"prcp": {"0001": 2}}
    with pytest.warns(DoubtfulData, match=r"'prcp' is missing on 2 training days of basin 0001"):
        check_coverage(gap("prcp", 0, 100, 2), INPUTS, FIT, (), "mine")


def test_inputs_that_are_missing_on_the_same_days_share_a_line() -> None:
    ds = gap("prcp", 1, 400, 7)
    ds["tmean"][1, 400:407] = np.nan
    (said,) = said_of(ds)
    assert "'prcp', 'tmean' are missing on 7 test days of basin 0002: the mean" in said
    ds["tmean"][1, 407] = np.nan
    prcp, tmean = said_of(ds)
    assert "'prcp' is missing on 7" in prcp
    assert "'tmean' is missing on 8" in tmean


def test_weather_before_the_gauge_was_built_may_be_missing_but_is_named() -> None:
    ds = gap("prcp", 0, 0, 31 + 120)
    ds["streamflow"][0, : 31 + 120] = np.nan
    with pytest.warns(DoubtfulData, match="120 training days of basin 0001"):
        assert check(ds) == {"prcp": {"0001": 120}}


def test_a_basin_without_flow_is_named_for_what_it_lacks() -> None:
    ds = gap("streamflow", 1, 0, 366)
    with pytest.warns(DoubtfulData, match="training days of basin 0002: nothing is learned there"):
        check(ds)
    ds = gap("streamflow", 2, 366, 800)
    with pytest.warns(DoubtfulData, match="test days of basin 0003: there is no score"):
        check(ds)


def test_without_any_flow_all_test_days_need_weather() -> None:
    ds = gap("streamflow", 2, 366, 800)
    ds["prcp"][2, 366:400] = np.nan
    with (
        pytest.warns(DoubtfulData, match="there is no score"),
        pytest.raises(DataError, match="34 of 334 test days"),
    ):
        check(ds)


def test_an_optional_input_may_be_missing_altogether_but_its_gaps_are_named() -> None:
    inputs = Inputs(dynamic=["prcp", "pet"], optional={"sun": ["pet"]})
    ds = gap("pet", 0, 0, 800)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert check(ds, inputs) == {}
        assert check(ds.drop_vars("pet"), inputs) == {}
    with pytest.warns(DoubtfulData, match="'pet' is missing on 100 training days"):
        assert check(gap("pet", 0, 100, 100), inputs) == {"pet": {"0001": 100}}


def test_a_missing_attribute_is_named() -> None:
    ds = canonical()
    ds["slope"][1] = np.nan
    ds["soil"][2] = ""
    with pytest.warns(DoubtfulData) as said:
        check(ds)
    text = " ".join(str(one.message) for one in said)
    assert "attribute 'slope' is missing in basin 0002: the mean" in text
    assert "attribute 'soil' is missing in basin 0003: no class" in text


def test_a_period_beyond_the_data_is_an_error_before_anything_trains() -> None:
    with pytest.raises(DataError, match=r"mine: basin 0001: period 2001-01-01..2009-01-01 is not"):
        check_coverage(canonical(), INPUTS, FIT, [period("2001-01-01", "2009-01-01")] * 3, "mine")
