"""Updates per second of hydrotl and of others, same windows, same days in the loss.

    python -m benchmarks.throughput

Writes `throughput.json`. Twenty basins of CAMELS-US, five years, windows of 365 days, hidden
sizes 64 and 256, batches of 2, 16 and 100, ensembles of one and of five members:

- hydrotl as it runs, one process and one thread per member and as many processes as cores, the
  last members sharing the cores (`hydrotl.experiments.executors.at_once`), with
  the paper's way of training (DropConnect, Adadelta) and with that of the recipe `fast` (AdamW),
  in float32 like all others and, where the processor has it, in bfloat16; for one member also with
  all threads;
- neuralhydrology's trainer with its default model and with hydrotl's architecture, with torch's
  threads, one member after another; and, the best case for it, one thread per member and as many
  processes as cores, in the environment of hydrotl's workers;
- an LSTM with DropConnect cell by cell, as hydroDL runs on a CPU (`hydrodl.py`).

On a GPU (`--device cuda --jobs 5`) hydrotl trains one member after another in one process, and in
rows of their own five members in as many processes as `--jobs` says, each with its own CUDA graph.

Processes are up and data loaded before anything is timed. The contestants take turns. Also the
transfer options (TL-a, TL-b, TL-c), whose frozen parameters need no gradient, at two sizes.
"""

from __future__ import annotations

import tempfile
from argparse import Namespace
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks import engine, nh
from benchmarks.common import (
    Crew,
    crew,
    environment,
    options,
    summary,
    write_result,
)
from benchmarks.contestant import Contestant, measure
from benchmarks.data import camels, sample, whole_period, write_generic, write_netcdf
from benchmarks.flops import Size, direct_update_flops, update_flops
from hydrotl.config import load_options
from hydrotl.data.canonical import dynamic_variables, static_attributes
from hydrotl.experiments.devices import default_jobs
from hydrotl_core.engine import arithmetic
from hydrotl_core.recipe import Period, Training
from hydrotl_core.scaling import STREAMFLOW

BASINS, DAYS, WINDOW, MEMBERS = 20, 5 * 365, 365, 5
SIZES = [(hidden, batch) for hidden in (64, 256) for batch in (2, 16, 100)]
AFTER_ANOTHER = "seconds of one member times five: they run one after another"


@dataclass(frozen=True)
class Basins:
    """The sample, as a file for hydrotl, a folder for neuralhydrology, and what is in it."""

    file: Path
    folder: Path
    dynamic: tuple[str, ...]
    static: tuple[str, ...]
    period: Period


def write_sample(folder: Path) -> Basins:
    """Write the sample below ``folder``."""
    ds = sample(camels(), BASINS, DAYS)
    return Basins(
        write_netcdf(ds, folder / "sample.nc"),
        write_generic(ds, folder / "generic"),
        tuple(name for name in dynamic_variables(ds) if name != STREAMFLOW),
        tuple(static_attributes(ds)),
        whole_period(ds),
    )


def contestants(
    basins: Basins,
    hidden: int,
    batch: int,
    device: str,
    apart: Crew,
    together: Crew,
    beside: Crew | None = None,
    jobs: int = 0,
) -> dict[str, Contestant]:
    """All rows that are measured at one size; ``beside`` are processes that share a GPU.

    ``jobs`` is the number of hydrotl's processes on a CPU.
    """
    rows = {}
    cores = default_jobs()
    ways = {
        "DropConnect, Adadelta": engine.paper_training(hidden, batch),
        "AdamW": engine.fast_training(hidden, batch),
        "AdamW, bfloat16": engine.fast_training(hidden, batch, "bfloat16"),
    }
    for name, training in ways.items():
        if str(arithmetic(training.precision, device)) != f"torch.{training.precision}":
            continue  # it would be a row of float32 under another name
        one = engine.Work(basins.file, training, 1, device)
        rows[f"hydrotl, {name}, 1 member"] = Contestant(apart, engine.work, one, 1)
        rows[f"hydrotl, {name}, 5 members"] = Contestant(
            apart, engine.work, one, MEMBERS, jobs=jobs
        )
        if beside is not None:
            rows[f"hydrotl, {name}, 5 members, side by side"] = Contestant(
                beside, engine.span, one, MEMBERS
            )
        if device == "cpu" and training.precision == "float32":
            all_threads = replace(one, threads=cores)
            rows[f"hydrotl, {name}, 1 member, {cores} threads"] = Contestant(
                together, engine.work, all_threads, 1
            )
    for name, relu in (("default", False), ("ReLU layer", True)):
        task = nh.Work(
            basins.folder, basins.dynamic, basins.static, basins.period, hidden, batch, relu, device
        )
        rows[f"neuralhydrology, {name}, 1 member"] = Contestant(together, nh.work, task, 1)
        if device == "cpu":
            rows[f"neuralhydrology, {name}, 5 members, side by side"] = Contestant(
                apart, nh.work, task, MEMBERS
            )
    loop = engine.LoopWork(basins.file, hidden, batch, 1, device)
    rows["hydroDL kind, 1 member"] = Contestant(together, engine.loop_work, loop, 1)
    return rows


