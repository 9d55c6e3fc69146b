"""One member: a network that is trained on some days of some basins and simulates others.

Source, local, transferred and process-taught models all go through :func:`train_member`. They
differ in where their weights start, in what they learn before the observations, and in what is
frozen; all of that is in :class:`Member`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import xarray as xr

from hydrotl.data.climate import has_climate, with_climate
from hydrotl.experiments.mapped import mapped_arrays, shared_scaler
from hydrotl_core.arrays import Arrays, build_arrays, in_period, observed_flow
from hydrotl_core.errors import DataError
from hydrotl_core.metrics import ensemble_nse
from hydrotl_core.model import StreamflowLSTM
from hydrotl_core.readout import refitted, simulate_refitted
from hydrotl_core.recipe import Inputs, Option, Period, Training
from hydrotl_core.scaling import STREAMFLOW, Scaler, fit_scaler
from hydrotl_core.simulation import simulate, to_dataset
from hydrotl_core.training import Log, train
from hydrotl_core.transfer import (
    adapt,
    averaged_families,
    extended_scaler,
    freeze,
    initial_model,
    warm_start,
)

#: Days before a test period that bring the state up.
TEST_LEAD_DAYS = 365
Parameters = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Member:
    """Everything that decides a member's numbers besides the data it is given.

    Attributes
    ----------
    inputs, training
        What the network sees, and how it is trained.
    fit, test
        Days to train on and days to simulate, one period per basin; no test for a source.
    seed
        Of the initial weights, the window draw and the dropout masks.
    option
        For a transferred model: where it starts and what trains. None: everything, from random
        numbers.
    scaler
        The source's, for an option with the source's input layer; ``inputs`` are then the source's
        and what the region has besides.
    lessons
        For a process-taught model: the days of each basin that the teacher is learned over.
    device
        ``cpu`` or ``cuda``.
    validate_every
        Report the median NSE of the test days every so many updates; 0 for never.
    """

    inputs: Inputs
    training: Training
    fit: tuple[Period, ...]
    test: tuple[Period, ...]
    seed: int
    option: Option | None = None
    scaler: Scaler | None = None
    lessons: tuple[Period, ...] = ()
    device: str = "cpu"
    validate_every: int = 0


@dataclass(frozen=True)
class Trained:
    """A trained network with its scaler, and how the training went.

    ``layers`` are output layers of single basins, ``[basin, H + 1]``, where these were refitted.
    """

    model: StreamflowLSTM
    scaler: Scaler
    log: Log
    layers: np.ndarray | None = None


def train_member(
    member: Member,
    ds: xr.Dataset,
    start: Parameters | None = None,
    teacher: xr.DataArray | None = None,
    *,
    checkpoint: Path | None = None,
    checkpoint_seconds: float = 60.0,
    stop_at: int | None = None,
) -> Trained:
    """Train one member.

    Parameters
    ----------
    member
        What to train.
    ds
        Canonical data with the inputs and streamflow of the basins.
    start
        Parameters of the source model that a transferred model starts from, by name.
    teacher
        A process model's streamflow, mm/day, ``(basin, time)``, NaN = no value. The member learns
        it over its lessons before the observations, both with the same training.
    checkpoint, checkpoint_seconds, stop_at
        As for :func:`hydrotl_core.training.train`.

    Raises
    ------
    ValueError
        If a transferred member has no source, a process-taught one no teacher, or the reverse.
    WeightsError
        If the source's weights do not fit the training or the option.
    DataError
        If the data do not have what the member needs.
    """
    if (start is None) != (member.option is None):
        raise ValueError("a transferred member needs its source's parameters, no other does")
    if (teacher is None) != (not member.lessons):
        raise ValueError("a process-taught member needs its teacher, no other does")
    if member.device == "cpu":
        torch.set_num_threads(1)
    training = member.training
    ds = with_inputs(ds, member)
    scaler = _scaler(member, ds)
    model = _initial(member, scaler, start)
    arrays = mapped_arrays(ds, scaler, member.fit, member.fit, training.warmup)
    option = member.option
    if option is not None and not option.trained:
        began = time.perf_counter()
        layers = _layers(model, arrays, option)
        return Trained(model, scaler, Log(seconds=time.perf_counter() - began), layers)
    taught = 0.0
    # A checkpoint is of the training after the lessons, and holds what they left.
    if teacher is not None and (checkpoint is None or not checkpoint.is_file()):
        taught = teach(model, ds, teacher, scaler, member).seconds
    log = train(
        model,
        arrays,
        scaler,
        training,
        seed=member.seed,
        device=member.device,
        checkpoint=checkpoint,
        checkpoint_seconds=checkpoint_seconds,
        validate=_validation(member, ds, scaler) if member.validate_every else None,
        validate_every=member.validate_every,
        quiet=True,
        stop_at=stop_at,
        rates=option.rates if option else None,
        anchor=option.anchor if option else 0.0,
    )
    log.seconds += taught
    return Trained(model, scaler, log, _layers(model, arrays, option))


def _layers(model: StreamflowLSTM, arrays: Arrays, option: Option | None) -> np.ndarray | None:
    """Output layers of single basins, where the option asks for them."""
    if option is None or option.readout is None:
        return None
    return refitted(model, arrays, option.readout)


def _scaler(member: Member, ds: xr.Dataset) -> Scaler:
    """Scales of the training days; the source's where its input layer is kept."""
    inputs, kept = member.inputs, member.scaler
    dynamic = [n for n in inputs.dynamic if kept is None or n not in kept.dynamic]
    static = [n for n in inputs.static if kept is None or n not in kept.attributes]
    if kept is not None and not dynamic and not static:
        return kept
    how = (
        dynamic,
        static,
        member.training.transform,
        member.training.per_precipitation,
        inputs.optional if kept is None else None,
    )
    scaler = shared_scaler(
        ds, repr(how), member.fit, lambda: fit_scaler(ds, in_period(ds, member.fit), *how)
    )
    return scaler if kept is None else extended_scaler(kept, scaler)


