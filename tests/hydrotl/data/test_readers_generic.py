"""Plain CSV and NetCDF layouts: values, and every malformed file with a message to act on."""

import shutil
from pathlib import Path

import netCDF4
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from hydrotl.data.catalog import open_dataset
from hydrotl.data.manifest import Dataset, Manifest, own_dataset
from hydrotl_core.errors import ConfigError, DataError, DoubtfulData
from tests.synthetic import ROOT

FIXTURE = ROOT / "tests" / "fixtures" / "generic"
VARIABLES = {
    "prcp": ("rain", "mm/day"),
    "tmax": ("tx", "degC"),
    "tmin": ("tn", "degC"),
    "streamflow": ("q", "m3/s"),
}
OPTIONS = {"series": "series/{basin}.csv", "attributes": "attributes.csv"}
ATTRIBUTES = {"id_column": "id", "area": "area_km2", "latitude": "gauge_lat"}


def entry(folder: Path, **changed) -> Dataset:
    settings = {
        "options": OPTIONS,
        "attributes": ATTRIBUTES,
        "missing": [-9999],
        "variables": VARIABLES,
    } | changed
    return own_dataset(folder, **settings)


def read(folder: Path, basins=None, start=None, end=None, **changed) -> xr.Dataset:
    manifest = Manifest(version=1, datasets={"own": entry(folder, **changed)})
    return open_dataset("own", basins, start, end, manifest)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FIXTURE, tmp_path / "own"))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def write(folder: Path, text: str | bytes, name: str = "series/a01.csv") -> None:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


ROWS = "2001-01-01,1.5,10,2,1\n2001-01-02,0,11,3,2\n2001-01-03,0,12,4,3\n"


def test_values_units_and_attributes():
    ds = read(FIXTURE)
    assert ds["basin"].values.tolist() == ["02", "a01"]
    a01 = ds.sel(basin="a01")
    # 1 m3/s over 86.4 km2 is 1 mm/day; -9999 on the second day is missing.
    np.testing.assert_allclose(a01["streamflow"], [1, np.nan, 1, 1, 1, 1, 1, 1])
    np.testing.assert_allclose(a01["prcp"], range(8))
    assert ds["prcp"].dtype == np.float32
    assert ds["area_km2"].values.tolist() == [8.64, 86.4]
    assert ds["area_km2"].attrs["units"] == "km2"
    assert ds["huc_02"].values.tolist() == ["02", "01"]  # a code with a leading zero stays text
    assert ds["rock"].values.tolist() == ["", "granite"]
    assert ds.attrs["source"] == "own"


def test_basins_with_other_spans_are_missing_outside_their_own():
    ds = read(FIXTURE)
    assert ds.sizes["time"] == 8
    b02 = ds["tmin"].sel(basin="02")
    np.testing.assert_allclose(b02, [np.nan, np.nan, np.nan, 0, 1, 2, 3, 4])


def test_flow_outside_the_forcing_is_left_out(folder):
    # Only a01 has forcing from 1 January; without it the record starts with basin 02's.
    assert read(folder, ["02"])["time"].values[0] == np.datetime64("2001-01-04")


def test_selection_keeps_the_order_asked_for_and_the_period_is_end_exclusive():
    ds = read(FIXTURE, ["a01", "02"], "2001-01-02", "2001-01-05")
    assert ds["basin"].values.tolist() == ["a01", "02"]
    days = ds.indexes["time"]
    assert (str(days[0].date()), str(days[-1].date()), len(days)) == ("2001-01-02", "2001-01-04", 3)
    assert ds["time"].dtype == np.dtype("datetime64[ns]")


def test_period_without_data_and_reversed_period():
    with pytest.raises(DataError, match=r"no day between 2010-01-01 and None.*2001-01-01 to"):
        read(FIXTURE, start="2010-01-01")
    with pytest.raises(ConfigError, match="not before end"):
        read(FIXTURE, start="2001-01-05", end="2001-01-05")


