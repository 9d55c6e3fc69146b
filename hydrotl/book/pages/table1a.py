"""The committed results of Table 1a: which there are, and the gain of one over another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from hydrotl.book.escape import plain, prose
from hydrotl.book.pages import show
from hydrotl.config import load_all_options, load_options, load_recipe, load_region
from hydrotl.data.regions import region_cautions
from hydrotl.experiments.cells import LOCAL
from hydrotl.experiments.records import (
    read_record,
    record_products,
    region_records,
    results_dir,
    unscored,
)
from hydrotl.experiments.uncertainty import Interval, interval
from hydrotl.paths import project_root

CALIBRATED = "GR4J, calibrated"
# With fewer, a bootstrap interval says little of other rivers or of other seeds.
LEAST_BASINS, LEAST_MEMBERS = 5, 3
SHORT = {"multi-year": "multi", "1-year": "1yr"}
Record = dict[str, Any]


def regions() -> list[str]:
    """Regions with full results of the region's own recipe, those with most basins last."""
    known = (project_root() / "experiments" / "regions").glob("*.yaml")
    found = [(len(records[0]["basins"]), p.stem) for p in known if (records := full(p.stem))]
    return [name for _, name in sorted(found)]


def committed() -> pd.DataFrame:
    """A row per region, setting and model with full results, regions with most basins last.

    Columns ``key`` (the region's file), ``region`` (its name), ``variant`` (what it changes of
    another region, or empty), ``rivers`` (the name of the region that it repeats, or its own),
    ``recipe``, ``attributes`` (their number), ``stands for`` (a region of the paper),
    ``training``, ``model``, ``beyond`` (whether the paper has no such option), ``basins``,
    ``members``, ``median NSE`` and ``record``, the whole results record.
    """
    rows: list[dict[str, Any]] = []
    papers = {LOCAL, *load_options()}
    for key in regions():
        region = load_region(key)
        rows += [
            {
                "key": key,
                "region": region.name,
                "variant": region.variant or "",
                "rivers": load_region(region.variant_of or key).name,
                "recipe": load_recipe(region.recipe).name,
                "attributes": len(region.inputs.static),
                "stands for": region.stands_for,
                "training": record["setting"],
                "model": record["option"],
                "beyond": record["option"] not in papers,
                "basins": len(record["basins"]) - len(unscored(record)),
                "members": record["members"],
                "median NSE": record["nse_median"],
                "record": record,
            }
            for record in full(key)
        ]
    return pd.DataFrame(rows)


def full(region: str, models: Sequence[str] = ()) -> list[Record]:
    """Records of a region scored on the test period, by setting and in the order of ``models``.

    By default the local model and all transfer options.
    """
    order = list(models) or [LOCAL, *load_all_options()]
    records = region_records(region, load_region(region).recipe)
    tested = [r for r in records if r["scored_on"] == "test" and r["option"] in order]
    return sorted(tested, key=lambda r: (r["setting"], order.index(r["option"])))


def calibrated(region: str, setting: str) -> Record | None:
    """Record of the calibrated conceptual model, if there is one."""
    paths = sorted((results_dir() / region / "conceptual").glob(f"{setting}_*.json"))
    return read_record(paths[0]) if paths else None


def scores(record: Record) -> pd.Series:
    """NSE of each basin of a record; NaN where it is not defined."""
    return pd.Series(record["nse"], index=record["basins"], dtype=float)


def all_scores(region: str, setting: str) -> dict[str, pd.Series]:
    """:func:`scores` of all models of a region in a setting, the calibrated one last."""
    found = {r["option"]: scores(r) for r in full(region) if r["setting"] == setting}
    benchmark = calibrated(region, setting)
    return found if benchmark is None else found | {CALIBRATED: scores(benchmark)}


def gain(record: Record, reference: Record) -> Interval:
    """Median over basins of the gain of NSE over a reference, with its bootstrap interval.

    Raises
    ------
    ValueError
        If the two are of other basins.
    """
    if record["basins"] != reference["basins"]:
        raise ValueError("a gain needs the same basins in both records")
    return interval(record_products(record), np.nanmedian, record_products(reference))


def enough(record: Record) -> bool:
    """Whether basins and members suffice for a verdict."""
    return len(record["basins"]) >= LEAST_BASINS and record["members"] >= LEAST_MEMBERS


def verdict(found: Interval, record: Record) -> str:
    """In words: a gain, a loss, or no clear difference; with few basins or members only a sign."""
    if not enough(record):
        sign = "higher" if found.value > 0 else "lower"
        return f"{sign}, with too few basins or members for a verdict"
    if found.low > 0:
        return "a gain"
    return "a loss" if found.high < 0 else "no clear difference"


def about(region: str) -> str:
    """What the results of a region are, with every departure from the paper, as Markdown."""
    records, loaded = full(region), load_region(region)
    if not records:
        return f"There are no full results of {plain(loaded.name)} yet."
    dates = sorted({r["provenance"]["date"] for r in records})
    codes = sorted({r["provenance"]["code"] for r in records})
    basins = records[0]["basins"]
    known = [*map(prose, region_cautions(loaded))]
    listed = f" ({plain(', '.join(basins))})" if len(basins) <= 5 else ""
    return (
        f"**{plain(loaded.name)}**: {plain(loaded.title)}, {len(basins)} basins{listed}. Recipe "
        f"*{plain(load_recipe(loaded.recipe).name)}*; computed {plain(', '.join(dates))}, version "
        f"{plain(', '.join(codes))}. Departures from the paper:\n\n"
        + show.bullets(
            [*map(prose, loaded.deviations), "TL-b's set of weights is an interpretation."]
        )
        + (f"\n\nWhat is known of test days:\n\n{show.bullets(known)}" if known else "")
    )


def cell_file(region: str) -> str:
    """Path of one results file of a region, as an example."""
    record = full(region)[-1]
    return f"results/{region}/{record['recipe']}/{record['setting']}_{record['option']}.json"


def quoted(*regions: str) -> dict[str, float | int]:
    """Numbers that other pages quote: ``gb_49_basins``, ``ind_multi_tla_median`` and so on.

    A hyphen of a region's name is an underscore; NaN, or 0 basins, where there is no result.
    """
    found: dict[str, float | int] = {}
    for region in regions:
        records, prefix = full(region), region.replace("-", "_")
        found[f"{prefix}_basins"] = len(records[0]["basins"]) if records else 0
        for setting, short in SHORT.items():
            benchmark = calibrated(region, setting) or {"nse_median": math.nan}
            found[f"{prefix}_{short}_gr4j_median"] = benchmark["nse_median"]
            by_option = {r["option"]: r for r in records if r["setting"] == setting}
            for option in (LOCAL, *load_options()):
                known = by_option.get(option, {})
                name = f"{prefix}_{short}_{option.lower().replace('-', '')}"
                found[f"{name}_mean"] = known.get("nse_mean", math.nan)
                found[f"{name}_median"] = known.get("nse_median", math.nan)
    return found
