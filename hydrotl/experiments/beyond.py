"""The study "Beyond the paper": many small targets, each modelled in every way.

A target is a random draw of basins with the last years before the test, or a region's setting.
What is kept of it are products of errors (:mod:`hydrotl.experiments.auto`), of the test period and
of held-out training days: every score, choice and regret follows from them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from hydrotl.config import load_all_options, load_recipe, load_region
from hydrotl.data.climate import has_climate, with_climate
from hydrotl.data.manifest import Attributes
from hydrotl.experiments.auto import products_of
from hydrotl.experiments.blocks import joined
from hydrotl.experiments.cells import LOCAL
from hydrotl.experiments.draws import region_name, targets
from hydrotl.experiments.ensemble import source_members
from hydrotl.experiments.provenance import provenance
from hydrotl.experiments.records import read_record, results_dir, rounded, write_record
from hydrotl.experiments.run import Task, run_tasks
from hydrotl.experiments.seen import refuse_seen, seen_basins, told, trained_basins
from hydrotl.experiments.start import Start, load_start
from hydrotl.experiments.store import content_hash
from hydrotl.experiments.study import DRAWN, Ablation, Study, training_for
from hydrotl.experiments.target import Network, Target, Way, flow_of, seconds_of
from hydrotl_core.arrays import observed_flow
from hydrotl_core.errors import ConfigError
from hydrotl_core.recipe import Inputs

DIGITS = 5
#: Makes the calibrated benchmark of a data set with these roles; None where it is not installed.
Benchmark = Callable[[Attributes], Way | None]
#: Members of sources, by the source's name.
Starts = Mapping[str, tuple[Start, ...]]


@dataclass(frozen=True)
class Work:
    """A target with its ways: tasks of the test by way and member, and of each fold."""

    target: Target
    ways: tuple[Way, ...]
    candidates: int
    folds: int
    block_days: int
    path: Path
    cautions: tuple[str, ...] = ()

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
    def finished(self) -> bool:
        """Whether the record is there."""
        return self.path.is_file() and read_record(self.path).get("key") == self.key


def study_starts(study: Study) -> Starts:
    """Members of the sources that a study starts from."""
    names = {study.source, *(way.source for way in study.ablations.values() if way.source)}
    return {name: source_starts(name) for name in names}


def source_starts(name: str) -> tuple[Start, ...]:
    """Members of a source to start from."""
    return tuple(load_start(path) for path in source_members(name))


def networks(
    study: Study, starts: Starts, target: Target, *, ablations: bool
) -> tuple[list[Way], list[Way]]:
    """Networks among the candidates of the choice, and those of the ablations."""
    basins, own = len(target.basins), known_inputs(study.inputs, target)
    options, recipe = load_all_options(), load_recipe(study.recipe)
    groups = {"local": recipe.local, "new": recipe.transfer, "source": recipe.warm}

    def network(name: str, way: Ablation) -> Way:
        option = options.get(way.option)
        if option is None and way.option != LOCAL:
            raise ConfigError(f"no option {way.option!r}; there are {LOCAL}, {', '.join(options)}")
        if option is not None and way.anchor is not None:
            option = option.model_copy(update={"anchor": way.anchor})
        group = groups["local" if option is None else option.inputs]
        return Network(
            name=name,
            training=training_for(group, basins),
            inputs=way.inputs or own,
            option=option,
            starts=() if option is None else starts[way.source or study.source],
            members=way.members,
            fold_members=way.members if option is not None and not option.trained else 1,
            without=way.without,
        )

    candidates = {
        name: Ablation(option=name, members=members) for name, members in study.ways.items()
    }
    compared = study.ablations if ablations else {}
    return (
        [network(name, way) for name, way in candidates.items()],
        [network(name, way) for name, way in compared.items()],
    )


def known_inputs(inputs: Inputs, target: Target) -> Inputs:
    """``inputs`` without attributes that no basin of the target has.

    The climate of less than a year of weather is not known.
    """
    ds = with_climate(target.ds, target.fit) if has_climate(inputs) else target.ds
    known = [n for n in inputs.static if n in ds and np.isfinite(ds[n].values).any()]
    return inputs.model_copy(update={"static": known})


def target_work(
    target: Target,
    roles: Attributes,
    study: Study,
    starts: Starts,
    benchmark: Benchmark,
    path: Path,
    *,
    ablations: bool = False,
    seen_allowed: bool = False,
) -> Work:
    """Work of one target, whose record goes to ``path``; without a benchmark that is not there.

    A ConfigError if a source was trained on basins of the target, unless that is allowed.
    """
    cautions: list[str] = []
    for source, members in starts.items():
        seen = seen_basins(target.ds, trained_basins(Path(members[0].name)))
        refuse_seen(target.name, source, seen, allowed=seen_allowed)
        cautions += told(source, seen)
    candidates, compared = networks(study, starts, target, ablations=ablations)
    gr4j = benchmark(roles)
    if gr4j is not None:
        candidates.append(gr4j)
    ways = (*candidates, *compared)
    parts = len(candidates), study.folds, study.block_days
    return Work(target, ways, *parts, path, tuple(cautions))


def plan(study: Study, name: str, benchmark: Benchmark) -> list[Work]:
    """Work of all targets; ``name`` is the folder of the records in ``results``."""
    starts = study_starts(study)
    return [
        target_work(
            target,
            roles,
            study,
            starts,
            benchmark,
            results_dir() / name / f"{target.name}.json",
            ablations=has_ablations(target.name, study),
            seen_allowed=any(
                load_region(name).seen_basins
                for name in study.regions
                if target.name.startswith(f"{region_name(name)}-")
            ),
        )
        for target, roles in targets(study)
    ]


def has_ablations(target: str, study: Study) -> bool:
    """Whether a target is a region's setting or one of the first draws of its size."""
    draw = DRAWN.fullmatch(target)
    return draw is None or int(draw["draw"]) < study.ablation_draws


