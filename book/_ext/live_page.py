"""Write the files of the live page into the book: weights, sample rivers and the script."""

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

PAGE = "live"


def write_files(app: Sphinx, exception: Exception | None) -> None:
    """Write them once the page is there (event ``build-finished``)."""
    if exception is not None or app.builder.format != "html" or PAGE not in app.env.found_docs:
        return
    from hydrotl.book.live import SOURCE, write_live
    from hydrotl.paths import project_root

    sources = Path(app.srcdir) / "_live"
    write_live(Path(app.outdir) / "_live", sources, project_root() / "weights" / SOURCE)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.connect("build-finished", write_files)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
