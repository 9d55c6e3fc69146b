"""Find out whether finished pages would ask another host for anything.

python book/_ext/outside_requests.py [_build/html]   (exit status 1 if one would)
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

# A tag's attributes that make a browser fetch something by itself.
FETCHING = {
    "audio": ("src",),
    "embed": ("src",),
    "iframe": ("src",),
    "img": ("src", "srcset"),
    "input": ("src",),
    "link": ("href",),
    "object": ("data",),
    "script": ("src",),
    "source": ("src", "srcset"),
    "track": ("src",),
    "video": ("src", "poster"),
}
# <link> only names these, or they are followed by a reader's click.
PASSIVE_LINKS = {"alternate", "author", "canonical", "help", "license", "next", "prev", "search"}
OUTSIDE = re.compile(r"^\s*(?:https?:)?//", re.IGNORECASE)
IN_STYLE = re.compile(r"(?:url\(|@import)\s*['\"]?((?:https?:)?//[^'\")\s]+)", re.IGNORECASE)
# In a script any address may be plain text. Those of a module, or of a file that a page loads
# (code, style, font, picture, map tile), count as requests.
IN_SCRIPT = re.compile(
    r"import\s*\(?\s*['\"]((?:https?:)?//[^'\"]+)"
    r"|from\s+['\"]((?:https?:)?//[^'\"]+)"
    r"|(https?://[^\s'\"<>\\]+?\.(?:m?js|css|woff2?|ttf|wasm|png|jpe?g|gif|webp|svg|pbf)"
    r"(?:\?[^\s'\"<>\\]*)?)(?=[\s'\"\\<)])",
    re.IGNORECASE,
)


class _Page(HTMLParser):
    """Collects the outside addresses that one page fetches."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._inside = tag if tag in {"script", "style"} else self._inside
        relations = set(values.get("rel", "").lower().split())
        if tag == "link" and relations and relations <= PASSIVE_LINKS:
            return
        for name in FETCHING.get(tag, ()):
            self.found += [part for part in values.get(name, "").split(",") if OUTSIDE.match(part)]
        self.found += IN_STYLE.findall(values.get("style", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "style":
            self.found += IN_STYLE.findall(data)
        elif self._inside == "script":
            self.found += ["".join(groups) for groups in IN_SCRIPT.findall(data)]


def outside_requests(html_dir: Path) -> list[tuple[Path, str]]:
    """Addresses on other hosts that the pages and style sheets in ``html_dir`` would fetch.

    Links a reader clicks do not count. Script files are not read (their text holds addresses
    they never ask for); ``test_browser.py`` watches what a browser really asks.

    Returns
    -------
    list of (Path, str)
        File, relative to ``html_dir``, and address; empty if the book works with no network.

    Raises
    ------
    FileNotFoundError
        If there is no book in ``html_dir``.
    """
    if not (html_dir / "index.html").is_file():
        raise FileNotFoundError(f"no index.html in {html_dir}: build the book first (make book)")
    return sorted(set(_all_requests(html_dir)))


def _all_requests(html_dir: Path) -> Iterator[tuple[Path, str]]:
    for path in html_dir.rglob("*.html"):
        page = _Page()
        page.feed(path.read_text(encoding="utf-8"))
        yield from ((path.relative_to(html_dir), address.strip()) for address in page.found)
    for path in html_dir.rglob("*.css"):
        found = IN_STYLE.findall(path.read_text(encoding="utf-8"))
        yield from ((path.relative_to(html_dir), address) for address in found)


def main(html_dir: Path) -> int:
    """Print what the book in ``html_dir`` asks of other hosts; the exit status."""
    found = outside_requests(html_dir)
    for page, address in found:
        print(f"{page} asks {address}")
    if not found:
        print(f"{html_dir}: no page asks another host")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "_build/html")))
