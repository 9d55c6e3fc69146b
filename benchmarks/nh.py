"""neuralhydrology as a contestant: its own data set, loader, model and trainer.

``pip install -r benchmarks/requirements.txt``. Two models: its default, where forcing and
attributes go straight into the LSTM, and one with hydrotl's architecture. The latter cannot be
configured in 1.13 (an embedding is either of the forcing or of the attributes, and its last layer
is linear), so its input layer is followed here by the missing Linear + ReLU, as its users add
parts of their own.
"""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr
from neuralhydrology.modelzoo.inputlayer import InputLayer
from neuralhydrology.training.basetrainer import BaseTrainer
from neuralhydrology.utils.config import Config
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, RandomSampler

from benchmarks.common import synchronise
from benchmarks.data import BASIN_LIST
from hydrotl_core.recipe import Period
from hydrotl_core.scaling import STREAMFLOW

Changes = tuple[tuple[str, Any], ...]


def configuration(
    data: Path, dynamic: list[str], static: list[str], period: Period, device: str, **changes: Any
) -> dict[str, Any]:
    """A run on the ``generic`` data set in ``data``; ``changes`` add to it or replace."""
    first, last = period.start, period.end.fromordinal(period.end.toordinal() - 1)
    dates = {
        f"{which}_{edge}_date": day.strftime("%d/%m/%Y")
        for which in ("train", "validation", "test")
        for edge, day in (("start", first), ("end", last))
    }
    lists = {f"{which}_basin_file": data / BASIN_LIST for which in ("train", "validation", "test")}
    return {
        "experiment_name": "benchmark",
        "run_dir": Path(tempfile.mkdtemp(dir=data.parent)),
        **lists,
        **dates,
        "device": "cpu" if device == "cpu" else "cuda:0",
        "dataset": "generic",
        "data_dir": data,
        "dynamic_inputs": dynamic,
        "static_attributes": static,
        "target_variables": [STREAMFLOW],
        "clip_targets_to_zero": [STREAMFLOW],
        "model": "cudalstm",
        "head": "regression",
        "output_activation": "linear",
        "optimizer": "Adam",
        "learning_rate": {0: 1e-3},
        "loss": "RMSE",
        "epochs": 1,
        "num_workers": 0,
        "log_tensorboard": False,
        "log_n_figures": 0,
        "save_weights_every": 1,
        "save_validation_results": False,
        "verbose": 0,
        "seed": 0,
        **changes,
    }


class ReluInput(nn.Module):
    """neuralhydrology's inputs of a day, forcing and attributes, then Linear + ReLU."""

    def __init__(self, layer: InputLayer, hidden: int) -> None:
        super().__init__()
        self.layer, self.linear = layer, nn.Linear(layer.output_size, hidden)

    def forward(self, data: dict[str, Any]) -> Tensor:
        """``[T, B, H]``."""
        return torch.relu(self.linear(self.layer(data)))


class Trainer(BaseTrainer):
    """neuralhydrology's trainer, its model with or without the ReLU layer.

    With ``updates`` an epoch is so many batches of random windows, drawn with replacement:
    neuralhydrology's own epoch first permutes all windows there are, which counts for nothing in
    an epoch of thousands of updates and for much in one of three.
    """

    loader: Any

    def __init__(self, config: Config, relu: bool, updates: int | None = None) -> None:
        logging.disable(logging.INFO)
        super().__init__(config)
        self._relu, self._updates = relu, updates

    def _get_model(self) -> nn.Module:
        model = super()._get_model()
        if self._relu:
            hidden = self.cfg.hidden_size
            model.embedding_net = ReluInput(model.embedding_net, hidden)
            model.lstm = nn.LSTM(hidden, hidden)
        return model

    def _get_data_loader(self, ds: Dataset) -> DataLoader:
        if self._updates is None:
            return super()._get_data_loader(ds)
        return self._loader(ds, self._updates)

    def _loader(self, ds: Any, updates: int) -> DataLoader:
        n = updates * self.cfg.batch_size
        sampler = RandomSampler(ds, replacement=True, num_samples=n)
        return DataLoader(
            ds, batch_size=self.cfg.batch_size, sampler=sampler, collate_fn=ds.collate_fn
        )

    def run(self, updates: int) -> None:
        """An epoch of ``updates``."""
        self.loader = self._loader(self.loader.dataset, updates)
        self._train_epoch(epoch=1)


