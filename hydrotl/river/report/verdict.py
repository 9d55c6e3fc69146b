"""The verdict: which model, how good in the test years, against what, and whether to trust it.

Words for an NSE follow Moriasi et al. (2007, doi:10.13031/2013.23153), whose limits are for monthly
flow: for daily flow they are strict.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.experiments.auto import WORST
from hydrotl.river.bands import coverage
from hydrotl.river.runfile import RunFile

#: NSE from which a simulation is called so.
GOOD, FAIR = 0.65, 0.5
#: Differences of NSE below this mean nothing: another random seed brings as much.
SAME = 0.02
#: A loss of NSE from held-out training days to the test years above this wants an explanation.
LOSS = 0.2
#: Share of the test days inside a 90 % band that is taken for kept.
KEPT = (0.8, 0.97)
NAMES = {"simulated": "the chosen model", "local": "the local network", "gr4j": "GR4J"}
OUTSIDE = "Weather or land use unlike those years, and dams, are outside of what was tested."
#: What candidates of the choice are.
MODELS = {
    "local": "a network of these data alone",
    "TL-c": "a network that starts from the source, with a new input layer",
    "zero": "the source network as it is",
    "readout": "the source network, its output layer fitted to each basin",
    "warm-a": "the source network, trained on here in part",
    "warm-c": "the source network, trained on here",
    "gr4j": "GR4J with snow, calibrated in each basin",
}


@dataclass(frozen=True)
class Verdict:
    """What a report says first.

    Attributes
    ----------
    sentence
        The model, its skill, the comparison, and the advice.
    reasons
        What the advice rests on, a sentence each.
    grade
        ``good``, ``fair``, ``poor`` or ``unknown``.
    """

    sentence: str
    reasons: tuple[str, ...]
    grade: str


def medians(scores: pd.DataFrame, score: str = "nse", period: str = "test") -> dict[str, float]:
    """Median over basins of each model's score; NaN where no basin has one."""
    part = scores[scores["period"] == period]
    return {str(n): float(v.median()) for n, v in part.groupby("model", sort=False)[score]}


def verdict(file: RunFile, scores: pd.DataFrame, series: xr.Dataset) -> Verdict:
    """The verdict on a run, from its scores in the test years."""
    found = medians(scores)
    skill = found.get("simulated", float("nan"))
    held = file.held_out.get(file.chosen, float("nan"))
    parts = [MODELS[n] for n, m in file.models.items() if m.weight > 0 and n in MODELS]
    model = f"{file.chosen} ({'; '.join(parts)})" if parts else file.chosen
    count = len(file.basins)
    many = f"{count} basins" if count > 1 else "the basin"
    if not file.tested:
        doubt = ["The check of the data found something: look at it."] if file.findings else []
        return Verdict(
            f"The model is {model}, trained on all years with flow of {many}: none are left to "
            "test it on. On held-out training days, by which it was chosen, its NSE was "
            f"{held:.2f}. How good it is in other years, a run without --all-years tells.",
            (*doubt, OUTSIDE.replace("tested", "learned")),
            "unknown",
        )
    if not np.isfinite(skill):
        return Verdict(
            f"The model is {model} (NSE {held:.2f} on held-out training days); no flow was "
            "observed in the test years, so how good it is there is not known.",
            ("Do not rely on it before it was compared with observations.",),
            "unknown",
        )
    grade = "good" if skill >= GOOD else "fair" if skill >= FAIR else "poor"
    tested = scores[(scores["period"] == "test") & (scores["model"] == "simulated")]
    if grade == "good" and (tested["nse"] < FAIR).any():
        grade = "fair"
    advice = {
        "good": "it can be used for such weather as it was tested on",
        "fair": "use it with care, for means and seasons rather than for single floods",
        "poor": "do not rely on it",
    }[grade]
    middle = "median NSE" if count > 1 else "NSE"
    sentence = (
        f"The model is {model}: {middle} {skill:.2f} in the test years of {many}"
        f"{_against(found, skill)}. Verdict: {grade}; {advice}."
    )
    return Verdict(sentence, tuple(_reasons(file, scores, series, held)), grade)


