"""Validation skill against training time and arithmetic, of complete recipes.

    python -m benchmarks.time_to_skill --contestant fast --budget-minutes 30

Writes `time_to_skill/CONTESTANT.json`, and from all that are there `time_to_skill.json`. One
model on the 671 basins of CAMELS-US, trained on 1985-10-01..1993-10-01; its skill is the median
NSE of 1993-10-01..1995-10-01, which no contestant trains on. Contestants:

- `fast`: hydrotl with the recipe `fast`, in one of its worker processes, one thread;
- `paper`: the same with the recipe of Ma et al. (2021);
- `neuralhydrology-256`: the configuration of Kratzert and others for CAMELS-US (H 256, batch 256,
  windows of 365 days with the loss on the last one, NSE loss, Adam with 1e-3, 5e-4 from epoch 11
  and 1e-4 from epoch 21, 30 epochs, output dropout 0.4, forget gate bias 3), torch's threads;
- `neuralhydrology-128`, `neuralhydrology-64`: the same with fewer hidden units.

All have the same forcings and attributes. Training stops after the budget; reading data and
validating do not count. Both kinds of model are validated in one pass over the period after a
year of warm-up. Operations are those of `flops.py`. The hours of a complete run are measured if
it ended, else `extrapolated` from the seconds per update: what it would have reached by then is
not known.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import xarray as xr

from benchmarks.common import crew, environment, options, read_result, synchronise, write_result
from benchmarks.curves import checkpoints, comparison, first_passage
from benchmarks.data import SOURCE, camels, with_lead, write_generic
from benchmarks.flops import Size, direct_update_flops, update_flops
from hydrotl.config import load_recipe, load_source
from hydrotl.data.regions import hold_out
from hydrotl.experiments.member import TEST_LEAD_DAYS
from hydrotl_core.arrays import build_arrays, in_period, observed_flow
from hydrotl_core.metrics import nse
from hydrotl_core.recipe import Period
from hydrotl_core.scaling import fit_scaler
from hydrotl_core.simulation import simulate
from hydrotl_core.training import total_updates, train
from hydrotl_core.transfer import initial_model

VALIDATION_DAYS = 730
HYDROTL = ("fast", "paper")  # recipes
NEURALHYDROLOGY = {f"neuralhydrology-{hidden}": hidden for hidden in (256, 128, 64)}
CONTESTANTS = (*HYDROTL, *NEURALHYDROLOGY)
PUBLISHED: dict[str, Any] = {
    "batch_size": 256,
    "seq_length": 365,
    "predict_last_n": 1,
    "loss": "NSE",
    "optimizer": "Adam",
    "learning_rate": {0: 1e-3, 11: 5e-4, 21: 1e-4},
    "epochs": 30,
    "output_dropout": 0.4,
    "initial_forget_bias": 3.0,
    "clip_gradient_norm": 1,
    "save_weights_every": 1000,
}


class BudgetSpentError(Exception):
    """Ends a training whose time is over."""


class Curve:
    """Takes the skill at growing numbers of updates, and stops the clock while it does."""

    def __init__(
        self, skill: Callable[[], float], total: int, budget: float, device: str, flops: int
    ) -> None:
        self.skill, self.total, self.budget = skill, total, budget
        self.device, self.flops = device, flops
        self.wanted = set(checkpoints(total))
        self.points: list[dict[str, float]] = []
        self.updates, self.paused, self.began = 0, 0.0, time.perf_counter()

    def start(self) -> None:
        """Start the clock."""
        self.began = time.perf_counter()

    def after_update(self) -> None:
        """To be called when an update is done."""
        self.updates += 1
        over = time.perf_counter() - self.began - self.paused > self.budget
        if not (over or self.updates in self.wanted):
            return
        synchronise(self.device)
        now = time.perf_counter()
        seconds = now - self.began - self.paused
        value = self.skill()
        self.points.append(
            {
                "updates": self.updates,
                "seconds": seconds,
                "flops": float(self.updates * self.flops),
                "nse": value,
            }
        )
        self.paused += time.perf_counter() - now
        print(f"{self.updates:7} updates {seconds:8.1f} s: median NSE {value:.3f}", flush=True)
        if over:
            raise BudgetSpentError


def periods() -> tuple[Period, Period]:
    """Training and validation period."""
    fit, held_out = hold_out([load_source(SOURCE).train], VALIDATION_DAYS)
    return fit[0], held_out[0]


def median_nse(simulated: Any, observed: Any) -> float:
    """Median over the basins of ``[basin, day]`` arrays."""
    dims = ("basin", "day")
    return float(
        nse(xr.DataArray(simulated, dims=dims), xr.DataArray(observed, dims=dims)).median()
    )


@dataclass(frozen=True)
class Run:
    """A contestant and its minutes; ``threads`` of None are what its process has."""

    contestant: str
    budget_minutes: float
    device: str
    threads: int | None

    def set_threads(self) -> int:
        """The threads, set where they are given."""
        if self.threads is not None:
            torch.set_num_threads(self.threads)
        return torch.get_num_threads()


def run_hydrotl(run: Run) -> dict[str, Any]:
    """Train with a recipe of hydrotl."""
    threads, device = run.set_threads(), run.device
    source, training = load_source(SOURCE), load_recipe(run.contestant).source
    ds = camels()
    n = ds.sizes["basin"]
    fit, held_out = ([period] * n for period in periods())
    scaler = fit_scaler(
        ds,
        in_period(ds, fit),
        source.inputs.dynamic,
        source.inputs.static,
        training.transform,
        training.per_precipitation,
    )
    arrays = build_arrays(ds, scaler, fit, fit, lead=training.warmup)
    unseen = build_arrays(ds, scaler, held_out, fit, lead=TEST_LEAD_DAYS)
    observed = observed_flow(ds, held_out)
    model = initial_model(0, scaler.n_dynamic, scaler.n_static, training)
    total = total_updates(training, arrays.n_basins, arrays.n_days)
    flops = update_flops(
        Size(scaler.n_dynamic, scaler.n_static, training.hidden),
        training.window,
        training.batch,
        days_without_gradient=0 if training.warmup_gradient else training.warmup,
    )

    def skill() -> float:
        return median_nse(simulate(model.eval(), unseen, scaler, device), observed)

    curve = Curve(skill, total, 60 * run.budget_minutes, device, flops)

    def validate(_: Any) -> float:
        curve.after_update()
        return 0.0

    curve.start()
    with contextlib.suppress(BudgetSpentError):
        train(
            model,
            arrays,
            scaler,
            training,
            0,
            device=device,
            validate=validate,
            validate_every=1,
            quiet=True,
        )
    return outcome(curve, training.model_dump(mode="json"), threads)


def run_peer(run: Run) -> dict[str, Any]:
    """Train as neuralhydrology's published configuration says."""
    from benchmarks import nh

    threads, device = run.set_threads(), run.device
    source, ds = load_source(SOURCE), camels()
    fit, held_out = periods()
    folder = Path(tempfile.mkdtemp())
    settings = {**PUBLISHED, "hidden_size": NEURALHYDROLOGY[run.contestant]}
    try:
        config = nh.configuration(
            write_generic(ds, folder / "generic"),
            source.inputs.dynamic,
            source.inputs.static,
            fit,
            device,
            run_dir=folder / "run",
            **settings,
        )
        began = time.perf_counter()
        trainer = nh.ready(config, relu=False)
        prepared = time.perf_counter() - began
    finally:
        shutil.rmtree(folder)
    days = with_lead(ds, held_out, TEST_LEAD_DAYS)
    forcing, static = nh.scaled_inputs(trainer, days)
    observed = observed_flow(ds, [held_out] * ds.sizes["basin"])
    size = Size(len(source.inputs.dynamic), len(source.inputs.static), settings["hidden_size"])
    flops = direct_update_flops(size, settings["seq_length"], settings["batch_size"])

    def skill() -> float:
        return median_nse(nh.simulate(trainer, forcing, static, TEST_LEAD_DAYS), observed)

    total = settings["epochs"] * len(trainer.loader)
    curve = Curve(skill, total, 60 * run.budget_minutes, device, flops)
    trainer.loader = nh.Watched(trainer.loader, curve.after_update)
    curve.start()
    with contextlib.suppress(BudgetSpentError):
        trainer.train_and_validate()
    return {**outcome(curve, settings, threads), "seconds_of_reading": prepared}


