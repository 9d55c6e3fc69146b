"""The book as one PDF: its pages in order, its links inside, and its text readable."""

import re
import shutil
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from hydrotl.book.pdf import one_page, print_book
from hydrotl_core.errors import ConfigError
from tests.pdf_text import objects, page_count, text_of

pytestmark = pytest.mark.slow


def page(title: str, body: str, following: str | None = None) -> str:
    after = "" if following is None else f'<link rel="next" title="-" href="{following}">'
    return (
        f"<!doctype html><html><head><title>{title} - Rivers</title>{after}</head><body>"
        f'<nav>the menu</nav><article class="bd-article"><section id="start"><h1>{title}'
        f'<a class="headerlink" href="#start">#</a></h1>{body}</section></article></body></html>'
    )


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built book of three pages, the last one of a package."""
    monkeypatch.setenv("HYDROTL_ROOT", str(tmp_path))
    (tmp_path / "data_manifest.yaml").write_text("version: 1\n", encoding="utf-8")
    html = tmp_path / "_build" / "html"
    (html / "notebooks").mkdir(parents=True)
    (html / "_generated").mkdir()
    first = 'Median of 0.73. <a href="notebooks/two.html#start">onwards</a>'
    (html / "index.html").write_text(page("Front", first, "notebooks/two.html"), encoding="utf-8")
    rows = "".join(f"<tr><td>{k}</td><td>basin number {k}</td></tr>" for k in range(120))
    second = (
        f'<a href="../index.html">back</a> <a href="#start">up</a> <img src="../_static/a.svg">'
        f'<a href="https://doi.org/10.1/x">outside</a><table>{rows}</table>'
        '<div class="live"><p>only in a browser</p></div><script>window.alert(1)</script>'
    )
    path = html / "notebooks" / "two.html"
    path.write_text(page("Rivers of Wales", second, "../_generated/a.html"), encoding="utf-8")
    (html / "_generated" / "a.html").write_text(page("hydrotl.data", "x"), encoding="utf-8")
    return html


def test_pages_become_one_whose_links_stay_within(site: Path) -> None:
    text = one_page(site)
    soup = BeautifulSoup(text, "html.parser")
    titles = [h1.get_text() for h1 in soup.select("article h1")]
    assert titles == ["Front", "Rivers of Wales"]
    entries = [a.get_text() for a in soup.select("nav.contents a")]
    assert entries == titles
    links = {a.get_text(): str(a["href"]) for a in soup.find_all("a")}
    assert links["onwards"] == "#page-notebooks-two--start"
    assert links["back"] == "#page-index"
    assert links["up"] == "#page-notebooks-two--start"
    assert links["outside"] == "https://doi.org/10.1/x"
    names = [element["id"] for element in soup.find_all(id=True)]
    assert len(names) == len(set(names))
    assert {link.removeprefix("#") for link in links.values() if link[0] == "#"} <= set(names)
    assert soup.find("img")["src"] == "../html/_static/a.svg"  # type: ignore[index]
    for left_out in ("the menu", "only in a browser", "window.alert", "hydrotl.data"):
        assert left_out not in text


def test_folded_results_are_open_on_paper_and_folded_code_is_not_there(site: Path) -> None:
    code = '<div class="cell_input"><pre>x = 1</pre></div>'
    folded = "<details><summary><p>{}</p></summary>{}</details>"
    body = folded.format("Show code", code)
    body += folded.format("Table: costs", f"{code}<div class='cell_output'><table></table></div>")
    (site / "index.html").write_text(page("Front", body), encoding="utf-8")
    (details,) = BeautifulSoup(one_page(site), "html.parser").find_all("details")
    assert details.has_attr("open")
    assert details.get_text() == "Table: costs"


def test_pdf_holds_the_text_of_all_pages(site: Path) -> None:
    if shutil.which("chromium") is None and shutil.which("chromium-browser") is None:
        pytest.skip("browser: no Chromium (Debian: apt-get install chromium)")
    path = print_book()
    assert path == site.parent / "pdf" / "hydrotl.pdf"
    assert [file.name for file in path.parent.iterdir()] == ["hydrotl.pdf"]
    text = text_of(path)
    assert "Medianof0.73." in text
    assert "RiversofWales" in text
    assert "basinnumber119" in text
    assert "onlyinabrowser" not in text
    assert page_count(path) >= 4  # front, contents, and two of the long table
    whole = b"".join(objects(path).values())
    assert b"/Outlines" in whole
    assert len(re.findall(rb"/Dest|/GoTo", whole)) >= 3  # links and outline


def test_without_a_book_there_is_nothing_to_print(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYDROTL_ROOT", str(tmp_path))
    (tmp_path / "data_manifest.yaml").write_text("version: 1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="build it first"):
        print_book()
