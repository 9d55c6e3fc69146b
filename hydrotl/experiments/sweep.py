"""Sweeps: the cells of tables and figures, planned, computed and written as records.

Each member of each cell is a task whose simulation is kept in the store
(:mod:`hydrotl.experiments.store`); a cell whose members are all there becomes a record in
``results/``, which carries the key of the cell. A record with the right key is not computed again,
on this machine or in another checkout.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from hydrotl.config import Sweep, SweepEntry
from hydrotl.experiments.cells import Cell, Changes, Experiment, cell_identity, cells_of, resolve
from hydrotl.experiments.devices import pick_device
from hydrotl.experiments.facts import heal_facts, write_facts
from hydrotl.experiments.names import file_name
from hydrotl.experiments.planner import FindTeacher, Planner, Work, no_teachers
from hydrotl.experiments.records import CellResult, cell_record, refuse_other, write_record
from hydrotl.experiments.run import Task, heal, run_tasks, state_of
from hydrotl.experiments.source import source_tasks
from hydrotl.experiments.store import read_product
from hydrotl.paths import project_root
from hydrotl_core.arrays import observed_flow
from hydrotl_core.errors import ConfigError
from hydrotl_core.simulation import to_dataset


def plan(sweep: Sweep, planner: Planner, regions: Sequence[str] = ()) -> list[Work]:
    """All cells of a sweep, or those of ``regions``, in order, each once.

    Raises
    ------
    ConfigError
        If two entries want different results in one file.
    """
    work: dict[Path, Work] = {}
    for entry in sweep.entries:
        chosen = [
            r for r in entry.regions if not regions or {r, file_name("regions", r)} & {*regions}
        ]
        for experiment in _experiments(entry, chosen):
            item = planner.work(experiment, entry.members)
            known = work.get(item.path)
            if known is not None and known.keys[0] != item.keys[0]:
                raise ConfigError(
                    f"sweep {sweep.title!r}: two entries want different results in {item.path}"
                )
            if known is None or len(known.keys) < len(item.keys):
                work[item.path] = item
    return list(work.values())


def _experiments(entry: SweepEntry, regions: Sequence[str]) -> list[Experiment]:
    """Cells of an entry and the changes of their recipe, each once.

    Only transferred models have a source to vary.
    """
    changes: list[Changes] = [((key, v),) for key, values in entry.vary.items() for v in values]
    sources: Sequence[str | None] = entry.sources or [None]
    found: dict[tuple[Cell, Changes], Experiment] = {}
    for region in regions:
        for source in sources:
            for cell in cells_of(region, entry.settings, entry.options, entry.recipe, source):
                for change in changes or [()]:
                    experiment = resolve(
                        cell, validation_days=entry.validation_days, changes=change
                    )
                    if source == experiment.region.source or experiment.option is None:
                        cell = replace(cell, source=None)
                        experiment = replace(experiment, cell=cell, source=experiment.region.source)
                    found.setdefault((cell, change), experiment)
    return list(found.values())


def status_table(work: Sequence[Work], sources: Sequence[Task] = ()) -> pd.DataFrame:
    """A row per record or file of weights: members there and wanted, and where it stands."""
    wanted = [(item.path, item.tasks, item.finished) for item in work]
    wanted += [(task.product, (task,), False) for task in sources]
    rows = []
    for path, tasks, finished in wanted:
        states = ["finished" if finished else state_of(task) for task in tasks]
        there = states.count("finished")
        under_way = [state for state in states if state not in ("finished", "waiting")]
        # Of a cell whose members are all there, only the record is missing.
        ended = finished or (there == len(states) and path == tasks[0].product)
        state = "finished" if ended else ", ".join(under_way) or ("begun" if there else "waiting")
        name = path.relative_to(project_root()) if path.is_relative_to(project_root()) else path
        rows.append({"result": str(name), "members": f"{there}/{len(states)}", "state": state})
    return pd.DataFrame(rows, columns=["result", "members", "state"])


def gather(work: Work, planner: Planner) -> CellResult:
    """The ensemble of a cell from its members' simulations."""
    experiment, parts = work.experiment, [read_product(task.product) for task in work.tasks]
    ds = planner.data(experiment.cell.region)
    basins = [str(b) for b in ds["basin"].values]
    _, test = experiment.periods(basins)
    starts = [np.datetime64(period.start) for period in test]
    about = [part.about for part in parts]

    def told(name: str) -> str:
        return ", ".join(dict.fromkeys(str(one[name]) for one in about))

    flows = [part.arrays["simulated"] for part in parts]
    return CellResult(
        cell=experiment.cell,
        simulation=to_dataset(flows, observed_flow(ds, test), basins, starts),
        training=experiment.training,
        seconds=sum(one["seconds"] for one in about),
        data_hash=planner.hashes[experiment.cell.region],
        code=told("code"),
        date=max(one["date"] for one in about),
        arithmetic=told("arithmetic"),
        machine=told("machine"),
        changes=experiment.changes,
        cautions=planner.cautions(experiment),
        filled=work.filled,
    )