class Watched:
    """A loader that calls ``after`` when the update of a batch is done."""

    def __init__(self, loader: DataLoader, after: Callable[[], None]) -> None:
        self.loader, self.dataset, self.after = loader, loader.dataset, after

    def __len__(self) -> int:
        return len(self.loader)

    def __iter__(self) -> Iterator[Any]:
        for batch in self.loader:
            yield batch
            self.after()


def ready(config: dict[str, Any], relu: bool, updates: int | None = None) -> Trainer:
    """A trainer with its data loaded and its model built."""
    trainer = Trainer(Config(config), relu, updates)
    trainer.initialize_training()
    return trainer


@dataclass(frozen=True)
class Work:
    """Updates of one neuralhydrology model on the generic data set in ``data``."""

    data: Path
    dynamic: tuple[str, ...]
    static: tuple[str, ...]
    period: Period
    hidden: int
    batch: int
    relu: bool
    device: str
    updates: int = field(default=1, compare=False)


@lru_cache(maxsize=2)
def _ready(task: Work) -> Trainer:
    config = configuration(
        task.data,
        list(task.dynamic),
        list(task.static),
        task.period,
        task.device,
        hidden_size=task.hidden,
        batch_size=task.batch,
        seq_length=365,
        predict_last_n=365,
    )
    return ready(config, task.relu, updates=1)


def work(task: Work) -> float:
    """Train; seconds of the updates. Threads stay as torch chose them."""
    trainer = _ready(task)
    began = time.perf_counter()
    trainer.run(task.updates)
    synchronise(task.device)
    return time.perf_counter() - began


def scaled_inputs(trainer: Trainer, ds: xr.Dataset) -> tuple[dict[str, Tensor], Tensor]:
    """Inputs of all basins and days of ``ds`` in the trainer's units: ``[B, T, 1]``, ``[B, S]``."""
    scaler = trainer.loader.dataset.scaler
    center, scale = scaler["xarray_feature_center"], scaler["xarray_feature_scale"]
    forcing = {}
    for name in trainer.cfg.dynamic_inputs:
        values = (ds[name].values - float(center[name])) / float(scale[name])
        forcing[name] = torch.from_numpy(values.astype(np.float32))[:, :, None]
    names = sorted(trainer.cfg.static_attributes)
    columns = [
        (ds[name].values - scaler["attribute_means"][name]) / scaler["attribute_stds"][name]
        for name in names
    ]
    return forcing, torch.from_numpy(np.stack(columns, axis=1).astype(np.float32))


def simulate(
    trainer: Trainer, forcing: dict[str, Tensor], static: Tensor, lead: int, rows: int = 128
) -> np.ndarray:
    """Streamflow ``[basin, day]`` in mm/day after ``lead`` days, in one pass over the period.

    neuralhydrology's own evaluation runs a window of its length for each day instead.
    """
    scaler = trainer.loader.dataset.scaler
    center = float(scaler["xarray_feature_center"][STREAMFLOW])
    scale = float(scaler["xarray_feature_scale"][STREAMFLOW])
    model, parts = trainer.model.eval(), []
    with torch.inference_mode():
        for first in range(0, len(static), rows):
            chosen = slice(first, first + rows)
            data = {
                "x_d": {name: x[chosen].to(trainer.device) for name, x in forcing.items()},
                "x_s": static[chosen].to(trainer.device),
            }
            parts.append(model(data)["y_hat"][:, lead:, 0].cpu().numpy())
    model.train()
    return np.maximum(np.concatenate(parts) * scale + center, 0.0)
