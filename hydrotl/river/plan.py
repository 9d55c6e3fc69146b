"""What is to be done for a river: its data as a target, and the candidates of the choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from hydrotl.data.canonical import static_attributes
from hydrotl.data.coverage import check_coverage
from hydrotl.data.derive import DERIVED, derive
from hydrotl.data.manifest import Attributes
from hydrotl.data.ownfile import own_words
from hydrotl.data.places import with_places
from hydrotl.experiments.beyond import source_starts, target_work
from hydrotl.experiments.blocks import Held
from hydrotl.experiments.run import Task
from hydrotl.experiments.study import Study
from hydrotl.experiments.target import Network, Target, Way
from hydrotl.experiments.work import Work
from hydrotl.process_based.way import NAME as GR4J
from hydrotl.process_based.way import find_benchmark
from hydrotl_core.errors import ConfigError, DataError
from hydrotl_core.recipe import Inputs, Period
from hydrotl_core.scaling import STREAMFLOW

#: The candidate that is the source as it is: it simulates basins without a gauge.
UNGAUGED = "zero"
#: Updates of a network that take as long as calibrating GR4J in a basin, for the progress bar.
GR4J_UPDATES = 80


@dataclass(frozen=True)
class River:
    """Data of one's own, and which days are for training and which for the test.

    Without a test, all days with flow are for training.

    Attributes
    ----------
    title
        Of the report.
    ds
        Canonical data with ``prcp``, a temperature, streamflow and each basin's latitude.
    roles
        Which attribute is the latitude, the area, and so on.
    fit, test
        Training and test period of each basin; None for no test.
    findings
        What a check of the data found doubtful, a sentence each.
    citation
        Whom to cite for the data.
    folder
        Where the data come from.
    """

    title: str
    ds: xr.Dataset
    roles: Attributes
    fit: tuple[Period, ...]
    test: tuple[Period, ...] | None = None
    findings: tuple[str, ...] = ()
    citation: tuple[str, ...] = ()
    folder: Path | None = None

    @property
    def basins(self) -> list[str]:
        """Ids of the basins."""
        return [str(basin) for basin in self.ds["basin"].values]

    def attribute(self, role: str) -> np.ndarray:
        """Numbers of the attribute with this role, ``[basin]``; NaN where not known."""
        name = getattr(self.roles, role)
        if name not in static_attributes(self.ds) or self.ds[name].dtype.kind != "f":
            return np.full(self.ds.sizes["basin"], np.nan)
        values: np.ndarray = self.ds[name].values
        return values


@dataclass(frozen=True)
class Wanted:
    """What a run departs from the study in; by default nothing.

    Attributes
    ----------
    options
        Candidates of the choice. Others are then trained only to compare with, and the source as
        it is for basins without a gauge.
    recipe
        Name in ``experiments/recipes/``, or a path, of a recipe for so many basins.
    members, updates
        At most so many of each network, for a quick look; 0: as the study and the recipe say.
    device
        ``cpu`` or ``cuda``.
    """

    options: Sequence[str] = ()
    recipe: str = ""
    members: int = 0
    updates: int = 0
    device: str = "cpu"

    def study(self, study: Study) -> Study:
        """The study with fewer members, and the recipe."""
        most = self.members or max(study.ways.values())
        ways = {name: min(members, most) for name, members in study.ways.items()}
        return study.model_copy(update={"ways": ways, "recipe": self.recipe or study.recipe})

    def way(self, way: Way) -> Way:
        """The way with fewer updates, on the device."""
        if not isinstance(way, Network):
            return way
        training = way.training
        if self.updates and (training.updates is None or training.updates > self.updates):
            training = training.model_copy(update={"updates": self.updates, "epochs": None})
        return replace(way, training=training, device=self.device)

    @property
    def cautions(self) -> list[str]:
        """What a reader has to know of a quick look."""
        count = f"{self.members} network{'s' if self.members > 1 else ''} of each kind"
        limits = [count] if self.members else []
        limits += [f"{self.updates} updates of each"] if self.updates else []
        said = " and ".join(limits)
        return [f"A quick look, with at most {said}: a full run is better"] if said else []


@dataclass(frozen=True)
class InFolder:
    """A way whose results are kept in ``folder`` instead of the project's store."""

    way: Way
    folder: Path
    updates: int = field(default=0)

    @property
    def name(self) -> str:
        """Of the way."""
        return self.way.name

    @property
    def members(self) -> int:
        """Of the way."""
        return self.way.members

    @property
    def fold_members(self) -> int:
        """Of the way."""
        return self.way.fold_members

    def shared(self, target: Target) -> dict[str, Any]:
        """Those of the way."""
        return self.way.shared(target)

    def tasks(self, target: Target, seed: int, held: Held | None = None) -> list[Task]:
        """Those of the way, with other files."""
        return [self._moved(task) for task in self.way.tasks(target, seed, held)]

    def _moved(self, task: Task) -> Task:
        return replace(
            task,
            product=self.folder / task.product.name,
            checkpoint=self.folder / task.checkpoint.name,
            updates=self.updates or task.updates,
        )


def weather_and_flow(ds: xr.Dataset, roles: Attributes) -> xr.Dataset:
    """Everything that the models see of ``ds``, derived inputs included, all days."""
    whole = derive(ds, roles)
    wanted = {*DERIVED, "prcp", "pet", STREAMFLOW, roles.latitude}
    found = whole[[name for name in whole if name in wanted]].load()
    return with_places(found.assign_attrs(ds.attrs), roles) if roles.longitude in ds else found


def river_target(river: River) -> Target:
    """The river as a target, with the days before and after its periods.

    One without a test has its training days in the place of it.

    Raises
    ------
    DataError
        If the data lack what the models need, a period is not covered, or too much weather is
        missing in it.
    """
    fit, test = river.fit, river.fit if river.test is None else river.test
    try:
        ds = weather_and_flow(river.ds, river.roles)
    except DataError as error:
        raise DataError(str(error) if river.folder is None else own_words(str(error))) from None
    check_coverage(ds, Inputs(dynamic=["prcp", "tmean"]), fit, test, river.title)
    return Target(river.title, ds, fit, test)


def river_work(
    river: River, target: Target, study: Study, store: Path, wanted: Wanted | None = None
) -> Work:
    """Candidates of ``study`` for the river; results go to ``store``.

    Raises
    ------
    ConfigError
        If the source as it is is not among the candidates, or one that is wanted is unknown.
    """
    wanted = wanted or Wanted()
    study = wanted.study(study)
    if UNGAUGED not in study.ways:
        raise ConfigError(
            f"{study.title}: {UNGAUGED} is not among the candidates, which simulates basins "
            "without a gauge"
        )
    starts = {study.source: source_starts(study.source)}
    work = target_work(
        target,
        river.roles,
        study,
        starts,
        find_benchmark,
        store / "none.json",
        seen_allowed=True,  # one may use the source where it was trained; the report says so
    )
    ways = [wanted.way(way) for way in work.ways]
    unknown = [name for name in wanted.options if name not in [way.name for way in ways]]
    if unknown:
        raise ConfigError(
            f"no candidate {', '.join(unknown)}; there are {', '.join(way.name for way in ways)}"
        )
    asked = [way for way in ways if not wanted.options or way.name in wanted.options]
    ordered = [*asked, *(way for way in ways if way.name not in [one.name for one in asked])]
    placed = [InFolder(w, store, GR4J_UPDATES if w.name == GR4J else 0) for w in ordered]
    cautions = (*wanted.cautions, *work.cautions)
    return replace(work, ways=tuple(placed), candidates=len(asked), cautions=cautions)