def run_sweep(
    work: Sequence[Work],
    planner: Planner,
    jobs: int = 1,
    scheduler: str | None = None,
    label: str = "sweep",
) -> list[Path]:
    """Compute what is missing of ``work`` and write the records; returns their paths.

    In ``jobs`` processes, or on the Dask cluster at ``scheduler``. A record is written as soon as
    its last member is there. If interrupted, the same call resumes.
    """
    open_cells = [item for item in work if not item.finished]
    for item in open_cells:
        refuse_other(item.path, cell_identity(item.experiment))
    heal([task for item in open_cells for task in item.tasks])
    for region, one in {item.experiment.cell.region: item.experiment for item in work}.items():
        heal_facts(one, [str(basin) for basin in planner.data(region)["basin"].values])
    written = []

    def write_complete() -> None:
        for item in [w for w in open_cells if all(t.product.is_file() for t in w.tasks)]:
            record = cell_record(gather(item, planner), item.experiment, planner.device)
            write_facts(item.experiment)
            write_record(item.path, {**record, "key": item.key})
            written.append(item.path)
            open_cells.remove(item)

    write_complete()
    for _ in compute(
        [t for item in open_cells for t in item.tasks], planner, jobs, scheduler, label
    ):
        write_complete()
    return written


def compute(
    tasks: Sequence[Task],
    planner: Planner,
    jobs: int = 1,
    scheduler: str | None = None,
    label: str = "models",
) -> Iterable[Task]:
    """Compute tasks, each file once; yields them as they are done."""
    missing = list({task.product: task for task in tasks if not task.product.is_file()}.values())
    planner.prepare(missing)
    yield from run_tasks(missing, planner.shared, jobs=jobs, scheduler=scheduler, label=label)


def run_cells(
    experiments: Sequence[Experiment],
    members: int,
    *,
    jobs: int = 1,
    device: str = "cpu",
    teachers: FindTeacher = no_teachers,
) -> dict[Cell, CellResult]:
    """Train all members of all cells anew and gather each cell's ensemble; no file is kept."""
    with tempfile.TemporaryDirectory(prefix="hydrotl-") as folder:
        planner = Planner(device, teachers, Path(folder))
        work = [planner.work(experiment, members) for experiment in experiments]
        for _ in compute([task for item in work for task in item.tasks], planner, jobs):
            pass
        return {item.experiment.cell: gather(item, planner) for item in work}


def run_region(
    region: str,
    settings: list[str] | None,
    members: int,
    updates: int | None = None,
    *,
    options: list[str] | None = None,
    source: str | None = None,
    recipe: str | None = None,
    validation_days: int = 0,
    teachers: FindTeacher = no_teachers,
    jobs: int = 1,
    device: str = "auto",
) -> dict[Cell, CellResult]:
    """Train and test options in settings of a region; no file is kept.

    None or an empty list of settings or options means all of them; without ``updates`` (None or
    0), the recipe's number. With ``validation_days`` the last training days take the place of the
    test period.
    """
    experiments = [
        resolve(cell, validation_days=validation_days, updates=updates or None)
        for cell in cells_of(region, settings or None, options or None, recipe, source)
    ]
    return run_cells(experiments, members, jobs=jobs, device=pick_device(device), teachers=teachers)


def plan_sources(
    entries: Sequence[SweepEntry],
    *,
    out: Path | None = None,
    device: str = "cpu",
    data: Path | None = None,
) -> list[Task]:
    """Tasks of several source ensembles, the first member of every source before the second of any.

    Parameters
    ----------
    entries
        Of a sweep; those with ``train_sources`` count.
    out
        Folder of the ensembles instead of ``weights/``.
    device, data
        As for :func:`source_tasks`.
    """
    ensembles = []
    for entry in entries:
        for name in entry.train_sources:
            folder = None if out is None else out / file_name("sources", name)
            ensembles.append(
                source_tasks(
                    name,
                    entry.members,
                    folder=folder,
                    recipe=entry.recipe,
                    device=device,
                    data=data,
                )
            )
    rounds = range(max((len(tasks) for tasks in ensembles), default=0))
    return [tasks[k] for k in rounds for tasks in ensembles if k < len(tasks)]
