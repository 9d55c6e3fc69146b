"""Section 3, the full results: Table 1a for every region, with intervals and beside the paper."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hydrotl.book.figures import HEIGHT, colour_of, nse_boxes, toolbar
from hydrotl.book.pages import again, show
from hydrotl.book.paper import load_paper
from hydrotl.config import load_options, load_region
from hydrotl.experiments.records import (
    cell_path,
    read_record,
    record_products,
    region_records,
    results_dir,
)
from hydrotl.experiments.uncertainty import Interval, interval

if TYPE_CHECKING:
    import holoviews as hv
    from IPython.display import Markdown
    from pandas.io.formats.style import Styler

LOCAL = "local"
YARDSTICK = "conceptual"
BARE = "-weather"  # the same region without attributes
PAPERS = "-paper"  # the same region with the paper's recipe
# With fewer, a bootstrap interval says little of other rivers or of other seeds.
LEAST_BASINS, LEAST_MEMBERS = 5, 3
SHORT = {"multi-year": "multi", "1-year": "1yr"}
Record = dict[str, Any]


def regions() -> list[str]:
    """Regions with full results of the region's own recipe, those with most basins last."""
    found = []
    for folder in sorted(results_dir().iterdir()):
        if (results_dir().parent / "experiments" / "regions" / f"{folder.name}.yaml").is_file():
            records = full(folder.name)
            if records:
                found.append((len(records[0]["basins"]), folder.name))
    return [name for _, name in sorted(found)]


def full(region: str) -> list[Record]:
    """Records of a region scored on the test period, by setting, local ones first."""
    order = [LOCAL, *load_options()]
    records = region_records(region, load_region(region).recipe)
    tested = [r for r in records if r["scored_on"] == "test" and r["option"] in order]
    return sorted(tested, key=lambda r: (r["setting"], order.index(r["option"])))


def yardstick(region: str, setting: str) -> Record | None:
    """Record of the calibrated conceptual model, if there is one."""
    folder = results_dir() / region / YARDSTICK
    paths = sorted(folder.glob(f"{setting}_*.json"))
    return read_record(paths[0]) if paths else None


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


def local_of(records: list[Record], setting: str) -> Record | None:
    """The local models' record of a setting."""
    return next((r for r in records if r["setting"] == setting and r["option"] == LOCAL), None)


def table(region: str) -> pd.DataFrame:
    """Table 1a of a region: a row per setting and model.

    Mean and median NSE over basins with 90 % intervals, the medians of single members, the median
    gain over the local model, and the paper's numbers of the region that this one stands for.
    """
    records = full(region)
    published = load_paper().table_1a.get(load_region(region).stands_for or "", {})
    rows = []
    for record in records:
        products, setting = record_products(record), record["setting"]
        local = local_of(records, setting)
        members = [m for m in record["member_nse_median"] if m is not None]
        mean, median = published.get(setting, {}).get(record["option"], (math.nan, math.nan))
        rows.append(
            {
                "training": setting,
                "model": record["option"],
                "members": record["members"],
                "mean NSE": str(interval(products, np.nanmean)),
                "median NSE": str(interval(products, np.nanmedian)),
                "members' medians": f"{min(members):.2f} to {max(members):.2f}",
                "median gain over local": show.MISSING
                if record["option"] == LOCAL or local is None
                else str(gain(record, local)),
                "paper: mean": mean,
                "paper: median": median,
            }
        )
    for setting in dict.fromkeys(r["setting"] for r in records):
        measure = yardstick(region, setting)
        if measure is not None:
            rows.append(
                {
                    "training": setting,
                    "model": "GR4J, calibrated",
                    "members": measure["members"],
                    "mean NSE": f"{measure['nse_mean']:.3f}",
                    "median NSE": f"{measure['nse_median']:.3f}",
                    "members' medians": show.MISSING,
                    "median gain over local": show.MISSING,
                    "paper: mean": math.nan,
                    "paper: median": math.nan,
                }
            )
    return pd.DataFrame(rows).sort_values("training", kind="stable")


def shown_table(region: str) -> Styler:
    """:func:`table` for a page; columns without a number are left out."""
    return show.table(table(region).dropna(axis="columns", how="all"))


def boxes(region: str, setting: str) -> hv.Overlay | Markdown:
    """NSE over basins of each model in one setting; hovering names the basin."""
    records = [r for r in full(region) if r["setting"] == setting]
    measure = yardstick(region, setting)
    named = [(r["option"], r) for r in records]
    if measure is not None:
        named.append(("GR4J, calibrated", measure))
    if not named:
        return show.remark(f"*No committed results of {region}, {setting}.*")
    scores = {n: pd.Series(np.array(r["nse"], float), index=r["basins"]) for n, r in named}
    return nse_boxes(scores, f"{region}, {setting} training")


