"""The page of guarantees: each promise names tests that are there."""

import re

from hydrotl.data.coverage import LARGEST_SHARE, LONGEST_GAP, SPIN_UP
from tests.synthetic import ROOT


def test_each_promise_has_tests() -> None:
    text = (ROOT / "book" / "guarantees.md").read_text(encoding="utf-8")
    table = next(part for part in text.split("\n\n") if part.startswith("| Promise"))
    rows = table.splitlines()[2:]
    assert len(rows) >= 15
    for row in rows:
        named = re.findall(r"`(tests/[\w/]+\.py)`", row)
        assert named, f"no tests named: {row}"
        for path in named:
            assert "def test_" in (ROOT / path).read_text(encoding="utf-8"), path


def test_the_bounds_of_gaps_are_those_of_the_code() -> None:
    text = (ROOT / "book" / "guarantees.md").read_text(encoding="utf-8")
    row = next(line for line in text.splitlines() if line.startswith("| A gap in the weather"))
    days = SPIN_UP.astype(int)
    assert f"At most {100 * LARGEST_SHARE:.0f} % of the days" in row
    assert f"{LONGEST_GAP} in a row" in row
    assert f"in the {days} days before" in row
