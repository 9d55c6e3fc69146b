"""Dates in files: the day that is written, no century or order of day and month guessed."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from pydantic import TypeAdapter, ValidationError

from hydrotl.data.catalog import open_dataset
from hydrotl.data.manifest import Manifest, own_dataset
from hydrotl.data.readers.dates import DateFormat, parse_days, without_offset
from hydrotl_core.errors import ConfigError, DataError

HERE = Path("x.csv")


def days(*texts: str, date_format: str | None = None) -> list[str]:
    table = pd.DataFrame({"date": texts}, index=range(2, 2 + len(texts)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = parse_days(table, ["date"], HERE, date_format)
    assert found.dtype == np.dtype("datetime64[ns]")
    return [str(day.date()) for day in found]


@pytest.mark.parametrize(
    "text",
    [
        "2010-01-05",
        "2010-1-5",
        "2010/01/05",
        "2010.01.05",
        "20100105",
        "2010-01-05T00:00:00",
        "2010-01-05 00:00:00.000",
        "2010-01-05 09:00",
        "2010-01-05 00:00:00+00:00",
        "2010-01-05T00:00:00Z",
        "2010-01-05T00:00:00.000+05:30",
        "2010-01-05 00:00:00+0545",
        "2010-01-05 00:00 -03:30",
        "2010-01-05T00:00-09",
        "2010-01-05 00:00 UTC",
        "2010-01-05 00:00 GMT+5:30",
        "2010-01-05+05:30",
        "2010-01-05Z",
    ],
)
def test_the_day_is_the_one_that_is_written(text):
    assert days(text) == ["2010-01-05"]
    assert days("2010-01-04", text) == ["2010-01-04", "2010-01-05"]


def test_offsets_may_change_with_summer_time():
    assert days("2010-03-27T00:00+01:00", "2010-03-29T00:00+02:00") == ["2010-03-27", "2010-03-29"]
    texts = ("27.03.2010 00:00:00+0100", "29.03.2010 00:00:00+0200")
    for form in ("%d.%m.%Y %H:%M:%S%z", "%d.%m.%Y %H:%M:%S"):
        assert days(*texts, date_format=form) == ["2010-03-27", "2010-03-29"]
    assert days("05-01-2010", date_format="%d-%m-%Y") == ["2010-01-05"]


def test_an_hour_with_an_offset_is_taken_as_written_and_said():
    table = pd.DataFrame({"date": ["2009-12-31T18:30:00Z"]}, index=[2])
    with pytest.warns(UserWarning, match=r"line 2: '2009-12-31T18:30:00Z' is taken as the day"):
        assert parse_days(table, ["date"], HERE)[0] == pd.Timestamp("2009-12-31")


@pytest.mark.parametrize(
    "text",
    [
        "2010",
        "2010-01",
        "2010-13-01",
        "2010-02-30",
        "05/01/2010",
        "2010-01-05 25:00",
        "2010-01-05 24:00",
        "2010-01-05 EST",
        "2010-01/05",
        "40183",
        "0201-01-05",
        "9999-01-05",
        "2010-01-05T00:00+05:30 [Asia/Kolkata]",
        "today",
        "",
    ],
)
def test_no_date_is_an_error_with_file_line_and_text(text):
    with pytest.raises(DataError) as caught:
        days("2010-01-04", text)
    assert f"x.csv, line 3, column 'date': {text!r} is not a date in the form YYYY" in str(
        caught.value
    )


@pytest.mark.parametrize("text", ["99-01-05", "05.01.10", "1/5/10", "05-01-10 00:00"])
def test_years_of_two_digits_are_refused_with_the_remedy(text):
    with pytest.raises(DataError, match="write the year with four digits"):
        days(text)
    parts = pd.DataFrame({"y": [99.0], "m": [1.0], "d": [5.0]}, index=[2])
    with pytest.raises(DataError, match=r"line 2, columns y, m, d: '99-01-05'.*four digits"):
        parse_days(parts, ["y", "m", "d"], HERE)


@pytest.mark.parametrize("part", [1.5, np.nan, 0.0, 13.0])
def test_parts_of_a_date_are_whole_numbers(part):
    parts = pd.DataFrame({"y": [2010.0], "m": [part], "d": [5.0]}, index=[2])
    with pytest.raises(DataError, match="line 2, columns y, m, d"):
        parse_days(parts, ["y", "m", "d"], HERE)


def test_a_column_of_values_holds_no_dates() -> None:
    with pytest.raises(DataError, match=r"line 2, column 'rain': '1\.5' is not a date"):
        parse_days(pd.DataFrame({"rain": [1.5]}, index=[2]), ["rain"], HERE)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("%d.%m.%y", "two digits"),
        ("%Y-%m-%d-%Y", "'%Y-%m-%d-%Y' has %Y twice: keep one"),
        ("%D", "two digits"),
        ("%x", "two digits"),
        ("%d.%m.", "does not say year"),
        ("%Y-%m", "does not say year, month and day"),
        ("%Y", "does not say year"),
        ("%Y-%m-%d %Q", "Q"),
    ],
)
def test_a_form_that_leaves_the_day_open_is_refused(tmp_path, form, said):
    with pytest.raises(ValidationError, match=said):
        TypeAdapter(DateFormat).validate_python(form)
    dataset = own_dataset(tmp_path, {"prcp": ("rain", "mm/day")}, options={"date_format": form})
    with pytest.raises(ConfigError, match="date_format"):
        open_dataset("own", manifest=Manifest(version=1, datasets={"own": dataset}))


@pytest.mark.parametrize("form", ["%d.%m.%Y", "%Y%j", "%d %b %Y", "%m/%d/%Y %H:%M", "%G-%V-%u"])
def test_usual_forms_are_accepted(form):
    assert TypeAdapter(DateFormat).validate_python(form) == form


@pytest.mark.parametrize("offset", ["+05:30", "+5:30", " -03:30", "Z", " UTC", " +10:00", ""])
def test_an_offset_in_the_units_of_a_netcdf_file_moves_no_day(tmp_path, offset):
    units = f"days since 2000-01-01 00:00:00{offset}"
    assert without_offset(units) == "days since 2000-01-01 00:00:00"
    xr.Dataset(
        {"rain": (("basin", "time"), [[1.0, 2.0, 3.0]], {"units": "mm/day"})},
        coords={"basin": ["b1"], "time": ("time", [0, 1, 2], {"units": units})},
    ).to_netcdf(tmp_path / "all.nc")
    variables = {"prcp": ("rain", "mm/day")}
    dataset = own_dataset(tmp_path, variables, options={"series": "all.nc"})
    ds = open_dataset("own", manifest=Manifest(version=1, datasets={"own": dataset}))
    assert str(ds["time"].values[0])[:10] == "2000-01-01"


def test_units_without_a_time_of_day_stay_as_they_are():
    assert without_offset("days since 2000-01-01") == "days since 2000-01-01"
    assert without_offset("hours since 1900-01-01 00:00:0.0") == "hours since 1900-01-01 00:00:0.0"