def enough(record: Record) -> bool:
    """Whether basins and members suffice for a verdict."""
    return len(record["basins"]) >= LEAST_BASINS and record["members"] >= LEAST_MEMBERS


def gains() -> pd.DataFrame:
    """Median gain of every transferred model over the local one, with its interval.

    ``counted``: basins and members suffice, and the region is no variant of another.
    """
    rows = []
    for region in regions():
        records = full(region)
        for record in records:
            local = local_of(records, record["setting"])
            if record["option"] != LOCAL and local is not None:
                found = gain(record, local)
                rows.append(
                    {
                        "region": region,
                        "training": record["setting"],
                        "model": record["option"],
                        "basins": len(record["basins"]),
                        "members": record["members"],
                        "gain": found.value,
                        "low": found.low,
                        "high": found.high,
                        "counted": enough(record) and not region.endswith((BARE, PAPERS)),
                    }
                )
    return pd.DataFrame(rows)


def gain_figure(setting: str) -> hv.Overlay | Markdown:
    """Median gain over local per region and option with 90 % intervals; zero is a line."""
    import holoviews as hv

    frame = gains()
    frame = frame[frame["training"] == setting] if len(frame) else frame
    if frame.empty:
        return show.remark(f"*No committed results of the {setting} setting.*")
    parts: list[hv.Element] = []
    names = list(dict.fromkeys(frame["region"]))
    options = [o for o in load_options() if o in set(frame["model"])]
    for place, option in enumerate(options):
        one = frame[frame["model"] == option]
        x = [names.index(r) + (place - (len(options) - 1) / 2) * 0.2 for r in one["region"]]
        bars = [
            (a, v, v - low, high - v)
            for a, v, low, high in zip(x, one["gain"], one["low"], one["high"], strict=True)
        ]
        parts.append(
            hv.ErrorBars(bars, "region", ["gain", "below", "above"]).opts(color=colour_of(option))
        )
        points = list(zip(x, one["gain"], one["region"], strict=True))
        parts.append(
            hv.Scatter(points, "region", ["gain", "name"], label=option).opts(
                color=colour_of(option), size=9, tools=["hover"]
            )
        )
    zero = hv.HLine(0.0).opts(color="#333333", line_width=1, line_dash="dashed")
    return hv.Overlay([zero, *parts]).opts(
        responsive=True,
        height=HEIGHT,
        title=f"{setting} training",
        xlabel="",
        ylabel="gain of NSE over local",
        xticks=list(enumerate(names)),
        xrotation=30,
        ylim=(max(-0.5, frame["low"].min() - 0.05), min(0.8, frame["high"].max() + 0.05)),
        legend_position="top",
        **toolbar(),
    )


def verdict(found: Interval, record: Record) -> str:
    """In words: a gain, a loss, or no clear difference; with few basins or members only a sign."""
    if not enough(record):
        sign = "higher" if found.value > 0 else "lower"
        return f"{sign}, with too few basins or members for a verdict"
    if found.low > 0:
        return "a gain"
    return "a loss" if found.high < 0 else "no clear difference"


def verdicts(region: str) -> Markdown:
    """The direction of transfer's gain in a region, option by option, with its interval."""
    records = full(region)
    lines = []
    for record in records:
        local = local_of(records, record["setting"])
        if record["option"] != LOCAL and local is not None:
            found = gain(record, local)
            lines.append(
                f"{record['setting']}, {record['option']}: {verdict(found, record)}, {found} "
                f"({record['members']} members, {record['source_members']} of the source)"
            )
    if not lines:
        return show.remark(f"*No committed results of {region}.*")
    return show.remark(show.bullets([*lines, *_beside_yardstick(region)]))


def _beside_yardstick(region: str) -> list[str]:
    """Setting by setting, whether any network has a higher median than the yardstick."""
    lines, records = [], full(region)
    for setting in dict.fromkeys(r["setting"] for r in records):
        measure = yardstick(region, setting)
        if measure is not None:
            best = max(
                (r for r in records if r["setting"] == setting), key=lambda r: r["nse_median"]
            )
            behind = best["nse_median"] < measure["nse_median"]
            lines.append(
                f"{setting}, GR4J calibrated: its median NSE of {measure['nse_median']:.3f} is "
                f"{'higher than that of every network' if behind else 'reached by a network'} "
                f"(the best: {best['option']}, {best['nse_median']:.3f})"
            )
    return lines


