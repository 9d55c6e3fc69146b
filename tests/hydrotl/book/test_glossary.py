"""Terms of the glossary: linked once on a page, with their meaning, and in its text alone."""

import re
from pathlib import Path

from docutils import nodes  # type: ignore[import-untyped]

from tests.hydrotl.book.test_build import load
from tests.synthetic import ROOT

glossary = load(ROOT / "book" / "_ext" / "glossary.py")
TERMS = {
    "NSE": ("term-NSE", "an efficiency"),
    "member": ("term-member", "one network"),
    "TL-a": ("term-TL-a", "an option"),
    "TL": ("term-TL", "transfer learning"),
}


def linked(*parts: nodes.Node) -> nodes.document:
    """A page of these parts after its terms were linked."""
    page = nodes.section("", *parts)
    glossary.link_first(page, TERMS, "../glossary.html")
    return page


def links(page: nodes.Element) -> list[tuple[str, str, str]]:
    found = page.findall(nodes.reference)
    return [(one.astext(), one.get("refuri", ""), one.get("reftitle", "")) for one in found]


def test_the_first_of_a_term_is_linked_and_no_other() -> None:
    text = "The NSE of two members, and the NSE of one member."
    page = linked(nodes.paragraph("", text), nodes.paragraph("", "NSE again"))
    assert links(page) == [
        ("NSE", "../glossary.html#term-NSE", "an efficiency"),
        ("members", "../glossary.html#term-member", "one network"),
    ]
    assert page.astext().split("\n\n") == [text, "NSE again"], "no word is lost"


def test_a_term_within_another_word_is_none() -> None:
    page = linked(nodes.paragraph("", "TL-a and TL-ab, a remembered NSEs-like nonmember, TL"))
    assert [text for text, *_ in links(page)] == ["TL-a", "TL"]


def test_titles_code_links_and_tables_stay_as_they_are() -> None:
    table = nodes.entry("", nodes.paragraph("", "NSE"))
    parts = [
        nodes.title("", "NSE"),
        nodes.paragraph("", "", nodes.literal("", "NSE")),
        nodes.paragraph("", "", nodes.reference("", "NSE", refuri="elsewhere")),
        nodes.literal_block("", "NSE"),
        table,
    ]
    assert [uri for _, uri, _ in links(linked(*parts))] == ["elsewhere"]


def test_every_term_is_on_a_page_and_stands_once() -> None:
    text = (ROOT / "book" / "glossary.md").read_text(encoding="utf-8")
    terms = re.findall(r"^(\S.*)\n  \S", text.split("```{glossary}")[1], re.MULTILINE)
    assert len(terms) == len(set(terms)) >= 20
    assert {
        "NSE",
        "KGE",
        "FHV",
        "FLV",
        "CAMELS",
        "TL-a",
        "readout",
        "warm option",
        "member",
    } <= set(terms)
    assert {"ensemble", "blocked validation", "regret", "PUB"} <= set(terms)
    assert Path(ROOT / "book" / "_toc.yml").read_text(encoding="utf-8").count("glossary") == 1
