"""What the study says over all targets: gains with intervals, and the regret of the choice.

The gain of a target is the mean over its basins of NSE, clipped at -1. Intervals are of the mean
over targets: 90 % of resamples with replacement of draws of basins (each with all its numbers of
years) and, in each, of its basins. Draws of different sizes may share basins.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hydrotl.config import load_region
from hydrotl.data.regions import region_settings
from hydrotl.experiments.auto import Choice, Mix, Rule, choose, mixes, scores_of
from hydrotl.experiments.records import read_record, results_dir
from hydrotl.experiments.study import DRAWN, load_study
from hydrotl.experiments.uncertainty import DRAWS, SEED
from hydrotl_core.errors import ConfigError
from hydrotl_core.files import replacing

AUTO = "auto"
#: The mean of the two models that know nothing of a source: what a choice without transfer can do.
UNTRANSFERRED = "local + gr4j"
#: Name of the mean of another way and GR4J.
WITH_GR4J = "{} + gr4j"
#: A loss against the local model that counts.
LOSS = 0.02


def full_products(upper: Sequence[Sequence[float | None]]) -> np.ndarray:
    """Products of errors ``[basin, model, model]`` from their upper triangles in a record."""
    values = np.array(upper, dtype=float)
    n = int((np.sqrt(8 * values.shape[1] + 1) - 1) / 2)
    products = np.empty((len(values), n, n))
    rows, columns = np.triu_indices(n)
    products[:, rows, columns] = products[:, columns, rows] = values
    return products


def chosen_of(record: Mapping[str, Any], rule: Rule) -> Choice:
    """The choice that ``rule`` makes among a record's candidates, from held-out training days."""
    return choose(full_products(record["held_out_products"]), record["candidates"], rule)


def target_scores(record: Mapping[str, Any], rule: Rule) -> pd.DataFrame:
    """Test score of each basin (rows) by way, by ``auto`` and by the best ``oracle`` (columns).

    Where both are there, also by the mean of the local network and GR4J. The choice is made from
    held-out training days; the oracle is the candidate whose mean over the target's basins is best
    in the test period. Its name is in ``attrs``, and what the held-out days point to.
    """
    names, candidates = record["ways"], record["candidates"]
    test = full_products(record["test_products"])
    few = test[:, : len(candidates), : len(candidates)]
    chosen = chosen_of(record, rule)
    every = mixes(candidates, rule.shares)
    every += [chosen.mix] if chosen.mix not in every else []
    scores = scores_of(few, candidates, every)
    titles = [mix.title for mix in every]
    oracle = int(np.argmax(np.nanmean(scores, axis=1)))
    single = scores_of(test, names, mixes(names, ()))
    table = pd.DataFrame(single.T, index=record["basins"], columns=names)
    table[AUTO] = scores[titles.index(chosen.mix.title)]
    table["oracle"] = scores[oracle]
    if {"local", "gr4j"} <= set(candidates):
        both = Mix((("local", 0.5), ("gr4j", 0.5)))
        table[UNTRANSFERRED] = scores_of(few, candidates, [both])[0]
    drawn = DRAWN.fullmatch(record["target"])
    cluster = record["target"].rsplit("-", 1)[0] if drawn else record["basins"]
    table.attrs.update(
        cluster=str(cluster),
        pointed_to=chosen.best.title,
        oracle=titles[oracle],
        margin=chosen.margin,
    )
    return table


def interval_of(values: Mapping[str, Sequence[pd.Series]]) -> dict[str, float]:
    """Mean and median over targets of the mean over basins, with the mean's interval.

    ``values`` are those of the basins of each target, by cluster: targets of the same basins.
    Clusters are drawn with replacement, and the basins of each target in them.

    Raises
    ------
    ValueError
        If no target has a value.
    """
    rng = np.random.default_rng(SEED)
    parts: list[np.ndarray] = []
    clusters: list[int] = []
    for number, of_cluster in enumerate(values.values()):
        known = [series.dropna().to_numpy() for series in of_cluster if series.notna().any()]
        parts += known
        clusters += [number] * len(known)
    if not parts:
        raise ValueError("no target has a value")
    means = np.array([part.mean() for part in parts])
    drawn = np.stack(
        [part[rng.integers(part.size, size=(DRAWS, part.size))].mean(axis=1) for part in parts]
    )
    present = sorted(set(clusters))
    chosen = rng.choice(present, size=(DRAWS, len(present)))
    times = np.stack([(chosen == cluster).sum(axis=1) for cluster in clusters])
    low, high = np.quantile((drawn * times).sum(axis=0) / times.sum(axis=0), [0.05, 0.95])
    found = {"mean": means.mean(), "median": np.median(means), "low": low, "high": high}
    return {name: round(float(number), 4) for name, number in found.items()}


