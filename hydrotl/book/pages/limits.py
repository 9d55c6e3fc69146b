"""Section 8: where the source model does not work. Skill against climate and size of basins."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from hydrotl.book.pages import show
from hydrotl.book.scatter import skill_scatter
from hydrotl.experiments.records import basin_frame

if TYPE_CHECKING:
    import holoviews as hv
    from IPython.display import Markdown
    from pandas.io.formats.style import Styler

GOOD = 0.5  # an NSE that many hydrologists call satisfactory
Record = dict[str, Any]
Edges = Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Property:
    """A column of :func:`hydrotl.data.basins.basin_frame`: how the page calls and draws it."""

    name: str
    axis: str
    logarithmic: bool = False


PROPERTIES = {
    "aridity": Property("aridity", "aridity (potential evapotranspiration / precipitation)", True),
    "snow_fraction": Property("snow", "share of the precipitation that falls as snow"),
    "area_km2": Property("area, km2", "area, km2", True),
    "runoff_ratio": Property("runoff ratio", "streamflow / precipitation"),
}


def known_climate(record: Record | None) -> bool:
    """Whether the record says how dry its basins are."""
    return record is not None and "climate" in record


def method(record: Record | None) -> Markdown:
    """How the indices of the record were computed."""
    if record is None or "climate" not in record:
        return show.remark(
            "*The result of the source check does not tell the climate of its basins: "
            "`hydrotl check conus-check` computes it.*"
        )
    train = record["train"]
    return show.remark(
        f"Indices of {len(record['basins'])} basins over {train['start']} to before "
        f"{train['end']}, the training years, with potential evapotranspiration after "
        f"{record['climate']['evapotranspiration']}; scores are of the test years."
    )


def source_scatter(record: Record | None, column: str) -> hv.Overlay | Markdown:
    """NSE of the source check against one property."""
    if record is None or not known_climate(record):
        return show.remark("*Nothing to draw.*")
    chosen = PROPERTIES[column]
    details = [name for name in PROPERTIES if name != column]
    return skill_scatter(
        basin_frame(record), column, chosen.axis, details, logarithmic=chosen.logarithmic
    )


def bands(basins: pd.DataFrame, column: str, edges: Sequence[float]) -> pd.DataFrame:
    """Skill of the basins in each band of a property.

    Columns: the band, ``basins``, ``median NSE``, ``share below 0`` and ``share below 0.5`` (of
    the basins in the band). A basin on an edge is in the upper band.
    """
    known = basins.dropna(subset=["NSE", column])
    ends = [-math.inf, *sorted(edges), math.inf]
    rows = []
    for low, high in itertools.pairwise(ends):
        nse = known.loc[(known[column] >= low) & (known[column] < high), "NSE"]
        rows.append(
            {
                PROPERTIES[column].name: _band(low, high),
                "basins": len(nse),
                "median NSE": float(nse.median()),
                "share below 0": float((nse < 0).mean()),
                f"share below {GOOD}": float((nse < GOOD).mean()),
            }
        )
    return pd.DataFrame(rows)


def _band(low: float, high: float) -> str:
    if low == -math.inf:
        return f"below {high:g}"
    return f"{low:g} or more" if high == math.inf else f"{low:g} to {high:g}"


def source_bands(record: Record | None, column: str, edges: Sequence[float]) -> Styler | Markdown:
    """:func:`bands` of the source check, shares in percent."""
    if record is None or not known_climate(record):
        return show.remark("*No table to show.*")
    frame = bands(basin_frame(record), column, edges)
    shares = [name for name in frame if str(name).startswith("share")]
    return show.table(frame, 2).format(_percent, subset=shares, na_rep=show.MISSING)


def _percent(share: object) -> str:
    return f"{100 * float(str(share)):.0f} %"


def _rank_correlation(frame: pd.DataFrame, column: str) -> float:
    known = frame[["NSE", column]].dropna().rank()
    return float(known["NSE"].corr(known[column]))


def source_correlations(record: Record | None) -> Styler | Markdown:
    """Rank correlation (Spearman) of the NSE with each property."""
    if record is None or not known_climate(record):
        return show.remark("*No table to show.*")
    frame = basin_frame(record)
    rows = [
        {
            "property": chosen.axis,
            "basins": int(frame[["NSE", name]].notna().all(axis=1).sum()),
            "rank correlation with NSE": _rank_correlation(frame, name),
        }
        for name, chosen in PROPERTIES.items()
    ]
    return show.table(pd.DataFrame(rows), 2)


def verdict(record: Record | None, edges: Edges) -> Markdown:
    """The bands in which half of the source basins or more fail, in words."""
    if record is None or not known_climate(record):
        return show.remark("*No verdict without the source check.*")
    frame = basin_frame(record)
    lines = []
    for column, cuts in edges.items():
        table = bands(frame, column, cuts)
        failing = table[(table["median NSE"] < GOOD) & (table["basins"] > 0)]
        for _, row in failing.iterrows():
            lines.append(
                f"**{PROPERTIES[column].name} {row.iloc[0]}**: {row['basins']} basins, median NSE "
                f"{row['median NSE']:.2f}, {100 * row['share below 0']:.0f} % of them below zero"
            )
    if not lines:
        return show.remark(f"In no band does the median NSE lie below {GOOD}.")
    return show.remark(
        f"Bands in which the median NSE of the source model lies below {GOOD}:\n\n"
        + show.bullets(lines)
    )


def dry_and_wet(record: Record | None, dry: float, wet: float) -> dict[str, Any]:
    """Numbers and median NSE of dry and wet basins, for glue; NaN and 0 without a result."""
    frame = basin_frame(record) if record is not None and known_climate(record) else None
    values: dict[str, Any] = {"limits_dry_aridity": dry, "limits_wet_aridity": wet}
    for name in ("dry", "wet"):
        nse = pd.Series(dtype=float)
        if frame is not None:
            chosen = frame["aridity"] > dry if name == "dry" else frame["aridity"] < wet
            nse = frame.loc[chosen, "NSE"].dropna()
        values |= {
            f"limits_{name}_basins": len(nse),
            f"limits_{name}_median_nse": float(nse.median()),
            f"limits_{name}_below_zero": 100 * float((nse < 0).mean()),
            f"limits_{name}_below_half": 100 * float((nse < GOOD).mean()),
        }
    return values


def dry_and_wet_remark(values: Mapping[str, Any]) -> Markdown:
    """The same numbers in a sentence."""
    parts = []
    for name, word in (("dry", "above"), ("wet", "below")):
        if values[f"limits_{name}_basins"]:
            parts.append(
                f"the {values[f'limits_{name}_basins']} basins with an aridity {word} "
                f"{values[f'limits_{name}_aridity']:g} have a median NSE of "
                f"{values[f'limits_{name}_median_nse']:.2f}, "
                f"{values[f'limits_{name}_below_zero']:.0f} % of them lie below zero and "
                f"{values[f'limits_{name}_below_half']:.0f} % below {GOOD}"
            )
    text = "; ".join(parts)
    return show.remark(f"{text[:1].upper()}{text[1:]}." if parts else "*No basins to compare.*")
