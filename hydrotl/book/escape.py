"""Text from data on a page: it is shown as it is, and never taken for markup.

Ids, titles, units, file names and what descriptions say come from data, and data from anywhere: a
basin ``<script>`` is a basin. Each text is escaped once, where it goes into markup:

- a table's cells and headers in :func:`hydrotl.book.pages.show.table`, by :func:`cells`;
- Markdown where a sentence is composed, by :func:`plain`, :func:`prose` or :func:`code`;
- figures where they are shown, by :func:`closed_scripts` (:func:`hydrotl.book.figures.setup`);
  the figures' own program escapes what it writes into a page.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Collection
from typing import Any

import pandas as pd

#: Marks of Markdown that count anywhere in a line; an underscore only at the edge of a word.
_MARKS = re.compile(r"[\\`*\[\]$]|(?<![^\W_])_|_(?![^\W_])")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_FIGURE = re.compile(r"\bdocs_json = (?=\{)")


def plain(value: object) -> str:
    """Markdown that shows a text as it is, in one line."""
    return _without_html(_MARKS.sub(r"\\\g<0>", " ".join(str(value).split())))


def prose(text: str) -> str:
    """Markdown of a text that may have marks of its own, such as a description's, but no HTML."""
    return _without_html(text)


def _without_html(text: str) -> str:
    return _ENTITY.sub("&amp;", text).replace("<", "&lt;")


def code(value: object) -> str:
    """Markdown that shows a text as code, in one line."""
    text = " ".join(str(value).split())
    ticks = "`" * (_longest_run(text) + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{space}{text}{space}{ticks}"


def fenced(language: str, lines: list[str]) -> str:
    """Markdown of a block of code, one line per line."""
    lines = [" ".join(line.split()) for line in lines]
    fence = "`" * max(3, _longest_run("\n".join(lines)) + 1)
    return "\n".join([f"{fence}{language}", *lines, fence])


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def cells(frame: pd.DataFrame, but: Collection[str] = ()) -> pd.DataFrame:
    """``frame`` with HTML that shows its texts as they are; columns ``but`` hold HTML already."""
    escaped = frame.copy()
    for place, name in enumerate(frame.columns):
        column = frame.iloc[:, place]
        if name not in but and not pd.api.types.is_numeric_dtype(column):
            escaped.isetitem(place, [_cell(value) for value in column])
    return escaped


def _cell(value: Any) -> Any:
    """The value itself, unless what is shown of it has a character of HTML."""
    shown = html.escape(str(value), quote=False)
    return value if shown == str(value) else shown


def closed_scripts(page: str) -> str:
    """HTML of a figure in which no text of its data can end the script that holds them.

    Panel writes the data as JSON into a script, where ``</script>`` would be the end whatever
    JSON says. In JSON a ``<`` can only be inside a text, and may be written as its number.
    """
    found = _FIGURE.search(page)
    if found is None:
        return page
    _, end = json.JSONDecoder().raw_decode(page, found.end())
    data = page[found.end() : end].replace("<", "\\u003c")
    return f"{page[: found.end()]}{data}{page[end:]}"
