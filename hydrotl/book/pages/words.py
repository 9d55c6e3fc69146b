"""A reader's words for keys of files: settings, models, data sets, sources, regions, recipes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hydrotl.config import load_recipe, load_region, load_source
from hydrotl.data.manifest import load_manifest
from hydrotl_core.errors import HydroTLError

#: What pages call the two kinds of source models; the glossary says what they are.
PAPER_STYLE, PORTABLE = "paper-style source", "portable source"
SETTINGS = {"1-year": "one year", "multi-year": "several years"}
MODELS = {
    "process-gr4j": "taught by GR4J",
    "process-swat": "taught by SWAT+",
    "cemaneige-gr4j": "GR4J, calibrated",
}


def setting(key: str) -> str:
    """How long a training period is."""
    return SETTINGS.get(key, key)


def model(key: str) -> str:
    """What the book calls a model; a name such as ``TL-a`` is a word already."""
    return MODELS.get(key, key)


def dataset(key: str) -> str:
    """Title of a data set of the manifest."""
    entry = load_manifest().datasets.get(key)
    return key if entry is None else entry.title


def region(key: str) -> str:
    """Label of a region in ``experiments/regions/``."""
    return _named(lambda: load_region(key).name, key)


def recipe(key: str) -> str:
    """Label of a recipe in ``experiments/recipes/``."""
    return _named(lambda: load_recipe(key).name, key)


def source(key: str) -> str:
    """Title of a source in ``experiments/sources/``."""
    return _named(lambda: load_source(key).title, key)


def kind_of_source(key: str) -> str:
    """Kind of a source in ``experiments/sources/``: the portable one can miss inputs."""
    return PORTABLE if load_source(key).inputs.optional else PAPER_STYLE


def chosen(default: Iterable[str], pull: float) -> str:
    """What is chosen (auto) consists of: the same words on all pages.

    ``default`` are the models whose plain mean has the share ``pull``, as in the study's rule.
    """
    names = ["GR4J" if name == "gr4j" else name for name in default]
    mean = f"the plain mean of {', '.join(names[:-1])} and {names[-1]}"
    parts = {0.75: ("three quarters", "one quarter"), 0.5: ("half", "half")}
    fixed, other = parts.get(pull, (f"{pull:.0%}", f"{1 - pull:.0%}"))
    return (
        f"{fixed} of it are {mean}, whatever the river, and {other} is the model, or mean of two, "
        "that did best on held-out training days"
    )


#: Columns of tables whose texts may be keys, and the words for these.
COLUMNS: dict[str, Callable[[str], str]] = {
    "training": setting,
    "setting": setting,
    "model": model,
    "data set": dataset,
    "region": region,
    "recipe": recipe,
    "source": source,
}


def _named(name: Callable[[], str], key: str) -> str:
    """The name, or the text itself where it is no key."""
    try:
        return name()
    except HydroTLError:
        return key
