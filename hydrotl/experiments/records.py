"""Records: the committed results, scores per basin and member with their provenance.

``results/REGION/RECIPE/SETTING_OPTION.json`` holds a cell, an array or a basin a line, and first a
checksum.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.data.coverage import Filled
from hydrotl.experiments.cells import Cell, Changes, Experiment, cell_identity
from hydrotl.experiments.consistent import CHECKSUM, checksum, load_record
from hydrotl.experiments.ensemble import source_members
from hydrotl.experiments.names import file_name
from hydrotl.experiments.provenance import provenance
from hydrotl.experiments.uncertainty import error_products
from hydrotl.names import path_name
from hydrotl.paths import project_root
from hydrotl_core.errors import ConfigError
from hydrotl_core.files import replacing
from hydrotl_core.metrics import ensemble_nse, kge, member_nse
from hydrotl_core.recipe import Training

DIGITS = 4
PRODUCT_DIGITS = 6


@dataclass(frozen=True)
class CellResult:
    """Simulation of a cell's ensemble, and how its members were trained."""

    cell: Cell
    simulation: xr.Dataset
    training: Training
    seconds: float
    data_hash: str
    code: str = ""
    date: str = ""
    arithmetic: str = "float32"
    machine: str = ""
    changes: Changes = ()
    cautions: Sequence[str] = ()
    filled: Filled = field(default_factory=dict)

    @property
    def basin_nse(self) -> xr.DataArray:
        """NSE of the mean discharge, per basin."""
        return ensemble_nse(self.simulation)


def results_dir() -> Path:
    """Folder of the committed results."""
    return project_root() / "results"


def rounded(values: np.ndarray, digits: int = DIGITS) -> list[float | None]:
    """JSON values of a one-dimensional array of scores, rounded; NaN and infinite as null."""
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
        "nse": rounded(ensemble.values),
        "kge": rounded(efficiency.values),
        "member_nse": {str(int(m)): rounded(members.sel(member=m).values) for m in members.member},
        "nse_mean": rounded(np.atleast_1d(ensemble.mean()))[0],
        "nse_median": rounded(np.atleast_1d(ensemble.median()))[0],
        "member_nse_median": rounded(members.median("basin").values),
        # Upper triangles; with these, intervals need no simulation (uncertainty.py).
        "error_products": [
            rounded(p[np.triu_indices(len(p))], PRODUCT_DIGITS) for p in error_products(simulation)
        ],
    }


def cell_record(result: CellResult, experiment: Experiment, device: str) -> dict[str, Any]:
    """The record of a cell: scores, configuration and provenance."""
    starts = experiment.option is not None
    return {
        **cell_identity(experiment),
        "source_members": len(source_members(experiment.source)) if starts else 0,
        "periods": experiment.setting.model_dump(mode="json", exclude_defaults=True),
        **score_record(result.simulation),
        **({"filled": result.filled} if result.filled else {}),
        "training": result.training.model_dump(mode="json"),
        "deviations": experiment.region.deviations,
        "cautions": list(result.cautions),
        "provenance": provenance(
            device,
            result.seconds,
            data_hash=result.data_hash,
            code=result.code,
            date=result.date,
            arithmetic=result.arithmetic,
            machine=result.machine,
        ),
    }


def record_products(record: dict[str, Any]) -> np.ndarray:
    """Error products ``[basin, member, member]`` of a record (see ``uncertainty``)."""
    if record.get("error_products") is None:
        raise ConfigError(
            f"the record of {record['option']} has no error_products: restore it, or compute it "
            "again"
        )
    n = int(record["members"])
    products = np.full((len(record["basins"]), n, n), np.nan)
    rows, columns = np.triu_indices(n)
    for product, upper in zip(products, record["error_products"], strict=True):
        product[rows, columns] = product[columns, rows] = np.array(upper, dtype=float)
    return products


def write_record(path: Path, record: dict[str, Any]) -> None:
    """Write a record: its checksum, one line per key, and per inner list of a list of lists."""
    said = {key: value for key, value in record.items() if key != CHECKSUM}
    record = {CHECKSUM: checksum(said), **said}
    lines = [f"{json.dumps(key)}: {_laid_out(value)}" for key, value in record.items()]
    with replacing(path) as temporary:
        temporary.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def _laid_out(value: Any) -> str:
    """JSON of a value; a list of lists, or a mapping to lists, has a line per list."""
    if isinstance(value, list) and value and all(isinstance(item, list) for item in value):
        return "[\n" + ",\n".join(f" {json.dumps(item)}" for item in value) + "\n]"
    if isinstance(value, dict) and any(isinstance(item, list) for item in value.values()):
        parts = [f" {json.dumps(key)}: {json.dumps(item)}" for key, item in value.items()]
        return "{\n" + ",\n".join(parts) + "\n}"
    return json.dumps(value, ensure_ascii=False)


