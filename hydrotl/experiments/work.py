"""The work on one target: its tasks, and the record of what came out.

What is kept of a target are products of errors (:mod:`hydrotl.experiments.auto`), of the test
period and of held-out training days, and how well the interval of what is chosen holds
(:mod:`hydrotl.experiments.covered`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from hydrotl.experiments.auto import Mix, Rule, products_of
from hydrotl.experiments.blocks import joined
from hydrotl.experiments.covered import interval_part, is_current
from hydrotl.experiments.provenance import provenance
from hydrotl.experiments.records import read_record, rounded
from hydrotl.experiments.run import Task
from hydrotl.experiments.store import content_hash
from hydrotl.experiments.summary import chosen_of
from hydrotl.experiments.target import Target, Way, flow_of, seconds_of
from hydrotl_core.arrays import observed_flow

DIGITS = 5


@dataclass(frozen=True)
class Work:
    """A target with its ways: tasks of the test by way and member, and of each fold.

    The ``rule`` says of which model the record keeps an interval; nothing else depends on it.
    """

    target: Target
    ways: tuple[Way, ...]
    candidates: int
    folds: int
    block_days: int
    path: Path
    cautions: tuple[str, ...] = ()
    rule: Rule = field(default_factory=Rule)

    @cached_property
    def tests(self) -> list[list[list[Task]]]:
        """Tasks of each way and member."""
        return [[way.tasks(self.target, k) for k in range(way.members)] for way in self.ways]

    @cached_property
    def held_out(self) -> list[list[list[list[Task]]]]:
        """Tasks of each candidate, fold and member."""
        return [
            [
                [way.tasks(self.target, member, held) for member in range(way.fold_members)]
                for held in ((fold, self.folds, self.block_days) for fold in range(self.folds))
            ]
            for way in self.ways[: self.candidates]
        ]

    @cached_property
    def tasks(self) -> list[Task]:
        """All tasks, each file once."""
        parts = [member for way in self.tests for member in way]
        parts += [member for way in self.held_out for fold in way for member in fold]
        return list({task.product: task for part in parts for task in part}.values())

    @cached_property
    def key(self) -> str:
        """Key of the record, from those of its tasks."""
        names = [way.name for way in self.ways]
        return content_hash(
            [names, self.candidates, sorted(task.product.stem for task in self.tasks)]
        )

    @property
    def kept(self) -> dict[str, Any] | None:
        """The record, if it is there and of these tasks."""
        record = read_record(self.path) if self.path.is_file() else {}
        return record if record.get("key") == self.key else None

    @property
    def finished(self) -> bool:
        """Whether the record is there, with the interval of what is chosen."""
        kept = self.kept
        return kept is not None and is_current(
            kept.get("intervals"), chosen_of(kept, self.rule).mix.title
        )

    def index_of(self, mix: Mix) -> list[int]:
        """Where the models of ``mix`` are among the ways."""
        names = [way.name for way in self.ways]
        return [names.index(name) for name, _ in mix.weights]

    @property
    def lacking(self) -> list[Task]:
        """Tasks whose results the record is made from.

        Those of what is chosen, where only its interval is missing or out of date.
        """
        if self.kept is None:
            return self.tasks
        parts: list[list[Task]] = []
        for number in self.index_of(chosen_of(self.kept, self.rule).mix):
            parts += [*self.tests[number], *(m for fold in self.held_out[number] for m in fold)]
        return list({task.product: task for part in parts for task in part}.values())


def held_out_flows(work: Work, mix: Mix | None = None) -> list[np.ndarray]:
    """Each candidate's flow of the training days, predicted without them, ``[basin, day]``.

    Of the models of ``mix`` if there is one.
    """
    chosen = work.held_out if mix is None else [work.held_out[k] for k in work.index_of(mix)]
    means = [
        [np.mean([flow_of(tasks) for tasks in fold], axis=0) for fold in way] for way in chosen
    ]
    return [joined(folds, work.target.fit, work.block_days) for folds in means]


def simulated_flows(work: Work, mix: Mix | None = None) -> list[np.ndarray]:
    """Each way's flow of the test days, or that of the models of ``mix``, ``[basin, day]``."""
    chosen = work.tests if mix is None else [work.tests[k] for k in work.index_of(mix)]
    return [np.mean([flow_of(tasks) for tasks in way], axis=0) for way in chosen]


def record_of(work: Work) -> dict[str, Any]:
    """What is kept of a target whose tasks are done."""
    record = work.kept or errors_of(work)
    mix = chosen_of(record, work.rule).mix
    target, flows = work.target, (held_out_flows(work, mix), simulated_flows(work, mix))
    held_out, test = (mix.mean(of_models) for of_models in flows)
    seen, observed = (observed_flow(target.ds, days) for days in (target.fit, target.test))
    return {**record, "intervals": interval_part(mix.title, held_out, seen, test, observed)}


def errors_of(work: Work) -> dict[str, Any]:
    """Products of errors of a target whose tasks are done, and how they came about."""
    target, ways = work.target, work.ways
    observed = observed_flow(target.ds, target.test)
    seen = observed_flow(target.ds, target.fit)
    tests, held_out = work.tests, work.held_out
    seconds = {
        way.name: [
            round(sum(seconds_of(tasks) for tasks in test), 1),
            round(sum(seconds_of(tasks) for fold in folds for tasks in fold), 1),
        ]
        for way, test, folds in zip(ways, tests, [*held_out, *[[]] * len(ways)], strict=False)
    }
    return {
        "target": target.name,
        "basins": target.basins,
        "fit": [[str(period.start), str(period.end)] for period in target.fit],
        "test": [[str(period.start), str(period.end)] for period in target.test],
        "ways": [way.name for way in ways],
        "candidates": [way.name for way in ways[: work.candidates]],
        "members": {way.name: way.members for way in ways},
        "test_products": _upper(products_of(simulated_flows(work), observed)),
        "held_out_products": _upper(products_of(held_out_flows(work), seen)),
        "seconds": seconds,
        "cautions": work.cautions,
        "provenance": provenance("cpu", sum(sum(pair) for pair in seconds.values())),
        "key": work.key,
    }


def _upper(products: np.ndarray) -> list[list[float | None]]:
    """Upper triangles of products, ``[basin, pair]``, for JSON."""
    return [rounded(p[np.triu_indices(len(p))], DIGITS) for p in products]
