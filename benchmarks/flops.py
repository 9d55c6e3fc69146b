"""Floating point operations of the models, counted in their matrix products.

A product of ``[n, k]`` and ``[k, m]`` is ``2 n k m`` operations; biases, gates, masks and the
optimiser are left out. Of a layer with weights ``[out, in]`` a day of a sample costs
``2 in out`` each for

- the forward pass,
- the gradient of its weights, if they train,
- the gradient of its input, if something before it trains.

Example by hand: one forcing, one attribute, H = 2, a window of 3 days, one sample, everything
trains. A day costs ``2*2*1`` in the input layer, twice (its input needs no gradient), and three
times ``2*8*2`` for W_ih, ``2*8*2`` for W_hh and ``2*2*1`` for the output: 8 + 3 (32 + 32 + 4) =
212. The attribute goes through the input layer once for the window: 2 * 4. Together 3 * 212 + 8.

>>> update_flops(Size(n_dynamic=1, n_static=1, hidden=2), window=3, batch=1)
644
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """Inputs and hidden size of a model."""

    n_dynamic: int
    n_static: int
    hidden: int


def forward_flops(size: Size, days: int, samples: int) -> int:
    """Operations of hydrotl's model over ``days`` of ``samples``, without gradients."""
    h = size.hidden
    day = 2 * h * size.n_dynamic + 2 * 4 * h * h + 2 * 4 * h * h + 2 * h
    return samples * (days * day + 2 * h * size.n_static)


def update_flops(
    size: Size,
    window: int,
    batch: int,
    frozen: Collection[str] = (),
    days_without_gradient: int = 0,
) -> int:
    """Operations of one update of hydrotl's model: forward, backward.

    Parameters
    ----------
    frozen
        Parameters that do not train (TL-a, TL-b). The input layer and the output always do.
    days_without_gradient
        First days of the window through which no gradient goes.
    """
    h, days = size.hidden, window - days_without_gradient
    matrix = 2 * 4 * h * h
    day = 2 * h * size.n_dynamic + 2 * (2 * h)  # weights of the input layer; output layer
    day += matrix * (2 - ("lstm.weight_ih" in frozen))
    day += matrix * (2 - ("lstm.weight_hh" in frozen))
    fixed = 2 * h * size.n_static
    return forward_flops(size, window, batch) + batch * (days * day + fixed)


def direct_update_flops(size: Size, window: int, batch: int) -> int:
    """Operations of one update of an LSTM that takes forcing and attributes directly.

    neuralhydrology's default; its input needs no gradient.

    >>> direct_update_flops(Size(n_dynamic=1, n_static=1, hidden=2), window=3, batch=1)
    516
    """
    h = size.hidden
    from_input = 2 * 4 * h * (size.n_dynamic + size.n_static)
    return batch * window * (2 * from_input + 3 * (2 * 4 * h * h + 2 * h))
