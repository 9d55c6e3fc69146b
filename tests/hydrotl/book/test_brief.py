"""What the pages say was found: sentences that follow from their numbers."""

import math
from typing import Any

import pandas as pd
import pytest

from hydrotl.book.pages import (
    beyond,
    brief,
    compared,
    performance,
    rerun,
    show,
    source,
    validation,
)


def test_a_page_names_its_finding_and_how_long_it_took(monkeypatch: pytest.MonkeyPatch) -> None:
    named: dict[str, Any] = {}
    monkeypatch.setattr(show, "name_values", named.update)
    records = [{"provenance": {"device": "cpu", "seconds": 7200.0}}] * 2
    brief.tell("page", ["It rains.", "", "It flows."], records)
    assert named == {"page_found": "It rains. It flows.", "page_took": "4 hours on CPU"}
    brief.tell("unknown", ["It rains."], [None, {"nse": [0.5]}])
    assert named["unknown_took"] == "an unknown time"
    brief.tell("empty", [])
    assert named["empty_found"] == "There are no results yet."
    assert "empty_took" not in named


def test_minutes_of_a_training_are_those_of_its_quickest_and_slowest_member() -> None:
    records = [{"provenance": {"seconds": s}} for s in (3368.1, 406.0, 953.2)]
    assert rerun.minutes_each(records) == "7 to 56"
    assert rerun.minutes_each(records[:1]) == "56"
    assert rerun.minutes_each([]) == "an unknown number of"


def test_training_of_a_source_took_as_long_as_its_members_together() -> None:
    trainings = source.trainings("conus-check")
    assert len(trainings) == 5
    assert rerun.hours(trainings) == "2 hours on CPU", "6257 seconds by the model cards"
    assert source.trainings("no such source") == []


def sizes(*rows: list[float]) -> tuple[pd.DataFrame, pd.Series]:
    frame = pd.DataFrame([row[1:] for row in rows], columns=[10, 50, 671])
    return frame, pd.Series([row[0] for row in rows])


def test_a_small_source_will_do_where_a_large_one_is_no_better() -> None:
    nan = math.nan
    said = source.enough_basins(*sizes([0.5, 0.60, 0.61, 0.60], [0.7, 0.65, 0.60, 0.60]))
    assert "of 10 comes within 0.02 of the best one (median NSE) in 2 of 2 cases" in said
    assert "one of 671 in 1." in said
    assert said.startswith("10 source basins did as well as 671 here: ")
    assert "In 1 of 2 the local model is ahead of every source" in said
    said = source.enough_basins(*sizes([0.5, 0.50, 0.55, 0.60], [0.7, 0.50, nan, 0.60]))
    assert "in 0 of 2 cases" in said
    assert said.startswith("671 source basins did better than 10 here: ")
    # a case with one source only says nothing about their size
    only = source.enough_basins(*sizes([0.5, nan, nan, 0.60]))
    assert "no results from sources of several sizes" in only


def trials(*rows: tuple[str, float, str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["key", "value", "recipe's", "model", "mean NSE"])


def test_advice_names_what_was_ahead_and_what_cost_most() -> None:
    rows = [
        ("batch", 2.0, "", "local", 0.70),
        ("batch", 5.0, "yes", "local", 0.75),
        ("rate", 0.01, "", "TL-c", 0.80),
        ("rate", 0.02, "yes", "TL-c", 0.75),
        ("rate", 0.03, "", "TL-c", 0.76),
        ("rate", 0.04, "", "TL-c", 0.74),
    ]
    assert validation.advice(trials(*rows)) == (
        "Of 4 other values, 1 was ahead of the recipe's by more than 0.02 of mean NSE: "
        "rate 0.01 for TL-c (+0.05). The most was lost with batch 2 for local (-0.05). "
        "So keep the recipe's values."
    )
    assert validation.advice(trials(*rows[2:4])).endswith("So tune for your own rivers.")
    assert "no trials yet" in validation.advice(trials())


def test_costs_are_said_only_where_they_were_measured() -> None:
    said = performance.finding(pd.Series([1.52, 3.0, math.nan]), 0.25, 0.731)
    assert said.startswith("An update takes neuralhydrology 1.5 to 3.0 times as long")
    assert said.endswith(
        "takes 15 minutes and reaches a median NSE of 0.73 in the validation years."
    )
    nothing = performance.finding(pd.Series([math.nan]), math.nan, math.nan)
    assert nothing == "Nothing is measured yet."


def test_finding_names_the_kind_of_model() -> None:
    one = pd.DataFrame({"training": ["1-year"], "verdict": ["a loss"]})
    assert compared.finding(one, "taught").startswith("0 of 1 taught models are clearly better")


def test_a_lead_lasts_or_longer_training_makes_up_for_it() -> None:
    def said(*ahead: float) -> str:
        return validation.head_start(pd.Series(ahead, [2000.0, 8000.0][: len(ahead)]))

    assert said(0.05, 0.0).startswith(
        "After 2000 updates the transferred model's median NSE differs from the local one's by "
        "+0.05, after 8000 by 0.00. So with many rivers"
    )
    assert said(0.05, 0.04).endswith("So the lead lasts, however long both are trained.")
    assert "no lead" in said(-0.05, 0.01)
    assert "no trials" in said(0.05)


def test_targets_of_an_earlier_source_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    trained = str(source.cards("derived")[0].provenance["date"])
    records = [{"provenance": {"date": date}} for date in ("2020-01-01", trained)]
    monkeypatch.setattr(beyond, "study_records", lambda _: records)
    assert beyond.earlier().startswith("1 of 2 were computed with an earlier training")
    monkeypatch.setattr(beyond, "study_records", lambda _: records[1:])
    assert beyond.earlier() == ""