def by_cluster(
    tables: Sequence[pd.DataFrame], values: Sequence[pd.Series]
) -> dict[str, list[pd.Series]]:
    """``values`` of the targets of ``tables``, by what is in the tables' ``attrs["cluster"]``."""
    found: dict[str, list[pd.Series]] = {}
    for table, value in zip(tables, values, strict=True):
        found.setdefault(table.attrs["cluster"], []).append(value)
    return found


def gain(tables: Sequence[pd.DataFrame], way: str, over: str) -> dict[str, float] | None:
    """Gain of one way over another: mean, median, interval, and how often it wins.

    None where no target has both.
    """
    both = [t for t in tables if way in t and over in t]
    if not both:
        return None
    found = interval_of(by_cluster(both, [t[way] - t[over] for t in both]))
    wins = [t[way].mean() > t[over].mean() for t in both]
    return {**found, "wins": round(float(np.mean(wins)), 4), "settings": len(both)}


def summary(records: Sequence[Mapping[str, Any]], rule: Rule) -> dict[str, Any]:
    """The figures of the study."""
    tables = [target_scores(record, rule) for record in records]
    kinds = kinds_of(records)
    lost = [t[AUTO].mean() < t["local"].mean() - LOSS for t in tables if "local" in t]
    few = (kinds["basins"] <= 5) & (kinds["years"] == 1)
    scarce = [table for table, is_few in zip(tables, few, strict=True) if is_few]
    ways = dict.fromkeys(way for record in records for way in record["ways"])
    return {
        "settings": len(tables),
        "gain_over_local": gain(tables, AUTO, "local"),
        "gain_over_local_scarce": gain(scarce, AUTO, "local"),
        "gain_over_gr4j": gain(tables, AUTO, "gr4j"),
        "gain_over_untransferred": gain(tables, AUTO, UNTRANSFERRED),
        "gain_over_untransferred_single": gain(
            [table for table in tables if len(table) == 1], AUTO, UNTRANSFERRED
        ),
        "untransferred_over_local": gain(tables, UNTRANSFERRED, "local"),
        "loss": LOSS,
        "share_lost_to_local": round(float(np.mean(lost)), 4) if lost else None,
        "regret": interval_of(by_cluster(tables, [t["oracle"] - t[AUTO] for t in tables])),
        "ways_over_local": {way: gain(tables, way, "local") for way in ways if way != "local"},
        "chosen": pd.Series([t.attrs["pointed_to"] for t in tables]).value_counts().to_dict(),
        "by_size": _by_size(tables, kinds),
        "by_region": _by_region(records, tables, kinds),
    }


