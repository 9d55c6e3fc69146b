"""The page "The model, step by step": one step of gradient descent with some weights frozen."""

from __future__ import annotations

import copy

import pandas as pd
import torch
from torch import Tensor

from hydrotl_core.loss import masked_loss
from hydrotl_core.model import StreamflowLSTM
from hydrotl_core.recipe import Option
from hydrotl_core.transfer import freeze


def after_one_step(
    model: StreamflowLSTM,
    option: Option,
    window: tuple[Tensor, Tensor, Tensor],
    lr: float,
    warmup: int,
) -> StreamflowLSTM:
    """A copy of ``model`` after one step in which only the parameters of ``option`` trained.

    The step is plain gradient descent, ``p - lr * gradient``, on the mean squared error of the
    observed days after ``warmup``. ``window`` holds the scaled forcing ``[T, B, n_dynamic]``,
    attributes ``[B, n_static]`` and flow ``[T, B]``.
    """
    dynamic, static, observed = window
    stepped = copy.deepcopy(model)
    stepped.zero_grad()
    freeze(stepped, option)
    flow, _ = stepped(dynamic, static, warmup=warmup)
    masked_loss("mse", flow, observed[warmup:], torch.ones(1)).backward()
    trained = [p for p in stepped.parameters() if p.requires_grad]
    torch.optim.SGD(trained, lr).step()
    return stepped


def relative_changes(before: StreamflowLSTM, after: StreamflowLSTM) -> pd.Series:
    """Norm of the change of each parameter over its norm before; by name."""
    old, new = before.state_dict(), after.state_dict()
    return pd.Series({name: float((new[name] - p).norm() / p.norm()) for name, p in old.items()})
