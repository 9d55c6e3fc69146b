"""HTML of sentences, lists and tables: every text is shown as it is, and escaped here."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence

import numpy as np


def text(value: object) -> str:
    """HTML that shows a text as it is, in attributes too."""
    return html.escape(" ".join(str(value).split()))


def paragraph(value: str, kind: str = "") -> str:
    """A paragraph of a text."""
    return f"<p{_class(kind)}>{text(value)}</p>"


def listed(items: Iterable[str]) -> str:
    """A list of texts; nothing for none."""
    inner = "".join(f"<li>{text(item)}</li>" for item in items)
    return f"<ul>{inner}</ul>" if inner else ""


def section(name: str, title: str, *parts: str) -> str:
    """A part of the page; ``parts`` are HTML."""
    inner = "\n".join(part for part in parts if part)
    return (
        f'<section aria-labelledby="{name}"><h2 id="{name}">{text(title)}</h2>\n{inner}</section>'
    )


def table(
    caption: str,
    columns: Mapping[str, str],
    rows: Sequence[Mapping[str, object]],
    digits: Mapping[str, int] | None = None,
) -> str:
    """A table that scrolls sideways on a narrow screen.

    Parameters
    ----------
    caption
        What it shows, a text.
    columns
        Key of a row -> header. The first column names the row.
    rows
        Values by key; numbers are rounded, a missing one is a dash.
    digits
        Of the numbers, by key; two unless said.
    """
    heads = "".join(f'<th scope="col">{text(title)}</th>' for title in columns.values())
    first, *others = columns
    lines = []
    for row in rows:
        cells = "".join(_cell(row.get(key), (digits or {}).get(key, 2)) for key in others)
        lines.append(f'<tr><th scope="row">{text(row.get(first, ""))}</th>{cells}</tr>')
    body = "\n".join(lines)
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{text(caption)}"><table>'
        f"<caption>{text(caption)}</caption><thead><tr>{heads}</tr></thead>"
        f"<tbody>\n{body}</tbody></table></div>"
    )


def _cell(value: object, digits: int) -> str:
    if value is None:
        return "<td>–</td>"
    if isinstance(value, (float, np.floating)):
        shown = f"{value:.{digits}f}" if np.isfinite(value) else "–"
        return f'<td class="number">{shown}</td>'
    if isinstance(value, (int, np.integer)):
        return f'<td class="number">{value}</td>'
    return f"<td>{text(value)}</td>"


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""
