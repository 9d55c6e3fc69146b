"""Figures as a browser draws them: nothing is cut, on a page and on a telephone, light and dark."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import holoviews as hv
import numpy as np
import pandas as pd
import pytest
from bokeh.embed import file_html
from bokeh.layouts import column
from bokeh.models import Plot
from bokeh.resources import INLINE

from hydrotl.book import figures, maps
from hydrotl.book.pages import words
from hydrotl.book.scatter import PROPERTIES, skill_scatter
from hydrotl.config import load_all_options, load_options, load_region
from tests.chromium import Visit
from tests.synthetic import ROOT

pytestmark = pytest.mark.slow

figures.setup()
WIDTHS = (1280, 375)
#: Notes each text that is drawn on a canvas, and where: Bokeh draws all but its legends there.
NOTE_TEXTS = """
window.drawnTexts = new Map();
const draw = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, x, y, ...rest) {
    const size = this.measureText(text), at = this.getTransform();
    const edges = [x - size.actualBoundingBoxLeft, x + size.actualBoundingBoxRight]
        .flatMap((px) => [y - size.actualBoundingBoxAscent, y + size.actualBoundingBoxDescent]
            .map((py) => at.transformPoint(new DOMPoint(px, py))));
    if (!window.drawnTexts.has(this.canvas)) window.drawnTexts.set(this.canvas, []);
    window.drawnTexts.get(this.canvas).push({ text, edges });
    return draw.call(this, text, x, y, ...rest);
};
const clear = CanvasRenderingContext2D.prototype.clearRect;
CanvasRenderingContext2D.prototype.clearRect = function (...box) {
    window.drawnTexts.delete(this.canvas);
    return clear.apply(this, box);
};
"""
#: Number of texts on canvases, and those of them and of the legends that are cut by their figure.
CUT = """() => {
    const texts = [...window.drawnTexts].flatMap(([canvas, texts]) =>
        texts.filter(({ text }) => text).map(({ text, edges }) => ({
            text, cut: edges.some(({ x, y }) =>
                x < -1 || y < -1 || x > canvas.width + 1 || y > canvas.height + 1),
        })));
    const plots = [];
    const find = (root, name, found) => {
        for (const element of root.querySelectorAll("*")) {
            if (element.classList.contains(name)) found.push(element);
            if (element.shadowRoot) find(element.shadowRoot, name, found);
        }
        return found;
    };
    const names = find(document, "bk-Figure", []).flatMap((plot) => {
        const box = plot.getBoundingClientRect();
        return find(plot.shadowRoot ?? plot, "bk-Legend", []).flatMap((legend) =>
            find(legend.shadowRoot ?? legend, "bk-label", []).map((label) => {
                const { left, right, top, bottom, width } = label.getBoundingClientRect();
                return {
                    text: label.textContent, width,
                    cut: left < box.left - 1 || right > box.right + 1
                        || top < box.top - 1 || bottom > box.bottom + 1,
                };
            }));
    }).filter(({ width }) => width > 0);
    const cut = [...texts, ...names].filter(({ cut }) => cut).map(({ text }) => text);
    return [texts.length, names.length, [...new Set(cut)]];
}"""
#: Text and ground of the list of basins, which stands in a shadow of the page.
FIELD = """() => {
    const find = (root) => {
        for (const element of root.querySelectorAll("*")) {
            if (element.tagName === "SELECT") return element;
            const inside = element.shadowRoot && find(element.shadowRoot);
            if (inside) return inside;
        }
        return null;
    };
    const { color, backgroundColor } = getComputedStyle(find(document));
    return [color, backgroundColor];
}"""


@pytest.fixture(params=WIDTHS)
def visit(request: pytest.FixtureRequest, browser: Any) -> Iterator[Visit]:
    visit = Visit(browser, width=request.param)
    visit.page.set_default_timeout(120_000)
    visit.page.add_init_script(NOTE_TEXTS)
    yield visit
    visit.context.close()


def region_names() -> list[str]:
    """Names of all regions."""
    paths = sorted((ROOT / "experiments" / "regions").glob("*.yaml"))
    return [load_region(path.stem).name for path in paths]


def gain_bars() -> hv.Overlay:
    rows = [
        {"region": f"{name}, {period}", "model": model, "value": 0.1, "low": -0.2, "high": 0.3}
        for name in region_names()
        for period in words.SETTINGS.values()
        for model in load_options()
    ]
    return figures.gain_bars(pd.DataFrame(rows))


def boxes() -> hv.Layout:
    models = ["local", *load_all_options(), "GR4J, calibrated"]
    scores = {model: np.linspace(-0.9, 0.9, 9) for model in models}
    titles = [f"{name}, {period}" for name in region_names() for period in words.SETTINGS.values()]
    longest = sorted(titles, key=len)[-2:]
    plots = [figures.nse_boxes(scores, title).opts(xrotation=40) for title in longest]
    return hv.Layout(plots).opts(shared_axes=False).cols(2)


def scatter(name: str) -> hv.Overlay:
    models = ["local", *load_options()]
    values = np.linspace(0.05, 0.95, 50)
    frames = [pd.DataFrame(dict.fromkeys(PROPERTIES, values)).assign(model=m) for m in models]
    basins = pd.concat(frames).assign(basin="a basin", NSE=0.5, region="a region")
    return skill_scatter(basins, name, group="model")


def world() -> hv.Overlay:
    paths = (ROOT / "experiments" / "regions").glob("*.yaml")
    regions = [load_region(path.stem) for path in sorted(paths)]
    names = [f"target: {one.name}" for one in regions if one.variant is None]
    places = {"longitude": np.linspace(-170, 170, len(names)), "latitude": 0.0}
    return maps.basin_map(pd.DataFrame({"use": names, "basin": "a basin", **places}), "use")


def test_longest_names_fit_into_figures(visit: Visit, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    drawn = [gain_bars(), boxes(), scatter("aridity"), scatter("snow_fraction"), world()]
    plots = [hv.render(one, backend="bokeh") for one in drawn]
    for plot in [one for root in plots for one in root.select({"type": Plot})]:
        plot.frame_align = False  # each stands alone on its page
    html = file_html(column(*plots, sizing_mode="stretch_width"), INLINE)
    style = "<style>body{margin:0 auto;max-width:672px;padding:16px;box-sizing:border-box}</style>"
    page.write_text(html.replace("</head>", f"{style}</head>"), encoding="utf-8")
    opened = visit.open(page)
    opened.wait_for_timeout(1000)
    texts, names, cut = opened.evaluate(CUT)
    assert texts > 100
    assert names >= 3 + 8 + 8 + 5
    assert cut == [], visit.page.evaluate("document.body.clientWidth")


def test_no_figure_of_the_book_cuts_its_words(book: Path, visit: Visit) -> None:
    cut_on, seen = {}, 0
    for path in sorted((book / "notebooks").glob("*.html")):
        opened = visit.open(path)
        opened.wait_for_timeout(500)
        texts, names, cut = opened.evaluate(CUT)
        seen += texts + names
        assert texts, path.name
        if cut:
            cut_on[path.name] = cut
        wide = opened.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{path.name} is wider than the screen"
    assert seen > 300
    assert cut_on == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_list_of_basins_can_be_read(book: Path, visit: Visit, theme: str) -> None:
    visit.page.add_init_script(f"localStorage.setItem('mode', '{theme}')")
    opened = visit.open(book / "notebooks" / "03-transfer.html")
    assert opened.locator("html").get_attribute("data-theme") == theme
    opened.locator("select").first.wait_for()
    assert opened.evaluate(FIELD) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
