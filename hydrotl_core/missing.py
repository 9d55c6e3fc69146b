"""Inputs that may be missing: dropped at random in training, so that a model learns to do without.

A missing input is 0 after scaling, its mean, and a flag beside it is 1. In training a share
``drop`` of the windows loses each family of optional inputs (weather, climate, land) with
probability ``drop_family`` and each input of the others with ``drop_one``; the attributes that
remain in these windows get some noise, for those of a new region are estimates from few years. The
other windows keep everything, so that the model also learns to use it; and so does every window of
the first updates (``drop_from``), which teaches more in less time. Gauch et al. (2025,
doi:10.5194/hess-29-6221-2025) compare this with other ways.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor

from hydrotl_core.recipe import Training
from hydrotl_core.scaling import Scaler


def flag_groups(scaler: Scaler) -> list[list[int]]:
    """Static columns of the flags of each family."""
    first = scaler.n_static - len(scaler.flagged)
    ends = [first]
    for family in scaler.optional.values():
        ends.append(ends[-1] + len(family))
    return [list(range(a, b)) for a, b in pairwise(ends)]


class Dropping:
    """Draws which optional inputs each window of a batch loses, and takes them away.

    Parameters
    ----------
    scaler
        Names the columns, and which may be missing.
    config
        Shares of windows, noise, and the size of a batch.
    device
        Of the batches.
    """

    def __init__(self, scaler: Scaler, config: Training, device: str) -> None:
        self.config = config
        flagged, dynamic = scaler.flagged, list(scaler.dynamic)
        names = scaler.input_names[scaler.n_dynamic : -len(flagged) or None]
        self.family = torch.tensor(
            [k for k, family in enumerate(scaler.optional.values()) for _ in family],
            dtype=torch.int64,
        )
        self.n_families, self.n_flags = len(scaler.optional), len(flagged)
        self.daily = [(flag, dynamic.index(n)) for flag, n in enumerate(flagged) if n in dynamic]
        self.fixed = [(flag, names.index(n)) for flag, n in enumerate(flagged) if n in names]
        # Always the same memory, as for the draw of windows.
        self.dropped = torch.zeros(config.batch, self.n_flags, device=device)
        self.noise = torch.zeros(config.batch, len(names), device=device)
        self.noisy = torch.zeros(len(names))
        self.noisy[[column for _, column in self.fixed]] = 1.0

    def draw(self, generator: torch.Generator) -> None:
        """Choose what each window loses, with a generator of the CPU."""
        config, batch = self.config, self.config.batch

        def struck(share: float, columns: int) -> Tensor:
            return torch.rand(batch, columns, generator=generator) < share

        chosen = struck(config.drop, 1)
        lost = struck(config.drop_one, self.n_flags)
        lost |= struck(config.drop_family, self.n_families)[:, self.family]
        self.dropped.copy_((lost & chosen).to(self.dropped.dtype))
        if config.noise:
            drawn = torch.randn(batch, self.noise.shape[1], generator=generator) * config.noise
            self.noise.copy_(drawn * chosen * self.noisy)

    def __call__(self, dynamic: Tensor, static: Tensor) -> tuple[Tensor, Tensor]:
        """``[T, B, n_dynamic]`` and ``[B, n_static]`` without what was drawn."""
        first = static.shape[1] - self.n_flags
        absent = torch.maximum(static[:, first:], self.dropped)
        present = 1 - absent
        days = dynamic.new_ones(dynamic.shape[1], dynamic.shape[2])
        for flag, column in self.daily:
            days[:, column] = present[:, flag]
        kept = static.new_ones(static.shape[0], first)
        for flag, column in self.fixed:
            kept[:, column] = present[:, flag]
        fixed = (static[:, :first] + self.noise) * kept
        return dynamic * days, torch.cat([fixed, absent], dim=1)
