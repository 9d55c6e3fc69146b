"""Section 7: what training costs, from the results that ``benchmarks/`` writes."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from hydrotl.book.pages import show
from hydrotl.experiments.records import read_record
from hydrotl.paths import project_root

if TYPE_CHECKING:
    from IPython.display import Markdown
    from pandas.io.formats.style import Styler

Shown = TypeVar("Shown")
Record = dict[str, Any]
Records = dict[str, Record]
OWN = "hydrotl, DropConnect, Adadelta, 5 members"
LOWERED = "hydrotl, AdamW, bfloat16, 5 members"
PEER = "neuralhydrology, ReLU layer, 5 members, one after another"
CONTESTANTS = {
    OWN: "hydrotl, as the paper",
    "hydrotl, AdamW, 5 members": "hydrotl, as recipe fast, in float32",
    LOWERED: "hydrotl, as recipe fast",
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

    ``folder`` is one of the project, or the absolute path of results from another machine. What
    was not measured is not there.
    """
    root = project_root() / folder
    paths = [*root.glob("*.json"), *root.glob("time_to_skill/*.json")]
    return {
        path.relative_to(root).with_suffix("").as_posix(): read_record(path)
        for path in sorted(paths)
    }


def absent(name: str) -> Markdown:
    """What stands where a benchmark was not run."""
    return show.remark(f"*Not measured: `python -m benchmarks.{name}` does.*")


def needs(
    name: str,
) -> Callable[[Callable[[Record], Shown]], Callable[[Records], Shown | Markdown]]:
    """What a function shows of the record ``name``, or the remark that it was not measured."""

    def wrap(function: Callable[[Record], Shown]) -> Callable[[Records], Shown | Markdown]:
        @wraps(function)
        def shown(found: Records) -> Shown | Markdown:
            record = found.get(name)
            return absent(name) if record is None else function(record)

        return shown

    return wrap


def machines(found: Records) -> Markdown:
    """Where and when each benchmark was run; those of one machine and version together."""
    names: dict[str, list[str]] = {}
    loads: dict[str, float] = {}
    for name, record in found.items():
        place = record.get("environment")
        if place is not None:
            peers = f"neuralhydrology {place['neuralhydrology']}, " * bool(place["neuralhydrology"])
            text = (
                f"{place['gpu'] or place['cpu']}, {place['cores']} cores, torch {place['torch']}, "
                f"{peers}{place['date']}, hydrotl {place['code']}"
            )
            names.setdefault(text, []).append(f"`{name}`")
            loads[text] = max(loads.get(text, 0.0), place["load"])
    if not names:
        return absent("all")
    lines = [
        f"{', '.join(those)}: {text}; load at the start at most {loads[text]}"
        for text, those in names.items()
    ]
    return show.remark(
        "Results files and where they were measured. Machines differ in more than speed: only "
        "some compute in bfloat16, which the recipe `fast` uses.\n\n" + show.bullets(lines)
    )


def _times(record: Record) -> pd.DataFrame:
    """Median seconds per update of five members: a row per size, a column per contestant."""
    rows = pd.DataFrame(
        {
            "hidden": row["hidden"],
            "batch": row["batch"],
            "contestant": row["contestant"],
            "seconds": row["seconds_per_update"]["median"],
        }
        for row in record["rows"]
        if row["contestant"] in CONTESTANTS
    )
    times = rows.pivot(index=["hidden", "batch"], columns="contestant", values="seconds")
    return times[[key for key in CONTESTANTS if key in times]]


def _by_size(times: pd.DataFrame, rows: dict[str, pd.Series]) -> pd.DataFrame:
    """A row per name, a column per hidden size and batch."""
    sizes = [f"H {hidden}, B {batch}" for hidden, batch in times.index]
    frame = pd.DataFrame({name: row.to_numpy() for name, row in rows.items()}, index=sizes).T
    return frame.rename_axis("").reset_index()


@needs("throughput")
def speed_table(record: Record) -> Styler:
    """Milliseconds in which all of five members take one update."""
    times = _times(record)
    rows = {text: 1e3 * times[key] for key, text in CONTESTANTS.items() if key in times}
    return show.table(_by_size(times, rows), digits=0)


@needs("throughput")
def speed_ratios(record: Record) -> Styler:
    """How many times the peers' time is hydrotl's (same first layer, DropConnect), per size."""
    times = _times(record)
    rows = {
        text: times[key] / times[OWN]
        for key, text in CONTESTANTS.items()
        if key in times and not key.startswith("hydrotl")
    }
    if LOWERED in times:
        rows["neuralhydrology, ReLU layer, over recipe fast"] = times[PEER] / times[LOWERED]
    return show.table(_by_size(times, rows), digits=2)


