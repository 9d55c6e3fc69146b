"""One name for one thing: pages say in the same words which source and which mean they are of."""

import json
from pathlib import Path

import pytest

from hydrotl.book.pages import words
from hydrotl.experiments.study import load_study
from tests.synthetic import ROOT

BOOK, NOTEBOOKS = ROOT / "book", ROOT / "notebooks"


def text_of(path: Path) -> str:
    """The written text of a page, in one line."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    return " ".join(text.split())


def test_a_source_that_can_miss_inputs_is_the_portable_one() -> None:
    assert words.kind_of_source("conus") == words.kind_of_source("conus-50") == words.PAPER_STYLE
    assert words.kind_of_source("derived") == words.kind_of_source("derived-check")
    assert words.kind_of_source("derived") == words.PORTABLE


@pytest.mark.parametrize(
    ("page", "kinds"),
    [
        ("02-source", {words.PAPER_STYLE, words.PORTABLE}),
        ("03-transfer", {words.PAPER_STYLE, words.PORTABLE}),
        ("04-source-size", {words.PAPER_STYLE}),
        ("05-process-based", {words.PAPER_STYLE}),
        ("07-performance", {words.PAPER_STYLE}),
        ("08-limits", {words.PAPER_STYLE}),
        ("10-beyond", {words.PAPER_STYLE, words.PORTABLE}),
    ],
)
def test_a_page_says_of_which_source_its_numbers_are(page: str, kinds: set[str]) -> None:
    text = text_of(NOTEBOOKS / f"{page}.ipynb")
    assert {kind for kind in (words.PAPER_STYLE, words.PORTABLE) if kind in text} == kinds


def test_glossary_defines_both_sources_and_what_pages_quote_of_the_study() -> None:
    text = (BOOK / "glossary.md").read_text(encoding="utf-8")
    terms = (words.PAPER_STYLE, words.PORTABLE, "chosen (auto)", "gain", "band")
    assert [term for term in terms if f"\n{term}\n  " not in text] == []


@pytest.mark.parametrize(
    "page",
    [
        BOOK / "index.md",
        BOOK / "glossary.md",
        BOOK / "own-region.md",
        NOTEBOOKS / "03-transfer.ipynb",
        NOTEBOOKS / "10-beyond.ipynb",
    ],
    ids=lambda path: path.stem,
)
def test_what_is_chosen_is_said_in_the_words_of_the_rule(page: Path) -> None:
    rule = load_study("beyond").rule
    assert len(set(rule.default.values())) == 1, "a plain mean"
    text, said = text_of(page), words.chosen(rule.default, rule.pull)
    assert said in text
    first = min(k for k in (text.find("hosen (auto)"), text.find("hydrotl auto")) if k >= 0)
    assert text.find(said) - first < 200, "said where it is named first"
