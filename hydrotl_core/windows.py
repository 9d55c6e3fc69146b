"""Random training windows: the data stay on the device, a batch is an index into them."""

from __future__ import annotations

import torch
from torch import Tensor

from hydrotl_core.arrays import Arrays
from hydrotl_core.loss import nse_weight
from hydrotl_core.missing import Dropping
from hydrotl_core.recipe import Training
from hydrotl_core.scaling import Scaler


class Windows:
    """Random training windows of arrays that stay on the device.

    Windows start on day 0 .. ``n_days - window`` inclusive of the rows, lead included; a
    window longer than the rows is cut to them.
    """

    def __init__(self, arrays: Arrays, scaler: Scaler, config: Training, device: str) -> None:
        self.dynamic = torch.from_numpy(arrays.dynamic).to(device)
        self.static = torch.from_numpy(arrays.static).to(device)
        self.flow = torch.from_numpy(arrays.flow).to(device)
        std = torch.from_numpy(arrays.flow_std).float()
        unit = torch.from_numpy(arrays.flow_scale).float() * scaler.streamflow.std
        self.weight = nse_weight(std, unit).to(device)
        self.n_basins, n_days = self.flow.shape
        self.length = min(config.window, n_days)
        self.last_start = n_days - self.length
        self.days = torch.arange(self.length, device=device)[:, None]
        # Always the same memory, so that a captured CUDA graph finds each new draw in it.
        self.basin = torch.zeros(config.batch, dtype=torch.int64, device=device)
        self.start = torch.zeros_like(self.basin)
        drops = scaler.optional and config.drop
        self.dropping = Dropping(scaler, config, device) if drops else None

    def draw(self, generator: torch.Generator, progress: float = 1.0) -> None:
        """Choose a basin and a first day for each sample, with a generator of the CPU.

        ``progress`` is the share of the updates done, for dropping begins at one of them.
        """
        for chosen, bound in ((self.basin, self.n_basins), (self.start, self.last_start + 1)):
            drawn = torch.randint(
                bound, chosen.shape, generator=generator, pin_memory=chosen.is_cuda
            )
            chosen.copy_(drawn, non_blocking=True)
        if self.dropping is not None and progress >= self.dropping.config.drop_from:
            self.dropping.draw(generator)

    def gather(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The batch drawn: forcing ``[T, B, F]``, attributes, flow ``[T, B]``, loss weight."""
        basin, day = self.basin, self.start[None, :] + self.days
        dynamic, static = self.dynamic[basin, day], self.static[basin]
        if self.dropping is not None:
            dynamic, static = self.dropping(dynamic, static)
        return dynamic, static, self.flow[basin, day], self.weight[basin]
