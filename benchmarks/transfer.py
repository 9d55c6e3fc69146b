"""A transfer ensemble from start to end: hydrotl against fine-tuning in neuralhydrology.

    python -m benchmarks.transfer

Writes `transfer.json`. Five members for the five basins of the region `ind`, recipe `fast`
(windows of 730 days, loss over the last 365, batch of 16), TL-c (everything trains) and TL-a
(LSTM frozen). Each job is a fresh process: wall time includes its start.

- hydrotl: `run_cells`, what `hydrotl run ind` does, with as many workers as cores, from the
  weights in `weights/`, simulation of the test period included.
- neuralhydrology: its `finetune`, with its own `finetune_modules`, of a model of the same
  architecture (`nh.py`), member after member with torch's threads. Its data set is written and
  its base run made beforehand; no test period is simulated.

By default a job makes a few updates instead of the recipe's; `extrapolated` then adds the missing
ones at the job's own seconds per update. `--updates 600` measures the whole of it (many minutes).
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.common import (
    environment,
    in_turns,
    options,
    process_environment,
    summary,
    write_result,
)
from hydrotl.config import load_recipe, load_region
from hydrotl.experiments.devices import default_jobs
from hydrotl_core.recipe import Training

REGION, RECIPE, MEMBERS = "ind", "fast", 5
ROOT = Path(__file__).resolve().parents[1]
MODULES = {"TL-a": ["embedding_net", "head"], "TL-c": ["embedding_net", "lstm", "head"]}


def recipe() -> Training:
    """How both train."""
    return load_recipe(RECIPE).training("TL-c", "default")


def hydrotl_job(setting: str, option: str, updates: int, device: str) -> float:
    """Train and simulate the ensemble; seconds per update of a member."""
    from hydrotl.experiments.cells import Cell, resolve
    from hydrotl.experiments.sweep import run_cells

    cell = Cell(REGION, setting, option, RECIPE)
    jobs = default_jobs() if device == "cpu" else 1
    results = run_cells([resolve(cell, updates=updates)], MEMBERS, jobs=jobs, device=device)
    return results[cell].seconds / (MEMBERS * updates)


def _peer_config(folder: Path, setting: str, device: str, **changes: Any) -> dict[str, Any]:
    from benchmarks import nh
    from hydrotl.data.regions import region_setting

    region, training = load_region(REGION), recipe()
    return nh.configuration(
        folder,
        region.inputs.dynamic,
        region.inputs.static,
        region_setting(region, setting).train,
        device,
        hidden_size=training.hidden,
        batch_size=training.batch,
        seq_length=training.window,
        predict_last_n=training.window - training.warmup,
        output_dropout=training.output_dropout,
        clip_gradient_norm=training.clip,
        initial_forget_bias=training.forget_bias,
        optimizer="AdamW",
        learning_rate={0: training.lr},
        loss="NSE",
        **changes,
    )


def base_run(folder: Path, setting: str, device: str) -> Path:
    """A neuralhydrology run of one update, for fine-tuning to start from."""
    from benchmarks import nh

    trainer = nh.ready(_peer_config(folder, setting, device), relu=True, updates=1)
    trainer.train_and_validate()
    return trainer.cfg.run_dir


def peer_job(base: Path, option: str, updates: int) -> float:
    """Fine-tune the members as `nh-run finetune` does; seconds per update of a member."""
    from neuralhydrology.utils.config import Config

    from benchmarks import nh

    seconds = 0.0
    for member in range(MEMBERS):
        # The steps of neuralhydrology.nh_run.finetune, for the trainer with the ReLU layer.
        config = Config(base / "config.yml")
        config.update_config(
            {
                "base_run_dir": base,
                "run_dir": Path(tempfile.mkdtemp(dir=base)),
                "experiment_name": "finetuned",
                "finetune_modules": MODULES[option],
                "seed": member,
            }
        )
        config.is_finetuning = True
        trainer = nh.Trainer(config, relu=True, updates=updates)
        trainer.initialize_training()
        began = time.perf_counter()
        trainer.train_and_validate()
        seconds += time.perf_counter() - began
    return seconds / (MEMBERS * updates)


def job(arguments: dict[str, Any]) -> tuple[float, float]:
    """Run a job in a fresh process: wall seconds, and its seconds per update of a member."""
    began = time.perf_counter()
    answer = subprocess.run(
        [sys.executable, "-m", "benchmarks.transfer", "--child", json.dumps(arguments)],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
    )
    wall = time.perf_counter() - began
    return wall, float(answer.stdout.splitlines()[-1])


def complete(wall: float, per_update: float, updates: int, wanted: int, rounds: int) -> float:
    """Wall seconds with ``wanted`` updates of a member instead of ``updates``.

    ``rounds`` members are trained one after another by the process that trains most.
    """
    return wall + (wanted - updates) * per_update * rounds


def child(arguments: dict[str, Any]) -> float:
    """Be one job."""
    if arguments["who"] == "hydrotl":
        return hydrotl_job(*(arguments[key] for key in ("setting", "option", "updates", "device")))
    return peer_job(Path(arguments["base"]), arguments["option"], arguments["updates"])


def measure(args: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    """All rows: two contestants for each setting and option."""
    jobs = default_jobs() if args.device == "cpu" else 1
    wanted = recipe().updates
    assert wanted is not None
    turns, keys = {}, {}
    for setting in args.setting:
        base = base_run(folder, setting, args.device)
        for option in args.option:
            common = {
                "setting": setting,
                "option": option,
                "updates": args.updates,
                "device": args.device,
            }
            for who in ("hydrotl", "neuralhydrology"):
                arguments = {**common, "who": who, "base": str(base)}
                name = f"{who} {setting} {option}"
                keys[name] = {"contestant": who, **common}
                turns[name] = lambda arguments=arguments: job(arguments)
    rows = []
    for name, values in in_turns(turns, args.repeats).items():
        rounds = math.ceil(MEMBERS / jobs) if keys[name]["contestant"] == "hydrotl" else MEMBERS
        whole = [complete(w, s, args.updates, wanted, rounds) for w, s in values]
        rows.append(
            {
                **keys[name],
                "wall_seconds": summary([wall for wall, _ in values]),
                "seconds_per_update": summary([seconds for _, seconds in values]),
                "extrapolated": {
                    "updates": wanted,
                    "members_after_another": rounds,
                    "wall_seconds": summary(whole),
                },
            }
        )
        print(
            f"{name:40} {rows[-1]['wall_seconds']['median']:7.1f} s, "
            f"{wanted} updates {summary(whole)['median']:7.1f} s"
        )
    return rows


def main() -> None:
    """Measure and write; with ``--child`` be one job."""
    parser = options(__doc__)
    parser.add_argument("--updates", type=int, default=10, help="of each member in a job")
    parser.add_argument("--setting", nargs="*", default=["multi-year"])
    parser.add_argument("--option", nargs="*", default=["TL-c", "TL-a"])
    parser.add_argument("--child", help="for the benchmark itself")
    args = parser.parse_args()
    if args.child:
        print(child(json.loads(args.child)))
        return
    from benchmarks.data import write_generic
    from hydrotl.data.regions import region_data

    surroundings = environment(args.device)
    with tempfile.TemporaryDirectory() as name, process_environment({}):
        folder = write_generic(region_data(load_region(REGION)), Path(name) / "generic")
        rows = measure(args, folder)
    record = {
        "environment": surroundings,
        "region": REGION,
        "members": MEMBERS,
        "training": recipe().model_dump(mode="json"),
        "rows": rows,
    }
    write_result(args.results, "transfer", record)


if __name__ == "__main__":
    main()