def read_record(path: Path) -> dict[str, Any]:
    """Read a record.

    Raises
    ------
    ConfigError
        If the file is absent, naming the command that makes it; if it is damaged or contradicts
        itself; or if it lies where results of something else are kept.
    """
    record = load_record(path)
    if results_dir() in path.parents and "region" in record:
        cell = [str(record[key]) for key in ("setting", "option") if key in record]
        place = path.relative_to(results_dir()).parts[0]
        named = path.stem == "_".join(cell) or path.stem.startswith("_".join([*cell, ""]))
        if place != record["region"] or not named:
            raise ConfigError(
                f"{path} holds a result of {' '.join([record['region'], *cell])}, which its name "
                "says it is not: move it back, or compute this one again"
            )
    return record


def refuse_other(path: Path, identity: dict[str, Any]) -> None:
    """Raise a ConfigError if ``path`` is of something else, or lies among what is.

    ``identity`` says what is to be written there (:func:`hydrotl.experiments.cells.cell_identity`).
    Results of a region in a file of one's own lie apart from those of others with its file's name.
    """
    there = {"files": {}, **read_record(path)} if path.is_file() else {}
    other = [key for key in identity if key in there and there[key] != identity[key]]
    region = results_dir() / path.relative_to(results_dir()).parts[0]
    beside = sorted(region.glob("*/*.json")) if identity["files"].get("regions") else []
    for one in beside:
        files = read_record(one).get("files", {})
        if files.get("regions") != identity["files"]["regions"]:
            path, other = one, ["region file"]
    if other:
        raise ConfigError(
            f"{path} holds a result of another {', another '.join(other)}: move it away, or "
            "rename the file of what you compute"
        )


def cell_path(experiment: Experiment) -> Path:
    """Where the record of a cell is kept, below the region's folder.

    In ``RECIPE``; with another source than the region's in ``RECIPE-SOURCE``; scores of training
    days in ``validation/RECIPE``. A changed recipe is named in the file. Names may be paths of
    YAML files (:mod:`hydrotl.experiments.names`).
    """
    cell = experiment.cell
    folder = file_name("recipes", experiment.recipe)
    if cell.source is not None:
        folder = f"{folder}-{file_name('sources', cell.source)}"
    if experiment.validation_days:
        folder = f"validation/{folder}"
    changed = [f"{key}-{value:g}" for key, value in experiment.changes]
    name = path_name("_".join([cell.setting, cell.option, *changed]), "result")
    return results_dir() / file_name("regions", cell.region) / folder / f"{name}.json"


def unscored(record: dict[str, Any]) -> list[str]:
    """Basins of a record that have no score, and are not counted in means and medians."""
    return [b for b, nse in zip(record["basins"], record["nse"], strict=True) if nse is None]


def cell_table(records: list[dict[str, Any]]) -> pd.DataFrame:
    """Mean and median NSE of each cell over the basins that have one.

    A row per setting and option; ``basins`` counts those with a score.
    """
    rows = [
        {
            "region": r["region"],
            "setting": r["setting"],
            "option": r["option"],
            "members": r["members"],
            "basins": len(r["basins"]) - len(unscored(r)),
            "mean NSE": r["nse_mean"],
            "median NSE": r["nse_median"],
        }
        for r in records
    ]
    return pd.DataFrame(rows)


def region_records(region: str, recipe: str) -> list[dict[str, Any]]:
    """All committed records of a region, by setting and option.

    Raises
    ------
    ConfigError
        If one is damaged or of something else, or names other basins than the others.
    """
    paths = sorted((results_dir() / region / recipe).glob("*_*.json"))
    records = {path: read_record(path) for path in paths}
    for path, record in records.items():
        if "option" not in record:
            raise ConfigError(f"{path} is not the result of a cell: restore it, or move it away")
    _require_same_basins(records)
    return list(records.values())


def _require_same_basins(records: Mapping[Path, Mapping[str, Any]]) -> None:
    """Refuse records of a region of which a few name other basins, or in another order."""
    named = {path: tuple(record["basins"]) for path, record in records.items()}
    usual, _ = next(iter(Counter(named.values()).most_common(1)), ((), 0))
    for path, basins in named.items():
        if basins != usual:
            pairs = zip_longest(basins, usual, fillvalue="none")
            one, other = next(pair for pair in pairs if pair[0] != pair[1])
            raise ConfigError(
                f"{path} names basin {one} where other results of the region name {other}: restore "
                "it, or compute it again"
            )
