"""A built page without what its first view does not need.

HoloViews and Panel put their loader into every page several times, with all that a notebook server
may ask of them, and the data of the figures into the page's text. Here each figure becomes a file
of its own, which ``book/_static/figures.js`` fetches and draws: those in sight first, the others
when the page is at rest. Of Bokeh and Panel only the files are named that a page's figures use.
MathJax comes the same way, to pages with formulas. Scripts of the theme that this book has no use
for are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Any

SCRIPT = re.compile(
    r'<script type="(?:application/javascript|esms-options)">(?P<code>.*?)</script>', re.DOTALL
)
DATA = re.compile(
    r"var docs_json = (?P<docs>\{.*?\});\n\s*var render_items = (?P<items>\[.*?\]);\n", re.DOTALL
)
FILES = re.compile(r"const js_urls = (\[.*?\]);")
#: Scripts that load Bokeh and Panel, or that talk to a notebook's kernel.
LOADER = re.compile(r'const js_urls = |function JupyterCommManager|"shimMode"')
#: Models for a running kernel; a figure of their own, which shows nothing.
OF_A_KERNEL = {"panel.models.browser.BrowserInfo", "panel.models.comm_manager.CommManager"}
MATHJAX = re.compile(r'<script[^>]*src="(?P<source>[^"]*mathjax[^"]*)"[^>]*></script>')
#: Icons come from the theme's fonts; the search of a page is done by the search page.
UNUSED = re.compile(
    r'\s*<script[^>]*src="[^"]*_static/scripts/fontawesome\.js[^"]*"[^>]*></script>'
    r'|\s*<script src="[^"]*(?:searchtools|language_data|searchindex)\.js"></script>'
)
FORMULA = re.compile(r'class="[^"]*\bmath\b')
SEARCH_PAGE = "search"
HEIGHT = 300  # of a part of a figure that does not say


@dataclass
class Light:
    """A page's text, and the files of its figures: name (without ``.js``) and content."""

    text: str
    figures: dict[str, str] = field(default_factory=dict)


def lightened(text: str, name: str, folder: str) -> Light:
    """The page ``name`` without what its first view does not need.

    Parameters
    ----------
    text
        HTML of the built page.
    name
        The page's name, without suffix; the files of its figures are named after it.
    folder
        Address of the folder of those files, as the page sees it.
    """
    light = Light(text)
    if name != SEARCH_PAGE:
        light.text = UNUSED.sub("", light.text)
    formulas = FORMULA.search(light.text)
    later = r'<meta name="formulas" content="\g<source>">' if formulas else ""
    light.text = MATHJAX.sub(later, light.text)
    scripts = [match["code"] for match in SCRIPT.finditer(text)]
    lists = [found for code in scripts for found in FILES.findall(code)]
    offered = list(dict.fromkeys(url for found in lists for url in json.loads(found)))
    if not offered:
        return light

    def replace(match: re.Match[str]) -> str:
        code = match["code"]
        if LOADER.search(code):
            return ""
        data = DATA.search(code)
        if data is None:
            return match[0]
        docs, items = json.loads(data["docs"]), json.loads(data["items"])
        roots = [root for doc in docs.values() for root in doc["roots"]]
        if all(root["name"] in OF_A_KERNEL for root in roots):
            return ""
        key = f"{name}-{len(light.figures) + 1}"
        light.figures[key] = _figure(key, docs, items)
        needs = " ".join(_needed(_types(docs), offered))
        parts = " ".join(root for item in items for root in item["roots"])
        return (
            f'<div class="figure-data" hidden data-figure="{key}" data-src="{folder}/{key}.js" '
            f'data-roots="{escape(parts)}" data-height="{sum(map(_height, roots))}" '
            f'data-needs="{escape(needs)}"></div>'
        )

    light.text = SCRIPT.sub(replace, light.text)
    return light


def _figure(key: str, docs: dict[str, Any], items: list[Any]) -> str:
    """A script that hands over a figure's data."""
    for node in _nodes(docs):
        if node.get("output_backend") == "webgl":  # a file more, for figures of few points
            node["output_backend"] = "canvas"
    data = json.dumps([docs, items], separators=(",", ":"), ensure_ascii=False)
    # these two end a line in a script, but not in JSON
    data = data.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f"(window.figureData ??= {{}})[{json.dumps(key)}] = {data};\n"


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """All objects within ``value``."""
    if isinstance(value, dict):
        yield value
        for part in value.values():
            yield from _nodes(part)
    elif isinstance(value, list):
        for part in value:
            yield from _nodes(part)


def _types(docs: dict[str, Any]) -> set[str]:
    """Names of the models in the figure; what a document merely defines does not count."""
    roots = [doc["roots"] for doc in docs.values()]
    return {str(node["name"]) for node in _nodes(roots) if node.get("type") == "object"}


def _needed(types: set[str], offered: list[str]) -> list[str]:
    """Which of the files that the page would load its models come from, in the same order."""
    import bokeh.models  # noqa: F401  so that the map below is filled
    from bokeh.model import Model

    rooms = {getattr(Model.model_class_reverse_map.get(name), "__module__", "") for name in types}
    unused = {"bokeh-gl", "es-module-shims"}
    if not any(name.startswith("panel.") for name in types):  # Panel itself needs all of Bokeh
        unused.add("panel")
        if not any(room.startswith("bokeh.models.widgets") for room in rooms):
            unused.add("bokeh-widgets")
        if "bokeh.models.widgets.tables" not in rooms:
            unused.add("bokeh-tables")
    stem = re.compile(r"/(bokeh(?:-[a-z]+)?|panel|es-module-shims)(?:-\d[\w.]*?)?(?:\.min)?\.js")
    return [url for url in offered if not ((m := stem.search(url)) and m[1] in unused)]


def _height(node: dict[str, Any]) -> int:
    """About how high a part of a figure is, in pixels, to keep its place."""
    attributes = node.get("attributes", {})
    for name in ("height", "frame_height", "min_height"):
        if isinstance(attributes.get(name), int) and attributes[name] > 0:
            return int(attributes[name])
    # a grid's children come with row and column
    rows: dict[int, int] = {}
    for number, child in enumerate(attributes.get("children", [])):
        part, row = (child[0], child[1]) if isinstance(child, list) else (child, number)
        if isinstance(part, dict):
            rows[row] = max(rows.get(row, 0), _height(part))
    if not rows:
        return HEIGHT if node.get("name") == "Figure" else 0
    return max(rows.values()) if node.get("name") == "Row" else sum(rows.values())
