"""The front page: what the study found in a sentence, and the drawings that show it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from hydrotl.book.drawings import gain_drawing, map_drawing
from hydrotl.book.pages import data
from hydrotl.data.catalog import open_dataset
from hydrotl.data.manifest import load_manifest
from hydrotl.experiments.study import DRAWN, load_study
from hydrotl.experiments.summary import AUTO, gain, study_records, target_scores, years_of

STUDY = "beyond"
#: What the drawing compares with the local network.
WAYS = {
    AUTO: "chosen (auto)",
    "warm-c": "transferred network (warm-c)",
    "gr4j": "GR4J, calibrated",
}
#: Other local networks, by their names in the study that has them.
RIVALS = {
    "local, each river alone": "networks that are trained for each river alone",
    "local, all attributes": "a local network that is given all attributes of the land",
}
SAMPLE = "sample"


def size_gains(study: str = STUDY) -> pd.DataFrame:
    """Gain over the local network by number of basins, years and model, with its interval.

    Of the study's random samples. Columns ``basins``, ``years``, ``samples``, ``model``,
    ``gain``, ``low`` and ``high``.
    """
    rule = load_study(study).rule
    groups: dict[tuple[int, int], list[pd.DataFrame]] = {}
    for record in study_records(study):
        if DRAWN.fullmatch(record["target"]):
            size = len(record["basins"]), years_of(record["fit"])
            groups.setdefault(size, []).append(target_scores(record, rule))
    rows: list[dict[str, Any]] = []
    for (basins, years), tables in sorted(groups.items()):
        for way, name in WAYS.items():
            found = gain(tables, way, "local")
            if found is not None:
                rows.append(
                    {
                        "basins": basins,
                        "years": years,
                        "samples": found["settings"],
                        "model": name,
                        "gain": found["mean"],
                        "low": found["low"],
                        "high": found["high"],
                    }
                )
    columns = ["basins", "years", "samples", "model", "gain", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def compare(part: dict[str, float], other: str) -> str:
    """How a model stands to another, in words that its interval decides."""
    low, high = part["low"], part["high"]
    if low > 0:
        return f"is ahead of {other} by {part['mean']:.2f} ({low:.2f} to {high:.2f})"
    if high < 0:
        return f"falls behind {other} by {-part['mean']:.2f} ({-high:.2f} to {-low:.2f})"
    bounds = f"({low:+.2f} to {high:+.2f})"
    return f"is not clearly ahead of or behind {other}, by {part['mean']:+.2f} {bounds}"


def finding(found: dict[str, Any], apart: float = 0.02) -> str:
    """The study's finding in one sentence, with its intervals, from ``results/summary``.

    A median that is more than ``apart`` from the mean is said too: a few targets make the mean.
    """
    most = max((size["basins"] for size in found["by_size"]), default=1)
    longest = max((size["years"] for size in found["by_size"]), default=1)
    sampled = sum(size["draws"] for size in found["by_size"])
    others = found["settings"] - sampled
    regions = f" and {others} of small regions elsewhere" if others else ""
    rivals = {
        "a network of the local data alone": found["gain_over_local"],
        "the calibrated GR4J": found["gain_over_gr4j"],
    }
    parts = {other: part for other, part in rivals.items() if part is not None}
    said = [compare(part, other) for other, part in parts.items()]
    halves = [
        f"{part['median']:+.2f} or less over {other}"
        for other, part in parts.items()
        if abs(part["median"] - part["mean"]) > apart
    ]
    mixed = found["untransferred_over_local"]
    plain = (
        ""
        if mixed is None
        else " The mean of the local network and GR4J, with nothing transferred, "
        f"{compare(mixed, 'the local network')}."
    )
    half = f" Half of the targets gain {', and '.join(halves)}." if halves else ""
    return (
        f"In {found['settings']} small targets, {sampled} random samples of up to {most} British "
        f"rivers with at most {longest} years of record{regions}, a weighted mean of networks from "
        f"the United States, a local one and GR4J {', and '.join(said)}. These are differences of "
        f"Nash-Sutcliffe efficiency in the mean, with the interval of nine in ten resamples."
        f"{half}{plain}"
    )


def gain_of(found: dict[str, Any], way: str) -> float:
    """Mean gain of a way over the local network; NaN where the study does not have it."""
    part = found["ways_over_local"].get(way)
    return float("nan") if part is None else float(part["mean"])


def answer(found: dict[str, Any]) -> str:
    """Whether transfer pays, in a sentence that begins with yes or no.

    It does if what is chosen is ahead of the local network and of what is made without a source
    (the mean of the local network and GR4J, or else GR4J), both with their whole interval.
    """
    local = found["gain_over_local"]
    without = found["gain_over_untransferred"] or found["gain_over_gr4j"]
    if local is None or without is None:
        return "No result says it yet."
    if local["low"] > 0 and without["low"] > 0:
        strict = strictest(found)
        if strict is None or strict[1]["low"] > 0:
            return "Yes, on average over these rivers."
        return (
            "Yes over a local network; over the best that was made without a source, not clearly "
            "in the targets where that was tried."
        )
    if local["high"] < 0 or without["high"] < 0:
        return "No, on average it does not: a model of the local data is as good or better."
    return "No, not clearly: the intervals leave it open whether it helps or harms."


def pays(found: dict[str, Any]) -> str:
    """Whether transfer pays: yes or no, where data are scarce, and what is its own part."""
    scarce, network = found["gain_over_local_scarce"], found["ways_over_local"].get("warm-c")
    said = [answer(found)]
    if scarce is not None:
        said.append(
            "With one year of at most five rivers, what is chosen (auto) "
            f"{compare(scarce, 'the local network')}."
        )
    apart = found["gain_over_untransferred"]
    if apart is not None:
        strict = strictest(found)
        clear = apart["low"] > 0 and (strict is None or strict[1]["low"] > 0)
        adds = ": that is what transfer adds" if clear else ""
        said.append(
            f"Over all targets, it {compare(apart, 'the mean of the local network and GR4J')}, in "
            f"which nothing is transferred{adds}."
        )
    single = found.get("gain_over_untransferred_single")
    if single is not None:
        said.append(f"With a single river it {compare(single, 'that mean')}.")
    if network is not None:
        said.append(
            "Over all targets, the transferred network alone (warm-c), without GR4J, "
            f"{compare(network, 'the local network')}."
        )
    others = other_locals(found)
    said += [others] if others else []
    lost = round(100 * found["share_lost_to_local"])
    said.append(
        f"The choice was worse than the local network by more than {found['loss']:g} in {lost} % "
        "of the targets."
    )
    return " ".join(said)


def strictest(found: dict[str, Any]) -> tuple[str, dict[str, float]] | None:
    """The mean of other local networks and GR4J that what is chosen gains least over.

    In words, and that gain; None where no other study has one.
    """
    rivals = (found.get("rivals") or {"ways": {}})["ways"]
    parts = {way: part.get("gain_over_mean") for way, part in rivals.items()}
    known = {way: part for way, part in parts.items() if part is not None}
    if not known:
        return None
    least = min(known, key=lambda way: known[way]["mean"])
    return f"the mean of GR4J and {RIVALS.get(least, least)}", known[least]


def other_locals(found: dict[str, Any]) -> str:
    """How what is chosen stands to other local networks, where another study has them."""
    rivals = found.get("rivals")
    if not rivals or not rivals["ways"]:
        return ""
    said = [
        compare(part["gain"], RIVALS.get(way, way))
        for way, part in rivals["ways"].items()
        if part["gain"] is not None
    ]
    there = compare(rivals["gain_over_local"], "the local network")
    strict = strictest(found)
    last = (
        ""
        if strict is None
        else f" It {compare(strict[1], strict[0])}: in that, too, nothing is transferred."
    )
    return (
        f"In {rivals['settings']} of the targets other local networks were trained too, one member "
        f"each. There, what is chosen (auto) {there}, {', and '.join(said)}.{last}"
    )


def places() -> pd.DataFrame:
    """Places of the rivers, with ``source`` true where the source learned from them."""
    study = data.study_basins()
    frames = [study.assign(source=study["experiment"] == "source model")]
    if data.at_hand(load_manifest()[SAMPLE]):
        frames.append(data.gauges({SAMPLE: open_dataset(SAMPLE)}).assign(source=False))
    columns = ["basin", "longitude", "latitude", "source"]
    return pd.concat([frame[columns] for frame in frames], ignore_index=True)


def write_front(folder: Path) -> list[Path]:
    """Write the drawings of the front page; none where there is no study.

    Returns
    -------
    list of Path
        ``gain.svg`` and ``map.svg``.
    """
    gains = size_gains()
    if gains.empty:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    drawings = {"gain.svg": gain_drawing(gains), "map.svg": map_drawing(places())}
    for name, drawing in drawings.items():
        (folder / name).write_text(drawing, encoding="utf-8")
    return [folder / name for name in drawings]