def variants_table(suffix: str, column: str, describe: Callable[[str], Any]) -> pd.DataFrame:
    """Regions beside their variant whose name ends in ``suffix``: median NSE of each model.

    ``describe`` tells of a region's name what stands in ``column``.
    """
    rows = []
    for variant in [name for name in regions() if name.endswith(suffix)]:
        for name in (variant.removesuffix(suffix), variant):
            records = full(name)
            for setting in dict.fromkeys(r["setting"] for r in records):
                row: dict[str, Any] = {
                    "region": variant.removesuffix(suffix),
                    column: describe(name),
                    "members": min(r["members"] for r in records if r["setting"] == setting),
                    "training": setting,
                }
                row |= {
                    f"{r['option']}: median NSE": r["nse_median"]
                    for r in records
                    if r["setting"] == setting
                }
                rows.append(row)
    return pd.DataFrame(rows)


def attributes_table() -> pd.DataFrame:
    """Regions trained with and without attributes."""
    return variants_table(
        BARE, "attributes", lambda name: len(load_region(name).inputs.static) or "none"
    )


def recipes_table() -> pd.DataFrame:
    """Regions trained with their own recipe and with the paper's."""
    return variants_table(PAPERS, "recipe", lambda name: load_region(name).recipe)


def remark(region: str) -> Markdown:
    """What the results of a region are, with every deviation from the paper."""
    records = full(region)
    if not records:
        return show.remark(f"`results/{region}/` holds no full results yet.")
    loaded = load_region(region)
    dates = sorted({r["provenance"]["date"] for r in records})
    codes = sorted({r["provenance"]["code"] for r in records})
    basins = records[0]["basins"]
    listed = f" ({', '.join(basins)})" if len(basins) <= 5 else ""
    return show.remark(
        f"**{loaded.title} (`{region}`)**, {len(basins)} basins{listed}. "
        f"Recipe `{records[0]['recipe']}`; "
        f"computed {', '.join(dates)}, version {', '.join(codes)}. "
        "Departures from the paper:\n\n"
        + show.bullets([*loaded.deviations, "TL-b's set of weights is an interpretation."])
    )


def report(region: str) -> None:
    """Show all of a region on the page: what it is, table, direction of the gain, box plots."""
    from IPython.display import display

    display(remark(region))
    display(shown_table(region))
    display(verdicts(region))
    for setting in sorted({r["setting"] for r in full(region)}):
        display(boxes(region, setting))
    display(again.region(region, "03-transfer", {"region": region, "members": 5}))
    display(
        show.remark(f"One cell, compared with its file: `hydrotl reproduce {cell_file(region)}`")
    )


def reports() -> None:
    """:func:`report` of every region with attributes."""
    for name in regions():
        if not name.endswith(BARE):
            report(name)


def cell_file(region: str) -> str:
    """Path of one results file of a region, as an example."""
    record = full(region)[-1]
    path = cell_path(region, record["setting"], record["option"], record["recipe"])
    return path.relative_to(results_dir().parent).as_posix()


def values(*regions: str) -> dict[str, Any]:
    """Numbers that other pages quote.

    Numbers of basins such as ``gb_49_basins`` (a hyphen of a region's name is an underscore) and
    scores such as ``ind_multi_tla_median``, NaN where there is no result; and how many of the
    transferred models that :func:`gains` counts have a gain or a loss whose interval leaves out
    zero.
    """
    found: dict[str, Any] = {}
    for region in regions:
        found |= _scores(region)
    frame = gains()
    counted = frame[frame["counted"]] if len(frame) else pd.DataFrame(columns=["low", "high"])
    found["gain_count"] = int((counted["low"] > 0).sum())
    found["loss_count"] = int((counted["high"] < 0).sum())
    found["gain_cells"] = len(counted)
    return found


def _scores(region: str) -> dict[str, float | int]:
    name = region.replace("-", "_")
    found: dict[str, float | int] = {
        f"{name}_{setting}_{_short(option)}_{score}": math.nan
        for setting in SHORT.values()
        for option in (LOCAL, *load_options())
        for score in ("mean", "median")
    }
    for setting, short in SHORT.items():
        measure = yardstick(region, setting)
        found[f"{name}_{short}_gr4j_median"] = (
            math.nan if measure is None else measure["nse_median"]
        )
    found[f"{name}_basins"] = 0
    for record in full(region):
        found[f"{name}_basins"] = len(record["basins"])
        if record["setting"] in SHORT:
            key = f"{name}_{SHORT[record['setting']]}_{_short(record['option'])}"
            found |= {f"{key}_mean": record["nse_mean"], f"{key}_median": record["nse_median"]}
    return found


def _short(option: str) -> str:
    return option.lower().replace("-", "")
