"""Two runs side by side: the scores of the basins that both have."""

from __future__ import annotations

import pandas as pd

from hydrotl.river.folder import Run
from hydrotl_core.errors import ConfigError

SHOWN = ("nse", "kge", "bias_percent")


def compare_runs(one: Run, other: Run) -> tuple[pd.DataFrame, list[str]]:
    """Scores of the chosen models in the test years, a row per basin, and what to mind.

    Columns are ``NSE 1``, ``NSE 2`` and so on; ``gain`` is the second run's NSE less the first's.

    Raises
    ------
    ConfigError
        If the runs have no basin in common, or one has no test.
    """
    for run in (one, other):
        if not run.file.tested:
            raise ConfigError(
                f"{run.folder} was trained on all years, and no test years are left to compare: "
                "name a run that was made without --all-years"
            )
    tables = [_tested(run) for run in (one, other)]
    shared = [basin for basin in tables[0].index if basin in tables[1].index]
    if not shared:
        raise ConfigError(
            f"the runs have no basin in common: {', '.join(one.basins)} in the first, "
            f"{', '.join(other.basins)} in the second"
        )
    names = {"nse": "NSE", "kge": "KGE", "bias_percent": "bias, %"}
    columns = {
        f"{names[score]} {number}": table.loc[shared, score]
        for score in SHOWN
        for number, table in enumerate(tables, 1)
    }
    found = pd.DataFrame(columns).assign(gain=lambda t: t["NSE 2"] - t["NSE 1"])
    if len(shared) > 1:
        found.loc["median"] = found.median()
    said = []
    differing = [b for b in shared if one.file.basins[b].test != other.file.basins[b].test]
    if differing:
        said.append(f"the test years differ in {', '.join(differing)}: their scores do not compare")
    known = {basin for run in (one, other) for basin in run.basins}
    alone = sorted(known - set(shared))
    if alone:
        said.append(f"in one of the runs only: {', '.join(alone)}")
    if one.file.data.get("hash") != other.file.data.get("hash"):
        said.append("the runs are of different data")
    return found.round(3), said


def _tested(run: Run) -> pd.DataFrame:
    scores = run.scores
    chosen = scores[(scores["model"] == "simulated") & (scores["period"] == "test")]
    return chosen.set_index("basin")
