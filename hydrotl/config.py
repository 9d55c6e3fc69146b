"""Experiments as data: recipes, sources, regions and transfer options, validated once.

Everything lives in ``experiments/``: ``options.yaml`` declares the transfer options,
``recipes/`` how models are trained, ``sources/`` the pre-trained models, ``plans/`` which of them
to train, ``regions/`` where they are moved to and ``sweeps/`` which tables and figures are made of
that. Adding one is adding a file; ``extends: NAME`` in a file takes what it does not set from its
neighbour NAME.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError, model_validator

from hydrotl.paths import project_root
from hydrotl.yamlfile import load_yaml
from hydrotl_core.errors import ConfigError
from hydrotl_core.recipe import Inputs, Option, Period, Strict, Training

Model = TypeVar("Model", bound=BaseModel)


class Recipe(Strict):
    """Training of source models, and of local and transferred models per setting."""

    title: str
    source: Training
    local: dict[str, Training]
    transfer: dict[str, Training]

    def training(self, option: str, setting: str) -> Training:
        """Training of ``option`` (``local`` or a transfer option) in ``setting``."""
        group = self.local if option == "local" else self.transfer
        if setting in group:
            return group[setting]
        if "default" in group:
            return group["default"]
        raise ConfigError(
            f"recipe {self.title!r} has no entry for setting {setting!r} and no default"
        )


class Source(Strict):
    """A model trained on a data-rich region."""

    title: str
    dataset: str
    inputs: Inputs
    train: Period
    test: Period | None = None
    recipe: str = "fast"
    members: int = Field(5, gt=0)
    subset: int | None = Field(None, gt=0, description="number of basins, nested random draw")

    @model_validator(mode="after")
    def _apart(self) -> Source:
        if self.test and not (
            self.test.start >= self.train.end or self.test.end <= self.train.start
        ):
            raise ValueError("train and test periods overlap")
        return self


class PlanEntry(Strict):
    """Members of one source."""

    source: str
    members: int | None = Field(None, gt=0, description="default: as many as the source asks for")
    recipe: str | None = Field(None, description="default: the plan's, or the source's own")


class Plan(Strict):
    """Source models to train, the most wanted first."""

    title: str
    recipe: str | None = Field(None, description="of all sources; default: each source's own")
    sources: list[PlanEntry] = Field(min_length=1)

    @model_validator(mode="after")
    def _once(self) -> Plan:
        stems = [Path(entry.source).stem for entry in self.sources]
        doubled = sorted({stem for stem in stems if stems.count(stem) > 1})
        if doubled:
            raise ValueError(f"{', '.join(doubled)} listed twice: weights have one folder each")
        return self


class SweepEntry(Strict):
    """Cells of one table or figure: every region with every setting, option and source."""

    regions: list[str] = Field([])
    train_sources: list[str] = Field([], description="sources whose ensembles to train instead")
    settings: list[str] = Field([], description="default: all of the region")
    options: list[str] = Field([], description="default: local and all transfer options")
    sources: list[str] = Field([], description="default: the region's source")
    recipe: str | None = Field(None, description="default: the region's recipe")
    members: int = Field(5, gt=0)
    validation_days: int = Field(0, ge=0, description="score the last training days, not the test")
    vary: dict[str, list[float | int]] = Field(
        {}, description="values of the recipe's keys, one changed at a time"
    )

    @model_validator(mode="after")
    def _known(self) -> SweepEntry:
        unknown = sorted(set(self.vary) - set(Training.model_fields))
        if unknown:
            raise ValueError(f"a recipe has no {', '.join(unknown)} to vary")
        if self.vary and not self.validation_days:
            raise ValueError("what varies a recipe is scored on training years: validation_days")
        return self


class Sweep(Strict):
    """Experiments to run, the most wanted first."""

    title: str
    entries: list[SweepEntry] = Field(min_length=1)


class Basins(Strict):
    """Which basins of the data set: all, a list, a screen of the manifest, minus some."""

    ids: list[str] | None = None
    screen: str | None = None
    latitude: tuple[float, float] | None = None
    longitude: tuple[float, float] | None = None
    exclude: list[str] = Field([])


class Setting(Strict):
    """Training and test period, the same for all basins or one pair per basin."""

    train: Period
    test: Period
    per_basin: dict[str, Setting] = Field({})

    @model_validator(mode="after")
    def _apart(self) -> Setting:
        if self.train.end > self.test.start and self.test.end > self.train.start:
            raise ValueError(
                f"training ({self.train.start}..{self.train.end}) and test "
                f"({self.test.start}..{self.test.end}) overlap"
            )
        return self

    def periods(self, which: Literal["train", "test"], basins: list[str]) -> list[Period]:
        """One period per basin."""
        return [getattr(self.per_basin.get(basin, self), which) for basin in basins]


class Region(Strict):
    """A place with little data to which a source model is moved.

    A variant repeats another region, ``variant_of``, with one thing changed.
    """

    title: str
    label: str | None = Field(None, description="short name for tables and axes; default: title")
    variant: Literal["no attributes", "the paper's recipe", "fewer basins"] | None = None
    variant_of: str | None = Field(None, description="the region that a variant repeats")
    dataset: str
    basins: Basins = Basins()
    inputs: Inputs
    settings: dict[str, Setting] = Field({}, description="default: the manifest's protocol")
    flow_attributes: bool = Field(False, description="allow attributes computed from flow")
    source: str = "conus"
    recipe: str = "fast"
    stands_for: str | None = Field(None, description="the paper's region shown beside it")
    deviations: list[str] = Field([], description="where the experiment departs from the paper")

    @model_validator(mode="after")
    def _variant(self) -> Region:
        if (self.variant is None) != (self.variant_of is None):
            raise ValueError("variant and variant_of belong together: what changes, and of which")
        return self

    @property
    def name(self) -> str:
        """Short name for tables and axes."""
        return self.label or self.title


def validated(model: type[Model], value: Any, origin: str) -> Model:
    """``value`` as ``model``; a ConfigError names ``origin`` and each wrong key."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        lines = [
            f"  {'.'.join(str(part) for part in item['loc']) or '(top)'}: {item['msg']}"
            for item in error.errors()
        ]
        raise ConfigError(
            f"{origin} is not a valid {model.__name__}:\n" + "\n".join(lines)
        ) from None


