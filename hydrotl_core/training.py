"""Training one member: data resident on the device, windows gathered by index.

No framework and no DataLoader: a batch is an index into one tensor. Every random number
comes from two generators that are part of the checkpoint, so that a resumed CPU run ends in
the same bits as an uninterrupted one.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from hydrotl_core.arrays import Arrays
from hydrotl_core.checkpoint import Progress, load_checkpoint, save_checkpoint
from hydrotl_core.engine import Update, arithmetic
from hydrotl_core.loss import masked_loss
from hydrotl_core.model import StreamflowLSTM
from hydrotl_core.recipe import Training
from hydrotl_core.scaling import Scaler
from hydrotl_core.windows import Windows

Validate = Callable[[StreamflowLSTM], float]


@dataclass
class Log:
    """What a training run reports: loss every ``every`` updates, validation, seconds.

    ``arithmetic`` is the number format that the LSTM layer really had on the device.
    """

    losses: list[tuple[int, float]] = field(default_factory=list)
    validation: list[tuple[int, float]] = field(default_factory=list)
    seconds: float = 0.0
    arithmetic: str = ""


def updates_per_epoch(batch: int, window: int, n_basins: int, n_days: int) -> int:
    """The paper's epoch: ``ceil(ln 0.01 / ln(1 - B*rho/(n_basins*n_days)))`` updates.

    After that many random windows each day has been seen with probability 0.99. Where one
    batch covers all days the logarithm is undefined: one update.
    """
    covered = batch * window / (n_basins * n_days)
    if covered >= 1:
        return 1
    return math.ceil(math.log(0.01) / math.log(1 - covered))


def total_updates(config: Training, n_basins: int, n_days: int) -> int:
    """Number of updates of a run, from ``updates`` or from the paper's epochs."""
    if config.updates is not None:
        return config.updates
    assert config.epochs is not None
    return config.epochs * updates_per_epoch(config.batch, config.window, n_basins, n_days)


def learning_rate(config: Training, step: int, total: int) -> float:
    """Learning rate of update ``step`` (from 0) of ``total``.

    ``onecycle`` rises linearly over the first 20 % and falls as a cosine to 1/1000
    (Smith & Topin 2018).
    """
    if config.schedule == "constant":
        return config.lr
    rise = max(1, round(0.2 * total))
    if step < rise:
        return config.lr * (0.04 + 0.96 * step / rise)
    fall = (step - rise) / max(1, total - rise)
    return config.lr * (0.001 + 0.999 * 0.5 * (1 + math.cos(math.pi * fall)))


