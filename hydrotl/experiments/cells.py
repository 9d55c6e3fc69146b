"""One cell of the transfer experiment: a region, a setting and an option; training its members.

A cell's members are trained on the setting's training period and simulated over its test
period. All options go through the same code; they differ in where their weights start, in what
they learn before the observations and in what is frozen.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr

from hydrotl.config import load_options, load_recipe, load_region, validated
from hydrotl.data.canonical import data_hash
from hydrotl.data.regions import hold_out, region_data, region_setting
from hydrotl.experiments.pretraining import learn_guide, teaching_periods
from hydrotl.experiments.source import TEST_LEAD_DAYS, initial_model, source_parameters
from hydrotl.paths import project_root
from hydrotl_core.arrays import Arrays, build_arrays, in_period, observed_flow
from hydrotl_core.errors import ConfigError, WeightsError
from hydrotl_core.model import StreamflowLSTM
from hydrotl_core.recipe import Period, Training
from hydrotl_core.scaling import fit_scaler
from hydrotl_core.simulation import simulate
from hydrotl_core.training import Log, train
from hydrotl_core.transfer import adapt, freeze, hidden_size
from hydrotl_core.weights import Card

LOCAL = "local"
# An option `process-TEACHER` is a local model that learns a process model's flow first.
PROCESS = "process-"


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
    """One member of a cell.

    ``changes`` replace values of the recipe. A stopped training goes on from ``checkpoint``.
    """

    cell: Cell
    member: int
    device: str = "cpu"
    updates: int | None = None
    validation_days: int = 0
    changes: tuple[tuple[str, float | int], ...] = ()
    checkpoint: Path | None = None

    def training(self) -> Training:
        """The recipe's training, as changed.

        Raises
        ------
        ConfigError
            If a changed value is not valid.
        """
        recipe = self.cell.recipe or load_region(self.cell.region).recipe
        option = self.cell.option if starts_from_source(self.cell.option) else LOCAL
        training = load_recipe(recipe).training(option, self.cell.setting)
        changes: dict[str, Any] = dict(self.changes)
        if self.updates is not None or "updates" in changes:
            changes = {"updates": self.updates, "epochs": None, **changes}
        elif "epochs" in changes:
            changes["updates"] = None
        values = {**training.model_dump(), **changes}
        return validated(Training, values, f"recipe {recipe} with {changes}")

    def periods(self, basins: list[str]) -> tuple[list[Period], list[Period]]:
        """Days to train on and days to score, one period each per basin."""
        setting = region_setting(load_region(self.cell.region), self.cell.setting)
        fit, test = setting.periods("train", basins), setting.periods("test", basins)
        return hold_out(fit, self.validation_days) if self.validation_days else (fit, test)


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


def is_process(option: str) -> bool:
    """Whether models of ``option`` learn a process model's flow first."""
    return option.startswith(PROCESS)


def starts_from_source(option: str) -> bool:
    """Whether the models of ``option`` start from a source's weights."""
    return option in load_options()


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
    if cell_option == LOCAL or is_process(cell_option):
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


def train_member(
    task: CellTask, data: xr.Dataset | None = None, teacher: xr.DataArray | None = None
) -> MemberResult:
    """Train one member of a cell and simulate its test period.

    With ``validation_days`` the last days of the training period take the place of the test
    period, which is then not touched.

    Parameters
    ----------
    task
        Which member, and how.
    data
        The region's data, if they are read already.
    teacher
        For an option ``process-TEACHER``: a process model's streamflow, mm/day, ``(basin, time)``,
        NaN = no value. A local model learns it over :func:`pretraining.teaching_periods` (less the
        ``validation_days``) before the observations, both with the training of a local model.

    Raises
    ------
    ValueError
        If an option that learns from a teacher has none, or another has one.
    """
    taught = is_process(task.cell.option)
    if taught != (teacher is not None):
        raise ValueError(f"option {task.cell.option} {'needs its' if taught else 'has no'} teacher")
    if task.device == "cpu":
        torch.set_num_threads(1)
    region, training = load_region(task.cell.region), task.training()
    ds = region_data(region) if data is None else data
    basins = [str(b) for b in ds["basin"].values]
    fit, test = task.periods(basins)
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
    seconds = 0.0
    if teacher is not None:
        lessons = teaching_periods(region, basins)
        if task.validation_days:
            lessons, _ = hold_out(lessons, task.validation_days)
        learned = learn_guide(
            model, ds, teacher, lessons, scaler, training, task.member, task.device
        )
        seconds = learned.seconds
    arrays = build_arrays(ds, scaler, fit, fit, lead=training.warmup)
    log = train(
        model,
        arrays,
        scaler,
        training,
        seed=task.member,
        device=task.device,
        checkpoint=task.checkpoint,
        quiet=True,
    )
    log.seconds += seconds
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