def held_out_flows(work: Work) -> list[np.ndarray]:
    """Each candidate's flow of the training days, predicted without them, ``[basin, day]``."""
    means = [
        [np.mean([flow_of(tasks) for tasks in fold], axis=0) for fold in way]
        for way in work.held_out
    ]
    return [joined(folds, work.target.fit, work.block_days) for folds in means]


def record_of(work: Work) -> dict[str, Any]:
    """What is kept of a target whose tasks are done."""
    target, ways = work.target, work.ways
    observed = observed_flow(target.ds, target.test)
    seen = observed_flow(target.ds, target.fit)
    tests, held_out = work.tests, work.held_out
    members = [[flow_of(tasks) for tasks in way] for way in tests]
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
        "test_products": _upper(products_of([np.mean(m, axis=0) for m in members], observed)),
        "held_out_products": _upper(products_of(held_out_flows(work), seen)),
        "seconds": seconds,
        "cautions": work.cautions,
        "provenance": provenance("cpu", sum(sum(pair) for pair in seconds.values())),
        "key": work.key,
    }


def _upper(products: np.ndarray) -> list[list[float | None]]:
    """Upper triangles of products, ``[basin, pair]``, for JSON."""
    return [rounded(p[np.triu_indices(len(p))], DIGITS) for p in products]


def run_study(
    work: Sequence[Work],
    *,
    jobs: int = 1,
    scheduler: str | None = None,
    label: str = "beyond",
) -> Iterator[Path]:
    """Compute what is missing of ``work``; yields each record's path as it is written.

    If interrupted, the same call resumes.
    """
    left = [item for item in work if not item.finished]
    shared: dict[str, Any] = {}
    for item in left:
        for way in item.ways:
            shared.update(way.shared(item.target))
    tasks = list({task.product: task for item in left for task in item.tasks}.values())
    wanted = {item.path: {task.product for task in item.tasks} for item in left}
    for _ in run_tasks(tasks, shared, jobs=jobs, scheduler=scheduler, label=label):
        for item in [i for i in left if all(product.is_file() for product in wanted[i.path])]:
            write_record(item.path, record_of(item))
            left.remove(item)
            yield item.path
