"""A box plot whose points open the hydrograph of their basin, in a static page too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from hydrotl.book.figures import hydrograph_parts, nse_boxes

if TYPE_CHECKING:
    import panel as pn

PICK = """
const chosen = source.selected.indices.map((index) => source.data.basin[index])
if (chosen.length > 0 && select.options.includes(chosen[0])) select.value = chosen[0]
"""


def boxes_with_hydrographs(
    scores: Mapping[str, pd.Series] | pd.DataFrame,
    frames: Mapping[str, pd.DataFrame],
    titles: Mapping[str, str] | None = None,
    lowest: float = -0.5,
) -> pn.pane.Bokeh:
    """NSE over basins per model above the hydrograph of one basin; a click on a point changes it.

    Parameters
    ----------
    scores, lowest
        As in :func:`hydrotl.book.figures.nse_boxes`: NSE per model, indexed by basin.
    frames, titles
        As in :func:`hydrotl.book.figures.hydrographs`, by basin; a basin without a frame is a point
        that opens nothing.
    """
    import holoviews as hv
    import panel as pn
    from bokeh.layouts import column
    from bokeh.models import CustomJS, TapTool

    select, parts = hydrograph_parts(frames, titles)
    boxes = hv.render(nse_boxes(scores, lowest=lowest), backend="bokeh")
    (dots,) = (r for r in boxes.renderers if "basin" in r.data_source.data)
    points = dots.data_source
    points.name = "basins"
    boxes.add_tools(TapTool(renderers=[dots]))
    pick = CustomJS(args={"source": points, "select": select}, code=PICK)
    points.selected.js_on_change("indices", pick)
    return pn.pane.Bokeh(
        column(boxes, select, *parts, sizing_mode="stretch_width"), sizing_mode="stretch_width"
    )