@pytest.mark.parametrize(
    ("basins", "error", "message"),
    [
        (["a09"], DataError, "no basin 'a09'; there are 2: 02, a01"),
        (["2"], DataError, "did you mean '02'.*leading zeros"),
        (["02", "02"], DataError, "basin 02 was asked for more than once"),
        ([], ConfigError, "empty list of basins"),
        ("02", ConfigError, "must be a list"),
    ],
)
def test_wrong_selections(basins, error, message):
    with pytest.raises(error, match=message):
        read(FIXTURE, basins)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("date,rain,tx,tn\n2001-01-01,1,2,3\n", r"a01\.csv: no column 'q' \(it has: date, rain"),
        ("date,rain,rain,tn,tx,q\n2001-01-01,1,1,1,2,1\n", "column 'rain' occurs more than once"),
        ("date;rain;tx;tn;q\n2001-01-01;1;2;1;1\n", "no column 'date'.*separator"),
        ("", r"a01\.csv: the file is empty"),
        ("\n\n", "no rows below line 1"),
        ("date,rain,tx,tn,q\n", "no rows below line 1"),
        (
            f"date,rain,tx,tn,q\n{ROWS}2001-01-04,dry,1,0,1\n",
            r"a01\.csv, line 5, column 'rain': 'dry' is not a number",
        ),
        (
            'date,rain,tx,tn,q\n2001-01-01,"1,5",10,2,1\n',
            "line 2, column 'rain': '1,5' is not a number .decimals take a point",
        ),
        (f"date,rain,tx,tn,q\n{ROWS}2001-01-04,inf,1,0,1\n", "line 5, column 'rain': 'inf'"),
        (f"date,rain,tx,tn,q\n{ROWS}2001-01-04,1,0\n", "line 5: 3 fields where 5 belong"),
        (f"date,rain,tx,tn,q\n{ROWS}2001-01-04,1,2,1,1,9\n", "line 5: 6 fields where 5 belong"),
        (f'date,rain,tx,tn,q\n{ROWS}"2001-01-04",1,2,1\n', "line 5: 4 fields where 5 belong"),
        (f'date,rain,tx,tn,q\n{ROWS}2001-01-04,"1",2,1,1,9\n', "line 5: 6 fields where 5"),
        (f'date,rain,tx,tn,q\n{ROWS}2001-01-04,"1,2",1,1\n', "line 5: 4 fields where 5"),
        (f'date,rain,tx,tn,q\n{ROWS}2001-01-04,1, "2, 1",1\n', "line 5: 4 fields where 5"),
        (f'date,rain,tx,tn,q\n{ROWS}2001-01-04,1,2,1,"1\n', r'line 5: a quotation .* \(at "1\)'),
        (f'date,rain,tx,tn,q\n{ROWS}2001-01-04,"1"5,2,1,1\n', "line 5: a quotation mark opens"),
        (f'date,rain,tx,tn,"q\n{ROWS}', "line 1: a quotation mark opens"),
        (f"date,rain,tx,tn,q\n{ROWS}2001-01-04,1,\0,1,1\n", "holds null characters"),
        (
            "date,rain,tx,tn,q\n01.01.01,1,2,1,1\n",
            "line 2, column 'date': '01.01.01' is not a date.*four digits",
        ),
        (
            f"date,rain,tx,tn,q\n{ROWS}04/01/2001,1,2,1,1\n",
            "line 5, column 'date': '04/01/2001' is not a date in the form YYYY-MM-DD",
        ),
        (f"date,rain,tx,tn,q\n{ROWS}2001-02-30,1,2,1,1\n", "line 5.*'2001-02-30' is not a date"),
        (f"date,rain,tx,tn,q\n{ROWS}\n2001-01-04,1,2,1,1\n", "line 5: 1 fields where 5 belong"),
        (
            f"date,rain,tx,tn,q\n{ROWS}2001-01-03,1,2,1,1\n",
            "line 5: 2001-01-03 occurs twice.*keep one row",
        ),
        (
            f"date,rain,tx,tn,q\n{ROWS}2000-01-04,1,2,1,1\n",
            "line 5: 2000-01-04 comes after 2001-01-03",
        ),
        (
            f"date,rain,tx,tn,q\n{ROWS}2001-01-06,1,2,1,1\n",
            r"line 5: 2 day.s. missing between 2001-01-03 and 2001-01-06.*`gaps: nan`",
        ),
        (
            "date,rain,tx,tn,q\n2001-01-01 00:00,1,2,1,1\n2001-01-01 01:00,1,2,1,1\n",
            "line 3: 2001-01-01 occurs twice; the data must be daily",
        ),
        (f"date,rain,tx,tn,q\n{ROWS}".encode("utf-16"), "not utf-8-sig text.*save it as UTF-8"),
        (f"date,rain,tx,tn,q,café\n{ROWS}".encode("latin-1"), "not utf-8-sig text"),
        (
            "date,rain,tx,tn,q\n2001-01-01,1,5,9,1\n",
            "own: tmin is above tmax at basin a01, 2001-01-01",
        ),
        (
            "date,rain,tx,tn,q\n2001-01-01,1,5,4,-99\n",
            "'streamflow' is negative at basin a01, 2001-01-01.*`missing`",
        ),
    ],
)
def test_malformed_series(folder, text, message):
    write(folder, text)
    with pytest.raises(DataError, match=message):
        read(folder, ["a01"])


