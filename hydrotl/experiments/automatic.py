"""``auto`` for one target: choose on held-out training days, then train what was chosen."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from hydrotl.experiments.auto import Choice, Rule, choose, products_of
from hydrotl.experiments.beyond import Work, held_out_flows
from hydrotl.experiments.run import Task, run_tasks
from hydrotl.experiments.target import flow_of
from hydrotl_core.arrays import observed_flow


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
    """

    choice: Choice
    flow: np.ndarray
    seconds: tuple[float, float]


def run_auto(work: Work, rule: Rule, jobs: int = 1) -> Automatic:
    """Choose among the candidates of ``work``, and train those chosen on all training days.

    Nothing of the test period decides: the candidates are compared on training days that each did
    not see, and the test days are simulated after the choice.
    """
    began = time.perf_counter()
    folds = [task for way in work.held_out for fold in way for member in fold for task in member]
    _compute(work, folds, jobs, "choosing")
    target = work.target
    names = [way.name for way in work.ways[: work.candidates]]
    products = products_of(held_out_flows(work), observed_flow(target.ds, target.fit))
    choice, chosen_at = choose(products, names, rule), time.perf_counter()
    flows = []
    for name, weight in choice.mix.weights:
        tests = work.tests[names.index(name)]
        _compute(work, [task for member in tests for task in member], jobs, name)
        flows.append(weight * np.mean([flow_of(member) for member in tests], axis=0))
    flow: np.ndarray = np.sum(flows, axis=0)
    return Automatic(choice, flow, (chosen_at - began, time.perf_counter() - chosen_at))


def _compute(work: Work, tasks: Iterable[Task], jobs: int, label: str) -> None:
    unique = list({task.product: task for task in tasks}.values())
    shared = {name: value for way in work.ways for name, value in way.shared(work.target).items()}
    for _ in run_tasks(unique, shared, jobs=jobs, label=label):
        pass
