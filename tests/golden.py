"""Pinned numbers: small runs of every kind of training, their losses, simulations and scores.

``tests/golden.json`` holds what these runs gave when it was written. On the same kind of processor
with the same torch they give the same bits; elsewhere rounding differs, and a few updates enlarge
it to no more than a tolerance. A change of the code that moves these numbers makes committed
results stale: raise ``hydrotl_core.NUMERICS`` and write the file again,

    python -m tests.golden
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hydrotl.config import load_region
from hydrotl.data.regions import region_data
from hydrotl.experiments.cells import Cell, resolve
from hydrotl.experiments.check import check_source
from hydrotl.experiments.member import arrays_of_test, simulate_member, train_member
from hydrotl.experiments.records import score_record
from hydrotl.experiments.run import run_tasks
from hydrotl.experiments.source import shared_data, source_folder, source_tasks
from hydrotl_core import NUMERICS
from hydrotl_core.arrays import observed_flow
from hydrotl_core.simulation import to_dataset
from hydrotl_core.weights import load_weights, member_paths
from tests.synthetic import TINY, write_project, write_yaml

FILE = Path(__file__).with_name("golden.json")
DAYS = slice(None, None, 20)
#: Where the processor or torch is another one: of a value's own size, and of the run's largest.
RELATIVE, ABSOLUTE = 2e-3, 2e-3
SCORES = ("nse", "kge", "member_nse", "error_products", "nse_mean", "nse_median")
#: As recipe ``fast``: the first part of a window warms up the state without a gradient.
WARM = TINY | {"warmup_gradient": False, "window": 120, "warmup": 60, "updates": 8}


def signature() -> str:
    """Processor and torch: equal ones round alike."""
    text = ""
    if Path("/proc/cpuinfo").is_file():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        wanted = ("vendor_id", "cpu family", "model", "stepping", "flags", "cache size")
        text = "\n".join(sorted({x for x in lines if x.startswith(wanted)}))
    capability = torch.backends.cpu.get_cpu_capability()
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return f"{capability} {digest}, torch {torch.__version__}, numpy {np.__version__}"


def write_golden_project(root: Path) -> None:
    """The synthetic project, with a recipe that has a warm-up without gradient."""
    write_project(root)
    recipe = {
        "title": "warm",
        "source": WARM,
        "local": {"default": WARM},
        "transfer": {"default": WARM},
    }
    write_yaml(root / "experiments" / "recipes" / "warm.yaml", recipe)


def numbers(values: Any) -> list[float]:
    """Plain numbers, exactly as computed."""
    return [float(v) for v in np.asarray(values, dtype=float).ravel()]


def of_source(root: Path, name: str) -> dict[str, list[float]]:
    """Training of a source's two members and their check."""
    folder = root / "weights" / name
    for _ in run_tasks(source_tasks(name, 2, folder=folder), shared_data([name])):
        pass
    parameters, card = load_weights(folder / "member-0.safetensors")
    simulation = check_source(name, folder)
    return {
        "loss": numbers(card.provenance["loss"]),
        "scale": numbers([card.scaler.streamflow.mean, card.scaler.streamflow.std]),
        **{name: numbers(value.ravel()[:7]) for name, value in sorted(parameters.items())},
        "simulated": numbers(simulation["simulated"].values[..., DAYS]),
        **{name: numbers(_flat(score_record(simulation)[name])) for name in SCORES},
    }


def of_target(option: str, recipe: str, **more: Any) -> dict[str, list[float]]:
    """Two members of a cell of the target region, and their scores."""
    ds = region_data(load_region("target"))
    experiment = resolve(Cell("target", "1-year", option, recipe), **more)
    teacher, start = None, None
    if option.startswith("process-"):
        teacher = (0.4 * ds["prcp"] + 0.1 * ds["tmean"].clip(0)).astype(np.float32)
    flows, losses = [], []
    for seed in range(2):
        member = experiment.member(seed, ds)
        if experiment.option is not None:
            path = member_paths(source_folder("donor"))[seed]
            start = {name: value.numpy() for name, value in load_weights(path)[0].items()}
        trained = train_member(member, ds, start, teacher)
        losses += [loss for _, loss in trained.log.losses]
        flows.append(simulate_member(trained, ds, member))
    rows = arrays_of_test(ds, trained.scaler, member)
    observed = observed_flow(ds, member.test)
    simulation = to_dataset(flows, observed, rows.basins, rows.starts)
    return {
        "loss": numbers(losses),
        "simulated": numbers(np.stack(flows)[..., DAYS]),
        **{name: numbers(_flat(score_record(simulation)[name])) for name in SCORES},
    }


def _flat(value: Any) -> Any:
    return [x for v in value.values() for x in v] if isinstance(value, dict) else value


def compute(root: Path) -> dict[str, dict[str, list[float]]]:
    """All runs, in the project at ``root`` (``HYDROTL_ROOT`` and ``HYDROTL_DATA`` name it)."""
    found = {name: of_source(root, name) for name in ("donor", "donor-classic")}
    for recipe in ("tiny", "classic", "warm"):
        for option in ("local", "TL-a", "TL-b", "TL-c", "process-synthetic"):
            found[f"{option}, {recipe}"] = of_target(option, recipe)
    found["TL-b, validation"] = of_target("TL-b", "tiny", validation_days=60)
    found["local, changed"] = of_target("local", "tiny", changes=(("lr", 0.002),))
    return found


def read() -> dict[str, Any]:
    """The file: signature, numerics and runs."""
    return json.loads(FILE.read_text(encoding="utf-8"))


def moved(pinned: dict[str, Any], runs: dict[str, Any]) -> list[str]:
    """Which pinned numbers are others now: to the bit on the same kind of processor."""
    exact = pinned["signature"] == signature()
    found = []
    for run, values in pinned["runs"].items():
        for name, wanted in values.items():
            expected, computed = np.array(wanted), np.array(runs.get(run, {}).get(name, []))
            atol = 0 if exact else ABSOLUTE * float(np.nanmax(np.abs(expected)))
            rtol = 0 if exact else RELATIVE
            same = expected.shape == computed.shape and np.allclose(
                computed, expected, rtol, atol, equal_nan=True
            )
            found += [] if same else [f"{run}, {name}"]
    return found


def write() -> None:
    """Compute everything and replace the file, unless numbers moved that should not have."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        os.environ.update(HYDROTL_ROOT=folder, HYDROTL_DATA=str(root / "data"))
        write_golden_project(root)
        runs = compute(root)
    others = moved(read(), runs) if FILE.is_file() else []
    if others and read()["numerics"] == NUMERICS:
        raise SystemExit(
            f"numbers moved ({'; '.join(others[:5])}): if you mean it, raise hydrotl_core.NUMERICS"
        )
    content = {"signature": signature(), "numerics": NUMERICS, "runs": runs}
    FILE.write_text(_json(content), encoding="utf-8")


def _json(content: dict[str, Any]) -> str:
    """One line per list of numbers."""
    lines = [f'"signature": {json.dumps(content["signature"])},']
    lines += [f'"numerics": {content["numerics"]},']
    runs = []
    for name, run in content["runs"].items():
        parts = [f"  {json.dumps(key)}: {json.dumps(values)}" for key, values in run.items()]
        runs.append(f" {json.dumps(name)}: {{\n" + ",\n".join(parts) + "\n }")
    return "{\n" + "\n".join(lines) + '\n"runs": {\n' + ",\n".join(runs) + "\n}\n}\n"


if __name__ == "__main__":
    write()
    sys.stdout.write(f"wrote {FILE}\n")
