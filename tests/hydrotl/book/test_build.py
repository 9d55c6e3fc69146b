"""Running notebooks, building the book, and pages that ask no other host."""

import importlib.util
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from hydrotl.book.build import BUILT_WITH, build_book, run_notebooks
from hydrotl.experiments.records import read_record, results_dir
from hydrotl_core.errors import ConfigError, HydroTLError
from tests.book_project import ROOT, make_project, write_notebook


def load(path: Path) -> ModuleType:
    """Module in a file outside any package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


outside_requests = load(ROOT / "book" / "_ext" / "outside_requests.py").outside_requests


def text_outputs(notebook: Path) -> str:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return "".join("".join(output.get("text", [])) for output in outputs)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HYDROTL_ROOT", str(tmp_path))
    monkeypatch.setenv("HYDROTL_DATA", str(tmp_path / "data"))
    (tmp_path / "data_manifest.yaml").write_text("version: 1\n", encoding="utf-8")
    code = "import os\nfrom IPython.display import publish_display_data\n"
    code += "publish_display_data(data={})  # as HoloViews does\n"
    code += "print(n_days * 2, os.environ['PANEL_EMBED'], os.environ['OMP_NUM_THREADS'])"
    write_notebook(tmp_path / "notebooks" / "one.ipynb", code)
    return tmp_path


def test_notebook_runs_with_its_parameters(project: Path) -> None:
    (output,) = run_notebooks({"one": {"n_days": 21}})
    assert output == project / "book" / "notebooks" / "one.ipynb"
    assert text_outputs(output) == "42 true 1\n"
    content = json.loads(output.read_text(encoding="utf-8"))
    shown = [one for cell in content["cells"] for one in cell.get("outputs", [])]
    assert [one["output_type"] for one in shown] == ["stream"], "nothing empty is kept"
    assert content["metadata"]["papermill"]["input_path"] == "notebooks/one.ipynb"
    assert f"{BUILT_WITH}\nn_days = 21\n" in ["".join(cell["source"]) for cell in content["cells"]]
    assert [path.name for path in output.parent.iterdir()] == ["one.ipynb"]


@pytest.mark.slow
def test_notebook_runs_again_only_after_a_change(project: Path) -> None:
    def when(parameters: dict[str, dict[str, Any]], force: bool = False) -> int:
        (output,) = run_notebooks(parameters, force=force)
        return output.stat().st_mtime_ns

    first = when({"one": {"n_days": 1}})
    assert when({"one": {"n_days": 1}}) == first
    second = when({"one": {"n_days": 2}})
    assert second > first
    (project / "results").mkdir()
    (project / "results" / "new.json").write_text("{}", encoding="utf-8")
    third = when({"one": {"n_days": 2}})
    assert third > second
    assert when({"one": {"n_days": 2}}, force=True) > third


@pytest.mark.slow
def test_data_that_appear_make_a_notebook_stale(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = "version: 1\ndatasets:\n  mine: {folder: rivers}\n"
    (project / "data_manifest.yaml").write_text(manifest, encoding="utf-8")
    (before,) = run_notebooks({})
    old = before.read_bytes()
    (project / "data" / "rivers").mkdir(parents=True)
    (after,) = run_notebooks({})
    assert after.read_bytes() != old


def test_unknown_parameter_stops(project: Path) -> None:
    with pytest.raises(ConfigError, match=r"one\.ipynb has no parameter n_day; .* has n_days"):
        run_notebooks({"one": {"n_day": 3}})


def test_unknown_notebook_stops(project: Path) -> None:
    with pytest.raises(ConfigError, match=r"no notebook two .*there are one"):
        run_notebooks({"two": {}})
    with pytest.raises(ConfigError, match="no notebook two"):
        run_notebooks({}, names=["two"])


def test_parameter_file_of_another_shape_stops(project: Path, tmp_path: Path) -> None:
    path = tmp_path / "parameters.yaml"
    path.write_text("one: [1, 2]\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="must map notebook names"):
        run_notebooks(path)


@pytest.mark.slow
def test_failed_notebook_keeps_the_last_good_copy(project: Path) -> None:
    (output,) = run_notebooks({"one": {"n_days": 21}})
    good = output.read_bytes()
    write_notebook(project / "notebooks" / "one.ipynb", "1 + 1", "raise OSError('disk is full')")
    with pytest.raises(HydroTLError, match=r"one\.ipynb, cell 4: OSError: disk is full"):
        run_notebooks({})
    assert output.read_bytes() == good


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The tiny project, run and built."""
    root = make_project(tmp_path_factory.mktemp("tiny"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HYDROTL_ROOT", str(root))
        run_notebooks({"tiny": {"n_days": 7}})
        assert build_book() == root / "_build" / "html" / "index.html"
        yield root


@pytest.mark.slow
def test_front_page_shows_the_number_of_the_notebook(built: Path) -> None:
    page = (built / "_build" / "html" / "index.html").read_text(encoding="utf-8")
    assert re.search(r"The largest is\s*<span class=\"pasted-text\">60</span>", page)


def links_of(page: Path) -> set[str]:
    """Addresses of other hosts that a page links to."""
    return set(re.findall(r'<a [^>]*href="(https:[^"]*)"', page.read_text(encoding="utf-8")))


@pytest.mark.slow
def test_without_an_address_no_button_leads_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_project(tmp_path, address="")
    monkeypatch.setenv("HYDROTL_ROOT", str(root))
    run_notebooks({"tiny": {"n_days": 7}})
    html = build_book().parent
    for page in (html / "index.html", html / "notebooks" / "tiny.html"):
        elsewhere = {link for link in links_of(page) if "sphinx" not in link}
        assert elsewhere == set()
        text = re.sub(r"<[^>]*>", "", page.read_text(encoding="utf-8"))
        assert "git clone" not in text
        assert ("make book" in text) == (page.name == "index.html")


def test_front_page_says_what_to_clone(built: Path) -> None:
    page = (built / "_build" / "html" / "index.html").read_text(encoding="utf-8")
    text = re.sub(r"<[^>]*>", "", page)
    assert "git clone https://github.com/someone/rivers &amp;&amp; cd rivers\nmake book" in text


def test_buttons_lead_to_the_committed_notebook(built: Path) -> None:
    page = built / "_build" / "html" / "notebooks" / "tiny.html"
    outside = {link for link in links_of(page) if link.endswith("tiny.ipynb")}
    repository = "someone/rivers"
    assert outside == {
        f"https://colab.research.google.com/github/{repository}/blob/main/notebooks/tiny.ipynb",
        f"https://mybinder.org/v2/gh/{repository}/main?urlpath=lab/tree/notebooks/tiny.ipynb",
        f"https://github.com/{repository}/edit/main/notebooks/tiny.ipynb",
    }


def test_built_pages_ask_no_other_host(built: Path) -> None:
    html = built / "_build" / "html"
    assert outside_requests(html) == []
    (figure,) = (html / "_static" / "figures").iterdir()
    page = (html / "notebooks" / "tiny.html").read_text(encoding="utf-8")
    assert f'data-src="../_static/figures/{figure.name}"' in page
    page += figure.read_text(encoding="utf-8")
    assert "cdn." not in page
    local = set(re.findall(r"\.\./(_static/offline/[\w./%@-]+)", page))
    assert {f"_static/offline/bokeh/bokeh{part}.min.js" for part in ("", "-widgets")} <= local
    assert all((html / path.replace("%5E", "^")).is_file() for path in local)


def test_pages_tell_nothing_of_the_machine(built: Path) -> None:
    for page in (built / "_build" / "html").rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert str(built) not in text
        assert sys.prefix not in text


@pytest.mark.slow
def test_warning_fails_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_project(tmp_path)
    monkeypatch.setenv("HYDROTL_ROOT", str(root))
    with pytest.raises(HydroTLError, match="the book was not built"):
        build_book()  # the notebook did not run: the number of the front page is missing


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://cdn.example.org/a.js"></script>',
        '<script src="//cdn.example.org/a.js"></script>',
        '<link rel="stylesheet" href="https://example.org/a.css">',
        '<link rel="preconnect" href="https://example.org">',
        '<img src="https://example.org/badge.svg" alt="">',
        '<iframe src="https://example.org"></iframe>',
        '<p style="background: url(https://example.org/a.png)"></p>',
        '<style>@import "https://example.org/a.css";</style>',
        '<script type="module">import x from "https://example.org/x";</script>',
        '<script>import("https://example.org/x")</script>',
        '<script>const js_urls = ["https://example.org/lib/a.min.js"];</script>',
        '<script type="application/json">{"url":"https://tile.example.org/{Z}/{X}/{Y}.png"}</script>',
    ],
)
def test_outside_request_is_found(tmp_path: Path, html: str) -> None:
    (tmp_path / "index.html").write_text(f"<html><body>{html}</body></html>", encoding="utf-8")
    (found,) = outside_requests(tmp_path)
    assert found[0] == Path("index.html")
    assert "example.org" in found[1]


