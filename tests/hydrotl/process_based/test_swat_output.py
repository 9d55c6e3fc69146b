"""Streamflow of SWAT runs: the real samples, and a daily print in its described layout."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from hydrotl.process_based.swat.channel import read_channel
from hydrotl.process_based.swat.output import flow_of_runs, swat_flow
from hydrotl.process_based.swat.reach import read_output_rch
from hydrotl_core.errors import DataError
from tests.synthetic import ROOT

DAILY = ROOT / "tests" / "swat2012"
CHANNEL = """ lumped   SWAT+ 2024-07-08   MODULAR Rev 2024.61.0.1
 jday mon day yr unit gis_id name area null null flo_out
                              ha                m^3/s
   1   1   1 2000   1   1 cha1 0.5E+03 0.0 1.0 0.20E+01
   1   1   1 2000   2   2 cha2 0.5E+03 0.0 1.0 0.99E+01
   2   1   2 2000   1   1 cha1 0.5E+03 0.0 1.0 0.40E+01
   2   1   2 2000   2   2 cha2 0.5E+03 0.0 1.0 0.99E+01
"""


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A copy of the daily SWAT2012 print and its file.cio."""
    return Path(shutil.copytree(DAILY, tmp_path / "TxtInOut"))


def test_channel_of_swat_plus_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "channel_sd_day.txt"
    path.write_text(CHANNEL)
    # 2 m3/s over 86.4 km2 are 2 mm/day
    flow = swat_flow(tmp_path, 1, 86.4)
    np.testing.assert_allclose(flow, [2.0, 4.0], rtol=1e-12)
    assert flow.index.tolist() == [pd.Timestamp("2000-01-01"), pd.Timestamp("2000-01-02")]
    path.write_text(CHANNEL.replace("0.40E+01", "0.4000-100"))  # as Fortran writes 0.4E-100
    assert swat_flow(path, 1, 86.4).iloc[1] == pytest.approx(4e-101)
    with pytest.raises(DataError, match="has no channel 3"):
        swat_flow(path, 3, 86.4)
    with pytest.raises(DataError, match="area in km2, which is 0"):
        swat_flow(path, 1, 0)


def channels(gis_ids: list[int]) -> str:
    """Two days of channels in the order of ``gis_ids``; the flow is unit + day / 10."""
    head = CHANNEL.splitlines()[:3]
    rows = [
        f"{day} 1 {day} 2000 {unit} {gis_id} cha{gis_id:03} 0.5E+03 0.0 1.0 {unit + day / 10}"
        for day in (1, 2)
        for unit, gis_id in enumerate(gis_ids, 1)
    ]
    return "\n".join([*head, *rows, ""])


def test_channel_is_that_of_the_map_not_of_the_printing_order(tmp_path: Path) -> None:
    path = tmp_path / "channel_sd_day.txt"
    path.write_text(channels([1, 3, 6, 2]))
    assert read_channel(path, 3).tolist() == [2.1, 2.2]
    assert read_channel(path, 2).tolist() == [4.1, 4.2]
    with pytest.raises(DataError, match=r"no channel 4; it has gis_id 1 \(unit 1\), 3 \(unit 2\)"):
        read_channel(path, 4)
    # or by its name
    assert read_channel(path, "cha003").tolist() == [2.1, 2.2]
    with pytest.raises(DataError, match=r"no channel cha004; .* 3 \(unit 2, name cha003\)"):
        read_channel(path, "cha004")
    # ids that tell no channel apart are no numbers
    path.write_text(channels([0, 0, 7]))
    assert read_channel(path, 3).tolist() == [3.1, 3.2]
    path.write_text(CHANNEL.replace("unit gis_id", "unit oldid"))
    assert read_channel(path, 2).tolist() == [9.9, 9.9]


