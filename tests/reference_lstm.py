"""Equations 1-8 of Ma et al. (2021) in plain numpy, float64, gate by gate and day by day.

Shares no code with the package and knows nothing of torch: the reference its model is held to.
"""

from collections.abc import Mapping

import numpy as np

Parameters = Mapping[str, np.ndarray]


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def reference_forward(
    p: Parameters,
    inputs: np.ndarray,
    mask_ih: np.ndarray | float = 1.0,
    mask_hh: np.ndarray | float = 1.0,
    h: np.ndarray | None = None,
    c: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Flow ``[T, B]`` and the last ``h`` and ``c`` ``[B, H]`` for ``inputs`` ``[T, B, n]``.

    ``inputs`` holds forcing and repeated attributes side by side, as in the paper. Masks
    multiply the two weight matrices, never a bias.
    """
    hidden = p["lstm.weight_hh"].shape[1]
    days, samples, _ = inputs.shape
    h = np.zeros((samples, hidden)) if h is None else h
    c = np.zeros((samples, hidden)) if c is None else c
    from_input = np.split(p["lstm.weight_ih"] * mask_ih, 4)  # i, f, g, o
    from_state = np.split(p["lstm.weight_hh"] * mask_hh, 4)
    bias_ih, bias_hh = np.split(p["lstm.bias_ih"], 4), np.split(p["lstm.bias_hh"], 4)
    flow = np.empty((days, samples))
    for day in range(days):
        x = np.maximum(inputs[day] @ p["input.weight"].T + p["input.bias"], 0)  # eq. 1
        before = [
            x @ from_input[gate].T + bias_ih[gate] + h @ from_state[gate].T + bias_hh[gate]
            for gate in range(4)
        ]
        i, f, o = sigmoid(before[0]), sigmoid(before[1]), sigmoid(before[3])  # eqs. 2, 3, 5
        g = np.tanh(before[2])  # eq. 4
        c = f * c + i * g  # eq. 6
        h = o * np.tanh(c)  # eq. 7
        flow[day] = (h @ p["output.weight"].T + p["output.bias"])[:, 0]  # eq. 8
    return flow, h, c


def reference_gradient(
    p: Parameters,
    name: str,
    inputs: np.ndarray,
    weight: np.ndarray,
    mask_ih: np.ndarray | float = 1.0,
    mask_hh: np.ndarray | float = 1.0,
) -> np.ndarray:
    """Central differences of ``sum(weight * flow)`` to every entry of parameter ``name``."""
    step = 1e-5
    gradient = np.empty_like(p[name])
    for place in np.ndindex(gradient.shape):
        value = []
        for sign in (1, -1):
            moved = {**p, name: p[name].copy()}
            moved[name][place] += sign * step
            value.append((reference_forward(moved, inputs, mask_ih, mask_hh)[0] * weight).sum())
        gradient[place] = (value[0] - value[1]) / (2 * step)
    return gradient


def reference_slope(
    p: Parameters,
    direction: Parameters,
    inputs: np.ndarray,
    weight: np.ndarray,
    mask_ih: np.ndarray | float = 1.0,
    mask_hh: np.ndarray | float = 1.0,
) -> float:
    """Central difference of ``sum(weight * flow)`` along ``direction``, all parameters at once."""
    step = 1e-5
    value = []
    for sign in (1, -1):
        moved = {name: p[name] + sign * step * direction[name] for name in p}
        value.append((reference_forward(moved, inputs, mask_ih, mask_hh)[0] * weight).sum())
    return float((value[0] - value[1]) / (2 * step))
