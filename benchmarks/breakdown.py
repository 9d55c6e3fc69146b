"""Where the time of an update goes: the shares of its operations, by torch's profiler.

    python -m benchmarks.breakdown

Writes `breakdown.json`: updates of the recipe `fast` (float32, its loss over all days of 365) in
one process with one thread, everything training and as TL-a. An operation's time is its own,
without what it calls. The profiler itself costs some microseconds a call, so small updates look a
little more scattered than they are.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from torch.profiler import ProfilerActivity, profile

from benchmarks import engine
from benchmarks.common import environment, options, summary, updates_for, write_result
from benchmarks.data import camels, sample, write_netcdf

# Part of an update -> what its operations' names begin with; the first that fits.
PARTS = {
    "LSTM, forward": ("aten::mkldnn_rnn_layer", "aten::_thnn_fused_lstm", "aten::_cudnn_rnn"),
    "optimiser": ("aten::_fused_adam", "aten::_foreach", "Optimizer"),
    "matrix products": ("aten::addmm", "aten::mm", "aten::bmm"),
    "copies, sums, masks": ("aten::",),
}
BACKWARD = "LSTM, backward"
OTHER = "Python and the rest"
OPTIONS = (None, "TL-a")


def part_of(name: str) -> str:
    """Part of an update that the operation ``name`` belongs to."""
    if name.startswith(PARTS["LSTM, forward"]) and name.endswith("_backward"):
        return BACKWARD
    return next((part for part, starts in PARTS.items() if name.startswith(starts)), OTHER)


def shares(times: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Share of each part in the sum of the operations' own times."""
    found = dict.fromkeys([BACKWARD, *PARTS, OTHER], 0.0)
    for name, time in times:
        found[part_of(name)] += time
    total = sum(found.values())
    return {part: value / total for part, value in found.items()}


def measured(task: engine.Work, repeats: int) -> list[dict[str, float]]:
    """Shares of the updates of ``task``, a repeat each."""
    results = []
    for _ in range(repeats):
        with profile(activities=[ProfilerActivity.CPU]) as found:
            engine.work(task)
        results.append(shares((e.key, e.self_cpu_time_total) for e in found.key_averages()))
    return results


def main() -> None:
    """Measure and write."""
    from benchmarks.throughput import BASINS, DAYS, SIZES  # which needs the peers

    parser = options(__doc__, repeats=3)
    args = parser.parse_args()
    surroundings, rows = environment(args.device), []
    with tempfile.TemporaryDirectory() as name:
        file = write_netcdf(sample(camels(), BASINS, DAYS), Path(name) / "sample.nc")
        for hidden, batch in SIZES:
            for option in OPTIONS:
                training = engine.fast_training(hidden, batch)
                task = engine.Work(file, training, 1, args.device, option=option)
                engine.work(task)
                updates = updates_for(1.0, engine.work(task))
                task = engine.Work(file, training, updates, args.device, option=option)
                repeats = measured(task, args.repeats)
                row: dict[str, Any] = {
                    "hidden": hidden,
                    "batch": batch,
                    "trained": option or "everything",
                    "shares": {part: summary([r[part] for r in repeats]) for part in repeats[0]},
                }
                rows.append(row)
                text = ", ".join(f"{k} {100 * v['median']:.0f} %" for k, v in row["shares"].items())
                print(f"H {hidden:3} B {batch:3} {row['trained']:10} {text}", flush=True)
    write_result(args.results, "breakdown", {"environment": surroundings, "rows": rows})


if __name__ == "__main__":
    main()
