"""Names and texts from data are shown as they are: in tables, sentences, cards and figures."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml

from hydrotl.book import escape, figures
from hydrotl.book.build import KERNEL_ENVIRONMENT
from hydrotl.book.cards import model_card
from hydrotl.book.pages import data, limits, new_region, performance, rerun, show, table1a
from hydrotl.data.findings import Finding
from hydrotl.data.manifest import load_manifest
from hydrotl.experiments.source import source_folder
from hydrotl_core.weights import load_weights, save_weights
from tests.chromium import chromium
from tests.notebook_cells import cells, text
from tests.project import save_record
from tests.synthetic import ROOT, write_yaml

TAG = "<img src=x onerror=window.hit=1>"
NAMES = [
    TAG,
    "</script><script>window.hit=1</script>",
    "<!--<script>",
    "</td></tr></table><svg/onload=window.hit=1>",
    "\" onmouseover='window.hit=1' x=\"",
    "a & b &lt;i&gt; &#60;i&#62; &amp;",
    "[a](javascript:window.hit=1) ![b](x) [c]: d",
    "*a* _b_ `c` ``d`` $e$ \\f snake_case __g__",
    "`" + TAG + "`",
    "\\`" + TAG + "\\`",
    "{x} {{y}} {0} %s $z",
    "岷江 Río",
]


UNESCAPED = r"set_caption|\bHTML\(|\bMarkdown\(|to_html|(?<!figures)\.style\b"


class Seen(HTMLParser):
    """Text of a page and what in it is more than text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.tags, self.attributes = "", list[str](), list[str]()
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def rendered(markdown: str) -> Seen:
    """What a page shows of Markdown, as the book's own parser reads it, HTML included."""
    parser = pytest.importorskip("markdown_it").MarkdownIt("commonmark")
    return Seen(parser.render(markdown))


@pytest.mark.parametrize("name", NAMES)
def test_text_in_a_sentence_is_shown_as_it_is(name: str) -> None:
    for shown in (escape.plain(name), escape.code(name)):
        seen = rendered(f"- Basin {shown} is wet.")
        assert seen.text.strip() == f"Basin {name} is wet."
        assert set(seen.tags) <= {"ul", "li", "code"}
    assert rendered(f"**{escape.plain(name)}**").text.strip() == name


@pytest.mark.parametrize("name", NAMES)
def test_description_keeps_its_marks_and_has_no_html(name: str) -> None:
    seen = rendered(escape.prose(f"Basins of `gb` are *dry*: {name}"))
    assert seen.tags[:3] == ["p", "code", "em"]
    assert set(seen.tags) <= {"p", "code", "em", "strong", "img", "a"}
    assert set(seen.attributes) <= {"src", "alt", "href"}
    assert "javascript" not in str(seen.attributes)
    if "![b](x)" not in name:
        assert "img" not in seen.tags


def test_lines_stay_in_their_block_of_code() -> None:
    lines = ["hydrotl run '```'", "echo\n```\n# not a heading <b>"]
    seen = rendered(escape.fenced("bash", lines))
    assert seen.text.strip() == "hydrotl run '```'\necho ``` # not a heading <b>"
    assert seen.tags == ["pre", "code"]


def test_table_shows_texts_as_they_are() -> None:
    number = {"a < b": 0.5, "none": np.nan}
    frame = pd.DataFrame({"basin": NAMES, TAG: pd.Categorical(NAMES), **number})
    frame["other"] = pd.Series([Path(name) for name in NAMES], dtype=object)  # no text
    table = show.table(frame, caption=TAG).format("{:.3f}", subset=["a < b"])
    page = table.to_html()
    seen = Seen(page)
    assert not {"img", "svg", "script", "a", "i"} & set(seen.tags)
    assert not {"onerror", "onload", "onmouseover"} & set(seen.attributes)
    for name in NAMES:
        assert seen.text.count(name) >= 3
    assert seen.text.count(TAG) >= 3 + 2  # header and caption
    assert seen.text.count("0.500") == len(NAMES)
    assert seen.text.count(show.MISSING) >= len(NAMES)
    assert list(frame["basin"]) == NAMES  # the frame itself is left alone


