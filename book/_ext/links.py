"""Find links of the finished pages that lead nowhere.

python book/_ext/links.py [_build/html] [--outside]   (exit status 1 if one does)

Without ``--outside`` only links within the book are looked at, with no network. It needs nothing
but Python.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urldefrag, urlsplit
from urllib.request import Request, urlopen

DOI = "https://doi.org/"
#: Refused to programs, or told to come more slowly: the page is there.
REFUSED = {401, 403, 405, 406, 418, 429}
AGENT = "Mozilla/5.0 (compatible; hydrotl link check)"
TRIES, PAUSE_S = 3, 5


class _Page(HTMLParser):
    """Collects the links of a page and the names that a link can lead to."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.names |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])
        if tag in {"img", "script"} and values.get("src"):
            self.links.append(values["src"])


def pages(html_dir: Path) -> dict[Path, _Page]:
    """All pages of the book in ``html_dir``.

    Raises
    ------
    FileNotFoundError
        If there is no book in ``html_dir``.
    """
    if not (html_dir / "index.html").is_file():
        raise FileNotFoundError(f"no index.html in {html_dir}: build the book first (make book)")
    found = {}
    for path in sorted(html_dir.resolve().rglob("*.html")):
        if "_static" not in path.parts:  # templates of the theme
            found[path] = _Page()
            found[path].feed(path.read_text(encoding="utf-8"))
    return found


def broken_inside(found: dict[Path, _Page]) -> Iterator[tuple[Path, str]]:
    """Page and link of each link within the book that has no target."""
    for path, page in found.items():
        for link in dict.fromkeys(page.links):
            if urlsplit(link).scheme or link.startswith("//"):
                continue
            address, fragment = urldefrag(link)
            file = unquote(address.split("?")[0])
            target = (path.parent / file).resolve() if file else path
            named = target not in found or not fragment or unquote(fragment) in found[target].names
            if not target.is_file() or not named:
                yield path, link


def trouble(link: str) -> str | None:
    """What is wrong with a link to another host; None if it answers."""
    doi = link.removeprefix(DOI)
    # publishers refuse programs: the registry knows whether the name is one
    address = f"{DOI}api/handles/{doi}" if doi != link else link
    said = ""
    for attempt in range(TRIES):
        time.sleep(attempt * PAUSE_S)
        try:
            with urlopen(Request(address, headers={"User-Agent": AGENT}), timeout=30) as answer:
                if doi != link and json.load(answer).get("responseCode") != 1:
                    return "the registry does not know this DOI"
                return None
        except HTTPError as error:
            if error.code in REFUSED:
                return None
            said = f"{error.code} {error.reason}"
            if error.code in {404, 410}:
                return said
        except (URLError, OSError, ValueError) as error:
            said = str(error)
    return said


def broken_outside(found: dict[Path, _Page]) -> Iterator[tuple[Path, str]]:
    """Page and link, with what was answered, of each link to another host that does not work."""
    where: dict[str, Path] = {}
    for path, page in found.items():
        for link in page.links:
            if urlsplit(link).scheme in {"http", "https"}:
                where.setdefault(urldefrag(link)[0], path)
    with ThreadPoolExecutor(8) as pool:
        for (link, path), said in zip(where.items(), pool.map(trouble, where), strict=True):
            if said is not None:
                yield path, f"{link} ({said})"


def main(arguments: list[str]) -> int:
    """Print links that lead nowhere; the exit status."""
    folders = [name for name in arguments if not name.startswith("-")]
    found = pages(Path(folders[0] if folders else "_build/html"))
    broken = list(broken_inside(found))
    if "--outside" in arguments:
        broken += broken_outside(found)
    for path, link in broken:
        print(f"{path.name} links to {link}")
    print(f"{len(found)} pages, {len(broken)} links that lead nowhere")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
