"""Page 10, what the study rests on: other local networks, other sources, and skill left at home."""

from __future__ import annotations

from typing import Any

import pandas as pd

from hydrotl.book.pages import words
from hydrotl.book.pages.beyond import NAMES, figures_of
from hydrotl.experiments.covered import home_of
from hydrotl.experiments.records import read_record, results_dir
from hydrotl.experiments.study import load_study
from hydrotl.experiments.summary import AUTO, UNTRANSFERRED, WITH_GR4J

#: Ways of the study that other local networks are shown beside.
BESIDE = ("local", "gr4j", "warm-c", AUTO)
#: What a study's own source is called, beside others.
OWN = "the portable source"
#: The way in which the source stays as it is.
SOURCE = "zero"


def other_locals(found: dict[str, Any]) -> pd.DataFrame:
    """Mean NSE of other local networks beside the study's models, a row per size of the target."""
    rivals = found.get("rivals") or {"by_size": [], "ways": {}}
    others = list(rivals["ways"])
    ways = [BESIDE[0], *others, *BESIDE[1:-1], *map(WITH_GR4J.format, others[:1]), BESIDE[-1]]
    names = {
        **NAMES,
        **{WITH_GR4J.format(way): f"{way.removeprefix('local, ')} + GR4J" for way in others},
    }
    rows = [
        {
            "basins": size["basins"],
            "years": size["years"],
            "samples": size["draws"],
            **{
                names.get(way, way): size["scores"][way]["mean"]
                for way in ways
                if way in size["scores"]
            },
        }
        for size in rivals["by_size"]
    ]
    return pd.DataFrame(
        rows, columns=["basins", "years", "samples", *(names.get(w, w) for w in ways)]
    )


def elsewhere(found: dict[str, Any], study: str = "beyond") -> pd.DataFrame:
    """Mean NSE of the study's models in the regions, a row per region and training period."""
    declared, ways = load_study(study), ("local", "gr4j", UNTRANSFERRED, "warm-c", AUTO)
    rows = [
        {
            "region": words.region(home_of(one["target"], declared)),
            "basins": one["basins"],
            "years": one["years"],
            **{NAMES[way]: one["scores"].get(way) for way in ways},
        }
        for one in found["by_region"]
    ]
    return pd.DataFrame(rows, columns=["region", "basins", "years", *(NAMES[w] for w in ways)])


def abroad(table: pd.DataFrame) -> str:
    """Where what is chosen is ahead of the local network and where behind: of :func:`elsewhere`."""
    if table.empty:
        return ""
    chosen, local = NAMES[AUTO], NAMES["local"]
    behind = table[table[chosen] < table[local]]
    named = [
        f"{row['region']} with {row['years']} year{'s' * (row['years'] > 1)} "
        f"({row[chosen]:.2f} against {row[local]:.2f})"
        for _, row in behind.iterrows()
    ]
    rest = f", and behind in {' and '.join(named)}" if named else ""
    return (
        f"Outside Great Britain, what is chosen (auto) is ahead of the local network in "
        f"{len(table) - len(behind)} of {len(table)} targets{rest}."
    )


def forgetting(study: str = "beyond") -> pd.DataFrame:
    """NSE at home of models that were trained elsewhere: mean over targets, a row per model.

    Empty where it was not measured.
    """
    path = results_dir() / "summary" / f"{study}-forgetting.json"
    names = {"mean": "mean NSE", "worst": "worst target's mean", "median": "median NSE"}
    if not path.is_file():
        return pd.DataFrame(columns=["model", "targets", *names.values()])
    rows = pd.DataFrame(read_record(path)["rows"])
    means = rows.groupby("way", sort=False).agg(
        targets=("target", "size"),
        mean=("nse_mean", "mean"),
        worst=("nse_mean", "min"),
        median=("nse_median", "mean"),
    )
    return means.rename(columns=names).rename_axis("model").reset_index()


def forgotten(table: pd.DataFrame) -> str:
    """What training elsewhere cost at home, in a sentence: of :func:`forgetting`, or nothing."""
    means = dict(zip(table["model"], table["mean NSE"], strict=True))
    if SOURCE not in means:
        return ""
    lost = [
        f"{name} {means[SOURCE] - value:.2f}" for name, value in means.items() if name != SOURCE
    ]
    return (
        f"At home the source's own mean NSE is {means[SOURCE]:.2f}. Trained elsewhere, it loses of "
        f"that: {', '.join(lost)}. For many places, keep the source beside each region's model."
    )


def by_source(study: str = "beyond-source") -> pd.DataFrame:
    """Mean gain over the local network by source and way, of a study whose ways name both.

    A way is called ``WAY, SOURCE``; without a source it starts from the study's own. Empty where
    there is no such study.
    """
    wide: dict[str, dict[str, float]] = {}
    if (results_dir() / "summary" / f"{study}.json").is_file():
        for name, part in figures_of(study)["ways_over_local"].items():
            way, _, source = name.partition(", ")
            wide.setdefault(source or OWN, {})[way] = part["mean"]
    table = pd.DataFrame(wide).T.reindex(columns=["zero", "readout", "warm-c"])
    return table.add_prefix("gain of ").rename_axis("source").reset_index()


def sources_compared(study: str = "beyond-source") -> str:
    """Whether the sources of such a study can be told apart by warm-c, in a sentence, or nothing.

    They cannot if their mean gains differ by less than half the interval of one of them.
    """
    if not (results_dir() / "summary" / f"{study}.json").is_file():
        return ""
    found = figures_of(study)["ways_over_local"]
    gains = [part["mean"] for name, part in found.items() if name.partition(", ")[0] == "warm-c"]
    own = found["warm-c"]
    spread = max(gains) - min(gains)
    told = (
        "so some are better than others"
        if spread >= (own["high"] - own["low"]) / 2
        else "so these targets do not tell whether more basins, or dropping, are worth it to a "
        "warm start"
    )
    return (
        f"The mean gains of warm-c differ by {spread:.2f} at most, and the interval of that from "
        f"the portable source is {own['low']:.2f} to {own['high']:.2f}, {told}."
    )
