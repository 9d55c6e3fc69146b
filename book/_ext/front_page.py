"""Draw the figures of the front page from the committed results, before the pages are read."""

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

FOLDER = "_generated"


def draw(app: Sphinx) -> None:
    """Write them where the front page takes them from (event ``builder-inited``)."""
    from hydrotl.book.pages.front import STUDY, write_front
    from hydrotl.experiments.records import results_dir

    if (results_dir() / STUDY).is_dir():
        write_front(Path(app.srcdir) / FOLDER)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.connect("builder-inited", draw)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
