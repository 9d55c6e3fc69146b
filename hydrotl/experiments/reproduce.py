"""Computing a committed result again.

The same kind of processor gives the same bits. Another kind, or a GPU, rounds sums otherwise, and
hundreds of updates enlarge that to what another seed would do: single basins that the model is poor
at may move by tenths, the median over basins by hundredths.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from hydrotl.config import SweepEntry, load_region
from hydrotl.experiments.records import read_result
from hydrotl.experiments.sweep import Planner, compute_cell
from hydrotl_core.errors import ConfigError


def entry_of(record: dict[str, object]) -> SweepEntry:
    """What to run to get a record: its region, setting, option, source, recipe and changes."""
    region = str(record["region"])
    scored = str(record["scored_on"])
    source = record["source"]
    own = source is None or source == load_region(region).source
    changes = record.get("changes") or {}
    if not isinstance(changes, dict) or len(changes) > 1:
        raise ConfigError("a record with more than one change of the recipe is no sweep's")
    return SweepEntry.model_validate(
        {
            "regions": [region],
            "settings": [record["setting"]],
            "options": [record["option"]],
            "sources": [] if own else [source],
            "recipe": record["recipe"],
            "members": record["members"],
            "validation_days": 0 if scored == "test" else int(scored.split()[1]),
            "vary": {key: [value] for key, value in changes.items()},
        }
    )


def reproduce_result(path: Path, jobs: int = 1, device: str = "cpu") -> tuple[pd.DataFrame, float]:
    """Train and test the cell of a results file again; the file stays as it is.

    Returns
    -------
    table : pandas.DataFrame
        Basin, NSE in the file and NSE computed now.
    largest : float
        Largest difference; infinite where only one of the two is defined.

    Raises
    ------
    ConfigError
        If the file is absent or no result of a cell.
    """
    record = read_result(path)
    if "option" not in record:
        raise ConfigError(f"{path} is not the result of a cell of a region")
    planner = Planner(device)
    (work,) = planner.work(entry_of(record))
    again = compute_cell(work, planner, jobs)
    table = pd.DataFrame(
        {
            "basin": record["basins"],
            "in the file": np.array(record["nse"], dtype=float),
            "computed": np.array(again["nse"], dtype=float),
        }
    )
    difference = (table["in the file"] - table["computed"]).abs().to_numpy()
    both_missing = table["in the file"].isna() & table["computed"].isna()
    difference = np.where(both_missing, 0.0, np.nan_to_num(difference, nan=np.inf))
    return table, float(difference.max())


def median_difference(table: pd.DataFrame) -> float:
    """Difference between the two median NSE over basins of :func:`reproduce_result`'s table."""
    return float(abs(table["in the file"].median() - table["computed"].median()))
