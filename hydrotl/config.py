"""Experiments as data: recipes, sources, regions and transfer options, validated once.

All of it is in ``experiments/``: ``options.yaml`` declares the transfer options, ``recipes/`` how
models are trained, ``sources/`` the pre-trained models, ``regions/`` where they are moved to, and
``sweeps/`` which of them to train for which table or figure. To add one, add a file.

A file with ``extends: NAME`` says only what differs from its neighbour ``NAME.yaml``: mappings are
merged key by key, at every depth; anything else (a list, a number, a text, ``null``) replaces what
was there. ``label``, ``variant`` and ``variant_of`` are not inherited: they describe one file only.

Every loader raises a ConfigError that names the file and each wrong key, or the names there are.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, Field, PositiveInt, ValidationError, model_validator

from hydrotl.names import PathName, given_name, no_twins, path_name
from hydrotl.paths import project_root
from hydrotl.yamlfile import load_extended, load_yaml, merged
from hydrotl_core.errors import ConfigError
from hydrotl_core.recipe import Inputs, Names, Option, Period, Strict, Training

Model = TypeVar("Model", bound=BaseModel)


class Named(Strict):
    """Something with a title, and a short label where the title is too long for tables and axes."""

    title: str = Field(min_length=1, pattern=r"\S")
    label: str | None = Field(None, min_length=1, max_length=40, description="default: title")

    @property
    def name(self) -> str:
        """Short name for tables and axes."""
        return self.label or self.title


class Recipe(Named):
    """Training of source models, and of local and transferred models per setting."""

    source: Training
    source_by_basins: dict[PositiveInt, Training] = Field(
        {}, description="sources with this many basins; a row says what differs from `source`"
    )
    local: dict[str, Training]
    transfer: dict[str, Training]
    warm: dict[str, Training] = Field({}, description="options with the source's input layer")

    @model_validator(mode="before")
    @classmethod
    def _table(cls, value: Any) -> Any:
        """Complete each row of ``source_by_basins`` with what ``source`` says."""
        if not isinstance(value, dict) or not isinstance(value.get("source_by_basins"), dict):
            return value
        rows, base = value["source_by_basins"], value.get("source")
        return {**value, "source_by_basins": {n: merged(base, row) for n, row in rows.items()}}

    def source_training(self, subset: int | None) -> Training:
        """Training of a source with ``subset`` basins; None: all basins of its data set."""
        return self.source if subset is None else self.source_by_basins.get(subset, self.source)

    def training(self, option: str, setting: str) -> Training:
        """Training of ``option`` in ``setting``: ``local``, ``warm`` or another transfer option.

        Raises
        ------
        ConfigError
            If the recipe has neither that setting nor a default.
        """
        where = option if option in ("local", "warm") else "transfer"
        group = getattr(self, where)
        training: Training | None = group.get(setting, group.get("default"))
        if training is None:
            what = f"training of {option} models for setting {setting!r}, and no default"
            raise ConfigError(f"recipe {self.name!r} has no {what}: add one to its `{where}`")
        return training


def refuse_overlap(train: Period, test: Period) -> None:
    """Raise a ValueError if the periods share a day."""
    if train.end > test.start and test.end > train.start:
        one, other = (f"({p.start}..{p.end})" for p in (train, test))
        raise ValueError(f"training {one} and test {other} overlap: move one of them")


class Source(Named):
    """A model trained on a data-rich region."""

    dataset: str
    inputs: Inputs
    train: Period
    test: Period | None = None
    recipe: str = "fast"
    members: int = Field(5, gt=0, le=1000)
    subset: int | None = Field(None, gt=0, description="number of basins, nested random draw")
    flow_attributes: bool = Field(False, description="allow attributes computed from flow")
    flow_inputs: bool = Field(False, description="allow daily inputs that are flow")

    @model_validator(mode="after")
    def _apart(self) -> Source:
        if self.test is not None:
            refuse_overlap(self.train, self.test)
        return self


class SweepEntry(Strict):
    """What to train for one table or figure: cells or source ensembles.

    With ``regions``, the cells are all combinations of region, setting, option and source. With
    ``train_sources``, one ensemble per source; then only ``members`` and ``recipe`` may be set.
    """

    regions: Names = Field([], description="regions whose cells are computed")
    train_sources: Names = Field([], description="sources whose ensembles are trained")
    settings: Names = Field([], description="default: all of the region")
    options: Names = Field([], description="default: local and all transfer options")
    sources: Names = Field([], description="what models start from; default: the region's")
    recipe: str | None = Field(None, description="default: that of the region or source")
    members: int = Field(5, gt=0, le=1000)
    validation_days: int = Field(0, ge=0, le=100_000, description="score these, not the test")
    vary: dict[str, list[float | int]] = Field(
        {}, description="values of the recipe's keys, one changed at a time"
    )

    @model_validator(mode="after")
    def _known(self) -> SweepEntry:
        if bool(self.regions) == bool(self.train_sources):
            raise ValueError("an entry lists either regions or train_sources")
        of_cells = {"settings", "options", "sources", "validation_days", "vary"}
        misplaced = sorted(of_cells & self.model_fields_set)
        if self.train_sources and misplaced:
            raise ValueError(f"train_sources takes no {', '.join(misplaced)}: only regions do")
        unknown = sorted(set(self.vary) - set(Training.model_fields))
        if unknown:
            raise ValueError(f"a recipe has no {', '.join(unknown)} to vary")
        if self.vary and not self.validation_days:
            raise ValueError("a varied recipe is scored on training years: set validation_days")
        return self


class Sweep(Strict):
    """What to train, the most wanted first."""

    title: str
    entries: list[SweepEntry] = Field(min_length=1)

    @model_validator(mode="after")
    def _once(self) -> Sweep:
        names = [Path(name).stem for entry in self.entries for name in entry.train_sources]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} trained twice: a source has one weights folder")
        return self


class Basins(Strict):
    """Which basins of the data set: all, a list, a screen of the manifest, minus some."""

    ids: Names | None = None
    screen: str | None = None
    latitude: tuple[float, float] | None = None
    longitude: tuple[float, float] | None = None
    exclude: Names = Field([])

    @model_validator(mode="after")
    def _on_earth(self) -> Basins:
        """South below north, west below east; longitudes count from -180 or from 0."""
        sides = (("latitude", "[south, north]", -90, 90), ("longitude", "[west, east]", -180, 360))
        for name, order, least, most in sides:
            if (box := getattr(self, name)) and not least <= box[0] < box[1] <= most:
                must = f"must be {order} in degrees between {least} and {most}"
                raise ValueError(f"{name} {list(box)} {must}")
        return self


class Setting(Strict):
    """Training and test period, the same for all basins or one pair per basin."""

    train: Period
    test: Period
    per_basin: dict[str, Setting] = Field({})

    @model_validator(mode="after")
    def _apart(self) -> Setting:
        refuse_overlap(self.train, self.test)
        if any(one.per_basin for one in self.per_basin.values()):
            raise ValueError("per_basin inside per_basin: list each basin once, in the outer one")
        return self

    def periods(self, which: Literal["train", "test"], basins: list[str]) -> list[Period]:
        """One period per basin."""
        return [getattr(self.per_basin.get(basin, self), which) for basin in basins]


#: Of a region or data set, by name.
Settings = Annotated[dict[PathName, Setting], AfterValidator(no_twins)]


class Region(Named):
    """A place with little data to which a source model is moved.

    A variant repeats another region, ``variant_of``, with one thing changed.
    """

    variant: Literal["no attributes", "the paper's recipe", "fewer basins"] | None = None
    variant_of: PathName | None = Field(None, description="the region that a variant repeats")
    dataset: str
    basins: Basins = Basins()
    inputs: Inputs
    settings: Settings = Field({}, description="default: the manifest's protocol")
    flow_attributes: bool = Field(False, description="allow attributes computed from flow")
    flow_inputs: bool = Field(False, description="allow daily inputs that are flow")
    seen_basins: bool = Field(False, description="allow basins that the source was trained on")
    extra_inputs: Inputs | None = Field(None, description="beyond the source's, where it is kept")
    source: str = "conus"
    recipe: str = "fast"
    stands_for: str | None = Field(None, description="the paper's region shown beside it")
    deviations: list[str] = Field([], description="where the experiment departs from the paper")

    @model_validator(mode="after")
    def _variant(self) -> Region:
        if (self.variant is None) != (self.variant_of is None):
            raise ValueError("variant and variant_of belong together: give both, or leave both out")
        return self


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
    path, known_as = Path(name), given_name(name, folder[:-1])
    if path.suffix != ".yaml":
        path = named_file(folder, known_as)
        if not path.is_file():
            known = ", ".join(sorted(p.stem for p in path.parent.glob("*.yaml")))
            raise ConfigError(f"no {folder[:-1]} {str(name)!r} ({path}); there are {known}")
    return validated(model, load_extended(path), str(path))


def named_file(folder: str, name: str) -> Path:
    """Where what is called ``name`` in a folder of ``experiments/`` is described."""
    return project_root() / "experiments" / folder / f"{name}.yaml"


def load_recipe(name: str | Path) -> Recipe:
    """Recipe by name (``experiments/recipes/``) or by the path of a YAML file."""
    return _load(Recipe, "recipes", name)


def load_source(name: str | Path) -> Source:
    """Source experiment by name (``experiments/sources/``) or by path."""
    return _load(Source, "sources", name)


def load_sweep(name: str | Path) -> Sweep:
    """Sweep by name (``experiments/sweeps/``) or by path."""
    return _load(Sweep, "sweeps", name)


def load_region(name: str | Path) -> Region:
    """Region by name (``experiments/regions/``) or by path."""
    return _load(Region, "regions", name)


def load_all_options() -> dict[str, Option]:
    """The paper's options and those of ``experiments/warm.yaml``, which keep the input layer."""
    warm = project_root() / "experiments" / "warm.yaml"
    return load_options() | (load_options(warm) if warm.is_file() else {})


def load_options(path: Path | None = None) -> dict[str, Option]:
    """The paper's transfer options, of ``experiments/options.yaml``."""
    path = path or project_root() / "experiments" / "options.yaml"
    content = load_yaml(path)
    if not isinstance(content, dict):
        raise ConfigError(f"{path} must map option names to their definition")
    for name in content:
        path_name(str(name), f"{path}: option")
        if not isinstance(name, str) or name == "local" or name.startswith("process-"):
            raise ConfigError(
                f"{path}: option {name!r}: names such as local and process-gr4j stand for models "
                "that start from no source; choose another"
            )
    return {name: validated(Option, value, f"{path}: {name}") for name, value in content.items()}
