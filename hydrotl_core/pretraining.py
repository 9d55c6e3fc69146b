"""Process-based pre-training: an LSTM learns a process model's streamflow before observations.

The experiment of the paper's Table 1b. The process model needs no gauge, so it can be run over
more years than were observed; a network that has learned to imitate it starts the normal local
training from there instead of from random numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr

from hydrotl_core.config import Period, Region, Training, load_recipe, load_region
from hydrotl_core.errors import DataError
from hydrotl_core.experiment import LOCAL, Cell, CellResult
from hydrotl_core.members import run_tasks
from hydrotl_core.model import StreamflowLSTM
from hydrotl_core.provenance import data_hash
from hydrotl_core.regions import region_data, region_setting
from hydrotl_core.scaling import STREAMFLOW, Scaler, fit_scaler
from hydrotl_core.simulation import simulate, to_dataset
from hydrotl_core.source import TEST_LEAD_DAYS, initial_model
from hydrotl_core.tensors import Arrays, build_arrays, in_period, observed_flow
from hydrotl_core.training import Log, train

PROCESS = "process"


@dataclass(frozen=True)
class ProcessTask:
    """One member that learns ``guide`` first and the observations of ``setting`` then.

    ``guide`` is a process model's streamflow, mm/day, ``(basin, time)``, NaN = no value; it is
    learned over the training years of ``guide_setting``.
    """

    region: str
    setting: str
    guide: xr.DataArray
    guide_setting: str
    member: int
    updates: int | None = None
    recipe: str | None = None
    device: str = "cpu"


@dataclass
class ProcessMember:
    """Simulated test flow of a member, and its two trainings (``log`` is the second)."""

    member: int
    simulated: np.ndarray
    arrays: Arrays
    guided: Log
    log: Log


def learn_guide(
    model: StreamflowLSTM,
    ds: xr.Dataset,
    guide: xr.DataArray,
    periods: list[Period],
    scaler: Scaler,
    training: Training,
    seed: int,
    device: str = "cpu",
) -> Log:
    """Train ``model`` in place on a process model's streamflow.

    Inputs keep the scales of ``scaler``, so that the same weights fit the observations
    afterwards; only the streamflow is scaled by the guide's own statistics.

    Parameters
    ----------
    ds
        Canonical data with the inputs and the observed streamflow (which is not used).
    guide
        Streamflow to learn, mm/day, ``(basin, time)`` on the basins and days of ``ds``.
    periods
        Days to learn from, one per basin.

    Raises
    ------
    DataError
        If the guide's basins or days are not those of ``ds``, or it has no value in a period.
    """
    for axis in ("basin", "time"):
        if not guide.indexes[axis].equals(ds.indexes[axis]):
            raise DataError(f"the process model's {axis}s are not those of the data")
    days = in_period(ds, periods)
    empty = [
        str(basin)
        for basin, row, used in zip(ds["basin"].values, guide.notnull().values, days, strict=True)
        if not (row & used).any()
    ]
    if empty:
        raise DataError(
            f"the process model has no flow in the training years of {', '.join(empty)}"
        )
    guided = ds.assign({STREAMFLOW: guide.transpose("basin", "time")})
    own = fit_scaler(
        guided,
        days,
        list(scaler.dynamic),
        scaler.attributes,
        training.transform,
        training.per_precipitation,
    )
    guide_scaler = scaler.model_copy(update={"streamflow": own.streamflow})
    arrays = build_arrays(guided, guide_scaler, periods, periods, lead=training.warmup)
    return train(model, arrays, guide_scaler, training, seed=seed, device=device, quiet=True)


def _configuration(task: ProcessTask) -> tuple[Region, Training]:
    region = load_region(task.region)
    training = load_recipe(task.recipe or region.recipe).training(LOCAL, task.setting)
    if task.updates is not None:
        training = training.model_copy(update={"updates": task.updates, "epochs": None})
    return region, training


def train_process_member(task: ProcessTask) -> ProcessMember:
    """Train one member on the guide, then on the observations, and simulate the test period."""
    if task.device == "cpu":
        torch.set_num_threads(1)
    region, training = _configuration(task)
    ds = region_data(region)
    basins = [str(b) for b in ds["basin"].values]
    setting = region_setting(region, task.setting)
    fit, test = setting.periods("train", basins), setting.periods("test", basins)
    scaler = fit_scaler(
        ds,
        in_period(ds, fit),
        region.inputs.dynamic,
        region.inputs.static,
        training.transform,
        training.per_precipitation,
    )
    model = initial_model(task.member, scaler.n_dynamic, scaler.n_static, training)
    guide_periods = region_setting(region, task.guide_setting).periods("train", basins)
    guided = learn_guide(
        model, ds, task.guide, guide_periods, scaler, training, task.member, task.device
    )
    arrays = build_arrays(ds, scaler, fit, fit, lead=training.warmup)
    log = train(model, arrays, scaler, training, seed=task.member, device=task.device, quiet=True)
    tested = build_arrays(ds, scaler, test, fit, lead=TEST_LEAD_DAYS if training.warmup else 0)
    simulated = simulate(model, tested, scaler, task.device)
    return ProcessMember(task.member, simulated, tested, guided, log)


def run_process(
    region: str,
    setting: str,
    guide: xr.DataArray,
    members: int,
    *,
    guide_setting: str = "multi-year",
    updates: int | None = None,
    recipe: str | None = None,
    jobs: int = 1,
    device: str = "cpu",
) -> CellResult:
    """Train and test the process-initialised ensemble of one setting.

    ``updates`` replaces the recipe's number in both trainings. The guide is always learned
    over the training years of ``guide_setting``: it needs no observations, so a single observed
    year does not shorten it.
    """
    tasks = [
        ProcessTask(region, setting, guide, guide_setting, member, updates, recipe, device)
        for member in range(members)
    ]
    done = sorted(
        run_tasks(train_process_member, tasks, jobs, PROCESS), key=lambda part: part.member
    )
    loaded, training = _configuration(tasks[0])
    ds = region_data(loaded)
    basins = [str(b) for b in ds["basin"].values]
    observed = observed_flow(ds, region_setting(loaded, setting).periods("test", basins))
    return CellResult(
        cell=Cell(region, setting, PROCESS, recipe),
        simulation=to_dataset([part.simulated for part in done], observed, done[0].arrays),
        training=training,
        seconds=sum(part.guided.seconds + part.log.seconds for part in done),
        data_hash=data_hash(ds),
    )
