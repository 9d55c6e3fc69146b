"""Tables, remarks and named numbers on a page."""

from __future__ import annotations

import html
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import pandas as pd

from hydrotl.book import escape

if TYPE_CHECKING:
    from IPython.display import Markdown
    from pandas.io.formats.style import Styler

MISSING = "–"


def table(
    frame: pd.DataFrame,
    digits: int = 3,
    *,
    long: bool = False,
    caption: str | None = None,
    html_columns: Collection[str] = (),
) -> Styler:
    """``frame`` without its index; numbers with ``digits`` decimals, a missing one as a dash.

    Texts are shown as they are, whatever they hold; only ``html_columns`` are HTML already. A
    ``long`` table is set in smaller letters and scrolls in a box of its own.
    """
    shown = escape.cells(frame, html_columns)
    style = shown.style.hide(axis="index").format(precision=digits, na_rep=MISSING)
    style = style.format_index(axis="columns", escape="html")
    if caption is not None:
        style = style.set_caption(html.escape(caption, quote=False))
    if long:
        box = "font-size: 85%; display: block; max-height: 32em; overflow: auto;"
        style = style.set_table_attributes(f'style="{box}"').set_sticky(axis="columns")
    return style.set_table_styles(
        [{"selector": "th, td", "props": "padding: 0.2em 0.7em; text-align: left;"}],
        overwrite=False,
    )


def remark(text: str) -> Markdown:
    """A paragraph on the page, Markdown; what comes from data is escaped before."""
    from IPython.display import Markdown

    return Markdown(text)


def bullets(lines: list[str]) -> str:
    """Markdown list."""
    return "\n".join(f"- {line}" for line in lines)


def name_values(values: dict[str, Any]) -> None:
    """Give numbers and texts the names by which other pages of the book quote them.

    Outside the book's environment (on a notebook service) they are printed instead.
    """
    try:
        from myst_nb import glue  # type: ignore[import-untyped]
    except ImportError:
        print(*(f"{name} = {value}" for name, value in values.items()), sep="\n")
    else:
        for name, value in values.items():
            glue(name, value, display=False)
