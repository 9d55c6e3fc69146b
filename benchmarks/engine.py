"""hydrotl as a contestant: its own training function, on data that are already in a process."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import torch
import xarray as xr

from benchmarks.common import synchronise
from benchmarks.data import read_netcdf, whole_period
from benchmarks.hydrodl import CellLoopTrainer
from hydrotl.config import load_options, load_recipe
from hydrotl.data.canonical import dynamic_variables, static_attributes
from hydrotl_core.arrays import Arrays, build_arrays, in_period
from hydrotl_core.engine import Update
from hydrotl_core.model import StreamflowLSTM
from hydrotl_core.recipe import Training
from hydrotl_core.scaling import STREAMFLOW, Scaler, fit_scaler
from hydrotl_core.training import train
from hydrotl_core.transfer import freeze, initial_model

# So many that a run is always in its midst: nothing it does at its end is timed.
ENDLESS = 1_000_000


def paper_training(hidden: int, batch: int) -> Training:
    """The paper's way: DropConnect, Adadelta, RMSE over all days of 365."""
    return Training(hidden=hidden, batch=batch, updates=ENDLESS)


def fast_training(
    hidden: int, batch: int, precision: Literal["float32", "bfloat16"] = "float32"
) -> Training:
    """The way of the recipe `fast` (AdamW, no DropConnect), its loss over all days of 365."""
    source = load_recipe("fast").source
    changed = {
        "hidden": hidden,
        "batch": batch,
        "warmup": 0,
        "updates": ENDLESS,
        "precision": precision,
    }
    return source.model_copy(update=changed)


def transfer_training(hidden: int | None = None) -> Training:
    """The recipe `fast` for transferred models, with another hidden size if it is given."""
    training = load_recipe("fast").training("TL-c", "default")
    changed = {"hidden": hidden or training.hidden, "updates": ENDLESS}
    return training.model_copy(update=changed)


def prepared(ds: xr.Dataset, training: Training) -> tuple[Scaler, Arrays]:
    """Scaler and arrays of all days of ``ds``."""
    periods = [whole_period(ds)] * ds.sizes["basin"]
    dynamic = [name for name in dynamic_variables(ds) if name != STREAMFLOW]
    scaler = fit_scaler(
        ds,
        in_period(ds, periods),
        dynamic,
        static_attributes(ds),
        training.transform,
        training.per_precipitation,
    )
    return scaler, build_arrays(ds, scaler, periods, periods, lead=training.warmup)


@lru_cache(maxsize=4)
def _prepared(data: Path, training: Training) -> tuple[Scaler, Arrays]:
    return prepared(read_netcdf(data), training)


@dataclass(frozen=True)
class Work:
    """Updates of one hydrotl model on the basins in ``data`` (:func:`data.write_netcdf`)."""

    data: Path
    training: Training
    updates: int
    device: str
    threads: int = 1
    member: int = 0
    option: str | None = None


def work(task: Work) -> float:
    """Train; seconds as in :func:`span`."""
    began, ended = span(task)
    return ended - began


def span(task: Work) -> tuple[float, float]:
    """Train; clock at the start of the training function and after the last update.

    On a GPU, where the first updates prepare the later ones, of the last of several lots of
    updates, the first that is all from the captured graph. The clock is that of the machine, so
    that processes can be compared.
    """
    torch.set_num_threads(task.threads)
    scaler, arrays = _prepared(task.data, task.training)
    model = initial_model(task.member, scaler.n_dynamic, scaler.n_static, task.training)
    if task.option is not None:
        freeze(model, load_options()[task.option])
    stamps = [time.perf_counter()]

    def stamp(_: StreamflowLSTM) -> float:
        synchronise(task.device)
        stamps.append(time.perf_counter())
        return 0.0

    lots = 1 if task.device == "cpu" else 1 + math.ceil((Update.EAGER + 1) / task.updates)
    train(
        model,
        arrays,
        scaler,
        task.training,
        task.member,
        device=task.device,
        validate=stamp,
        validate_every=task.updates,
        quiet=True,
        stop_at=lots * task.updates,
    )
    return stamps[-2], stamps[-1]


@dataclass(frozen=True)
class LoopWork:
    """Updates of one model of :mod:`benchmarks.hydrodl` on the basins in ``data``."""

    data: Path
    hidden: int
    batch: int
    updates: int
    device: str


@lru_cache(maxsize=1)
def _loop_trainer(data: Path, hidden: int, batch: int, device: str) -> CellLoopTrainer:
    training = paper_training(hidden, batch)
    _, arrays = _prepared(data, training)
    return CellLoopTrainer(arrays, hidden, batch, training.window, device)


def loop_work(task: LoopWork) -> float:
    """Train; seconds of the updates."""
    trainer = _loop_trainer(task.data, task.hidden, task.batch, task.device)
    began = time.perf_counter()
    trainer.run(task.updates)
    return time.perf_counter() - began
