"""Page 05: models that learned a process-based model first, and the paper's Table 1b."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from hydrotl.book.paper import load_paper
from hydrotl.config import load_region
from hydrotl.experiments.cells import is_process
from hydrotl.experiments.records import read_record, region_records, results_dir

#: What the paper calls its models that learned SWAT first.
TAUGHT = "SWAT-initialised"
Key = tuple[str, str, str]


def published() -> pd.DataFrame:
    """The paper's scores of its five Chinese basins, by training period and start.

    Columns ``training``, ``in the paper`` (local, SWAT-initialised or TL-c), and the mean and
    median NSE.
    """
    paper = load_paper()
    rows = [
        (training, name, *pair)
        for training, models in paper.table_1a["CHINA-MR"].items()
        for name, pair in {**models, TAUGHT: paper.table_1b[training]}.items()
        if name in ("local", TAUGHT, "TL-c")
    ]
    return pd.DataFrame(rows, columns=["training", "in the paper", "paper: mean", "paper: median"])


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
        tested = [
            r
            for r in region_records(region, load_region(region).recipe)
            if r["scored_on"] == "test"
            and (r["option"] in ("local", "TL-c") or is_process(r["option"]))
        ]
        if any(is_process(r["option"]) for r in tested):
            rank = {"local": 0, "TL-c": 2}
            tested.sort(key=lambda r: (r["setting"], rank.get(r["option"], 1), r["option"]))
            found |= {(region, r["setting"], r["option"]): r for r in tested}
    basins: dict[tuple[str, str], list[str]] = {}
    for (region, setting, option), record in found.items():
        if record["basins"] != basins.setdefault((region, setting), record["basins"]):
            raise ValueError(f"{region}, {setting}: {option} was tested on other basins")
    return found


def deviations(region: str) -> list[str]:
    """Where Table 1b of a region departs from the paper, its SWAT+ included."""
    path = results_dir() / region / "swat" / "uncalibrated.json"
    teacher = read_record(path)["deviations"] if path.is_file() else []
    return list(dict.fromkeys([*load_region(region).deviations, *teacher]))