@pytest.mark.parametrize(
    "text",
    [
        f"date,rain,tx,tn,q\n{ROWS}".encode("utf-8-sig"),  # byte order mark
        f"date,rain,tx,tn,q\n{ROWS}".replace("\n", "\r\n"),
        f"date,rain,tx,tn,q\n{ROWS}\n\n",
        f'"date", "rain" ,tx,tn,q\n{ROWS}',
        f"date,rain,tx,tn,q\n{ROWS}".replace(",0,", ", 0 ,"),
        f"date,rain,tx,tn,q\n{ROWS}".replace("2001-01-02,0,", '2001-01-02, "0" ,'),
        f"date,rain,tx,tn,q\n{ROWS}".replace("2001-01-0", "2001-01-\N{FULLWIDTH DIGIT ZERO}"),
        f"date,ra\N{ZERO WIDTH SPACE}in,tx,tn,q\n{ROWS}".replace(",0,", ",\N{NO-BREAK SPACE}0,"),
        f"date,rain,tx,tn,q,note\n{ROWS}".replace(",1\n", ',1,"5"" pipe"\n')
        .replace(",2\n", ",2,a\n")
        .replace(",3\n", ',3,"b, ""c"", d"\n'),
        f"date,rain,tx,tn,q\n{ROWS}".replace(",1.5", "T00:00:00+05:30,1.5"),
        f"q,date,rain,note,tx,tn\n{ROWS}".replace(
            "2001-01-01,1.5,10,2,1", "1,2001-01-01,1.5,a,10,2"
        )
        .replace("2001-01-02,0,11,3,2", "2,2001-01-02,0,,11,3")
        .replace("2001-01-03,0,12,4,3", '3,2001-01-03,0,"b, c",12,4'),
    ],
)
def test_harmless_variations_of_a_file(folder, text):
    write(folder, text)
    ds = read(folder, ["a01"])
    np.testing.assert_allclose(ds["prcp"][0], [1.5, 0, 0])
    np.testing.assert_allclose(ds["streamflow"][0], [1, 2, 3], rtol=1e-6)


def test_missing_codes_are_compared_by_value_or_text(folder):
    write(folder, "date,rain,tx,tn,q\n2001-01-01,-9999.00,1,0,n/a\n2001-01-02,NA,NaN,0,\n")
    ds = read(folder, ["a01"], missing=[-9999, "n/a"])
    assert ds["prcp"].attrs["missing_days"] == 2
    assert ds["streamflow"].attrs["missing_days"] == 2
    assert ds["tmax"].attrs["missing_days"] == 1


def test_gaps_can_be_taken_as_missing(folder):
    write(folder, f"date,rain,tx,tn,q\n{ROWS}2001-01-06,1,2,1,1\n")
    with pytest.warns(UserWarning, match=r"2 day.s. missing.*taken as missing values"):
        ds = read(folder, ["a01"], options=OPTIONS | {"gaps": "nan"})
    np.testing.assert_allclose(ds["prcp"][0], [1.5, 0, 0, np.nan, np.nan, 1])


def test_crossed_temperatures_can_be_taken_as_missing(folder):
    write(folder, "date,rain,tx,tn,q\n2001-01-01,1,5,9,1\n2001-01-02,1,5,4,1\n")
    ds = read(folder, ["a01"], options=OPTIONS | {"tmin_above_tmax": "nan"})
    np.testing.assert_allclose(ds["tmax"][0], [np.nan, 5])
    np.testing.assert_allclose(ds["tmin"][0], [np.nan, 4])
    assert ds["tmax"].attrs["masked"] == "1 day(s) with tmin above tmax"
    assert ds["tmax"].attrs["units"] == "degC"


def test_other_separator_date_form_and_encoding(folder):
    text = "Jour;rain;tx;tn;q;Débit\n31.12.2000;1;2;1;1;x\n01.01.2001;3;2;1;1;x\n"
    write(folder, text.encode("latin-1"))
    options = OPTIONS | {
        "separator": ";",
        "encoding": "latin-1",
        "date_column": "Jour",
        "date_format": "%d.%m.%Y",
    }
    ds = read(folder, ["a01"], options=options)
    assert ds["time"].values[0] == np.datetime64("2000-12-31")
    np.testing.assert_allclose(ds["prcp"][0], [1, 3])


