"""A project with one small notebook, to try the making of the book on."""

import re
import shutil
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
TINY = """
import pandas as pd
import hvplot.pandas
from myst_nb import glue

days = pd.date_range("2001-01-01", periods=n_days)
flow = pd.concat(
    [
        pd.DataFrame({"time": days, "flow": [factor * day for day in range(n_days)], "basin": name})
        for name, factor in {"first": 1, "second": 10}.items()
    ]
)
glue("largest", int(flow["flow"].max()), display=False)
flow.hvplot.line(
    x="time", y="flow", groupby="basin", dynamic=False, responsive=True, height=250,
    widget_location="top_left",
)
"""


def write_notebook(path: Path, *cells: str) -> Path:
    """Notebook with the parameter ``n_days`` and code ``cells``."""
    notebook = nbformat.v4.new_notebook()
    notebook.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    parameters = nbformat.v4.new_code_cell("n_days: int = 5")
    parameters.metadata["tags"] = ["parameters"]
    notebook.cells = [
        nbformat.v4.new_markdown_cell("# Tiny\n\nA formula: $x^2$."),
        parameters,
        *(nbformat.v4.new_code_cell(cell) for cell in cells),
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def make_project(root: Path, address: str = "https://github.com/someone/rivers") -> Path:
    """Fill ``root`` with a manifest, a notebook and a book of two pages."""
    (root / "data_manifest.yaml").write_text("version: 1\n", encoding="utf-8")
    write_notebook(root / "notebooks" / "tiny.ipynb", TINY)
    (root / "book").mkdir()
    shutil.copytree(ROOT / "book" / "_ext", root / "book" / "_ext")
    (root / "book" / "_static").mkdir()
    figures = ROOT / "book" / "_static" / "figures.js"
    shutil.copyfile(figures, root / "book" / "_static" / "figures.js")
    (root / "book" / "_templates").mkdir()
    (root / "book" / "_templates" / "packages.rst").touch()  # no pages of packages
    shutil.copyfile(ROOT / "book" / "references.bib", root / "book" / "references.bib")
    config = (ROOT / "_config.yml").read_text(encoding="utf-8")
    config, places = re.subn(r'^  url: ".*"$', f'  url: "{address}"', config, flags=re.MULTILINE)
    assert places == 1
    (root / "_config.yml").write_text(config, encoding="utf-8")
    toc = "format: jb-book\nroot: index\nchapters:\n  - file: notebooks/tiny\n"
    (root / "book" / "_toc.yml").write_text(toc, encoding="utf-8")
    page = "# Front\n\nThe largest is {glue:text}`notebooks/tiny.ipynb::largest:d`.\n"
    page += "\n```bash\nmake book\n```\n"
    (root / "book" / "index.md").write_text(page, encoding="utf-8")
    return root
