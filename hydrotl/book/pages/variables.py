"""The variables of the study (the paper's Table S1), from the manifest and the experiments."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from hydrotl.book.pages import show
from hydrotl.book.paper import load_paper
from hydrotl.config import load_region, load_source
from hydrotl.data.canonical import MEANING, UNITS
from hydrotl.data.manifest import load_manifest
from hydrotl.paths import project_root
from hydrotl_core.recipe import Inputs

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler


@dataclass(frozen=True)
class Used:
    """Inputs that one or more experiments share."""

    names: tuple[str, ...]
    dataset: str
    inputs: Inputs

    @property
    def label(self) -> str:
        """Names of the experiments, the first of many."""
        first, *more = self.names
        return f"{first} and {len(more)} more" if len(more) > 2 else ", ".join(self.names)


def experiments() -> list[Used]:
    """Inputs of all sources and regions in ``experiments/``; equal ones are one entry."""
    root = project_root() / "experiments"
    found: dict[tuple[str, str], tuple[list[str], str, Inputs]] = {}
    for folder in ("sources", "regions"):
        for path in sorted((root / folder).glob("*.yaml")):
            loaded = load_source(path.stem) if folder == "sources" else load_region(path.stem)
            key = (loaded.dataset, loaded.inputs.model_dump_json())
            entry = found.setdefault(key, ([], loaded.dataset, loaded.inputs))
            entry[0].append(path.stem)
    # the shortest name is the one that the others vary
    return [
        Used(tuple(sorted(n, key=len)), dataset, inputs) for n, dataset, inputs in found.values()
    ]


def forcing_table() -> Styler:
    """Daily variables: meaning, unit, where the paper used them, where this book does."""
    used, published = experiments(), load_paper().table_s1
    rows = []
    for name, unit in UNITS.items():
        theirs = [key for key, inputs in published.items() if name in inputs.forcing]
        ours = [entry.label for entry in used if name in entry.inputs.dynamic]
        if theirs or ours:
            rows.append(
                {
                    "variable": name,
                    "meaning": MEANING[name],
                    "unit": unit,
                    "paper's Table S1": ", ".join(theirs) or show.MISSING,
                    "used here by": "; ".join(ours) or show.MISSING,
                }
            )
    return _small(pd.DataFrame(rows))


def inputs_table() -> Styler:
    """Per experiment: forcings, and how many attributes of the paper's list of that data set.

    Which ones is in :func:`attribute_table`.
    """
    manifest, rows = load_manifest(), []
    for entry in experiments():
        attributes = manifest[entry.dataset].attributes
        chosen, listed = entry.inputs.static, attributes.table_s1
        shared = [name for name in chosen if name in listed]
        left = [name for name in listed if name not in chosen]
        flow = [name for name in left if name in attributes.uses_flow]
        rows.append(
            {
                "experiment": ", ".join(entry.names),
                "data set": entry.dataset,
                "forcing": ", ".join(entry.inputs.dynamic),
                "attributes": len(chosen),
                "of Table S1": f"{len(shared)} of {len(listed)}" if listed else show.MISSING,
                "left out": len(left) if listed else show.MISSING,
                "of these from flow": len(flow) if listed else show.MISSING,
                "others": len(chosen) - len(shared),
            }
        )
    return _small(pd.DataFrame(rows))


def attribute_table() -> Styler:
    """Attributes that the paper lists or an experiment uses, per data set with such a list."""
    manifest, used, rows = load_manifest(), experiments(), []
    for key, entry in manifest.datasets.items():
        attributes = entry.attributes
        ours = [e for e in used if e.dataset == key]
        chosen = [name for e in ours for name in e.inputs.static]
        for name in dict.fromkeys([*(attributes.table_s1 if ours else []), *chosen]):
            rows.append(
                {
                    "data set": key,
                    "attribute": name,
                    "meaning, unit": attributes.about.get(name, show.MISSING),
                    "Table S1": _yes(name in attributes.table_s1),
                    "from flow": _yes(name in attributes.uses_flow),
                    "used here by": _names(e.label for e in ours if name in e.inputs.static),
                }
            )
    return _small(pd.DataFrame(rows))


def _names(names: Iterable[str]) -> str:
    return ", ".join(names) or show.MISSING


def _yes(value: bool) -> str:
    return "yes" if value else show.MISSING


def _small(frame: pd.DataFrame) -> Styler:
    return show.table(frame).set_table_attributes('style="font-size: 85%"')
