"""Sweeps: the cells of tables and figures as tasks that are planned, run, resumed and gathered.

Each member of each cell is a task with a key (:mod:`.keys`). Its simulation is kept in
``runs/sweep/KEY.safetensors`` until the project is cleaned; a cell whose members are all there
becomes a record in ``results/``, which carries the key of the cell. What has its key already is
not done again, on this machine or in another checkout.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr
from tqdm import tqdm

from hydrotl.config import Sweep, SweepEntry, load_region
from hydrotl.data.canonical import data_hash
from hydrotl.data.regions import region_data
from hydrotl.experiments.backends import run_dask, run_here, run_processes
from hydrotl.experiments.cells import (
    PROCESS,
    Cell,
    CellTask,
    is_process,
    starts_from_source,
    train_member,
)
from hydrotl.experiments.experiment import CellResult, cells_of
from hydrotl.experiments.keys import cell_content, cell_key, member_key
from hydrotl.experiments.provenance import code_version, today
from hydrotl.experiments.records import cell_path, read_result, write_result
from hydrotl.experiments.stored import Stored, read_stored, write_stored
from hydrotl.paths import project_root
from hydrotl_core.arrays import Rows, observed_flow
from hydrotl_core.errors import ConfigError
from hydrotl_core.simulation import to_dataset

State = Literal["finished", "begun", "waiting"]


@dataclass(frozen=True)
class Work:
    """A cell to compute: its members' tasks and keys, and the record they make."""

    tasks: tuple[CellTask, ...]
    keys: tuple[str, ...]
    path: Path

    @property
    def cell(self) -> Cell:
        """The cell."""
        return self.tasks[0].cell

    @property
    def key(self) -> str:
        """Key of the record."""
        return cell_key(list(self.keys))

    @property
    def state(self) -> State:
        """Whether the record is there, or some of its members."""
        if self.path.is_file() and read_result(self.path).get("key") == self.key:
            return "finished"
        return "begun" if any(store(key).is_file() for key in self.keys) else "waiting"


def store(key: str) -> Path:
    """File of one member's simulation."""
    return project_root() / "runs" / "sweep" / f"{key}.safetensors"


Changes = tuple[tuple[str, float | int], ...]


def entry_cells(entry: SweepEntry) -> Iterable[tuple[Cell, Changes]]:
    """Cells of an entry and the changes of the recipe.

    Only transferred models have a source to vary.
    """
    changes: list[Changes] = [((key, v),) for key, values in entry.vary.items() for v in values]
    changes = changes or [()]
    sources: list[str | None] = [*entry.sources] or [None]
    for region in entry.regions:
        for source in sources:
            for cell in cells_of(region, entry.settings, entry.options, entry.recipe, source):
                own = source == load_region(region).source or not starts_from_source(cell.option)
                for change in changes:
                    yield (replace(cell, source=None) if own else cell), change


class Planner:
    """Reads each region once and turns entries into work.

    Parameters
    ----------
    device
        Of the training, ``cpu`` or ``cuda``.
    """

    def __init__(self, device: str = "cpu") -> None:
        self.device = device
        self.shared: dict[str, Any] = {}
        self.known: dict[str, xr.Dataset] = {}

    def data(self, region: str) -> xr.Dataset:
        """The region's data."""
        if region not in self.shared:
            self.shared[region] = region_data(load_region(region))
        return self.shared[region]

    def teacher(self, cell: Cell) -> xr.DataArray | None:
        """Flow of the process model that a cell learns first, if it does."""
        if not is_process(cell.option):
            return None
        name = f"{cell.region}/{cell.option}"
        if name not in self.shared:
            from hydrotl.process_based.teachers import teacher_flow

            self.shared[name] = teacher_flow(cell.region, cell.option.removeprefix(PROCESS))
        return self.shared[name]

    def taught_from(self, cell: Cell) -> xr.Dataset | None:
        """Data that the process model of a cell is run on, if its models learn from one."""
        if not is_process(cell.option):
            return None
        name = f"{cell.region} taught from"
        if name not in self.known:
            from hydrotl.process_based.teachers import teacher_data

            self.known[name] = teacher_data(load_region(cell.region))
        return self.known[name]

    def needs(self, task: CellTask) -> dict[str, str]:
        """Which shared values a task takes, by argument."""
        cell = task.cell
        more = {"teacher": f"{cell.region}/{cell.option}"} if is_process(cell.option) else {}
        return {"data": cell.region, **more}

    def work(self, entry: SweepEntry) -> list[Work]:
        """Cells of an entry, each once."""
        found = []
        for cell, change in dict.fromkeys(entry_cells(entry)):
            ds = self.data(cell.region)
            recipe = cell.recipe or load_region(cell.region).recipe
            first = CellTask(cell, 0, self.device, None, entry.validation_days, tuple(change))
            content = cell_content(first, ds, self.taught_from(cell))
            tasks, keys = [], []
            for member in range(entry.members):
                key = member_key(replace(first, member=member), content)
                checkpoint = store(key).with_suffix(".checkpoint")
                tasks.append(replace(first, member=member, checkpoint=checkpoint))
                keys.append(key)
            path = cell_path(
                cell.region,
                cell.setting,
                cell.option,
                recipe,
                cell.source,
                entry.validation_days,
                change,
            )
            found.append(Work(tuple(tasks), tuple(keys), path))
        return found


