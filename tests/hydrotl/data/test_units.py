"""Units are converted by known factors, and what cannot be converted is an error."""

import numpy as np
import pytest

from hydrotl.data.units import convert, needs_area, same_unit
from hydrotl_core.errors import DataError


@pytest.mark.parametrize(
    ("value", "native", "canonical", "expected"),
    [
        (0.0, "K", "degC", -273.15),
        (50.0, "degF", "degC", 10.0),
        (10.0, "hPa", "Pa", 1000.0),
        (86.4, "MJ/m2/day", "W/m2", 1000.0),
        (1.0, "in/day", "mm/day", 25.4),
        (1.0, "kg m-2 s-1", "mm/day", 86400.0),
        (0.012, "kg/kg", "g/kg", 12.0),
        (0.6, "fraction", "%", 60.0),
        (1.5, "h", "s", 5400.0),
        (36.0, "km/h", "m/s", 10.0),
        (3.0, "C", "degC", 3.0),
        (2.0, "W m-2", "W/m2", 2.0),
    ],
)
def test_known_conversions(value, native, canonical, expected):
    assert convert([value], native, canonical)[0] == pytest.approx(expected, rel=1e-6)


def test_flow_volume_becomes_depth_through_the_area():
    # 1 m3/s is 86400 m3 a day; over 86.4 km2 that is 1 mm.
    assert convert([1.0], "m3/s", "mm/day", 86.4)[0] == pytest.approx(1.0)
    # Hydrologists' rule: 1 cfs per square mile (2.589988 km2) is 0.03719 inches a day.
    assert convert([1.0], "cfs", "mm/day", 2.589988)[0] == pytest.approx(0.03719 * 25.4, rel=1e-4)
    assert convert([1000.0], "l/s", "mm/day", 86.4)[0] == pytest.approx(1.0)


def test_area_is_only_needed_for_volumes():
    assert needs_area("m3/s", "mm/day")
    assert needs_area("ft3/s", "mm/day")
    assert not needs_area("mm/day", "mm/day")
    assert not needs_area("in/day", "mm/day")
    assert not needs_area("K", "degC")


def test_float32_stays_float32_and_nan_stays_nan():
    values = np.array([[1.0, np.nan]], np.float32)
    converted = convert(values, "m3/s", "mm/day", 8.64)
    assert converted.dtype == np.float32
    assert converted.shape == (1, 2)
    np.testing.assert_allclose(converted, [[10.0, np.nan]], rtol=1e-6)


def test_equal_units_return_the_values_as_they_are():
    values = np.array([1.0, 2.0], np.float32)
    assert convert(values, "mm/day", "mm/day") is values


def test_integers_are_not_truncated():
    assert convert([1, 2], "in/day", "mm/day").tolist() == pytest.approx([25.4, 50.8])


@pytest.mark.parametrize("area", [None, 0.0, -5.0, float("nan"), float("inf")])
def test_unusable_area_is_an_error(area):
    with pytest.raises(DataError, match=r"area in km2.*attributes\.area"):
        convert([1.0], "m3/s", "mm/day", area)


def test_unknown_unit_is_named():
    with pytest.raises(DataError, match="unknown unit 'furlongz'"):
        convert([1.0], "furlongz", "mm/day")


@pytest.mark.parametrize("unit", ["\u202e", "\u200b", "m\u200bm/day", "\0", "\u0301", "\U0001d7d9"])
def test_a_unit_of_characters_that_are_not_seen_or_no_letters_is_unknown(unit):
    with pytest.raises(DataError, match=r"unknown unit .* \(\w.*\): write it as in 'mm/day'"):
        convert([1.0], unit, "mm/day")


def test_a_byte_order_mark_before_a_unit_is_passed_over():
    assert convert([2.0], "\ufeffm3/s", "mm/day", 86.4)[0] == pytest.approx(2.0)


def test_incompatible_units_are_an_error():
    with pytest.raises(DataError, match="'degC' cannot become 'mm/day'"):
        convert([1.0], "degC", "mm/day")


