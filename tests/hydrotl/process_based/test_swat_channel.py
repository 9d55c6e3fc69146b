"""SWAT+'s ``channel_sd_day.txt``: its names against its values, and the unit of the flow."""

from pathlib import Path

import numpy as np
import pytest

from hydrotl.process_based.swat.channel import read_channel
from hydrotl.process_based.swat.output import swat_flow
from hydrotl_core.errors import DataError

NAMES = "jday mon day yr unit gis_id name area precip flo_in null flo_out sed_out null"
UNITS = "ha m^3 m^3/s m^3/s tons"
ROWS = [
    f"{day} 1 {day} 2003 {unit} {gis} cha{gis:03} 10. 1. 7. 0. {10 * unit + day} 0.1 0."
    for day in (1, 2, 3)
    for unit, gis in ((1, 28), (2, 13))
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "channel_sd_day.txt"


def printed(names: str = NAMES, units: str = UNITS, rows: list[str] = ROWS) -> str:
    """Three days of two channels; the flow is 10 times the unit, plus the day."""
    return "\n".join([" lumped  SWAT+ 2023  rev 60.5.7", names, units, *rows, ""])


@pytest.mark.parametrize(
    ("names", "units", "rows", "said"),
    [
        # a name with a blank
        (
            NAMES,
            UNITS,
            [row.replace("cha0", "cha ") for row in ROWS],
            r"line 4 cannot be read \(it has 15 words, line 2 has 14 names\)",
        ),
        (NAMES.replace("gis_id ", ""), UNITS, ROWS, "14 words, line 2 has 13 names"),
        # a value without a name, and a name without a value
        (NAMES, UNITS, [f"{row} 5." for row in ROWS], "15 words, line 2 has 14 names"),
        (f"{NAMES} more", f"{UNITS} kg", ROWS, "14 words, line 2 has 15 names"),
        (NAMES.replace("flo_in", "flo_out"), UNITS, ROWS, "line 2 names flo_out 2 times"),
        (NAMES.replace("area", "name"), UNITS, ROWS, "line 2 names name 2 times"),
        (NAMES, UNITS, [], "has no line of values after line 3"),
    ],
)
def test_names_that_are_not_those_of_the_values(
    path: Path, names: str, units: str, rows: list[str], said: str
) -> None:
    path.write_text(printed(names, units, rows))
    with pytest.raises(DataError, match=said):
        read_channel(path, 13)


@pytest.mark.parametrize(
    ("units", "factor"),
    [
        (UNITS, 1.0),
        ("ha m^3 m^3/s degc m^3/s tons degc", 1.0),  # revisions in which null has a unit
        ("ha m^3 m^3/s m^3/day tons", 1 / 86400),
        ("ha m^3 m^3/s m^3 tons", 1 / 86400),  # of a day
        ("ha m^3 m^3/s ha-m tons", 1e4 / 86400),
        ("ha m^3 mm m^3/s tons", 1.0),
    ],
)
def test_flow_has_the_unit_of_its_own_column(path: Path, units: str, factor: float) -> None:
    path.write_text(printed(units=units))
    np.testing.assert_allclose(read_channel(path, 13), np.array([21, 22, 23]) * factor, rtol=1e-12)


@pytest.mark.parametrize(
    ("units", "said"),
    [
        ("ha m^3 m^3/s mm tons", "line 3: flo_out is in mm, which cannot become m3/s"),
        ("ha m^3 m^3/s kgN tons", "flo_out is in kgN"),
        ("ha m^3/s m^3/s tons", "line 3 has 4 units for the 7 columns"),
        ("", "line 3 has 0 units for the 7 columns"),
    ],
)
def test_flow_of_another_or_no_unit(path: Path, units: str, said: str) -> None:
    path.write_text(printed(units=units))
    with pytest.raises(DataError, match=said):
        read_channel(path, 13)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (" 2003 ", " 1 ", r"line 5 is of the year 1, not in 1800 to 2200"),
        (" 2003 ", " 10 ", "year 10,"),
        (" 2003 ", " 99999 ", "year 99999,"),
        (" 2003 ", " 2003.5 ", "line 5: year 2003.5 is no whole number"),
        (" 13 ", " 13.5 ", "line 5: gis_id 13.5 is no whole number"),
        (" 0. 21 ", " 0. ******** ", r"line 5: flow is \*{8}, a value wider than its column"),
    ],
)
def test_years_and_numbers_that_are_none(path: Path, old: str, new: str, said: str) -> None:
    path.write_text(printed(rows=[row.replace(old, new) for row in ROWS]))
    with pytest.raises(DataError, match=said):
        read_channel(path, 13)


def test_stars_in_another_column_or_channel_do_not_matter(path: Path) -> None:
    rows = [row.replace(" 0.1 ", " ***** ").replace(" 11 ", " **** ") for row in ROWS]
    path.write_text(printed(rows=rows))
    assert read_channel(path, 13).tolist() == [21, 22, 23]


@pytest.mark.parametrize("number", [13, 13.0, "13", " 013 ", "cha013", np.int64(13)])
def test_numbers_of_a_channel(path: Path, number: int | str) -> None:
    path.write_text(printed())
    assert swat_flow(path, number, 86.4).tolist() == pytest.approx([21, 22, 23])