def test_table_without_markup_is_left_as_it_was() -> None:
    frame = pd.DataFrame({"basin": ["a", None], "n": pd.array([1, None], "Int64"), "NSE": [0.5, 1]})
    assert escape.cells(frame).astype(object).equals(frame.astype(object))
    assert list(escape.cells(frame).dtypes[1:]) == list(frame.dtypes[1:])


def test_data_set_of_a_manifest_is_shown_as_it_is(project: Path) -> None:
    path = project / "data_manifest.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    key, entry = next(iter(content["datasets"].items()))
    entry |= {"title": TAG, "country": TAG, "licence": TAG, "doi": '10.1234/"><img/src=x>'}
    content["datasets"][key] = entry
    write_yaml(path, content)
    page = show.table(data.dataset_table(), html_columns=[data.LINKED]).to_html()
    seen = Seen(page)
    assert "img" not in seen.tags
    assert "onerror" not in seen.attributes
    assert seen.text.count(TAG) == 3
    assert "a" in seen.tags
    assert "code" in seen.tags
    if not data.at_hand(load_manifest()[key]):
        assert rendered(data.absent_remark([key]).data).text.count(TAG) == 1


def test_sentences_of_the_pages_show_names_as_they_are(published: Path) -> None:
    path = published / "experiments" / "regions" / "target.yaml"
    region = yaml.safe_load(path.read_text(encoding="utf-8"))
    region |= {"title": TAG, "label": TAG, "deviations": [TAG, "of `gb`"]}
    write_yaml(path, region)
    for record in (published / "results" / "target" / "tiny").glob("*.json"):
        record.unlink()  # of other basins
    save_record(published, "tiny", "local", [0.2, 0.4], basins=(TAG, "</b>"))
    said = [
        table1a.about("target"),
        limits.water_balance(pd.DataFrame(), "target", TAG).data,
        rerun.region("target", "03-transfer", {"region": "```\n" + TAG}).data,
        new_region.findings([Finding("value", "doubtful", TAG, TAG, 1.0, TAG, TAG)]).data,
        performance.machines(
            {
                TAG: {
                    "environment": dict.fromkeys(
                        ("neuralhydrology", "gpu", "cpu", "cores", "torch", "date", "code"), TAG
                    )
                    | {"load": 1.0}
                }
            }
        ).data,
    ]
    for markdown in said:
        seen = rendered(markdown)
        assert not {"img", "b", "script"} & set(seen.tags), markdown
        assert TAG in seen.text, markdown
    assert "<code>" in pytest.importorskip("markdown_it").MarkdownIt().render(said[0])


def test_card_shows_what_weights_say_as_it_is(project: Path) -> None:
    folder = source_folder("donor")
    for path in folder.glob("member-*.safetensors"):
        parameters, card = load_weights(path)
        origin = card.provenance | dict.fromkeys(("dataset", "machine", "code", "data_hash"), TAG)
        origin |= dict.fromkeys(("licence", "references", "date"), TAG)
        protocol = card.protocol | {"title": TAG, "recipe": TAG}
        changed = card.model_copy(update={"provenance": origin, "protocol": protocol})
        save_weights(path, parameters, changed)
    seen = rendered(model_card(folder))
    assert "img" not in seen.tags
    assert seen.text.count(TAG) >= 8


def test_title_of_a_figure_has_no_fields_to_fill_in() -> None:
    hv = pytest.importorskip("holoviews")
    figures.setup()
    for name in NAMES:
        plot = hv.render(figures.nse_boxes({"local": [0.1, 0.2]}, name), backend="bokeh")
        assert plot.title.text.split() == name.split(), "in lines, with nothing added"


def test_data_of_a_figure_cannot_end_their_script() -> None:
    content = {"a": {"version": "1", "names": NAMES}}
    before, after = "<script>\n  var docs_json = ", ";\n  if (1 < 2) {}\n</script>"
    page = escape.closed_scripts(f"{before}{json.dumps(content)}{after}")
    assert page.startswith(before)
    assert page.endswith(after)
    written = page[len(before) : -len(after)]
    assert "<" not in written
    assert json.loads(written) == content
    assert escape.closed_scripts("<p>docs_json</p>") == "<p>docs_json</p>"


