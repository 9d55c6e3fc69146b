"""Intervals of basins without any flow: the errors that such basins had in a study.

To ``zero``, the source as it is, all basins of a study are ungauged: nothing of their flow is used.
What it errs there, over the basin's mean predicted flow and by class of predicted flow
(:mod:`hydrotl.experiments.intervals`), is what it may err in another one. Every basin counts
alike. Its coverage is that of test years, by the errors of all other basins in training years.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hydrotl.experiments.covered import coverage, home_of, means_of, settings_key
from hydrotl.experiments.intervals import (
    CENTRES,
    LEVEL,
    Bands,
    centres,
    class_windows,
    mean_flow,
    scaled,
    two_sided,
)
from hydrotl.experiments.provenance import provenance
from hydrotl.experiments.records import read_record, results_dir, rounded, write_record
from hydrotl.experiments.run import Task, run_tasks
from hydrotl.experiments.store import content_hash
from hydrotl.experiments.study import Study
from hydrotl.experiments.target import flow_of, seconds_of
from hydrotl.experiments.work import Work
from hydrotl_core.arrays import observed_flow
from hydrotl_core.errors import ConfigError, DataError

WAY = "zero"
#: How many independent values a basin counts as: its errors are alike, through all of its days.
BASIN_COUNTS = 8
#: Days from which the mean predicted flow of a basin is taken as known.
LEAST_PREDICTED = 365


@dataclass(frozen=True)
class Basin:
    """What the source simulates in a basin without its flow, and what flowed, mm/day, ``[day]``.

    ``home`` is its region, empty in random draws; ``known`` and ``seen`` are of training days,
    ``test`` and ``observed`` of the test years.
    """

    home: str
    known: np.ndarray
    seen: np.ndarray
    test: np.ndarray
    observed: np.ndarray

    @cached_property
    def errors(self) -> list[np.ndarray]:
        """Scores of the training days, by class of predicted flow."""
        scale = mean_flow(self.known[None])
        x = scaled(self.known[None], scale)[0]
        scores = scaled(self.seen[None], scale)[0] - x
        return [part[np.isfinite(part)] for part in (scores[days] for days in class_windows(x))]


def pooled(basins: Sequence[Basin], level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper quantile of the errors of all basins, ``[class]``, every basin alike."""
    ends = []
    for number in range(len(CENTRES)):
        parts = [basin.errors[number] for basin in basins]
        weights = np.concatenate([np.full(part.size, 1 / part.size) for part in parts])
        count = BASIN_COUNTS * len(parts)
        ends.append(two_sided(np.concatenate(parts), level, weights, count))
    low, high = np.array(ends).T
    return low, high


def interval_elsewhere(
    predicted: np.ndarray, study: str = "beyond"
) -> tuple[np.ndarray, np.ndarray]:
    """Interval of level 0.9 for ``zero`` in ungauged basins, mm/day, ``[basin, day]``.

    Parameters
    ----------
    predicted
        Its flow, mm/day, ``[basin, day]``, of at least a year: a basin's mean predicted flow and
        its classes are taken from there.
    study
        Whose basins' errors to expect.

    Raises
    ------
    ConfigError
        If the study has none.
    DataError
        If less than a year is predicted in a basin.
    """
    return bands_elsewhere(predicted, study).around(predicted)


def bands_elsewhere(predicted: np.ndarray, study: str = "beyond") -> Bands:
    """The same to keep, for other days of the same basins: see :func:`interval_elsewhere`."""
    days = np.isfinite(predicted).sum(axis=1)
    if (days < LEAST_PREDICTED).any():
        raise DataError(
            f"{days.min()} predicted days in a basin: its interval needs the mean of at least "
            f"{LEAST_PREDICTED}"
        )
    errors = read_ungauged(study)["errors"]
    return with_errors(predicted, np.array(errors["low"]), np.array(errors["high"]))


def with_errors(predicted: np.ndarray, low: np.ndarray, high: np.ndarray) -> Bands:
    """Errors ``low`` to ``high``, ``[class]``, in each basin of ``predicted``."""
    scale = mean_flow(predicted)
    at = np.stack([centres(row) for row in scaled(predicted, scale)])
    return Bands(LEVEL, scale, at, np.broadcast_to(low, at.shape), np.broadcast_to(high, at.shape))


def ungauged_path(name: str) -> Path:
    """File of the errors of ungauged basins in study ``name``."""
    return results_dir() / "summary" / f"{name}-ungauged.json"


