"""Tables: one way to write a quantity, words for keys, the best value, room for all columns."""

import io
from html.parser import HTMLParser
from typing import Any

import pandas as pd
import pytest

from hydrotl.book.pages import quantities, show, words
from hydrotl.experiments.uncertainty import Interval


class _Cells(HTMLParser):
    """Texts of a table's cells, row by row, the ids of their cells, and the tables as CSV."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.ids: list[list[str]] = []
        self.csv: list[str | None] = []
        self._open = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.csv.append(dict(attrs).get("data-csv"))
        if tag == "tr":
            self.rows.append([])
            self.ids.append([])
        if tag in {"td", "th"}:
            self._open = True
            self.rows[-1].append("")
            self.ids[-1].append(dict(attrs).get("id") or "")

    def handle_endtag(self, tag: str) -> None:
        self._open = self._open and tag not in {"td", "th"}

    def handle_data(self, data: str) -> None:
        if self._open:
            self.rows[-1][-1] += data


def written(frame: pd.DataFrame, digits: int = 3) -> dict[str, list[str]]:
    """What a reader sees of a frame, by header."""
    header, *rows = _Cells(show.table(frame, digits).to_html()).rows
    return dict(zip(header, map(list, zip(*rows, strict=True)), strict=True))


@pytest.mark.parametrize(
    ("header", "value", "text"),
    [
        ("median NSE", 0.8561, "0.86"),
        ("median NSE", Interval(0.8561, 0.8412, 0.8777), "0.86 (0.84\u00a0to\u00a00.88)"),
        (
            "median gain over local",
            Interval(0.0381, -0.0234, 0.043),
            "+0.04 (-0.02\u00a0to\u00a0+0.04)",
        ),
        ("gain of NSE", -0.0011, "0.00"),
        ("below 0.5, %", 33.4, "33"),
        ("area, km2", 12345.6, "12,346"),
        ("area, km2", 658, "658"),
        ("area, km2", 3.21, "3.2"),
        ("years of flow", 10.0, "10"),
        ("years of flow", 7.24, "7.2"),
        ("mean flow, mm/day", 1.234, "1.23"),
        ("runoff, mm/year", 1234.5, "1,234"),
        ("T, °C", -7.46, "-7.5"),
        ("runoff ratio", 0.4567, "0.46"),
        ("basins", 658, "658"),
        ("seconds", 1.23456, "1.235"),
        ("members", None, "–"),
    ],
)
def test_a_quantity_is_written_in_one_way(header: str, value: object, text: str) -> None:
    (cell,) = written(pd.DataFrame({header: [value]})).popitem()[1]
    assert cell == text


def test_units_of_area_are_set_with_their_square() -> None:
    assert "area, km²" in written(pd.DataFrame({"area, km2": [1.0]}))


def test_a_reader_sees_words_where_a_table_holds_keys() -> None:
    table = {
        "region": ["gb-49-weather", "Wales, 49 rivers"],
        "recipe": ["fast-many", "fast, many basins"],
        "training": ["1-year", "multi-year"],
        "model": ["process-swat", "TL-a"],
        "data set": ["camels_gb", "a <b> of one's own"],
        "source": ["conus-50", "no source"],
    }
    seen = written(pd.DataFrame(table))
    assert seen["region"] == ["Wales, no attributes", "Wales, 49 rivers"]
    assert seen["recipe"] == ["fast, many basins", "fast, many basins"]
    assert seen["training"] == ["one year", "several years"]
    assert seen["model"] == ["taught by SWAT+", "TL-a"]
    assert seen["data set"] == ["CAMELS-GB", "a <b> of one's own"]
    assert seen["source"][0] == words.source("conus-50") != "conus-50"
    assert seen["source"][1] == "no source"


def bold(page: str) -> set[tuple[int, int]]:
    """Row and column of each cell in bold."""
    style, _, _ = page.partition("</style>")
    marked = [rule for rule in style.split("}") if "bold" in rule]
    return {
        (row - 1, column)
        for row, ids in enumerate(_Cells(page).ids)
        for column, cell in enumerate(ids)
        if any(f"#{cell} " in rule.replace(",", " ").replace("{", " ") for rule in marked)
    }


def test_best_value_of_a_row_is_marked_and_a_tie_as_shown_is_marked_twice() -> None:
    frame = pd.DataFrame(
        {
            "local": [0.5, Interval(0.3, 0.2, 0.4), None, 0.7],
            "TL-c": [0.6, Interval(0.1, 0.0, 0.2), 0.9, 0.701],
            "other": [0.9] * 4,
        }
    )
    page = show.table(frame, best_in_row=["local", "TL-c", "not there"]).to_html()
    assert bold(page) == {(0, 1), (1, 0), (3, 0), (3, 1)}, "one number alone is not the best"
    page = show.table(frame.head(1), best_in_column=["local"]).to_html()
    assert bold(page) == set()
    page = show.table(frame.iloc[[0, 3]], best_in_column=["local"]).to_html()
    assert bold(page) == {(1, 0)}


def test_values_of_a_table_stay_as_they_were() -> None:
    frame = pd.DataFrame({"training": ["1-year"], "NSE": [0.123456]})
    shown: Any = show.table(frame)  # its frame is not in the stubs
    assert shown.data.equals(frame)
    assert quantities.form_of("no such quantity") is None


def test_csv_of_a_table_holds_its_content_with_all_digits() -> None:
    frame = pd.DataFrame(
        {
            "training": ["1-year", "multi-year"],
            "median NSE": pd.Series([Interval(0.85614, 0.8, 0.9), None], dtype=object),
            "basin": ['a "b", <c>', "d"],
            "page": ['<a href="x">R&amp;D</a>', "plain"],
        }
    )
    text = show.as_csv(frame, ["page"])
    shown = pd.read_csv(io.StringIO(text))
    assert shown.columns.tolist() == [
        "training",
        "median NSE",
        "median NSE, low",
        "median NSE, high",
        "basin",
        "page",
    ]
    assert shown.iloc[0].tolist() == ["one year", 0.85614, 0.8, 0.9, 'a "b", <c>', "R&D"]
    assert shown.iloc[1].isna().tolist() == [False, True, True, True, False, False]
    cells = _Cells(show.table(frame, html_columns=["page"]).to_html())
    assert cells.csv == [text], "the table carries the same"
