"""How to make a page's full results again: on one's own machine, with papermill, in Colab.

The buttons of a page open the committed notebook with its default parameters. What a full run
takes besides is the data and the right parameters, and those are taken from the committed records.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hydrotl.book.pages import show
from hydrotl.config import load_region, load_source
from hydrotl.data.manifest import load_manifest

if TYPE_CHECKING:
    from IPython.display import Markdown

DRIVE = "/content/drive/MyDrive/hydrotl-data"


def region_command(region: str) -> str:
    """The command that makes all committed results of a region again."""
    return f"hydrotl sweep paper --region {region}"


def check(name: str, notebook: str) -> Markdown:
    """How to compute the check of source ``name`` again."""
    return instructions(notebook, [f"hydrotl check {name}"], {}, load_source(name).dataset)


def region(name: str, notebook: str, parameters: Mapping[str, Any] | None = None) -> Markdown:
    """How to make the results of a region again, and its page with ``parameters``."""
    dataset = load_region(name).dataset
    return instructions(notebook, [region_command(name)], parameters or {}, dataset)


def instructions(
    notebook: str, commands: Sequence[str], parameters: Mapping[str, Any], dataset: str
) -> Markdown:
    """Commands, the papermill call of the page, and the cell to put first in Colab.

    Parameters
    ----------
    notebook
        File name in ``notebooks/`` without the suffix.
    commands
        Shell commands that write the full results.
    parameters
        Parameters of the notebook for the full run.
    dataset
        Key of the data that it takes.
    """
    entry = load_manifest()[dataset]
    own = entry.access == "package"
    values = "".join(f" -p {name} {_shell(value)}" for name, value in parameters.items())
    lines = ["export HYDROTL_DATA=/path/to/data", *commands]
    lines.append(f"papermill notebooks/{notebook}.ipynb {notebook}-full.ipynb{values}")
    cell = [
        "from google.colab import drive",
        'drive.mount("/content/drive")',
        f"%env HYDROTL_DATA={DRIVE}",
        *(f"!{command}" for command in commands),
    ]
    if own:
        lines, cell = lines[1:], cell[3:]
    text = "Full results, and this page with them:\n\n" + _block("bash", lines)
    text += "\n\nIn Colab (the rocket above opens this notebook there; choose a GPU under Runtime) "
    text += "run the first cell, then a new one with this, then the rest"
    if parameters:
        chosen = ", ".join(f"`{name} = {value!r}`" for name, value in parameters.items())
        text += f", with {chosen} under Parameters"
    text += ".\n\n" + _block("ipython3", cell) if cell else ".\n"
    if not own:
        text += f"\n\nThe data are those of `{dataset}` ({entry.title})."
    return show.remark(text)


def _block(language: str, lines: Sequence[str]) -> str:
    return "\n".join([f"```{language}", *lines, "```"])


def _shell(value: object) -> str:
    import shlex

    return shlex.quote(str(value))
