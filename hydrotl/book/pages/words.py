"""A reader's words for keys of files: settings, models, data sets, sources, regions, recipes."""

from __future__ import annotations

from collections.abc import Callable

from hydrotl.config import load_recipe, load_region, load_source
from hydrotl.data.manifest import load_manifest
from hydrotl_core.errors import HydroTLError

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