def test_date_in_three_columns(folder):
    write(folder, "y m  d rain tx tn q\n2001 1 1 1 2 1 1\n2001 1 2 3 2 1 1\n")
    options = OPTIONS | {"separator": "whitespace", "date_columns": ["y", "m", "d"]}
    np.testing.assert_allclose(read(folder, ["a01"], options=options)["prcp"][0], [1, 3])
    write(folder, "y m  d rain tx tn q\n2001 1 1 1 2 1 1\n2001 13 2 3 2 1 1\n")
    with pytest.raises(DataError, match="line 3, columns y, m, d: '2001-13-02' is not a date"):
        read(folder, ["a01"], options=options)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("86.4", "0", r"basin a01, 'area_km2' needs the basin area.*which is 0\.0"),
        ("86.4", "", "basin a01, 'area_km2' needs the basin area.*which is nan"),
        ("86.4", "-3", r"which is -3\.0"),
        ("86.4", "big", r"attributes\.csv, line 2, column 'area_km2': 'big' is not a number"),
        ("\n02,", "\na01,", r"attributes\.csv, line 3: basin a01 occurs twice"),
        ("\n02,", "\n,", r"attributes\.csv, line 3: no basin id"),
        ("\n02,", "\n2,", "without attributes, first 02; did you mean '2'"),
        ("id,", "gauge,", "no column 'id'.*id_column"),
        (",area_km2", ",size", "no numeric attribute 'area_km2'"),
        (",rock", ",prcp", "attribute 'prcp' is named like a variable"),
    ],
)
def test_malformed_attributes(folder, old, new, message):
    edit(folder / "attributes.csv", old, new)
    with pytest.raises(DataError, match=message):
        read(folder)


def test_area_is_not_needed_for_depths(folder):
    depth = VARIABLES | {"streamflow": ("q", "mm/day")}
    edit(folder / "attributes.csv", "86.4", "")
    assert np.isnan(read(folder, variables=depth)["area_km2"][1])


@pytest.mark.parametrize("area", ["0", "-86.4"])
def test_an_area_is_positive_where_flow_is_a_depth_too(area, folder):
    edit(folder / "attributes.csv", "86.4", area)
    with pytest.raises(DataError, match=f"is {area} km2, where an area is larger than 0"):
        read(folder, variables=VARIABLES | {"streamflow": ("q", "mm/day")})


@pytest.mark.parametrize("value", ["1e300", "-4e38"])
def test_an_attribute_that_no_network_holds_is_refused(value, folder):
    table = pd.read_csv(folder / "attributes.csv", dtype=str)
    table["relief"] = [value, *["1.5"] * (len(table) - 1)]
    table.to_csv(folder / "attributes.csv", index=False)
    with pytest.raises(DataError, match=r"attribute .relief. of basin .*beyond 3\.40282e"):
        read(folder)


def test_volumes_need_an_attribute_table(folder):
    with pytest.raises(ConfigError, match="'streamflow' in m3/s needs basin areas"):
        read(folder, options={"series": "series/{basin}.csv"})


def test_only_flow_is_measured_as_a_volume(folder):
    with pytest.raises(DataError, match=r"'prcp' in m3/s would be a volume.*correct `units`"):
        read(folder, variables=VARIABLES | {"prcp": ("rain", "m3/s")})


def test_two_variables_of_one_column_are_said(folder):
    with pytest.warns(DoubtfulData, match="'tmin' and 'tmean' are read from one column, 'tn'"):
        read(folder, variables=VARIABLES | {"tmean": ("tn", "degC")})


