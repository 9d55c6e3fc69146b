"""Section 8: local and transferred models against climate and size of the target basins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hydrotl.book.pages import show
from hydrotl.book.pages.limits import GOOD, PROPERTIES
from hydrotl.book.pages.table1a import BARE, PAPERS
from hydrotl.book.scatter import skill_scatter
from hydrotl.config import load_options
from hydrotl.experiments.records import basin_frame, read_record, results_dir
from hydrotl_core.recipe import Period

if TYPE_CHECKING:
    import holoviews as hv
    from IPython.display import Markdown

LOCAL = "local"
KEYS = ["region", "recipe", "basin"]


def committed(setting: str, regions: Sequence[str] = ()) -> pd.DataFrame:
    """Committed results of regions in one setting: a row per region, recipe, model and basin.

    Transferred models are those of the region's own source. ``regions``: none means all but the
    variants of others, and a basin that several regions hold is taken from the first of them.
    """
    frames = []
    for path in sorted(results_dir().glob(f"*/*/{setting}_*.json")):
        record = read_record(path)
        name = path.parent.parent.name
        if path.parent.name != record.get("recipe") or (regions and name not in regions):
            continue
        if not regions and name.endswith((BARE, PAPERS)):
            continue
        if record["option"] not in (LOCAL, *load_options()):
            continue
        described = {"region": name, "recipe": record["recipe"], "model": record["option"]}
        frames.append(basin_frame(record).assign(**described))
    columns = ["region", "recipe", "model", "basin", "NSE", *PROPERTIES]
    if not frames:
        return pd.DataFrame(columns=columns)
    found = pd.concat(frames)
    if not regions:
        found = found.drop_duplicates(["basin", "area_km2", "model"])
    return found[columns]


def _models(frame: pd.DataFrame) -> list[str]:
    found = set(frame["model"])
    return [name for name in (LOCAL, *load_options()) if name in found]


def scatter(frame: pd.DataFrame, column: str) -> hv.Overlay | Markdown:
    """NSE of local and transferred models against one property, all regions."""
    chosen = PROPERTIES[column]
    if frame.dropna(subset=["NSE", column]).empty:
        return show.remark(f"*No committed result tells the {chosen.name} of its basins.*")
    ordered = pd.concat([frame[frame["model"] == name] for name in _models(frame)])
    return skill_scatter(
        ordered,
        column,
        chosen.axis,
        ["region", *(name for name in PROPERTIES if name != column)],
        group="model",
        logarithmic=chosen.logarithmic,
    )


def table(frame: pd.DataFrame, most: int = 20) -> pd.DataFrame:
    """A row per target basin: its properties and the NSE of each model, the worst first.

    Of more than ``most`` basins, those whose best model is worst.
    """
    if frame.empty:
        return pd.DataFrame(columns=KEYS)
    skill = frame.set_index([*KEYS, "model"])["NSE"].unstack("model")[_models(frame)]
    properties = frame.groupby(KEYS)[list(PROPERTIES)].first()
    rows = properties.rename(columns={name: p.name for name, p in PROPERTIES.items()})
    rows = rows.join(skill.add_prefix("NSE ")).loc[skill.max(axis=1).sort_values().index]
    area = PROPERTIES["area_km2"].name
    rows[area] = rows[area].astype("Int64")  # whole km2 in the records
    return rows.reset_index().head(most)


def remark(frame: pd.DataFrame, most: int = 20) -> Markdown:
    """How many target basins no model reaches, and which have no climate."""
    if frame.empty:
        return show.remark(
            "*`results/` holds no full results of regions: `hydrotl run REGION --save` makes them.*"
        )
    best = frame.groupby(KEYS, as_index=False)["NSE"].max()
    lines = []
    for region in dict.fromkeys(best["region"]):
        for recipe, some in best[best["region"] == region].groupby("recipe"):
            failed = int((some["NSE"] < GOOD).sum())
            lines.append(
                f"`{region}` (recipe `{recipe}`): {failed} of {len(some)} basins where no model "
                f"reaches {GOOD}"
            )
    unknown = sorted(set(frame.loc[frame["aridity"].isna(), "region"]))
    text = show.bullets(lines)
    if len(best) > most:
        text += f"\n\nThe table shows the {most} of {len(best)} basins whose best model is worst."
    if unknown:
        names = ", ".join(f"`{name}`" for name in unknown)
        text += f"\n\nThe aridity of some basins of {names} is not known: no figure shows them."
    return show.remark(text)


def _training_days(record: dict[str, Any]) -> int:
    return Period.model_validate(record["periods"]["train"]).days


def example(region: str, basin: str) -> Markdown:
    """One basin to be careful with, from the committed results of its region."""
    paths = sorted((results_dir() / region).glob("*/*_*.json"))
    records = [read_record(path) for path in paths]
    records = [record for record in records if basin in record["basins"]]
    records.sort(key=_training_days, reverse=True)  # the climate of the longest training
    if not records:
        return show.remark(
            f"*Basin {basin} of region `{region}`: no committed results yet. "
            f"`hydrotl run {region} --save` makes them where the data are at hand.*"
        )
    lines, facts = [], None
    for record in records:
        row = basin_frame(record).set_index("basin").loc[basin]
        if facts is None or np.isnan(facts["runoff_ratio"]):
            facts = row
        if record.get("source"):
            model = f"{record['option']} from `{record['source']}`"
        else:
            model = record["option"]
        lines.append(
            f"{record['setting']}, {model} (recipe `{record['recipe']}`): {row['NSE']:.2f}"
        )
    told = []
    if facts is not None and np.isfinite(facts["runoff_ratio"]):
        told.append(
            f"In its training years the river carried {100 * facts['runoff_ratio']:.0f} % of "
            "the precipitation that its data set states."
        )
        if facts["runoff_ratio"] > 1:
            told.append(
                "No balance of rain and evaporation can bring that about: ice or old snow melts, "
                "or the gauges catch too little."
            )
    if facts is not None and np.isfinite(facts["snow_fraction"]):
        told.append(f"{100 * facts['snow_fraction']:.0f} % of it fell below 0 degC.")
    return show.remark(
        f"**Basin {basin} of region `{region}`.** {' '.join(told)} NSE of the test period:\n\n"
        + show.bullets(lines)
    )
