r"""The streamflow LSTM of Ma et al. (2021), equations 1-8.

One page on purpose: an input layer with ReLU, one LSTM layer and a linear output,

.. math::

    x_t &= \mathrm{ReLU}(W_I I_t + b_I) \\
    (i, f, g, o)_t &= D(W_{ih}) x_t + b_{ih} + D(W_{hh}) h_{t-1} + b_{hh} \\
    c_t &= \sigma(f_t) c_{t-1} + \sigma(i_t) \tanh(g_t), \quad
    h_t = \sigma(o_t) \tanh(c_t) \\
    y_t &= W_{hy} h_t + b_y

where D is DropConnect: one Bernoulli mask per matrix, drawn anew at each forward pass,
shared by all time steps and samples of the pass, and off in evaluation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

State = tuple[Tensor, Tensor]


def kept(
    shape: tuple[int, ...], p: float, generator: torch.Generator, dtype: torch.dtype
) -> tuple[Tensor, float]:
    """0 where a dropout of probability ``p`` strikes, 1 elsewhere; and the scale of the rest.

    One random byte per element against a threshold: several times cheaper than drawing
    Bernoulli numbers. ``p`` is rounded to a multiple of 1/256 below 1 and the scale uses the
    rounded value, so that the expectation of what is kept is exact.
    """
    n = math.prod(shape)
    words = torch.empty((n + 7) // 8, dtype=torch.int64, device=generator.device)
    words.random_(-(2**63), None, generator=generator)
    threshold = min(round(p * 256), 255)
    keep = words.view(torch.uint8)[:n].view(shape) >= threshold
    # As bytes, which convert three times faster than truth values do.
    return keep.view(torch.uint8).to(dtype), 256 / (256 - threshold)


def dropout_mask(
    shape: tuple[int, ...], p: float, generator: torch.Generator, dtype: torch.dtype
) -> Tensor:
    """Mask of 0 (with probability ``p``) and 1/(1-p), on the generator's device."""
    keep, scale = kept(shape, p, generator, dtype)
    return keep.mul_(scale)