@needs("throughput")
def option_table(record: Record) -> Styler:
    """Milliseconds of an update with less and less frozen, and TL-c's over TL-a's."""
    rows = [
        {
            "training": row["training"],
            "H": row["hidden"],
            "batch": row["batch"],
            "days": row["window"],
            **{f"{o}, ms": 1e3 * v["median"] for o, v in row["seconds_per_update"].items()},
            "TL-c over TL-a": row["over_tl_a"]["TL-c"],
        }
        for row in record["transfer_options"]
    ]
    return show.table(pd.DataFrame(rows), digits=2)


@needs("frozen")
def frozen_table(record: Record) -> Styler:
    """An update of TL-a with the library's LSTM against one that skips the weight gradients."""
    rows = [
        {
            "H": row["hidden"],
            "batch": row["batch"],
            "library, ms": 1e3 * row["seconds"]["library"]["median"],
            "by hand, ms": 1e3 * row["seconds"]["by hand"]["median"],
            "library over by hand": row["library_over_hand"],
        }
        for row in record["rows"]
    ]
    return show.table(pd.DataFrame(rows), digits=2)


@needs("rate")
def rate_table(record: Record) -> Styler:
    """Arithmetic of five members' training over that of plain matrix products."""
    rows = [
        {
            "size": size,
            "GFLOP/s": row["gflops"]["median"],
            "of attainable, %": 100 * row["of_attainable"],
        }
        for size, row in record["training"].items()
    ]
    return show.table(pd.DataFrame(rows), digits=0)


@needs("breakdown")
def breakdown_table(record: Record) -> Styler:
    """Percent of an update's time in each of its parts."""
    rows = [
        {
            "H": row["hidden"],
            "batch": row["batch"],
            "trains": row["trained"],
            **{f"{part}, %": 100 * share["median"] for part, share in row["shares"].items()},
        }
        for row in record["rows"]
    ]
    return show.table(pd.DataFrame(rows), digits=0)


@needs("rate")
def rate_remark(record: Record) -> Markdown:
    """How much faster an engine without any loss could be."""
    size, row = max(record["training"].items(), key=lambda item: item[1]["of_attainable"])
    share = row["of_attainable"]
    return show.remark(
        f"At its best ({size}) training runs at {share:.0%} of the attainable rate: with the same "
        f"arithmetic, nothing could be more than {1 / share:.2f} times as fast there."
    )


@needs("transfer")
def transfer_table(record: Record) -> Styler:
    """Wall time of a transfer ensemble from start to end."""
    rows = [
        {
            "contestant": row["contestant"],
            "setting": row["setting"],
            "option": row["option"],
            "updates": row["updates"],
            "seconds": row["wall_seconds"]["median"],
            "full run, minutes": row["extrapolated"]["wall_seconds"]["median"] / 60
            if row.get("extrapolated")
            else row["wall_seconds"]["median"] / 60,
            "": "extrapolated" if row.get("extrapolated") else "measured",
        }
        for row in record["rows"]
    ]
    return show.table(pd.DataFrame(rows), digits=1)


@needs("simulation")
def simulation_table(record: Record) -> Styler:
    """Seconds to simulate all basins over ten years."""
    rows = [
        {
            "contestant": name,
            "seconds": row["seconds"]["median"],
            "over hydrotl": row["over_hydrotl"],
            "": f"scaled from {row['scaled']['measured_basins']} basins"
            if "scaled" in row
            else "measured",
        }
        for name, row in record["rows"].items()
    ]
    return show.table(pd.DataFrame(rows), digits=1)


@needs("scaling")
def scaling_table(record: Record) -> Styler:
    """Seconds per update and memory as basins, years and members grow."""
    rows = [
        {
            "varied": varied,
            "basins": row["basins"],
            "years": row["years"],
            "members": row["members"],
            "s per update of all": row["seconds_per_update"]["median"],
            "peak memory, MiB": row["peak_mib"],
        }
        for varied in ("basins", "years", "members")
        for row in record[varied]
    ]
    return show.table(pd.DataFrame(rows), digits=2)


def values(found: Records) -> Record:
    """Numbers for other pages; NaN for what was not measured."""
    throughput, skill = found.get("throughput"), found.get("time_to_skill")
    ratio = None if throughput is None else _times(throughput)[PEER] / _times(throughput)[OWN]

    def extreme(function: Callable[[pd.Series], float]) -> float:
        return math.nan if ratio is None else round(function(ratio), 2)

    fast = {} if skill is None else skill["contestants"].get("fast", {})
    hours = fast.get("complete", {}).get("hours", math.nan)
    return {
        "speed_ratio_least": extreme(pd.Series.min),
        "speed_ratio_most": extreme(pd.Series.max),
        "fast_minutes": round(60 * hours, 1),
        "fast_best_nse": fast.get("best_nse", math.nan),
    }
