"""Skill against a property of the basins: points that name their basin, and a running median."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
from numpy.typing import ArrayLike

from hydrotl.book.figures import (
    HEIGHT,
    LEGEND_LINE,
    LOWEST,
    SMALL_LEGEND,
    colour_of,
    style,
)

if TYPE_CHECKING:
    import holoviews as hv

ENOUGH = 40  # basins from which on a running median says something


@dataclass(frozen=True)
class Property:
    """A column of :func:`hydrotl.experiments.records.basin_frame`: what tables and axes call it."""

    name: str
    axis: str
    logarithmic: bool = False


PROPERTIES = {
    "aridity": Property("aridity", "aridity (potential evapotranspiration / precipitation)", True),
    "snow_fraction": Property("snow", "share of the precipitation that falls as snow"),
    "area_km2": Property("area, km2", "area, km2", True),
    "runoff_ratio": Property("runoff ratio", "streamflow / precipitation"),
}


def running_median(x: ArrayLike, y: ArrayLike, width: int) -> pd.DataFrame:
    """Median of ``y`` over ``width`` neighbours in the order of ``x``, at the median of their x.

    Columns ``x`` and ``y``, one row per full window; pairs with a NaN are left out.
    """
    frame = pd.DataFrame({"x": x, "y": y}, dtype=float).dropna().sort_values("x", kind="stable")
    return frame.rolling(width).median().dropna().reset_index(drop=True)


def skill_scatter(basins: pd.DataFrame, column: str, *, group: str | None = None) -> hv.Overlay:
    """NSE of each basin against a property; below the axis, a triangle on its edge.

    Parameters
    ----------
    basins
        Columns ``basin``, ``NSE``, those of :data:`PROPERTIES` and ``group``. Basins whose NSE or
        property is not known are left out.
    column
        The property, a key of :data:`PROPERTIES`.
    group
        Column whose values have a colour and a running median each; hovering shows ``region`` too.
    """
    import holoviews as hv

    drawn = PROPERTIES[column]
    known = basins.dropna(subset=["NSE", column]).astype({"NSE": float, column: float})
    groups = {"basins": known}
    hover = ["drawn", "basin", "NSE", *(name for name in PROPERTIES if name != column)]
    if group is not None:
        groups = {str(name): known[known[group] == name] for name in dict.fromkeys(known[group])}
        hover += [group, "region"]
    parts: list[hv.Element] = []
    for name, some in groups.items():
        colour = colour_of(name) if group else "#0072B2"
        shown = some.assign(drawn=some["NSE"].clip(lower=LOWEST))
        below = some["NSE"] < LOWEST
        look = {"color": colour, "size": 6, "alpha": 0.6, "tools": ["hover"]}
        for rows, marker in ((shown[~below], "circle"), (shown[below], "inverted_triangle")):
            parts.append(hv.Scatter(rows, column, hover, label=name).opts(marker=marker, **look))
        if len(some) >= ENOUGH:
            line = running_median(some[column], some["NSE"], max(ENOUGH // 2, len(some) // 12))
            curve = hv.Curve((line["x"], line["y"]), column, "drawn", label=f"{name}: median")
            parts.append(curve.opts(color=colour if group else "#D55E00", line_width=2.5))
    axes: dict[str, Any] = {
        "xlabel": drawn.axis,
        "ylabel": "NSE of the test period",
        "logx": drawn.logarithmic,
    }
    if not drawn.logarithmic and len(known):  # shares are often all 0: no range of its own
        axes["xlim"] = (-0.02, max(0.2, 1.05 * float(known[column].max())))
    if group is not None:  # above, in two columns: beside, it would leave a telephone no plot
        axes |= {"legend_position": "top", "legend_cols": 2, "legend_opts": SMALL_LEGEND}
        axes["height"] = HEIGHT + LEGEND_LINE * len(groups)
    legend = {"show_legend": group is not None}
    return hv.Overlay(parts).opts(**style(ylim=(LOWEST - 0.05, 1.0), **axes, **legend))