class StreamflowLSTM(nn.Module):
    """Linear + ReLU, LSTM with DropConnect, linear.

    Parameters
    ----------
    n_dynamic, n_static
        Number of daily forcings and of static attributes. Column ``j < n_dynamic`` of
        ``input.weight`` belongs to forcing ``j``, the rest to the attributes.
    hidden
        Width H of the input layer and of the LSTM.
    dropconnect
        Probability of D for ``weight_ih`` and ``weight_hh``.
    output_dropout
        Dropout on ``h_t`` before the output layer (0 in the paper).
    forget_bias
        Added to the forget gate's bias at initialisation (0 in the paper).
    families
        Static columns of the flags of each family of inputs that may be missing
        (:func:`hydrotl_core.missing.flag_groups`), if the input layer is to average over those
        present instead of adding them up.

    Notes
    -----
    LSTM parameters start uniform in ``±1/sqrt(H)``, gates in the order i, f, g, o.
    """

    def __init__(
        self,
        n_dynamic: int,
        n_static: int,
        hidden: int,
        dropconnect: float = 0.5,
        output_dropout: float = 0.0,
        forget_bias: float = 0.0,
        families: Sequence[Sequence[int]] = (),
    ) -> None:
        super().__init__()
        for name, p in (("dropconnect", dropconnect), ("output_dropout", output_dropout)):
            if not 0 <= p < 1:
                raise ValueError(f"{name} must lie in [0, 1), got {p}")
        self.n_dynamic, self.n_static, self.hidden = n_dynamic, n_static, hidden
        self.dropconnect, self.output_dropout = dropconnect, output_dropout
        self.families = [list(family) for family in families]
        self.input = nn.Linear(n_dynamic + n_static, hidden)
        self.lstm = nn.ParameterDict(
            {
                "weight_ih": torch.empty(4 * hidden, hidden),
                "weight_hh": torch.empty(4 * hidden, hidden),
                "bias_ih": torch.empty(4 * hidden),
                "bias_hh": torch.empty(4 * hidden),
            }
        )
        self.output = nn.Linear(hidden, 1)
        bound = hidden**-0.5
        with torch.no_grad():
            for parameter in self.lstm.values():
                parameter.uniform_(-bound, bound)
            self.lstm["bias_hh"][hidden : 2 * hidden] += forget_bias

    def embed(self, dynamic: Tensor, static: Tensor) -> Tensor:
        """Equation 1 for inputs ``[T, B, n_dynamic]`` and ``[B, n_static]`` -> ``[T, B, H]``.

        The attributes are the same on every day, so their share ``W_s a + b`` is computed
        once per basin instead of once per day; the sum is that of the concatenated input.
        """
        weight, bias = self.input.weight, self.input.bias
        daily = nn.functional.linear(dynamic, weight[:, : self.n_dynamic])
        if self.families:
            # A family is absent if all of its flags are raised; what is always there counts as one.
            absent = [static[:, family].amin(dim=1, keepdim=True) for family in self.families]
            groups = 1 + len(self.families)
            share = groups / (groups - torch.stack(absent).sum(dim=0))
            fixed = nn.functional.linear(static, weight[:, self.n_dynamic :]) * share + bias
            return torch.relu_(daily * share + fixed)
        fixed = nn.functional.linear(static, weight[:, self.n_dynamic :], bias)
        return torch.relu_(daily + fixed)

    def matrices(
        self, generator: torch.Generator | None, dtype: torch.dtype | None = None
    ) -> list[Tensor]:
        """LSTM parameters as the library takes them, D applied in training mode.

        They lie one after another in one piece of memory, as cuDNN wants them: it would copy them
        there at each call otherwise, and warn.
        """
        weights = [self.lstm[name] for name in ("weight_ih", "weight_hh")]
        if self.training and self.dropconnect > 0:
            assert generator is not None
            p, shape = self.dropconnect, (4 * self.hidden, self.hidden)
            weights = [w * dropout_mask(shape, p, generator, w.dtype) for w in weights]
        parts = [*weights, self.lstm["bias_ih"], self.lstm["bias_hh"]]
        flat = torch.cat([part.reshape(-1) for part in parts]).to(dtype or parts[0].dtype)
        pieces = flat.split([part.numel() for part in parts])
        return [piece.view_as(part) for piece, part in zip(pieces, parts, strict=True)]

    def recur(
        self, x: Tensor, state: State, matrices: list[Tensor], parts: int = 1
    ) -> tuple[Tensor, State]:
        """Equations 2-7 for ``x`` ``[T, B, H]``: the library's fused LSTM (oneDNN, cuDNN).

        In ``parts``, the samples go through one part after another and what the backward pass
        needs is computed again there: the same numbers in a fraction of the memory.
        """
        if parts > 1:
            pieces = zip(*(v.chunk(parts, dim=1) for v in (x, *state)), strict=True)
            done = [
                checkpoint(self.recur, x, (h, c), matrices, use_reentrant=False)
                for x, h, c in pieces
            ]
            h, h_n, c_n = (
                torch.cat(v, dim=1) for v in zip(*((h, *s) for h, s in done), strict=True)
            )
            return h, (h_n, c_n)
        # The arguments are has_biases, layers, dropout, train, bidirectional, batch_first.
        h, h_n, c_n = torch.lstm(x, state, matrices, True, 1, 0.0, self.training, False, False)
        return h, (h_n, c_n)

    def forward(
        self,
        dynamic: Tensor,
        static: Tensor,
        state: State | None = None,
        generator: torch.Generator | None = None,
        warmup: int = 0,
        warmup_gradient: bool = True,
        dtype: torch.dtype | None = None,
        parts: int = 1,
    ) -> tuple[Tensor, State]:
        """Run over ``T`` days.

        Parameters
        ----------
        dynamic
            Scaled forcing, ``[T, B, n_dynamic]``.
        static
            Scaled attributes, ``[B, n_static]``.
        state
            ``(h, c)`` of the day before, each ``[1, B, H]``; zeros if None.
        generator
            Source of the dropout masks; required in training mode with dropout.
        warmup
            First days that only bring the state up: no flow is computed for them.
        warmup_gradient
            Whether gradients reach back through these days. Without, their state is taken as
            given, and they cost a forward pass only.
        dtype
            Number format of the LSTM layer's arithmetic, for example ``torch.bfloat16``; None is
            that of ``dynamic``. Parameters, their gradients and the other layers keep theirs.
        parts
            Pieces in which the samples go through the LSTM, to save memory (:meth:`recur`).

        Returns
        -------
        flow : Tensor
            Scaled streamflow of the days after the warm-up, ``[T - warmup, B]``.
        state : tuple of Tensor
            State after the last day.
        """
        if state is None:
            zero = dynamic.new_zeros(1, dynamic.shape[1], self.hidden)
            state = (zero, zero)
        if self.training and max(self.dropconnect, self.output_dropout) > 0 and generator is None:
            raise ValueError("training with dropout needs a generator for its masks")
        dtype = dtype or dynamic.dtype
        matrices = self.matrices(generator, dtype)
        state = (state[0].to(dtype), state[1].to(dtype))
        if warmup and not warmup_gradient:
            with torch.no_grad():
                x = self.embed(dynamic[:warmup], static)
                _, state = self.recur(x.to(dtype), state, matrices, parts)
            dynamic, warmup = dynamic[warmup:], 0
        h, state = self.recur(self.embed(dynamic, static).to(dtype), state, matrices, parts)
        return self.flow(h[warmup:].to(dynamic.dtype), generator), state

    def flow(self, h: Tensor, generator: torch.Generator | None) -> Tensor:
        """Equation 8: scaled streamflow ``[T, B]`` of ``h`` ``[T, B, H]``."""
        weight = self.output.weight
        if self.training and self.output_dropout > 0:
            assert generator is not None
            keep, scale = kept(tuple(h.shape), self.output_dropout, generator, h.dtype)
            # The scale goes to the weights: one pass less over the large tensor.
            h, weight = h * keep, weight * scale
        return nn.functional.linear(h, weight, self.output.bias).squeeze(-1)
