"""Links to the repository, if it has an address; none to a place that does not answer.

The address is ``repository: url`` in ``_config.yml``. With it every page has buttons to the
repository, to edit the page, to report an issue and, if it is a notebook, to run it elsewhere; the
tag ``published`` is set, so that a page may say more (``{only} published``). Without it there is
none of this, and no line to clone.
"""

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from hydrotl.book.address import checked, with_address

BUTTONS = ("use_repository_button", "use_edit_page_button", "use_issues_button")
LAUNCH = {
    "notebook_interface": "jupyterlab",
    "colab_url": "https://colab.research.google.com",
    "binderhub_url": "https://mybinder.org",
}


def address_of(config: Any) -> str:
    """The configured address; Jupyter Book hands it to the theme."""
    return checked(config.html_theme_options.get("repository_url") or "", Path("_config.yml"))


def set_links(app: Sphinx, config: Any) -> None:
    """Give all pages their buttons, or none (event ``config-inited``)."""
    address = address_of(config)
    config.html_theme_options |= {name: bool(address) for name in BUTTONS}
    config.html_theme_options["repository_url"] = address
    config.html_theme_options["launch_buttons"] = LAUNCH if address else {}
    if address:
        app.tags.add("published")


def set_address(app: Sphinx, docname: str, content: list[str]) -> None:
    """Write the address into the text of a page, or take it out (event ``source-read``)."""
    suffix = Path(app.env.doc2path(docname)).suffix
    content[0] = with_address(content[0], suffix, address_of(app.config))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.connect("config-inited", set_links)
    app.connect("source-read", set_address)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
