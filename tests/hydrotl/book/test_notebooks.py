"""The notebooks: their form, cells in the open and short, and each one runs."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from hydrotl.book.build import run_notebooks
from hydrotl_core.errors import ConfigError
from tests.book_project import ROOT
from tests.notebook_cells import cells, parsed, text

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NAMES = [
    "00-model",
    "01-data",
    "02-source",
    "03-transfer",
    "04-source-size",
    "05-process-based",
    "06-new-region",
    "07-performance",
    "08-limits",
    "09-sensitivity",
    "10-beyond",
    "11-uncertainty",
]
TYPES = {"bool", "int", "float", "str", "list", "dict"}
# What hides the analysis from a reader who goes from cell to cell.
HIDING = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Lambda,
    ast.For,
    ast.While,
    ast.With,
    ast.Try,
)
LIBRARIES = {
    "hydrotl",
    "hydrotl_core",
    "numpy",
    "pandas",
    "xarray",
    "torch",
    "holoviews",
    "hvplot",
}
MOST_LINES = 30  # of at most 76 characters, as the formatter wraps them


def tagged(path: Path, tag: str) -> list[dict[str, Any]]:
    return [cell for cell in cells(path) if tag in cell["metadata"].get("tags", [])]


def test_there_is_one_notebook_per_section() -> None:
    assert [path.stem for path in NOTEBOOKS] == NAMES


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_parameters_are_typed_values(path: Path) -> None:
    (cell,) = tagged(path, "parameters")
    statements = parsed(cell).body
    assert statements
    for statement in statements:
        assert isinstance(statement, ast.AnnAssign), ast.unparse(statement)
        names = {n.id for n in ast.walk(statement.annotation) if isinstance(n, ast.Name)}
        assert names <= TYPES
        assert statement.value is not None
        ast.literal_eval(statement.value)


@pytest.mark.parametrize("path", NOTEBOOKS[3:7], ids=NAMES[3:7])
def test_notebook_that_trains_has_a_recipe_and_a_field_for_each_parameter(path: Path) -> None:
    """Colab makes a form of comments that start with @param, a field for a line."""
    (cell,) = tagged(path, "parameters")
    names = [ast.unparse(s.target) for s in parsed(cell).body if isinstance(s, ast.AnnAssign)]
    assert "recipe" in names
    fields = re.findall(r"^(\w+): .+ = .+  # @param (?:\{type:\"\w+\"\}|\[.+\])$", text(cell), re.M)
    assert fields == names
    used = [text(c) for c in cells(path) if "recipe" in text(c) and c["cell_type"] == "code"]
    assert len(used) > 1


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_notebook_is_stripped_and_starts_with_text(path: Path) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["metadata"]["kernelspec"]["name"] == "python3"
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None
    first = content["cells"][0]
    assert first["cell_type"] == "markdown"
    title, *paragraphs = text(first).split("\n\n")
    assert title.startswith("# ")
    assert len(" ".join(paragraphs).split()) > 60


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_every_page_starts_with_the_same_setup(path: Path) -> None:
    setup = next(cell for cell in cells(path) if cell["cell_type"] == "code")
    assert text(setup) == text(cells(NOTEBOOKS[0])[1])
    assert "google.colab" in text(setup)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_cells_are_short_and_hide_no_logic(path: Path) -> None:
    """Expressions, selections and plot calls stand in the open; functions and loops do not."""
    _, *rest = [cell for cell in cells(path) if cell["cell_type"] == "code"]
    for cell in rest:
        if "parameters" not in cell["metadata"].get("tags", []):
            assert len(text(cell).splitlines()) <= MOST_LINES, text(cell)
        for node in ast.walk(parsed(cell)):
            assert not isinstance(node, HIDING), ast.unparse(node)
            modules = []
            if isinstance(node, ast.ImportFrom):
                modules = [node.module or ""]
            elif isinstance(node, ast.Import):
                modules = [name.name for name in node.names]
            assert {module.partition(".")[0] for module in modules} <= LIBRARIES


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_prose_types_no_score(path: Path) -> None:
    prose = "\n".join(text(cell) for cell in cells(path) if cell["cell_type"] == "markdown")
    assert re.findall(r"\b\d\.\d+", prose) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_a_box_says_what_was_asked_and_found_and_what_a_rerun_takes(path: Path) -> None:
    """It stands in the first cell, and quotes what the page names with one call at its end."""
    box = text(cells(path)[0]).partition(":::{admonition} In brief")[2].partition("\n:::\n")[0]
    starts = re.findall(r"^- \*\*(.+?):?\*\*", box, re.MULTILINE)
    assert starts == ["Asked", "Found", "A rerun takes", "It needs"]
    code = "\n".join(text(cell) for cell in cells(path) if cell["cell_type"] == "code")
    (page,) = re.findall(r"^brief\.tell\(\s*\"(\w+)\"", code, re.MULTILINE)
    quoted = set(re.findall(r"\{glue:text\}`(\w+):s`", box))
    assert f"{page}_found" in quoted
    assert quoted <= {f"{page}_found", f"{page}_took"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_figures_have_a_caption_and_words_and_the_text_refers_to_them(path: Path) -> None:
    prose = "\n".join(text(cell) for cell in cells(path) if cell["cell_type"] == "markdown")
    named = []
    for cell in cells(path):
        figure = cell["metadata"].get("mystnb", {}).get("figure")
        described = cell["cell_type"] == "code" and "figures.describe(" in text(cell)
        assert described == (figure is not None), text(cell)
        if figure is not None:
            assert figure["caption"].endswith(".")
            named.append(figure["name"])
    assert named
    assert len(set(named)) == len(named)
    referred = re.findall(r"\{numref\}`([\w-]+)`", prose)
    assert set(referred) == set(named)


def test_unknown_parameter_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"03-transfer\.ipynb has no parameter epocs"):
        run_notebooks({"03-transfer": {"epocs": 3}}, names=["03-transfer"])


def quoted_names() -> dict[str, set[str]]:
    """Names that the book's pages quote from each notebook."""
    found: dict[str, set[str]] = {name: set() for name in NAMES}
    for page in (ROOT / "book").glob("*.md"):
        pattern = r"notebooks/([\w-]+)\.ipynb::(\w+)"
        for notebook, name in re.findall(pattern, page.read_text(encoding="utf-8")):
            found[notebook].add(name)
    return found


@pytest.fixture(scope="module")
def executed() -> dict[str, list[dict[str, Any]]]:
    """Cells of every notebook with outputs; what the book has run already is not run again."""
    return {path.stem: cells(path) for path in run_notebooks(jobs=2)}


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_notebook_runs_and_names_what_the_book_quotes(
    name: str, executed: dict[str, list[dict[str, Any]]]
) -> None:
    outputs = [output for cell in executed[name] for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output["output_type"] == "error"]
    named = {
        output["metadata"]["scrapbook"]["name"]
        for output in outputs
        if "scrapbook" in output.get("metadata", {})
    }
    assert quoted_names()[name] <= named
    figures = [o for o in outputs if "application/vnd.holoviews_exec.v0+json" in o.get("data", {})]
    assert len(figures) >= 2