def against(
    records: Sequence[Mapping[str, Any]], rule: Rule, rivals: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """What a study gains over models of the same targets that another study computed.

    Of each way that the other does not choose from and this one lacks: ``gain`` of what is chosen
    over it, ``over_local`` its own over the local network, and ``gain_over_mean``, over its mean
    with GR4J; beside them ``gain_over_local`` in the same targets. ``by_size`` are the scores of
    all of them in the random draws that both have.

    Raises
    ------
    ConfigError
        If a target of both has other basins or periods.
    """
    ours = {record["target"]: record for record in records}
    both = [(ours[rival["target"]], rival) for rival in rivals if rival["target"] in ours]
    tables, ways = [], dict[str, None]()
    for record, rival in both:
        differing = [part for part in ("basins", "fit", "test") if record[part] != rival[part]]
        if differing:
            raise ConfigError(
                f"target {record['target']} of two studies differs in {', '.join(differing)}: give "
                "the draws of both the same seed, pool and periods"
            )
        known = {*rival["candidates"], *record["ways"]}
        names = [name for name in rival["ways"] if name not in known]
        ways.update(dict.fromkeys(names))
        table = target_scores(record, rule)
        table[names] = target_scores(rival, Rule())[names]
        if "gr4j" in rival["ways"]:
            halves = [Mix(((name, 0.5), ("gr4j", 0.5))) for name in names]
            of_mean = scores_of(full_products(rival["test_products"]), rival["ways"], halves)
            table[[WITH_GR4J.format(name) for name in names]] = of_mean.T
        tables.append(table)
    return {
        "settings": len(tables),
        "gain_over_local": gain(tables, AUTO, "local"),
        "ways": {
            way: {
                "gain": gain(tables, AUTO, way),
                "over_local": gain(tables, way, "local"),
                "gain_over_mean": gain(tables, AUTO, WITH_GR4J.format(way)),
            }
            for way in ways
        },
        "by_size": _by_size(tables, kinds_of([record for record, _ in both])),
    }


def kinds_of(records: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Number of basins and years of each target, and whether it is a random draw."""
    return pd.DataFrame(
        {
            "basins": [len(record["basins"]) for record in records],
            "years": [years_of(record["fit"]) for record in records],
            "draw": [DRAWN.fullmatch(record["target"]) is not None for record in records],
        }
    ).astype({"draw": bool})


def years_of(fit: Sequence[Sequence[str]]) -> int:
    """Years of training, mean over basins, from the ``fit`` of a record."""
    days = [(pd.Timestamp(end) - pd.Timestamp(start)).days for start, end in fit]
    return round(float(np.mean(days)) / 365.25)


def _by_size(tables: Sequence[pd.DataFrame], kinds: pd.DataFrame) -> list[dict[str, Any]]:
    """Mean score of each way by number of basins and years, of the random draws."""
    rows = []
    drawn = kinds[kinds["draw"]]
    for basins, years in sorted({*zip(drawn["basins"], drawn["years"], strict=True)}):
        part = drawn[(drawn["basins"] == basins) & (drawn["years"] == years)]
        of = [tables[k] for k in part.index]
        names = dict.fromkeys(name for t in of for name in t.columns)
        with_name = {name: [t for t in of if name in t] for name in names}
        rows.append(
            {
                "basins": int(basins),
                "years": int(years),
                "draws": len(of),
                "scores": {
                    name: interval_of(by_cluster(those, [t[name] for t in those]))
                    for name, those in with_name.items()
                },
            }
        )
    return rows


def _by_region(
    records: Sequence[Mapping[str, Any]], tables: Sequence[pd.DataFrame], kinds: pd.DataFrame
) -> list[dict[str, Any]]:
    """Mean score of each way in each target that is a region's setting."""
    return [
        {
            "target": records[k]["target"],
            "basins": int(kinds["basins"][k]),
            "years": int(kinds["years"][k]),
            "scores": {way: round(float(mean), 4) for way, mean in tables[k].mean().items()},
        }
        for k in kinds.index[~kinds["draw"]]
    ]


def study_records(name: str) -> list[dict[str, Any]]:
    """All committed records of study ``name``."""
    return [read_record(path) for path in sorted((results_dir() / name).glob("*.json"))]


def study_summary(name: str) -> dict[str, Any]:
    """The figures of study ``name``, and how many targets it is to have."""
    study = load_study(name)
    regions = sum(len(region_settings(load_region(region))) for region in study.regions)
    planned = sum(study.draws.sizes.values()) * len(study.draws.years) + regions
    records = study_records(name)
    found = {"planned": planned, **summary(records, study.rule)}
    if study.rivals is not None:
        found["rivals"] = against(records, study.rule, study_records(study.rivals))
    return found


def write_summary(name: str) -> Path:
    """Write ``results/summary/NAME.json``."""
    path = results_dir() / "summary" / f"{name}.json"
    text = json.dumps(study_summary(name), indent=1)
    with replacing(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
    return path
