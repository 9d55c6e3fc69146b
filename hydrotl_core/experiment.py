"""The transfer experiment: one cell is a region, a setting and an option.

A cell's ensemble is trained on the setting's training period and simulated over its test
period. Local models and transferred ones go through the same code; they differ in where
their weights start and in what is frozen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr

from hydrotl_core.basins import basin_facts
from hydrotl_core.config import (
    Training,
    load_options,
    load_recipe,
    load_region,
)
from hydrotl_core.errors import ConfigError, WeightsError
from hydrotl_core.members import run_tasks
from hydrotl_core.metrics import ensemble_nse
from hydrotl_core.model import StreamflowLSTM
from hydrotl_core.paths import project_root
from hydrotl_core.provenance import code_version, data_hash, provenance
from hydrotl_core.regions import hold_out, region_data, region_setting, region_settings
from hydrotl_core.results import score_record
from hydrotl_core.scaling import fit_scaler
from hydrotl_core.simulation import simulate, to_dataset
from hydrotl_core.source import TEST_LEAD_DAYS, initial_model, source_parameters
from hydrotl_core.tensors import Arrays, build_arrays, in_period, observed_flow
from hydrotl_core.training import Log, train
from hydrotl_core.transfer import adapt, freeze, hidden_size
from hydrotl_core.weights import Card, member_paths

LOCAL = "local"


@dataclass(frozen=True)
class Cell:
    """One entry of Table 1: ``option`` is ``local`` or a transfer option."""

    region: str
    setting: str
    option: str
    recipe: str | None = None
    source: str | None = None


@dataclass(frozen=True)
class CellTask:
    """One member of a cell."""

    cell: Cell
    member: int
    device: str = "cpu"
    updates: int | None = None
    validation_days: int = 0


@dataclass
class MemberResult:
    """Simulated and observed test flow of one member, and how it was trained."""

    task: CellTask
    simulated: np.ndarray
    observed: np.ndarray
    arrays: Arrays
    log: Log
    training: Training
    data_hash: str


def source_folder(name: str) -> Path:
    """Folder of the weights of source ``name`` (or of the source in a YAML file)."""
    return project_root() / "weights" / Path(name).stem


def start_model(
    cell_option: str, source: str, member: int, training: Training, n_dynamic: int, n_static: int
) -> tuple[StreamflowLSTM, Card | None]:
    """Model of a cell before training: drawn anew, or adapted from the source's member.

    Raises
    ------
    ConfigError
        For an option that is not declared.
    WeightsError
        If the source's hidden size is not the one the recipe asks for.
    """
    if cell_option == LOCAL:
        return initial_model(member, n_dynamic, n_static, training), None
    options = load_options()
    if cell_option not in options:
        raise ConfigError(f"no option {cell_option!r}; there are {LOCAL}, {', '.join(options)}")
    parameters, card = source_parameters(source_folder(source), member)
    if hidden_size(parameters) != training.hidden:
        raise WeightsError(
            f"source {source} has hidden size {hidden_size(parameters)}, "
            f"the recipe asks for {training.hidden}"
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(member)
        model = adapt(
            parameters, n_dynamic, n_static, training.dropconnect, training.output_dropout
        )
    freeze(model, options[cell_option])
    return model, card


def train_cell_member(task: CellTask) -> MemberResult:
    """Train one member of a cell and simulate its test period.

    With ``validation_days`` the last days of the training period take the place of the test
    period, which is then not touched.
    """
    if task.device == "cpu":
        torch.set_num_threads(1)
    region = load_region(task.cell.region)
    training = load_recipe(task.cell.recipe or region.recipe).training(
        task.cell.option, task.cell.setting
    )
    if task.updates is not None:
        training = training.model_copy(update={"updates": task.updates, "epochs": None})
    ds = region_data(region)
    setting = region_setting(region, task.cell.setting)
    basins = [str(b) for b in ds["basin"].values]
    fit, test = setting.periods("train", basins), setting.periods("test", basins)
    if task.validation_days:
        fit, test = hold_out(fit, task.validation_days)
    scaler = fit_scaler(
        ds,
        in_period(ds, fit),
        region.inputs.dynamic,
        region.inputs.static,
        training.transform,
        training.per_precipitation,
    )
    model, _ = start_model(
        task.cell.option,
        task.cell.source or region.source,
        task.member,
        training,
        scaler.n_dynamic,
        scaler.n_static,
    )
    arrays = build_arrays(ds, scaler, fit, fit, lead=training.warmup)
    log = train(model, arrays, scaler, training, seed=task.member, device=task.device, quiet=True)
    tested = build_arrays(ds, scaler, test, fit, lead=TEST_LEAD_DAYS if training.warmup else 0)
    return MemberResult(
        task=task,
        simulated=simulate(model, tested, scaler, task.device),
        observed=observed_flow(ds, test),
        arrays=tested,
        log=log,
        training=training,
        data_hash=data_hash(ds),
    )


@dataclass
class CellResult:
    """Simulation of a cell's ensemble and the record of its training."""

    cell: Cell
    simulation: xr.Dataset
    training: Training
    seconds: float
    data_hash: str
    code: str = field(default_factory=code_version)

    @property
    def basin_nse(self) -> xr.DataArray:
        """NSE of the mean discharge, per basin."""
        return ensemble_nse(self.simulation)

    def record(self, device: str, validation_days: int = 0) -> dict[str, Any]:
        """The cell's results record: scores, configuration and provenance."""
        region = load_region(self.cell.region)
        setting = region_setting(region, self.cell.setting)
        scores = score_record(self.simulation)
        fit = setting.periods("train", scores["basins"])
        return {
            "region": Path(self.cell.region).stem,
            "setting": self.cell.setting,
            "option": self.cell.option,
            "recipe": self.cell.recipe or region.recipe,
            "source": None if self.cell.option == LOCAL else self.cell.source or region.source,
            "periods": setting.model_dump(mode="json", exclude_defaults=True),
            "scored_on": f"last {validation_days} training days" if validation_days else "test",
            **scores,
            **basin_facts(region.dataset, scores["basins"], fit),
            "training": self.training.model_dump(mode="json"),
            "deviations": region.deviations,
            "provenance": provenance(
                device, self.seconds, data_hash=self.data_hash, code=self.code
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
        if kind not in declared:
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
) -> dict[Cell, CellResult]:
    """Train all members of all cells, side by side, and gather each cell's ensemble.

    Raises
    ------
    WeightsError
        Before anything is trained, if a cell's source has no weights.
    """
    code = code_version()  # before training: the checkout may change while models train
    cells = list(cells)
    for cell in cells:
        if cell.option != LOCAL:
            member_paths(source_folder(cell.source or load_region(cell.region).source))
    tasks = [
        CellTask(cell, member, device, updates, validation_days)
        for cell in cells
        for member in range(members)
    ]
    done: dict[Cell, list[MemberResult]] = {cell: [] for cell in cells}
    for result in run_tasks(train_cell_member, tasks, jobs, "models"):
        done[result.task.cell].append(result)
    results = {}
    for cell, parts in done.items():
        parts.sort(key=lambda part: part.task.member)
        first = parts[0]
        results[cell] = CellResult(
            cell=cell,
            simulation=to_dataset([p.simulated for p in parts], first.observed, first.arrays),
            training=first.training,
            seconds=sum(p.log.seconds for p in parts),
            data_hash=first.data_hash,
            code=code,
        )
    return results
