"""Facts of basins that the book shows besides scores: place, size and climate.

``results/REGION/basins.csv`` is kept with the records, so that the book can be built without data.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hydrotl.config import load_region
from hydrotl.data.basins import DIGITS as FACTS
from hydrotl.data.basins import facts_frame
from hydrotl.data.catalog import open_dataset
from hydrotl.data.findings import names_of
from hydrotl.data.manifest import load_manifest
from hydrotl.data.regions import region_basins, region_settings
from hydrotl.experiments.cells import Experiment
from hydrotl.experiments.names import file_name, is_of_project
from hydrotl.experiments.records import results_dir
from hydrotl_core.errors import ConfigError, DoubtfulData
from hydrotl_core.files import replacing, set_aside
from hydrotl_core.recipe import Period


def facts_path(region: str) -> Path:
    """Table of a region's basins; a variant has that of the region it repeats."""
    repeated = load_region(region).variant_of if is_of_project("regions", region) else None
    return results_dir() / (repeated or file_name("regions", region)) / "basins.csv"


def write_facts(experiment: Experiment) -> None:
    """Write the table of the region's basins, unless it is there or the cell is only a trial.

    Climate is that of the training days of the region's longest setting.
    """
    path = facts_path(experiment.cell.region)
    if path.is_file() or experiment.validation_days:
        return
    region = experiment.region
    ds = region_basins(region)
    basins = [str(b) for b in ds["basin"].values]
    settings = [s.periods("train", basins) for s in region_settings(region).values()]
    longest = [max(p, key=lambda period: period.days) for p in zip(*settings, strict=True)]
    save_facts(path, *facts_frame(ds, load_manifest()[region.dataset].attributes, longest))


def heal_facts(experiment: Experiment, basins: Sequence[str]) -> None:
    """Write a damaged table of the region's basins again, or one without some of ``basins``.

    What was there is kept under another name, which is said. No table is left to who writes the
    records.
    """
    path = facts_path(experiment.cell.region)
    if not path.is_file() or experiment.validation_days:
        return
    try:
        known = read_facts(path).index
        lost = [basin for basin in basins if basin not in known]
        problem = f"{path} has no row of basin {names_of(lost)}" if lost else ""
    except ConfigError as error:
        problem = str(error).rsplit(": restore it", 1)[0]
    if problem:
        aside = set_aside(path).name
        warnings.warn(f"{problem}: kept as {aside}, and written again", DoubtfulData, stacklevel=2)
        write_facts(experiment)


def source_facts(
    dataset: str, basins: list[str], train: Period, path: Path, data: Path | None = None
) -> None:
    """Write the table of a source's basins, climate over its training period ``train``.

    ``data`` is a file to read instead of the data folder (``hydrotl pack``).
    """
    ds = open_dataset(dataset, basins, file=data)
    attributes = load_manifest()[dataset].attributes
    save_facts(path, *facts_frame(ds, attributes, [train] * len(basins)))


def save_facts(path: Path, facts: pd.DataFrame, formula: str) -> None:
    """Write a table of basins; its last column says how evapotranspiration was computed."""
    with replacing(path) as temporary:
        table = facts.assign(evapotranspiration=formula).reset_index()
        table.to_csv(temporary, index=False, lineterminator="\n")


def read_facts(path: Path) -> pd.DataFrame:
    """Place, size and climate of basins, indexed by basin; empty if there is no such table."""
    if not path.is_file():
        return pd.DataFrame(columns=[*FACTS, "evapotranspiration"]).rename_axis("basin")
    try:
        found = pd.read_csv(path, dtype={"basin": str}).set_index("basin")
        if found.index.has_duplicates:
            raise ValueError("a basin is listed twice")
        return found.astype(dict.fromkeys(FACTS, float))
    except (KeyError, ValueError) as error:  # also of text that is not UTF-8, or no table
        raise ConfigError(f"{path} is damaged ({error}): restore it, or move it away") from None


def facts_of(record: dict[str, Any]) -> pd.DataFrame:
    """Rows of the table of facts of a record's basins, NaN where not known.

    A table without some of the basins is warned of.
    """
    path = facts_path(record["region"]) if "region" in record else check_facts(record["source"])
    facts = read_facts(path)
    lost = [basin for basin in record["basins"] if basin not in facts.index]
    if lost and path.is_file():
        warnings.warn(
            f"{path} has no row of basin {names_of(lost)}, of which place and climate are not "
            "known: restore the table",
            DoubtfulData,
            stacklevel=2,
        )
    return facts.reindex(record["basins"])


def basin_frame(record: dict[str, Any]) -> pd.DataFrame:
    """A row per basin of a record: NSE, place, size and climate, NaN where not known."""
    nse = np.array(record["nse"], dtype=float)
    frame = pd.DataFrame({"basin": record["basins"], "NSE": nse})
    facts = facts_of(record)[list(FACTS)].astype(float)
    return frame.join(facts.reset_index(drop=True))


def check_facts(source: str) -> Path:
    """Table of the basins of a source check."""
    return results_dir() / "source" / f"{file_name('sources', source)}-basins.csv"
