"""Computing a committed result again.

The same kind of processor gives the same bits. Another kind, or a GPU, rounds sums otherwise, and
hundreds of updates enlarge that to what another seed would do: single basins that the model is poor
at may move by tenths, the median over basins by hundredths.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hydrotl.config import load_region
from hydrotl.experiments.cells import Cell, Experiment, resolve
from hydrotl.experiments.planner import FindTeacher, no_teachers
from hydrotl.experiments.records import cell_record, read_record
from hydrotl.experiments.sweep import run_cells
from hydrotl_core.errors import ConfigError


def experiment_of(record: dict[str, Any]) -> Experiment:
    """What to run to get a record: its region, setting, option, source, recipe and changes."""
    source, scored = record["source"], record["scored_on"]
    own = source is None or source == load_region(record["region"]).source
    cell = Cell(
        record["region"],
        record["setting"],
        record["option"],
        record["recipe"],
        None if own else source,
    )
    days = 0 if scored == "test" else int(scored.split()[1])
    return resolve(cell, validation_days=days, changes=tuple(record["changes"].items()))


def reproduce_result(
    path: Path, jobs: int = 1, device: str = "cpu", teachers: FindTeacher = no_teachers
) -> tuple[pd.DataFrame, float]:
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
    record = read_record(path)
    if "option" not in record:
        raise ConfigError(f"{path} is not the result of a cell of a region")
    if "changes" not in record or "scored_on" not in record:
        raise ConfigError(
            f"{path} is not the result of a network: `hydrotl calibrate` computes those of GR4J"
        )
    experiment = experiment_of(record)
    results = run_cells(
        [experiment], record["members"], jobs=jobs, device=device, teachers=teachers
    )
    again = cell_record(results[experiment.cell], experiment, device)
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
