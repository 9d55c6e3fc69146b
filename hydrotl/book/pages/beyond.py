"""Page 10, "How much is my record worth?": the study of small targets."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from hydrotl.experiments.records import read_record, results_dir

#: What the page calls a way.
NAMES = {
    "auto": "chosen (auto)",
    "local": "local network",
    "gr4j": "GR4J",
    "warm-a": "warm-a",
    "warm-c": "warm-c",
    "readout": "readout",
    "zero": "zero",
}


def figures_of(study: str = "beyond") -> dict[str, Any]:
    """The study's figures (``results/summary/NAME.json``)."""
    path = results_dir() / "summary" / f"{study}.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def curves(found: dict[str, Any], ways: list[str]) -> pd.DataFrame:
    """Mean test score, NSE with low and high, by number of basins, years and model."""
    rows = [
        {
            "basins": size["basins"],
            "years": size["years"],
            "model": NAMES.get(way, way),
            "NSE": size["scores"][way]["mean"],
            "low": size["scores"][way]["low"],
            "high": size["scores"][way]["high"],
        }
        for size in found["by_size"]
        for way in ways
        if way in size["scores"]
    ]
    return pd.DataFrame(rows)


def worth(found: dict[str, Any]) -> pd.DataFrame:
    """Mean NSE of the models a reader would compare, a row per number of basins and years."""
    table = curves(found, ["local", "gr4j", "warm-c", "auto"])
    wide = table.pivot(index=["basins", "years"], columns="model", values="NSE").reset_index()
    order = [NAMES[way] for way in ("local", "gr4j", "warm-c", "auto")]
    draws = {(s["basins"], s["years"]): s["draws"] for s in found["by_size"]}
    wide["draws"] = [draws[key] for key in zip(wide["basins"], wide["years"], strict=True)]
    return wide[["basins", "years", "draws", *order]]


def gains(found: dict[str, Any]) -> pd.DataFrame:
    """Gain of each way over the local network, the largest first."""
    parts = {"auto": found["gain_over_local"], **found["ways_over_local"]}
    rows = [
        {
            "model": NAMES.get(way, way),
            "mean gain": part["mean"],
            "low": part["low"],
            "high": part["high"],
            "median gain": part["median"],
            "wins": part["wins"],
            "targets": part["settings"],
        }
        for way, part in parts.items()
    ]
    return pd.DataFrame(rows).sort_values("mean gain", ascending=False, ignore_index=True)


def chosen(found: dict[str, Any]) -> pd.DataFrame:
    """How often each model or mean of two was chosen."""
    counts = pd.Series(found["chosen"], name="targets").sort_values(ascending=False)
    return counts.rename_axis("chosen").reset_index()


def progress(found: dict[str, Any]) -> str:
    """How much of the study is there."""
    there, planned = found["settings"], found["planned"]
    if there == planned:
        return f"All {planned} targets are computed."
    return f"{there} of {planned} targets are computed so far."


def check_of_source(source: str) -> pd.DataFrame:
    """Skill of a source in years that it was not trained on, with all inputs and without some."""
    record = read_record(results_dir() / "source" / f"{source}.json")
    rows = {"all inputs": record, **record["trials"]}
    return pd.DataFrame(
        {
            "inputs": rows.keys(),
            "median NSE": [row["nse_median"] for row in rows.values()],
            "mean NSE": [row["nse_mean"] for row in rows.values()],
        }
    )


def forgetting(study: str = "beyond") -> pd.DataFrame:
    """NSE at home of models that were trained elsewhere: mean over targets, a row per model."""
    record = read_record(results_dir() / "summary" / f"{study}-forgetting.json")
    rows = pd.DataFrame(record["rows"])
    means = rows.groupby("way", sort=False).agg(
        targets=("target", "size"),
        mean=("nse_mean", "mean"),
        worst=("nse_mean", "min"),
        median=("nse_median", "mean"),
    )
    names = {"mean": "mean NSE", "worst": "worst target's mean", "median": "median NSE"}
    return means.rename(columns=names).rename_axis("model").reset_index()


def by_source(found: dict[str, Any]) -> pd.DataFrame:
    """Gain over the local network by way and source, from a study whose ways name both.

    A way is called ``WAY, SOURCE``; without a source it starts from the study's own.
    """
    parts = found["ways_over_local"].items()
    rows = [(*(f"{name}, all".split(", ")[:2]), part) for name, part in parts]
    wide: dict[str, dict[str, float]] = {}
    for way, source, part in rows:
        wide.setdefault(source, {})[way] = part["mean"]
    return pd.DataFrame(wide).T.rename_axis("source").reset_index()
