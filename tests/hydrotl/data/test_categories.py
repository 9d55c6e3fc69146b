"""Text inputs: categories are shared by basins, and each has one spelling."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from hydrotl.data.categories import as_categories
from hydrotl.data.readers.columns import typed_column
from hydrotl_core.errors import ConfigError, DoubtfulData
from tests.synthetic import canonical

MIXED_WORDS = ["True", "FALSE", "true", "False", "TRUE", "false"]


def with_soil(texts: list[str]) -> xr.Dataset:
    return canonical(len(texts), days=5).assign(soil=("basin", np.array(texts)))


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["2001-01-01", "2001-01-01", "2003-05-04"], r"soil holds dates \(2001-01-01, 2003-05-04"),
        ([f"0{day}.05.1990" for day in range(1, 7)], "holds dates .*synthetic.*the year"),
        (list("abcdef"), r"holds texts \(a, b, c, ...\).*synthetic.*\(6 of 6\).*leave it out"),
        ([*"abcdefghij", "a"], r"\(10 of 11\)"),
        (["001", "002", "003"], r"holds codes \(001, 002, 003\)"),
    ],
)
def test_a_text_of_nearly_every_basin_is_no_input(texts: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        as_categories(with_soil(texts), "soil")


@pytest.mark.parametrize(
    "texts",
    [["a", "b", "c"], ["a", "a", "b", "c", "d"], ["01", "01", "02"], ["", "", "", "a", "a"]],
)
def test_shared_categories_stay_as_they_are(texts: list[str]) -> None:
    ds = with_soil(texts)
    assert as_categories(ds, "soil") is ds


def test_spellings_of_a_category_become_one_and_are_named() -> None:
    texts = ["clay", "Clay", "CLAY", "clay", "sand", "caf\u00e9", "cafe\u0301", "caf\u00e9", ""]
    with pytest.warns(DoubtfulData, match="'Clay' as 'clay', 'CLAY' as 'clay'.*write them alike"):
        one = as_categories(with_soil(texts), "soil")
    assert one["soil"].values.tolist() == [
        *["clay"] * 4,
        "sand",
        *["caf\u00e9"] * 3,
        "",
    ]


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (MIXED_WORDS, [1, 0, 1, 0, 1, 0]),
        (["yes", "No", "", "YES"], [1, 0, np.nan, 1]),
        (["True", "FALSE", "0", "1", "yes"], [1, 0, 0, 1, 1]),
    ],
)
def test_true_and_false_are_one_input_however_spelled(
    texts: list[str], numbers: list[float]
) -> None:
    column = typed_column(pd.Series(texts), [], lambda line: f"line {line}")
    np.testing.assert_array_equal(column.to_numpy(), np.array(numbers, float))
    assert typed_column(pd.Series(texts), [], str, text=True).tolist() == texts