def _initial(member: Member, scaler: Scaler, start: Parameters | None) -> StreamflowLSTM:
    """The network before training, with what stays frozen marked."""
    size = (scaler.n_dynamic, scaler.n_static)
    if start is None or member.option is None:
        families = averaged_families(scaler, member.training)
        return initial_model(member.seed, *size, member.training, families)
    parameters = {name: torch.from_numpy(np.array(value)) for name, value in start.items()}
    if member.scaler is None:
        model = adapt(parameters, member.seed, *size, member.training)
    else:
        model = warm_start(parameters, member.scaler.input_names, scaler, member.training)
    freeze(model, member.option)
    return model


def teach(
    model: StreamflowLSTM, ds: xr.Dataset, teacher: xr.DataArray, scaler: Scaler, member: Member
) -> Log:
    """Train ``model`` in place on a process model's streamflow (the paper's Table 1b).

    A process model needs no gauge, so it can run over more years than were observed; a network
    that has learned to imitate it starts the normal training from there instead of from random
    numbers. Inputs keep the scales of ``scaler``, so that the same weights fit the observations
    afterwards; only streamflow is scaled by the teacher's own statistics.

    Raises
    ------
    DataError
        If the teacher's basins or days are not those of ``ds``, or it has no value in a basin's
        lessons.
    """
    for axis in ("basin", "time"):
        if not teacher.indexes[axis].equals(ds.indexes[axis]):
            raise DataError(f"the process model's {axis}s are not those of the data")
    days = in_period(ds, member.lessons)
    known = teacher.transpose("basin", "time").notnull().values & days
    empty = [str(basin) for basin in ds["basin"].values[~known.any(axis=1)]]
    if empty:
        raise DataError(
            f"the process model has no flow in the training years of {', '.join(empty)}"
        )
    lesson = ds.assign({STREAMFLOW: teacher.transpose("basin", "time")})
    training = member.training
    own = fit_scaler(
        lesson,
        days,
        list(scaler.dynamic),
        scaler.attributes,
        training.transform,
        training.per_precipitation,
    )
    scaler = scaler.model_copy(update={"streamflow": own.streamflow})
    arrays = build_arrays(lesson, scaler, member.lessons, member.lessons, lead=training.warmup)
    return train(
        model, arrays, scaler, training, seed=member.seed, device=member.device, quiet=True
    )


def with_inputs(ds: xr.Dataset, member: Member) -> xr.Dataset:
    """``ds`` with the climate of the training days, if that is among the inputs.

    Optional inputs of the source that are not among the member's are hidden from it.
    """
    if member.scaler is not None:
        asked = {*member.inputs.dynamic, *member.inputs.static}
        ds = ds.drop_vars([n for n in member.scaler.flagged if n not in asked and n in ds])
    return with_climate(ds, member.fit) if has_climate(member.inputs) else ds


def arrays_of_test(ds: xr.Dataset, scaler: Scaler, member: Member) -> Arrays:
    """Inputs of the test period, with the days before it that bring the state up."""
    lead = TEST_LEAD_DAYS if member.training.warmup else 0
    return mapped_arrays(with_inputs(ds, member), scaler, member.test, member.fit, lead)


def simulate_member(trained: Trained, ds: xr.Dataset, member: Member) -> np.ndarray:
    """Streamflow of the test period, mm/day, ``[basin, day]`` float32."""
    arrays = arrays_of_test(ds, trained.scaler, member)
    if trained.layers is not None:
        return simulate_refitted(trained.model, arrays, trained.scaler, trained.layers)
    return simulate(trained.model, arrays, trained.scaler, member.device)


def _validation(
    member: Member, ds: xr.Dataset, scaler: Scaler
) -> Callable[[StreamflowLSTM], float]:
    """Median NSE of the member's test days, for a model in training."""
    arrays, observed = arrays_of_test(ds, scaler, member), observed_flow(ds, member.test)

    def validate(model: StreamflowLSTM) -> float:
        flow = simulate(model, arrays, scaler, member.device)
        simulation = to_dataset([flow], observed, arrays.basins, arrays.starts)
        return float(ensemble_nse(simulation).median())

    return validate
