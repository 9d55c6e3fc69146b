"""Memory as data and processes grow, and what a task costs on a Dask cluster.

    python -m benchmarks.memory

Writes `memory.json`. Each row is `hydrotl run` from start to end, two members of two updates each,
on random basins in one NetCDF file: the peak of memory over all its processes, pages that several
of them share counted once (the kernel's proportional set size, so Linux only), how much of that
grows with the data (`growth`, over the same run on ten basins) and its ratio to the data.
`--quick` leaves out the largest. `dask` is of 1,000 tasks of nothing on a local cluster of two
workers: seconds per task, and how many came back lost or twice.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
import yaml

from benchmarks.common import environment, options, write_result
from hydrotl.experiments.executors import run_dask

FORCING = ["prcp", "tmax", "tmin", "pet"]
SMALL = (10, 20)
SIZES = [(2000, 20), (5000, 40)]  # basins, years
TASKS = 1000
EVERY = 0.2  # seconds between two looks at the processes


def write_project(folder: Path, basins: int, years: int) -> int:
    """Random weather and a reservoir's flow of so many basins as a region; returns its bytes."""
    rng, single = np.random.default_rng(0), np.float32
    days = pd.date_range("1980-01-01", f"{1980 + years}-01-01", inclusive="left", unit="ns")
    shape = (basins, len(days))
    season = np.sin(2 * np.pi * (days.day_of_year.to_numpy() - 110) / 365.25).astype(single)
    wet = rng.random(shape, dtype=single) < 0.5
    rain = rng.standard_gamma(0.6, shape, dtype=single) * single(6) * wet
    warmth = 10 + 8 * season + rng.standard_normal(shape, dtype=single) * single(1.5)
    flow, store = np.empty(shape, single), np.full(basins, 20, single)
    for day in range(len(days)):
        store += single(0.6) * rain[:, day]
        flow[:, day] = single(0.1) * store
        store -= flow[:, day]
    values = {
        "prcp": rain,
        "tmax": warmth + single(5),
        "tmin": warmth - single(5),
        "pet": np.maximum(single(0.3) * warmth, 0),
        "streamflow": flow,
    }
    names = [f"{k:05d}" for k in range(basins)]
    ds = xr.Dataset(
        {name: (("basin", "time"), value) for name, value in values.items()},
        coords={"basin": names, "time": days},
    )
    ds.to_netcdf(folder / "series.nc")
    table = {
        "basin": names,
        "area": rng.uniform(50, 900, basins),
        "lat": rng.uniform(30, 50, basins),
    }
    pd.DataFrame(table).to_csv(folder / "basins.csv", index=False)
    units = {"prcp": "mm/day", "tmax": "degC", "tmin": "degC", "pet": "mm/day"}
    dataset = {
        "title": "Random basins",
        "country": "none",
        "licence": "none",
        "citation": [],
        "access": "local",
        "folder": str(folder),
        "reader": "generic",
        "options": {"series": "series.nc", "attributes": "basins.csv"},
        "variables": {
            name: {"native": name, "units": units.get(name, "mm/day")} for name in values
        },
        "attributes": {"id_column": "basin", "area": "area", "latitude": "lat"},
    }
    middle = 1980 + years // 2
    region = {
        "title": "Random basins",
        "dataset": str(folder / "dataset.yaml"),
        "inputs": {"dynamic": FORCING, "static": ["area", "lat"]},
        "recipe": "fast-many",
        "settings": {
            "all": {
                "train": ["1981-01-01", f"{middle}-01-01"],
                "test": [f"{middle}-01-01", f"{middle + 2}-01-01"],
            }
        },
    }
    for name, content in (("dataset", dataset), ("region", region)):
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return int(sum(ds[name].nbytes for name in values))


def family(process: int) -> list[int]:
    """A process and all that descend from it."""
    found = [process]
    for one in found:
        try:
            children = Path(f"/proc/{one}/task/{one}/children").read_text()
        except OSError:
            continue
        found += [int(child) for child in children.split()]
    return found


def proportional(process: int) -> int:
    """Bytes of a process, with its share of the pages that others use too."""
    try:
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0
    lines = [line.split() for line in rollup.splitlines() if line.startswith("Pss:")]
    return 1024 * int(lines[0][1]) if lines else 0


def peak_of(command: list[str]) -> tuple[int, float]:
    """Peak bytes of a command with all its processes, and its seconds; it must end well."""
    began, peak = time.perf_counter(), 0
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as running:
        while running.poll() is None:
            peak = max(peak, sum(proportional(one) for one in family(running.pid)))
            time.sleep(EVERY)
        if running.returncode:
            assert running.stderr is not None
            raise SystemExit(f"{' '.join(command)} failed:\n{running.stderr.read()}")
    return peak, time.perf_counter() - began


def run_of(folder: Path, jobs: int) -> tuple[int, float]:
    """Peak and seconds of one run of the region in ``folder``."""
    command = [sys.executable, "-W", "ignore", "-m", "hydrotl", "run", str(folder / "region.yaml")]
    limits = ["--option", "local", "--members", "2", "--updates", "2", "--jobs", str(jobs)]
    return peak_of([*command, *limits, "--no-save"])


def measure(basins: int, years: int, jobs: list[int]) -> list[dict[str, Any]]:
    """A row per number of processes."""
    with tempfile.TemporaryDirectory() as temporary:
        size = write_project(Path(temporary), basins, years)
        rows = []
        for processes in jobs:
            peak, seconds = run_of(Path(temporary), processes)
            row = {"basins": basins, "years": years, "processes": processes, "data_bytes": size}
            rows.append({**row, "peak_bytes": peak, "seconds": round(seconds, 1)})
        return rows


@dataclass(frozen=True)
class Nothing:
    """A task that only says which it is."""

    number: int
    data: dict[str, str] = field(default_factory=dict)


def number_of(task: Nothing) -> int:
    """What a task of nothing computes."""
    return task.number


def on_dask(count: int) -> dict[str, Any]:
    """Tasks of nothing on a local cluster: seconds per task, how many were lost or doubled."""
    from distributed import LocalCluster

    tasks = [Nothing(number) for number in range(count)]
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        began = time.perf_counter()
        back = Counter(
            result for _, result in run_dask(number_of, tasks, {}, cluster.scheduler_address)
        )
        seconds = time.perf_counter() - began
    return {
        "tasks": count,
        "seconds_per_task": round(seconds / count, 5),
        "lost": sum(back[task.number] == 0 for task in tasks),
        "doubled": sum(times > 1 for times in back.values()),
    }


def main() -> None:
    """Measure and write."""
    parser = options(__doc__, repeats=1)
    parser.add_argument("--quick", action="store_true", help="only the smaller data")
    args = parser.parse_args()
    surroundings = environment("cpu")
    os.environ["OMP_NUM_THREADS"] = "1"
    rows = [
        row
        for size in [SMALL, *SIZES[: 1 if args.quick else None]]
        for row in measure(*size, [1, 2])
    ]
    least = {row["processes"]: row["peak_bytes"] for row in rows if row["basins"] == SMALL[0]}
    for row in rows:
        row["growth"] = row["peak_bytes"] - least[row["processes"]]
        row["growth_over_data"] = row["growth"] / row["data_bytes"]
    record = {"environment": surroundings, "runs": rows, "dask": on_dask(TASKS)}
    write_result(args.results, "memory", record)


if __name__ == "__main__":
    main()