def test_a_number_that_means_two_channels_is_an_error_with_both(tmp_path: Path) -> None:
    path = tmp_path / "channel_sd_day.txt"
    # names count the order of printing, gis_id is another number
    text = channels([1, 3, 6]).replace("cha003", "cha002").replace("cha006", "cha003")
    path.write_text(text)
    assert read_channel(path, 1).tolist() == [1.1, 1.2]
    assert read_channel(path, 6).tolist() == [3.1, 3.2]
    with pytest.raises(DataError, match=r"3 is one by its gis_id.*3 \(unit 2, name cha002\)"):
        read_channel(path, 3)
    assert read_channel(path, "cha002").tolist() == [2.1, 2.2]
    # without usable gis_id, the names alone have the number
    for name, unit in {"cha013": 1, "cha002": 2, "cha001": 3}.items():
        text = text.replace(f" {unit} {(1, 3, 6)[unit - 1]} cha00{unit} ", f" {unit} 0 {name} ")
    path.write_text(text)
    assert read_channel(path, 13).tolist() == [1.1, 1.2]
    assert read_channel(path, 1).tolist() == [3.1, 3.2]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("0.40E+01", "********", "line 6: flow is .* wider than its column"),
        ("cha1 0.5E+03 0.0 1.0 0.40E+01", "cha1", "line 6 cannot be read"),
        ("   2   1   2 2000   1 ", "   3   1   3 2000   1 ", "not consecutive"),
        ("flo_out", "flo_in", "line 2: no column flo_out"),
        ("0.40E+01", "Infinity", "line 6 cannot be read"),
        (
            "0.0 1.0 0.99E+01",
            "0.0 0.99E+01",
            r"line 5 cannot be read \(it has 10 words, others have 11",
        ),
        ("   1   1   1 2000   2   2 cha2 0.5E+03 0.0 1.0 0.99E+01\n", "", "unit 2 has 1 lines and"),
        ("m^3/s\n", "mm\n", "line 3: flo_out is in mm, which cannot become m3/s"),
    ],
)
def test_damaged_channel_file(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "channel_sd_day.txt"
    path.write_text(CHANNEL.replace(old, new, 1))
    with pytest.raises(DataError, match=said):
        read_channel(path, 1)


def test_real_channel_file(real_data: Callable[[str], Path]) -> None:
    path = real_data("native/swat/channel_sd_day_03015500.txt")
    flow = read_channel(path, 1)
    assert flow.index[[0, -1]].tolist() == [pd.Timestamp("2000-01-01"), pd.Timestamp("2002-12-31")]
    assert len(flow) == 366 + 365 + 365
    # read off the file
    assert flow.iloc[0] == 0.9146e-02
    assert flow.iloc[-1] == 0.5109e02


def test_real_monthly_print(real_data: Callable[[str], Path]) -> None:
    path = real_data("native/swat/output_monthly.rch")
    flow = read_output_rch(path, 5)
    assert len(flow) == 144
    assert flow.loc["1990-01-01"] == 0.1325e-01
    assert flow.loc["1991-12-01"] == 0.3870e-01
    # the file's own line of the year 1990
    assert flow.loc["1990"].mean() == pytest.approx(0.2052, rel=0.01)
    assert pd.DatetimeIndex(flow.index).year.max() == 2001


def test_real_yearly_print(real_data: Callable[[str], Path]) -> None:
    path = real_data("native/swat/output_yearly.rch")
    flow = read_output_rch(path, 10)
    assert pd.DatetimeIndex(flow.index).year.tolist() == list(range(1995, 2013))
    assert flow.iloc[[0, 1, -1]].tolist() == [0.5516e-01, 0.6772e-01, 0.7714e-01]
    # its last line, over 18 years
    assert flow.mean() == pytest.approx(0.1009, abs=1e-4)
    depth = swat_flow(path, 10, 7.711)
    assert depth.iloc[0] == pytest.approx(0.5516e-01 * 86.4 / 7.711)


def test_daily_print_is_dated_by_file_cio(run: Path) -> None:
    flow = read_output_rch(run / "output.rch", 2)
    assert flow.index.tolist() == list(pd.date_range("2003-12-30", "2004-01-02"))
    assert flow.tolist() == [3.5, 7.25, 5.125, 4.0]
    np.testing.assert_allclose(swat_flow(run, 1, 50.0), np.array([0.9, 1.8, 1.4, 1.1]) * 1.728)


def output_rch(
    names: list[str], times: list[str], heading: str = "   MON", digits: int = 4, after: str = ""
) -> str:
    """Two reaches as SWAT2012 writes them (headout.f, rchday.f, rchmon.f).

    The k-th value of reach r in the i-th line is 100 r + i + k / 10. ``digits`` is the width of the
    reach column, ``after`` what some projects print behind the values.
    """
    head = f"{'RCH':>{digits + 6}}      GIS{heading}     AREAkm2" + "".join(
        f"{n:>12}" for n in names
    )
    lines = ["1", "    SWAT  VER 2012", "", "    title", "", "", "", "", head]
    for i, time in enumerate(times):
        for reach in (1, 2):
            values = [5e3, *(100 * reach + i + k / 10 for k in range(len(names)))]
            row = "".join(f"{value:12.4E}" for value in values)
            lines.append(f"REACH {reach:{digits}} {0:8} {time}{row}{after}")
    return "\n".join([*lines, ""])


MONTHS = [f"{month:5}" for month in range(1, 13)]


@pytest.mark.parametrize(
    ("names", "digits", "after", "tenths"),
    [
        (["FLOW_INcms", "FLOW_OUTcms", "EVAPcms"], 4, "", 1),
        (["FLOW_OUTcms", "SED_OUTtons", "SEDCONCmg/kg", "TOT Pkg"], 4, "", 0),  # chosen variables
        (["SEDCONCmg/kg", "TOT Nkg", "FLOW_OUTcms"], 5, "", 2),
        (["FLOW_INcms", "FLOW_OUTcms"], 5, "", 1),  # revision 681: a wider reach column
        (["FLOW_INcms", "FLOW_OUTcms"], 4, " 2003", 1),
    ],
)
def test_flow_is_found_by_its_name(
    tmp_path: Path, names: list[str], digits: int, after: str, tenths: int
) -> None:
    path = tmp_path / "output.rch"
    path.write_text(output_rch(names, [*MONTHS, " 2003", "  1.0"], "   MON", digits, after))
    flow = read_output_rch(path, 2)
    assert flow.index.tolist() == list(pd.date_range("2003-01-01", periods=12, freq="MS"))
    np.testing.assert_allclose(flow, 200 + np.arange(12) + tenths / 10)


def test_calendar_dates_need_no_file_cio(tmp_path: Path) -> None:
    path = tmp_path / "output.rch"
    days = [" 12 31 2003 ", "  1  1 2004 ", "  1  2 2004 "]
    path.write_text(output_rch(["FLOW_INcms", "FLOW_OUTcms"], days, "  MO DA   YR"))
    flow = read_output_rch(path, 1)
    assert flow.index.tolist() == list(pd.date_range("2003-12-31", "2004-01-02"))
    np.testing.assert_allclose(flow, [100.1, 101.1, 102.1])
    path.write_text(output_rch(["FLOW_OUTcms"], days[::2], "  MO DA   YR"))
    with pytest.raises(DataError, match="days are not consecutive"):
        read_output_rch(path, 1)


def test_prints_without_the_flow_of_days(tmp_path: Path) -> None:
    path = tmp_path / "output.rch"
    path.write_text(output_rch(["FLOW_INcms", "TOT Pkg"], MONTHS))
    with pytest.raises(DataError, match=r"no FLOW_OUTcms but FLOW_INcms, TOT Pkg: let SWAT print"):
        read_output_rch(path, 1)
    path.write_text(output_rch(["FLOW_OUTcms"], ["    1     0"], "   DAY   DET"))
    with pytest.raises(DataError, match="is a subdaily print"):
        read_output_rch(path, 1)
    path.write_text(output_rch(["FLOW_OUTcms"], MONTHS).replace("AREAkm2", "AREA"))
    with pytest.raises(DataError, match="no line with the names RCH and AREAkm2"):
        read_output_rch(path, 1)


def test_skipped_years_are_added(run: Path) -> None:
    control = run / "file.cio"
    text = control.read_text()
    skipped = text.replace("            2003    | IYR", "            2000    | IYR")
    skipped = skipped.replace("0    | NYSKIP", "3    | NYSKIP")
    control.write_text(skipped)
    assert read_output_rch(run / "output.rch", 1).index[0] == pd.Timestamp("2003-12-30")
    # in 2004, a leap year, day 365 is not the last
    control.write_text(text.replace("2003    | IYR", "2004    | IYR"))
    with pytest.raises(DataError, match="day 1 stands where 2004-12-31 should"):
        read_output_rch(run / "output.rch", 1)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  0.7250E+01", "  not-number", r"line 13 cannot be read \(.*flow not-number\)"),
        ("     1  0.2000E+03", "     3  0.2000E+03", "day 3 stands where 2004-01-01 should"),
    ],
)
def test_damaged_daily_print(run: Path, old: str, new: str, said: str) -> None:
    path = run / "output.rch"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(DataError, match=said):
        read_output_rch(path, 2)


