"""The built book in a real browser with no network, opened as files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pandas as pd
import pytest

from hydrotl.book import figures
from hydrotl.book.pages import show, words
from hydrotl.config import load_region
from tests.chromium import Visit, press, wait_for
from tests.hydrotl.book.test_build import load
from tests.synthetic import ROOT

pytestmark = pytest.mark.slow

HYDROGRAPH = "notebooks/03-transfer.html"
links = load(ROOT / "book" / "_ext" / "links.py")
# Sum and number of the values of every plotted column, read from the page itself.
PLOTTED = """() => Bokeh.documents.flatMap(doc => [...doc._all_models.values()])
    .filter(model => model.type === "ColumnDataSource")
    .map(model => Object.entries(Object.fromEntries(model.data.entries
        ? model.data.entries() : Object.entries(model.data)))
        .filter(([, values]) => values.length && Number.isFinite(values[0]))
        .map(([name, values]) => [name, values.length, [...values].reduce((a, b) => a + b, 0)]))
    .filter(columns => columns.length)"""


@pytest.fixture
def visit(browser: Any) -> Iterator[Visit]:
    visit = Visit(browser)
    yield visit
    visit.context.close()


def test_front_page_shows_what_was_found(book: Path, visit: Visit) -> None:
    page = visit.open(book / "index.html")
    numbers = page.locator(".pasted-text").all_inner_texts()
    assert len(numbers) >= 10
    assert all(number.strip() for number in numbers)
    assert page.locator("html").get_attribute("data-theme") == "light"
    assert page.locator("text=make book").count() == 1
    assert visit.asked == []
    assert visit.complaints == []


def test_basin_selector_changes_the_hydrograph(book: Path, visit: Visit) -> None:
    page = visit.open(book / HYDROGRAPH)
    selector = page.locator("select").first
    selector.wait_for()
    options = selector.locator("option").all_inner_texts()
    assert len(options) >= 2
    page.locator(".bk-Figure").first.wait_for()
    # Gains and a box plot, then rain and flow, which the selector changes together.
    plots = [plot for plot in page.locator(".bk-Figure").all() if plot.is_visible()]
    data, pictures = page.evaluate(PLOTTED), [plot.screenshot() for plot in plots]
    assert data
    selector.select_option(options[-1])
    page.wait_for_timeout(1500)
    assert page.evaluate(PLOTTED) != data
    same = [plot.screenshot() == picture for plot, picture in zip(plots, pictures, strict=True)]
    assert same[0]
    assert 1 <= same.count(False) <= 2
    assert visit.asked == []
    assert visit.complaints == []


PICK = """(basin) => {
    const source = Bokeh.documents.flatMap(doc => [...doc._all_models.values()])
        .find(model => model.name === "basins")
    source.selected.indices = [source.data.basin.indexOf(basin)]
}"""


def test_point_of_a_box_plot_opens_the_basins_hydrograph(book: Path, visit: Visit) -> None:
    page = visit.open(book / "notebooks" / "04-source-size.html")
    selector = page.locator("select").first
    selector.wait_for()
    first, *_, last = selector.locator("option").all_inner_texts()
    assert selector.input_value() == first
    data = page.evaluate(PLOTTED)
    page.evaluate(PICK, last)
    page.wait_for_timeout(1500)
    assert selector.input_value() == last
    assert page.evaluate(PLOTTED) != data
    assert visit.complaints == []


def test_formulas_are_set(book: Path, visit: Visit) -> None:
    page = visit.open(book / "method.html")
    page.wait_for_selector("mjx-container")
    assert page.locator("div.math mjx-container").count() >= 9
    assert page.locator("mjx-merror").count() == 0
    assert visit.complaints == []


def test_no_link_within_the_book_is_broken(book: Path) -> None:
    assert list(links.broken_inside(links.pages(book))) == []


def test_no_page_asks_another_host(book: Path, visit: Visit) -> None:
    # The theme leaves templates in _static that are no pages.
    pages = [path for path in sorted(book.rglob("*.html")) if "_static" not in path.parts]
    assert len(pages) >= 10
    for path in pages:
        visit.open(path)
        assert (path, visit.asked) == (path, [])
        assert (path, visit.complaints) == (path, [])


# With no rest a page fetches only what its first view needs (figures.js).
NO_REST = "window.requestIdleCallback = () => 0"
FIRST_VIEW_MB, FRONT_PAGE_MB = 3.0, 1.5


def first_view_mb(browser: Any, path: Path) -> float:
    """Size of all files that a page fetches before its first view is complete, not compressed."""
    visit = Visit(browser)
    asked: set[str] = set()
    visit.page.on("request", lambda request: asked.add(request.url))
    visit.page.set_default_timeout(120_000)  # a busy machine is no fault of the page
    visit.page.add_init_script(NO_REST)
    visit.page.goto(path.as_uri())
    wait_for(visit.page, "performance.getEntriesByName('first view').length")
    visit.page.wait_for_load_state("load")
    visit.page.wait_for_timeout(300)
    visit.context.close()
    files = [Path(unquote(urlsplit(url).path)) for url in asked if url.startswith("file:")]
    assert path in files
    return sum(file.stat().st_size for file in files) / 1e6


def test_first_view_of_a_page_is_light(book: Path, browser: Any) -> None:
    assert first_view_mb(browser, book / "index.html") < FRONT_PAGE_MB
    pages = [*sorted((book / "notebooks").glob("*.html")), book / "live.html", book / "method.html"]
    heavy = {path.name: first_view_mb(browser, path) for path in pages}
    assert {name: mb for name, mb in heavy.items() if mb >= FIRST_VIEW_MB} == {}


def test_every_figure_is_drawn_once_the_page_is_at_rest(book: Path, visit: Visit) -> None:
    drawn = 0
    for path in sorted((book / "notebooks").glob("*.html")):
        page = visit.open(path)
        for marker in page.locator(".figure-data").all():
            root = str(marker.get_attribute("data-roots"))
            assert page.locator(f"[data-root-id='{root}'] > div").count() == 1, path.name
            drawn += 1
    assert drawn >= 20
    assert visit.complaints == []


@pytest.mark.parametrize("name", ["index.html", "notebooks/06-new-region.html"])
def test_page_fits_a_telephone(name: str, book: Path, browser: Any) -> None:
    visit = Visit(browser, width=375)
    page = visit.open(book / name)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    visit.context.close()


# Of each table: its first headers, whether it is wider than its box, ends beyond the page's text,
# keeps its first column in sight, and whether a line above it says so.
TABLES = """() => [...document.querySelectorAll(".bd-article table")]
    .filter(table => table.clientWidth > 0 && table.checkVisibility())
    .map(table => {
        const text = table.closest(".bd-article").getBoundingClientRect()
        const first = table.querySelector("td")
        return {
            headers: [...table.querySelectorAll("th")].slice(0, 3).map(th => th.innerText).join(),
            wider: table.scrollWidth > table.clientWidth + 1,
            beyond: table.getBoundingClientRect().right > text.right + 1,
            sticky: first !== null && getComputedStyle(first).position === "sticky",
            hint: table.previousElementSibling?.className === "table-hint",
        }
    })"""


def test_table_fits_a_screen_or_says_that_it_scrolls(browser: Any, tmp_path: Path) -> None:
    static = ROOT / "book" / "_static"
    long_names = {f"a long name {k}, mm/day": [k / 7] for k in range(9)}
    few, many = pd.DataFrame({"basin": ["x"], "NSE": [0.5]}), pd.DataFrame(long_names)
    text = "".join(show.table(frame).to_html() for frame in (few, many))
    page = tmp_path / "page.html"
    page.write_text(
        f"<style>{(static / 'book.css').read_text()}</style>"
        f"<script>{(static / 'tables.js').read_text()}</script>"
        f'<article class="bd-article">{text}</article>',
        encoding="utf-8",
    )
    for width, scrolls in ((1280, False), (375, True)):
        visit = Visit(browser, width=width)
        opened = visit.open(page)
        opened.wait_for_timeout(300)
        small, large = opened.evaluate(TABLES)
        assert not any(small[key] for key in ("wider", "beyond", "sticky", "hint"))
        assert not large["beyond"]
        assert [large[key] for key in ("wider", "sticky", "hint")] == [scrolls] * 3
        assert opened.evaluate("document.documentElement.scrollWidth") <= width
        visit.context.close()


#: Width of a line of text in a plot's title, px: Bokeh's font and the size of the book.
WIDTH = """(lines) => {
    const context = document.createElement("canvas").getContext("2d");
    context.font = "bold 9pt helvetica, sans-serif";
    return lines.map((line) => context.measureText(line).width);
}"""


def test_longest_titles_fit_a_telephone(browser: Any) -> None:
    """A panel has half of the 340 px on a screen of 375, less its axis; a hydrograph has all."""
    regions = [
        load_region(path.stem).name for path in (ROOT / "experiments/regions").glob("*.yaml")
    ]
    panels = [f"{name}, {period}" for name in regions for period in words.SETTINGS.values()]
    flows = [f"camelsgb_{name}, NSE: local 0.35, best transferred (TL-b) 0.64" for name in regions]
    page = browser.new_page(viewport={"width": 375, "height": 900})
    for titles, characters, room in (
        (panels, figures.PANEL_TITLE, 97),
        (flows, figures.PLOT_TITLE, 300),
    ):
        lines = [line for t in titles for line in figures.in_lines(t, characters).split("\n")]
        assert len(lines) > len(titles), "some are longer than a line"
        widths = page.evaluate(WIDTH, lines)
        assert max(widths) < room, lines[widths.index(max(widths))]
    page.close()


def test_table_is_offered_as_a_file_with_its_content(browser: Any, tmp_path: Path) -> None:
    static = ROOT / "book" / "_static"
    frame = pd.DataFrame({"basin": ["ä & b, c", 'd "e"'], "median NSE": [0.123456, 0.5]})
    page = tmp_path / "notes.html"
    page.write_text(
        f'<meta charset="utf-8"><script>{(static / "tables.js").read_text()}</script>'
        f'<article class="bd-article">{show.table(frame).to_html()}</article>',
        encoding="utf-8",
    )
    visit = Visit(browser)
    opened = visit.open(page)
    with opened.expect_download() as waiting:
        press(opened, "text=Table as CSV")
    assert waiting.value.suggested_filename == "notes-table-1.csv"
    waiting.value.save_as(tmp_path / "table.csv")
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "table.csv"), frame)
    assert visit.asked == []
    visit.context.close()


#: What page 3 may be high, px: all that a reader must scroll through.
HIGHEST = 6000


def test_page_of_all_regions_is_not_a_scroll(book: Path, visit: Visit) -> None:
    page = visit.open(book / HYDROGRAPH)
    page.locator(".bk-Figure").first.wait_for()
    page.wait_for_timeout(1000)
    assert page.evaluate("document.documentElement.scrollHeight") < HIGHEST


def test_terms_of_the_glossary_show_their_meaning(book: Path, visit: Visit) -> None:
    page = visit.open(book / "notebooks" / "03-transfer.html")
    terms = page.locator("article a.term")
    titles = {one.text_content(): one.get_attribute("title") for one in terms.all()}
    assert "Nash-Sutcliffe efficiency" in str(titles["NSE"])
    assert terms.count() == len(titles), "each once"
    assert page.locator("article a.term[href='../glossary.html#term-NSE']").count() == 1


def test_no_table_of_the_book_is_clipped(book: Path, browser: Any) -> None:
    pages = [*sorted((book / "notebooks").glob("*.html")), book / "index.html"]
    for width in (1280, 375):
        visit = Visit(browser, width=width)
        for path in pages:
            opened = visit.open(path)
            opened.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
            opened.wait_for_timeout(300)
            for found in opened.evaluate(TABLES):
                told = (path.name, width, found["headers"])
                assert not found["beyond"], told
                assert width < 1280 or not found["wider"], told
                assert found["wider"] == found["sticky"] == found["hint"], told
        visit.context.close()
