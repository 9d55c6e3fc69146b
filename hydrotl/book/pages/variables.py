"""The variables of the study (the paper's Table S1), from the manifest and the experiments."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from hydrotl.book.pages import show
from hydrotl.book.paper import load_paper
from hydrotl.config import load_region, load_source
from hydrotl.data.canonical import MEANING, UNITS
from hydrotl.data.manifest import load_manifest
from hydrotl.paths import project_root
from hydrotl_core.recipe import Inputs


@dataclass(frozen=True)
class Used:
    """Inputs that one or more experiments share, and the names of these."""

    names: list[str]
    dataset: str
    inputs: Inputs

    @property
    def label(self) -> str:
        """Names of the experiments, the first of many."""
        first, *more = self.names
        return f"{first} and {len(more)} more" if len(more) > 2 else "; ".join(self.names)


def experiments() -> list[Used]:
    """Inputs of all sources and regions in ``experiments/``; equal ones are one entry.

    Names are the titles of sources and the short names of regions, the shortest first.
    """
    folder = project_root() / "experiments"
    sources = [load_source(path.stem) for path in sorted((folder / "sources").glob("*.yaml"))]
    regions = [load_region(path.stem) for path in sorted((folder / "regions").glob("*.yaml"))]
    named = [(s.title, s) for s in sources] + [(r.name, r) for r in regions]
    found: dict[tuple[str, str], Used] = {}
    for name, one in named:
        key = (one.dataset, one.inputs.model_dump_json())
        found.setdefault(key, Used([], one.dataset, one.inputs)).names.append(name)
    for used in found.values():
        used.names.sort(key=len)
    return list(found.values())


def forcing_table() -> pd.DataFrame:
    """Daily variables: meaning, unit, where the paper used them, which experiments here do."""
    used, published = experiments(), load_paper().table_s1
    rows = [
        {
            "variable": name,
            "meaning": MEANING[name],
            "unit": unit,
            "paper's Table S1": _names(key for key, p in published.items() if name in p.forcing),
            "used here by": _names(e.label for e in used if name in e.inputs.dynamic),
        }
        for name, unit in UNITS.items()
    ]
    asked = ["paper's Table S1", "used here by"]
    return pd.DataFrame([row for row in rows if any(row[a] != show.MISSING for a in asked)])


def inputs_table() -> pd.DataFrame:
    """Per experiment: forcings, and how many attributes of the paper's list of that data set.

    Which ones is in :func:`attribute_table`.
    """
    rows = []
    for entry in experiments():
        roles = load_manifest()[entry.dataset].attributes
        chosen, listed = entry.inputs.static, roles.table_s1
        shared = [name for name in chosen if name in listed]
        left = [name for name in listed if name not in chosen]
        flow = [name for name in left if name in roles.uses_flow]
        rows.append(
            {
                "experiment": "; ".join(entry.names),
                "data set": entry.dataset,
                "forcing": ", ".join(entry.inputs.dynamic),
                "attributes": len(chosen),
                "of Table S1": f"{len(shared)} of {len(listed)}" if listed else show.MISSING,
                "left out": len(left) if listed else show.MISSING,
                "of these from flow": len(flow) if listed else show.MISSING,
                "others": len(chosen) - len(shared),
            }
        )
    return pd.DataFrame(rows)


def attribute_table() -> pd.DataFrame:
    """Attributes that the paper lists or an experiment uses, per data set in use."""
    used, rows = experiments(), []
    for key, entry in load_manifest().datasets.items():
        roles, ours = entry.attributes, [e for e in used if e.dataset == key]
        listed = roles.table_s1 if ours else []
        for name in dict.fromkeys([*listed, *(a for e in ours for a in e.inputs.static)]):
            rows.append(
                {
                    "data set": key,
                    "attribute": name,
                    "meaning, unit": roles.about.get(name, show.MISSING),
                    "Table S1": "yes" if name in roles.table_s1 else show.MISSING,
                    "from flow": "yes" if name in roles.uses_flow else show.MISSING,
                    "used here by": _names(e.label for e in ours if name in e.inputs.static),
                }
            )
    return pd.DataFrame(rows)


def _names(names: Iterable[str]) -> str:
    return "; ".join(names) or show.MISSING
