"""Tables, remarks and named numbers on a page."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from hydrotl.book import escape
from hydrotl.book.pages import quantities, words
from hydrotl.experiments.uncertainty import Interval

if TYPE_CHECKING:
    from IPython.display import Markdown
    from pandas.io.formats.style import Styler

MISSING = quantities.MISSING
BEST = "font-weight: bold;"


def table(
    frame: pd.DataFrame,
    digits: int = 3,
    *,
    long: bool = False,
    caption: str | None = None,
    html_columns: Collection[str] = (),
    best_in_row: Sequence[str] = (),
    best_in_column: Sequence[str] = (),
) -> Styler:
    """``frame`` without its index; each column as :mod:`~hydrotl.book.pages.quantities` says.

    Texts are shown as they are, whatever they hold; only ``html_columns`` are HTML already. Keys of
    files are replaced by a reader's words (:mod:`~hydrotl.book.pages.words`). A table that is wider
    than the page scrolls, with its first column in sight. The table carries its content as CSV
    (:func:`as_csv`), for which the page has a link below it (``tables.js``).

    Parameters
    ----------
    frame
        A row per line; its values stay as they are in the Styler's ``data``.
    digits
        Decimals of numbers whose column no rule knows. What is missing is a dash.
    long
        Let the table scroll in a box of limited height.
    caption
        A line above the table.
    html_columns
        Columns that hold HTML.
    best_in_row, best_in_column
        Columns of which the highest value of each row, or of each column, is set in bold.
    """
    shown = escape.cells(frame, html_columns)
    style = shown.style.hide(axis="index")
    forms: dict[Any, Any] = {name: quantities.formatter(str(name), digits) for name in shown}
    style = style.format(forms, na_rep=MISSING).format_index(
        lambda header: quantities.heading(str(header)), axis="columns"
    )
    if caption is not None:
        style = style.set_caption(html.escape(caption, quote=False))
    best: list[tuple[Sequence[str], Literal[0, 1]]] = [(best_in_row, 1), (best_in_column, 0)]
    for columns, axis in best:
        present: list[Any] = [name for name in columns if name in shown]
        if present and len(shown):
            style = style.apply(_best, axis=axis, subset=present)
    kind = "quantities long" if long else "quantities"
    content = html.escape(as_csv(frame, html_columns))
    style = style.set_table_attributes(f'class="{kind}" data-csv="{content}"')
    return style.set_table_styles(
        [{"selector": "th, td", "props": "padding: 0.2em 0.6em; text-align: left;"}],
        overwrite=False,
    )


def as_csv(frame: pd.DataFrame, html_columns: Collection[str] = ()) -> str:
    """A table's content as CSV, with all digits.

    A column of intervals becomes three: the value, and its bounds ``NAME, low`` and ``NAME, high``.
    Keys of files are replaced by the words of the table, and tags of HTML are left out.
    """
    columns: dict[str, list[Any]] = {}
    for name in frame:
        header, label = str(name), words.COLUMNS.get(str(name))
        values = [plain_text(v) if header in html_columns else v for v in frame[name]]
        columns[header] = [
            label(value) if label and isinstance(value, str) else getattr(value, "value", value)
            for value in values
        ]
        if any(isinstance(value, Interval) for value in values):
            for bound in ("low", "high"):
                columns[f"{header}, {bound}"] = [getattr(v, bound, None) for v in values]
    return pd.DataFrame(columns).to_csv(index=False, lineterminator="\n")


def plain_text(page: Any) -> str:
    """The text of a piece of HTML without its tags."""
    return html.unescape(re.sub(r"<[^>]*>", "", str(page)))


def _best(values: pd.Series) -> list[str]:
    """Bold for the highest of some values, which may be intervals; as shown, ties are all best."""
    known = [getattr(value, "value", value) for value in values]
    rounded = pd.to_numeric(pd.Series(known, dtype=object), errors="coerce").astype(float).round(2)
    several = rounded.notna().sum() > 1
    return [BEST if several and value == rounded.max() else "" for value in rounded]


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