def test_wrong_unit_in_the_manifest(folder):
    with pytest.raises(DataError, match="unit 'degC' cannot become 'mm/day'"):
        read(folder, variables=VARIABLES | {"prcp": ("rain", "degC")})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"serie": "x"},
            r"`options`.*known: gaps, .*series, .*[\s\S]*serie: Extra inputs",
        ),
        ({"gaps": "maybe"}, r"gaps: Input should be 'error' or 'nan'"),
        ({"separator": ""}, "separator"),
        ({"separator": "::"}, "separator '::' must be one sign"),
        ({"separator": r"\t"}, "must be one sign"),
        ({"encoding": "base64"}, "no encoding 'base64': take utf-8 or latin-1"),
        ({"series": "../own/{basin}.csv"}, "leads out of the data's folder"),
        ({"decimal": ","}, "separator and decimal are both a comma"),
        ({"decimal": ";"}, "decimal: Input should be"),
        ({"encoding": "utf-9"}, "no encoding 'utf-9'"),
        ({"date_columns": ["y", "m", "d"], "date_format": "%Y"}, "date_columns stands alone|%Y"),
        ({"date_columns": ["y", "m", "d"], "date_column": "day"}, "date_columns stands alone"),
        ({"date_format": "%d.%m.%y"}, "write the years with four digits"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(ConfigError, match=message):
        read(FIXTURE, options=options)


def test_a_column_is_a_date_or_a_number():
    with pytest.raises(DataError, match="column 'rain' cannot be a date or name and a number"):
        read(FIXTURE, options=OPTIONS | {"date_column": "rain"})


def test_absent_files_and_folders(folder):
    with pytest.raises(DataError, match=r"attributes\.csv: no such file"):
        read(folder / "series", options={"attributes": "attributes.csv"})
    with pytest.raises(DataError, match=r"no file \{basin\}\.txt"):
        read(folder, options={"series": "{basin}.txt"})
    with pytest.raises(DataError, match=r"the pattern '\*\*/\{basin\}\.csv' finds names"):
        read(folder, options={"series": "**/{basin}.csv"})
    with pytest.raises(DataError, match=r"the pattern '\{basin\}\{basin\}\.csv' finds"):
        read(folder, options={"series": "{basin}{basin}.csv"})
    with pytest.raises(DataError, match=r"no data of 'own' in .*nowhere.*HYDROTL_DATA"):
        read(folder / "nowhere")


def packed(path: Path, **changed) -> Path:
    """A NetCDF file of three basins in the packed form of 16-bit integers."""
    time = changed.pop("time", pd.date_range("2001-01-01", periods=4))
    basins = changed.pop("basins", ["b3", "b1", "b2"])
    shape = (len(basins), len(time))
    values = np.arange(np.prod(shape), dtype=float).reshape(shape)
    rain = values.copy()
    rain[0, 1] = np.nan
    units = changed.pop("units", "mm/day")
    ds = xr.Dataset(
        {
            "rain": (("basin", "time"), rain, {"units": units}),
            "temp": (("basin", "time"), values - 73.0, {"units": "degC"}),
            "q": (("basin", "time"), values.astype(np.float32), {"units": "mm d-1"}),
        },
        coords={"basin": basins, "time": time},
    )
    unsigned = {"dtype": "uint16", "scale_factor": 0.5, "_FillValue": 65535}
    offset = {"dtype": "int16", "scale_factor": 0.01, "add_offset": -70.0, "_FillValue": -32768}
    ds.to_netcdf(path, encoding={"rain": unsigned, "temp": offset, "q": {"dtype": "float32"}})
    return path


NETCDF = {
    "prcp": ("rain", "mm/day"),
    "tmean": ("temp", "degC"),
    "streamflow": ("q", "mm/day"),
}


def read_netcdf(folder: Path, basins=None, **changed) -> xr.Dataset:
    settings = {"options": {"series": "all.nc"}, "variables": NETCDF, "attributes": {}} | changed
    return read(folder, basins, **settings)


def test_netcdf_of_all_basins(tmp_path):
    packed(tmp_path / "all.nc")
    ds = read_netcdf(tmp_path)
    assert ds["basin"].values.tolist() == ["b3", "b1", "b2"]
    np.testing.assert_allclose(ds["prcp"][0], [0, np.nan, 2, 3])
    np.testing.assert_allclose(ds["tmean"][2], [-65, -64, -63, -62], rtol=1e-6)
    assert {ds[name].dtype for name in NETCDF} == {np.dtype(np.float32)}


def test_netcdf_selection_keeps_the_order_asked_for(tmp_path):
    packed(tmp_path / "all.nc")
    ds = read_netcdf(tmp_path, ["b2", "b3"])
    np.testing.assert_allclose(ds["streamflow"], [[8, 9, 10, 11], [0, 1, 2, 3]])


def test_netcdf_flow_volume_uses_each_basins_area(tmp_path):
    packed(tmp_path / "all.nc", units="m3/s")
    (tmp_path / "at.csv").write_text("gauge_id,area\nb1,86.4\nb2,8.64\nb3,1\n")
    ds = read_netcdf(
        tmp_path,
        ["b2", "b1"],
        options={"series": "all.nc", "attributes": "at.csv"},
        variables={"streamflow": ("rain", "m3/s")},
        attributes={"area": "area"},
    )
    np.testing.assert_allclose(ds["streamflow"], [[80, 90, 100, 110], [4, 5, 6, 7]], rtol=1e-6)


def test_netcdf_missing_code_and_gap(tmp_path):
    time = pd.DatetimeIndex(["2001-01-01", "2001-01-02", "2001-01-04", "2001-01-05"])
    packed(tmp_path / "all.nc", time=time)
    with pytest.raises(DataError, match=r"all\.nc: 1 day.s. missing between 2001-01-02"):
        read_netcdf(tmp_path)
    options = {"series": "all.nc", "gaps": "nan"}
    with pytest.warns(UserWarning, match="taken as missing values"):
        ds = read_netcdf(tmp_path, options=options, missing=[5])
    np.testing.assert_allclose(ds["streamflow"].sel(basin="b1"), [4, np.nan, np.nan, 6, 7])
    assert ds["streamflow"].dtype == np.float32


@pytest.mark.parametrize(
    ("dtype", "fill"),
    [
        ("f4", 9.969209968386869e36),
        ("f8", 9.969209968386869e36),
        ("i2", -32767),
        ("i4", -2147483647),
    ],
)
def test_netcdf_default_fill_value_is_missing_without_being_stated(tmp_path, dtype, fill):
    values = np.array([[1, fill, 3, 4]], dtype)
    ds = xr.Dataset(
        {"rain": (("basin", "time"), values)},
        coords={"basin": ["b1"], "time": pd.date_range("2001-01-01", periods=4)},
    )
    ds.to_netcdf(tmp_path / "all.nc", encoding={"rain": {"_FillValue": None}})
    found = read_netcdf(tmp_path, variables={"prcp": ("rain", "mm/day")})
    np.testing.assert_array_equal(found["prcp"][0], [1, np.nan, 3, 4])


@pytest.mark.parametrize("stated", ["mm", "mm d-1", "mm/day", "kg m-2", "", " "])
def test_netcdf_daily_depth_in_every_spelling_is_mm_per_day(tmp_path, stated):
    packed(tmp_path / "all.nc", units=stated)
    for unit in ("mm", "mm/day"):
        variables = NETCDF | {"prcp": ("rain", unit)}
        np.testing.assert_allclose(
            read_netcdf(tmp_path, variables=variables)["prcp"][2], [8, 9, 10, 11]
        )


def test_netcdf_unit_that_is_not_understood_is_said_and_the_manifest_taken(tmp_path):
    packed(tmp_path / "all.nc", units="Niederschlag")
    with pytest.warns(UserWarning, match="'Niederschlag', is not understood.*'mm/day' is taken"):
        ds = read_netcdf(tmp_path)
    np.testing.assert_allclose(ds["prcp"][2], [8, 9, 10, 11])


def test_netcdf_stated_unit_must_be_the_manifests(tmp_path):
    packed(tmp_path / "all.nc", units="m3/s")
    with pytest.raises(DataError, match=r"'rain' is in 'm3/s', the manifest entry says 'mm/day'"):
        read_netcdf(tmp_path)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"variables": {"prcp": ("snow", "mm/day")}}, r"no variable 'snow' .it has: rain, temp, q"),
        ({"options": {"series": "all.nc", "time_name": "day"}}, "no time coordinate 'day'"),
        ({"options": {"series": "all.nc", "basin_name": "id"}}, "no basin coordinate 'id'"),
        ({"options": {"series": "other.nc"}}, r"other\.nc: no such file"),
        ({"basins": ["b9"]}, "no basin 'b9'"),
    ],
)
def test_malformed_netcdf(tmp_path, settings, message):
    packed(tmp_path / "all.nc")
    with pytest.raises(DataError, match=message):
        read_netcdf(tmp_path, **settings)


