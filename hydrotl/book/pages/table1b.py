"""Page 05: models that learned a process-based model first, and the paper's Table 1b."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from hydrotl.book.escape import prose
from hydrotl.book.pages.table1a import full
from hydrotl.book.paper import published_scores
from hydrotl.config import load_region
from hydrotl.experiments.cells import is_process
from hydrotl.experiments.records import read_record, results_dir

MODELS = ("local", "process-gr4j", "process-swat", "TL-c")
Key = tuple[str, str, str]


def published() -> pd.DataFrame:
    """The paper's scores of its five Chinese basins: ``training``, ``in the paper`` (the model)."""
    scores = published_scores().rename(columns={"model": "in the paper"})
    return scores[scores["stands for"] == "CHINA-MR"].drop(columns="stands for")


def records(regions: Iterable[str]) -> dict[Key, dict[str, Any]]:
    """Committed records of local, process-taught and TL-c models, scored on the test period.

    Returns
    -------
    dict
        (region, training period, option) -> record, the local model of a period first and TL-c
        last. A region in which no model had a teacher is left out.

    Raises
    ------
    ValueError
        If the models of a region and period were tested on different basins: a gain compares
        basin by basin.
    """
    found: dict[Key, dict[str, Any]] = {}
    for region in regions:
        tested = full(region, MODELS)
        if not any(is_process(record["option"]) for record in tested):
            continue
        basins: dict[str, list[str]] = {}
        for record in tested:
            setting, option = record["setting"], record["option"]
            if record["basins"] != basins.setdefault(setting, record["basins"]):
                raise ValueError(f"{region}, {setting}: {option} was tested on other basins")
            found[region, setting, option] = record
    return found


def deviations(region: str) -> list[str]:
    """Where Table 1b of a region departs from the paper, its SWAT+ included; Markdown."""
    path = results_dir() / region / "swat" / "uncalibrated.json"
    teacher = read_record(path)["deviations"] if path.is_file() else []
    return [prose(one) for one in dict.fromkeys([*load_region(region).deviations, *teacher])]
