"""Planning: from a cell to the tasks of its members, with everything they need.

Each region is read once, each source's weights once; a process model runs only when a member is to
learn from it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import xarray as xr

from hydrotl.config import Region, load_region
from hydrotl.data.canonical import data_hash
from hydrotl.data.coverage import Filled, check_coverage
from hydrotl.data.leaks import cautions
from hydrotl.data.regions import region_data
from hydrotl.experiments.cells import Experiment
from hydrotl.experiments.compute import train_and_simulate
from hydrotl.experiments.ensemble import source_members
from hydrotl.experiments.member import Member
from hydrotl.experiments.provenance import code_version
from hydrotl.experiments.records import cell_path, read_record
from hydrotl.experiments.run import Task
from hydrotl.experiments.seen import Seen, refuse_seen, seen_basins, told, trained_basins
from hydrotl.experiments.start import load_start
from hydrotl.experiments.store import (
    content_hash,
    member_key,
    read_product,
    record_key,
    stored,
    write_product,
)
from hydrotl_core.errors import ConfigError, DoubtfulData
from hydrotl_core.recipe import Inputs
from hydrotl_core.scaling import Scaler
from hydrotl_core.training import total_updates
from hydrotl_core.transfer import require_hidden


@dataclass(frozen=True)
class Teacher:
    """A process model's flow in a region, and what decides it.

    ``identity`` is name, version and data of the model, for keys; ``flow`` computes streamflow,
    mm/day, ``(basin, time)``.
    """

    identity: dict[str, Any]
    flow: Callable[[], xr.DataArray]


def data_name(region: str, inputs: Inputs | None) -> str:
    """Name of a region's data among the shared values."""
    return region if inputs is None else f"{region} with {content_hash(inputs.model_dump())}"


#: Finds the teacher of a region by its name.
FindTeacher = Callable[[Region, str], Teacher]


def no_teachers(region: Region, name: str) -> Teacher:
    """Where no process models are at hand."""
    raise ConfigError(f"{region.title}: no process model {name!r} to learn from")


@dataclass(frozen=True)
class Work:
    """A cell to compute: its members' tasks and keys, and the record that they make.

    ``filled`` says where weather is missing and takes a mean. ``elsewhere`` is the key of the same
    record from the other kind of device, which counts as finished, too.
    """

    experiment: Experiment
    tasks: tuple[Task, ...]
    keys: tuple[str, ...]
    path: Path
    filled: Filled = field(default_factory=dict)
    elsewhere: str = ""

    @property
    def key(self) -> str:
        """Key of the record."""
        return record_key(list(self.keys))

    @property
    def finished(self) -> bool:
        """Whether the record is there."""
        keys = (self.key, self.elsewhere)
        return self.path.is_file() and read_record(self.path).get("key") in keys


