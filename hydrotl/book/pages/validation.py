"""Scores of held-out training days: models are tuned and chosen by these, never by the test."""

from __future__ import annotations

from typing import Any

import pandas as pd

from hydrotl.config import load_options, load_region
from hydrotl.experiments.records import region_records

#: What the page calls a value of the recipe, where its key does not say it.
NAMES = {
    "lr": "learning rate",
    "batch": "windows per batch",
    "hidden": "hidden units",
    "output_dropout": "dropout before the output layer",
    "window": "days per window",
}
#: Columns of :func:`trials` as the page heads them.
WORDS = {"key": "changed", "recipe's": "the recipe's own value"}
COLUMNS = ["key", "value", "recipe's", "model", "mean NSE", "median NSE", "members"]


def _records(region: str) -> list[dict[str, Any]]:
    return region_records(region, f"validation/{load_region(region).recipe}")


def trials(region: str) -> pd.DataFrame:
    """Trials of a region: the recipe itself, and one value of it changed at a time (Table S2).

    Columns key (in words), value, recipe's, model, mean and median NSE of the held-out training
    days, members. The recipe itself is listed once with every key that was varied, with "yes" in
    ``recipe's``.
    """
    records = _records(region)
    varied = {option: set[str]() for option in (r["option"] for r in records)}
    for record in records:
        varied[record["option"]].update(record["changes"])
    rows = []
    for record in records:
        changes, option = record["changes"], record["option"]
        own = {} if changes else {key: record["training"][key] for key in varied[option]}
        scores = (option, record["nse_mean"], record["nse_median"], record["members"])
        rows += [(key, value, "", *scores) for key, value in changes.items()]
        rows += [(key, value, "yes", *scores) for key, value in own.items()]
    rows = [(NAMES.get(key, key), *row) for key, *row in rows]
    frame = pd.DataFrame(rows, columns=COLUMNS).astype({"value": float, "mean NSE": float})
    return frame.sort_values(["key", "model", "value"], ignore_index=True)


def chosen_option(region: str) -> str | None:
    """The transfer option with the best multi-year median; None if that was not scored.

    One training year has no year to spare, and takes the same option.
    """
    medians = {
        record["option"]: record["nse_median"]
        for record in _records(region)
        if record["setting"] == "multi-year" and not record["changes"]
    }
    options = [name for name in load_options() if name in medians]
    return max(options, key=lambda name: medians[name], default=None)
