"""End each notebook's page with its references, and a hint where to try the model."""

from typing import Any

from sphinx.application import Sphinx

from hydrotl.book.cited import with_closing


def add_closing(app: Sphinx, docname: str, content: list[str]) -> None:
    """Add the closing cell (event ``source-read``)."""
    if app.env.doc2path(docname).endswith(".ipynb"):
        content[0] = with_closing(content[0], docname)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.connect("source-read", add_closing)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
