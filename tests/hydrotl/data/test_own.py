"""A folder with a region.yaml: its data, its years, its region."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from hydrotl.data.own import SETTING, open_own, own_region, own_setting, whole_record
from hydrotl.data.regions import region_data
from hydrotl_core.errors import ConfigError, DataError, DoubtfulData
from tests.synthetic import write_yaml

AREAS = {"upper": 100.0, "lower": 250.0}


def weather(days: int = 1200, seed: int = 0) -> pd.DataFrame:
    """Rain in mm, temperature in degC and the flow of a linear reservoir in mm/day."""
    rng = np.random.default_rng(seed)
    time = pd.date_range("2001-01-01", periods=days)
    rain = np.round(rng.gamma(0.6, 6.0, days) * (rng.random(days) < 0.5), 1)
    warm = 10 + 8 * np.sin(2 * np.pi * (time.day_of_year.to_numpy() - 110) / 365.25)
    store, flow = 20.0, np.empty(days)
    for day in range(days):
        store += 0.5 * rain[day]
        flow[day] = 0.1 * store
        store -= flow[day]
    return pd.DataFrame({"rain": rain, "warm": np.round(warm, 1), "flow": flow}, index=time)


def write_folder(folder: Path) -> dict[str, pd.DataFrame]:
    """Weather in one file of a basin, flow in another, day before month, and a table."""
    clean = {basin: weather(seed=k) for k, basin in enumerate(AREAS)}
    for basin, frame in clean.items():
        dates = pd.DatetimeIndex(frame.index).strftime("%d.%m.%Y")
        one = pd.DataFrame({"Datum": dates, "P": frame["rain"], "T": frame["warm"]})
        one.to_csv(folder / f"{basin}_weather.txt", sep=";", decimal=",", index=False)
        cubic = frame["flow"] * AREAS[basin] / 86.4
        one = pd.DataFrame({"Datum": dates, "Q": cubic}).iloc[100:]
        one.iloc[::-1].to_csv(folder / f"{basin}_gauge.csv", index=False)
    table = pd.DataFrame({"id": AREAS.keys(), "km2": AREAS.values(), "lat": [47.0, 46.5]})
    table.to_csv(folder / "table.csv", index=False)
    write_yaml(folder / "region.yaml", REGION)
    return clean


REGION = {
    "title": "Two rivers",
    "files": [
        {
            "path": "{basin}_weather.txt",
            "separator": ";",
            "decimal": ",",
            "date": "Datum",
            "date_form": "%d.%m.%Y",
            "columns": {
                "prcp": {"column": "P", "units": "mm"},
                "tmean": {"column": "T", "units": "C"},
            },
        },
        {
            "path": "{basin}_gauge.csv",
            "date": "Datum",
            "date_form": "%d.%m.%Y",
            "columns": {"streamflow": {"column": "Q", "units": "m3/s"}},
        },
    ],
    "attributes": {
        "path": "table.csv",
        "columns": {
            "area_km2": {"column": "km2", "units": "km2"},
            "latitude": {"column": "lat", "units": "degrees"},
        },
    },
}


def test_weather_and_flow_of_separate_files_are_the_clean_values(tmp_path: Path) -> None:
    clean = write_folder(tmp_path)
    ds = open_own(tmp_path)
    assert list(ds["basin"].values) == ["lower", "upper"]
    for basin, frame in clean.items():
        one = ds.sel(basin=basin)
        np.testing.assert_allclose(one["prcp"], frame["rain"], rtol=1e-6)
        np.testing.assert_allclose(one["tmean"], frame["warm"], rtol=1e-6)
        np.testing.assert_allclose(one["streamflow"][100:], frame["flow"].iloc[100:], rtol=1e-5)
        assert one["streamflow"][:100].isnull().all()
        assert float(one["area_km2"]) == AREAS[basin]
    assert ds["streamflow"].attrs["units"] == "mm/day"


def test_the_years_are_those_of_the_flow_and_the_last_are_tested(tmp_path: Path) -> None:
    write_folder(tmp_path)
    setting = own_setting(open_own(tmp_path))
    # Flow from 2001-04-11 to 2004-04-14: three years, of which the last is tested.
    assert str(setting.train.start) == "2001-04-11"
    assert str(setting.train.end) == str(setting.test.start) == "2003-04-15"
    assert str(setting.test.end) == "2004-04-15"
    assert setting.per_basin == {}


def flow_of(*spans: tuple[str, str]) -> xr.Dataset:
    """Data with a flow of 1 in the given days of one basin each."""
    time = pd.date_range("1990-01-01", "2019-12-31", unit="ns")
    flow = np.full((len(spans), len(time)), np.nan, np.float32)
    for row, (start, end) in enumerate(spans):
        flow[row, (time >= pd.Timestamp(start)) & (time < pd.Timestamp(end))] = 1
    names = [f"b{k}" for k in range(len(spans))]
    return xr.Dataset(
        {"streamflow": (("basin", "time"), flow)}, coords={"basin": names, "time": time}
    )


def test_at_most_five_years_are_tested_and_other_records_have_their_own() -> None:
    long, short = ("1990-01-01", "2020-01-01"), ("2000-01-01", "2006-01-01")
    setting = own_setting(flow_of(long, long, short))
    assert [str(setting.test.start), str(setting.test.end)] == ["2015-01-01", "2020-01-01"]
    own = setting.per_basin["b2"]
    assert [str(own.train.start), str(own.test.start)] == ["2000-01-01", "2004-01-01"]


def test_a_record_of_less_than_two_years_is_named() -> None:
    with pytest.warns(DoubtfulData, match="less than two years with flow in basin b1"):
        own_setting(flow_of(("2000-01-01", "2010-01-01"), ("2000-01-01", "2001-06-01")))
    with pytest.raises(DataError, match="no basin has two years with flow"):
        own_setting(flow_of(("2000-01-01", "2001-06-01")))


def test_without_a_test_the_whole_record_is_for_training() -> None:
    spans = ("2000-01-01", "2001-06-01"), ("2003-05-05", "2003-12-01"), ("2003-01-01", "2003-03-01")
    long, short, few = whole_record(flow_of(*spans))
    assert [str(long.start), str(long.end)] == list(spans[0])
    assert [str(short.start), str(short.end)] == list(spans[1])
    assert few == long, "two months are too few for a period of their own"
    with pytest.raises(DataError, match="no basin has 120 days with flow"):
        whole_record(flow_of(spans[2]))
    with pytest.raises(DataError, match="no basin has 120 days with flow"):
        whole_record(flow_of(*spans).drop_vars("streamflow"))


def test_the_region_of_a_folder_feeds_the_machinery_of_regions(tmp_path: Path) -> None:
    write_folder(tmp_path)
    region = own_region(tmp_path)
    assert region.inputs.dynamic == ["prcp", "tmean"]
    ds = region_data(region)
    assert {"prcp", "tmean", "streamflow", "area_km2"} <= set(ds.data_vars)
    assert list(region.settings) == [SETTING]


def test_years_of_the_file_replace_the_chosen_ones(tmp_path: Path) -> None:
    write_folder(tmp_path)
    years = {"train": ["2001-06-01", "2002-06-01"], "test": ["2002-06-01", "2003-06-01"]}
    write_yaml(tmp_path / "region.yaml", REGION | {"years": years})
    setting = own_region(tmp_path).settings[SETTING]
    assert str(setting.test.start) == "2002-06-01"


def test_a_folder_without_region_file_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"run `hydrotl init {tmp_path}` first"):
        open_own(tmp_path)


def test_a_wrong_key_of_the_region_file_is_named(tmp_path: Path) -> None:
    write_folder(tmp_path)
    write_yaml(tmp_path / "region.yaml", REGION | {"filez": []})
    with pytest.raises(ConfigError, match="filez"):
        open_own(tmp_path)
