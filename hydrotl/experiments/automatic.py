"""``auto`` for one target: choose on held-out training days, then train what was chosen."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from hydrotl.experiments.auto import Choice, Mix, Rule, choose, products_of
from hydrotl.experiments.intervals import LEAST_DAYS, Bands, calibrated, known_days
from hydrotl.experiments.run import Task, run_tasks
from hydrotl.experiments.target import Target, flow_of
from hydrotl.experiments.work import Work, held_out_flows
from hydrotl_core.arrays import observed_flow
from hydrotl_core.files import replacing


@dataclass(frozen=True)
class Automatic:
    """What was chosen, and what it gives.

    Attributes
    ----------
    choice
        With the score of every candidate on the held-out days.
    flow
        Streamflow of the test period, mm/day, ``[basin, day]``.
    seconds
        Wall time of the choice, and of training what was chosen.
    bands
        Errors to expect around the flow of these days or others; None where too few training days
        were observed.
    """

    choice: Choice
    flow: np.ndarray
    seconds: tuple[float, float]
    bands: Bands | None


def run_auto(work: Work, rule: Rule, jobs: int = 1) -> Automatic:
    """Choose among the candidates of ``work``, and train those chosen on all training days.

    Nothing of the test period decides: the candidates are compared on training days that each did
    not see, and the test days are simulated after the choice.
    """
    began = time.perf_counter()
    choice = choose_way(work, rule, jobs)
    chosen_at = time.perf_counter()
    names = [way.name for way in work.ways[: work.candidates]]
    flows = []
    for name, weight in choice.mix.weights:
        tests = work.tests[names.index(name)]
        compute(work, [task for member in tests for task in member], jobs, name)
        flows.append(weight * np.mean([flow_of(member) for member in tests], axis=0))
    flow: np.ndarray = np.sum(flows, axis=0)
    seconds = chosen_at - began, time.perf_counter() - chosen_at
    return Automatic(choice, flow, seconds, bands_of(work, choice.mix))


def bands_of(work: Work, mix: Mix) -> Bands | None:
    """Errors to expect of what was chosen, by its held-out days; None where too few have a flow."""
    held_out = mix.mean(held_out_flows(work, mix))
    observed = observed_flow(work.target.ds, work.target.fit)
    if known_days(held_out, observed) < LEAST_DAYS:
        return None
    return calibrated(held_out, observed)


def series_of(target: Target, found: Automatic) -> pd.DataFrame:
    """Flow of the test days with its band, mm/day: a row per basin and day.

    Columns ``basin``, ``date``, ``simulated``, ``observed`` and, where there is a band, ``lower``
    and ``upper``.
    """
    columns = {"simulated": found.flow, "observed": observed_flow(target.ds, target.test)}
    if found.bands is not None:
        columns["lower"], columns["upper"] = found.bands.around(found.flow)
    rows = []
    for k, (basin, period) in enumerate(zip(target.basins, target.test, strict=True)):
        dates = pd.date_range(period.start, periods=period.days, name="date")
        values = {name: flow[k, : period.days] for name, flow in columns.items()}
        rows.append(pd.DataFrame(values, index=dates).reset_index().assign(basin=basin))
    table = pd.concat(rows, ignore_index=True)
    return table[["basin", "date", *columns]]


def write_series(path: Path, table: pd.DataFrame) -> Path:
    """Write a table of :func:`series_of` as CSV, completely or not at all; returns its path."""
    with replacing(path) as temporary:
        table.to_csv(temporary, index=False, float_format="%.4f")
    return path


def choose_way(work: Work, rule: Rule, jobs: int = 1, log: Path | None = None) -> Choice:
    """Compare the candidates of ``work`` on training days that each did not see."""
    folds = [task for way in work.held_out for fold in way for member in fold for task in member]
    compute(work, folds, jobs, "choosing", log)
    target = work.target
    names = [way.name for way in work.ways[: work.candidates]]
    products = products_of(held_out_flows(work), observed_flow(target.ds, target.fit))
    return choose(products, names, rule)


def compute(
    work: Work, tasks: Iterable[Task], jobs: int, label: str, log: Path | None = None
) -> None:
    """Compute what is missing of ``tasks``, with the data of ``work``."""
    unique = list({task.product: task for task in tasks}.values())
    shared = {name: value for way in work.ways for name, value in way.shared(work.target).items()}
    for _ in run_tasks(unique, shared, jobs=jobs, label=label, log=log):
        pass