def test_data_set_itself_is_shown_as_it_is() -> None:
    """xarray's own page of a data set."""
    ds = xr.Dataset({TAG: ("basin", [1.0])}, {"basin": [TAG]}, {TAG: TAG})
    seen = Seen(ds._repr_html_())
    assert "img" not in seen.tags
    assert TAG in seen.text


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda p: p.stem)
def test_notebooks_leave_markup_to_what_escapes(path: Path) -> None:
    """A caption or HTML of their own would not be escaped."""
    for cell in cells(path):
        if cell["cell_type"] == "code":
            assert not re.search(
                r"set_caption|\bHTML\(|\bMarkdown\(|to_html|(?<!figures)\.style\b", text(cell)
            )


SETUP = """
import holoviews as hv, hvplot.pandas, numpy as np, pandas as pd
from hydrotl.book import figures, maps
from hydrotl.book.hydrographs import boxes_with_hydrographs, hydrographs
from hydrotl.book.pages import show
figures.setup()
days = pd.date_range("2001-01-01", periods=30)
flow = pd.DataFrame({"observed": np.arange(30.0), name: np.arange(30.0)}, index=days)
places = pd.DataFrame({"basin": [name, "b"], "longitude": [1, 2], "latitude": [3, 4]})
places["kind"] = [name, "b"]
scores = {name: pd.Series([0.1, 0.2], index=[name, "b"])}
gains = {"region": [name], "model": [name], "value": [0.1], "low": [0.0], "high": [0.2]}
"""
SHOWN = [
    "hydrographs({name: flow, 'b': flow}, {name: name})",
    "boxes_with_hydrographs(scores, {name: flow})",
    "figures.nse_boxes(scores, name)",
    "figures.gain_bars(pd.DataFrame(gains), name)",
    "maps.basin_map(places, 'kind', ['basin'])",
    "places.hvplot.scatter('longitude', 'latitude', hover_cols=['basin'], by='kind')",
    "hv.Layout([hv.Curve([1, 2], label=name), hv.Curve([1, 2])]).cols(1)",
    "show.table(places)",
]


@pytest.mark.slow
def test_shown_figures_hold_any_name_and_run_nothing_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    papermill = pytest.importorskip("papermill")
    for key, value in {**KERNEL_ENVIRONMENT, "PYTHONPATH": str(ROOT)}.items():
        monkeypatch.setenv(key, value)
    notebook = nbformat.v4.new_notebook()
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "P", "language": "python"}
    name = "".join(NAMES[:3])
    sources = [f"name = {name!r}", SETUP, *SHOWN]
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(notebook, tmp_path / "in.ipynb")
    run = papermill.execute_notebook(
        str(tmp_path / "in.ipynb"), str(tmp_path / "out.ipynb"), progress_bar=False
    )
    parts = [
        output["data"]["text/html"]
        for cell in run.cells[2:]
        for output in cell.outputs
        if "text/html" in output.get("data", {})
    ]
    assert len(parts) == len(SHOWN)
    for part in parts:
        seen = Seen(part)
        assert not {"img", "svg"} & set(seen.tags)
        assert seen.tags.count("script") <= 1
    _open_in_a_browser(parts, tmp_path)


def _open_in_a_browser(parts: list[str], folder: Path) -> None:
    """Draw the figures in a real browser; nothing of a name may run."""
    import bokeh
    import panel

    scripts = Path(bokeh.__file__).parent / "server" / "static" / "js"
    sources = [scripts / f"bokeh{part}.min.js" for part in ("", "-gl", "-widgets", "-tables")]
    sources.append(Path(panel.__file__).parent / "dist" / "panel.min.js")
    loaded = "".join(f'<script src="{source.as_uri()}"></script>' for source in sources)
    page = folder / "page.html"
    body = f"{''.join(parts)}<p id=end></p>"
    page.write_text(f"<html><head>{loaded}</head><body>{body}</body></html>", encoding="utf-8")
    with chromium() as browser:
        opened = browser.new_context(offline=True).new_page()
        opened.goto(page.as_uri())
        opened.locator(".bk-Figure").first.wait_for(timeout=60_000)
        opened.wait_for_timeout(3000)
        assert opened.evaluate("window.hit") is None
        assert opened.locator("#end").count() == 1
        assert opened.locator(".bk-Figure").count() >= len(SHOWN) - 1
