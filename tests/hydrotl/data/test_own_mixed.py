"""Folders of files that differ, files that are passed over, and numbers that are none."""

import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from typer.testing import CliRunner

from hydrotl.cli.app import app
from hydrotl.data.init import Written, init_folder
from hydrotl.data.own import open_own
from hydrotl.data.own_check import look_own
from hydrotl_core.errors import DataError
from tests.hydrotl.data.own_ways import CANONICAL, NAMES, RIVERS, Frames, area, clean, put, table

pytest.importorskip("lumod")
FIRST, SECOND = RIVERS
CMS = 86.4  # m3/s over km2 in mm/day


def opened(folder: Path) -> tuple[Written, xr.Dataset]:
    """What ``hydrotl init`` understands of a folder, and its data."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return init_folder(folder), open_own(folder)


def assert_read(ds: xr.Dataset, frames: Frames) -> None:
    """The data are the frames (rain in mm, degC, flow in m3/s), on all days and nowhere else."""
    assert sorted(ds["basin"].values) == sorted(frames)
    for basin, frame in frames.items():
        for key in map(str, frame):
            wanted = frame[key].to_numpy(float) * (CMS / area(basin) if key == "q" else 1.0)
            one = ds[CANONICAL[key]].sel(basin=basin, time=frame.index).values
            np.testing.assert_allclose(one, wanted, rtol=2e-5, atol=2e-5, err_msg=f"{basin} {key}")


def one_of(basin: str, **columns: Any) -> Frames:
    return {basin: clean()[basin].assign(**columns)}


def split(folder: Path, **flow: Any) -> None:
    """Weather that is understood, and a file of flow of each river in the form of ``flow``."""
    frames = clean()
    put(folder, {b: f[list("pxn")] for b, f in frames.items()}, name="{basin}_weather.csv")
    put(folder, {b: f[["q"]] for b, f in frames.items()}, **{"name": "{basin}_flow.csv", **flow})


def test_rivers_of_different_agencies_lie_side_by_side(tmp_path: Path) -> None:
    frames = clean()
    put(tmp_path, {FIRST: frames[FIRST]}, sep=";", decimal=",", form="%d.%m.%Y")
    litres = frames[SECOND].assign(q=(frames[SECOND]["q"] * 1000).round(1))
    put(tmp_path, {SECOND: litres}, names=NAMES | {"q": "Flow (l/s)"})
    (tmp_path / "landuse.csv").write_text(f"id,forest\n{FIRST},0.4\n{SECOND},0.3\n")
    written, ds = opened(tmp_path)
    assert_read(ds, frames)
    assert written.passed == ["landuse.csv: another table"]


@pytest.mark.parametrize("change", ["unit", "order of the date"])
def test_years_of_different_forms_follow_one_another(change: str, tmp_path: Path) -> None:
    frame = clean()[FIRST]
    years = pd.DatetimeIndex(frame.index).year
    for year in sorted(set(years)):
        part, last = frame[years == year], year == max(years)
        if change == "unit" and last:
            part = part.assign(q=part["q"] * 1000)
        names = NAMES | {"q": "Q (l/s)"} if change == "unit" and last else NAMES
        form = "%m/%d/%Y" if last and change != "unit" else "%d/%m/%Y"
        put(tmp_path, {FIRST: part}, names=names, form=form, name=f"{{basin}}_{year}.csv")
    assert_read(opened(tmp_path)[1], {FIRST: frame})


def test_the_same_days_in_files_of_two_forms_are_refused(tmp_path: Path) -> None:
    frame = clean()[FIRST]
    put(tmp_path, {FIRST: frame}, name="a/{basin}.csv")
    put(tmp_path, {FIRST: frame}, name="b/{basin}.csv", sep=";")
    with pytest.raises(DataError, match=f"'prcp' of basin {FIRST} begins on .*keep each day in"):
        init_folder(tmp_path)


def test_files_that_are_not_used_and_basins_without_flow_are_printed(tmp_path: Path) -> None:
    put(tmp_path, {b: f[list("pxn")] for b, f in clean().items()})
    (tmp_path / f"{FIRST}_flow.xlsx").write_bytes(b"PK\x03\x04" + bytes(100))
    said = CliRunner().invoke(app, ["init", str(tmp_path)]).output
    assert f"not used: {FIRST}_flow.xlsx: a workbook or an archive; save each sheet as CSV" in said
    assert f"no flow: of {FIRST}, {SECOND}" in said
    found = [one.text for one in look_own(tmp_path)[1] if one.kind == "no flow"]
    assert found == [f"basin {basin} has no flow at all" for basin in (FIRST, SECOND)]


def matrix(folder: Path) -> None:
    """A row per month, a column per day."""
    put(folder, {b: f[list("pxn")] for b, f in clean().items()}, name="{basin}_weather.csv")
    flow = clean()[FIRST]["q"]
    days = pd.DatetimeIndex(flow.index)
    rows = flow.groupby([days.year, days.month, days.day]).first().unstack()
    rows.columns = [f"FLOW{day}" for day in rows]
    rows.rename_axis(["YEAR", "MONTH"]).reset_index().to_csv(
        folder / f"{FIRST}_flow.csv", index=False
    )


@pytest.mark.parametrize(
    ("plant", "says"),
    [
        (matrix, f"{FIRST}_flow.csv: seems to hold flow, but no column of dates is understood"),
        (
            lambda f: split(f, name="{basin}_flow.txt", form="%d/%m/%y"),
            f"{FIRST}_flow.txt, line 2.*year of two digits.*or move the file out of the folder",
        ),
        (lambda f: split(f, form="%d-%b-%y", date="Timestamp"), "year of two digits"),
    ],
)
def test_flow_that_is_not_understood_is_an_error(
    plant: Callable[[Path], None], says: str, tmp_path: Path
) -> None:
    plant(tmp_path)
    with pytest.raises(DataError, match=says):
        init_folder(tmp_path)


def test_a_folder_of_runoff_is_read_and_one_of_a_run_is_not(tmp_path: Path) -> None:
    frames = clean()
    for key, name in {"p": "rain", "xn": "temp", "q": "runoff"}.items():
        put(tmp_path, {b: f[list(key)] for b, f in frames.items()}, name=f"{name}/{{basin}}.csv")
    put(tmp_path, frames, name="result/{basin}.csv")
    (tmp_path / "result" / "run.yaml").write_text("title: a run\n")
    assert_read(opened(tmp_path)[1], frames)


@pytest.mark.parametrize("name", ["{basin} daily [obs].csv", "[v2]/{basin}.csv"])
def test_brackets_in_names_of_files_are_brackets(name: str, tmp_path: Path) -> None:
    put(tmp_path, name=name)
    assert_read(opened(tmp_path)[1], clean())


def test_a_letter_in_front_is_the_variable_not_the_basin(tmp_path: Path) -> None:
    frame = clean()[FIRST]
    for letter, keys in {"P": ["p"], "T": ["x", "n"], "Q": ["q"]}.items():
        put(tmp_path, {FIRST: frame[keys]}, name=f"{letter}_{{basin}}.csv", with_table=False)
    assert init_folder(tmp_path).basins == [FIRST]


def test_a_column_of_a_basin_that_lost_its_zeros_is_named(tmp_path: Path) -> None:
    (tmp_path / "basins.csv").write_text("id,area_km2,latitude\n0017,30,57\n23,40,57\n")
    for key, name in {"p": "rain_mm", "x": "tmax_C", "n": "tmin_C", "q": "flow_m3s"}.items():
        both = {"17" if key == "q" else "0017": clean()[FIRST][key], "23": clean()[SECOND][key]}
        pd.concat(both, axis=1).rename_axis("date").to_csv(tmp_path / f"{name}.csv")
    with pytest.raises(DataError, match="a column '17', but none of basin '0017'"):
        init_folder(tmp_path)


def flagged(text: str) -> str:
    """A quality behind each row, and no flow on the first ten days."""
    first, *rows = text.strip("\n").split("\n")
    rows = [re.sub(r",[^,]*$", ",M", r) if n < 10 else r for n, r in enumerate(rows)]
    return "\n".join([f"{first},Quality", *(f"{row},Good" for row in rows)]) + "\n"


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%d-%b-%Y", "%Y-%m-%dT00:00:00Z"])
def test_a_flag_behind_and_no_flow_at_first_hide_no_names(form: str, tmp_path: Path) -> None:
    split(tmp_path, form=form, change=flagged)
    frames = clean()
    for frame in frames.values():
        frame.loc[frame.index[:10], "q"] = np.nan
    assert_read(opened(tmp_path)[1], frames)


@pytest.mark.parametrize(
    "above",
    [
        "latitude,longitude,elevation,zone,source\n57.0,-3.1,420,GMT,model\n\n",
        "Station,Upper,,,\nLat,57.0,Lon,-3.1,\n,,,,\n",
    ],
)
def test_lines_above_with_as_many_fields_are_not_the_table(above: str, tmp_path: Path) -> None:
    put(tmp_path, head=above)
    assert_read(opened(tmp_path)[1], clean())


@pytest.mark.parametrize("column", [{"Date downloaded": "2024-01-05"}, {"NUM": "19031008"}])
def test_a_column_that_never_changes_is_no_date(column: dict[str, str], tmp_path: Path) -> None:
    table(tmp_path)
    for basin, frame in clean().items():
        out = frame.rename(columns=NAMES).rename_axis("day of reading").reset_index()
        out.insert(0, *next(iter(column.items())))
        out.to_csv(tmp_path / f"{basin}.csv", index=False)
    assert_read(opened(tmp_path)[1], clean())


def test_a_code_of_one_column_is_a_value_in_another(tmp_path: Path) -> None:
    frame = clean()[FIRST]
    cold = frame["n"].to_numpy().copy()
    cold[[50, 60, 70]] = -9.0
    rain = frame["p"].to_numpy().copy()
    rain[300:310] = -9.0
    put(tmp_path, one_of(FIRST, p=rain, n=cold))
    written, ds = opened(tmp_path)
    rain[300:310] = np.nan
    assert_read(ds, one_of(FIRST, p=rain, n=cold))
    assert "missing: [-9]" in written.path.read_text(encoding="utf-8")


def test_the_largest_number_again_and_again_is_taken_as_missing_and_said(tmp_path: Path) -> None:
    flow = clean()[FIRST]["q"].to_numpy()
    flow = (flow * 4000 / flow.max()).round(1)
    flow[300:340] = 9999
    put(tmp_path, one_of(FIRST, q=flow), names=NAMES | {"q": "Q (l/s)"})
    written, ds = opened(tmp_path)
    flow[300:340] = np.nan
    assert_read(ds, one_of(FIRST, q=flow / 1000))
    assert any("9999, which is there 40 times" in one for one in written.guessed)


def test_codes_are_not_taken_out_of_another_unit(tmp_path: Path) -> None:
    frame = clean()[FIRST]
    tenths = {k: (frame[k] * 10 - (frame["n"].min() * 10 + 130)).round() for k in "xn"}
    for number, code in enumerate((-99, -111, -105)):
        tenths["n"].iloc[20 * number + 5] = code
    put(tmp_path, one_of(FIRST, **tenths), names=NAMES | {"x": "TX", "n": "TN"})
    assert_read(opened(tmp_path)[1], one_of(FIRST, **{k: v / 10 for k, v in tenths.items()}))


def test_whole_litres_decide_what_a_point_means(tmp_path: Path) -> None:
    frame = clean()[FIRST].round({"p": 0, "x": 0, "n": 0})
    litres = ((frame["q"] + 1) * 1000).round().astype(int)
    whole = frame.astype({"p": int, "x": int, "n": int})
    out = whole.assign(q=[f"{one:,}".replace(",", ".") for one in litres])
    put(tmp_path, {FIRST: out}, names=NAMES | {"q": "Caudal (l/s)"}, sep=";")
    written, ds = opened(tmp_path)
    assert_read(ds, {FIRST: frame.assign(q=litres / 1000)})
    assert any("is that of thousands, as of whole litres" in one for one in written.guessed)


LINES = f"{FIRST},{{0}},57.1\n{SECOND},{{1}},23.5\n"
WITH_THOUSANDS = LINES.format('"1,234"', '"2,655.5"')


@pytest.mark.parametrize(
    ("text", "areas"),
    [
        ("# catchments\nid,area_km2,latitude\n" + LINES.format(30, 40), (30, 40)),
        ("The survey of 2020,,\nid,area_km2,latitude\n" + LINES.format(30, 40), (30, 40)),
        ("id,area,latitude\n,ha,deg\n" + LINES.format(3000, 4000), (30, 40)),
        ("id,area_km2,latitude\n" + WITH_THOUSANDS, (1234, 2655.5)),
    ],
)
def test_a_table_of_basins_has_forms_as_well(
    text: str, areas: tuple[float, float], tmp_path: Path
) -> None:
    put(tmp_path, with_table=False)
    (tmp_path / "basins.csv").write_text(text)
    ds = opened(tmp_path)[1]
    assert ds["area_km2"].sel(basin=[FIRST, SECOND]).values.tolist() == list(areas)
    assert ds["latitude"].sel(basin=[FIRST, SECOND]).values.tolist() == [57.1, 23.5]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("30,57.1 N", "line 2, column 'latitude', the latitude: '57.1 N' is no plain number"),
        ("30,57°06'00\"N", "line 2, column 'latitude', the latitude: .* is no plain number"),
        ("30 km2,57.1", "line 2, column 'area', the area_km2: '30 km2' is no plain number"),
    ],
)
def test_places_in_words_are_named_with_their_line(row: str, says: str, tmp_path: Path) -> None:
    put(tmp_path, with_table=False)
    rows = "".join(f"{basin},{row}\n" for basin in RIVERS)
    (tmp_path / "basins.csv").write_text(f"id,area,latitude\n{rows}", encoding="utf-8")
    with pytest.raises(DataError, match=says):
        init_folder(tmp_path)


def test_area_and_latitude_may_stand_in_two_tables(tmp_path: Path) -> None:
    put(tmp_path, {FIRST: clean()[FIRST]}, with_table=False)
    (tmp_path / "area.csv").write_text(f"id,area_km2\n{FIRST},30\n")
    (tmp_path / "places.csv").write_text(f"id,latitude,longitude\n{FIRST},57.1,-3.1\n")
    ds = opened(tmp_path)[1]
    assert float(ds["area_km2"][0]) == 30
    assert float(ds["latitude"][0]) == 57.1


def test_a_trace_of_rain_is_named_as_one(tmp_path: Path) -> None:
    put(tmp_path)
    path = tmp_path / f"{FIRST}.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[9] = re.sub(r"^([^,]+),[^,]+", r"\1,T", lines[9])
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(DataError, match=r"line 10, .*'T' is not a number \(a trace of rain .* 0"):
        init_folder(tmp_path)


def test_an_area_of_no_basin_is_named_before_the_unit_of_flow_is_guessed(tmp_path: Path) -> None:
    put(tmp_path, names=NAMES | {"q": "q"}, with_table=False)
    rows = "".join(f"{basin},{area(basin) * 1e6:.0f},57.1\n" for basin in RIVERS)
    (tmp_path / "basins.csv").write_text(f"id,area_km2,latitude\n{rows}", encoding="utf-8")
    with pytest.raises(DataError, match=rf"area of basin {FIRST} .*e\+0\d km2.* is it in m2"):
        init_folder(tmp_path)


@pytest.mark.parametrize("unknown", ["", "-9999"])
def test_an_area_that_is_missing_is_asked_for(unknown: str, tmp_path: Path) -> None:
    put(tmp_path, with_table=False)
    text = "id,area_km2,latitude\n" + LINES.format(30, unknown)
    (tmp_path / "basins.csv").write_text(text)
    written = init_folder(tmp_path)
    assert [one for one in written.to_do if f"fill in area_km2 of {SECOND} below" in one]
    done = written.path.read_text(encoding="utf-8").replace("area_km2: null", "area_km2: 40.0")
    written.path.write_text(done, encoding="utf-8")
    assert open_own(tmp_path)["area_km2"].sel(basin=[FIRST, SECOND]).values.tolist() == [30, 40]


@pytest.mark.parametrize("word", ["DRY", "<0.1"])
def test_before_region_yaml_is_there_a_remedy_is_in_the_file(word: str, tmp_path: Path) -> None:
    flow = clean()[FIRST]["q"].astype(object)
    flow.iloc[50] = word
    put(tmp_path, one_of(FIRST, q=flow))
    with pytest.raises(DataError, match=r"line 52.*write a number, or leave the field empty"):
        init_folder(tmp_path)


def test_rows_of_months_are_refused_and_those_of_weeks_are_said(tmp_path: Path) -> None:
    frame = clean()[FIRST]
    put(tmp_path, {FIRST: frame[list("pxn")]}, name="{basin}_weather.csv")
    put(tmp_path, {FIRST: frame[["q"]].iloc[::7]}, name="{basin}_flow.csv")
    assert any("rows are 7 days apart" in one for one in init_folder(tmp_path).guessed)
    months = frame[["q"]].resample("MS").mean()
    put(tmp_path, {FIRST: months}, name="{basin}_flow.csv")
    with pytest.raises(DataError, match=r"its rows are 31 days apart.*a row per day"):
        init_folder(tmp_path, replace=True)


def test_rain_that_goes_on_in_inches_is_doubtful(tmp_path: Path) -> None:
    rain = clean()[FIRST]["p"].to_numpy().copy()
    rain[1000:] = (rain[1000:] / 25.4).round(2)
    put(tmp_path, one_of(FIRST, p=rain) | {SECOND: clean()[SECOND]})
    opened(tmp_path)
    found = [one for one in look_own(tmp_path)[1] if one.kind == "other unit"]
    assert [one.basin for one in found] == [FIRST]
    assert found[0].value == pytest.approx(25.4, rel=0.35)
    assert found[0].day is not None
    changed = clean()[FIRST].index[1000]
    assert abs(found[0].day - changed) < pd.Timedelta(60, "D")
