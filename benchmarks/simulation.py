"""Simulating 671 basins over ten years, once trained.

    python -m benchmarks.simulation

Writes `simulation.json`: seconds of hydrotl (`simulate`, with the weights of `conus-check`), of
an LSTM cell by cell (`hydrodl.py`, the same weights), and of neuralhydrology at the same hidden
size. neuralhydrology's own evaluation runs a window of 365 days for every day; it is measured on
a few basins and scaled to all. A row of its own shows neuralhydrology's model in one pass over
the period, which its users would have to write. All with torch's threads, in turns; reading data
is not timed, except that neuralhydrology's evaluation reads each basin's file.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr
from neuralhydrology.evaluation import get_tester

from benchmarks import nh
from benchmarks.common import environment, in_turns, options, summary, synchronise, write_result
from benchmarks.data import SOURCE, camels, with_lead, write_generic
from benchmarks.hydrodl import CellLoopLSTM
from hydrotl.config import load_source
from hydrotl.experiments.member import TEST_LEAD_DAYS
from hydrotl.experiments.source import source_folder
from hydrotl_core.arrays import Arrays, build_arrays
from hydrotl_core.simulation import simulate
from hydrotl_core.weights import load_model, member_paths


def loop_simulation(model: CellLoopLSTM, arrays: Arrays, device: str) -> Callable[[], np.ndarray]:
    """All basins and days with the cells one by one."""
    dynamic = torch.from_numpy(np.ascontiguousarray(arrays.dynamic.swapaxes(0, 1))).to(device)
    static = torch.from_numpy(arrays.static).to(device)

    def run() -> np.ndarray:
        with torch.inference_mode():
            return model(dynamic, static)[arrays.lead :].cpu().numpy()

    return run


def peer(ds: xr.Dataset, folder: Path, basins: int, hidden: int, device: str) -> nh.Trainer:
    """An untrained neuralhydrology model, set to evaluate ``basins`` over the test decade."""
    source = load_source(SOURCE)
    assert source.test is not None
    # Its scaler needs attributes that differ, so more basins than are evaluated.
    few = ds.isel(basin=slice(basins + 4))
    tested = folder / "tested.txt"
    tested.write_text("\n".join(map(str, few["basin"].values[:basins])) + "\n", encoding="utf-8")
    config = nh.configuration(
        write_generic(few, folder / "generic"),
        source.inputs.dynamic,
        source.inputs.static,
        source.test,
        device,
        run_dir=folder / "run",
        test_basin_file=tested,
        hidden_size=hidden,
        batch_size=256,
        seq_length=365,
        predict_last_n=1,
        metrics=["NSE"],
    )
    return nh.ready(config, relu=False)


def main() -> None:
    """Measure and write."""
    parser = options(__doc__)
    parser.add_argument("--basins", type=int, default=1, help="of neuralhydrology's evaluation")
    args = parser.parse_args()
    surroundings = environment(args.device)
    source = load_source(SOURCE)
    assert source.test is not None
    ds = camels()
    n = ds.sizes["basin"]
    model, card = load_model(member_paths(source_folder(SOURCE))[0])
    test, fit = [source.test] * n, [source.train] * n
    arrays = build_arrays(ds, card.scaler, test, fit, lead=TEST_LEAD_DAYS)
    loop = CellLoopLSTM(model.n_dynamic + model.n_static, model.hidden, 0.0)
    loop.load_state_dict(model.state_dict())
    run_loop = loop_simulation(loop.to(args.device).eval(), arrays, args.device)
    folder = Path(tempfile.mkdtemp())
    try:
        trainer = peer(ds, folder, args.basins, model.hidden, args.device)
        tester = get_tester(trainer.cfg, trainer.cfg.run_dir, period="test", init_model=False)
        days = with_lead(ds, source.test, TEST_LEAD_DAYS)
        forcing, static = nh.scaled_inputs(trainer, days)

        def timed(run: Callable[[], Any]) -> float:
            synchronise(args.device)
            began = time.perf_counter()
            run()
            synchronise(args.device)
            return time.perf_counter() - began

        contestants: dict[str, Callable[[], Any]] = {
            "hydrotl": lambda: simulate(model, arrays, card.scaler, args.device),
            "hydroDL kind": run_loop,
            "neuralhydrology, own evaluation": lambda: tester.evaluate(
                save_results=False, metrics=["NSE"], model=trainer.model
            ),
            "neuralhydrology's model in one pass": lambda: nh.simulate(
                trainer, forcing, static, TEST_LEAD_DAYS
            ),
        }
        for run in contestants.values():
            run()
        turns = {name: (lambda run=run: timed(run)) for name, run in contestants.items()}
        seconds = in_turns(turns, args.repeats)
    finally:
        shutil.rmtree(folder)
    rows = {}
    for name, values in seconds.items():
        scale = n / args.basins if "own evaluation" in name else 1.0
        rows[name] = {"seconds": summary([scale * v for v in values])}
        if scale != 1:
            rows[name]["scaled"] = {"measured_basins": args.basins, "factor": scale}
    own = rows["hydrotl"]["seconds"]["median"]
    for name, row in rows.items():
        row["over_hydrotl"] = row["seconds"]["median"] / own
        print(f"{name:40} {row['seconds']['median']:9.2f} s")
    record = {
        "environment": surroundings,
        "basins": n,
        "days": source.test.days,
        "lead_days": TEST_LEAD_DAYS,
        "hidden": model.hidden,
        "rows": rows,
    }
    write_result(args.results, "simulation", record)


if __name__ == "__main__":
    main()
