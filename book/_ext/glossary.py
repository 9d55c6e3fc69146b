"""Link each term of the glossary where a page has it first, with its meaning to hover over."""

import re
from typing import Any

from docutils import nodes  # type: ignore[import-untyped]
from sphinx import addnodes
from sphinx.application import Sphinx

PAGE = "glossary"
#: What no link may be put into.
CLOSED = (
    nodes.reference,
    nodes.title,
    nodes.literal,
    nodes.literal_block,
    nodes.math,
    nodes.math_block,
    nodes.raw,
    nodes.term,
    nodes.entry,
)
#: What holds the text of a page.
OPEN = (nodes.paragraph, nodes.caption)


def meanings(doctree: nodes.document) -> dict[str, tuple[str, str]]:
    """Of each term of the glossary its id and its meaning."""
    found = {}
    for item in doctree.findall(nodes.definition_list_item):
        if not isinstance(item.parent.parent, addnodes.glossary):
            continue
        (meaning,) = item.findall(nodes.definition)
        for term in item.findall(nodes.term):
            found[term.astext()] = (term["ids"][0], " ".join(meaning.astext().split()))
    return found


def link_first(doctree: nodes.Element, terms: dict[str, tuple[str, str]], address: str) -> None:
    """Make the first of each term a reference to ``address#ID`` with its meaning as the title."""
    left = dict(terms)
    for text in list(doctree.findall(nodes.Text)):
        if left and _is_open(text):
            text.parent.replace(text, _linked(str(text), left, address))


def _is_open(text: nodes.Text) -> bool:
    parent, inside = text.parent, False
    while parent is not None:
        if isinstance(parent, CLOSED):
            return False
        inside = inside or isinstance(parent, OPEN)
        parent = parent.parent
    return inside


def _linked(text: str, left: dict[str, tuple[str, str]], address: str) -> list[nodes.Node]:
    """The text with the first of each term that is ``left`` as a reference; those are taken out."""
    # The longest first, so that a term is not found within another.
    names = "|".join(re.escape(name) for name in sorted(left, key=len, reverse=True))
    match = re.search(rf"(?<![\w-])({names})(?:s?)(?![\w-])", text) if names else None
    if match is None:
        return [nodes.Text(text)]
    key, meaning = left.pop(match[1])
    link = nodes.reference(
        "", match[0], internal=True, refuri=f"{address}#{key}", reftitle=meaning, classes=["term"]
    )
    before, after = text[: match.start()], text[match.end() :]
    first = [nodes.Text(before)] if before else []
    return [*first, link, *(_linked(after, left, address) if after else [])]


def link_terms(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Link the terms of a page (event ``doctree-resolved``)."""
    if app.builder.format != "html" or docname == PAGE or PAGE not in app.env.found_docs:
        return
    address = app.builder.get_relative_uri(docname, PAGE)
    link_first(doctree, meanings(app.env.get_doctree(PAGE)), address)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.connect("doctree-resolved", link_terms)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
