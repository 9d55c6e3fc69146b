"""Page 3: all regions in one table, one region at a time, and what the gains say in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hydrotl.book import figures
from hydrotl.book.pages import quantities, show, table1a, words
from hydrotl.book.pages.tabs import Folded
from hydrotl.book.paper import load_paper, published_scores
from hydrotl.config import load_all_options, load_options, load_region
from hydrotl.experiments.cells import LOCAL
from hydrotl.experiments.records import record_products
from hydrotl.experiments.uncertainty import interval

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

GR4J = "GR4J"
PAPERS = "the paper, the same rivers: local,\u00a0TL-c"
#: Variants that repeat the rivers of a region and are shown beside it.
REPEATED = ("no attributes", "the paper's recipe", "fewer basins")
CELL = ["key", "training"]


def clear(gains: pd.DataFrame) -> pd.DataFrame:
    """How often each training period has a clear gain or loss: a row per training period.

    ``gains`` are rows of regions that are no variants, with the columns ``training``, ``model``
    and ``verdict``; those with too few basins or members do not count.
    """
    verdicts = ["a gain", "no clear difference", "a loss"]
    counted = gains[gains["verdict"].isin(verdicts)]
    table = pd.crosstab(counted["training"], counted["verdict"])
    return table.reindex(columns=verdicts, fill_value=0).rename_axis(columns=None)


def finding(gains: pd.DataFrame, kind: str = "transferred") -> str:
    """A page's finding in a sentence: how many models of a ``kind`` gain or lose clearly."""
    table = clear(gains)
    parts = [
        f"{row['a gain']} of {row.sum()} {kind} models are clearly better than the local one and "
        f"{row['a loss']} clearly worse with {words.setting(str(training))} of data"
        for training, row in table.iterrows()
    ]
    if not parts:
        return "There are no results with enough basins and members for a verdict yet."
    return f"{'; '.join(parts)}."


def beyond(gains: pd.DataFrame, least: float = 0.05) -> str:
    """How the options that the paper does not have do, their worst results included.

    Named is the lowest gain of each region that falls below local by more than ``least``, of the
    options that train something here (``zero`` does not); the lowest comes first.
    """
    own = gains[gains["beyond"] & (gains["variant"] == "")]
    counted = own["verdict"].isin(["a gain", "no clear difference", "a loss"])
    better, worse = ((own.loc[counted, "verdict"] == v).sum() for v in ("a gain", "a loss"))
    values = own["gain"].map(lambda found: found.value)
    low = own.assign(value=values)[(values < -least) & (own["model"] != "zero")]
    low = low.sort_values("value").drop_duplicates("key")
    columns = zip(low["region"], low["model"], low["training"], low["gain"], strict=True)
    named = [
        f"{region}, {model} with {words.setting(str(training))}: "
        f"{quantities.interval(found, quantities.gain)}"
        for region, model, training, found in columns
    ]
    said = (
        f"Of the {counted.sum()} results of options beyond the paper (zero, readout, warm-a, "
        f"warm-c, all from the {words.PORTABLE}) with enough rivers, {better} are clearly better "
        f"than the local model and {worse} clearly worse."
    )
    return f"{said} They fall furthest behind it in {'; '.join(named)}." if named else said


def of_region(gains: pd.DataFrame, key: str, model: str) -> str:
    """What a model gains in a region, in a sentence with its interval and verdict."""
    rows = gains[(gains["key"] == key) & (gains["model"] == model)]
    name = load_region(key).name
    if rows.empty:
        return f"There are no results of {model} in {name} yet."
    found = zip(rows["gain"], rows["verdict"], rows["training"], strict=True)
    parts = [
        f"{quantities.interval(gain, quantities.gain)}, {verdict}, with "
        f"{words.setting(training)} of data"
        for gain, verdict, training in found
    ]
    return f"{name}: {model} changes the NSE of the median basin by {'; and by '.join(parts)}."


def benchmark(gains: pd.DataFrame, key: str) -> str:
    """Where the calibrated GR4J stands beside the networks of a region, in a sentence."""
    parts, trainings = [], gains.loc[gains["key"] == key, "training"]
    for training in dict.fromkeys(map(str, trainings)):
        scores = table1a.all_scores(key, training)
        if table1a.CALIBRATED not in scores:
            continue
        medians = {name: float(np.nanmedian(nse)) for name, nse in scores.items()}
        conceptual = medians.pop(table1a.CALIBRATED)
        best = max(medians, key=lambda name: medians[name])
        parts.append(
            f"with {words.setting(training)} GR4J has a median NSE of {conceptual:.2f} and the "
            f"best network ({best}) {medians[best]:.2f}"
        )
    return f"{load_region(key).name}: {'; '.join(parts)}." if parts else ""