def record(
    name: str, hidden: int, batch: int, members: int, values: Sequence[float], flops: int
) -> dict[str, Any]:
    """One row of the results; ``flops`` is of one member's update."""
    seconds = summary(values)
    rate = members / seconds["median"]
    return {
        "contestant": name,
        "hidden": hidden,
        "batch": batch,
        "members": members,
        "seconds_per_update": seconds,
        "updates_per_second": rate,
        "windows_per_second": batch * rate,
        "gflops": 1e-9 * flops * rate,
    }


def at_size(
    basins: Basins,
    hidden: int,
    batch: int,
    args: Namespace,
    apart: Crew,
    together: Crew,
    beside: Crew | None,
) -> list[dict[str, Any]]:
    """Rows of one hidden size and batch."""
    size = Size(len(basins.dynamic), len(basins.static), hidden)
    own, direct = update_flops(size, WINDOW, batch), direct_update_flops(size, WINDOW, batch)
    jobs = default_jobs() if args.device == "cpu" and args.jobs is None else args.jobs or 0
    own_jobs = jobs if args.device == "cpu" else 0
    rows = contestants(basins, hidden, batch, args.device, apart, together, beside, own_jobs)
    result = []
    for name, values in measure(rows, args.seconds, args.repeats).items():
        flops = direct if "default" in name else own
        members = rows[name].members
        result.append(record(name, hidden, batch, members, values, flops))
        if members == 1 and not name.startswith("hydrotl"):
            five = name.replace("1 member", "5 members, one after another")
            after = record(five, hidden, batch, MEMBERS, [MEMBERS * v for v in values], flops)
            result.append({**after, "derived": AFTER_ANOTHER})
    for row in result:
        print(
            f"H {hidden:3} B {batch:3}  {row['contestant']:60} "
            f"{1e3 * row['seconds_per_update']['median']:9.1f} ms",
            flush=True,
        )
    return result


def frozen_options(basins: Basins, args: Namespace, apart: Crew) -> list[dict[str, Any]]:
    """Seconds per update of the transfer options, and their ratios to TL-a."""
    ways: dict[str, Training] = {
        "fast, transfer": engine.transfer_training(),
        "fast, transfer, H 64": engine.transfer_training(64),
        "paper, H 256, B 16": engine.paper_training(256, 16),
    }
    result = []
    for name, training in ways.items():
        rows = {
            option: Contestant(
                apart,
                engine.work,
                engine.Work(basins.file, training, 1, args.device, option=option),
                1,
            )
            for option in load_options()
        }
        measured = {
            option: summary(values)
            for option, values in measure(rows, args.seconds, args.repeats).items()
        }
        a = measured["TL-a"]["median"]
        result.append(
            {
                "training": name,
                "hidden": training.hidden,
                "batch": training.batch,
                "window": training.window,
                "warmup": training.warmup,
                "seconds_per_update": measured,
                "over_tl_a": {option: row["median"] / a for option, row in measured.items()},
            }
        )
    return result


def main() -> None:
    """Measure and write."""
    parser = options(__doc__)
    parser.add_argument("--seconds", type=float, default=0.5, help="work of a member in a repeat")
    parser.add_argument("--hidden", type=int, nargs="*", default=[64, 256])
    parser.add_argument("--batch", type=int, nargs="*", default=[2, 16, 100])
    parser.add_argument("--jobs", type=int, help="processes; default: the cores, on a GPU 1")
    args = parser.parse_args()
    surroundings = environment(args.device)
    # On a GPU hydrotl trains one member after another in one process, unless asked for more.
    jobs = args.jobs or (default_jobs() if args.device == "cpu" else 1)
    shared = args.device != "cpu" and jobs > 1
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        basins = write_sample(Path(name))
        most = 1 if shared else jobs + jobs // 2  # the last members share the cores
        apart = stack.enter_context(crew(most, one_thread=True))
        together = stack.enter_context(crew(1, one_thread=False))
        beside = stack.enter_context(crew(jobs, one_thread=True)) if shared else None
        for hidden, batch in ((h, b) for h in args.hidden for b in args.batch):
            rows += at_size(basins, hidden, batch, args, apart, together, beside)
        frozen = frozen_options(basins, args, apart)
    write_result(
        args.results,
        "throughput",
        {
            "environment": surroundings,
            "window": WINDOW,
            "processes": jobs,
            "rows": rows,
            "transfer_options": frozen,
        },
    )


if __name__ == "__main__":
    main()