def outcome(curve: Curve, settings: dict[str, Any], threads: int) -> dict[str, Any]:
    """The record of a run."""
    last = curve.points[-1]
    per_update = last["seconds"] / last["updates"]
    return {
        "settings": settings,
        "threads": threads,
        "budget_minutes": curve.budget / 60,
        "curve": curve.points,
        "seconds_per_update": per_update,
        "flops_per_update": float(curve.flops),
        "complete": {
            "updates": curve.total,
            "hours": per_update * curve.total / 3600,
            "flops": float(curve.flops * curve.total),
            "extrapolated": curve.updates < curve.total,
        },
    }


def passages(curve: list[dict[str, float]]) -> dict[str, dict[str, float | None]]:
    """Seconds and operations of a curve up to each level of skill."""
    values = [point["nse"] for point in curve]
    return {
        f"{cost}_to_nse": {
            f"{level:.2f}": value
            for level, value in first_passage(values, [point[cost] for point in curve]).items()
        }
        for cost in ("seconds", "flops")
    }


def summarise(results: Path) -> None:
    """Write the comparison of all contestants that have a record."""
    folder = results / "time_to_skill"
    records = {name: read_result(folder, name) for name in CONTESTANTS}
    runs = {
        name: {**record, **passages(record["curve"])}
        for name, record in records.items()
        if record is not None
    }
    if "fast" in runs:
        kept = (
            "threads",
            "seconds_per_update",
            "seconds_to_nse",
            "flops_to_nse",
            "complete",
            "environment",
        )
        write_result(
            results,
            "time_to_skill",
            {
                "contestants": {
                    name: {
                        **{key: run[key] for key in kept},
                        "best_nse": max(point["nse"] for point in run["curve"]),
                    }
                    for name, run in runs.items()
                },
                "over_fast": comparison(runs, "fast"),
            },
        )


def parse() -> argparse.Namespace:
    """Options of the command."""
    parser = options(__doc__)
    parser.add_argument("--contestant", choices=CONTESTANTS, required=True)
    parser.add_argument("--budget-minutes", type=float, default=30.0, help="of training")
    parser.add_argument("--threads", type=int, help="default: 1 for hydrotl, else torch's own")
    return parser.parse_args()


def main() -> None:
    """Run one contestant, write its curve and the comparison."""
    args = parse()
    surroundings = environment(args.device)
    own = args.contestant in HYDROTL
    task = Run(args.contestant, args.budget_minutes, args.device, args.threads)
    with crew(1, one_thread=own) as team:
        record = team.run(run_hydrotl if own else run_peer, [task])[1][0]
    write_result(
        args.results / "time_to_skill",
        args.contestant,
        {"environment": surroundings, "contestant": args.contestant, **record},
    )
    summarise(args.results)


if __name__ == "__main__":
    main()
