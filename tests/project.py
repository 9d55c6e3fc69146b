"""A small project whose source is trained, and what tests do with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml

from hydrotl.data.regions import region_data
from hydrotl.experiments.cells import Cell, Experiment, resolve
from hydrotl.experiments.member import Member, Trained, simulate_member, train_member
from hydrotl.experiments.records import write_record
from hydrotl.experiments.run import run_tasks
from hydrotl.experiments.source import shared_data, source_folder, source_tasks
from hydrotl_core.arrays import observed_flow
from hydrotl_core.weights import load_weights, member_paths
from tests.synthetic import write_project, write_yaml


def enter(patch: pytest.MonkeyPatch, root: Path) -> None:
    """Work in the project at ``root``."""
    patch.setenv("HYDROTL_ROOT", str(root))
    patch.setenv("HYDROTL_DATA", str(root / "data"))


def write_trained_project(root: Path) -> Path:
    """The synthetic project with two members of its source ``donor``."""
    write_project(root)
    with pytest.MonkeyPatch.context() as patch:
        enter(patch, root)
        train_ensemble("donor")
    return root


def train_ensemble(name: str, members: int = 2, **more: Any) -> Path:
    """Train what is missing of a source's ensemble; its folder."""
    for _ in run_tasks(source_tasks(name, members, **more), shared_data([name])):
        pass
    return more.get("folder", source_folder(name))


def edit(path: Path, **values: Any) -> None:
    """Replace values of a YAML file."""
    write_yaml(path, yaml.safe_load(path.read_text(encoding="utf-8")) | values)


def spoil(root: Path, start: str, column: str, value: float, end: str = "2100-01-01") -> None:
    """Overwrite a column of every target basin from ``start`` to before ``end``."""
    for path in (root / "data" / "target").glob("0*.csv"):
        table = pd.read_csv(path)
        table.loc[(table["date"] >= start) & (table["date"] < end), column] = value
        table.to_csv(path, index=False)


def save_record(
    root: Path,
    folder: str,
    option: str,
    nse: Sequence[float],
    region: str = "target",
    *,
    basins: Sequence[str] = ("a", "b"),
    setting: str = "multi-year",
    changes: dict[str, float] | None = None,
) -> Path:
    """A results file of one member, whose only error product in a basin is 1 - NSE."""
    starts = option not in ("local", "gr4j")
    record = {
        "region": region,
        "setting": setting,
        "option": option,
        "recipe": "tiny",
        "changes": changes or {},
        "source": "donor" if starts else None,
        "source_members": 2 if starts else 0,
        "members": 1,
        "basins": list(basins),
        "nse": nse,
        "nse_mean": float(np.mean(nse)),
        "nse_median": float(np.median(nse)),
        "member_nse_median": [float(np.median(nse))],
        "member_nse": {"0": list(nse)},
        "kge": list(nse),
        "days_observed": [365] * len(nse),
        "error_products": [[1 - value] for value in nse],
        "scored_on": "test",
        "periods": {"train": {"start": "2000-01-01", "end": "2001-01-01"}},
        "training": {"lr": 0.01, "batch": 4},
        "provenance": {"date": "2026-01-01", "code": "1"},
    }
    name = "_".join([setting, option, *(f"{k}-{v:g}" for k, v in (changes or {}).items())])
    path = root / "results" / region / folder / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_record(path, record)
    return path


def flow_of(ds: xr.Dataset, factor: float = 2.0) -> xr.DataArray:
    """What stands for a process model's flow: smoothed precipitation."""
    smooth = factor * ds["prcp"].rolling(time=5, min_periods=1).mean()
    return smooth.transpose("basin", "time")


@dataclass(frozen=True)
class Run:
    """A member of the target region, trained and tested."""

    experiment: Experiment
    member: Member
    trained: Trained
    simulated: np.ndarray
    observed: np.ndarray

    @property
    def losses(self) -> list[tuple[int, float]]:
        return self.trained.log.losses


def run_member(
    option: str = "TL-b",
    recipe: str = "tiny",
    seed: int = 0,
    *,
    setting: str = "1-year",
    teacher: xr.DataArray | None = None,
    stop_at: int | None = None,
    checkpoint: Path | None = None,
    **resolved: Any,
) -> Run:
    """Train and test one member without the runner; ``resolved`` is for ``resolve``."""
    experiment = resolve(Cell("target", setting, option, recipe), **resolved)
    ds = region_data(experiment.region)
    member, start = experiment.member(seed, ds), None
    if experiment.option is not None:
        paths = member_paths(source_folder(experiment.source))
        parameters, _ = load_weights(paths[seed % len(paths)])
        start = {name: value.numpy() for name, value in parameters.items()}
    trained = train_member(member, ds, start, teacher, stop_at=stop_at, checkpoint=checkpoint)
    observed = observed_flow(ds, member.test)
    return Run(experiment, member, trained, simulate_member(trained, ds, member), observed)
