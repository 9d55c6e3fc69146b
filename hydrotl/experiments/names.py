"""What a region, source or recipe is called in files: by what it is, not by its file's name alone.

A file of the project has its own name. A file from elsewhere may be called like one of the
project's and be something else: then its content is part of its name. It may be called like another
file from elsewhere: so its content is part of its records (:func:`outside`), and no result of the
one is ever replaced by, or lies beside, one of the other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from hydrotl.config import load_recipe, load_region, load_source
from hydrotl.data.manifest import load_manifest
from hydrotl.experiments.store import content_hash
from hydrotl.names import given_name
from hydrotl.paths import project_root
from hydrotl.yamlfile import load_yaml
from hydrotl_core.errors import ConfigError

Kind = Literal["regions", "recipes", "sources"]
LOADERS: Mapping[str, Callable[[str | Path], BaseModel]] = {
    "regions": load_region,
    "recipes": load_recipe,
    "sources": load_source,
}
#: Fields that say what something is called, and change no number.
TITLES = {"title", "label", "deviations", "stands_for", "variant", "variant_of"}
#: Fields of a region that its records name one by one.
OF_RECORDS = {"settings", "source", "recipe"}
DIGITS = 8
#: Folders in ``results/`` that are of no region.
RESERVED = {"source", "summary"}


def is_of_project(kind: str, name: str) -> bool:
    """Whether ``name`` is that of a file in the project's ``experiments``, or its path."""
    path = Path(name)
    home = project_root() / "experiments" / kind
    return path.suffix != ".yaml" or path.resolve().parent == home.resolve()


def file_name(kind: Kind, name: str) -> str:
    """Name for files and folders of what ``name`` stands for.

    Parameters
    ----------
    kind
        Folder in ``experiments`` that ``name`` is looked up in.
    name
        Name of a file there, or the path of a YAML file.

    Returns
    -------
    str
        The file's name without its ending; of a file outside the project that says something else
        than the project's file of that name, with a hash of its content.

    Raises
    ------
    ConfigError
        If the file is not valid, or a region has a name that results of other kinds have.
    """
    own = given_name(name, kind[:-1])
    if not is_of_project(kind, name):
        namesake = project_root() / "experiments" / kind / f"{own}.yaml"
        content = _content(kind, name)
        if namesake.is_file() and content != _content(kind, own):
            own = f"{own}-{content_hash(content)[:DIGITS]}"
    if kind == "regions" and (own in RESERVED or _is_study(own)):
        raise ConfigError(
            f"no region can be called {own!r}: results/{own} holds other results; rename its file"
        )
    return own


def outside(**names: str) -> dict[str, str]:
    """Hash of the content of each of ``names`` (``regions="/a/b.yaml"``) not of the project."""
    return {
        kind: content_hash(_content(kind, name, OF_RECORDS if kind == "regions" else ()))[:DIGITS]
        for kind, name in names.items()
        if not is_of_project(kind, name)
    }


def _content(kind: str, name: str, without: Collection[str] = ()) -> Any:
    """What decides the numbers; instead of the path of a data set's description, what it says."""
    content = LOADERS[kind](name).model_dump(mode="json", exclude={*TITLES, *without})
    dataset = str(content.get("dataset", ""))
    if dataset.endswith(".yaml"):
        content["dataset"] = load_manifest()[dataset].model_dump(mode="json")
    return content


def _is_study(name: str) -> bool:
    """Whether ``experiments/NAME.yaml`` is a study, whose results lie beside those of regions."""
    path = project_root() / "experiments" / f"{name}.yaml"
    content = load_yaml(path) if path.is_file() else None
    return isinstance(content, dict) and "draws" in content
