"""How well the intervals hold: coverage and sharpness in the test years of a study's targets.

They are of the model that the study's rule chooses, whose held-out training days make its interval
(:mod:`hydrotl.experiments.intervals`); the test years only score it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from scores.continuous import interval_score

from hydrotl.experiments import intervals
from hydrotl.experiments.records import results_dir, rounded
from hydrotl.experiments.store import content_hash
from hydrotl.experiments.study import DRAWN, Study, load_study
from hydrotl.experiments.summary import chosen_of, study_records, years_of
from hydrotl_core.files import replacing

#: Thirds of a basin's observed days, by their flow.
FLOWS = ("low", "middle", "high")
#: Values by basin in a record's part.
VALUES = ("coverage", *FLOWS, "width", "score")


def settings_key() -> str:
    """Names the way intervals are made: with another one, those in records are out of date."""
    named = ("CENTRES", "REACH", "OFFSET", "DAY_COUNTS", "SHRINKAGE_DAYS", "LEAST_FLOW", "LEVEL")
    return content_hash([getattr(intervals, name) for name in named])


def coverage(
    lower: np.ndarray, upper: np.ndarray, observed: np.ndarray, level: float
) -> pd.DataFrame:
    """How an interval fits observed flow, a row per basin; NaN where nothing can be compared.

    Parameters
    ----------
    lower, upper
        Bounds, mm/day, ``[basin, day]``.
    observed
        Streamflow, NaN = no observation.

    Returns
    -------
    DataFrame
        ``coverage`` is the share of days within, of all and of those with ``low``, ``middle`` and
        ``high`` flow (thirds of the basin's observed days); ``width`` the mean width and ``score``
        the interval score (Gneiting & Raftery 2007, doi:10.1198/016214506000001437), both over the
        mean observed flow. A narrow interval that holds has a small score.
    """
    seen = np.isfinite(lower) & np.isfinite(upper) & np.isfinite(observed)
    found = pd.DataFrame(np.nan, index=range(len(observed)), columns=VALUES)
    dims = ("basin", "day")
    parts = [xr.DataArray(np.where(seen, a, np.nan), dims=dims) for a in (lower, upper, observed)]
    scores = interval_score(*parts, level, preserve_dims=["basin"])
    for basin, days in enumerate(seen):
        if not days.any():
            continue
        flow = observed[basin][days].astype(float)
        inside = (flow >= lower[basin][days]) & (flow <= upper[basin][days])
        found.loc[basin, "coverage"] = inside.mean()
        third = np.digitize(flow, np.quantile(flow, [1 / 3, 2 / 3]))
        for number, name in enumerate(FLOWS):
            if (third == number).any():
                found.loc[basin, name] = inside[third == number].mean()
        if flow.mean() > 0:
            found.loc[basin, "width"] = float(scores["interval_width_penalty"][basin]) / flow.mean()
            found.loc[basin, "score"] = float(scores["total"][basin]) / flow.mean()
    return found


def interval_part(
    title: str,
    held_out: np.ndarray,
    seen: np.ndarray,
    predicted: np.ndarray,
    observed: np.ndarray,
) -> dict[str, Any]:
    """What a record keeps of the interval of the model ``title``.

    Parameters
    ----------
    held_out, seen
        Predicted and observed flow of the training days, as for
        :func:`hydrotl.experiments.intervals.interval`.
    predicted, observed
        The same of the test days, ``[basin, day]``.
    """
    lower, upper = intervals.interval(held_out, seen, predicted)
    found = coverage(lower, upper, observed, intervals.LEVEL)
    return {
        "of": title,
        "level": intervals.LEVEL,
        "settings": settings_key(),
        **{name: rounded(found[name].to_numpy()) for name in VALUES},
    }


def coverage_table(records: Sequence[Mapping[str, Any]], study: Study) -> pd.DataFrame:
    """Values of each basin of each target whose record has a valid interval, a row each.

    Columns besides :data:`VALUES`: ``target``, ``basins`` and ``years`` of the target, and
    ``region``, which is empty for a random draw.
    """
    tables = []
    for record in records:
        part = record.get("intervals")
        if part is None or not is_current(part, chosen_of(record, study.rule).mix.title):
            continue
        table = pd.DataFrame({name: pd.Series(part[name], dtype=float) for name in VALUES})
        table["target"] = record["target"]
        table["basins"], table["years"] = len(record["basins"]), years_of(record["fit"])
        table["region"] = home_of(record["target"], study)
        tables.append(table)
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def is_current(part: Mapping[str, Any] | None, title: str) -> bool:
    """Whether a record's part is of the model ``title`` and of today's settings."""
    return part is not None and (part["of"], part["settings"]) == (title, settings_key())


def home_of(target: str, study: Study) -> str:
    """Region that a target is a setting of; empty for a random draw."""
    if DRAWN.fullmatch(target):
        return ""
    names = [Path(name).name.removesuffix(".yaml") for name in study.regions]
    fitting = [name for name in names if target.startswith(f"{name}-")]
    return max(fitting, key=len, default=target)


def coverage_summary(records: Sequence[Mapping[str, Any]], study: Study) -> dict[str, Any] | None:
    """Coverage and sharpness over all basins of all targets, and by kind; None without any.

    A value is the mean over basins, each as often as a target has it. ``spread`` is the coverage
    that 5 % and 95 % of the basins stay below.
    """
    table = coverage_table(records, study)
    if table.empty:
        return None
    drawn = table[table["region"] == ""]
    sizes = sorted({*zip(drawn["basins"], drawn["years"], strict=True)})
    return {
        "level": intervals.LEVEL,
        "of_targets": len(records),
        **_counted(table),
        "spread": rounded(table["coverage"].quantile([0.05, 0.95]).to_numpy()),
        "by_size": [
            {
                "basins": int(basins),
                "years": int(years),
                **_counted(drawn[(drawn["basins"] == basins) & (drawn["years"] == years)]),
            }
            for basins, years in sizes
        ],
        "by_region": [
            {"region": name, **_counted(table[table["region"] == name])}
            for name in sorted(set(table["region"]) - {""})
        ],
    }


def _counted(table: pd.DataFrame) -> dict[str, Any]:
    return {"targets": int(table["target"].nunique()), **means_of(table)}


def means_of(table: pd.DataFrame) -> dict[str, Any]:
    """Mean of each of :data:`VALUES` over the basins that have one, and how many there are."""
    means = rounded(table[list(VALUES)].mean().to_numpy())
    return {"rows": len(table), **dict(zip(VALUES, means, strict=True))}


def coverage_path(name: str) -> Path:
    """File of the coverage of study ``name``."""
    return results_dir() / "summary" / f"{name}-intervals.json"


def write_coverage(name: str) -> Path | None:
    """Write ``results/summary/NAME-intervals.json`` from the records; None without any."""
    found = coverage_summary(study_records(name), load_study(name))
    if found is None:
        return None
    with replacing(coverage_path(name)) as temporary:
        temporary.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return coverage_path(name)