def summary(records: pd.DataFrame, gains: pd.DataFrame) -> pd.DataFrame:
    """A row per region that is no variant and training period, regions with most basins first.

    Columns: region, training, rivers, the median NSE of the local model, the paper's options and
    the calibrated GR4J, ``gain of TL-c`` over local (an interval) and :data:`PAPERS`, the paper's
    medians where they are of the same rivers (:func:`same_rivers`).
    """
    options = [LOCAL, *load_options()]
    rows: list[dict[str, Any]] = []
    paper: Any = published_scores().set_index(["stands for", "training", "model"])["paper: median"]
    own = records[records["variant"] == ""]
    groups: Any = own.groupby(CELL, sort=False)
    for (key, training), some in groups:
        medians = some.set_index("model")["median NSE"]
        conceptual = table1a.calibrated(str(key), str(training))
        same = (gains["key"] == key) & (gains["training"] == training)
        gained = gains[same & (gains["model"] == "TL-c")]
        stands_for = some["stands for"].iloc[0]
        theirs = [paper.get((stands_for, training, m)) for m in (LOCAL, "TL-c")]
        rows.append(
            {
                "region": some["region"].iloc[0],
                "training": training,
                "rivers": int(some["basins"].max()),
                **{f"{name} NSE": medians.get(name, np.nan) for name in options},
                f"{GR4J} NSE": np.nan if conceptual is None else conceptual["nse_median"],
                "gain of TL-c": gained["gain"].iloc[0] if len(gained) else None,
                PAPERS: show.MISSING
                if None in theirs or not same_rivers(str(key))
                else ",\u00a0".join(f"{value:.2f}" for value in theirs),
            }
        )
    return pd.DataFrame(rows[::-1]).sort_values("rivers", ascending=False, kind="stable")


def same_rivers(key: str) -> bool:
    """Whether a region has the paper's rivers, or nearly: its data set is that of the paper's."""
    region = load_region(key)
    published = load_paper().table_s1.get(region.stands_for or "")
    return published is not None and region.dataset.startswith(published.dataset)


def papers_regions(records: pd.DataFrame) -> pd.DataFrame:
    """The paper's median NSE by region and training, and which rivers stand for it here.

    Columns ``the paper's region``, ``training``, ``rivers here`` and a median per model.
    """
    theirs = published_scores()
    theirs = theirs[theirs["model"].isin([LOCAL, *load_options()])]
    first = ["stands for", "training"]
    wide: Any = theirs.pivot(index=first, columns="model", values="paper: median")
    wide = wide[[LOCAL, *load_options()]].add_suffix(" NSE").reset_index()
    own = records[records["variant"] == ""].drop_duplicates("key")
    here = own.groupby("stands for")["region"].agg(lambda names: "; ".join(names[::-1]))
    wide.insert(2, "rivers here", wide["stands for"].map(here).fillna(show.MISSING))
    return wide.rename(columns={"stands for": "the paper's region"}).rename_axis(columns=None)


def summary_table(found: pd.DataFrame) -> Styler:
    """:func:`summary` as a page shows it, with the best median of each row in bold.

    The intervals of the gains are left to the figure of all regions and to each region's own table.
    """
    short = {
        str(name): str(name).removesuffix(" NSE") for name in found if str(name).endswith(" NSE")
    }
    named = found.drop(columns="rivers").rename(columns=short)
    named["gain of TL-c"] = named["gain of TL-c"].map(_value)
    for name in short.values():
        named[name] = [show.MISSING if np.isnan(v) else f"{v:.2f}" for v in named[name]]
    shown = show.table(
        named,
        best_in_row=list(short.values()),
        caption="Median NSE over the rivers, the best of a row in bold, and median gain over local",
    )
    return shown.set_properties(subset=["region", "training", PAPERS], **{"white-space": "nowrap"})


def _value(found: Any) -> Any:
    """The value of an interval without its bounds; anything else as it is."""
    return getattr(found, "value", found)


