"""Page 10, "How much is my record worth?": the study of small targets."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd

from hydrotl.book.pages import source, words
from hydrotl.experiments.covered import FLOWS, VALUES, coverage_path
from hydrotl.experiments.records import read_record, results_dir
from hydrotl.experiments.study import load_study
from hydrotl.experiments.summary import UNTRANSFERRED, study_records
from hydrotl.experiments.ungauged import ungauged_path

#: What the page calls a way.
NAMES = {
    "auto": "chosen (auto)",
    "local": "local network",
    "gr4j": "GR4J",
    "warm-a": "warm-a",
    "warm-c": "warm-c",
    "readout": "readout",
    "zero": "zero",
    UNTRANSFERRED: "mean of local and GR4J",
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
    samples = {(s["basins"], s["years"]): s["draws"] for s in found["by_size"]}
    wide["samples"] = [samples[key] for key in zip(wide["basins"], wide["years"], strict=True)]
    return wide[["basins", "years", "samples", *order]]


def panel_title(found: dict[str, Any], basins: int) -> str:
    """Number of basins of a panel, and on how many samples its points rest."""
    draws = sorted({size["draws"] for size in found["by_size"] if size["basins"] == basins})
    samples = " to ".join(str(n) for n in dict.fromkeys((draws[0], draws[-1])))
    rivers = f"{basins} river{'s' * (basins > 1)}"
    return f"{rivers}, {samples} sample{'s' * (samples != '1')}"


def advice(found: dict[str, Any]) -> str:
    """What to do with a short record, in sentences that the study's figures decide.

    A single river's first year with what is chosen is set against its longest record alone.
    """
    won = {
        "a local network": found["gain_over_local"],
        "GR4J alone": found["gain_over_gr4j"],
        "their mean without a source": found["gain_over_untransferred"],
    }
    shares = [f"{other} in {100 * part['wins']:.0f} %" for other, part in won.items() if part]
    said = [f"Take what is chosen (auto): it is ahead of {', of '.join(shares)} of the targets."]
    single = {s["years"]: s["scores"] for s in found["by_size"] if s["basins"] == 1}
    if len(single) > 1:
        first, longest = min(single), max(single)
        ours, alone = single[first]["auto"]["mean"], single[longest]["local"]["mean"]
        conceptual = single[longest].get("gr4j", {"mean": float("-inf")})["mean"]
        worth = "more" if ours > max(alone, conceptual) else "less"
        beside = f", GR4J {conceptual:.2f}" if np.isfinite(conceptual) else ""
        said.append(
            f"A single river with {first} year of record reaches a mean NSE of {ours:.2f} with it, "
            f"a local network with {longest} years {alone:.2f}{beside}: here what is chosen is "
            f"worth {worth} than {longest - first} further years of record."
        )
        gained = single[longest]["auto"]["mean"] - alone
        said.append(f"After {longest} years its gain over the local network is {gained:+.2f}.")
    return " ".join(said)


def gains(found: dict[str, Any]) -> pd.DataFrame:
    """Gain of each way over the local network, the largest first."""
    parts = {"auto": found["gain_over_local"], **found["ways_over_local"]}
    if found["untransferred_over_local"] is not None:
        parts[UNTRANSFERRED] = found["untransferred_over_local"]
    rows = [
        {
            "model": NAMES.get(way, way),
            "mean gain": part["mean"],
            "low": part["low"],
            "high": part["high"],
            "median gain": part["median"],
            "wins, %": 100 * part["wins"],
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


def earlier(study: str = "beyond") -> str:
    """How many targets were computed before the source that comes with the book was trained.

    Empty if none was, or where the source has no weights here.
    """
    name = load_study(study).source
    if name not in source.ensembles():
        return ""
    trained = str(source.cards(name)[0].provenance["date"])
    records = study_records(study)
    before = sum(r.get("provenance", {}).get("date", trained) < trained for r in records)
    if not before:
        return ""
    return (
        f"{before} of {len(records)} were computed with an earlier training of the source than the "
        "one that comes with the book, whose check is at the end of the page."
    )


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


def coverage_of(study: str = "beyond") -> dict[str, Any] | None:
    """How the intervals of what is chosen hold; None where no record of the study says it yet."""
    path = coverage_path(study)
    return read_record(path) if path.is_file() else None


def ungauged_of(study: str = "beyond") -> dict[str, Any] | None:
    """How those of ungauged basins hold by the errors of others; None where nothing says it yet."""
    path = ungauged_path(study)
    return read_record(path) if path.is_file() else None


def coverage_progress(held: dict[str, Any] | None) -> str:
    """Of how many targets the coverage is known."""
    if held is None:
        return "No target has a computed interval yet."
    if held["targets"] == held["of_targets"]:
        return f"All {held['targets']} targets have one."
    return f"{held['targets']} of {held['of_targets']} targets computed so far have one."


def coverage(held: dict[str, Any] | None, ungauged: dict[str, Any] | None) -> pd.DataFrame:
    """Coverage and sharpness: all targets, by size and region, and of ungauged basins.

    Where nothing is computed yet there is a row without numbers.
    """
    parts: list[tuple[str, dict[str, Any]]] = []
    if held is not None:
        parts.append(("all", held))
        parts += [(_size(size), size) for size in held["by_size"]]
        parts += [(words.region(region["region"]), region) for region in held["by_region"]]
    if ungauged is not None:
        for region in ungauged["by_region"]:
            name = words.region(region["region"]) if region["region"] else "random samples"
            parts.append((f"ungauged, {name}", region))
    parts = parts or [("all", {"rows": 0, **dict.fromkeys(VALUES, np.nan)})]
    rows = [
        {"targets": name, "basins": p["rows"], **{v: p[v] for v in VALUES}} for name, p in parts
    ]
    names = {flow: f"{flow} flow" for flow in FLOWS}
    return pd.DataFrame(rows).rename(columns={**names, "score": "interval score"})


def coverage_by_flow(held: dict[str, Any] | None) -> pd.DataFrame:
    """Coverage of the random samples by size of the target and third of flow, a row each."""
    sizes = [] if held is None else held["by_size"]
    parts = [(_size(size), size) for size in sizes] or [("none", dict.fromkeys(FLOWS, np.nan))]
    rows = [
        {"target": name, "flow": flow, "coverage": part[flow]}
        for name, part in parts
        for flow in FLOWS
    ]
    return pd.DataFrame(rows)


def _size(size: dict[str, Any]) -> str:
    basins, years = size["basins"], size["years"]
    return f"{basins} basin{'s' * (basins > 1)}, {years} year{'s' * (years > 1)}"


def narrow(held: dict[str, Any] | None, goal: float = 0.9, slack: float = 0.03) -> str:
    """Where the bands of single basins are too narrow or too wide, in a sentence; or nothing.

    The targets of one basin, whatever their years, by thirds of flow, mean over basins: named is
    what lies more than ``slack`` away from the share that the band is to hold.
    """
    single = [size for size in (held or {"by_size": []})["by_size"] if size["basins"] == 1]
    said = []
    for flow in FLOWS:
        rows = sum(size["rows"] for size in single if size[flow] is not None)
        if not rows:
            continue
        share = sum(size[flow] * size["rows"] for size in single if size[flow] is not None) / rows
        if abs(share - goal) > slack:
            word = "too narrow" if share < goal else "too wide"
            said.append(
                f"of the days with {flow} flow it holds {100 * share:.0f} %, not "
                f"{100 * goal:.0f} %, and is {word}"
            )
    return f"For a single basin, take care: {'; '.join(said)}." if said else ""


def percent(parts: list[dict[str, Any]], value: str = "coverage") -> str:
    """A share in percent, mean over the basins of ``parts``, for the text; a dash without any."""
    known = [(part[value], part["rows"]) for part in parts if part[value] is not None]
    basins = sum(rows for _, rows in known)
    return f"{100 * sum(share * rows for share, rows in known) / basins:.0f}" if basins else "–"


def coverage_numbers(
    held: dict[str, Any] | None, ungauged: dict[str, Any] | None
) -> dict[str, str]:
    """The numbers of the text, by the names under which pages quote them; shares in percent."""
    whole = [] if held is None else [held]
    regions = [] if ungauged is None else ungauged["by_region"]
    sampled = [region for region in regions if not region["region"]]
    return {
        "beyond_covered_targets": str(0 if held is None else held["targets"]),
        "beyond_covered": percent(whole),
        **{f"beyond_covered_{flow}": percent(whole, flow) for flow in FLOWS},
        "beyond_width": "–" if held is None else f"{held['width']:.2f}",
        "beyond_ungauged": percent(sampled),
        "beyond_ungauged_regions": percent([r for r in regions if r["region"]]),
        "beyond_ungauged_basins": str(sum(r["rows"] for r in regions if r["region"])),
    }
