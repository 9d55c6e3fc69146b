"""Plans: many source members to train, in which order, and where each of them stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from hydrotl.config import Plan, load_recipe, load_source
from hydrotl.experiments.experiment import source_folder
from hydrotl.experiments.runs import holder
from hydrotl.experiments.source import source_data
from hydrotl.experiments.source_task import SourceTask, finished
from hydrotl.paths import runs_folder
from hydrotl_core.checkpoint import checkpoint_progress
from hydrotl_core.errors import HydroTLError
from hydrotl_core.training import total_updates
from hydrotl_core.weights import load_weights

State = Literal["finished", "running elsewhere", "begun", "waiting", "unusable"]


@dataclass(frozen=True)
class Status:
    """Where one member stands: updates done of ``total``, seconds trained, what to say of it."""

    state: State
    done: int
    total: int
    seconds: float = 0.0
    note: str = ""

    def __str__(self) -> str:
        progress = f"{self.done} of {self.total} updates"
        if self.state == "begun":
            return progress
        if self.state == "running elsewhere":
            return f"{self.state}: {progress}, {self.note}"
        return f"{self.state}: {self.note}" if self.note else self.state


def plan_tasks(
    plan: Plan, device: str = "cpu", data: Path | None = None, out: Path | None = None
) -> list[SourceTask]:
    """Members of a plan, the first of every source before the second of any.

    Weights go to ``weights/SOURCE``, or to ``out/SOURCE`` with checkpoints in ``out/runs``.
    """
    counts = [entry.members or load_source(entry.source).members for entry in plan.sources]
    tasks = []
    for member in range(max(counts)):
        for entry, count in zip(plan.sources, counts, strict=True):
            if member < count:
                name = entry.source
                folder = out / Path(name).stem if out else source_folder(name)
                runs = runs_folder(folder)
                recipe = entry.recipe or plan.recipe
                tasks.append(
                    SourceTask(name, member, folder, runs, device, True, data=data, recipe=recipe)
                )
    return tasks


def expected_updates(task: SourceTask) -> int:
    """Number of updates of a task; where the recipe has epochs it depends on the data."""
    source = task.source()
    config = load_recipe(source.recipe).source_training(source.subset)
    if config.updates is not None:
        return config.updates
    basins = source.subset or source_data(source, task.data).sizes["basin"]
    return total_updates(config, basins, source.train.days - task.validation_days)


def update_cost(task: SourceTask) -> float:
    """Cost of an update of ``task`` in units of its own, to compare with those of other sources.

    In proportion to the arithmetic of the LSTM layer; a day of warm-up without gradient costs a
    third of another.
    """
    source = task.source()
    config = load_recipe(source.recipe).source_training(source.subset)
    saved = 0 if config.warmup_gradient else config.warmup * 2 / 3
    return config.batch * (config.window - saved) * config.hidden**2


def totals(tasks: Sequence[SourceTask]) -> dict[str, int]:
    """Updates of a member of each source in ``tasks``, by the source's name."""
    return {name: expected_updates(task) for name, task in {t.name: t for t in tasks}.items()}


def status(task: SourceTask, total: int) -> Status:
    """Where ``task`` of ``total`` updates stands, from its files alone.

    A member that another run trains has the updates that run last reported; its seconds are
    those of its last checkpoint.
    """
    try:
        if finished(task):
            _, card = load_weights(task.weights)
            return Status("finished", total, total, float(card.provenance["seconds"]))
        done, seconds = checkpoint_progress(task.checkpoint)
    except HydroTLError as error:
        return Status("unusable", 0, total, note=str(error))
    other = holder(task.lock)
    if other is not None:
        done = max(done, other.done)
        return Status("running elsewhere", done, other.total or total, seconds, str(other))
    return Status("begun" if done else "waiting", done, total, seconds)


def status_table(tasks: Sequence[SourceTask]) -> pd.DataFrame:
    """Columns source, member, state and minutes; nothing is trained."""
    count = totals(tasks)
    rows = [(task, status(task, count[task.name])) for task in tasks]
    return pd.DataFrame(
        {
            "source": [Path(task.name).stem for task, _ in rows],
            "member": [task.member for task, _ in rows],
            "state": [str(found) for _, found in rows],
            "minutes": [f"{found.seconds / 60:.1f}" for _, found in rows],
        }
    )