@pytest.mark.parametrize(
    ("native", "canonical", "expected"),
    [
        ("mm", "mm/day", 1.0),
        ("m", "mm/day", 1000.0),
        ("kg m-2", "mm/day", 1.0),
        ("J/m2", "W/m2", 1 / 86400),
        ("MJ m-2", "W/m2", 1e6 / 86400),
        ("kWh/m2", "W/m2", 3.6e6 / 86400),
        ("mm", "mm", 1.0),
    ],
)
def test_an_amount_is_that_of_the_day_where_a_rate_is_wanted(native, canonical, expected):
    assert convert([1.0], native, canonical)[0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("native", "expected"),
    [
        ("million m3", 1e6),
        ("million m3/day", 1e6),
        ("Mm3/day", 1e6),  # to pint, the cube of a million metres
        ("Mm³", 1e6),
        ("10^6 m3/day", 1e6),
        ("MCM", 1e6),
        ("hm3", 1e6),
        ("m3", 1.0),
        ("ML/d", 1000.0),
        ("cubic feet per second", 0.3048**3 * 86400),
        ("acre-ft/day", 43560 * 0.3048**3),
        ("mgd", 3785.411784),
    ],
)
def test_volumes_of_a_day_become_depths(native, expected):
    # 1000 m3 on 1 km2 are 1 mm. (An acre of the survey foot is 4e-6 larger.)
    assert needs_area(native, "mm/day")
    assert convert([1.0], native, "mm/day", 1.0)[0] == pytest.approx(expected / 1000, rel=1e-5)


@pytest.mark.parametrize(
    "spelling",
    ["C", "degC", "degrees C", "degree_C", "deg_C", "degrees_celsius", "Celsius", "° C", "ºC", "℃"],
)
def test_degrees_celsius_in_every_spelling(spelling):
    assert convert([21.5], spelling, "degC")[0] == 21.5


@pytest.mark.parametrize("spelling", ["K", "k", "Kelvin", "degK", "degrees K"])
def test_kelvin_in_every_spelling(spelling):
    assert convert([273.15], spelling, "degC")[0] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("native", "canonical", "expected"),
    [
        ("mb", "Pa", 100.0),  # to pint, a millibarn
        ("ms-1", "m/s", 1.0),  # to pint, a frequency
        ("ly/day", "W/m2", 41840 / 86400),  # to pint, light years
        ("MM/DAY", "mm/day", 1.0),  # to pint, megamolar
        ("mm d⁻¹", "mm/day", 1.0),
        ("mm.day-1", "mm/day", 1.0),
        ("kg m**-2 s**-1", "mm/day", 86400.0),
        ("Wm-2", "W/m2", 1.0),
        ("kph", "m/s", 1 / 3.6),
    ],
)
def test_names_that_pint_reads_as_something_else(native, canonical, expected):
    assert convert([1.0], native, canonical)[0] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("unit", ["Mm/day", "degrees", "farad", "furlong/day", "mm/day/"])
def test_what_is_no_unit_here_is_unknown(unit):
    with pytest.raises(DataError, match=f"unknown unit '{unit}'"):
        convert([1.0], unit, "mm/day")


def test_spellings_of_one_unit_are_the_same():
    assert same_unit("W m-2", "W/m2")
    assert same_unit("mm d-1", "mm/day")
    assert same_unit("C", "degC")
    assert not same_unit("K", "degC")
    assert not same_unit("mm", "mm/day")
    assert same_unit("mm", "mm/day", "mm/day")
    assert not same_unit("mm", "mm/day", "mm")
    assert same_unit("J m-2", "J/m2/day", "W/m2")
    assert not same_unit("in", "mm/day", "mm/day")
    assert not same_unit("no such unit", "mm/day")


@pytest.mark.parametrize(
    ("native", "canonical", "expected"),
    [
        ("0.1 mm", "mm/day", 0.1),
        ("10^-1 mm", "mm/day", 0.1),
        ("1/10 mm", "mm/day", 0.1),
        ("mm/10", "mm/day", 0.1),
        ("tenths of a mm", "mm/day", 0.1),
        ("1/100 in", "mm/day", 0.254),
        ("hundredths of inch", "mm/day", 0.254),
        ("kcfs", "m3/s", 28.316846592),
        ("10^3 m3", "m3/day", 1000.0),
        ("1000 m3/day", "m3/day", 1000.0),
        ("thousand m3", "m3/day", 1000.0),
        ("10^6 m3", "m3/day", 1e6),
        ("1000 km2", "km2", 1000.0),
        ("0.1 degF", "degC", (0.1 - 32) / 1.8),
    ],
)
def test_units_are_counted_in_powers_of_ten(native, canonical, expected):
    assert convert([1.0], native, canonical)[0] == pytest.approx(expected)


@pytest.mark.parametrize("unit", ["mm*10", "10 m", "2 m", "0.1", "25 mm"])
def test_a_number_that_may_be_no_count_makes_no_unit(unit):
    with pytest.raises(DataError, match="unknown unit"):
        convert([1.0], unit, "mm/day")


def test_a_unit_counted_in_tenths_is_another_one():
    assert not same_unit("0.1 mm", "mm")
    assert same_unit("tenths of mm", "0.1 mm")
