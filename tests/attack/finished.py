"""The clean project after its command has run: results, a store, and a training half done."""

from __future__ import annotations

import os
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import torch

from tests.attack.world import write_world
from tests.entry_point import call


def write_finished(root: Path) -> None:
    """Build the clean project at ``root`` and run its command."""
    from tests.attack.probes import RUN

    torch.set_num_threads(1)
    os.environ["OMP_NUM_THREADS"] = "1"
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        write_world(root)
        os.environ.update(HYDROTL_ROOT=str(root), HYDROTL_DATA=str(root / "data"))
        assert call(*RUN) == 0
    half_done(root)


def half_done(root: Path) -> None:
    """A checkpoint of the first local member after two updates, kept aside in ``runs/begun``."""
    from hydrotl.experiments.cells import Cell, resolve
    from hydrotl.experiments.member import train_member
    from hydrotl.experiments.planner import Planner

    planner = Planner()
    experiment = resolve(Cell("target", "1-year", "local"))
    (task,) = planner.work(experiment, 1).tasks
    ds = planner.data("target")
    path = root / "runs" / "begun" / task.checkpoint.name
    path.parent.mkdir()
    train_member(experiment.member(0, ds), ds, checkpoint=path, stop_at=2)
    assert path.is_file()
