"""Page 2: the ensembles of source models in ``weights/`` and the check of their skill."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hydrotl.experiments.records import read_record, results_dir
from hydrotl.paths import project_root
from hydrotl_core.recipe import Period

if TYPE_CHECKING:
    from hydrotl_core.weights import Card


def ensembles() -> list[str]:
    """Names of the ensembles in ``weights/``."""
    folders = {path.parent for path in (project_root() / "weights").glob("*/member-*.safetensors")}
    return sorted(folder.name for folder in folders)


def cards(name: str) -> list[Card]:
    """The metadata that each member of an ensemble carries.

    Raises
    ------
    WeightsError
        If there is no such ensemble.
    """
    from hydrotl_core.weights import load_weights, member_paths

    return [load_weights(path)[1] for path in member_paths(project_root() / "weights" / name)]


def check_record(name: str = "conus-check") -> dict[str, Any] | None:
    """The committed result of the source check; None if there is none."""
    path = results_dir() / "source" / f"{name}.json"
    return read_record(path) if path.is_file() else None


def years(period: Period | Mapping[str, Any]) -> str:
    """A period in words."""
    known = Period.model_validate(period)
    return f"{known.start} to before {known.end}"