def reason(file: RunFile) -> str:
    """Why the run chose its model."""
    why = (
        "Each model was trained without blocks of the training days, and predicted them: "
        "the table has its NSE there (mean over basins, none counted below -1). "
    )
    if file.default is None or file.best == file.chosen != file.default:
        why += f"{file.best} did best, and was chosen."
    elif file.best == file.default:
        ahead = f" by more than {file.margin:g}" if file.margin else ""
        why += f"The choice is {file.default}: nothing was ahead of it{ahead}."
    else:
        why += (
            f"{file.best} did best. A few years of blocks cannot tell close models apart, so it "
            f"gets {1 - file.pull:.0%} of the weight, and the {file.default} the rest: "
            f"together {file.chosen}."
        )
    return f"{why} The test years had no part in it." if file.tested else why


def tried(file: RunFile) -> dict[str, float]:
    """NSE on held-out training days of each single model, and of what the choice was between."""
    single = {name: score for name, score in file.held_out.items() if "+" not in name}
    asked = (file.best, file.default, file.chosen)
    also = {name: file.held_out[name] for name in asked if name in file.held_out}
    return dict(sorted(single.items(), key=lambda item: -item[1])) | also


def _against(found: dict[str, float], skill: float) -> str:
    parts = []
    for name in ("local", "gr4j"):
        other = found.get(name, float("nan"))
        if np.isfinite(other):
            gain = skill - other
            word = "as good as" if abs(gain) < SAME else "better than" if gain > 0 else "below"
            parts.append(f"{word} {NAMES[name]} ({other:.2f})")
    return f", {' and '.join(parts)}" if parts else ""


def _reasons(file: RunFile, scores: pd.DataFrame, series: xr.Dataset, held: float) -> list[str]:
    said = []
    if file.findings:
        said.append("The check of the data found something: look at it before you rely on this.")
    tested = scores[(scores["period"] == "test") & (scores["model"] == "simulated")]
    unscored = tested[tested["nse"].isna()]["basin"].tolist()
    weak = tested[tested["nse"] < FAIR]
    if len(weak) and len(tested) > 1:
        named = ", ".join(f"{b} ({n:.2f})" for b, n in zip(weak["basin"], weak["nse"], strict=True))
        said.append(f"Below an NSE of {FAIR} in: {named}.")
    if unscored:
        said.append(f"No score in the test years, and not counted: {', '.join(unscored)}.")
    mean = tested["nse"].clip(lower=WORST).mean()  # as that of the held-out days
    if np.isfinite(held) and held - mean > LOSS:
        said.append(
            f"It was better on held-out training days ({held:.2f}, mean over basins) than in the "
            f"test years ({mean:.2f}): the river, the gauge or the weather may have changed."
        )
    inside = series["period"].values == "test"
    share = coverage(
        series["low"].values[inside],
        series["high"].values[inside],
        series["observed"].values[inside],
    )
    if np.isfinite(share):
        kept = KEPT[0] <= share <= KEPT[1]
        said.append(
            f"The 90 % band held {share:.0%} of the observations of the test years"
            f"{'.' if kept else ', so that its width is not to be relied on.'}"
        )
    biased = tested[tested["bias_percent"].abs() > 25]
    if len(biased):
        named = ", ".join(
            f"{b} ({v:+.0f} %)"
            for b, v in zip(biased["basin"], biased["bias_percent"], strict=True)
        )
        said.append(f"The volume is off by more than a quarter in: {named}.")
    short = [
        name
        for name, basin in file.basins.items()
        if basin.test is not None and min(basin.test.days, basin.train.days) < 360
    ]
    if short:
        said.append(
            f"Less than a year to train or to test on, which proves little: {', '.join(short)}."
        )
    said.append(OUTSIDE)
    return said
