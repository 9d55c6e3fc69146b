r"""The source frozen, its output layer fitted anew in each basin, in closed form.

The LSTM's states :math:`h_t` are kept as they are; of a basin with observed streamflow
:math:`y_t` (scaled) on n days the output layer becomes

.. math::

    (w, b) = \arg\min \frac{1}{n} \sum_t (w \cdot h_t + b - y_t)^2
             + \lambda \left(|w - w_0|^2 + (b - b_0)^2\right),

ridge regression towards the source's own output layer :math:`(w_0, b_0)` (Hoerl and Kennard 1970,
doi:10.1080/00401706.1970.10488634). With a large :math:`\lambda` nothing changes, with 0 it is
least squares. It takes no gradient and less than a second.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from hydrotl_core.arrays import Arrays
from hydrotl_core.model import State, StreamflowLSTM
from hydrotl_core.scaling import Scaler
from hydrotl_core.simulation import CHUNK_DAYS

#: States that are held at a time, basins x days x units.
BLOCK_VALUES = 1 << 25


def states(model: StreamflowLSTM, arrays: Arrays) -> np.ndarray:
    """States h of every basin and day after the lead and a constant 1, ``[basin, day, H + 1]``."""
    static = torch.from_numpy(arrays.static)
    state: State | None = None
    parts = []
    with torch.inference_mode():
        model.eval()
        matrices = model.matrices(None)
        for first in range(0, arrays.dynamic.shape[1], CHUNK_DAYS):
            chunk = arrays.dynamic[:, first : first + CHUNK_DAYS]
            days = torch.from_numpy(np.ascontiguousarray(chunk.swapaxes(0, 1)))
            if state is None:
                zero = days.new_zeros(1, days.shape[1], model.hidden)
                state = (zero, zero)
            hidden, state = model.recur(model.embed(days, static), state, matrices)
            parts.append(hidden.numpy())
    h = np.concatenate(parts)[arrays.lead :].swapaxes(0, 1)
    return np.concatenate([h, np.ones((*h.shape[:2], 1), dtype=h.dtype)], axis=-1)


def source_output(model: StreamflowLSTM) -> np.ndarray:
    """Weights and bias of the model's output layer, ``[H + 1]``."""
    layer = model.output
    joined = torch.cat([layer.weight.detach()[0], layer.bias.detach()])
    return joined.double().numpy()


def fit_output(h: np.ndarray, flow: np.ndarray, start: np.ndarray, penalty: float) -> np.ndarray:
    """Output layer of one basin, ``[H + 1]``.

    Parameters
    ----------
    h
        States and a constant 1, ``[day, H + 1]``.
    flow
        Scaled streamflow, ``[day]``, NaN = no observation.
    start
        The source's output layer, ``[H + 1]``; what is returned where nothing was observed.
    penalty
        Weight of the distance from ``start``.
    """
    seen = np.isfinite(flow)
    if not seen.any():
        return start
    x = h[seen].astype(np.float64)
    error = flow[seen] - x @ start
    gram = x.T @ x / len(x) + penalty * np.eye(len(start))
    step: np.ndarray = np.linalg.solve(gram, x.T @ error / len(x))
    return start + step


def _blocks(model: StreamflowLSTM, arrays: Arrays) -> Iterator[slice]:
    """Rows whose states fit into memory together."""
    rows = max(1, BLOCK_VALUES // (arrays.dynamic.shape[1] * model.hidden))
    return (slice(first, first + rows) for first in range(0, arrays.n_basins, rows))


def refitted(model: StreamflowLSTM, arrays: Arrays, penalty: float) -> np.ndarray:
    """Output layer of each basin of ``arrays``, ``[basin, H + 1]``."""
    start, layers = source_output(model), []
    for block in _blocks(model, arrays):
        part = arrays.rows(block)
        pairs = zip(states(model, part), part.flow[:, part.lead :], strict=True)
        layers += [fit_output(*pair, start, penalty) for pair in pairs]
    return np.stack(layers)


def simulate_refitted(
    model: StreamflowLSTM, arrays: Arrays, scaler: Scaler, layers: np.ndarray
) -> np.ndarray:
    """As :func:`hydrotl_core.simulation.simulate`, with each basin's own output layer."""
    parts = [
        np.einsum("bdh,bh->bd", states(model, arrays.rows(block)), layers[block])
        for block in _blocks(model, arrays)
    ]
    flow = scaler.streamflow.inverse(np.concatenate(parts)) * arrays.flow_scale[:, None]
    return np.maximum(flow, 0.0).astype(np.float32)
