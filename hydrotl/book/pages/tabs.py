"""Parts of a page of which a reader sees one at a time: plain HTML, with no program behind it."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hydrotl.book import figures

if TYPE_CHECKING:
    from IPython.display import HTML
    from pandas.io.formats.style import Styler

# The book's own style sheet (sphinx-design) has these rules; a notebook service has not.
STYLE = (
    "<style>.sd-tab-set{display:flex;flex-wrap:wrap}.sd-tab-set>input{position:absolute;opacity:0}"
    ".sd-tab-content{display:none;order:99;width:100%}.sd-tab-set>label{padding:.4em .7em;"
    "cursor:pointer}.sd-tab-set>input:checked+label{font-weight:bold}"
    ".sd-tab-set>input:checked+label+.sd-tab-content{display:block}</style>"
)


@dataclass(frozen=True)
class Folded:
    """A table that a reader opens by its title."""

    title: str
    table: Styler


def tabs(parts: Mapping[str, Sequence[Any]], name: str) -> HTML:
    """A tab per entry; the first is open.

    Parameters
    ----------
    parts
        What stands below each label: tables (Stylers, or folded ones), paragraphs (plain text) and
        figures.
    name
        Tells the tabs of one page from each other.
    """
    from IPython.display import HTML

    pieces = []
    for number, (label, content) in enumerate(parts.items()):
        key = html.escape(f"{name}-{number}")
        checked = " checked" if number == 0 else ""
        pieces.append(
            f'<input type="radio" id="{key}" name="{html.escape(name)}" class="sd-tab-input"'
            f'{checked}><label class="sd-tab-label" for="{key}">{html.escape(label)}</label>'
            f'<div class="sd-tab-content docutils">{"".join(map(_page, content))}</div>'
        )
    inside = "".join(pieces)
    return HTML(f'{STYLE}<div class="sd-tab-set docutils tabs">{inside}</div>')


def _page(part: Any) -> str:
    """HTML of a table, a paragraph or a figure."""
    if isinstance(part, str):
        return f"<p>{html.escape(part, quote=False)}</p>"
    if isinstance(part, Folded):
        summary = f"<summary>{html.escape(part.title)}</summary>"
        return f"<details>{summary}{part.table.to_html()}</details>"
    if hasattr(part, "to_html"):
        return str(part.to_html())
    if isinstance(part, figures.Described):
        return str(part._repr_mimebundle_()[0].get("text/html", ""))
    return figures.page_of(part)
