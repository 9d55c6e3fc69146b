"""The transfer experiment: cells, the ensembles of their members and their results records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import xarray as xr

from hydrotl.config import load_options, load_recipe, load_region
from hydrotl.data.basins import basin_facts
from hydrotl.data.regions import region_setting, region_settings
from hydrotl.experiments.cells import (
    LOCAL,
    Cell,
    CellTask,
    MemberResult,
    is_process,
    source_folder,
    starts_from_source,
    train_member,
)
from hydrotl.experiments.members import run_tasks
from hydrotl.experiments.provenance import code_version, provenance, today
from hydrotl.experiments.records import score_record
from hydrotl_core.errors import ConfigError
from hydrotl_core.metrics import ensemble_nse
from hydrotl_core.recipe import Training
from hydrotl_core.simulation import to_dataset
from hydrotl_core.weights import member_paths


@dataclass
class CellResult:
    """Simulation of a cell's ensemble and the record of its training."""

    cell: Cell
    simulation: xr.Dataset
    training: Training
    seconds: float
    data_hash: str
    code: str = field(default_factory=code_version)
    date: str = field(default_factory=today)
    arithmetic: str = "float32"
    changes: tuple[tuple[str, float | int], ...] = ()

    @property
    def basin_nse(self) -> xr.DataArray:
        """NSE of the mean discharge, per basin."""
        return ensemble_nse(self.simulation)

    def record(self, device: str, validation_days: int = 0) -> dict[str, Any]:
        """The cell's results record: scores, configuration and provenance."""
        region = load_region(self.cell.region)
        setting = region_setting(region, self.cell.setting)
        source = self.cell.source or region.source
        starts = starts_from_source(self.cell.option)
        scores = score_record(self.simulation)
        fit = setting.periods("train", scores["basins"])
        # Of trials, nobody asks where their basins are.
        facts = {} if validation_days else basin_facts(region.dataset, scores["basins"], fit)
        return {
            "region": Path(self.cell.region).stem,
            "setting": self.cell.setting,
            "option": self.cell.option,
            "recipe": self.cell.recipe or region.recipe,
            "changes": dict(self.changes),
            "source": source if starts else None,
            "source_members": len(member_paths(source_folder(source))) if starts else 0,
            "periods": setting.model_dump(mode="json", exclude_defaults=True),
            "scored_on": f"last {validation_days} training days" if validation_days else "test",
            **scores,
            **facts,
            "training": self.training.model_dump(mode="json"),
            "deviations": region.deviations,
            "provenance": provenance(
                device,
                self.seconds,
                data_hash=self.data_hash,
                code=self.code,
                date=self.date,
                arithmetic=self.arithmetic,
            ),
        }


def cells_of(
    region: str,
    settings: Sequence[str] | None = None,
    options: Sequence[str] | None = None,
    recipe: str | None = None,
    source: str | None = None,
) -> list[Cell]:
    """Cells of a region: the given settings and options, by default all of them.

    Raises
    ------
    ConfigError
        For a setting, an option or a recipe that is not declared.
    """
    loaded, declared = load_region(region), [LOCAL, *load_options()]
    names = settings or list(region_settings(loaded))
    kinds = options or declared
    load_recipe(recipe or loaded.recipe)
    for name in names:
        region_setting(loaded, name)
    for kind in kinds:
        if kind not in declared and not is_process(kind):
            raise ConfigError(f"no option {kind!r}; there are {', '.join(declared)}")
    return [Cell(region, name, kind, recipe, source) for name in names for kind in kinds]


def run_cells(
    cells: Iterable[Cell],
    members: int,
    *,
    jobs: int = 1,
    device: str = "cpu",
    updates: int | None = None,
    validation_days: int = 0,
    teachers: Mapping[str, xr.DataArray] | None = None,
) -> dict[Cell, CellResult]:
    """Train all members of all cells, side by side, and gather each cell's ensemble.

    ``teachers`` holds, per option ``process-TEACHER``, the flow that its models learn first
    (:func:`hydrotl.experiments.cells.train_member`).

    Raises
    ------
    WeightsError
        Before anything is trained, if a cell's source has no weights.
    """
    code = code_version()  # before training: the checkout may change while models train
    cells = list(cells)
    for cell in cells:
        if starts_from_source(cell.option):
            member_paths(source_folder(cell.source or load_region(cell.region).source))
    tasks = [
        CellTask(cell, member, device, updates, validation_days)
        for cell in cells
        for member in range(members)
    ]
    done: dict[Cell, list[MemberResult]] = {cell: [] for cell in cells}
    for result in run_tasks(partial(_train, teachers or {}), tasks, jobs, "models"):
        done[result.task.cell].append(result)
    return {cell: cell_result(parts, code) for cell, parts in done.items()}


def run_region(
    region: str,
    settings: list[str] | None,
    members: int,
    updates: int | None = None,
    *,
    options: list[str] | None = None,
    source: str | None = None,
    recipe: str | None = None,
    validation_days: int = 0,
    teachers: Mapping[str, xr.DataArray] | None = None,
    jobs: int = 1,
    device: str = "auto",
) -> dict[Cell, CellResult]:
    """Train and test all options in all settings of a region.

    None or an empty list of settings or options means all of them; without ``updates`` (None or
    0), the recipe's number. With ``validation_days`` the
    last training days take the place of the test period.
    """
    from hydrotl.experiments.members import pick_device

    cells = cells_of(region, settings or None, options or None, recipe, source)
    return run_cells(
        cells,
        members,
        jobs=jobs,
        device=pick_device(device),
        updates=updates or None,
        validation_days=validation_days,
        teachers=teachers,
    )


def _train(teachers: Mapping[str, xr.DataArray], task: CellTask) -> MemberResult:
    return train_member(task, teacher=teachers.get(task.cell.option))


def cell_result(parts: Sequence[MemberResult], code: str) -> CellResult:
    """The ensemble of a cell from its members, in any order."""
    parts = sorted(parts, key=lambda part: part.task.member)
    first = parts[0]
    return CellResult(
        cell=first.task.cell,
        simulation=to_dataset([p.simulated for p in parts], first.observed, first.arrays),
        training=first.training,
        seconds=sum(p.log.seconds for p in parts),
        data_hash=first.data_hash,
        code=code,
        arithmetic=first.log.arithmetic,
        changes=first.task.changes,
    )
