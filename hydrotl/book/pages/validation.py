"""Scores of held-out training days: models are tuned and chosen by these, never by the test."""

from __future__ import annotations

from typing import Any

import pandas as pd

from hydrotl.book.pages import quantities
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


def advice(found: pd.DataFrame, margin: float = 0.02) -> str:
    """What :func:`trials` advise, in sentences: where another value was ahead of the recipe's own.

    ``margin`` is the difference of mean NSE that counts.
    """
    if found.empty:
        return "There are no trials yet: keep the recipe's values."
    own = found[found["recipe's"] == "yes"].set_index(["key", "model"])["mean NSE"]
    others = found[found["recipe's"] != "yes"].set_index(["key", "model"])
    change = others["mean NSE"] - own.reindex(others.index)
    told = [
        (f"{key} {value:g} for {model}", gain)
        for (key, model), value, gain in zip(others.index, others["value"], change, strict=True)
        if gain == gain
    ]
    ahead = [f"{name} ({quantities.gain(gain)})" for name, gain in told if gain > margin]
    worst, lost = min(told, key=lambda one: one[1], default=("nothing", 0.0))
    said = (
        f"Of {len(told)} other values, {len(ahead)} {'was' if len(ahead) == 1 else 'were'} ahead "
        f"of the recipe's by more than {margin:g} of mean NSE"
    )
    said += f": {', '.join(ahead)}. " if ahead else ". "
    if lost < 0:
        said += f"The most was lost with {worst} ({lost:+.2f}). "
    keep = "keep the recipe's values" if 4 * len(ahead) <= len(told) else "tune for your own rivers"
    return f"{said}So {keep}."


def head_start(ahead: pd.Series, margin: float = 0.02) -> str:
    """Whether a lead of the transferred model lasts, in a sentence.

    ``ahead`` is how far its NSE is above the local model's, by number of updates, fewest first;
    ``margin`` is the difference that counts, of one model each.
    """
    if len(ahead) < 2 or ahead.isna().any():
        return "There are no trials of several lengths yet."
    first, last = float(ahead.iloc[0]), float(ahead.iloc[-1])
    few, many = ahead.index[[0, -1]]
    said = (
        f"After {few:g} updates the transferred model's median NSE differs from the local one's by "
        f"{quantities.gain(first)}, after {many:g} by {quantities.gain(last)}. "
    )
    if first > last and last <= margin:
        return (
            f"{said}So with many rivers and several years of record, transfer is at most a head "
            "start: longer training makes up for it."
        )
    if last > margin:
        return f"{said}So the lead lasts, however long both are trained."
    return f"{said}So there is no lead that longer training could make up for."
