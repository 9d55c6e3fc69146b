"""The calibrated GR4J as one of the ways to model a target."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from hydrotl.data.canonical import data_hash
from hydrotl.data.manifest import Attributes
from hydrotl.experiments.blocks import Held
from hydrotl.experiments.provenance import code_version
from hydrotl.experiments.run import Task
from hydrotl.experiments.target import Target
from hydrotl.process_based.benchmark import basin_task, benchmark_variables

NAME = "gr4j"


def installed() -> bool:
    """Whether GR4J's package, an extra, is there."""
    return find_spec("grsuite") is not None


class Gr4j:
    """GR4J with snow, calibrated basin by basin.

    Parameters
    ----------
    attributes
        Roles of the data set's attributes.
    """

    name = NAME
    members = fold_members = 1

    def __init__(self, attributes: Attributes) -> None:
        self.attributes = attributes
        self._parts: dict[str, dict[str, Any]] = {}

    def shared(self, target: Target) -> dict[str, Any]:
        """Data of each basin, by their hash: random draws share basins."""
        if target.name not in self._parts:
            ds = benchmark_variables(target.ds, self.attributes)
            parts = [ds.sel(basin=[basin]) for basin in target.basins]
            self._parts[target.name] = {f"{NAME} {data_hash(part)}": part for part in parts}
        return self._parts[target.name]

    def tasks(self, target: Target, seed: int, held: Held | None = None) -> list[Task]:
        """A task per basin."""
        names, code = list(self.shared(target)), code_version()
        days = target.test if held is None else target.fit
        return [
            basin_task(basin, name, self.attributes, fit, test, seed, code, held)
            for basin, name, fit, test in zip(target.basins, names, target.fit, days, strict=True)
        ]


def find_benchmark(attributes: Attributes) -> Gr4j | None:
    """GR4J for a data set with these roles; None where its package is not installed."""
    return Gr4j(attributes) if installed() else None
