"""Page 08: where the models do not work. Basins with their scores, climate and size."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hydrotl.book.escape import code, plain
from hydrotl.book.pages import show, table1a, words
from hydrotl.book.scatter import PROPERTIES
from hydrotl.config import load_options, load_recipe, load_region
from hydrotl.experiments.cells import LOCAL
from hydrotl.experiments.facts import basin_frame, facts_of
from hydrotl.experiments.records import read_record, results_dir
from hydrotl_core.recipe import Period

if TYPE_CHECKING:
    from IPython.display import Markdown

GOOD = 0.5  # an NSE that many hydrologists call satisfactory
#: British basins that live on groundwater, and what they have in common.
GROUNDWATER = Path(__file__).parents[1] / "assets" / "groundwater-gb.csv"
LEAST_BASEFLOW = 0.85
COLUMNS = ["basin", "NSE", *PROPERTIES]
Record = dict[str, Any]


def source_basins(record: Record | None) -> pd.DataFrame:
    """A row per basin of the source check, see :data:`COLUMNS`; no rows without a check."""
    return pd.DataFrame(columns=COLUMNS) if record is None else basin_frame(record)[COLUMNS]


def method(record: Record | None) -> Markdown:
    """Over which years the indices of the record were computed, and how."""
    if record is None or source_basins(record)["aridity"].isna().all():
        return show.remark(
            "*The result of the source check does not hold the climate of its basins: "
            "run `hydrotl check conus-check` to compute it.*"
        )
    train = record["train"]
    return show.remark(
        f"Indices of {len(record['basins'])} basins over {train['start']} to before "
        f"{train['end']}, the training years, with potential evapotranspiration after "
        f"{plain(facts_of(record)['evapotranspiration'].iloc[0])}; scores are of the test years."
    )


def bands(basins: pd.DataFrame, column: str, edges: Sequence[float]) -> pd.DataFrame:
    """Skill of the basins in each band of a property.

    Columns: ``band``, ``basins``, ``median NSE``, and the percentages of basins whose NSE is below
    0 and below 0.5. A basin on an edge is in the upper band; one whose NSE or property is not known
    does not count.
    """
    known = basins.dropna(subset=["NSE", column]).astype({"NSE": float, column: float})
    edges = sorted(edges)
    labels = [f"below {edges[0]:g}"]
    labels += [f"{a:g} to {b:g}" for a, b in itertools.pairwise(edges)]
    labels += [f"{edges[-1]:g} or more"]
    band = pd.cut(known[column], [-math.inf, *edges, math.inf], right=False, labels=labels)
    nse = known["NSE"].groupby(band, observed=False)
    table = pd.DataFrame({"basins": nse.count(), "median NSE": nse.median()})
    for limit in (0, GOOD):
        share = (known["NSE"] < limit).groupby(band, observed=False).mean()
        table[f"below {limit:g}, %"] = (100 * share).round().astype("Int64")
    return table.reset_index(names="band")


def target_basins(setting: str, regions: Sequence[str] = ()) -> pd.DataFrame:
    """Committed results of regions in one setting: a row per model, region and basin.

    Columns ``region`` (its display name), ``recipe`` (its title) and ``model`` besides
    :data:`COLUMNS`. Transferred models are the paper's, of the region's own source.

    Parameters
    ----------
    setting
        Training period, such as ``multi-year``.
    regions
        File names in ``experiments/regions/``. By default all but the variants of others, and a
        basin that several regions hold is taken from the first of them.
    """
    models = [LOCAL, *load_options()]
    rows: list[Any] = [
        row
        for row in table1a.committed().itertuples()
        if row.training == setting
        and row.model in models
        and (row.key in regions if regions else not row.variant)
    ]
    rows.sort(key=lambda row: (models.index(row.model), row.key))
    columns = ["region", "recipe", "model", *COLUMNS]
    if not rows:
        return pd.DataFrame(columns=columns)
    found = pd.concat(
        basin_frame(row.record).assign(region=row.region, recipe=row.recipe, model=row.model)
        for row in rows
    )
    if not regions:
        found = found.drop_duplicates(["basin", "area_km2", "model"])
    return found[columns].reset_index(drop=True)


def groundwater(region: str = "gb") -> pd.DataFrame:
    """Median NSE of a British region's basins that live on groundwater, and of its others.

    Columns ``training``, ``baseflow index``, ``basins`` and a median per model, the longest
    training first; no rows without results.
    """
    known = set(pd.read_csv(GROUNDWATER, dtype={"basin": str})["basin"])
    rows: list[dict[str, Any]] = []
    for setting in table1a.SHORT if region in table1a.regions() else ():
        scores = pd.DataFrame(table1a.all_scores(region, setting))
        models = [m for m in (LOCAL, *load_options(), "warm-c", table1a.CALIBRATED) if m in scores]
        slow = scores.index.astype(str).isin(known)
        rows += [
            {
                "training": setting,
                "baseflow index": name,
                "basins": int(chosen.sum()),
                **scores.loc[chosen, models].median().add_prefix("NSE "),
            }
            for name, chosen in ((f"{LEAST_BASEFLOW} or more", slow), ("less", ~slow))
            if chosen.any()
        ]
    return pd.DataFrame(rows, columns=None if rows else ["training", "baseflow index", "basins"])


def of_groundwater(table: pd.DataFrame) -> str:
    """What :func:`groundwater` says, a sentence per training; nothing without both kinds."""
    said = []
    for training, rows in table.groupby("training", sort=False):
        if len(rows) < 2:
            continue
        (_, slow), (_, others) = rows.iterrows()
        networks = slow.filter(like="NSE ").drop(f"NSE {table1a.CALIBRATED}", errors="ignore")
        conceptual = slow.get(f"NSE {table1a.CALIBRATED}", np.nan)
        best = str(networks.astype(float).idxmax())
        gr4j = "" if pd.isna(conceptual) else f"; GR4J {conceptual:.2f} there"
        said.append(
            f"With {words.setting(str(training))} of data the best network of the {slow['basins']} "
            f"basins with a baseflow index of {slow['baseflow index']}, "
            f"{best.removeprefix('NSE ')}, has a median NSE of {slow[best]:.2f} and in the others "
            f"of {others[best]:.2f}{gr4j}."
        )
    return " ".join(said)


def calibrated(setting: str) -> pd.Series:
    """NSE of the calibrated GR4J by ``region`` (its display name) and ``basin``, where tested."""
    records = {key: table1a.calibrated(key, setting) for key in table1a.regions()}
    found = {load_region(key).name: table1a.scores(r) for key, r in records.items() if r}
    if not found:
        index = pd.MultiIndex.from_arrays([[], []], names=["region", "basin"])
        return pd.Series(index=index, dtype=float)
    return pd.concat(found, names=["region", "basin"])


def results_of(region: str, basin: str) -> pd.DataFrame:
    """All committed test scores of one basin, those of the longest training period first.

    Columns ``training``, ``model``, ``source``, ``recipe`` besides :data:`COLUMNS`.
    """
    records = [read_record(path) for path in sorted((results_dir() / region).glob("*/*_*.json"))]
    records = [record for record in records if basin in record["basins"]]
    records.sort(key=lambda r: Period.model_validate(r["periods"]["train"]).days, reverse=True)
    rows = [
        {
            "training": record["setting"],
            # a calibrated process-based model has no training and no recipe
            "model": record["option"] if "training" in record else table1a.CALIBRATED,
            "source": record.get("source"),
            "recipe": load_recipe(record["recipe"]).name if "training" in record else "",
            **basin_frame(record).set_index("basin").loc[basin],
        }
        for record in records
    ]
    return pd.DataFrame(rows, columns=["training", "model", "source", "recipe", *COLUMNS[1:]])


def water_balance(results: pd.DataFrame, region: str, basin: str) -> Markdown:
    """What the runoff ratio and the snow of :func:`results_of` say about a basin."""
    if results.empty:
        return show.remark(
            f"*Basin {plain(basin)} of {plain(load_region(region).name)}: no committed results "
            f"yet. Run {code(f'hydrotl run {region} --save')} where the data are at hand.*"
        )
    known = results.bfill().iloc[0]  # of the longest training period that knows them
    ratio, snow = float(known["runoff_ratio"]), float(known["snow_fraction"])
    sentences = [f"**Basin {plain(basin)} of {plain(load_region(region).name)}.**"]
    if np.isfinite(ratio):
        sentences.append(
            f"In its training years the river carried {100 * ratio:.0f} % of the precipitation "
            "that its data set states."
        )
    if ratio > 1:
        sentences.append(
            "No balance of rain and evaporation can bring that about: ice or old snow melts, "
            "or the gauges catch too little."
        )
    if np.isfinite(snow):
        sentences.append(f"{100 * snow:.0f} % of it fell below 0 degC.")
    return show.remark(" ".join(sentences))
