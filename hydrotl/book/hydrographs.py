"""Daily flow of one basin at a time; the browser swaps the basins, in a static page too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hydrotl.book.figures import PLOT_TITLE, colour_of, in_lines, ink, nse_boxes, palette

if TYPE_CHECKING:
    import panel as pn
    from bokeh.models.widgets import Select
    from bokeh.plotting import figure

BAND = "#0072B2"
#: Names in one row of a legend, so that a telephone is wide enough.
LEGEND_ROW = 3
SWITCH = """
const chosen = frames[select.value]
source.data = chosen.data
x_range.setv({start: chosen.data.date[0], end: chosen.data.date[chosen.data.date.length - 1]})
title.text = titles[select.value]
"""
PICK = """
const chosen = source.selected.indices.map((index) => source.data.basin[index])
if (chosen.length > 0 && select.options.includes(chosen[0])) select.value = chosen[0]
"""


def hydrographs(
    frames: Mapping[str, pd.DataFrame], titles: Mapping[str, str] | None = None
) -> pn.pane.Bokeh:
    """Selector of a basin above its flow.

    Parameters
    ----------
    frames
        Per basin a frame indexed by date whose columns are the lines, mm/day. A column
        ``prcp`` (mm/day) is drawn as bars from above, columns ``low`` and ``high`` as the ends of a
        band. All frames have the same columns.
    titles
        Per basin the line above the plot; by default its name.

    Raises
    ------
    ValueError
        If there is no basin or the columns differ.
    """
    select, plots = flow_plots(frames, titles or {})
    return _page(select, *plots)


def boxes_with_hydrographs(
    scores: Mapping[str, pd.Series] | pd.DataFrame,
    frames: Mapping[str, pd.DataFrame],
    titles: Mapping[str, str] | None = None,
) -> pn.pane.Bokeh:
    """NSE over basins per model above :func:`hydrographs`; a click on a point changes the basin.

    ``scores`` are those of :func:`hydrotl.book.figures.nse_boxes`, series indexed by basin. A
    basin without a frame is a point that opens nothing.
    """
    import holoviews as hv
    from bokeh.models import CustomJS, TapTool

    select, plots = flow_plots(frames, titles or {})
    boxes = hv.render(nse_boxes(scores), backend="bokeh")
    (dots,) = (r for r in boxes.renderers if "basin" in r.data_source.data)
    points = dots.data_source
    points.name = "basins"
    boxes.add_tools(TapTool(renderers=[dots]))
    pick = CustomJS(args={"source": points, "select": select}, code=PICK)
    points.selected.js_on_change("indices", pick)
    return _page(boxes, select, *plots)


def _page(*parts: Select | figure) -> pn.pane.Bokeh:
    """Parts below each other, as wide as the page."""
    import panel as pn
    from bokeh.layouts import column

    wide = "stretch_width"
    return pn.pane.Bokeh(column(*parts, sizing_mode=wide), sizing_mode=wide)


def flow_plots(
    frames: Mapping[str, pd.DataFrame], titles: Mapping[str, str]
) -> tuple[Select, list[figure]]:
    """Selector of the basin and the plots that it changes, as for :func:`hydrographs`."""
    from bokeh.models import CustomJS, DataRange1d, DatetimeTickFormatter, Range1d
    from bokeh.models.sources import ColumnDataSource
    from bokeh.models.widgets import Select
    from bokeh.plotting import figure

    if not frames:
        raise ValueError("no basin to draw")
    first, *others = frames.values()
    if any(list(other.columns) != list(first.columns) for other in others):
        raise ValueError("all basins must have the same columns")
    titles = {name: in_lines(titles.get(name, name), PLOT_TITLE) for name in frames}
    sources = {}
    for name, frame in frames.items():
        # Single precision: half the size of the page, more than the plot can show.
        lines: dict[str, Any] = {str(line): frame[line].to_numpy(np.float32) for line in frame}
        sources[name] = ColumnDataSource({"date": frame.index.to_numpy(), **lines})
    start, *_ = frames
    shown = ColumnDataSource(dict(sources[start].data))
    names = first.columns.drop(["prcp", "low", "high"], errors="ignore")
    rows = (len(names) - 1) // LEGEND_ROW  # of the legend beyond the first, room for which is added
    wide = {"sizing_mode": "stretch_width", "x_axis_type": "datetime"}
    plot = figure(
        height=225 + 16 * (rows + max(title.count("\n") for title in titles.values())),
        x_range=Range1d(first.index[0], first.index[-1]),
        title=titles[start],
        tools="pan,box_zoom,xwheel_zoom,reset,save",
        active_drag="box_zoom",
        toolbar_location="above",
        **wide,
    )
    plot.xaxis.axis_label, plot.yaxis.axis_label = "date", "streamflow, mm/day"
    plot.xaxis.formatter = DatetimeTickFormatter(months="%b %Y", days="%d %b %Y")
    if "low" in first:
        band = {"color": BAND, "alpha": 0.25, "legend_label": "90 % band"}
        plot.varea("date", "low", "high", source=shown, **band)
    colours = {name: colour_of(name) for name in names}
    if len(set(colours.values())) < len(colours):  # models of one option: told apart all the same
        colours |= palette(name for name in names if name != "observed")
    for name in names:
        width = 1.6 if name == "observed" else 1.2
        look = {"color": colours[name], "line_width": width, "legend_label": name}
        plot.line("date", name, source=shown, **look)
    (legend,) = plot.legend
    legend.click_policy, legend.orientation, legend.border_line_color = "hide", "horizontal", None
    legend.ncols = min(len(names), LEGEND_ROW)  # a longer row would be cut
    plot.title.text_font_size = "9pt"
    plot.add_layout(legend, "above")
    plots = [plot]
    if "prcp" in first:
        rain_axes = {"x_range": plot.x_range, "y_range": DataRange1d(flipped=True)}
        rain = figure(height=110, tools="", toolbar_location=None, **rain_axes, **wide)
        look = {"color": "#56B4E9", "line_color": None}
        rain.vbar("date", top="prcp", width=86_400_000, source=shown, **look)
        rain.yaxis.axis_label, rain.xaxis.visible = "rain, mm/day", False
        plots.insert(0, rain)
    for one in plots:
        ink(one)
    select = Select(title="Basin", value=start, options=[*frames], width=320)
    swapped = {"frames": sources, "source": shown, "x_range": plot.x_range}
    swapped |= {"select": select, "title": plot.title, "titles": titles}
    select.js_on_change("value", CustomJS(args=swapped, code=SWITCH))
    return select, plots