def make_optimizer(
    model: StreamflowLSTM, config: Training, rates: Mapping[str, float] | None = None
) -> torch.optim.Optimizer:
    """Optimiser over what trains; frozen parameters have no state.

    ``rates`` are factors of the learning rate by parameter; there is a group for each factor.
    """
    groups: dict[float, list[Tensor]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            groups.setdefault((rates or {}).get(name, 1.0), []).append(parameter)
    device = next(iter(groups.values()))[0].device
    # Inside a CUDA graph the learning rate must be a tensor that is written to.
    captured = device.type == "cuda"
    parameters = [
        {
            "params": members,
            "factor": factor,
            "lr": torch.tensor(config.lr, device=device) if captured else config.lr,
        }
        for factor, members in groups.items()
    ]
    if config.optimizer == "adadelta":
        return torch.optim.Adadelta(parameters, rho=0.9, foreach=True, capturable=captured)
    kind = torch.optim.AdamW if config.optimizer == "adamw" else torch.optim.Adam
    return kind(parameters, weight_decay=config.weight_decay, fused=True, capturable=captured)


def set_learning_rate(optimizer: torch.optim.Optimizer, lr: float) -> None:
    """Give every parameter group ``lr`` times its factor, in place where it is a tensor."""
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(lr * group["factor"])
        else:
            group["lr"] = lr * group["factor"]


def _digest(arrays: Arrays) -> str:
    """Tells whether a checkpoint was trained on other values."""
    digest = hashlib.sha256()
    for values in (arrays.dynamic, arrays.static, arrays.flow):
        digest.update(np.ascontiguousarray(values).data)  # no copy
    return digest.hexdigest()[:16]


def train(
    model: StreamflowLSTM,
    arrays: Arrays,
    scaler: Scaler,
    config: Training,
    seed: int,
    *,
    device: str = "cpu",
    checkpoint: Path | None = None,
    checkpoint_seconds: float = 60.0,
    validate: Validate | None = None,
    validate_every: int = 0,
    label: str = "training",
    quiet: bool = False,
    stop_at: int | None = None,
    rates: Mapping[str, float] | None = None,
    anchor: float = 0.0,
) -> Log:
    """Train ``model`` in place on ``arrays``.

    Parameters
    ----------
    model
        With ``requires_grad`` set as wanted (see :func:`hydrotl_core.transfer.freeze`).
    arrays
        Training period, built with ``lead=config.warmup``.
    seed
        Seed of the window draw and the dropout masks.
    checkpoint
        File to resume from, if it exists, and to write every ``checkpoint_seconds``.
    validate, validate_every
        Called with the model in evaluation mode every so many updates; its value is logged.
    stop_at
        Stop after this update, leaving a checkpoint; for tests and time slices.
    rates
        Factors of the learning rate by parameter.
    anchor
        Weight of ``1/2 |w - w_0|^2`` in the loss, w_0 being what ``model`` starts from.

    Returns
    -------
    Log
        Losses, validation values and seconds, earlier parts of a resumed run included.

    Raises
    ------
    WeightsError
        If the checkpoint belongs to another configuration.
    FloatingPointError
        If the loss is not finite.
    """
    model.to(device).train()
    dtype = arithmetic(config.precision, device)
    windows = Windows(arrays, scaler, config, device)
    total = total_updates(config, arrays.n_basins, arrays.n_days)
    optimizer = make_optimizer(model, config, rates)
    anchored = [(p, p.detach().clone()) for p in model.parameters() if anchor and p.requires_grad]
    draws = torch.Generator().manual_seed(seed)
    masks = torch.Generator(device).manual_seed(seed + 1_000_003)
    running = torch.zeros((), device=device)
    log, first = Log(arithmetic=str(dtype).removeprefix("torch.")), 0
    identity = {
        "training": config.model_dump(),
        "trained": [name for name, p in model.named_parameters() if p.requires_grad],
        "seed": seed,
        "basins": arrays.basins,
        "data": _digest(arrays),
        "device": torch.device(device).type,
        "arithmetic": log.arithmetic,
        **({"rates": dict(rates)} if rates else {}),
        **({"anchor": anchor} if anchor else {}),
    }
    if checkpoint is not None and checkpoint.is_file():
        kept = load_checkpoint(checkpoint, model, optimizer, draws, masks, identity)
        first, log.seconds = kept.step, kept.seconds
        running += kept.running
        log.losses, log.validation = kept.losses, kept.validation

    began, saved = time.perf_counter() - log.seconds, time.perf_counter()

    def save(step: int) -> None:
        if checkpoint is not None:
            log.seconds = time.perf_counter() - began
            state = Progress(step, log.seconds, running.item(), log.losses, log.validation)
            save_checkpoint(checkpoint, model, optimizer, draws, masks, identity, state)

    every = max(1, total // 200)
    warmup = min(config.warmup, windows.length - 1)

    def loss_of_batch(parts: int) -> Tensor:
        dynamic, static, flow, weight = windows.gather()
        predicted, _ = model(
            dynamic,
            static,
            generator=masks,
            warmup=warmup,
            warmup_gradient=config.warmup_gradient,
            dtype=dtype,
            parts=parts,
        )
        loss = masked_loss(config.loss, predicted, flow[warmup:], weight)
        for parameter, start in anchored:
            loss = loss + 0.5 * anchor * (parameter - start).square().sum()
        return loss

    update = Update(loss_of_batch, optimizer, config.clip, masks, config.batch)
    stop = total if stop_at is None else min(total, stop_at)
    bar = tqdm(range(first, stop), initial=first, total=total, desc=label, disable=quiet, unit="up")
    for step in bar:
        set_learning_rate(optimizer, learning_rate(config, step, total))
        windows.draw(draws, step / total)
        running += update()

        done = step + 1
        if done % every == 0 or done == total:
            value = running.item() / (every if done % every == 0 else done % every)
            if not math.isfinite(value):
                raise FloatingPointError(
                    f"{label}: loss is {value} at update {done}: take a smaller `lr` in the recipe"
                )
            log.losses.append((done, value))
            running.zero_()
            bar.set_postfix(loss=f"{value:.3f}", refresh=False)
        if (
            validate is not None
            and validate_every
            and (done % validate_every == 0 or done == total)
        ):
            log.validation.append((done, validate(model.eval())))
            model.train()
        # Only on a multiple of `every`, right after the loss was found to be finite.
        if done % every == 0 and time.perf_counter() - saved > checkpoint_seconds:
            save(done)
            saved = time.perf_counter()
    log.seconds = time.perf_counter() - began
    save(max(first, stop))
    model.eval()
    return log
