"""Results files: scores per basin and member with their provenance, as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.experiments.uncertainty import error_products
from hydrotl.paths import project_root
from hydrotl_core.errors import ConfigError
from hydrotl_core.files import replacing
from hydrotl_core.metrics import ensemble_nse, kge, member_nse

DIGITS = 4
PRODUCT_DIGITS = 6


def results_dir() -> Path:
    """Folder of the committed results."""
    return project_root() / "results"


def _rounded(values: np.ndarray, digits: int = DIGITS) -> list[float | None]:
    """JSON values of a one-dimensional array of scores, rounded, NaN and infinite as null."""
    return [round(float(v), digits) if np.isfinite(v) else None for v in values]


def score_record(simulation: xr.Dataset) -> dict[str, Any]:
    """Scores of an ensemble: per basin, per member, mean and median over basins."""
    ensemble = ensemble_nse(simulation)
    members = member_nse(simulation)
    mean_flow = simulation["simulated"].astype(float).mean("member")
    efficiency = kge(mean_flow, simulation["observed"])
    return {
        "members": int(simulation.sizes["member"]),
        "basins": [str(b) for b in simulation["basin"].values],
        "days_observed": [int(n) for n in simulation["observed"].notnull().sum("day").values],
        "nse": _rounded(ensemble.values),
        "kge": _rounded(efficiency.values),
        "member_nse": {str(int(m)): _rounded(members.sel(member=m).values) for m in members.member},
        "nse_mean": _rounded(np.atleast_1d(ensemble.mean()))[0],
        "nse_median": _rounded(np.atleast_1d(ensemble.median()))[0],
        "member_nse_median": _rounded(members.median("basin").values),
        # Upper triangles; with these, intervals need no simulation (uncertainty.py).
        "error_products": [
            _rounded(p[np.triu_indices(len(p))], PRODUCT_DIGITS) for p in error_products(simulation)
        ],
    }


def record_products(record: dict[str, Any]) -> np.ndarray:
    """Error products ``[basin, member, member]`` of a record (see the module ``uncertainty``)."""
    n = int(record["members"])
    products = np.full((len(record["basins"]), n, n), np.nan)
    rows, columns = np.triu_indices(n)
    for product, stored in zip(products, record["error_products"], strict=True):
        product[rows, columns] = product[columns, rows] = np.array(stored, dtype=float)
    return products


def write_result(path: Path, record: dict[str, Any]) -> None:
    """Write a record, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def read_result(path: Path) -> dict[str, Any]:
    """Read a record.

    Raises
    ------
    ConfigError
        If the file is absent or not JSON, naming the command that makes it.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            f"no results at {path}: `hydrotl run` or `hydrotl check` make them"
        ) from None
    except json.JSONDecodeError as error:
        raise ConfigError(f"{path} is not a results file: {error}") from None


def cell_path(
    region: str,
    setting: str,
    option: str,
    recipe: str,
    source: str | None = None,
    validation_days: int = 0,
    changes: Sequence[tuple[str, float | int]] = (),
) -> Path:
    """Where the result of a cell is kept, below the region's folder.

    In ``RECIPE``; with another ``source`` than the region's in ``RECIPE-SOURCE``; scores of
    training days in ``validation/RECIPE``. A changed recipe is named in the file. Names may be
    paths of YAML files.
    """
    recipe = Path(recipe).stem
    folder = recipe if source is None else f"{recipe}-{Path(source).stem}"
    if validation_days:
        folder = f"validation/{folder}"
    name = "_".join([setting, option, *(f"{key}-{value:g}" for key, value in changes)])
    return results_dir() / Path(region).stem / folder / f"{name}.json"


def cell_table(records: list[dict[str, Any]]) -> pd.DataFrame:
    """Mean and median NSE of each cell, a row per setting and option."""
    rows = [
        {
            "region": r["region"],
            "setting": r["setting"],
            "option": r["option"],
            "members": r["members"],
            "basins": len(r["basins"]),
            "mean NSE": r["nse_mean"],
            "median NSE": r["nse_median"],
        }
        for r in records
    ]
    return pd.DataFrame(rows)


def region_records(region: str, recipe: str) -> list[dict[str, Any]]:
    """All committed records of a region, by setting and option."""
    folder = results_dir() / region / recipe
    return [read_result(path) for path in sorted(folder.glob("*_*.json"))]
