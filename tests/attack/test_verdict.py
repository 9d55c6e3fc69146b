"""What counts as a clear error, as a word, and as silent; what the catalogue holds."""

import random
from pathlib import Path

import pytest

from tests.attack.case import Mutation, Right
from tests.attack.kinds import catalogue
from tests.attack.report import counts, frame
from tests.attack.suite import chosen
from tests.attack.verdict import ACCEPTED, Class, Observed, is_clear, judge, mentions

NAMES = ("0103.csv", "rain", "prcp")


def mutation(right: Right = "error", renamed: bool = False) -> Mutation:
    return Mutation(
        "area", "kind", "name", right, lambda root, chance: None, NAMES, renamed=renamed
    )


@pytest.mark.parametrize(
    "text",
    [
        "data/0103.csv, line 12, column 'rain': '1,5' is not a number; correct it",
        "data/0103.csv: no column 'day' (it has: date, rain)",
        "target: variable 'prcp' is negative at basin 0103: correct the value",
        "region.yaml is not a valid Region:\n  inputs.prcp: Extra inputs are not permitted",
        "PROJECT/prcp.yaml is not valid YAML: while scanning a quoted scalar, line 15, column 5",
    ],
)
def test_an_error_that_names_the_place_and_the_remedy_is_clear(text: str) -> None:
    assert is_clear(text, NAMES)


@pytest.mark.parametrize(
    "text",
    [
        "the value is not a number; correct it in the file",  # which file?
        "data/0103.csv holds -999 on 2001-03-04",  # and now?
        "0103.csv: x",
        "correct 0103.csv: 'NoneType' object is not subscriptable",
        "set prcp: conflict of <class 'numpy.ndarray'> and float",
        "write 0103.csv: [Errno 28] No space left on device: KeyError('prcp')",
        "0103.csv: correct it " + "or else " * 1000,
    ],
)
def test_an_error_without_place_or_remedy_or_with_innards_is_not_clear(text: str) -> None:
    assert not is_clear(text, NAMES)


def test_a_name_is_a_word_of_its_own() -> None:
    assert mentions("column 'rain': bad", ["rain"])
    assert not mentions("a training of three days", ["rain"])
    assert mentions("The Rain is bad", ["rain"])
    assert mentions("basin 0106<b>x</b> is bad", ["0106<b>x</b>"])


@pytest.mark.parametrize(
    ("digest", "words", "right", "found"),
    [
        ("same", (), "same", "same"),
        ("same", ("rain is odd",), "same", "same"),
        ("same", ("rain is odd",), "doubt", "warned"),
        ("other", (), "error", "silent"),
        ("other", ("rain is odd",), "error", "warned"),
        ("other", ("the weather is odd",), "error", "silent"),
        ("other", ("rain was always odd",), "error", "silent"),  # so it says of the clean project
    ],
)
def test_numbers_and_words_decide_where_no_error_is(
    digest: str, words: tuple[str, ...], right: Right, found: Class
) -> None:
    clean = Observed("done", digest="same", words=("rain was always odd",))
    assert judge(mutation(right), Observed("done", "", digest, words), clean).found == found


def test_a_new_name_of_a_basin_is_no_new_number() -> None:
    clean, other = (Observed("done", digest=f"scores {names}") for names in ("a", "b"))
    assert judge(mutation("same", renamed=True), other, clean).found == "same"
    assert judge(mutation("same"), other, clean).found == "silent"


@pytest.mark.parametrize(
    ("observed", "found"),
    [
        (Observed("refused", "0103.csv: correct line 3 of it"), "clear"),
        (Observed("refused", "0103.csv: correct line 3 of it", late=True), "unclear"),
        (Observed("refused", "no"), "unclear"),
        (Observed("broken", "Traceback (most recent call last)"), "traceback"),
        (Observed("hung", "no end"), "hang"),
    ],
)
def test_what_ends_before_the_numbers(observed: Observed, found: Class) -> None:
    assert judge(mutation(), observed, Observed("done", digest="same")).found == found


def test_accepted_is_what_each_mutation_says_is_right() -> None:
    assert {
        "error": {"clear"},
        "same": {"same"},
        "doubt": {"clear", "warned"},
        "either": {"clear", "same"},
    } == ACCEPTED


def test_there_are_more_than_a_thousand_mutations_of_all_inputs() -> None:
    areas = {one.area for one in catalogue()}
    assert len(catalogue()) >= 1000
    assert areas == {
        *("text series", "NetCDF series", "attribute table", "manifest entry", "region"),
        *("recipe", "source", "options", "study", "weights", "records"),
        *("store and checkpoints", "own data"),
    }
    for one in catalogue():
        assert one.names
        assert all(one.names), one.title
        assert not one.like or one.like in {other.title for other in catalogue()}


def test_a_choice_is_the_same_for_the_same_seed_and_takes_of_every_row() -> None:
    rows = {one.group for one in catalogue()}
    some = chosen(200, seed=1)
    assert [one.title for one in some] == [one.title for one in chosen(200, seed=1)]
    assert [one.title for one in some] != [one.title for one in chosen(200, seed=2)]
    assert len(some) == 200
    assert {one.group for one in some} == rows
    assert {one.area for one in chosen(kinds=["weights", "recipe: form"])} == {"weights", "recipe"}


def test_a_mutation_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    drawn: list[float] = []

    def change(root: Path, chance: random.Random) -> None:
        drawn.append(chance.random())

    one = Mutation("area", "kind", "name", "error", change, NAMES)
    for seed in (1, 1, 2):
        one.apply(tmp_path, seed)
    assert drawn[0] == drawn[1] != drawn[2]


def test_the_table_counts_each_class_and_what_is_wrong() -> None:
    clean = Observed("done", digest="same")
    ends = [Observed("done", digest="same"), Observed("hung"), Observed("refused", "no")]
    verdicts = [judge(mutation("same"), end, clean) for end in ends]
    assert counts(verdicts) == {"area: kind": {"same": 1, "wrong": 2, "hang": 1, "unclear": 1}}
    table = frame(counts(verdicts))
    row, whole = (dict(zip(table.columns, values, strict=True)) for values in table.to_numpy())
    assert row == {
        "mutations": 3,
        "clear": 0,
        "unclear": 1,
        "traceback": 0,
        "hang": 1,
        "same": 1,
        "warned": 0,
        "silent": 0,
        "wrong": 2,
    }
    assert whole == row
    assert list(table.index) == [("area", "kind"), ("all", "")]
