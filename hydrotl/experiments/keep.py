"""Members that are kept to be used: their weights and scales, not only a simulation."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
import xarray as xr

from hydrotl.experiments.member import Member, Parameters, train_member
from hydrotl.experiments.provenance import code_version, machine, today
from hydrotl.experiments.run import Task
from hydrotl.experiments.store import Product, content_hash, member_key, read_product, write_product
from hydrotl.experiments.target import Network, Target
from hydrotl_core.recipe import Training
from hydrotl_core.scaling import Scaler
from hydrotl_core.training import total_updates
from hydrotl_core.weights import Card

#: Name of the refitted output layers among the arrays of a product; all others are parameters.
LAYERS = "layers"


@dataclass(frozen=True)
class Kept:
    """A trained member: parameters by name, its card, and output layers of single basins."""

    parameters: dict[str, torch.Tensor]
    card: Card
    layers: np.ndarray | None


def train_and_keep(
    checkpoint: Path | None,
    data: xr.Dataset,
    start: Parameters | None = None,
    *,
    member: Member,
    code: str,
) -> Product:
    """Train a member; its parameters, scales and layers, and how it was trained."""
    trained = train_member(member, data, start, checkpoint=checkpoint)
    arrays = {name: p.detach().cpu().numpy() for name, p in trained.model.named_parameters()}
    if trained.layers is not None:
        arrays[LAYERS] = trained.layers
    about = {
        "scaler": trained.scaler.model_dump(mode="json"),
        "seconds": trained.log.seconds,
        "arithmetic": trained.log.arithmetic,
        "code": code,
        "date": today(),
        "machine": machine(),
    }
    return Product(arrays, about)


def keeping(network: Network, target: Target, seed: int, folder: Path) -> Task:
    """Task that trains member ``seed`` on all training days and keeps it in ``folder``."""
    member = network.member(target, seed)
    start = None if network.option is None else network.start(seed)
    key = member_key(member, target.data_hash, start.sha256 if start else None)
    path = folder / f"{content_hash([key, 'kept'])}.safetensors"
    trains = network.option is None or bool(network.option.trained)
    return Task(
        title=f"{target.name} {network.name} {seed}",
        product=path,
        checkpoint=path.with_suffix(".checkpoint"),
        compute=partial(train_and_keep, member=member, code=code_version()),
        write=write_product,
        data={"data": target.name, **({"start": start.name} if start else {})},
        updates=total_updates(member.training, len(target.basins), member.fit[0].days)
        if trains
        else 1,
        check=read_product,
    )


def read_kept(task: Task, title: str, training: Training, seed: int, basins: Sequence[str]) -> Kept:
    """What :func:`keeping` trained, with the card for its weights file."""
    product = read_product(task.product)
    arrays = dict(product.arrays)
    layers = arrays.pop(LAYERS, None)
    about = {name: value for name, value in product.about.items() if name != "scaler"}
    scaler = Scaler.model_validate_json(json.dumps(product.about["scaler"]))
    card = Card(
        inputs=scaler.input_names,
        scaler=scaler,
        training=training,
        protocol={"title": title, "basins": list(basins)},
        seed=seed,
        provenance=about,
    )
    return Kept({name: torch.from_numpy(a) for name, a in arrays.items()}, card, layers)