class Planner:
    """Reads each region once and turns cells into tasks.

    Parameters
    ----------
    device
        Of the training, ``cpu`` or ``cuda``.
    teachers
        Finds the process models that members learn from.
    folder
        Where simulations are kept; by default the project's store.
    """

    def __init__(
        self,
        device: str = "cpu",
        teachers: FindTeacher = no_teachers,
        folder: Path | None = None,
    ) -> None:
        self.device, self.teachers, self.folder = device, teachers, folder
        self.shared: dict[str, Any] = {}
        self.hashes: dict[str, str] = {}
        self.scalers: dict[str, Scaler] = {}
        self.known_teachers: dict[str, Teacher] = {}
        self.members: dict[str, list[Path]] = {}
        self.filled: dict[str, Filled] = {}
        self.said: set[tuple[str, int]] = set()  # windows that are too long

    def data(self, name: str, inputs: Inputs | None = None) -> xr.Dataset:
        """Inputs, by default the region's own, and streamflow of a region."""
        key = data_name(name, inputs)
        if key not in self.shared:
            self.shared[key] = region_data(load_region(name), inputs)
            self.hashes[key] = data_hash(self.shared[key])
        return self.shared[key]

    def work(self, experiment: Experiment, members: int) -> Work:
        """Tasks of the members of a cell, and where its record is kept.

        Raises
        ------
        WeightsError
            If the cell's source has no weights, or not its own.
        ConfigError
            If the source was trained on basins of the region, which does not allow it.
        DataError
            If too much weather is missing on the days to train on or to simulate.
        """
        cell = experiment.cell
        if experiment.option is not None:
            allowed = experiment.region.seen_basins
            seen = self.seen(experiment)
            refuse_seen(experiment.region.title, experiment.source, seen, allowed=allowed)
        tasks, keys, elsewhere = [], [], []
        other = "cpu" if self.device != "cpu" else "cuda"
        filled: Filled = {}
        for seed in range(members):
            source = teacher = scaler = inputs = None
            data = {}
            if experiment.option is not None:
                path = self._start(experiment.source, seed)
                data["start"], source = str(path), self.hashes[str(path)]
                require_hidden(self.shared[str(path)], experiment.training)
            if experiment.warm:
                scaler = self.scalers[data["start"]]
                inputs = experiment.inputs(scaler)
            ds, name = self.data(cell.region, inputs), data_name(cell.region, inputs)
            data["data"] = name
            member = experiment.member(seed, ds, self.device, scaler)
            if experiment.teacher is not None:
                found = self._teacher(experiment)
                data["teacher"], teacher = self._teacher_name(experiment), found.identity
            if seed == 0:
                filled = self._covered(experiment, member, name)
            decisive = self.hashes[name], source, teacher
            key = member_key(member, *decisive)
            keys.append(key)
            elsewhere.append(member_key(replace(member, device=other), *decisive))
            tasks.append(self._task(member, key, data, f"{cell.region} {cell.option} {seed}"))
        path = cell_path(experiment)
        return Work(
            experiment, tuple(tasks), tuple(keys), path, filled, elsewhere=record_key(elsewhere)
        )

    def _covered(self, experiment: Experiment, member: Member, name: str) -> Filled:
        """What :func:`check_coverage` fills, once; a window that is cut to the training is said."""
        title = f"{Path(experiment.cell.region).stem}, {experiment.cell.setting}"
        window, days = member.training.window, min(period.days for period in member.fit)
        if window > 2 * days and (title, window) not in self.said:
            self.said.add((title, window))
            text = f"a window of {window} days is cut to the {days} days of training"
            text += ": take a shorter `window` in the recipe"
            warnings.warn(f"{title}: {text}", DoubtfulData, stacklevel=3)
        scored = "validation" if experiment.validation_days else "test"
        key = content_hash([title, scored, name, member.fit, member.test, member.inputs])
        if key not in self.filled:
            self.filled[key] = check_coverage(
                self.shared[name], member.inputs, member.fit, member.test, title, scored
            )
        return self.filled[key]

    def _task(self, member: Member, key: str, data: dict[str, str], title: str) -> Task:
        product = stored(key) if self.folder is None else self.folder / f"{key}.safetensors"
        ds = self.shared[data["data"]]
        updates = total_updates(member.training, ds.sizes["basin"], member.fit[0].days)
        return Task(
            title=title,
            product=product,
            checkpoint=product.with_suffix(".checkpoint"),
            compute=partial(train_and_simulate, member=member, code=code_version()),
            write=write_product,
            check=read_product,
            data=data,
            updates=updates * (2 if "teacher" in data else 1),
        )

    def source(self, name: str) -> list[Path]:
        """Weights of a source's members, looked at once."""
        if name not in self.members:
            self.members[name] = source_members(name)
        return self.members[name]

    def seen(self, experiment: Experiment) -> Seen:
        """Which basins of a cell its source was trained on."""
        trained = trained_basins(self.source(experiment.source)[0])
        return seen_basins(self.data(experiment.cell.region), trained)

    def cautions(self, experiment: Experiment) -> list[str]:
        """What the scores of a cell owe to knowledge of the days that they are of."""
        scaler = self.scalers[str(self._start(experiment.source, 0))] if experiment.warm else None
        basins = [str(b) for b in self.data(experiment.cell.region)["basin"].values]
        _, scored = experiment.periods(basins)
        said = cautions(experiment.region, experiment.inputs(scaler), scored)
        if experiment.option is not None:
            said += told(experiment.source, self.seen(experiment))
        return said

    def _start(self, source: str, seed: int) -> Path:
        """Weights that member ``seed`` starts from: the source's members in turn."""
        paths = self.source(source)
        path = paths[seed % len(paths)]
        if str(path) not in self.shared:
            start = load_start(path)
            self.scalers[start.name], self.hashes[start.name] = start.scaler, start.sha256
            self.shared[start.name] = start.parameters
        return path

    def _teacher_name(self, experiment: Experiment) -> str:
        return f"{experiment.cell.region}, {experiment.teacher}"

    def _teacher(self, experiment: Experiment) -> Teacher:
        name = self._teacher_name(experiment)
        if name not in self.known_teachers:
            assert experiment.teacher is not None
            self.known_teachers[name] = self.teachers(experiment.region, experiment.teacher)
        return self.known_teachers[name]

    def prepare(self, tasks: Iterable[Task]) -> None:
        """Run the process models that ``tasks`` learn from, and no others."""
        for task in tasks:
            name = task.data.get("teacher")
            if name is not None and name not in self.shared:
                self.shared[name] = self.known_teachers[name].flow()