def region_table(records: pd.DataFrame, gains: pd.DataFrame, key: str) -> pd.DataFrame:
    """A row per training period and model of a region, the calibrated GR4J last of each period."""
    some = records[records["key"] == key]
    table = some[["training", "model", "members", "stands for", "basins"]].copy()
    medians = [interval(record_products(r), np.nanmedian) for r in some["record"]]
    table["median NSE"] = pd.Series(medians, table.index, dtype=object)
    table["mean NSE"] = [r["nse_mean"] for r in some["record"]]
    own = gains.loc[gains["key"] == key, ["training", "model", "gain", "verdict"]]
    table = table.merge(own, how="left", on=["training", "model"])
    table = table.merge(published_scores(), how="left", on=["stands for", "training", "model"])
    rows: list[Any] = [table]
    for training in some["training"].unique():
        record = table1a.calibrated(key, training)
        if record is not None:
            row = {"training": training, "model": "cemaneige-gr4j", "members": 1}
            scores = {"median NSE": record["nse_median"], "mean NSE": record["nse_mean"]}
            rows.append(pd.DataFrame([row | scores]).astype({"median NSE": object}))
    found = pd.concat(rows, ignore_index=True).sort_values("training", kind="stable")
    found = found.rename(columns={"paper: median": "the paper's median"})
    return found.drop(columns=["stands for", "basins", "paper: mean"]).reset_index(drop=True)


def variants_table(records: pd.DataFrame, key: str) -> pd.DataFrame:
    """Median NSE of a region beside those of its variants; no rows without any."""
    rivers = load_region(key).name
    same = records[(records["rivers"] == rivers) & ~records["beyond"]]
    if not same["variant"].any():
        return pd.DataFrame()
    rows = ["variant", "training", "members"]
    wide = same.pivot(index=rows, columns="model", values="median NSE")
    wide = wide[[name for name in (LOCAL, *load_options()) if name in wide]].add_suffix(" NSE")
    wide = wide.reset_index().rename_axis(columns=None)
    wide["variant"] = wide["variant"].replace("", "as above")
    return wide.sort_values(["training", "variant"], ignore_index=True)


def side_by_side(table: pd.DataFrame, stands_for: str) -> pd.DataFrame:
    """Rows of :func:`region_table` with the training periods beside each other, a row per model.

    Columns ``model`` and, for each period, its median NSE, the gain and the median of the paper's
    region ``stands_for``.
    """
    order = [LOCAL, *load_all_options(), "cemaneige-gr4j"]
    wide = pd.DataFrame({"model": [m for m in order if m in set(table["model"])]})
    for training, one in table.groupby("training"):
        period = words.setting(str(training))
        columns = {
            "median NSE": f"{period}: NSE",
            "gain": f"{period}: gain",
            "the paper's median": f"the paper's {stands_for}, {period}",
        }
        chosen = one[["model", *columns]].rename(columns=columns)
        for shown in (columns["median NSE"], columns["gain"]):
            chosen[shown] = chosen[shown].map(_value).astype(float)
        wide = wide.merge(chosen, how="left", on="model")
    return wide


def region_parts(records: pd.DataFrame, gains: pd.DataFrame, key: str) -> list[Any]:
    """What the tab of a region shows: what it is, its scores, its variants, and its basins."""
    some = records[records["key"] == key]
    first, region = some.iloc[0], load_region(key)
    title = (
        f"{region.title}; rivers: {some['basins'].max()}; recipe: {first['recipe']}; members: "
        f"{some['members'].max()}. Medians over the rivers."
    )
    table = region_table(records, gains, key)
    longer = table.drop(columns="members").rename(
        columns={"the paper's median": f"the paper's {first['stands for']}, median"}
    )
    more = Folded("Means, intervals and verdicts", show.table(longer))
    parts: list[Any] = [title, show.table(side_by_side(table, first["stands for"])), more]
    other = variants_table(records, key)
    if len(other):
        medians = [str(name) for name in other if str(name).endswith(" NSE")]
        changed = show.table(other, best_in_row=medians)
        parts.append(Folded("The same rivers with something changed, median NSE", changed))
    return [*parts, _boxes(some, key)]


def _boxes(some: pd.DataFrame, key: str) -> figures.Described:
    """Box plots of the NSE of a region's basins, a plot per training period."""
    import holoviews as hv

    plots = [
        figures.nse_boxes(table1a.all_scores(key, training), words.setting(training)).opts(
            xrotation=40, height=235
        )
        for training in some["training"].unique()
    ]
    alt = (
        f"Box plots of the NSE of each basin of {load_region(key).name} by model, a point per "
        "basin, for one and for several years of training"
    )
    return figures.describe(hv.Layout(plots).opts(shared_axes=False).cols(2), alt)
