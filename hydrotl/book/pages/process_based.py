"""Section 5: learning from a process-based model first (the paper's Table 1b)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from hydrotl.book.pages import transfer
from hydrotl.book.pages.transfer import boxes, run_remark
from hydrotl.book.paper import load_paper
from hydrotl.experiments.sweep import run_region
from hydrotl.process_based.teachers import teacher_flow as guide

if TYPE_CHECKING:
    import panel as pn
    import xarray as xr

    from hydrotl.experiments.cells import Cell
    from hydrotl.experiments.records import CellResult

__all__ = ["beside_paper", "boxes", "guide", "guide_skill", "hydrographs", "run", "run_remark"]

#: What a model of this page corresponds to in the paper, whatever its teacher.
IN_THE_PAPER = {"local": "local", "TL-c": "TL-c"}
TAUGHT_IN_THE_PAPER = "SWAT-initialised"


def guide_skill(flow: xr.DataArray, region: str, setting: str) -> pd.DataFrame:
    """NSE and mean flow of the uncalibrated model in the test period of ``setting``."""
    from hydrotl.process_based.teachers import teacher_skill

    scores = teacher_skill(flow, region, setting)
    return pd.DataFrame(
        {
            "basin": [str(b) for b in flow["basin"].values],
            "NSE": scores["nse"],
            "mean flow observed, mm/day": scores["mean_observed"],
            "mean flow simulated, mm/day": scores["mean_simulated"],
        }
    )


def run(
    region: str,
    settings: list[str],
    teacher: str,
    flow: xr.DataArray,
    members: int,
    updates: int | None = None,
    *,
    source: str | None = None,
    jobs: int = 1,
    device: str = "auto",
) -> dict[Cell, CellResult]:
    """Local models, models that learn the ``teacher``'s ``flow`` first, and TL-c."""
    from hydrotl.experiments.cells import PROCESS

    option = f"{PROCESS}{teacher}"
    return run_region(
        region,
        settings,
        members,
        updates,
        options=["local", option, "TL-c"],
        source=source,
        teachers={option: flow},
        jobs=jobs,
        device=device,
    )


def beside_paper(results: transfer.Results) -> pd.DataFrame:
    """Mean and median NSE of the three starts beside the paper's for its Chinese basins."""
    published = load_paper()
    frame = transfer.summary(results)
    pairs = []
    for setting, model in zip(frame["setting"], frame["model"], strict=True):
        if model not in IN_THE_PAPER:
            pair = published.table_1b.get(setting)
        else:
            pair = published.table_1a["CHINA-MR"].get(setting, {}).get(model)
        pairs.append(pair or (math.nan, math.nan))
    frame["model in the paper"] = [
        IN_THE_PAPER.get(model, TAUGHT_IN_THE_PAPER) for model in frame["model"]
    ]
    frame["paper, CHINA-MR: mean"] = [mean for mean, _ in pairs]
    frame["paper, CHINA-MR: median"] = [median for _, median in pairs]
    return frame


def hydrographs(results: transfer.Results, setting: str) -> pn.pane.Bokeh:
    """Observed flow and the three simulations of each basin in the test period."""
    return transfer.observed_and(transfer.of_setting(results, setting))
