"""Studies as data: random draws of basins and regions, and the ways to model them.

A study is a file ``experiments/NAME.yaml``, validated once.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from hydrotl.config import Basins, Named, refuse_overlap, validated
from hydrotl.experiments.auto import Rule
from hydrotl.names import path_name
from hydrotl.paths import project_root
from hydrotl.yamlfile import load_yaml
from hydrotl_core.errors import ConfigError
from hydrotl_core.recipe import Inputs, Names, Period, Strict, Training
from hydrotl_core.scaling import STREAMFLOW

#: Such as the models of an ensemble.
Positive = Annotated[int, Field(gt=0, strict=True)]
#: Name of a random draw: number of basins, of the draw, and of years.
DRAWN = re.compile(r"(?P<basins>\d+)-(?P<draw>\d+)-(?P<years>\d+)y")


class Draws(Strict):
    """Random draws of basins of one data set.

    All basins of the choice with enough flow are put into one random order, of which the pool is
    the first part; basins in the pool of the study ``apart_from`` are left out.
    """

    dataset: str
    basins: Basins
    seed: int = Field(ge=0)
    apart_from: str | None = None
    pool: int = Field(gt=0)
    least_flow: float = Field(0.8, ge=0, le=1, description="share of days with flow, of a basin")
    sizes: dict[Annotated[int, Field(gt=0)], Positive] = Field(
        min_length=1, description="number of draws for each number of basins"
    )
    years: list[Positive] = Field(min_length=1)
    until: dt.date = Field(description="day after the last of training")
    test: Period

    @model_validator(mode="after")
    def _apart(self) -> Draws:
        for years in self.years:
            refuse_overlap(self.last_years(years), self.test)
        return self

    def last_years(self, years: int) -> Period:
        """The last so many years of training; a ValueError if they begin on no day."""
        try:
            first = self.until.replace(year=self.until.year - years)
        except ValueError:
            raise ValueError(
                f"there is no day {years} years before {self.until}: change `until` or `years`"
            ) from None
        return Period(start=first, end=self.until)


class Ablation(Strict):
    """A way with one thing changed, or a way that is compared but not chosen from.

    ``inputs`` replace those of local models and new input layers, ``without`` hides a family of
    optional inputs from a model with the source's, ``anchor`` is that of the option, ``each`` makes
    one model per basin.
    """

    option: str
    members: Positive = 1
    inputs: Inputs | None = None
    without: str | None = None
    anchor: float | None = Field(None, ge=0)
    source: str | None = None
    each: bool = False


class Forgetting(Strict):
    """What is left of the source's skill after training elsewhere: of which models, and where.

    The first ``draws`` of each size with these numbers of ``years`` are trained again and simulate
    the first ``basins`` of the source's nested order on ``days``.
    """

    ways: Names
    draws: int = Field(gt=0)
    years: list[int] = Field(min_length=1)
    basins: int = Field(gt=0)
    days: Period

    def wants(self, target: str) -> bool:
        """Whether a target is one of these draws."""
        drawn = DRAWN.fullmatch(target)
        return (
            drawn is not None
            and int(drawn["draw"]) < self.draws
            and int(drawn["years"]) in self.years
        )


class Study(Named):
    """What is modelled, and how."""

    draws: Draws
    regions: Names = Field([])
    source: str
    inputs: Inputs = Field(description="of local models and new input layers")
    recipe: str
    ways: dict[str, Positive] = Field(
        min_length=1, description="option, or local -> number of members"
    )
    folds: int = Field(3, gt=1, le=100, description="parts of the training days, held out in turn")
    block_days: int = Field(61, gt=0, description="length of the blocks that go to the folds")
    rule: Rule = Rule()
    gr4j: Literal["candidate", "compared"] = Field(
        "candidate", description="calibrated, to choose from or with the ablations"
    )
    ablations: dict[str, Ablation] = Field({}, description="compared, but not chosen from")
    forgetting: Forgetting | None = None
    ablation_draws: int = Field(0, ge=0, description="first draws of each size that have them")
    rivals: str | None = Field(
        None, description="study of other models of the same targets, which auto is compared with"
    )

    @model_validator(mode="after")
    def _apart(self) -> Study:
        names = [Path(name).name.removesuffix(".yaml") for name in self.regions]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two regions called {', '.join(twice)} would have one record")
        stated = [one.inputs for one in self.ablations.values() if one.inputs is not None]
        if any(STREAMFLOW in one.dynamic for one in (self.inputs, *stated)):
            raise ValueError("streamflow is what is to be predicted, and no input: leave it out")
        return self


def load_study(name: str) -> Study:
    """Study by name (``experiments/NAME.yaml``)."""
    path = project_root() / "experiments" / f"{path_name(name, 'study')}.yaml"
    return validated(Study, load_yaml(path), str(path))


def training_for(group: Mapping[str, Training], basins: int) -> Training:
    """Training of the recipe's group for so many basins: keys are the least numbers of basins."""
    fitting = [key for key in group if key.isdigit() and int(key) <= basins]
    if not fitting:
        raise ConfigError(
            f"the recipe has no training for {basins} basins: its settings are {', '.join(group)}"
        )
    return group[max(fitting, key=int)]
