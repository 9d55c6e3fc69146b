"""What a region, source or recipe is called in files: by what it is, not by its file's name.

A file of the project has its own name. A file from elsewhere may be called like one of the
project's, or like another from elsewhere, and be something else: its content is part of its name,
so that neither results nor weights of the two are ever taken for each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from hydrotl.config import load_recipe, load_region, load_source
from hydrotl.data.manifest import load_manifest
from hydrotl.experiments.store import content_hash
from hydrotl.paths import project_root
from hydrotl_core.errors import ConfigError

Kind = Literal["regions", "recipes", "sources"]
LOADERS: Mapping[str, Callable[[str | Path], BaseModel]] = {
    "regions": load_region,
    "recipes": load_recipe,
    "sources": load_source,
}
#: Fields that say what something is called, and change no number.
TITLES = {"title", "label", "deviations", "stands_for"}
DIGITS = 8
#: Folders in ``results/`` that are of no region.
RESERVED = {"source", "summary"}


def is_of_project(kind: Kind, name: str) -> bool:
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
        than the project's file of that name, or has none, with a hash of its content.

    Raises
    ------
    ConfigError
        If the file is not valid, or a region has a name that results of other kinds have.
    """
    own = Path(name).name.removesuffix(".yaml")
    if not is_of_project(kind, name):
        content = _content(kind, name)
        if not (project_root() / "experiments" / kind / f"{own}.yaml").is_file() or content != (
            _content(kind, own)
        ):
            own = f"{own}-{content_hash(content)[:DIGITS]}"
    if kind == "regions" and own in {*RESERVED, *_studies()}:
        raise ConfigError(
            f"no region can be called {own!r}: results/{own} holds other results; rename its file"
        )
    return own


def _content(kind: Kind, name: str) -> Any:
    """What decides the numbers; instead of the path of a data set's description, what it says."""
    loaded = LOADERS[kind](name)
    content = loaded.model_dump(mode="json", exclude=TITLES)
    dataset = str(content.get("dataset", ""))
    if dataset.endswith(".yaml"):
        content["dataset"] = load_manifest()[dataset].model_dump(mode="json")
    return content


def _studies() -> set[str]:
    """Names of the studies, whose results lie beside those of regions."""
    return {path.stem for path in (project_root() / "experiments").glob("beyond*.yaml")}
