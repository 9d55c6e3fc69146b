"""SWAT2012's ``output.rch``: days or months, names against values, stars, and its ``file.cio``."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from hydrotl.process_based.swat.output import flow_of_runs, swat_flow
from hydrotl.process_based.swat.reach import read_output_rch
from hydrotl_core.errors import DataError

NAMES = ("FLOW_INcms", "FLOW_OUTcms", "EVAPcms")
STARS = "*" * 12


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "output.rch"


def row(reach: int | str, time: str, *values: float | str) -> str:
    words = [value if isinstance(value, str) else f"{value:12.4E}" for value in (50.0, *values)]
    return f"REACH {reach:>4} {0:8} {time:>5}{''.join(words)}"


def printed(rows: list[str], names: tuple[str, ...] = NAMES) -> str:
    """``output.rch`` with nine lines before the ``rows``."""
    head = "       RCH      GIS   MON     AREAkm2" + "".join(f"{name:>12}" for name in names)
    return "\n".join(["1", "    SWAT  VER 2012/Rev 627", *[""] * 6, head, *rows, ""])


def days(count: int, flow: float = 0.5) -> list[str]:
    """Days of two reaches; the flow is the day plus ``flow``, or 100 more."""
    return [
        row(reach, str(day), 1.0, day + flow + 100 * (reach - 1), 0.0)
        for day in range(1, count + 1)
        for reach in (1, 2)
    ]


def control(path: Path, iyr: object = 2003, nyskip: object = 0, iprint: object | None = 1) -> None:
    lines = [f"{iyr:>16}    | IYR : first year", f"{nyskip:>16}    | NYSKIP: years skipped"]
    if iprint is not None:
        lines.append(f"{iprint:>16}    | IPRINT: print code (month, day, year)")
    path.with_name("file.cio").write_text("\n".join(lines))


@pytest.mark.parametrize("count", [7, 12])
def test_days_are_told_from_months_by_iprint(path: Path, count: int) -> None:
    path.write_text(printed(days(count)))
    with pytest.raises(DataError, match=rf"no years, and MON only to {count}: these may be days"):
        read_output_rch(path, 1)
    control(path, iprint=None)
    with pytest.raises(DataError, match=r"IPRINT in \S*file\.cio tells"):
        read_output_rch(path, 1)
    control(path, iprint=0)
    with pytest.raises(DataError, match=r"has months .* and no line that closes their year"):
        read_output_rch(path, 1)
    control(path, iprint=2)
    with pytest.raises(DataError, match=rf"MON to {count}, but IPRINT in file\.cio is 2 \(years\)"):
        read_output_rch(path, 1)
    control(path, iprint=1)
    flow = read_output_rch(path, 1)
    assert flow.index.tolist() == list(pd.date_range("2003-01-01", periods=count))
    assert flow.tolist() == [day + 0.5 for day in range(1, count + 1)]


def test_thirteen_are_days_whatever_file_cio_says_of_them(path: Path) -> None:
    path.write_text(printed(days(13)))
    with pytest.raises(DataError, match=r"file\.cio is missing: the years of a daily"):
        read_output_rch(path, 1)
    control(path, iprint=None)
    assert len(read_output_rch(path, 1)) == 13
    control(path, iprint=0)
    with pytest.raises(DataError, match=r"MON to 13, but IPRINT in file\.cio is 0 \(months\)"):
        read_output_rch(path, 1)
    control(path, iprint=3)
    with pytest.raises(DataError, match=r"IPRINT is '3', not 0 \(months\), 1 \(days\)"):
        read_output_rch(path, 1)


def test_days_closed_by_a_year_are_no_months(path: Path) -> None:
    path.write_text(printed([*days(13), row(1, "2003", 1.0, 7.5, 0.0), row(2, "2003", 1, 7.5, 0)]))
    with pytest.raises(DataError, match="line 34: MON is 13, neither a month nor a year"):
        read_output_rch(path, 1)


def test_a_stopped_monthly_print_is_no_teacher(path: Path) -> None:
    path.write_text(printed(days(12)))
    control(path, iprint=0)
    ds = xr.Dataset(coords={"basin": ["a"], "time": pd.date_range("2003-01-01", "2003-01-31")})
    with pytest.raises(DataError, match="no line that closes their year"):
        flow_of_runs(ds, {"a": (path, 1, 86.4)})


def test_a_single_year_is_no_day_of_a_teacher(path: Path) -> None:
    path.write_text(printed([row(1, "2003", 1.0, 5.0, 0.0)]))
    ds = xr.Dataset(coords={"basin": ["a"], "time": pd.date_range("2003-01-01", "2003-01-31")})
    with pytest.raises(DataError, match="is not a daily print, which a teacher needs"):
        flow_of_runs(ds, {"a": (path, 1, 86.4)})


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"iyr": 99999}, "IYR is 99999 and NYSKIP 0, so that the print begins outside of 1800"),
        ({"iyr": 0}, "IYR is 0 "),
        ({"iyr": -5}, "IYR is -5 "),
        ({"iyr": 3}, "give IYR as a calendar year of four digits"),
        ({"iyr": 2190, "nyskip": 11}, "IYR is 2190 and NYSKIP 11"),
        ({"nyskip": -1}, "NYSKIP is -1: give the years skipped, 0 or more"),
        ({"iyr": "2003.0"}, r"no whole numbers IYR and NYSKIP \(they are 2003\.0 and 0\)"),
    ],
)
def test_years_of_file_cio_that_are_none(
    path: Path, settings: dict[str, object], said: str
) -> None:
    path.write_text(printed(days(5)))
    control(path, **settings)
    with pytest.raises(DataError, match=said):
        read_output_rch(path, 1)


def test_calendar_dates_of_no_calendar_year(path: Path) -> None:
    path.write_text(printed([row(1, f" 1 {day:2}    3", 1, 2, 3) for day in (1, 2)]))
    with pytest.raises(DataError, match="line 10 is of the year 3, not in 1800 to 2200"):
        read_output_rch(path, 1)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("FLOW_OUTcms",), r"line 10 .* \(it has 8 words, by the names in line 9 it has 6\)"),
        (("FLOW_INcms", "FLOW_OUTcms"), "it has 8 words, by the names in line 9 it has 7"),
        ((*NAMES, "TLOSScms"), "it has 8 words, by the names in line 9 it has 9"),
        (("FLOW_OUTcms", "FLOW_OUTcms", "EVAPcms"), "line 9 names FLOW_OUTcms 2 times"),
    ],
)
def test_names_that_are_not_those_of_the_values(
    path: Path, names: tuple[str, ...], said: str
) -> None:
    path.write_text(printed(days(5), names))
    control(path)
    with pytest.raises(DataError, match=said):
        read_output_rch(path, 1)


def test_print_without_values(path: Path) -> None:
    path.write_text(printed([]))
    with pytest.raises(DataError, match="has no line of values after line 9"):
        read_output_rch(path, 1)


@pytest.mark.parametrize(
    "line",
    [
        row(1, "3", 1.0, 3.5, STARS),
        row(1, "3", STARS, 3.5, STARS),
        row(1, "3", STARS, 3.5, 0.0),
        row(1, "3", 1.0, 3.5, 0.0) + "\n" + row("****", "3", STARS, STARS, STARS),
    ],
)
def test_stars_in_another_column_do_not_matter(path: Path, line: str) -> None:
    rows = days(5)
    rows[4] = line
    path.write_text(printed(rows))
    control(path)
    assert read_output_rch(path, 1).tolist() == [1.5, 2.5, 3.5, 4.5, 5.5]


def test_stars_of_the_area_are_no_date(path: Path) -> None:
    path.write_text(printed([line.replace("  5.0000E+01", STARS) for line in days(5)]))
    control(path)
    assert read_output_rch(path, 1).tolist() == [1.5, 2.5, 3.5, 4.5, 5.5]


def test_stars_of_the_flow_matter_to_their_reach(path: Path) -> None:
    rows = days(5)
    rows[4] = row(1, "3", STARS, STARS, STARS)
    path.write_text(printed([f"{line}     1" for line in rows]))  # a number without a name
    control(path)
    assert read_output_rch(path, 2).tolist() == [101.5, 102.5, 103.5, 104.5, 105.5]
    with pytest.raises(DataError, match=r"line 14: flow is \*{12}, a value wider than its column"):
        read_output_rch(path, 1)


@pytest.mark.parametrize("rows", [slice(None), slice(3, 4)])
def test_values_that_touch(path: Path, rows: slice) -> None:
    lines = days(5)
    lines[rows] = [line[:-12] + "-0.12345E+100" for line in lines[rows]]
    path.write_text(printed(lines))
    control(path)
    with pytest.raises(DataError, match=r"it has 7 words, .*: two values touch, as one is wider"):
        read_output_rch(path, 1)


@pytest.mark.parametrize(
    ("flow", "area", "said"),
    [
        (-5.0, 86.4, r"flow of 1 on 2003-01-01 is negative \(-4 m3/s\)"),
        (1e30, 86.4, r"1e\+30 m3/s or 1e\+30 mm/day, and nowhere on earth is it above 2000 mm/day"),
        (0.5, 1e-300, "on earth is it above 2000 mm/day: correct the area"),
        (0.5, 1e300, r"area is 1e\+300 km2, and no basin on earth has more than 7\.2e\+06"),
        (0.5, "86.4", "needs the basin area in km2, not '86.4'"),
        (0.5, None, "needs the basin area in km2, not None"),
        (0.5, True, "needs the basin area in km2, not True"),
        (0.5, np.nan, "needs the basin area in km2, which is nan"),
    ],
)
def test_flow_and_area_of_no_river(path: Path, flow: float, area: float, said: str) -> None:
    path.write_text(printed(days(5, flow)))
    control(path)
    with pytest.raises(DataError, match=said):
        swat_flow(path, 1, area)


def test_mean_flow_of_no_river(path: Path) -> None:
    path.write_text(printed([row(1, str(day), 1.0, 10.0, 0.0) for day in range(1, 366)]))
    control(path)
    assert swat_flow(path, 1, 12.0).tolist() == pytest.approx([72.0] * 365)
    with pytest.raises(DataError, match=r"or 78\.5 mm/day, .* above 72\.5 mm/day over years"):
        swat_flow(path, 1, 11.0)


@pytest.mark.parametrize("number", [None, 1.9, True, [1]])
def test_numbers_of_no_reach(path: Path, number: int) -> None:
    path.write_text(printed(days(5)))
    control(path)
    with pytest.raises(DataError, match="is no number of a channel or reach: give a whole number"):
        swat_flow(path, number, 86.4)
    assert swat_flow(path, 1.0, 86.4).iloc[0] == pytest.approx(1.5)  # type: ignore[arg-type]
