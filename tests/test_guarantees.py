"""The page of guarantees: each promise names tests that are there."""

import re

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
