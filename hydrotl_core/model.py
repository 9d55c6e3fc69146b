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

import torch
from torch import Tensor, nn

State = tuple[Tensor, Tensor]


def dropout_mask(
    shape: tuple[int, ...], p: float, generator: torch.Generator, dtype: torch.dtype
) -> Tensor:
    """Mask of 0 (with probability ``p``) and 1/(1-p), on the generator's device.

    One random byte per element against a threshold: several times cheaper than drawing
    Bernoulli numbers. ``p`` is rounded to a multiple of 1/256 below 1 and the scale uses the
    rounded value, so the mask's expectation is exactly 1.
    """
    n = math.prod(shape)
    words = torch.empty((n + 7) // 8, dtype=torch.int64, device=generator.device)
    words.random_(-(2**63), None, generator=generator)
    threshold = min(round(p * 256), 255)
    keep = words.view(torch.uint8)[:n].view(shape) >= threshold
    return keep.to(dtype) * (256 / (256 - threshold))


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
    ) -> None:
        super().__init__()
        for name, p in (("dropconnect", dropconnect), ("output_dropout", output_dropout)):
            if not 0 <= p < 1:
                raise ValueError(f"{name} must lie in [0, 1), got {p}")
        self.n_dynamic, self.n_static, self.hidden = n_dynamic, n_static, hidden
        self.dropconnect, self.output_dropout = dropconnect, output_dropout
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
        weight = self.input.weight
        fixed = nn.functional.linear(static, weight[:, self.n_dynamic :], self.input.bias)
        daily = nn.functional.linear(dynamic, weight[:, : self.n_dynamic])
        return torch.relu_(daily + fixed)

    def forward(
        self,
        dynamic: Tensor,
        static: Tensor,
        state: State | None = None,
        generator: torch.Generator | None = None,
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

        Returns
        -------
        flow : Tensor
            Scaled streamflow, ``[T, B]``.
        state : tuple of Tensor
            State after the last day.
        """
        x = self.embed(dynamic, static)
        if state is None:
            zero = x.new_zeros(1, x.shape[1], self.hidden)
            state = (zero, zero)
        weight_ih, weight_hh = self.lstm["weight_ih"], self.lstm["weight_hh"]
        dropping = self.training and (self.dropconnect > 0 or self.output_dropout > 0)
        if dropping and generator is None:
            raise ValueError("training with dropout needs a generator for its masks")
        if self.training and self.dropconnect > 0:
            assert generator is not None
            p = self.dropconnect
            shape = (4 * self.hidden, self.hidden)
            weight_ih = weight_ih * dropout_mask(shape, p, generator, x.dtype)
            weight_hh = weight_hh * dropout_mask(shape, p, generator, x.dtype)
        weights = [weight_ih, weight_hh, self.lstm["bias_ih"], self.lstm["bias_hh"]]
        # The library's fused LSTM (oneDNN, cuDNN), handed the masked matrices directly:
        # arguments are has_biases, layers, dropout, train, bidirectional, batch_first.
        h, h_n, c_n = torch.lstm(x, state, weights, True, 1, 0.0, self.training, False, False)
        if self.training and self.output_dropout > 0:
            assert generator is not None
            h = h * dropout_mask(tuple(h.shape), self.output_dropout, generator, h.dtype)
        return self.output(h).squeeze(-1), (h_n, c_n)
