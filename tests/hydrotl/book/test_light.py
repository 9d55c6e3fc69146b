"""Built pages without what their first view does not need."""

import json
from typing import Any

from hydrotl.book.light import lightened

BOKEH = "https://cdn.bokeh.org/bokeh/release/bokeh-3.9.2.min.js"
WIDGETS = "https://cdn.bokeh.org/bokeh/release/bokeh-widgets-3.9.2.min.js"
TABLES = "https://cdn.bokeh.org/bokeh/release/bokeh-tables-3.9.2.min.js"
GL = "https://cdn.bokeh.org/bokeh/release/bokeh-gl-3.9.2.min.js"
PANEL = "https://cdn.holoviz.org/panel/1.9.4/dist/panel.min.js"
SHIMS = "https://cdn.holoviz.org/panel/1.9.4/dist/bundled/es-module-shims.min.js"
OTHER = "https://cdn.holoviz.org/panel/1.9.4/dist/bundled/datatabulator/tabulator.min.js"
HOLOVIEWS = [SHIMS, BOKEH, GL, WIDGETS, TABLES, PANEL]


def model(name: str, **attributes: Any) -> dict[str, Any]:
    return {"type": "object", "name": name, "id": "root", "attributes": attributes}


def script(code: str, kind: str = "application/javascript") -> str:
    return f'<script type="{kind}">{code}</script>'


def loader(*urls: str) -> str:
    kernel = script("function JupyterCommManager() {}")
    return script('{"shimMode": true}', "esms-options") + script(
        f"const js_urls = {json.dumps(urls)};\n"
    ) + kernel  # fmt: skip


def figure(place: str, *roots: dict[str, Any]) -> str:
    docs = {"doc": {"version": "3.9.2", "roots": list(roots)}}
    text = json.dumps(docs).replace("</", "<\\/")  # as within a page
    items = [{"docid": "doc", "roots": {roots[0]["id"]: place}}]
    return f'<div id="{place}"></div>' + script(
        f"  var docs_json = {text};\n  var render_items = {json.dumps(items)};\n"
    )


def needs(*roots: dict[str, Any], offered: list[str] = HOLOVIEWS) -> list[str]:
    light = lightened(loader(*offered) + figure("here", *roots), "page", "figures")
    return light.text.split('data-needs="')[1].split('"')[0].split()


def test_a_figure_becomes_a_file_and_its_place_stays() -> None:
    plot = model("Figure", height=340, output_backend="webgl", title="a </script> \u2028 b")
    text = loader(*HOLOVIEWS) + figure("here", model("Row", children=[plot]))
    light = lightened("<p>before</p>" + text + "<p>after</p>", "notebooks-a", "../figures")
    assert list(light.figures) == ["notebooks-a-1"]
    assert light.text.startswith(
        '<p>before</p><div id="here"></div><div class="figure-data" hidden'
    )
    assert light.text.endswith("</div><p>after</p>")
    assert 'data-src="../figures/notebooks-a-1.js"' in light.text
    assert 'data-roots="root"' in light.text
    assert 'data-height="340"' in light.text
    assert "<script" not in light.text
    content = light.figures["notebooks-a-1"]
    start = '(window.figureData ??= {})["notebooks-a-1"] = '
    assert content.startswith(start)
    assert "\u2028" not in content
    docs, items = json.loads(content.removeprefix(start).removesuffix(";\n"))
    drawn = docs["doc"]["roots"][0]["attributes"]["children"][0]["attributes"]
    assert drawn == plot["attributes"] | {"output_backend": "canvas"}
    assert items[0]["roots"] == {"root": "here"}


def test_only_the_files_are_named_that_the_models_come_from() -> None:
    plot = model("Figure")
    assert needs(plot) == [BOKEH]
    assert needs(model("Row", children=[plot, model("Select")])) == [BOKEH, WIDGETS]
    assert needs(model("Column", children=[model("DataTable")])) == [BOKEH, WIDGETS, TABLES]
    assert needs(model("panel.models.layout.Card", children=[plot])) == [
        BOKEH,
        WIDGETS,
        TABLES,
        PANEL,
    ]
    assert needs(plot, offered=[BOKEH, OTHER]) == [BOKEH, OTHER]  # what is not known is kept


def test_what_only_a_kernel_needs_is_left_out() -> None:
    kernel = figure("nowhere", model("panel.models.browser.BrowserInfo"))
    light = lightened(loader(*HOLOVIEWS) + kernel + figure("here", model("Figure")), "a", "f")
    assert list(light.figures) == ["a-1"]
    assert "nowhere" not in "".join(light.figures.values())


def test_height_is_that_of_the_rows_of_a_figure() -> None:
    plot, low = model("Figure", height=200), model("Figure", min_height=50)
    grid = model("GridPlot", children=[[plot, 0, 0], [low, 0, 1], [low, 1, 0]])
    for root, height in {
        "grid": (grid, 250),
        "column": (model("Column", children=[plot, low]), 250),
        "row": (model("Row", children=[plot, low]), 200),
        "unsaid": (model("Column", children=[model("Figure"), model("Select")]), 300),
    }.values():
        light = lightened(loader(BOKEH) + figure("here", root), "a", "f")
        assert f'data-height="{height}"' in light.text


def test_scripts_of_the_theme_without_use_are_left_out() -> None:
    scripts = (
        '<script defer src="_static/scripts/fontawesome.js?digest=1"></script>'
        '<script src="_static/searchtools.js"></script>'
        '<script src="_static/language_data.js"></script>'
        '<script src="searchindex.js"></script>'
    )
    kept = '<script src="_static/tables.js"></script>'
    assert lightened(scripts + kept, "index", "f").text == kept
    assert lightened(scripts + kept, "search", "f").text == scripts + kept


def test_mathjax_is_named_on_pages_with_formulas_only() -> None:
    program = '<script defer="defer" src="_static/offline/mathjax/startup.js"></script>'
    assert lightened(f"{program}<p>no math</p>", "a", "f").text == "<p>no math</p>"
    formula = '<div class="math notranslate">x</div>'
    meta = '<meta name="formulas" content="_static/offline/mathjax/startup.js">'
    assert lightened(program + formula, "a", "f").text == meta + formula


def test_other_scripts_of_a_page_stay() -> None:
    own = script("const mine = 1;")
    assert lightened(own, "a", "f").text == own
    assert own in lightened(loader(BOKEH) + own, "a", "f").text
