"""Attribute tables: numbers stay numbers, ids are one, joins are complete, or an error says why."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hydrotl.data.catalog import open_dataset
from hydrotl.data.manifest import Dataset, Manifest, own_dataset
from hydrotl.data.readers.attributes import read_attributes, read_transposed
from hydrotl_core.errors import DataError

VARIABLES = {"prcp": ("rain", "mm/day"), "streamflow": ("q", "mm/day")}


def entry(folder: Path, **attributes) -> Dataset:
    return own_dataset(
        folder, VARIABLES, missing=[-999], attributes={"id_column": "id"} | attributes
    )


def table(folder: Path, content: str, name: str = "at.csv", **changed) -> pd.DataFrame:
    (folder / name).write_bytes(content.encode())
    form = {key: changed.pop(key) for key in ("separator", "decimal") if key in changed}
    return read_attributes(folder, "at.csv", entry(folder, **changed), **form)


def column(folder: Path, texts: list[str], **changed) -> pd.Series:
    """A column ``x`` of basins b1, b2, ..., in a table with tabs."""
    rows = [f"b{i}\t{text}" for i, text in enumerate(texts, 1)]
    return table(folder, "\n".join(["id\tx", *rows, ""]), separator="\t", **changed)["x"]


@pytest.mark.parametrize(
    ("texts", "line", "text"),
    [
        (["800", "900", "n/a", "1100"], 4, "n/a"),
        (["800", "N/A", "900"], 3, "N/A"),
        (["-", "800", "900"], 2, "-"),
        (["800", "null", "900"], 3, "null"),
        (["800", "#DIV/0!", "900"], 3, "#DIV/0!"),
        (["800", "inf", "900"], 3, "inf"),
        (["800", "Infinity"], 3, "Infinity"),
        (["none", "none", "none", "12.5"], 2, "none"),
        (["?", "12.5", "?"], 2, "?"),
        (["800", "high", "900"], 3, "high"),
        (["8OO", "900", "1100"], 2, "8OO"),
        (["800 m", "900 m", "1100 m"], 2, "800 m"),
        (["12 km2", "3 km2"], 2, "12 km2"),
        (["30 %", "40%"], 2, "30 %"),
        (["<5", "12", "17"], 2, "<5"),
        (["~5", "~7"], 2, "~5"),
        (["840,5", "512,0"], 2, "840,5"),
        (["840,5", "512"], 2, "840,5"),
        (["1,200.5", "900.0"], 2, "1,200.5"),
        (["1 200", "1 300"], 2, "1 200"),
        (["1'200", "1'300"], 2, "1'200"),
        (["1.200,5", "1.300,5"], 2, "1.200,5"),
        (["43\N{DEGREE SIGN}12'N", "44\N{DEGREE SIGN}02'N"], 2, "43\N{DEGREE SIGN}12'N"),
        (["1.5D+02", "2.5D+02"], 2, "1.5D+02"),
        (["0850", "900", "1100"], 2, "0850"),
    ],
)
def test_text_in_a_number_column_is_an_error_with_table_line_column_and_text(
    tmp_path, texts, line, text
):
    with pytest.raises(DataError) as caught:
        column(tmp_path, texts)
    assert f"at.csv, line {line}, column 'x': {text!r}" in str(caught.value)


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["800", "", "900"], [800, np.nan, 900]),
        (["800", "NA", "-999.0"], [800, np.nan, np.nan]),
        (["8e2", "+9.5", "-.5"], [800, 9.5, -0.5]),
        (["\N{MINUS SIGN}5", "\N{NO-BREAK SPACE}7"], [-5, 7]),
        (["\N{FULLWIDTH DIGIT EIGHT}00", "9\N{ZERO WIDTH SPACE}00"], [800, 900]),
        (["\N{ARABIC-INDIC DIGIT ONE}2", "0.5"], [12, 0.5]),
        (["", "NaN"], [np.nan, np.nan]),
        (["0", "0", "1"], [0, 0, 1]),
    ],
)
def test_numbers_in_other_clothes_are_numbers(tmp_path, texts, values):
    found = column(tmp_path, texts)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, values)


@pytest.mark.parametrize(
    "texts",
    [
        ["granite", "", "sand"],
        ["granite", "basalt", "7"],
        ["01", "02", "18"],
        ["1970-10-01", "1971-01-01"],
        ["12.05.1990", "13.05.1990"],
        ["Cfb", "3b", "Dfc"],
        ["Y", "N", "N"],
        ["10-20", "20-50"],
    ],
)
def test_words_classes_and_codes_stay_text(tmp_path, texts):
    assert column(tmp_path, texts).tolist() == texts


def test_a_declared_text_column_may_hold_anything(tmp_path):
    texts = ["12", "12A", "007", "n/a"]
    assert column(tmp_path, texts, text=["x"]).tolist() == texts
    assert column(tmp_path, ["1", "2"], text=["x"]).tolist() == ["1", "2"]


def test_a_numeric_missing_code_is_missing_among_words_too(tmp_path):
    assert column(tmp_path, ["granite", "-999", "sand"]).tolist() == ["granite", "", "sand"]


def test_decimal_commas_are_read_where_they_are_declared(tmp_path):
    text = "id;area;rock\nb1;212,4;x\nb2;1e2;y\n"
    found = table(tmp_path, text, separator=";", decimal=",")
    assert found["area"].tolist() == [212.4, 100.0]
    # A point is then no decimal sign, and 1.100 may be a thousand.
    with pytest.raises(DataError, match=r"line 3, column 'area': '1\.100' is not a number"):
        table(tmp_path, text.replace("1e2", "1.100"), separator=";", decimal=",")


def test_a_wrong_separator_is_guessed_in_the_message(tmp_path):
    with pytest.raises(DataError, match=r"no column 'id'.*the separator, which seems to be `;`"):
        table(tmp_path, "id;area\nb1;1\n")
    with pytest.raises(DataError, match="seems to be a tab"):
        table(tmp_path, "id\tarea\nb1\t1\n")


COMPOSED, PARTED = "\u00e9tang", "e\u0301tang"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (COMPOSED, PARTED),
        ("12", "\N{FULLWIDTH DIGIT ONE}\N{FULLWIDTH DIGIT TWO}"),
        ("b 1", "b\N{NO-BREAK SPACE}1"),
        ("b1", "b\N{ZERO WIDTH SPACE}1"),
        ("b1", "\N{ZERO WIDTH NO-BREAK SPACE}b1"),
        ("b-1", "b\N{NON-BREAKING HYPHEN}1"),
        ("b1", " b1 "),
    ],
)
def test_spellings_of_an_id_are_one_basin(tmp_path, one, other):
    assert table(tmp_path, f"id,area\n{other},5\n").index.tolist() == [one]
    with pytest.raises(DataError, match=rf"line 3: basin {one} occurs twice"):
        table(tmp_path, f"id,area\n{one},5\n{other},6\n")
    # and the file of that basin is found, whichever form its name has
    (tmp_path / "days").mkdir(exist_ok=True)
    (tmp_path / "days" / f"{other}.csv").write_text("date,rain,q\n2001-01-01,1,1\n")
    (tmp_path / "at.csv").write_bytes(f"id,area\n{one},5\n".encode())
    dataset = own_dataset(
        tmp_path,
        VARIABLES,
        options={"series": "days/{basin}.csv", "attributes": "at.csv"},
        attributes={"id_column": "id"},
    )
    manifest = Manifest(version=1, datasets={"own": dataset})
    ds = open_dataset("own", [other], manifest=manifest)
    assert ds["basin"].values.tolist() == [one]
    assert ds["area"].values.tolist() == [5.0]


def test_ids_keep_their_zeros(tmp_path):
    found = table(tmp_path, "id,area\n0012,5\n12,6\n")
    assert found.index.tolist() == ["0012", "12"]


@pytest.mark.parametrize(
    "text", ["id,area,area\nb1,1,2\n", "id,area,ar\N{ZERO WIDTH SPACE}ea\nb1,1,2\n"]
)
def test_a_doubled_column_is_named(tmp_path, text):
    with pytest.raises(DataError, match="column 'area' occurs more than once"):
        table(tmp_path, text)


def test_columns_without_a_name_are_left_out(tmp_path):
    assert list(table(tmp_path, ",id,area,\n0,b1,1,\n1,b2,2,\n").columns) == ["area"]


def test_tables_side_by_side_hold_the_same_basins(tmp_path):
    (tmp_path / "a.csv").write_text("id,area\nb1,1\nb2,2\n")
    (tmp_path / "b.csv").write_text("id,slope\nb2,20\nb1,10\n")
    dataset = entry(tmp_path)
    assert read_attributes(tmp_path, "*.csv", dataset)["slope"].tolist() == [10, 20]
    (tmp_path / "b.csv").write_text("id,slope\nb2,20\n")
    with pytest.raises(DataError, match=r"b\.csv: no row of 1 basin.s. that other .* have: b1"):
        read_attributes(tmp_path, "*.csv", dataset)
    # of no matter if that basin is not wanted
    assert read_attributes(tmp_path, "*.csv", dataset, ["b2"]).loc["b2", "slope"] == 20
    # a basin that only the second table has
    (tmp_path / "b.csv").write_text("id,slope\nb1,10\nb2,20\nb3,30\n")
    with pytest.raises(DataError, match=r"a\.csv: no row of 1 basin.s. .* have: b3"):
        read_attributes(tmp_path, "*.csv", dataset, ["b1", "b3"])


def test_tables_side_by_side_agree_on_a_column_that_both_have(tmp_path):
    (tmp_path / "a.csv").write_text("id,area,rock\nb1,1,x\nb2,,y\n")
    (tmp_path / "b.csv").write_text("id,area,rock\nb2,,y\nb1,1.0,x\n")
    dataset = entry(tmp_path)
    assert read_attributes(tmp_path, "*.csv", dataset)["area"].tolist()[0] == 1
    (tmp_path / "b.csv").write_text("id,area,rock\nb2,,y\nb1,7,x\n")
    with pytest.raises(DataError, match=r"b\.csv: basin b1 has 'area' 7\.0, but 1\.0 in a\.csv"):
        read_attributes(tmp_path, "*.csv", dataset)


def test_zeros_are_put_back_before_tables_are_joined(tmp_path):
    (tmp_path / "a.csv").write_text("id,area\n03005,1\n")
    (tmp_path / "b.csv").write_text("id,slope\n3005,10\n")
    found = read_attributes(tmp_path, "*.csv", entry(tmp_path), ["03005"], 5)
    assert list(found.loc["03005"]) == [1, 10]


def test_a_transposed_table_names_line_and_basin(tmp_path):
    path = tmp_path / "at.csv"
    path.write_text("gauge_id,b1,b2,b3\narea,1,2,3\nheight,10,n/a,30\n")
    with pytest.raises(DataError, match=r"line 3 .'height'., column 'b2': 'n/a' is not a number"):
        read_transposed(path, entry(tmp_path))
    path.write_text("gauge_id,b1,b2\narea,1,2\narea,10,20\n")
    with pytest.raises(DataError, match="line 3: attribute 'area' occurs twice"):
        read_transposed(path, entry(tmp_path))


def own(folder: Path, attributes: dict, text: str) -> None:
    """Read two basins with the attribute table ``text``."""
    (folder / "days").mkdir(exist_ok=True)
    for basin in ("b1", "02"):
        (folder / "days" / f"{basin}.csv").write_text("date,rain,q\n2001-01-01,1,1\n")
    (folder / "at.csv").write_text(text)
    options = {"series": "days/{basin}.csv", "attributes": "at.csv"}
    dataset = own_dataset(folder, VARIABLES, options=options, attributes=attributes)
    open_dataset("own", manifest=Manifest(version=1, datasets={"own": dataset}))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,lat\nb1,north\n02,south\n", "attribute 'lat' is the latitude .*it holds 'south'"),
        ("id,lat\nb1,1\n2.0,2\n", r"without attributes, first 02; did you mean '2\.0'"),
        ("id,lat\nB1,1\n02,2\n", "without attributes, first b1; did you mean 'B1'"),
        ("id,lat\nb1,1\n2E+07,2\n", r"ids into powers of ten, such as 2E\+07"),
    ],
)
def test_ids_and_roles_that_do_not_fit_are_explained(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        own(tmp_path, {"id_column": "id", "latitude": "lat"}, text)


def test_a_role_that_no_column_has_is_said(tmp_path):
    with pytest.warns(UserWarning, match="no attribute 'lat', which is the latitude"):
        own(tmp_path, {"id_column": "id", "latitude": "lat"}, "id,y\nb1,1\n02,2\n")


def test_values_stated_in_the_entry_need_the_ids_of_the_data(tmp_path):
    values = {"values": {"lat": {"b1": 1.0, "2": 2.0}}, "id_column": "id"}
    with pytest.raises(DataError, match="has basin '2', the data '02'"):
        own(tmp_path, values, "id,y\nb1,1\n02,2\n")
