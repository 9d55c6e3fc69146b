"""What a user waits for: readout, warm start and `auto` for five basins, from start to end.

    python -m benchmarks.beyond

Writes `beyond.json`. The five basins are the first draw of five of the study `beyond`, with five
years of record; `readout` is five members in one process, `warm-c` as many as the study has, and
`auto` compares all candidates on held-out days and trains what it chooses, GR4J included, both in
as many processes as there are cores, with an empty store. `share_of_auto` are ratios in one run.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

from benchmarks.common import environment, in_turns, options, process_environment, write_result
from benchmarks.common import summary as summarised
from hydrotl.experiments import target as ways
from hydrotl.experiments.automatic import run_auto
from hydrotl.experiments.beyond import Work, plan
from hydrotl.experiments.devices import default_jobs
from hydrotl.experiments.run import run_tasks
from hydrotl.experiments.study import load_study
from hydrotl.process_based.way import find_benchmark

STUDY, TARGET = "beyond", "5-0-5y"


def planned(target: str) -> Work:
    """Work of one target of the study."""
    return next(
        item
        for item in plan(load_study(STUDY), STUDY, find_benchmark)
        if item.target.name == target
    )


def one_way(work: Work, name: str, jobs: int) -> None:
    """Train and simulate all members of one way."""
    way = next(way for way in work.ways if way.name == name)
    tasks = [task for seed in range(way.members) for task in way.tasks(work.target, seed)]
    list(run_tasks(tasks, way.shared(work.target), jobs=jobs))


def fresh(action: Callable[[Work], object], target: str) -> float:
    """Seconds of ``action`` with a store that is empty."""
    with tempfile.TemporaryDirectory() as folder:
        store = lambda key: Path(folder) / f"{key}.safetensors"  # noqa: E731
        with (
            patch.object(ways, "stored", store),
            patch("hydrotl.process_based.benchmark.stored", store),
        ):
            work = planned(target)
            began = time.perf_counter()
            action(work)
            return time.perf_counter() - began


def main() -> None:
    """Measure and write."""
    parser = options(__doc__, repeats=3)
    parser.add_argument("--target", default=TARGET, help="of the study; default: %(default)s")
    args = parser.parse_args()
    jobs, surroundings = default_jobs(), environment("cpu")
    actions: dict[str, Callable[[Work], object]] = {
        "readout": lambda work: one_way(work, "readout", 1),
        "warm-c": lambda work: one_way(work, "warm-c", jobs),
        "auto": lambda work: run_auto(work, load_study(STUDY).rule, jobs),
    }
    turns = {
        name: lambda action=action: fresh(action, args.target) for name, action in actions.items()
    }
    with process_environment({}):
        seconds = {name: summarised(v) for name, v in in_turns(turns, args.repeats).items()}
    auto = seconds["auto"]["median"]
    record = {
        "environment": surroundings,
        "study": STUDY,
        "target": args.target,
        "jobs": jobs,
        "wall_seconds": seconds,
        "share_of_auto": {name: one["median"] / auto for name, one in seconds.items()},
    }
    print(f"wrote {write_result(args.results, 'beyond', record)}")


if __name__ == "__main__":
    main()