def test_impossible_value_is_named_with_file_line_and_native_value(folder):
    write(folder, "date,rain,tx,tn,q\n2001-01-01,1,5,1,1\n2001-01-02,1,5,1,1e20\n")
    with pytest.raises(DataError, match=r"1e\+20 m3/s in .*a01\.csv, line 3\).*`missing`"):
        read(folder, ["a01"])


def test_kelvin_in_a_netcdf_file_without_units_is_named_with_the_file(tmp_path):
    ds = xr.Dataset(
        {"temp": (("basin", "time"), np.array([[283.0, 284.0]]))},
        coords={"basin": ["b1"], "time": pd.date_range("2001-01-01", periods=2)},
    )
    ds.to_netcdf(tmp_path / "all.nc")
    with pytest.raises(DataError, match=r"'tmean' is impossible at basin b1.*all\.nc\).*in K\?"):
        read_netcdf(tmp_path, variables={"tmean": ("temp", "degC")})
    kelvin = read_netcdf(tmp_path, variables={"tmean": ("temp", "K")})
    np.testing.assert_allclose(kelvin["tmean"][0], [9.85, 10.85], rtol=1e-4)


def test_impossible_area_is_named_with_the_table(folder):
    table = folder / "attributes.csv"
    table.write_text(table.read_text().replace("86.4", "86400000"))
    with pytest.raises(DataError, match=r"area of basin a01.*attributes\.csv\).*is it in m2\?"):
        read(folder)


