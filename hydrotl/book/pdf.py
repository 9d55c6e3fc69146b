"""The built book as one PDF: its pages put together and printed by a headless Chromium.

``python -m hydrotl.book.pdf`` (``make book-pdf``) writes ``_build/pdf/hydrotl.pdf``. Pages come in
the book's order, without those of the packages; a link from page to page is a link in the PDF.
What only works in a browser is left out, and folded code; folded tables and tabs are opened.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag

from hydrotl.paths import project_root
from hydrotl_core.errors import ConfigError, HydroTLError

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

NAME = "hydrotl.pdf"
#: Width of the printed text: A4 less the margins, 1/96 inch, at the scale of printing. Figures take
#: the width they have when they are drawn, so the window is as wide.
SCALE, MARGIN_MM = 0.75, 14
WIDTH = round((210 - 2 * MARGIN_MM) / 25.4 * 96 / SCALE)
#: The script that draws figures, and the program that sets formulas: as in each page.
FIGURES = re.compile(r'<script src="[./]*(_static/figures\.js[^"]*)"')
FORMULAS = re.compile(r'<meta name="formulas" content="[./]*(_static/[^"]+)"')
MATHJAX_SETTINGS = re.compile(r"<script>(window\.MathJax = [^<]*)</script>")
#: Of no use on paper.
INTERACTIVE = (".headerlink", ".live", ".copybtn", "#emb", ".pasted-link")
STYLE = """
body { background: white; }
article { break-before: page; max-width: none; padding: 0; }
article:first-of-type { break-before: avoid; }
nav.contents { break-before: page; }
nav.contents li.part { list-style: none; font-weight: bold; margin-top: .6em; }
.bd-article table { max-height: none !important; overflow: visible !important; display: table; }
.bd-article table td { overflow-wrap: anywhere; }
.bd-article table th { overflow-wrap: normal; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
figure, img, svg, .bk-Figure, tr { break-inside: avoid; }
.cell_input { break-inside: avoid; }
.sd-tab-set { display: block !important; }
.sd-tab-set > input { display: none; }
.sd-tab-set > label { display: block; font-weight: bold; }
.sd-tab-set > .sd-tab-content { display: block !important; }
h1, h2, h3 { break-after: avoid; }
details > summary { list-style: none; }
details > summary .collapsed { display: inline !important; }
details > summary .expanded { display: none !important; }
"""
#: What a folded part holds if it is worth opening on paper.
SHOWN = "table, p, ul, img, .figure-data"
#: Take the tools away that stand above a figure, in its shadow of the page.
NO_TOOLS = """() => {
    const hide = (root) => root.querySelectorAll("*").forEach((element) => {
        if (/bk-Toolbar/.test(element.className)) element.style.visibility = "hidden";
        if (element.shadowRoot) hide(element.shadowRoot);
    });
    hide(document);
}"""
#: All figures are drawn and all formulas set.
DRAWN = """() => document.readyState === "complete"
    && (!document.querySelector(".figure-data")
        || document.documentElement.dataset.figures === "drawn")
    && (!window.Bokeh || Bokeh.documents.every(d => d.is_idle))
    && (!document.querySelector(".math") || !!document.querySelector("mjx-container"))"""


def print_book() -> Path:
    """Print the book that was built.

    Returns
    -------
    Path
        ``_build/pdf/hydrotl.pdf``.

    Raises
    ------
    ConfigError
        If the book is not built, or Chromium or playwright is not installed.
    HydroTLError
        If a figure is not drawn within some minutes.
    """
    html = project_root() / "_build" / "html"
    if not (html / "index.html").is_file():
        raise ConfigError(f"no book in {html}: build it first (make book)")
    folder = html.parent / "pdf"
    folder.mkdir(exist_ok=True)
    page, target = folder / "book.html", folder / NAME
    page.write_text(one_page(html), encoding="utf-8")
    partial = target.with_suffix(".partial.pdf")
    _print(page, partial)
    partial.replace(target)
    page.unlink()
    return target


def pages(html: Path) -> Iterator[tuple[Path, BeautifulSoup]]:
    """Pages of the built book, from the first along the links to the next one, and their content.

    Pages of packages are passed over.
    """
    from bs4 import BeautifulSoup

    path: Path | None = html / "index.html"
    seen: set[Path] = set()
    while path is not None and path not in seen and path.is_file():
        seen.add(path)
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        if path.parent.name != "_generated":
            yield path, soup
        following = soup.find("link", rel="next")
        path = None if following is None else (path.parent / str(following["href"])).resolve()


def one_page(html: Path) -> str:
    """All pages as the HTML of one; it belongs into a folder beside ``html``."""
    found = [(path.resolve(), soup) for path, soup in pages(html.resolve())]
    root = html.resolve()
    names = {path: _name(path, root) for path, _ in found}
    articles, contents, scripts, formulas, settings = [], [], "", "", ""
    for path, soup in found:
        article = soup.select_one("article.bd-article")
        if article is None:
            raise HydroTLError(f"{path} has no text: build the book again (make book)")
        text = path.read_text(encoding="utf-8")
        scripts = scripts or next(iter(FIGURES.findall(text)), "")
        formulas = formulas or next(iter(FORMULAS.findall(text)), "")
        settings = settings or next(iter(MATHJAX_SETTINGS.findall(text)), "")
        _for_paper(article, path, root, names)
        title = article.find("h1")
        heading = title.get_text() if title is not None else names[path]
        contents.append(f'<li><a href="#{names[path]}">{_escaped(heading)}</a></li>')
        article["id"] = names[path]
        articles.append(str(article))
    first = found[0][1]
    styles = "".join(str(link) for link in first.find_all("link", rel="stylesheet"))
    styles = re.sub(r'href="(?!https?:)', f'href="../{html.name}/', styles)
    head = f"<script>{settings}</script>"
    head += f'<script src="../{html.name}/{scripts}"></script>' if scripts else ""
    head += f'<meta name="formulas" content="../{html.name}/{formulas}">' if formulas else ""
    name = first.title.get_text() if first.title is not None else "hydrotl"
    return (
        '<!doctype html>\n<html lang="en" data-theme="light"><head><meta charset="utf-8">'
        f"<title>{_escaped(name)}</title>{styles}<style>{STYLE}</style>{head}</head>"
        f'<body class="bd-content">{articles[0]}'
        f'<nav class="contents"><h2>Contents</h2><ol>{"".join(contents)}</ol></nav>'
        f"{''.join(articles[1:])}</body></html>\n"
    )


def _name(path: Path, root: Path) -> str:
    return "page-" + re.sub(r"[^\w]+", "-", str(path.relative_to(root).with_suffix("")))


def _escaped(text: str) -> str:
    from html import escape

    return escape(text.strip().rstrip("#").strip())


def _for_paper(article: Tag, path: Path, root: Path, names: dict[Path, str]) -> None:
    """Drop what needs a browser; make names unique, and links lead within one page."""
    for script in article.find_all("script"):
        script.decompose()
    for marker in article.select(".figure-data"):
        for name in ("data-src", "data-needs"):
            sources = str(marker[name]).split()
            marker[name] = " ".join(_address(source, path, root, names) for source in sources)
    for element in article.select(", ".join(INTERACTIVE)):
        element.decompose()
    for folded in article.select("details"):  # its code is left out, what it shows is opened
        for code in folded.select(".cell_input"):
            code.decompose()
        shown = [one for one in folded.select(SHOWN) if one.find_parent("summary") is None]
        if not shown or "below-input" in str(folded.get("class")):
            folded.decompose()  # long outputs are for the screen
        else:
            folded["open"] = ""
    page = names[path]
    for element in article.find_all(id=True):
        # a script finds its figure by its name
        if element.find_parent(class_="cell_output") is None:
            element["id"] = f"{page}--{element['id']}"
    for attribute in ("href", "src"):
        for element in article.select(f"[{attribute}]"):
            element[attribute] = _address(str(element[attribute]), path, root, names)


def _address(address: str, path: Path, root: Path, names: dict[Path, str]) -> str:
    """An address of a page as it is in the one page beside them."""
    if re.match(r"[a-z]+:|//", address):
        return address
    file, fragment = urldefrag(address)
    target = (path.parent / file).resolve() if file else path
    if target in names:
        return f"#{names[target]}--{fragment}" if fragment else f"#{names[target]}"
    if target.is_relative_to(root):
        return f"../{root.name}/{target.relative_to(root).as_posix()}" + (
            f"#{fragment}" if fragment else ""
        )
    return address


def _print(page: Path, target: Path, minutes: float = 5) -> None:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise ConfigError("no Chromium to print with (Debian: apt-get install chromium)")
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        raise ConfigError("playwright is not installed: pip install -e '.[test]'") from None
    margin: Any = dict.fromkeys(("top", "bottom", "left", "right"), f"{MARGIN_MM}mm")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu", "--no-first-run"]
        )
        try:
            tab = browser.new_page(viewport={"width": WIDTH, "height": 1400})
            tab.set_default_timeout(minutes * 60_000)
            tab.emulate_media(media="print", color_scheme="light")
            tab.goto(page.as_uri())
            tab.wait_for_function(DRAWN, polling=100)  # by the clock: frames may cease
            tab.evaluate(NO_TOOLS)
            tab.pdf(
                path=target, format="A4", scale=SCALE, margin=margin, outline=True, tagged=True,
                print_background=True, display_header_footer=True, header_template="<span></span>",
                footer_template='<div style="font-size:7px;width:100%;text-align:center">'
                '<span class="pageNumber"></span></div>',
            )  # fmt: skip
        except Error as error:
            raise HydroTLError(f"the book could not be printed: {error}") from None
        finally:
            browser.close()


if __name__ == "__main__":
    print(print_book())