def _load(model: type[Model], folder: str, name: str | Path) -> Model:
    path = Path(name)
    if path.suffix != ".yaml":
        path = project_root() / "experiments" / folder / f"{name}.yaml"
        if not path.is_file():
            known = ", ".join(sorted(p.stem for p in path.parent.glob("*.yaml")))
            raise ConfigError(f"no {folder} entry {str(name)!r} ({path}); there are {known}")
    return validated(model, _extended(path), str(path))


def _extended(path: Path, seen: tuple[Path, ...] = ()) -> Any:
    """Content of ``path``; with ``extends: NAME``, over the content of its neighbour NAME."""
    content = load_yaml(path)
    if not isinstance(content, dict) or "extends" not in content:
        return content
    base = path.with_name(f"{content.pop('extends')}.yaml")
    if base in (*seen, path):
        raise ConfigError(f"{path} extends itself by way of {base.name}")
    inherited = _extended(base, (*seen, path))
    if not isinstance(inherited, dict):
        raise ConfigError(f"{base}, which {path} extends, is not a mapping")
    return {**inherited, **content}


def load_recipe(name: str | Path) -> Recipe:
    """Recipe by name (``experiments/recipes/``) or by the path of a YAML file."""
    return _load(Recipe, "recipes", name)


def load_source(name: str | Path) -> Source:
    """Source experiment by name (``experiments/sources/``) or by path."""
    return _load(Source, "sources", name)


def load_plan(name: str | Path) -> Plan:
    """Plan by name (``experiments/plans/``) or by path."""
    return _load(Plan, "plans", name)


def load_sweep(name: str | Path) -> Sweep:
    """Sweep by name (``experiments/sweeps/``) or by path."""
    return _load(Sweep, "sweeps", name)


def load_region(name: str | Path) -> Region:
    """Region by name (``experiments/regions/``) or by path."""
    return _load(Region, "regions", name)


def load_options(path: Path | None = None) -> dict[str, Option]:
    """The transfer options declared in ``experiments/options.yaml``."""
    path = path or project_root() / "experiments" / "options.yaml"
    content = load_yaml(path)
    if not isinstance(content, dict):
        raise ConfigError(f"{path} must map option names to their definition")
    return {name: validated(Option, value, f"{path}: {name}") for name, value in content.items()}
