"""The loss: RMSE (the paper), MSE or basin-averaged NSE, over the days with an observation."""

from __future__ import annotations

import torch
from torch import Tensor

NSE_EPSILON = 0.1


def masked_loss(name: str, predicted: Tensor, observed: Tensor, weight: Tensor) -> Tensor:
    """Loss of ``predicted`` against ``observed``, both scaled, ``[T, B]``; NaN = no observation.

    Parameters
    ----------
    name
        ``rmse`` (the paper), ``mse``, or ``nse``: squared error over
        ``(s_basin + 0.1)^2`` in mm/day (Kratzert et al. 2019), which weighs basins equally.
    weight
        For ``nse``, scaled units to units of ``s_basin + 0.1``, ``[B]``.

    Returns
    -------
    Tensor
        Scalar; 0 with a zero gradient if nothing was observed.
    """
    seen = ~torch.isnan(observed)
    error = torch.where(seen, predicted - torch.nan_to_num(observed), 0.0)
    if name == "nse":
        error = error * weight
    mean = error.square().sum() / seen.sum().clamp(min=1)
    # The square root has no gradient at 0, where a batch without observations would end.
    return torch.sqrt(mean + 1e-12) if name == "rmse" else mean


def nse_weight(flow_std: Tensor, unit: Tensor) -> Tensor:
    """``unit / (s_basin + 0.1)`` with ``unit`` mm/day per scaled unit; 0 without flow."""
    return torch.nan_to_num(unit / (flow_std + NSE_EPSILON))
