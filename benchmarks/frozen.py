"""What a frozen LSTM could save: the library's backward pass against one without weight gradients.

    python -m benchmarks.frozen

Writes `frozen.json`. TL-a trains the layers around a frozen LSTM, so that the gradient of the
LSTM's own weights, a third of the arithmetic, is not needed. oneDNN's fused LSTM computes it all
the same: PyTorch has no switch for it. The alternative measured here is the LSTM written by hand,
day by day, with a backward pass that leaves the weight gradients out. Both give the same flow and
the same gradient of the input; that is checked before anything is timed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from benchmarks.common import environment, in_turns, options, summary, write_result

WINDOW = 365
SIZES = [(64, 16), (128, 16), (256, 16), (256, 100)]


def forward(x: Tensor, weight_ih: Tensor, weight_hh: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Gates ``[T, B, 4H]`` (i, f, o, g), hidden ``[T, B, H]`` and cell states ``[T+1, B, H]``."""
    days, samples, hidden = *x.shape[:2], weight_hh.shape[1]
    gates = (x.reshape(days * samples, -1) @ weight_ih.t()).view(days, samples, 4 * hidden)
    h, c = x.new_zeros(days, samples, hidden), x.new_zeros(days + 1, samples, hidden)
    before, recurrent = x.new_zeros(samples, hidden), weight_hh.t()
    for day in range(days):
        now = gates[day].addmm_(before, recurrent)
        now[:, : 3 * hidden].sigmoid_()
        now[:, 3 * hidden :].tanh_()
        i, f, o, g = now.chunk(4, 1)
        torch.mul(f, c[day], out=c[day + 1]).addcmul_(i, g)
        before = torch.mul(o, c[day + 1].tanh(), out=h[day])
    return gates, h, c


def input_gradient(
    slope: Tensor, gates: Tensor, c: Tensor, weight_ih: Tensor, weight_hh: Tensor
) -> Tensor:
    """Gradient of ``x`` for the gradient ``slope`` of ``h``; none of the weights."""
    days, samples, hidden = slope.shape
    back = torch.empty_like(gates)
    dc = slope.new_zeros(samples, hidden)
    for day in reversed(range(days)):
        dh = slope[day]
        if day + 1 < days:
            dh = torch.addmm(dh, back[day + 1], weight_hh)
        i, f, o, g = gates[day].chunk(4, 1)
        tanh = c[day + 1].tanh()
        through = dh * o
        dc.add_(through).addcmul_(through * tanh, tanh, value=-1)
        di, df, do, dg = back[day].chunk(4, 1)
        torch.mul(dc, g, out=di)
        torch.mul(dc, c[day], out=df)
        torch.mul(dh, tanh, out=do)
        sigmoids = gates[day][:, : 3 * hidden]
        back[day][:, : 3 * hidden].mul_(torch.addcmul(sigmoids, sigmoids, sigmoids, value=-1))
        torch.mul(dc, i, out=dg).mul_(1 - g * g)
        dc.mul_(f)
    return (back.view(days * samples, -1) @ weight_ih).view(days, samples, -1)


def library(x: Tensor, slope: Tensor, matrices: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Flow and input gradient by the fused LSTM."""
    zero = x.new_zeros(1, x.shape[1], matrices[1].shape[1])
    h, _, _ = torch.lstm(x, (zero, zero), matrices, False, 1, 0.0, True, False, False)
    return h.detach(), torch.autograd.grad(h, x, slope)[0]


def by_hand(x: Tensor, slope: Tensor, matrices: list[Tensor]) -> tuple[Tensor, Tensor]:
    """The same by :func:`forward` and :func:`input_gradient`; gates in the order i, f, o, g."""
    with torch.no_grad():
        gates, h, c = forward(x, *matrices)
        return h, input_gradient(slope, gates, c, *matrices)


def reordered(weight: Tensor) -> Tensor:
    """Rows of the gates i, f, g, o in the order i, f, o, g: the sigmoids side by side."""
    i, f, g, o = weight.chunk(4)
    return torch.cat([i, f, o, g])


def seconds_of(call: Callable[[], object]) -> float:
    """Wall time of one call."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def main() -> None:
    """Check, measure and write."""
    args = options(__doc__).parse_args()
    torch.set_num_threads(1)
    surroundings, rows = environment(args.device), []
    for hidden, batch in SIZES:
        torch.manual_seed(0)
        bound = hidden**-0.5
        matrices = [
            torch.empty(4 * hidden, hidden, device=args.device).uniform_(-bound, bound)
            for _ in range(2)
        ]
        x = torch.rand(WINDOW, batch, hidden, device=args.device).requires_grad_()
        slope = torch.randn(WINDOW, batch, hidden, device=args.device)
        own = [reordered(m) for m in matrices]
        for ours, theirs in zip(by_hand(x, slope, own), library(x, slope, matrices), strict=True):
            torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-4)
        calls = {
            "library": partial(seconds_of, partial(library, x, slope, matrices)),
            "by hand": partial(seconds_of, partial(by_hand, x, slope, own)),
        }
        seconds = {name: summary(v) for name, v in in_turns(calls, args.repeats).items()}
        ratio = seconds["library"]["median"] / seconds["by hand"]["median"]
        rows.append(
            {"hidden": hidden, "batch": batch, "seconds": seconds, "library_over_hand": ratio}
        )
        print(f"H {hidden:3} B {batch:3} library over by hand {ratio:.2f}", flush=True)
    write_result(
        args.results, "frozen", {"environment": surroundings, "window": WINDOW, "rows": rows}
    )


if __name__ == "__main__":
    main()
