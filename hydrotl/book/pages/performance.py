"""Page 07: what training costs, read from the results files that ``benchmarks/`` writes.

The tables are made in the notebook; here the files become data frames, and a benchmark that was
not run becomes a frame without rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from hydrotl.book.escape import code, plain
from hydrotl.book.pages import show
from hydrotl.experiments.records import read_record
from hydrotl.paths import project_root

if TYPE_CHECKING:
    from IPython.display import Markdown
    from pandas.io.formats.style import Styler

Records = dict[str, dict[str, Any]]
PAPER = "hydrotl, DropConnect, Adadelta, 5 members"
FAST = "hydrotl, AdamW, bfloat16, 5 members"
PEER = "neuralhydrology, ReLU layer, 5 members, one after another"
#: Those of the throughput benchmark that train five members, and what the page calls them.
PROGRAMS = {
    PAPER: "hydrotl, as the paper",
    "hydrotl, AdamW, 5 members": "hydrotl, as recipe fast, in float32",
    FAST: "hydrotl, as recipe fast",
    "hydrotl, AdamW, 5 members, side by side": "hydrotl, float32, processes that share a GPU",
    "hydrotl, AdamW, bfloat16, 5 members, side by side": (
        "hydrotl, as recipe fast, processes that share a GPU"
    ),
    PEER: "neuralhydrology, ReLU layer",
    "neuralhydrology, default, 5 members, one after another": "neuralhydrology, default",
    "neuralhydrology, ReLU layer, 5 members, side by side": (
        "neuralhydrology, ReLU layer, side by side"
    ),
    "hydroDL kind, 5 members, one after another": "cell by cell, DropConnect",
}


def load(folder: str = "benchmarks/results") -> Records:
    """Results files of ``benchmarks/`` by name, the skill curves as ``time_to_skill/NAME``.

    ``folder`` is one of the project, or the absolute path of results from another machine.
    Benchmarks that were not run are left out.
    """
    root = project_root() / folder
    paths = [*root.glob("*.json"), *root.glob("time_to_skill/*.json")]
    return {
        path.relative_to(root).with_suffix("").as_posix(): read_record(path)
        for path in sorted(paths)
    }


def rows(found: Records, name: str, columns: Mapping[str, str], part: str = "rows") -> pd.DataFrame:
    """One part of a benchmark's record as a data frame; no rows if it was not run.

    ``columns`` maps values of the record to names of columns; a nested value is written with dots,
    such as ``seconds.median``. ``part`` is a key of the record: a list, or a mapping whose keys
    become the value ``name``.
    """
    content = found.get(name, {}).get(part, [])
    if isinstance(content, Mapping):
        content = [{"name": key, **row} for key, row in content.items()]
    return pd.json_normalize(content).reindex(columns=list(columns)).rename(columns=dict(columns))


def skill_levels(found: Records) -> pd.DataFrame:
    """Seconds of training until each level of validation NSE, a column per program or recipe.

    NaN where a level was not reached; the index holds the levels as they are written in the file.
    """
    contestants = found.get("time_to_skill", {}).get("contestants", {})
    levels = {name: run["seconds_to_nse"] for name, run in contestants.items()}
    return pd.DataFrame(levels, dtype=float).rename_axis("NSE")


def skill_curves(found: Records) -> pd.DataFrame:
    """Columns program, minutes, TFLOP (spent so far), updates and validation NSE."""
    points = [
        (name.partition("/")[2], p["seconds"] / 60, p["flops"] / 1e12, p["updates"], p["nse"])
        for name, record in found.items()
        if name.startswith("time_to_skill/")
        for p in record["curve"]
    ]
    return pd.DataFrame(points, columns=["program", "minutes", "TFLOP", "updates", "NSE"])


def absent(name: str) -> Markdown:
    """What stands where a benchmark was not run."""
    return show.remark(f"*Not measured yet: run `python -m benchmarks.{name}`.*")


def table(frame: pd.DataFrame, name: str, digits: int) -> Styler | Markdown:
    """``frame`` without rows of which nothing was measured, or the remark that nothing was."""
    measured = frame.dropna(how="all")
    return absent(name) if measured.empty else show.table(measured, digits)


def machines(found: Records) -> Markdown:
    """Where and when each benchmark was run; those of one machine and version together."""
    runs = []
    for name, record in found.items():
        place = record.get("environment")
        if place is not None:
            peers = f"neuralhydrology {place['neuralhydrology']}, " * bool(place["neuralhydrology"])
            text = (
                f"{place['gpu'] or place['cpu']}, {place['cores']} cores, torch {place['torch']}, "
                f"{peers}{place['date']}, hydrotl {place['code']}"
            )
            runs.append((plain(text), code(name), float(place["load"])))
    if not runs:
        return absent("all")
    places = pd.DataFrame(runs, columns=["text", "names", "load"]).groupby("text", sort=False)
    lines = [
        f"{', '.join(those['names'])}: {text}; load at the start at most {those['load'].max()}"
        for text, those in places
    ]
    return show.remark(
        "Results files and where they were measured. Machines differ in more than speed: only "
        "some compute in bfloat16, which the recipe `fast` uses.\n\n" + show.bullets(lines)
    )


def finding(ratio: pd.Series, hours: float, nse: float) -> str:
    """The page's finding in a sentence.

    ``ratio`` is neuralhydrology's time of an update over hydrotl's with the same arithmetic, by
    size; ``hours`` and ``nse`` are those of the complete run of recipe ``fast``.
    """
    said = []
    if ratio.notna().any():
        said.append(
            f"An update takes neuralhydrology {ratio.min():.1f} to {ratio.max():.1f} times as long "
            "as hydrotl with the same arithmetic."
        )
    if pd.notna(hours):
        said.append(
            f"A complete run of recipe fast, one member, takes {60 * hours:.0f} minutes and "
            f"reaches a median NSE of {nse:.2f} in the validation years."
        )
    return " ".join(said) or "Nothing is measured yet."
