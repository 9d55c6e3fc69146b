"""Source models: the pre-trained ensemble of a data-rich region."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import xarray as xr

from hydrotl.config import Source, load_recipe, load_source
from hydrotl.data.canonical import data_hash
from hydrotl.data.catalog import open_dataset
from hydrotl.data.packed import open_packed
from hydrotl.data.regions import hold_out
from hydrotl.experiments.provenance import code_version, provenance
from hydrotl.experiments.runs import claimed
from hydrotl.experiments.source_task import SourceTask, differing, finished
from hydrotl_core.arrays import build_arrays, in_period, observed_flow
from hydrotl_core.errors import ConfigError
from hydrotl_core.metrics import ensemble_nse
from hydrotl_core.model import StreamflowLSTM
from hydrotl_core.recipe import Training
from hydrotl_core.scaling import STREAMFLOW, fit_scaler, require
from hydrotl_core.simulation import simulate, to_dataset
from hydrotl_core.training import total_updates, train
from hydrotl_core.weights import Card, load_model, load_weights, member_paths, save_weights

SUBSET_SEED = 20210427
TEST_LEAD_DAYS = 365


def nested_subset(basins: list[str], n: int) -> list[str]:
    """The first ``n`` basins of one documented random order of all of them.

    The order depends on the set of basins only, so that a smaller subset is part of every
    larger one.
    """
    if n > len(basins):
        raise ConfigError(f"a subset of {n} basins was asked for, there are {len(basins)}")
    order = np.random.default_rng(SUBSET_SEED).permutation(sorted(basins))
    return [str(b) for b in order[:n]]


def source_data(source: Source, data: Path | None = None) -> xr.Dataset:
    """The data set of ``source`` with its inputs, streamflow and basins only.

    Read from the packed file ``data`` (:mod:`hydrotl.data.packed`) if it is given, the same
    values to the bit.
    """
    wanted = [*source.inputs.dynamic, *source.inputs.static, STREAMFLOW]
    if data is None:
        ds = open_dataset(source.dataset)
        require(ds, wanted, "inputs")
    else:
        ds = open_packed(data, source.dataset, wanted)
    ds = ds[wanted]
    if source.subset is not None:
        chosen = nested_subset([str(b) for b in ds["basin"].values], source.subset)
        ds = ds.sel(basin=sorted(chosen))
    return ds


def initial_model(seed: int, n_dynamic: int, n_static: int, config: Training) -> StreamflowLSTM:
    """A model drawn from ``seed``, leaving the global random state as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return StreamflowLSTM(
            n_dynamic,
            n_static,
            config.hidden,
            config.dropconnect,
            config.output_dropout,
            config.forget_bias,
        )


def train_source_member(task: SourceTask, stop_at: int | None = None) -> Path:
    """Train one member and write its weights; nothing is done where they exist.

    A run that was stopped goes on from its checkpoint in ``task.runs``, and one that is to end
    with update ``stop_at``, before the last, leaves its checkpoint and no weights. With
    ``validation_days`` the last days of the training period are held out and the median NSE on
    them is logged every ``validate_every`` updates and kept in the weights' provenance: to choose
    a recipe without the test period.

    Raises
    ------
    RunningElsewhereError
        If another run trains this member now.
    WeightsError, ConfigError
        If the weights are there and damaged, or are of something else.
    """
    if finished(task):
        return task.weights
    with claimed(task.lock, task.title) as progress:
        # Another run may have ended it between the look and the lock.
        if not finished(task):
            _train(task, progress, stop_at)
    return task.weights


def _train(task: SourceTask, progress: Callable[[int, int], None], stop_at: int | None) -> None:
    if task.device == "cpu":
        torch.set_num_threads(1)
    code = code_version()  # before training: the checkout may change meanwhile
    source = task.source()
    config = load_recipe(source.recipe).source_training(source.subset)
    ds = source_data(source, task.data)
    n = ds.sizes["basin"]
    periods = held_out = [source.train] * n
    if task.validation_days:
        periods, held_out = hold_out(periods, task.validation_days)
    scaler = fit_scaler(
        ds,
        in_period(ds, periods),
        source.inputs.dynamic,
        source.inputs.static,
        config.transform,
        config.per_precipitation,
    )
    arrays = build_arrays(ds, scaler, periods, periods, lead=config.warmup)
    model = initial_model(task.member, scaler.n_dynamic, scaler.n_static, config)
    validate: Callable[[StreamflowLSTM], float] | None = None
    if task.validation_days:
        lead = TEST_LEAD_DAYS if config.warmup else 0
        unseen = build_arrays(ds, scaler, held_out, periods, lead=lead)
        observed = observed_flow(ds, held_out)

        def validate(model: StreamflowLSTM) -> float:
            flow = simulate(model, unseen, scaler, task.device)
            return float(ensemble_nse(to_dataset([flow], observed, unseen)).median())

    log = train(
        model,
        arrays,
        scaler,
        config,
        seed=task.member,
        device=task.device,
        checkpoint=task.checkpoint,
        checkpoint_seconds=task.checkpoint_seconds,
        validate=validate,
        validate_every=task.validate_every,
        label=task.title,
        quiet=task.quiet,
        stop_at=stop_at,
        progress=progress,
    )
    if stop_at is not None and stop_at < total_updates(config, arrays.n_basins, arrays.n_days):
        return
    card = Card(
        inputs=scaler.input_names,
        scaler=scaler,
        training=config,
        protocol=source.model_dump(mode="json"),
        seed=task.member,
        provenance=provenance(
            task.device,
            log.seconds,
            source=task.name,
            dataset=source.dataset,
            data_hash=data_hash(ds),
            code=code,
            references=str(ds.attrs.get("references", "")),
            licence=str(ds.attrs.get("licence", "")),
            basins=n,
            loss=[log.losses[0], log.losses[-1]],
            arithmetic=log.arithmetic,
            **({"validation": log.validation} if task.validation_days else {}),
        ),
    )
    save_weights(task.weights, dict(model.named_parameters()), card)
    task.checkpoint.unlink(missing_ok=True)


def check_source(
    name: str, folder: Path, device: str = "cpu", data: Path | None = None
) -> xr.Dataset:
    """Simulate the test period of source ``name`` with the ensemble in ``folder``.

    Parameters
    ----------
    data
        Packed file to read instead of the data folder.

    Returns
    -------
    xarray.Dataset
        As :func:`hydrotl_core.simulation.to_dataset`.

    Raises
    ------
    ConfigError
        If the source has no test period, or the weights were trained for another source.
    """
    source = load_source(name)
    if source.test is None:
        raise ConfigError(f"source {name} has no test period")
    ds = source_data(source, data)
    n = ds.sizes["basin"]
    train_periods, test_periods = [source.train] * n, [source.test] * n
    flows = []
    for path in member_paths(folder):
        model, card = load_model(path)
        wanted = source.model_dump(mode="json")
        for key in differing(card, source):
            raise ConfigError(
                f"{path} was trained with {key} {card.protocol[key]}, "
                f"source {name} has {wanted[key]}"
            )
        lead = TEST_LEAD_DAYS if card.training.warmup else 0
        arrays = build_arrays(ds, card.scaler, test_periods, train_periods, lead=lead)
        flows.append(simulate(model, arrays, card.scaler, device))
    return to_dataset(flows, observed_flow(ds, test_periods), arrays)


def source_parameters(folder: Path, member: int) -> tuple[dict[str, torch.Tensor], Card]:
    """Weights that target member ``member`` starts from: source members in turn."""
    paths = member_paths(folder)
    return load_weights(paths[member % len(paths)])