@pytest.mark.parametrize(
    "html",
    [
        '<a href="https://example.org/a.js">a link to click</a>',
        '<link rel="canonical" href="https://example.org/index.html">',
        '<script src="_static/a.js"></script><img src="data:image/png;base64,AAAA" alt="">',
        '<script>const note = "see https://example.org/manual for more";</script>',
        "<pre>import 'https://example.org/a.js'</pre>",
    ],
)
def test_what_a_page_does_not_fetch_is_no_request(tmp_path: Path, html: str) -> None:
    (tmp_path / "index.html").write_text(f"<html><body>{html}</body></html>", encoding="utf-8")
    assert outside_requests(tmp_path) == []


def test_outside_request_of_a_style_sheet_is_found(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<html></html>", encoding="utf-8")
    style = "@font-face {src: url('https://example.org/a.woff2')} a {background: url(local.png)}"
    (tmp_path / "a.css").write_text(style, encoding="utf-8")
    assert outside_requests(tmp_path) == [(Path("a.css"), "https://example.org/a.woff2")]


def test_folder_without_a_book_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="make book"):
        outside_requests(tmp_path)


def test_page_of_another_bokeh_is_refused(tmp_path: Path) -> None:
    offline = load(ROOT / "book" / "_ext" / "offline_assets.py")
    text = '"https://cdn.bokeh.org/bokeh/release/bokeh-1.0.0.min.js"'
    with pytest.raises(offline.ExtensionError, match=r"run with bokeh 1\.0\.0"):
        offline.localise(text, tmp_path / "index.html", tmp_path)


