"""How to compute a page's full results again: on your own machine, with papermill, in Colab.

The buttons of a page open the committed notebook with its default parameters. A full run needs the
data and the right parameters as well.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from hydrotl.book.address import repository
from hydrotl.book.escape import code, fenced, plain
from hydrotl.book.pages import show
from hydrotl.config import load_region, load_source
from hydrotl.data.manifest import load_manifest

if TYPE_CHECKING:
    from IPython.display import Markdown

DRIVE = "/content/drive/MyDrive/hydrotl-data"


def region_command(region: str) -> str:
    """The command that computes all committed results of a region again."""
    return f"hydrotl sweep paper --region {shlex.quote(region)}"


def hours(records: Iterable[Mapping[str, Any]]) -> str:
    """How long committed results took to compute, in words, and on what.

    Results of the same training are counted once each, as they were computed.
    """
    seconds: dict[str, float] = {}
    for record in records:
        origin = record["provenance"]
        device = "CPU" if origin["device"] == "cpu" else str(origin["device"])
        seconds[device] = seconds.get(device, 0.0) + float(origin["seconds"])
    parts = [f"{_span(spent)} on {device}" for device, spent in sorted(seconds.items())]
    return " and ".join(parts) or "an unknown time"


def minutes_each(records: Iterable[Mapping[str, Any]]) -> str:
    """Minutes of the quickest and the slowest of some trainings, such as ``7 to 56``."""
    minutes = sorted(round(float(r["provenance"]["seconds"]) / 60) for r in records)
    if not minutes:
        return "an unknown number of"
    ends = dict.fromkeys((minutes[0], minutes[-1]))
    return " to ".join(map(str, ends))


def _span(seconds: float) -> str:
    if seconds < 5400:
        return f"{max(1, round(seconds / 60))} minutes"
    return f"{seconds / 3600:.0f} hours"


def check(name: str, notebook: str) -> Markdown:
    """How to compute the check of source ``name`` again."""
    return _instructions(
        notebook, f"hydrotl check {shlex.quote(name)}", load_source(name).dataset, {}
    )


def region(name: str, notebook: str, parameters: Mapping[str, Any]) -> Markdown:
    """How to compute the results of a region again, and its page with ``parameters``."""
    return _instructions(notebook, region_command(name), load_region(name).dataset, parameters)


def _instructions(
    notebook: str, command: str, dataset: str, parameters: Mapping[str, Any]
) -> Markdown:
    """The command, the papermill call of the page, and the cell to put first in Colab.

    Colab is left out while the repository has no address: it would find nothing to open.
    """
    entry = load_manifest()[dataset]
    shell, colab, needs = [command], [f"!{command}"], ""
    if entry.access != "package":  # the data are not installed together with hydrotl
        shell = ["export HYDROTL_DATA=/path/to/data", *shell]
        mount = ["from google.colab import drive", 'drive.mount("/content/drive")']
        colab = [*mount, f"%env HYDROTL_DATA={DRIVE}", *colab]
        needs = f"\n\nThis needs the data set {code(dataset)} ({plain(entry.title)})."
    values = "".join(f" -p {name} {shlex.quote(str(v))}" for name, v in parameters.items())
    shell.append(f"papermill notebooks/{notebook}.ipynb {notebook}-full.ipynb{values}")
    chosen = ", ".join(code(f"{name} = {value!r}") for name, value in parameters.items())
    there = (
        "In Colab (the rocket above opens this notebook there; choose a GPU under Runtime) run the "
        "first cell, then a new one with this, then the rest"
        f"{f', with {chosen} under Parameters' if chosen else ''}.\n\n"
        f"{fenced('ipython3', colab)}"
    )
    return show.remark(
        f"Full results, and this page with them:\n\n{fenced('bash', shell)}\n\n"
        f"{there if repository() else ''}{needs}"
    )
