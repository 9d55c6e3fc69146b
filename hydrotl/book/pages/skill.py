"""Section 7, the curves: validation skill against the cost of training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from hydrotl.book.figures import HEIGHT, PALETTE, toolbar
from hydrotl.book.pages import show
from hydrotl.book.pages.performance import Record, Records, absent, needs

if TYPE_CHECKING:
    import holoviews as hv
    from IPython.display import Markdown
    from pandas.io.formats.style import Styler


def curves(found: Records, cost: str = "seconds") -> hv.Overlay | Markdown:
    """Validation NSE against ``seconds`` of training or ``flops``, logarithmic."""
    import holoviews as hv

    curves = {name.partition("/")[2]: record for name, record in found.items() if "/" in name}
    if not curves:
        return absent("time_to_skill")
    label = {"seconds": "training time, minutes", "flops": "operations, TFLOP"}[cost]
    unit = {"seconds": 60.0, "flops": 1e12}[cost]
    lines = []
    for colour, (name, record) in zip(PALETTE, curves.items(), strict=False):
        points = [(p[cost] / unit, p["nse"], p["updates"]) for p in record["curve"]]
        line = hv.Curve([p[:2] for p in points], label, "median NSE", label=name)
        dots = hv.Scatter(points, label, ["median NSE", "updates"], label=name)
        lines += [
            line.opts(color=colour),
            dots.opts(color=colour, size=6, tools=["hover"]),
        ]
    return hv.Overlay(lines).opts(
        responsive=True,
        height=HEIGHT,
        logx=True,
        ylim=(0.0, 0.8),
        ylabel="median NSE of the validation years",
        legend_position="top_left",
        **toolbar(),
    )


@needs("time_to_skill")
def table(record: Record) -> Styler:
    """Minutes to each level of skill, and the hours of the complete run."""
    columns = {}
    for name, run in record["contestants"].items():
        complete = run["complete"]
        columns[name] = {
            "threads": f"{run['threads']}",
            **{
                f"minutes to {level}": show.MISSING if seconds is None else f"{seconds / 60:.1f}"
                for level, seconds in run["seconds_to_nse"].items()
            },
            "best seen": f"{run['best_nse']:.3f}",
            "complete run, updates": f"{complete['updates']}",
            "complete run, hours": f"{complete['hours']:.2f}, "
            + ("extrapolated" if complete["extrapolated"] else "measured"),
        }
    return show.table(pd.DataFrame(columns).rename_axis("").reset_index())


@needs("time_to_skill")
def remark(record: Record) -> Markdown:
    """Complete runs and equal skill, the peers' over recipe ``fast``."""
    lines = []
    for name, over in record["over_fast"].items():
        run = record["contestants"][name]
        how = "by extrapolation" if run["complete"]["extrapolated"] else "as measured"
        level, ratio = _highest(over["seconds_to_nse"])
        equal = (
            f"{ratio:.0f} times at the highest skill that both reached (NSE {level})"
            if ratio is not None
            else "it passed no level of the table within its budget"
        )
        hours = f"{over['complete']['hours']:.0f} times the time of `fast` {how}"
        lines.append(f"`{name}`: the complete run takes {hours}; {equal}.")
    return show.remark(show.bullets(lines))


def _highest(levels: dict[str, float | None]) -> tuple[str, float | None]:
    both = [(level, ratio) for level, ratio in levels.items() if ratio is not None]
    return max(both, key=lambda item: float(item[0])) if both else ("", None)
