"""Cells: the entries of Table 1, a region with a setting and an option, and what their names mean.

A cell is a set of names. :func:`resolve` looks each of them up once; everything after it works
with the resolved :class:`Experiment`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xarray as xr

from hydrotl.config import (
    Recipe,
    Region,
    Setting,
    load_all_options,
    load_options,
    load_recipe,
    load_region,
    validated,
)
from hydrotl.data.regions import hold_out, region_setting, region_settings
from hydrotl.experiments.member import Member
from hydrotl.experiments.names import file_name, outside
from hydrotl_core.errors import ConfigError
from hydrotl_core.recipe import Inputs, Option, Period, Training
from hydrotl_core.scaling import Scaler

LOCAL = "local"
#: Source of the options that keep its input layer, unless another is named.
WARM_SOURCE = "derived"
#: An option ``process-TEACHER`` is a local model that learns a process model's flow first.
PROCESS = "process-"
#: Values of the recipe that are replaced.
Changes = tuple[tuple[str, float | int], ...]


@dataclass(frozen=True)
class Cell:
    """One entry of Table 1; ``option`` is ``local``, a transfer option or ``process-TEACHER``.

    ``recipe`` and ``source`` are those of the region unless named.
    """

    region: str
    setting: str
    option: str
    recipe: str | None = None
    source: str | None = None


@dataclass(frozen=True)
class Experiment:
    """A cell with what its names stand for, and on which days it is scored.

    With ``validation_days`` the last days of the training period take the place of the test
    period, which is then not touched.
    """

    cell: Cell
    region: Region
    setting: Setting
    recipe: str
    source: str
    training: Training
    option: Option | None
    validation_days: int = 0
    changes: Changes = ()

    @property
    def teacher(self) -> str | None:
        """Name of the process model that is learned first, if one is."""
        return self.cell.option.removeprefix(PROCESS) if is_process(self.cell.option) else None

    def periods(self, basins: list[str]) -> tuple[list[Period], list[Period]]:
        """Days to train on and days to score, one period each per basin."""
        fit, test = (self.setting.periods(which, basins) for which in ("train", "test"))
        return hold_out(fit, self.validation_days) if self.validation_days else (fit, test)

    @property
    def warm(self) -> bool:
        """Whether models keep the source's input layer."""
        return self.option is not None and self.option.inputs == "source"

    def inputs(self, scaler: Scaler | None) -> Inputs:
        """What the models see; those of a ``warm`` cell what its source with ``scaler`` sees."""
        if scaler is None:
            return self.region.inputs
        extra = self.region.extra_inputs
        return Inputs(
            dynamic=[*scaler.dynamic, *(extra.dynamic if extra else [])],
            static=[*scaler.attributes, *(extra.static if extra else [])],
            optional=scaler.optional,
        )

    def member(
        self, seed: int, ds: xr.Dataset, device: str = "cpu", scaler: Scaler | None = None
    ) -> Member:
        """Member ``seed`` of the cell on the basins of ``ds``; a warm one has a source's scaler."""
        basins = [str(b) for b in ds["basin"].values]
        fit, test = self.periods(basins)
        lessons: list[Period] = []
        if self.teacher is not None:
            lessons = teaching_periods(self.region, basins)
            if self.validation_days:
                lessons, _ = hold_out(lessons, self.validation_days)
        return Member(
            inputs=self.inputs(scaler),
            scaler=scaler,
            training=self.training,
            fit=tuple(fit),
            test=tuple(test),
            seed=seed,
            option=self.option,
            lessons=tuple(lessons),
            device=device,
        )


def cell_identity(experiment: Experiment) -> dict[str, Any]:
    """What a cell's record is of: names, and the content of files from outside the project."""
    cell, days = experiment.cell, experiment.validation_days
    starts = experiment.option is not None
    files = {"regions": cell.region, "recipes": experiment.recipe}
    return {
        "region": file_name("regions", cell.region),
        "setting": cell.setting,
        "option": cell.option,
        "recipe": file_name("recipes", experiment.recipe),
        "changes": dict(experiment.changes),
        "source": file_name("sources", experiment.source) if starts else None,
        "scored_on": f"last {days} training days" if days else "test",
        "files": outside(**files, **({"sources": experiment.source} if starts else {})),
    }


def is_process(option: str) -> bool:
    """Whether models of ``option`` learn a process model's flow first."""
    return option.startswith(PROCESS)


def teaching_periods(region: Region, basins: list[str]) -> list[Period]:
    """Days that a teacher is learned over: the longest training period of each basin.

    A teacher needs no observations, so a single observed year does not shorten what it teaches.
    """
    settings = [s.periods("train", basins) for s in region_settings(region).values()]
    return [max(periods, key=lambda period: period.days) for periods in zip(*settings, strict=True)]


def resolve(
    cell: Cell,
    *,
    validation_days: int = 0,
    changes: Changes = (),
    updates: int | None = None,
) -> Experiment:
    """Look up everything that a cell names.

    Parameters
    ----------
    cell
        The names.
    validation_days
        Score the last so many training days instead of the test period.
    changes
        Values that replace those of the recipe.
    updates
        Number of updates for a quick look, in place of the recipe's.

    Raises
    ------
    ConfigError
        If a name is not declared or a changed value is not valid.
    """
    region, options = load_region(cell.region), load_all_options()
    if cell.option not in (LOCAL, *options) and not is_process(cell.option):
        raise ConfigError(f"no option {cell.option!r}; there are {LOCAL}, {', '.join(options)}")
    setting, option = region_setting(region, cell.setting), options.get(cell.option)
    warm = option is not None and option.inputs == "source"
    recipe = cell.recipe or region.recipe
    group = LOCAL if option is None else "warm" if warm else cell.option
    training = _recipe_of(cell, region).training(group, cell.setting)
    changed: dict[str, Any] = dict(changes)
    if updates is not None or "updates" in changed:
        changed = {"updates": updates, "epochs": None, **changed}
    elif "epochs" in changed:
        changed["updates"] = None
    if changed:
        values = {**training.model_dump(), **changed}
        training = validated(Training, values, f"recipe {recipe} with {changed}")
    return Experiment(
        cell=cell,
        region=region,
        setting=setting,
        recipe=recipe,
        source=cell.source or (WARM_SOURCE if warm else region.source),
        training=training,
        option=option,
        validation_days=validation_days,
        changes=changes,
    )


def _recipe_of(cell: Cell, region: Region) -> Recipe:
    """The cell's recipe, else that of its region, whose file is named where there is none."""
    if cell.recipe is not None:
        return load_recipe(cell.recipe)
    try:
        return load_recipe(region.recipe)
    except ConfigError as error:
        file = f"{Path(cell.region).name.removesuffix('.yaml')}.yaml"
        default = "" if "recipe" in region.model_fields_set else ", which names none"
        raise ConfigError(f"recipe of {file}{default}: {error}") from None


def cells_of(
    region: str,
    settings: Sequence[str] | None = None,
    options: Sequence[str] | None = None,
    recipe: str | None = None,
    source: str | None = None,
) -> list[Cell]:
    """Cells of a region: the given settings and options, by default all of them.

    Raises
    ------
    ConfigError
        For a setting, an option or a recipe that is not declared.
    """
    names = dict.fromkeys(settings or region_settings(load_region(region)))
    kinds = dict.fromkeys(options or [LOCAL, *load_options()])
    cells = [Cell(region, name, kind, recipe, source) for name in names for kind in kinds]
    for cell in cells:
        resolve(cell)
    return cells