def test_file_that_is_no_netcdf(tmp_path):
    (tmp_path / "all.nc").write_text("no NetCDF")
    with pytest.raises(DataError, match=r"all\.nc: not a NetCDF file"):
        read_netcdf(tmp_path)


def test_netcdf_that_is_damaged_in_its_values(tmp_path):
    path = packed(tmp_path / "all.nc")
    with xr.open_dataset(path, mask_and_scale=False) as ds:
        sums = {name: {"fletcher32": True, "zlib": True} for name in ds.data_vars}
        rain = np.ascontiguousarray(ds["rain"].values)
        ds.load().to_netcdf(tmp_path / "summed.nc", encoding=sums)
    path.unlink()
    content = bytearray((tmp_path / "summed.nc").read_bytes())
    start = content.find(b"\x78\x5e")  # the beginning of what zlib packs
    assert start > 0
    assert rain.size == 12
    content[start + 6] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"all\.nc: not a NetCDF file \(.+\); fetch it again"):
        read_netcdf(tmp_path, options={"series": "all.nc"})


@pytest.mark.parametrize("scale", [0.0, np.nan, "a tenth"])
def test_netcdf_with_a_scale_that_is_none(tmp_path, scale):
    path = packed(tmp_path / "all.nc")
    with netCDF4.Dataset(path, "a") as file:
        file["rain"].delncattr("scale_factor")
        file["rain"].scale_factor = scale
    with pytest.raises(DataError, match=r"all\.nc: variable 'rain' has the scale_factor .*correct"):
        read_netcdf(tmp_path)


def test_netcdf_without_a_day(tmp_path):
    path = packed(tmp_path / "all.nc")
    with xr.open_dataset(path, mask_and_scale=False) as ds:
        empty = ds.isel({"time": slice(0, 0)}).load().drop_encoding()
    path.unlink()
    empty.to_netcdf(path)
    with pytest.raises(DataError, match=r"all\.nc: 'time' has no day"):
        read_netcdf(tmp_path)


def test_netcdf_calendar_without_leap_days(tmp_path):
    ds = xr.Dataset(
        {"rain": (("basin", "time"), np.ones((1, 3)))},
        coords={
            "basin": ["b1"],
            "time": ("time", [0, 1, 2], {"units": "days since 2000-02-28", "calendar": "noleap"}),
        },
    )
    ds.to_netcdf(tmp_path / "all.nc")
    with pytest.raises(DataError, match="no date of the standard calendar"):
        read_netcdf(tmp_path, variables={"prcp": ("rain", "mm/day")})


def test_netcdf_file_per_basin(tmp_path):
    for basin in ("x1", "x2"):
        one = xr.open_dataset(packed(tmp_path / "all.nc", basins=["b"])).load()
        one.isel(basin=0, drop=True).to_netcdf(tmp_path / f"{basin}.nc")
        one.close()
    (tmp_path / "all.nc").unlink()
    ds = read_netcdf(tmp_path, options={"series": "{basin}.nc"})
    assert ds["basin"].values.tolist() == ["x1", "x2"]
    np.testing.assert_allclose(ds["prcp"][1], [0, np.nan, 2, 3])


def test_empty_fields_at_the_end_of_the_last_line(folder):
    text = "date\train\ttx\ttn\tq\n2001-01-01\t1\t2\t1\t1\n2001-01-02\t3\t2\t\t\n\n"
    write(folder, text)
    ds = read(folder, ["a01"], options=OPTIONS | {"separator": "\t"})
    np.testing.assert_allclose(ds["prcp"][0], [1, 3])
    assert ds["streamflow"].attrs["missing_days"] == 1


