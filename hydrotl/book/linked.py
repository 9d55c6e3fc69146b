"""A box plot whose points open the hydrograph of their basin, in a static page too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hydrotl.book.figures import HEIGHT, colour_of, hydrograph_parts

if TYPE_CHECKING:
    import panel as pn

PICK = """
const chosen = source.selected.indices.map((index) => source.data.basin[index])
if (chosen.length > 0 && select.options.includes(chosen[0])) select.value = chosen[0]
"""


def boxes_with_hydrographs(
    scores: Mapping[str, pd.Series],
    frames: Mapping[str, pd.DataFrame],
    titles: Mapping[str, str] | None = None,
    lowest: float = -0.5,
) -> pn.pane.Bokeh:
    """NSE over basins per model above the hydrograph of one basin; a click on a point changes it.

    Boxes span the middle half of the basins with the median as a line, whiskers reach from the 5th
    to the 95th percentile, the diamond is the mean; hovering over a point names its basin.

    Parameters
    ----------
    scores
        NSE per model, indexed by basin.
    frames, titles
        As in :func:`hydrotl.book.figures.hydrographs`, by basin; a basin without a frame is a point
        that opens nothing.
    lowest
        Points below are drawn on this line: their value is in what hovering shows.
    """
    import panel as pn
    from bokeh.layouts import column
    from bokeh.models import ColumnDataSource, CustomJS, FactorRange, HoverTool, TapTool, Whisker
    from bokeh.plotting import figure

    select, parts = hydrograph_parts(frames, titles)
    models = list(scores)
    boxes = figure(
        height=HEIGHT,
        sizing_mode="stretch_width",
        x_range=FactorRange(*models),
        y_range=(lowest - 0.05, 1.0),
        tools="reset,save",
        toolbar_location="above",
        y_axis_label="NSE of the test period",
    )
    parts_of = [scores[m].dropna() for m in models]
    quantiles = np.array([np.quantile(v, [0.05, 0.25, 0.5, 0.75, 0.95]) for v in parts_of]).clip(
        lowest
    )
    summary = ColumnDataSource(
        {
            "model": models,
            **{n: quantiles[:, k] for k, n in enumerate(("p5", "p25", "p50", "p75", "p95"))},
            "mean": np.array([v.mean() for v in parts_of]).clip(lowest),
            "colour": [colour_of(m) for m in models],
        }
    )
    boxes.add_layout(Whisker(base="model", upper="p95", lower="p5", source=summary))
    style = {"source": summary, "fill_color": "colour", "line_color": "#333333", "fill_alpha": 0.5}
    boxes.vbar("model", 0.5, "p75", "p50", **style)
    boxes.vbar("model", 0.5, "p50", "p25", **style)
    boxes.scatter(
        "model",
        "mean",
        marker="diamond",
        size=13,
        source=summary,
        color="white",
        line_color="black",
    )
    points = ColumnDataSource(
        {
            "model": [m for m, v in zip(models, parts_of, strict=True) for _ in v],
            "basin": [str(b) for v in parts_of for b in v.index],
            "nse": [float(x) for v in parts_of for x in v],
            "height": [max(float(x), lowest) for v in parts_of for x in v],
        },
        name="basins",
    )
    dots = boxes.scatter("model", "height", source=points, size=7, color="#333333", alpha=0.6)
    boxes.add_tools(
        HoverTool(renderers=[dots], tooltips=[("basin", "@basin"), ("NSE", "@nse{0.000}")]),
        TapTool(renderers=[dots]),
    )
    pick = CustomJS(args={"source": points, "select": select}, code=PICK)
    points.selected.js_on_change("indices", pick)
    return pn.pane.Bokeh(
        column(boxes, select, *parts, sizing_mode="stretch_width"), sizing_mode="stretch_width"
    )
