"""Maps that draw with no network: coastlines from a file, basins as points."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hydrotl.book.figures import LEGEND_LINE, SMALL_LEGEND, palette, style

if TYPE_CHECKING:
    import holoviews as hv

COASTLINES = Path(__file__).with_name("assets") / "coastlines-110m.json"
WORLD = ((-180.0, 180.0), (-60.0, 85.0))


def coastlines() -> list[np.ndarray]:
    """Outlines of the world's land: ``[point, 2]`` arrays of longitude and latitude, degrees."""
    lines = json.loads(COASTLINES.read_text(encoding="utf-8"))["coordinates"]
    return [np.array(line) for line in lines]


def basin_map(
    basins: pd.DataFrame,
    colour: str,
    details: Sequence[str] = (),
    *,
    limits: tuple[float, float] | None = None,
    zoom: bool = False,
) -> hv.Overlay:
    """Points at ``longitude`` and ``latitude``, coloured by a column; hovering names the basin.

    Parameters
    ----------
    basins
        Columns ``basin``, ``longitude``, ``latitude`` (degrees), ``colour`` and ``details``.
        Basins without a place are left out.
    colour
        Column to colour by: text (one colour per value) or numbers.
    details
        Further columns to show on hovering.
    limits
        Range of the colours of numbers.
    zoom
        Show the basins' surroundings instead of the world.
    """
    import holoviews as hv

    height = 300
    placed = basins.dropna(subset=["longitude", "latitude"])
    land = hv.Path(coastlines(), ["longitude", "latitude"]).opts(color="#888888", line_width=0.7)
    shown = [colour, "basin", *(name for name in details if name not in (colour, "basin"))]
    points = hv.Points(placed, ["longitude", "latitude"], shown).opts(
        color=colour, size=7, line_color="white", line_width=0.4, tools=["hover"]
    )
    if pd.api.types.is_numeric_dtype(placed[colour]):
        points = points.opts(cmap="cividis", colorbar=True, clabel=colour, clim=limits or ())
    else:
        names = palette(placed[colour])
        points = points.opts(cmap=names, show_legend=True, legend_position="top", legend_cols=1)
        height += LEGEND_LINE * len(names)
    x, y = WORLD
    if zoom and len(placed):  # all points with a margin
        low, high = (placed[["longitude", "latitude"]].agg(edge) for edge in ("min", "max"))
        margin = (0.06 * (high - low)).clip(lower=2.0)
        x, y = zip(low - margin, high + margin, strict=True)
    labels = {"xlabel": "longitude, degrees east", "ylabel": "latitude, degrees north"}
    return (land * points).opts(
        **style(height=height, legend_opts=SMALL_LEGEND, xlim=x, ylim=y, **labels)
    )