def plan(sweep: Sweep, planner: Planner, regions: Sequence[str] = ()) -> list[Work]:
    """All cells of a sweep, or those of ``regions``, in order, each once.

    Raises
    ------
    ConfigError
        If two entries want different results in one file.
    """
    work: dict[Path, Work] = {}
    for entry in sweep.entries:
        chosen = [r for r in entry.regions if not regions or Path(r).stem in regions]
        if chosen:
            for item in planner.work(entry.model_copy(update={"regions": chosen})):
                known = work.get(item.path)
                if known is not None and known.keys[0] != item.keys[0]:
                    raise ConfigError(
                        f"sweep {sweep.title!r}: two entries want different results in {item.path}"
                    )
                if known is None or len(known.keys) < len(item.keys):
                    work[item.path] = item
    return list(work.values())


def status_table(work: Sequence[Work]) -> pd.DataFrame:
    """A row per cell: its result, members there and wanted, and its state."""
    rows = []
    for item in work:
        state, wanted = item.state, len(item.keys)
        there = wanted if state == "finished" else sum(store(k).is_file() for k in item.keys)
        name = str(item.path.relative_to(project_root()))
        rows.append({"result": name, "members": f"{there}/{wanted}", "state": state})
    return pd.DataFrame(rows)


def gather(work: Work, parts: Sequence[Stored], planner: Planner) -> dict[str, Any]:
    """The record of a cell from its members: with each code version, and the last date."""
    first, ds = work.tasks[0], planner.data(work.cell.region)
    basins = [str(b) for b in ds["basin"].values]
    _, test = first.periods(basins)
    rows = Rows(basins, [pd.Timestamp(p.start) for p in test])
    result = CellResult(
        cell=work.cell,
        simulation=to_dataset([p.simulated for p in parts], observed_flow(ds, test), rows),
        training=first.training(),
        seconds=sum(p.seconds for p in parts),
        data_hash=data_hash(ds),
        code=", ".join(dict.fromkeys(p.code for p in parts)),
        date=max(p.date for p in parts),
        arithmetic=", ".join(dict.fromkeys(p.arithmetic for p in parts)),
        changes=first.changes,
    )
    return {**result.record(first.device, first.validation_days), "key": work.key}


def run_sweep(
    work: Sequence[Work],
    planner: Planner,
    jobs: int = 1,
    scheduler: str | None = None,
    label: str = "sweep",
) -> list[Path]:
    """Compute what is missing of ``work`` and write the records; returns their paths.

    In ``jobs`` processes, or on the Dask cluster at ``scheduler``. A record is written as soon as
    its last member is there. Stopped at any moment, the same call goes on with what is left.
    """
    open_cells = [w for w in work if w.state != "finished"]
    keys: dict[CellTask, str] = {}
    for item in open_cells:
        for task, key in zip(item.tasks, item.keys, strict=True):
            if not store(key).is_file():
                keys.setdefault(task, key)
    tasks = list(keys)
    for task in tasks:
        planner.teacher(task.cell)  # the process model runs only where a model is to learn from it
    waiting = {w.path: {k for k in w.keys if not store(k).is_file()} for w in open_cells}
    written = []

    def write_complete() -> None:
        for item in [w for w in open_cells if w.path in waiting and not waiting[w.path]]:
            parts = [read_stored(store(key)) for key in item.keys]
            write_result(item.path, gather(item, parts, planner))
            written.append(item.path)
            del waiting[item.path]

    write_complete()
    for task, stored in _results(tasks, planner, jobs, scheduler, label):
        write_stored(store(keys[task]), stored)
        if task.checkpoint is not None:
            task.checkpoint.unlink(missing_ok=True)
        for missing in waiting.values():
            missing.discard(keys[task])
        write_complete()
    return written


def compute_cell(work: Work, planner: Planner, jobs: int = 1) -> dict[str, Any]:
    """The record of a cell with every member trained anew; no file is read or written."""
    tasks = [replace(task, checkpoint=None) for task in work.tasks]
    planner.teacher(work.cell)
    done = dict(_results(tasks, planner, jobs, None, "models"))
    return gather(work, [done[task] for task in tasks], planner)


def _results(
    tasks: Sequence[CellTask], planner: Planner, jobs: int, scheduler: str | None, label: str
) -> Iterator[tuple[CellTask, Stored]]:
    train = partial(train_and_pack, code_version())  # now: the checkout may change meanwhile
    shared, needs = planner.shared, planner.needs
    if scheduler is not None:
        results = run_dask(train, tasks, shared, needs, scheduler)
    elif jobs > 1 and len(tasks) > 1:
        results = run_processes(train, tasks, shared, needs, jobs)
    else:
        results = run_here(train, tasks, shared, needs)
    yield from tqdm(results, total=len(tasks), desc=label, unit="model")


def train_and_pack(
    code: str, task: CellTask, data: xr.Dataset, teacher: xr.DataArray | None = None
) -> Stored:
    """One member, reduced to what its cell's record needs; ``code`` is the version that trains."""
    result = train_member(task, data, teacher)
    log = result.log
    return Stored(np.asarray(result.simulated), log.seconds, log.arithmetic, code, today())
