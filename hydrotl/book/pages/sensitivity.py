"""Section 9: what the recipe's values do (the paper's Table S2), on training years only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from hydrotl.book.figures import HEIGHT, colour_of, toolbar
from hydrotl.config import load_region
from hydrotl.experiments.records import read_record, results_dir

if TYPE_CHECKING:
    import holoviews as hv


def trials(region: str) -> pd.DataFrame:
    """Committed trials of a region: the recipe itself and one value of it changed at a time.

    Columns key, value, model, mean and median NSE of the held-out training days, members. The
    recipe itself stands once with every key that was varied.
    """
    folder = results_dir() / region / "validation" / load_region(region).recipe
    records = [read_record(path) for path in sorted(folder.glob("*.json"))]
    rows = []
    varied = {(key, r["option"]) for r in records for key in r["changes"]}
    for record in records:
        scores = {
            "model": record["option"],
            "mean NSE": record["nse_mean"],
            "median NSE": record["nse_median"],
            "members": record["members"],
        }
        for key, value in record["changes"].items():
            rows.append({"key": key, "value": value, "recipe's": "", **scores})
        if not record["changes"]:
            for key in sorted(k for k, option in varied if option == record["option"]):
                value = record["training"][key]
                rows.append({"key": key, "value": value, "recipe's": "yes", **scores})
    frame = pd.DataFrame(rows)
    return frame.sort_values(["key", "model", "value"], ignore_index=True) if rows else frame


def figure(region: str) -> hv.Layout | hv.Curve:
    """Mean NSE against each value, a panel per key, a line per model; rings are the recipe's."""
    import holoviews as hv

    frame = trials(region)
    if frame.empty:
        empty = hv.Curve([], "value", "mean NSE")
        return empty.opts(
            responsive=True, height=HEIGHT - 80, title=f"no committed trials of {region} yet"
        )
    panels = []
    for key, of_key in frame.groupby("key"):
        parts: list[hv.Element] = []
        for model, one in of_key.groupby("model"):
            points = one[["value", "mean NSE"]].astype(float)
            parts.append(
                hv.Curve(points, "value", "mean NSE", label=str(model)).opts(
                    color=colour_of(str(model))
                )
            )
            parts.append(
                hv.Scatter(points, "value", "mean NSE").opts(
                    color=colour_of(str(model)), size=7, tools=["hover"]
                )
            )
            own = one[one["recipe's"] == "yes"][["value", "mean NSE"]].astype(float)
            parts.append(
                hv.Scatter(own, "value", "mean NSE").opts(
                    fill_color=None, line_color="#333333", size=14
                )
            )
        panels.append(
            hv.Overlay(parts).opts(
                responsive=True,
                height=HEIGHT - 80,
                title=str(key),
                xlabel=str(key),
                ylabel="mean NSE, held-out year",
                logx=key in ("lr", "batch", "updates", "hidden"),
                legend_position="bottom_right",
                shared_axes=False,
                **toolbar(),
            )
        )
    return hv.Layout(panels).opts(shared_axes=False).cols(2)