def test_lines_lost_from_a_print_are_noticed(run: Path, tmp_path: Path) -> None:
    path = run / "output.rch"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-1]))  # the last day of reach 2
    with pytest.raises(DataError, match="reach 2 has 3 lines and others 4"):
        read_output_rch(path, 1)
    with pytest.raises(DataError, match="not the name 'rch2'"):
        swat_flow(run, "rch2", 1.0)
    years = tmp_path / "yearly.rch"
    names = ["FLOW_INcms", "FLOW_OUTcms"]
    years.write_text(output_rch(names, [" 2003", " 2004", " 2006", "  3.0"]))
    with pytest.raises(DataError, match="the years are not consecutive"):
        read_output_rch(years, 1)
    # one value less in a line moves the others
    years.write_text(output_rch(names, [" 2003", " 2004"]).replace("  2.0000E+02", "", 1))
    with pytest.raises(DataError, match=r"line 11 cannot be read \(it has 6 words, others have 7"):
        read_output_rch(years, 1)


def test_absent_files_and_reaches(run: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no reach 3"):
        swat_flow(run, 3, 1.0)
    (run / "file.cio").write_text("nothing\n")
    with pytest.raises(DataError, match="no whole numbers IYR and NYSKIP"):
        swat_flow(run, 1, 1.0)
    (run / "file.cio").unlink()
    with pytest.raises(DataError, match=r"file\.cio is missing"):
        swat_flow(run, 1, 1.0)
    with pytest.raises(DataError, match="holds neither"):
        swat_flow(tmp_path, 1, 1.0)
    with pytest.raises(DataError, match="missing or empty"):
        swat_flow(tmp_path / "output.rch", 1, 1.0)


def test_existing_runs_become_a_teacher(run: Path, real_data: Callable[[str], Path]) -> None:
    days = pd.date_range("2003-12-31", "2004-01-04")
    ds = xr.Dataset(coords={"basin": ["a", "b"], "time": days})
    flow = flow_of_runs(ds, {"a": (run, 1, 86.4), "b": (run / "output.rch", 2, 86.4)})
    assert flow.dims == ("basin", "time")
    nan = np.nan
    np.testing.assert_allclose(
        flow.values, [[1.8, 1.4, 1.1, nan, nan], [7.25, 5.125, 4, nan, nan]], rtol=1e-6
    )
    with pytest.raises(DataError, match="no SWAT run of basin b"):
        flow_of_runs(ds, {"a": (run, 1, 86.4)})
    monthly = real_data("native/swat/output_monthly.rch")
    with pytest.raises(DataError, match="not a daily print"):
        flow_of_runs(ds, {"a": (monthly, 1, 86.4), "b": (run, 2, 86.4)})