def test_decimal_commas_of_series_are_read_where_they_are_declared(folder):
    text = "date;rain;tx;tn;q\n2001-01-01;1,5;10;2,25;1\n2001-01-02;;1e1;-2,5;-9999,0\n"
    write(folder, text)
    options = OPTIONS | {"separator": ";", "decimal": ","}
    ds = read(folder, ["a01"], options=options)
    np.testing.assert_allclose(ds["prcp"][0], [1.5, np.nan])
    np.testing.assert_allclose(ds["tmin"][0], [2.25, -2.5])
    assert ds["streamflow"].attrs["missing_days"] == 1
    write(folder, text.replace("1,5", "1.5"))
    with pytest.raises(DataError, match=r"line 2, column 'rain': '1\.5' is not a number"):
        read(folder, ["a01"], options=options)


def test_mixed_forms_of_dates(folder):
    write(folder, "date,rain,tx,tn,q\n2001-01-01,1,2,1,1\n20010102,3,2,1,1\n2001/01/03,0,2,1,1\n")
    assert read(folder, ["a01"]).sizes["time"] == 3
    write(folder, "date,rain,tx,tn,q\n2001-01-01,1,2,1,1\n02.01.2001,3,2,1,1\n")
    with pytest.raises(DataError, match=r"line 3, column 'date': '02\.01\.2001' is not a date"):
        read(folder, ["a01"])
    with pytest.raises(DataError, match="line 2, column 'date': '2001-01-01' is not a date"):
        read(folder, ["a01"], options=OPTIONS | {"date_format": "%d.%m.%Y"})


@pytest.mark.parametrize(
    ("pattern", "names", "message"),
    [
        ("*/{basin}.csv", ["x/a.csv", "y/a.csv"], r"two files of basin a, x/a\.csv and y/a\.csv"),
        ("{basin}_*.csv", ["a_1.csv", "a_2.csv"], "two files of basin a"),
        ("{basin}.csv", ["a.csv", "a (1).csv"], r"a \(1\)\.csv: a copy of a\.csv"),
        ("{basin}.csv", ["a.csv", "a - Copy.csv"], r"a copy of a\.csv"),
        ("{basin}.csv", ["a.csv", "a copy 2.csv"], r"a copy of a\.csv"),
        ("{basin}.csv", ["\u00e9.csv", "e\u0301.csv"], "two files of basin \u00e9"),
        ("{basin}.csv", ["1.csv", "\N{FULLWIDTH DIGIT ONE}.csv"], "two files of basin 1"),
    ],
)
def test_two_files_of_one_basin_are_named(tmp_path, pattern, names, message):
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write(tmp_path, "date,rain\n2001-01-01,1\n", name)
    with pytest.raises(DataError, match=message):
        read(
            tmp_path,
            variables={"prcp": ("rain", "mm/day")},
            options={"series": pattern},
            attributes={},
        )


@pytest.mark.parametrize("names", [["1.csv", "01.csv"], ["b1.csv", "B1.csv"], ["2.csv", "2.0.csv"]])
def test_ids_that_look_alike_are_said(tmp_path, names):
    for name in names:
        write(tmp_path, "date,rain\n2001-01-01,1\n", name)
    variables = {"prcp": ("rain", "mm/day")}
    with pytest.warns(UserWarning, match="are taken as two basins"):
        ds = read(tmp_path, variables=variables, options={}, attributes={})
    assert ds.sizes["basin"] == 2


def test_hidden_files_and_folders_of_another_basin_are_passed_over(tmp_path):
    for name in ("a/a.csv", "b/a.csv", "b/b.csv", "b/._b.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write(tmp_path, "date,rain\n2001-01-01,1\n", name)
    variables = {"prcp": ("rain", "mm/day")}
    options = {"series": "{basin}/{basin}.csv"}
    ds = read(tmp_path, variables=variables, options=options, attributes={})
    assert ds["basin"].values.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("basins", "ids"),
    [
        (np.array([1013500, 2]), ["1013500", "2"]),
        (np.array([1013500.0, 2.0]), ["1013500", "2"]),
        (np.array(["\uff10\uff12", "b\u00a01"]), ["02", "b 1"]),
    ],
)
def test_ids_of_netcdf_files_are_text(tmp_path, basins, ids):
    packed(tmp_path / "all.nc", basins=basins)
    assert read_netcdf(tmp_path)["basin"].values.tolist() == ids


def test_a_basin_that_a_netcdf_file_holds_twice(tmp_path):
    packed(tmp_path / "all.nc", basins=["02", "\uff10\uff12"])
    with pytest.raises(DataError, match="basin 02 occurs more than once"):
        read_netcdf(tmp_path)
