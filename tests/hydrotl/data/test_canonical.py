"""Everything after the readers relies on the canonical form: each rule of it is checked."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from hydrotl.data.canonical import (
    UNITS,
    check_canonical,
    data_hash,
    dynamic_variables,
    static_attributes,
    unit_of,
)
from hydrotl_core.errors import DataError
from tests.synthetic import canonical as synthetic

SHAPE = (2, 4)


def canonical(**changed: np.ndarray) -> xr.Dataset:
    """Two basins, four days; ``changed`` replaces the values of a variable."""
    values = {
        "prcp": np.array([[0, 1, 2, 3], [4, 5, 6, 7]]),
        "tmax": np.full(SHAPE, 10.0),
        "tmin": np.full(SHAPE, 2.0),
        "streamflow": np.ones(SHAPE),
        **changed,
    }
    return xr.Dataset(
        {
            name: (("basin", "time"), np.asarray(array, np.float32), {"units": UNITS[name]})
            for name, array in values.items()
        }
        | {
            "area": ("basin", np.array([10.0, 20.0])),
            "rock": ("basin", np.array(["granite", ""])),
        },
        coords={
            "basin": np.array(["01", "02"]),
            "time": pd.date_range("2000-02-27", periods=4, unit="ns"),
        },
    )


def at(row: int, column: int, value: float, base: float = 1.0) -> np.ndarray:
    array = np.full(SHAPE, base)
    array[row, column] = value
    return array


def test_canonical_data_pass_and_missing_days_are_counted():
    checked = check_canonical(canonical(streamflow=at(1, 2, np.nan)), "here")
    assert checked["streamflow"].attrs["missing_days"] == 1
    assert checked["prcp"].attrs["missing_days"] == 0
    assert dynamic_variables(checked) == ["prcp", "tmax", "tmin", "streamflow"]
    assert static_attributes(checked) == ["area", "rock"]


def test_a_variable_missing_altogether_passes():
    checked = check_canonical(canonical(streamflow=np.full(SHAPE, np.nan)), "here")
    assert checked["streamflow"].attrs["missing_days"] == 8


def test_the_input_is_left_as_it_was():
    ds = canonical()
    check_canonical(ds, "here")
    assert "missing_days" not in ds["prcp"].attrs


def test_equal_temperatures_pass():
    check_canonical(canonical(tmin=np.full(SHAPE, 10.0)), "here")


def test_negative_temperature_and_pet_pass():
    check_canonical(canonical(tmin=np.full(SHAPE, -40.0), pet=np.full(SHAPE, -0.1)), "here")


def test_missing_temperature_is_not_above_the_other():
    check_canonical(canonical(tmax=at(0, 0, np.nan, 10.0)), "here")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"prcp": at(1, 3, -0.5)}, r"'prcp' is negative at basin 02, 2000-03-01: -0\.5"),
        ({"streamflow": at(0, 1, -9999)}, r"'streamflow' is negative at basin 01.*`missing`"),
        ({"streamflow": at(0, 1, np.inf)}, r"'streamflow' is infinite at basin 01, 2000-02-28"),
        ({"prcp": np.full(SHAPE, -np.inf)}, "'prcp' is infinite .*correct the value"),
        ({"tmin": at(1, 2, 10.5)}, r"tmin is above tmax at basin 02, 2000-02-29.*swapped"),
        ({"prcp": np.full(SHAPE, -1.0)}, "and 7 more places"),
    ],
)
def test_impossible_values_are_located(changed, message):
    with pytest.raises(DataError, match=message):
        check_canonical(canonical(**changed), "here")


def shifted(ds: xr.Dataset, days: list[str]) -> xr.Dataset:
    return ds.assign_coords(time=pd.DatetimeIndex(days).as_unit("ns"))


@pytest.mark.parametrize(
    ("days", "message"),
    [
        (
            ["2000-01-01", "2000-01-02", "2000-01-02", "2000-01-03"],
            "2000-01-02 follows 2000-01-02",
        ),
        (
            ["2000-01-01", "2000-01-02", "2000-01-04", "2000-01-05"],
            "2000-01-04 follows 2000-01-02",
        ),
        (
            ["2000-01-04", "2000-01-03", "2000-01-02", "2000-01-01"],
            "2000-01-03 follows 2000-01-04",
        ),
        (
            ["2000-01-01 12:00", "2000-01-02 12:00", "2000-01-03 12:00", "2000-01-04 12:00"],
            "not the start of a day",
        ),
    ],
)
def test_time_must_hold_every_day_once(days, message):
    with pytest.raises(DataError, match=message):
        check_canonical(shifted(canonical(), days), "here")


def test_time_must_be_in_nanoseconds():
    ds = canonical()
    coarse = ds.assign_coords(time=pd.DatetimeIndex(ds.indexes["time"]).as_unit("s"))
    if coarse["time"].dtype == ds["time"].dtype:
        pytest.skip("this xarray knows nanoseconds only")
    with pytest.raises(DataError, match=r"datetime64\[s\], not datetime64\[ns\]"):
        check_canonical(coarse, "here")


def test_basins_must_be_text_and_unique():
    with pytest.raises(DataError, match="basin ids must be text"):
        check_canonical(canonical().assign_coords(basin=[1, 2]), "here")
    with pytest.raises(DataError, match="basin 01 occurs more than once"):
        check_canonical(canonical().assign_coords(basin=["01", "01"]), "here")


def test_absent_or_empty_dimensions_are_an_error():
    with pytest.raises(DataError, match="no dimension 'time'"):
        check_canonical(canonical().isel(time=0), "here")
    with pytest.raises(DataError, match="'basin' is empty"):
        check_canonical(canonical().isel(basin=[]), "here")


def test_units_must_be_canonical():
    ds = canonical()
    ds["prcp"].attrs["units"] = "m/s"
    with pytest.raises(DataError, match="'prcp' has units 'm/s', canonical is 'mm/day'"):
        check_canonical(ds, "here")


def test_types_and_shapes_must_be_canonical():
    ds = canonical()
    with pytest.raises(DataError, match="'prcp' is float64, not float32"):
        check_canonical(ds.assign(prcp=ds["prcp"].astype(float).assign_attrs(units="mm/day")), "h")
    with pytest.raises(DataError, match="neither"):
        check_canonical(ds.assign(prcp=ds["prcp"].transpose("time", "basin")), "here")
    with pytest.raises(DataError, match="'area' is int64, neither float64 nor text"):
        check_canonical(ds.assign(area=("basin", np.array([1, 2]))), "here")
    with pytest.raises(DataError, match="'area' holds an infinite value"):
        check_canonical(ds.assign(area=("basin", np.array([1, np.inf]))), "here")


def test_unknown_variable_is_an_error():
    ds = canonical().rename(prcp="rain")
    with pytest.raises(DataError, match="'rain' is not a canonical variable"):
        check_canonical(ds, "here")


def test_unit_of_knows_products_of_a_quantity():
    assert unit_of("pet_modis") == "mm/day"
    assert unit_of("rel_humidity") == "%"
    with pytest.raises(DataError, match="'pet_foo' is not a canonical variable"):
        unit_of("pet_foo")


def test_every_error_names_the_origin():
    with pytest.raises(DataError, match=r"^camels_xx: "):
        check_canonical(canonical(prcp=np.full(SHAPE, -1.0)), "camels_xx")


def test_hash_tells_every_change_of_the_data() -> None:
    base = data_hash(synthetic())
    assert base == data_hash(synthetic())
    assert len(base) == 16
    flow, area, soil, moved = synthetic(), synthetic(), synthetic(), synthetic(start="2000-01-02")
    flow["streamflow"][1, 5] = 77
    area["area"][0] += 1e-9
    soil["soil"] = ("basin", np.array(["clay", "sand", "peat"]))
    others = [flow, area, soil, moved, synthetic().isel(basin=[1, 0, 2])]
    hashes = {data_hash(ds) for ds in others}
    assert len(hashes) == len(others)
    assert base not in hashes


def test_hash_does_not_depend_on_how_text_is_stored() -> None:
    hashes = set()
    for kind in ("U4", object, np.dtypes.StringDType()):
        ds = synthetic()
        ds["soil"] = ("basin", np.array(["clay", "sand", "loam"], dtype=kind))
        hashes.add(data_hash(ds))
    assert len(hashes) == 1
