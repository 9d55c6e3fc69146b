"""Process-based pre-training: an LSTM learns a process model's streamflow before observations.

The experiment of the paper's Table 1b. The process model needs no gauge, so it can be run over
more years than were observed; a network that has learned to imitate it starts the normal local
training from there instead of from random numbers.
"""

from __future__ import annotations

from functools import partial

import torch
import xarray as xr

from hydrotl_core.cells import Cell, CellTask, MemberResult, is_process, train_cell_member
from hydrotl_core.config import Period, Region, Training, load_region
from hydrotl_core.errors import DataError
from hydrotl_core.experiment import CellResult, cell_result
from hydrotl_core.members import run_tasks
from hydrotl_core.model import StreamflowLSTM
from hydrotl_core.provenance import code_version, data_hash
from hydrotl_core.regions import hold_out, region_data, region_settings
from hydrotl_core.scaling import STREAMFLOW, Scaler, fit_scaler
from hydrotl_core.simulation import simulate
from hydrotl_core.source import TEST_LEAD_DAYS, initial_model
from hydrotl_core.tensors import build_arrays, in_period, observed_flow
from hydrotl_core.training import Log, train


def teaching_periods(region: Region, basins: list[str]) -> list[Period]:
    """Days that a teacher is learned over: the longest training period of each basin.

    A teacher needs no observations, so a single observed year does not shorten what it teaches.
    """
    settings = [s.periods("train", basins) for s in region_settings(region).values()]
    return [max(periods, key=lambda period: period.days) for periods in zip(*settings, strict=True)]


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


def train_process_member(
    task: CellTask, teacher: xr.DataArray, data: xr.Dataset | None = None
) -> MemberResult:
    """Train one member on the teacher, then on the observations, and simulate the test period.

    Both trainings are those of a local model. ``teacher`` is a process model's streamflow, mm/day,
    ``(basin, time)``, NaN = no value; it is learned over :func:`teaching_periods`, less the
    ``validation_days`` of the task.
    """
    if task.device == "cpu":
        torch.set_num_threads(1)
    region, training = load_region(task.cell.region), task.training()
    ds = region_data(region) if data is None else data
    basins = [str(b) for b in ds["basin"].values]
    fit, test = task.periods(basins)
    taught = teaching_periods(region, basins)
    if task.validation_days:
        taught, _ = hold_out(taught, task.validation_days)
    scaler = fit_scaler(
        ds,
        in_period(ds, fit),
        region.inputs.dynamic,
        region.inputs.static,
        training.transform,
        training.per_precipitation,
    )
    model = initial_model(task.member, scaler.n_dynamic, scaler.n_static, training)
    first = learn_guide(model, ds, teacher, taught, scaler, training, task.member, task.device)
    arrays = build_arrays(ds, scaler, fit, fit, lead=training.warmup)
    log = train(model, arrays, scaler, training, seed=task.member, device=task.device, quiet=True)
    log.seconds += first.seconds
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


def train_member(
    task: CellTask, data: xr.Dataset | None = None, teacher: xr.DataArray | None = None
) -> MemberResult:
    """Train one member of any cell, with its ``teacher`` if the option has one."""
    if not is_process(task.cell.option):
        return train_cell_member(task, data)
    if teacher is None:
        raise ValueError(f"option {task.cell.option} needs its teacher's flow")
    return train_process_member(task, teacher, data)


def run_process(
    region: str,
    setting: str,
    option: str,
    teacher: xr.DataArray,
    members: int,
    *,
    updates: int | None = None,
    recipe: str | None = None,
    jobs: int = 1,
    device: str = "cpu",
) -> CellResult:
    """Train and test the ensemble of one setting that learns ``teacher`` first.

    ``updates`` replaces the recipe's number in both trainings.
    """
    code = code_version()
    cell = Cell(region, setting, option, recipe)
    tasks = [CellTask(cell, member, device, updates) for member in range(members)]
    train_one = partial(train_process_member, teacher=teacher)
    return cell_result(list(run_tasks(train_one, tasks, jobs, option)), code)