def test_drawing_shows_the_declared_options() -> None:
    drawing = load(ROOT / "book" / "_figures" / "transfer_options.py")
    declared = (ROOT / "experiments" / "options.yaml").read_text(encoding="utf-8")
    svg = drawing.draw(yaml.safe_load(declared))
    assert drawing.TARGET.read_text(encoding="utf-8") == svg, f"run {drawing.__file__}"
    assert [svg.count(f">{words}<") for _, _, words in drawing.STATES.values()] == [3, 6, 3]


def test_the_finding_is_drawn_from_the_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYDROTL_ROOT", str(ROOT))  # other tests work in a project of their own
    drawing = load(ROOT / "book" / "_figures" / "finding.py")
    svg = drawing.draw()
    assert drawing.TARGET.read_text(encoding="utf-8") == svg, f"run {drawing.__file__}"
    record = read_record(results_dir() / "gb" / "fast-many" / "multi-year_TL-c.json")
    assert drawing.medians("gb", "multi-year")["TL-c"] == record["nse_median"]
    assert svg.count("<title>GR4J</title>") == 1 + 2 * len(drawing.REGIONS)


def notebooks_of_the_book() -> list[str]:
    toc = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text(encoding="utf-8"))
    files = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    return [name.removeprefix("notebooks/") for name in files if name.startswith("notebooks/")]


def test_book_holds_every_notebook() -> None:
    committed = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
    assert sorted(notebooks_of_the_book()) == committed


def test_quick_parameters_exist() -> None:
    import papermill

    quick = yaml.safe_load((ROOT / "book" / "quick.yaml").read_text(encoding="utf-8")) or {}
    for name, values in quick.items():
        known = papermill.inspect_notebook(str(ROOT / "notebooks" / f"{name}.ipynb"))
        assert set(values or {}) <= set(known), name
