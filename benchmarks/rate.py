"""Arithmetic that training achieves, over what the machine attains in a matrix product.

    python -m benchmarks.rate

Writes `rate.json`: the rate of `torch.mm` of large float32 matrices (best of several), in one
process with one thread and in as many such processes as there are cores, and beside it the rate
of hydrotl's training, side by side in as many processes, at the sizes of `throughput.py`, from
operations counted in `flops.py`. Product and training take turns. On a GPU one process does
both, and the product is timed with CUDA events.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch

from benchmarks import engine
from benchmarks.common import (
    Crew,
    crew,
    environment,
    in_turns,
    options,
    summary,
    updates_for,
    write_result,
)
from benchmarks.data import camels, sample, write_netcdf
from benchmarks.flops import Size, update_flops
from benchmarks.throughput import BASINS, DAYS, SIZES, WINDOW
from hydrotl.experiments.devices import default_jobs

GIGA = 1e9


@dataclass(frozen=True)
class Product:
    """Square float32 matrices of ``n`` rows, multiplied ``times``."""

    n: int
    times: int
    device: str


def product_seconds(task: Product) -> float:
    """Seconds of the products."""
    a, b = torch.randn(2, task.n, task.n, device=task.device)
    out = torch.mm(a, b)
    if task.device == "cpu":
        began = time.perf_counter()
        for _ in range(task.times):
            torch.mm(a, b, out=out)
        return time.perf_counter() - began
    first, last = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    first.record()
    for _ in range(task.times):
        torch.mm(a, b, out=out)
    last.record()
    torch.cuda.synchronize()
    return 1e-3 * first.elapsed_time(last)


def product_rate(team: Crew, task: Product, processes: int) -> float:
    """GFLOP/s of ``processes`` that multiply side by side, while all of them do."""
    seconds = team.run(product_seconds, [task] * processes)[1]
    return 2 * task.n**3 * task.times * sum(1 / s for s in seconds) / GIGA


def training_rate(team: Crew, task: engine.Work, processes: int, flops: int) -> float:
    """GFLOP/s of ``processes`` that train a member each."""
    seconds = team.run(engine.work, [task] * processes)[1]
    return flops * task.updates * sum(1 / s for s in seconds) / GIGA


def main() -> None:
    """Measure and write."""
    parser = options(__doc__)
    parser.add_argument("--seconds", type=float, default=0.3, help="work in a repeat")
    args = parser.parse_args()
    surroundings = environment(args.device)
    on_cpu = args.device == "cpu"
    jobs = default_jobs() if on_cpu else 1
    product = Product(2048 if on_cpu else 8192, 2 if on_cpu else 20, args.device)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        ds = sample(camels(), BASINS, DAYS)
        file = write_netcdf(ds, Path(name) / "sample.nc")
        team = stack.enter_context(crew(jobs, one_thread=on_cpu))
        team.run(product_seconds, [product] * jobs)
        turns: dict[str, Callable[[], float]] = {
            f"product, {n}": partial(product_rate, team, product, n) for n in {1, jobs}
        }
        flops = {}
        for hidden, batch in SIZES:
            training = engine.paper_training(hidden, batch)
            task = engine.Work(file, training, 1, args.device)
            team.run(engine.work, [task] * jobs)
            seconds = max(team.run(engine.work, [task] * jobs)[1])
            task = replace(task, updates=updates_for(args.seconds, seconds))
            scaler, _ = engine.prepared(ds, training)
            count = update_flops(Size(scaler.n_dynamic, scaler.n_static, hidden), WINDOW, batch)
            key = f"H {hidden}, B {batch}"
            flops[key] = count
            turns[key] = partial(training_rate, team, task, jobs, count)
        rates = {key: summary(values) for key, values in in_turns(turns, args.repeats).items()}
    best = max(rates[f"product, {jobs}"]["repeats"])
    trained = {
        key: {
            "flops_per_update": count,
            "gflops": rates[key],
            "of_attainable": rates[key]["median"] / best,
        }
        for key, count in flops.items()
    }
    for key, row in trained.items():
        print(f"{key:14} {row['gflops']['median']:8.1f} GFLOP/s, {row['of_attainable']:.2f}")
    write_result(
        args.results,
        "rate",
        {
            "environment": surroundings,
            "processes": jobs,
            "attainable_gflops": {
                str(n): max(rates[f"product, {n}"]["repeats"]) for n in sorted({1, jobs})
            },
            "product_gflops": {str(n): rates[f"product, {n}"] for n in sorted({1, jobs})},
            "training": trained,
        },
    )


if __name__ == "__main__":
    main()
