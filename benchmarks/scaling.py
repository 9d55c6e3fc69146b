"""Time and memory of hydrotl's training as basins, days and members grow.

    python -m benchmarks.scaling

Writes `scaling.json`. Each point is a fresh process that reads a file with just its basins and
days, fits the scaler, builds the arrays and trains the recipe `fast`: seconds until the first
update, seconds per update (windows and batch stay the same, so these should not grow), and peak
memory. For more than one member the process starts workers as hydrotl does; the memory is then
the sum of all processes' peaks. Peak memory is the kernel's high-water mark of resident memory
(`VmHWM`): `ru_maxrss` of a new process starts at what its parent had.
"""

from __future__ import annotations

import itertools
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.common import environment, options, summary, write_result
from benchmarks.data import camels, read_netcdf, sample, write_netcdf
from hydrotl.config import load_recipe
from hydrotl.experiments.devices import default_jobs
from hydrotl.experiments.executors import WORKER_ENVIRONMENT, run_here, run_processes

BASINS = [10, 50, 200, 671]
YEARS = [1, 5, 10, 28]
MEMBERS = [1, 2, 3, 4, 5]
USUAL_BASINS, USUAL_YEARS = 671, 10
FEW_BASINS = 100  # where members grow
YEAR = 365
MEBI = 2**20


@dataclass(frozen=True)
class Point:
    """What one process trains."""

    file: str
    basins: int
    years: int
    members: int
    repeats: int
    updates: int
    device: str

    @property
    def data(self) -> dict[str, str]:
        """It takes no value that processes share: each reads the file."""
        return {}


def peak_memory() -> float:
    """Peak resident memory of this process in MiB."""
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def train_one(point: Point) -> dict[str, Any]:
    """Train one member; when its lots of updates began and ended, and its peak memory."""
    import torch

    from benchmarks import engine
    from hydrotl_core.training import train
    from hydrotl_core.transfer import initial_model

    torch.set_num_threads(1)
    began = time.perf_counter()
    source = load_recipe("fast").source
    training = source.model_copy(update={"updates": engine.ENDLESS})
    scaler, arrays = engine.prepared(read_netcdf(Path(point.file)), training)
    stamps: list[float] = []

    def stamp(_: Any) -> float:
        if point.device != "cpu":
            torch.cuda.synchronize()
        stamps.append(time.perf_counter())
        return 0.0

    train(
        initial_model(0, scaler.n_dynamic, scaler.n_static, training),
        arrays,
        scaler,
        training,
        0,
        device=point.device,
        validate=stamp,
        validate_every=point.updates,
        quiet=True,
        stop_at=(point.repeats + 1) * point.updates,
    )
    lots = itertools.pairwise(stamps)
    return {
        "pid": os.getpid(),
        "began": began,
        "ended": stamps[-1],
        "prepared": stamps[0] - began,
        "per_update": [(after - before) / point.updates for before, after in lots],
        "memory": peak_memory(),
        "gpu_memory": torch.cuda.max_memory_allocated() / MEBI if point.device != "cpu" else None,
    }


def child(point: Point) -> dict[str, Any]:
    """All members of ``point``, as hydrotl runs them."""
    jobs = default_jobs() if point.device == "cpu" else 1
    points = [point] * point.members
    if min(jobs, point.members) > 1:
        members = [found for _, found in run_processes(train_one, points, {}, jobs)]
    else:
        members = [found for _, found in run_here(train_one, points, {})]
    peaks = {member["pid"]: member["memory"] for member in members}
    if len(members) > 1:
        peaks[os.getpid()] = peak_memory()
    wall = max(m["ended"] for m in members) - min(m["began"] for m in members)
    gpu = [member["gpu_memory"] for member in members if member["gpu_memory"] is not None]
    return {
        "prepared": statistics.median(member["prepared"] for member in members),
        "per_update": [value for member in members for value in member["per_update"]],
        "wall": wall,
        "memory": sum(peaks.values()),
        "processes": len(peaks),
        "gpu_memory": max(gpu, default=None),
    }


def measure(point: Point) -> dict[str, Any]:
    """Run ``point`` in a fresh process."""
    answer = subprocess.run(
        [sys.executable, "-m", "benchmarks.scaling", "--child", json.dumps(asdict(point))],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).resolve().parents[1],
        env=os.environ | WORKER_ENVIRONMENT,
    )
    measured = json.loads(answer.stdout.splitlines()[-1])
    row = {
        "basins": point.basins,
        "years": point.years,
        "members": point.members,
        "processes": measured["processes"],
        "seconds_per_update": summary(measured["per_update"]),
        "seconds_before_second_lot": measured["prepared"],
        "wall_seconds": measured["wall"],
        "updates_of_a_member": (point.repeats + 1) * point.updates,
        "peak_mib": measured["memory"],
        "peak_gpu_mib": measured["gpu_memory"],
    }
    print(
        f"{point.basins:4} basins {point.years:3} years {point.members} members: "
        f"{1e3 * row['seconds_per_update']['median']:7.1f} ms an update, "
        f"{row['peak_mib']:6.0f} MiB",
        flush=True,
    )
    return row


def main() -> None:
    """Measure and write; with ``--child`` be one point."""
    parser = options(__doc__)
    parser.add_argument("--updates", type=int, default=4, help="of a repeat")
    parser.add_argument("--child", help="for the benchmark itself")
    args = parser.parse_args()
    if args.child:
        print(json.dumps(child(Point(**json.loads(args.child)))))
        return
    surroundings = environment(args.device)
    with tempfile.TemporaryDirectory() as name:
        ds = camels()

        def point(basins: int, years: int, members: int = 1) -> Point:
            file = Path(name) / f"{basins}-{years}.nc"
            if not file.is_file():
                write_netcdf(sample(ds, basins, years * YEAR), file)
            return Point(str(file), basins, years, members, args.repeats, args.updates, args.device)

        grids = {
            "basins": [point(n, USUAL_YEARS) for n in BASINS],
            "years": [point(USUAL_BASINS, n) for n in YEARS],
            "members": [point(FEW_BASINS, USUAL_YEARS, n) for n in MEMBERS],
        }
        done: dict[Point, dict[str, Any]] = {}
        for grid in grids.values():
            for one in grid:
                if one not in done:
                    done[one] = measure(one)
    write_result(
        args.results,
        "scaling",
        {
            "environment": surroundings,
            "training": load_recipe("fast").source.model_dump(mode="json"),
            **{axis: [done[one] for one in grid] for axis, grid in grids.items()},
        },
    )


if __name__ == "__main__":
    main()
