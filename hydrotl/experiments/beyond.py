"""The study "Beyond the paper": many small targets, each modelled in every way.

A target is a random draw of basins with the last years before the test, or a region's setting.
What is kept of it (:mod:`hydrotl.experiments.work`) are products of errors, of the test period and
of held-out training days: every score, choice and regret follows from them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hydrotl.config import load_all_options, load_recipe, load_region
from hydrotl.data.climate import has_climate, with_climate
from hydrotl.data.manifest import Attributes
from hydrotl.experiments.cells import LOCAL
from hydrotl.experiments.draws import region_name, targets
from hydrotl.experiments.ensemble import source_members
from hydrotl.experiments.records import results_dir, write_record
from hydrotl.experiments.run import run_tasks
from hydrotl.experiments.seen import refuse_seen, seen_basins, told, trained_basins
from hydrotl.experiments.start import Start, load_start
from hydrotl.experiments.study import DRAWN, Ablation, Study, training_for
from hydrotl.experiments.target import Network, Target, Way
from hydrotl.experiments.work import Work, record_of
from hydrotl_core.errors import ConfigError
from hydrotl_core.recipe import Inputs

#: Makes the calibrated benchmark of a data set with these roles; None where it is not installed.
Benchmark = Callable[[Attributes], Way | None]
#: Members of sources, by the source's name.
Starts = Mapping[str, tuple[Start, ...]]


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
    options, recipe = load_all_options(), load_recipe(study.recipe)
    groups = {"local": recipe.local, "new": recipe.transfer, "source": recipe.warm}

    def network(name: str, way: Ablation) -> Way:
        basins = 1 if way.each else len(target.basins)
        option = options.get(way.option)
        if option is None and way.option != LOCAL:
            raise ConfigError(
                f"ways and ablations: no option {way.option!r}; there are "
                f"{LOCAL}, {', '.join(options)}"
            )
        if option is not None and way.anchor is not None:
            option = option.model_copy(update={"anchor": way.anchor})
        group = groups["local" if option is None else option.inputs]
        return Network(
            name=name,
            training=training_for(group, basins),
            inputs=known_inputs(way.inputs or study.inputs, target),
            option=option,
            starts=() if option is None else starts[way.source or study.source],
            members=way.members,
            fold_members=way.members if option is not None and not option.trained else 1,
            without=way.without,
            each=way.each,
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
    if gr4j is not None and study.gr4j == "candidate":
        candidates.append(gr4j)
    elif gr4j is not None and ablations:
        compared.append(gr4j)
    ways = (*candidates, *compared)
    parts = len(candidates), study.folds, study.block_days
    return Work(target, ways, *parts, path, tuple(cautions), study.rule)


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
    lacking = {item.path: item.lacking for item in left}
    tasks = list({task.product: task for part in lacking.values() for task in part}.values())
    wanted = {path: {task.product for task in part} for path, part in lacking.items()}
    for _ in run_tasks(tasks, shared, jobs=jobs, scheduler=scheduler, label=label):
        for item in [i for i in left if all(product.is_file() for product in wanted[i.path])]:
            write_record(item.path, record_of(item))
            left.remove(item)
            yield item.path