def read_ungauged(name: str) -> dict[str, Any]:
    """Errors of ungauged basins in study ``name``; a ConfigError where there are none."""
    path = ungauged_path(name)
    if not path.is_file():
        raise ConfigError(f"no errors of ungauged basins at {path}: `hydrotl beyond {name}`")
    record = read_record(path)
    if record["settings"] != _settings():
        raise ConfigError(f"{path} was made in another way: `hydrotl beyond {name}` renews it")
    return record


def _settings() -> str:
    return content_hash([settings_key(), BASIN_COUNTS])


def measure_ungauged(name: str, study: Study, work: Sequence[Work], jobs: int = 1) -> Path | None:
    """Write ``results/summary/NAME-ungauged.json``, unless it is there; returns its path.

    None if ``zero`` is no candidate of the study, or it has fewer than two basins with flow. Each
    basin counts once, with the target that has its longest record. Nothing is trained; if
    interrupted, the same call resumes.
    """
    if WAY not in study.ways:
        return None
    chosen = once(work, study)
    parts = {item.target.name: _zero_tasks(item) for item, _ in chosen}
    members = [member for part in parts.values() for half in part for member in half]
    tasks = {task.product: task for member in members for task in member}
    path = ungauged_path(name)
    key = content_hash([_settings(), sorted(product.stem for product in tasks)])
    if path.is_file() and read_record(path).get("key") == key:
        return path
    shared = {
        k: v for item, _ in chosen for w in item.ways for k, v in w.shared(item.target).items()
    }
    for _ in run_tasks(list(tasks.values()), shared, jobs=jobs, label="ungauged"):
        pass
    basins = [b for b in study_basins(chosen, parts, study) if all(e.size for e in b.errors)]
    if len(basins) < 2:
        return None
    record = ungauged_summary(basins)
    seconds = sum(seconds_of([task]) for task in tasks.values())
    write_record(path, {**record, "provenance": provenance("cpu", seconds), "key": key})
    return path


def once(work: Sequence[Work], study: Study) -> list[tuple[Work, list[int]]]:
    """Targets with the basins that each gives: every basin once, from its longest record."""

    def wealth(item: Work) -> tuple[float, int]:
        fit = item.target.fit
        return sum(period.days for period in fit) / len(fit), len(fit)

    seen: set[tuple[str, str]] = set()
    found = []
    for item in sorted(work, key=wealth, reverse=True):
        home = home_of(item.target.name, study)
        new = [k for k, b in enumerate(item.target.basins) if (home, b) not in seen]
        seen |= {(home, basin) for basin in item.target.basins}
        if new:
            found.append((item, new))
    return found


def _zero_tasks(item: Work) -> list[list[list[Task]]]:
    """Tasks of the test and of the training days, by member; any fold: nothing is trained."""
    number = [way.name for way in item.ways].index(WAY)
    return [item.tests[number], item.held_out[number][0]]


def study_basins(
    chosen: Sequence[tuple[Work, list[int]]],
    parts: Mapping[str, list[list[list[Task]]]],
    study: Study,
) -> list[Basin]:
    """The basins of targets whose tasks are done."""
    found = []
    for item, numbers in chosen:
        target, home = item.target, home_of(item.target.name, study)
        test, known = (
            np.mean([flow_of(member) for member in part], axis=0) for part in parts[target.name]
        )
        seen, observed = (observed_flow(target.ds, days) for days in (target.fit, target.test))
        found += [Basin(home, known[k], seen[k], test[k], observed[k]) for k in numbers]
    return found


def held_elsewhere(basins: Sequence[Basin]) -> pd.DataFrame:
    """Coverage of the test years of each basin by the errors of all others, and its ``home``."""
    rows = []
    for number, basin in enumerate(basins):
        others = [*basins[:number], *basins[number + 1 :]]
        bands = with_errors(basin.known[None], *pooled(others))
        lower, upper = bands.around(basin.test[None])
        rows.append(coverage(lower, upper, basin.observed[None], LEVEL).assign(home=basin.home))
    return pd.concat(rows, ignore_index=True)


def ungauged_summary(basins: Sequence[Basin]) -> dict[str, Any]:
    """Errors of all basins, and how well those of all others held in each."""
    table = held_elsewhere(basins)
    low, high = pooled(basins)
    return {
        "way": WAY,
        "level": LEVEL,
        "settings": _settings(),
        "basins": len(basins),
        "errors": {"low": rounded(low), "high": rounded(high)},
        **means_of(table),
        "by_region": [
            {"region": home, **means_of(table[table["home"] == home])}
            for home in sorted(set(table["home"]))
        ],
    }
