r"""An LSTM with DropConnect as hydroDL trains it on a CPU, written from the equations.

One model at a time; the days are a loop in Python, each a cell of its own operations:

.. math::

    x_t &= \mathrm{ReLU}(W_I I_t + b_I) \\
    (i, f, g, o)_t &= D(W_{ih}) x_t + b_{ih} + D(W_{hh}) h_{t-1} + b_{hh} \\
    c_t &= \sigma(f_t) c_{t-1} + \sigma(i_t) \tanh(g_t), \quad h_t = \sigma(o_t) \tanh(c_t)

with masks drawn anew for each forward pass and shared by its days, RMSE over all observed days,
and Adadelta. No line is hydroDL's: it stands for how such a model is commonly written.
Parameters have the names and shapes of :class:`hydrotl_core.model.StreamflowLSTM`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.common import synchronise
from hydrotl_core.arrays import Arrays


class CellLoopLSTM(nn.Module):
    """Linear + ReLU, LSTM cell by cell with DropConnect, linear; ``[T, B, ...]``."""

    def __init__(self, n_inputs: int, hidden: int, dropconnect: float) -> None:
        super().__init__()
        self.hidden, self.dropconnect = hidden, dropconnect
        self.input = nn.Linear(n_inputs, hidden)
        shapes = {
            "weight_ih": (4 * hidden, hidden),
            "weight_hh": (4 * hidden, hidden),
            "bias_ih": (4 * hidden,),
            "bias_hh": (4 * hidden,),
        }
        bound = hidden**-0.5
        self.lstm = nn.ParameterDict(
            {name: torch.empty(shape).uniform_(-bound, bound) for name, shape in shapes.items()}
        )
        self.output = nn.Linear(hidden, 1)

    def dropped(self, weight: Tensor) -> Tensor:
        """D: each weight is 0 with probability p, else scaled by 1/(1-p); off in evaluation."""
        return nn.functional.dropout(weight, self.dropconnect, self.training)

    def forward(self, dynamic: Tensor, static: Tensor) -> Tensor:
        """Scaled streamflow ``[T, B]`` of forcing ``[T, B, F]`` and attributes ``[B, S]``."""
        repeated = static.expand(dynamic.shape[0], *static.shape)
        x = torch.relu(self.input(torch.cat([dynamic, repeated], dim=-1)))
        w_ih, w_hh = self.dropped(self.lstm["weight_ih"]), self.dropped(self.lstm["weight_hh"])
        h = c = x.new_zeros(x.shape[1], self.hidden)
        states = []
        for day in x:
            gates = nn.functional.linear(day, w_ih, self.lstm["bias_ih"])
            gates = gates + nn.functional.linear(h, w_hh, self.lstm["bias_hh"])
            i, f, g, o = gates.chunk(4, dim=-1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            states.append(h)
        return self.output(torch.stack(states)).squeeze(-1)


class CellLoopTrainer:
    """Trains a :class:`CellLoopLSTM` on random windows of arrays that lie on the device."""

    def __init__(self, arrays: Arrays, hidden: int, batch: int, window: int, device: str) -> None:
        self.dynamic = torch.from_numpy(arrays.dynamic).to(device)
        self.static = torch.from_numpy(arrays.static).to(device)
        self.flow = torch.from_numpy(arrays.flow).to(device)
        self.batch, self.days, self.device = batch, torch.arange(window)[:, None], device
        n_inputs = self.dynamic.shape[-1] + self.static.shape[-1]
        self.model = CellLoopLSTM(n_inputs, hidden, dropconnect=0.5).to(device)
        self.optimizer = torch.optim.Adadelta(self.model.parameters())

    def draw(self) -> tuple[Tensor, Tensor, Tensor]:
        """Forcing ``[T, B, F]``, attributes ``[B, S]`` and streamflow ``[T, B]`` of a batch."""
        n_basins, n_days = self.flow.shape
        basin = torch.randint(n_basins, (self.batch,))
        day = torch.randint(n_days - len(self.days) + 1, (self.batch,)) + self.days
        basin, day = basin.to(self.device), day.to(self.device)
        return self.dynamic[basin, day], self.static[basin], self.flow[basin, day]

    def run(self, updates: int) -> None:
        """Make ``updates``."""
        self.model.train()
        for _ in range(updates):
            dynamic, static, flow = self.draw()
            seen = ~flow.isnan()
            loss = (self.model(dynamic, static)[seen] - flow[seen]).square().mean().sqrt()
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
        synchronise(self.device)
