"""Point the Colab, Binder and Edit buttons at files that the repository holds.

The book shows copies of the notebooks that papermill ran into a folder git ignores, and pages of
the packages that Sphinx generates, so the theme's links would lead nowhere. Papermill records where
a copy came from; the page of a package is named after it.
"""

import json
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

AFTER_THE_THEME = 510  # the theme adds its buttons at priority 501


def committed_path(source: Path) -> str | None:
    """What ``source`` was made from, relative to the repository; None if it is committed itself."""
    if source.parent.name == "_generated":
        return f"{source.stem.replace('.', '/')}/__init__.py"
    if source.suffix != ".ipynb":
        return None
    metadata = json.loads(source.read_text(encoding="utf-8"))["metadata"]
    path = metadata.get("papermill", {}).get("input_path")
    return None if path is None else str(path)


def redirect(buttons: list[dict[str, Any]], shown: str, committed: str) -> None:
    """Replace the path ``shown`` by ``committed`` in all addresses, also of nested buttons."""
    for button in buttons:
        if "url" in button:
            button["url"] = str(button["url"]).replace(shown, committed)
        redirect(button.get("buttons", []), shown, committed)


def fix_buttons(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    """Rewrite the header buttons of one page (event ``html-page-context``)."""
    if doctree is None:
        return
    source = Path(app.env.doc2path(pagename))
    committed = committed_path(source)
    if committed is not None:
        folder = str(app.config.html_theme_options.get("path_to_docs", "")).strip("/")
        redirect(
            context.get("header_buttons", []), f"{folder}/{pagename}{source.suffix}", committed
        )


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.connect("html-page-context", fix_buttons, priority=AFTER_THE_THEME)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
