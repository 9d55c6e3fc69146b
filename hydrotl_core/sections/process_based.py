"""Section 5: learning from a process-based model first (the paper's Table 1b)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from hydrotl_core.config import load_region
from hydrotl_core.data import open_dataset
from hydrotl_core.manifest import load_manifest
from hydrotl_core.paper import load_paper
from hydrotl_core.sections import transfer
from hydrotl_core.sections.transfer import boxes, run_remark

if TYPE_CHECKING:
    import panel as pn
    import xarray as xr

    from hydrotl_core.experiment import Cell, CellResult

__all__ = ["beside_paper", "boxes", "guide", "guide_skill", "hydrographs", "run", "run_remark"]

PROCESS = "process"
IN_THE_PAPER = {"local": "local", PROCESS: "SWAT-initialised", "TL-c": "TL-c"}


def guide(region: str) -> xr.DataArray:
    """Streamflow of the uncalibrated conceptual model in the region's basins, mm/day."""
    from hydrotl_core.conceptual import conceptual_streamflow
    from hydrotl_core.regions import region_data

    loaded = load_region(region)
    basins = [str(b) for b in region_data(loaded)["basin"].values]
    ds = open_dataset(loaded.dataset, basins=basins)
    return conceptual_streamflow(ds, load_manifest()[loaded.dataset].attributes)


def guide_skill(flow: xr.DataArray, region: str, setting: str) -> pd.DataFrame:
    """NSE and mean flow of the uncalibrated model in the test period of ``setting``."""
    from hydrotl_core.metrics import nse
    from hydrotl_core.regions import region_data, region_setting
    from hydrotl_core.tensors import in_period

    loaded = load_region(region)
    ds = region_data(loaded)
    basins = [str(b) for b in ds["basin"].values]
    days = in_period(ds, region_setting(loaded, setting).periods("test", basins))
    observed = ds["streamflow"].where(days)
    both = observed.notnull() & flow.notnull()
    return pd.DataFrame(
        {
            "basin": basins,
            "NSE": nse(flow, observed, dim="time").values,
            "mean flow observed, mm/day": observed.where(both).mean("time").values,
            "mean flow simulated, mm/day": flow.where(both).mean("time").values,
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
    """Local, process-initialised and TL-c models in all ``settings``."""
    from hydrotl_core.members import pick_device
    from hydrotl_core.pretraining import run_process

    device = pick_device(device)
    results: dict[Cell, CellResult] = {}
    for setting in settings:
        pair = transfer.run(
            region,
            [setting],
            members,
            updates,
            options=["local", "TL-c"],
            source=source,
            jobs=jobs,
            device=device,
        )
        local, transferred = pair
        process = run_process(
            region,
            setting,
            f"{PROCESS}{teacher}",
            flow,
            members,
            updates=updates or None,
            jobs=jobs,
            device=device,
        )
        results |= {
            local: pair[local],
            process.cell: process,
            transferred: pair[transferred],
        }
    return results


def beside_paper(results: transfer.Results) -> pd.DataFrame:
    """Mean and median NSE of the three starts beside the paper's for its Chinese basins."""
    published = load_paper()
    frame = transfer.summary(results)
    pairs = []
    for setting, model in zip(frame["setting"], frame["model"], strict=True):
        if model == PROCESS:
            pair = published.table_1b.get(setting)
        else:
            pair = published.table_1a["CHINA-MR"].get(setting, {}).get(model)
        pairs.append(pair or (math.nan, math.nan))
    frame["model in the paper"] = [IN_THE_PAPER[model] for model in frame["model"]]
    frame["paper, CHINA-MR: mean"] = [mean for mean, _ in pairs]
    frame["paper, CHINA-MR: median"] = [median for _, median in pairs]
    return frame


def hydrographs(results: transfer.Results, setting: str) -> pn.pane.Bokeh:
    """Observed flow and the three simulations of each basin in the test period."""
    return transfer.observed_and(transfer.of_setting(results, setting))
