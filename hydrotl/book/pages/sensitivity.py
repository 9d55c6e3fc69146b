"""Page 09: what the recipe's values do (the paper's Table S2), on training years only."""

from __future__ import annotations

import pandas as pd

from hydrotl.config import load_region
from hydrotl.experiments.records import read_record, results_dir

COLUMNS = ["key", "value", "recipe's", "model", "mean NSE", "median NSE", "members"]


def trials(region: str) -> pd.DataFrame:
    """Committed trials of a region: the recipe itself and one value of it changed at a time.

    Columns key, value, recipe's, model, mean and median NSE of the held-out training days, members.
    The recipe itself is listed once with every key that was varied, with "yes" in ``recipe's``.
    """
    folder = results_dir() / region / "validation" / load_region(region).recipe
    records = [read_record(path) for path in sorted(folder.glob("*.json"))]
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
    frame = pd.DataFrame(rows, columns=COLUMNS).astype({"value": float, "mean NSE": float})
    return frame.sort_values(["key", "model", "value"], ignore_index=True)
