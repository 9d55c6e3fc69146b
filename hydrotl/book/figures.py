"""Figures of the book: interactive, drawn by the reader's browser, one look everywhere.

The colours are those of Okabe & Ito (2008), told apart by colour-blind readers as well; an
option has the same colour in every figure.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import holoviews as hv
    import panel as pn
    from bokeh.models.widgets import Select
    from bokeh.plotting import figure

PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9")
COLOURS = {
    "observed": "#333333",
    "local": "#E69F00",
    "TL-a": "#56B4E9",
    "TL-b": "#009E73",
    "TL-c": "#0072B2",
    "process-swat": "#D55E00",
    "process-gr4j": "#CC79A7",
    "GR4J": "#999999",
}
RAIN = "#56B4E9"
HEIGHT = 340
SWITCH = """
const chosen = frames[select.value]
source.data = chosen.data
x_range.setv({start: chosen.data.date[0], end: chosen.data.date[chosen.data.date.length - 1]})
title.text = titles[select.value]
"""


def setup() -> None:
    """Load what a notebook needs to show figures; call once, at the end of its first cell."""
    import holoviews as hv
    import panel as pn

    hv.extension("bokeh", logo=False)
    pn.extension()


def toolbar() -> dict[str, Any]:
    """Options for the tools of a figure: above the plot, so that they cover no axis."""
    return {"toolbar": "above", "active_tools": ["pan"]}


def style(**options: Any) -> dict[str, Any]:
    """Options that all HoloViews figures share, and ``options`` on top of them.

    A figure is as wide as the page and :data:`HEIGHT` pixels high: ``plot.opts(**style())``.
    """
    return {"responsive": True, "height": HEIGHT, **toolbar(), **options}


def palette(names: Iterable[str]) -> dict[str, str]:
    """A colour for each distinct name, in their order."""
    return dict(zip(dict.fromkeys(names), itertools.cycle(PALETTE), strict=False))


def colour_of(name: str) -> str:
    """Colour of an option or line; a name such as ``TL-a, 50 basins`` has that of ``TL-a``."""
    for known, colour in COLOURS.items():
        if name.startswith(known):
            return colour
    return PALETTE[4]


def hydrographs(
    frames: Mapping[str, pd.DataFrame],
    titles: Mapping[str, str] | None = None,
    *,
    height: int = 360,
) -> pn.pane.Bokeh:
    """Daily flow of one basin at a time, with a selector that works in a static page too.

    The series of all basins are part of the figure, and the browser itself swaps them.

    Parameters
    ----------
    frames
        Per basin a frame indexed by date whose columns are the lines, mm/day. A column
        ``prcp`` (mm/day) is drawn as bars from above. All frames have the same columns.
    titles
        Per basin the line above the plot; by default its name.

    Raises
    ------
    ValueError
        If there is no basin or the columns differ.
    """
    import panel as pn
    from bokeh.layouts import column

    select, parts = hydrograph_parts(frames, titles, height)
    return pn.pane.Bokeh(
        column(select, *parts, sizing_mode="stretch_width"), sizing_mode="stretch_width"
    )


def hydrograph_parts(
    frames: Mapping[str, pd.DataFrame],
    titles: Mapping[str, str] | None = None,
    height: int = 360,
) -> tuple[Select, list[figure]]:
    """Selector of the basin and the plots of :func:`hydrographs`, to be laid out."""
    from bokeh.models import (
        ColumnDataSource,
        CustomJS,
        DataRange1d,
        DatetimeTickFormatter,
        Range1d,
    )
    from bokeh.models.widgets import Select
    from bokeh.plotting import figure

    if not frames:
        raise ValueError("no basin to draw")
    first, *others = frames.values()
    if any(list(other.columns) != list(first.columns) for other in others):
        raise ValueError("all basins must have the same columns")
    names = list(frames)
    titles = {name: (titles or {}).get(name, name) for name in names}
    sources = {
        name: ColumnDataSource({"date": frame.index.to_numpy(), **_columns(frame)})
        for name, frame in frames.items()
    }
    shown = ColumnDataSource(dict(sources[names[0]].data))
    plot = figure(
        height=height,
        sizing_mode="stretch_width",
        x_axis_type="datetime",
        x_range=Range1d(first.index[0], first.index[-1]),
        title=titles[names[0]],
        tools="pan,box_zoom,xwheel_zoom,reset,save",
        active_drag="box_zoom",
        toolbar_location="above",
    )
    plot.xaxis.axis_label, plot.yaxis.axis_label = "date", "streamflow, mm/day"
    plot.xaxis.formatter = DatetimeTickFormatter(months="%b %Y", days="%d %b %Y")
    for name in first.columns.drop("prcp", errors="ignore"):
        plot.line(
            "date",
            name,
            source=shown,
            legend_label=name,
            color=colour_of(name),
            line_width=1.6 if name == "observed" else 1.2,
        )
    (legend,) = plot.legend
    legend.click_policy, legend.orientation, legend.border_line_color = "hide", "horizontal", None
    plot.add_layout(legend, "above")
    parts = [plot]
    if "prcp" in first:
        rain = figure(
            height=110,
            sizing_mode="stretch_width",
            x_axis_type="datetime",
            x_range=plot.x_range,
            y_range=DataRange1d(flipped=True),
            tools="",
            toolbar_location=None,
        )
        rain.vbar("date", top="prcp", width=86_400_000, source=shown, color=RAIN, line_color=None)
        rain.yaxis.axis_label, rain.xaxis.visible = "rain, mm/day", False
        parts.insert(0, rain)
    select = Select(title="Basin", value=names[0], options=[*names], width=320)
    select.js_on_change(
        "value",
        CustomJS(
            args={
                "frames": sources,
                "source": shown,
                "select": select,
                "x_range": plot.x_range,
                "title": plot.title,
                "titles": titles,
            },
            code=SWITCH,
        ),
    )
    return select, parts


def _columns(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """Columns in single precision: half the size of the page, more than the plot can show."""
    return {str(name): frame[name].to_numpy(np.float32) for name in frame}


def nse_boxes(
    scores: Mapping[str, Sequence[float] | np.ndarray | pd.Series] | pd.DataFrame,
    title: str = "",
    *,
    lowest: float = -0.5,
) -> hv.Overlay:
    """Box plot of the NSE over basins per model, every basin as a point, the mean as a diamond.

    Scores that are a series name their basins in its index: hovering over a point shows the name.
    The axis starts at ``lowest`` or above, since a few basins with very low scores would press all
    boxes against its upper end; points below are drawn on its edge, and hovering tells their NSE.
    """
    import holoviews as hv

    known = {str(name): pd.Series(v, dtype=float).dropna() for name, v in scores.items()}
    rows = pd.concat(known, names=["model", "basin"]).rename("NSE").reset_index()
    rows["height"] = rows["NSE"].clip(lower=lowest)
    colours = {name: colour_of(name) for name in known}
    boxes = hv.BoxWhisker(rows, "model", "NSE").opts(
        box_color=hv.dim("model").categorize(colours), box_fill_alpha=0.5, outlier_alpha=0
    )
    points = hv.Scatter(rows, "model", ["height", "basin", "NSE"]).opts(
        color="#333333", size=6, alpha=0.5, tools=["hover"], hover_tooltips=["basin", "NSE"]
    )
    means = hv.Scatter([(name, v.mean()) for name, v in known.items()], "model", "NSE").opts(
        color="white", line_color="black", marker="diamond", size=11, tools=["hover"]
    )
    return (boxes * points * means).opts(
        **style(
            title=title,
            xlabel="",
            xrotation=0 if len(known) <= 5 else 20,  # longer rows of names would overlap
            ylabel="NSE of the test period",
            ylim=(min(rows["height"].min(), 0.0) - 0.05, 1.0),
            show_legend=False,
        )
    )


def gain_bars(gains: pd.DataFrame, title: str = "") -> hv.Overlay:
    """Gain of each model per region: a point, a bar from ``low`` to ``high``, a line at zero.

    Parameters
    ----------
    gains
        Columns ``region``, ``model``, ``value``, ``low`` and ``high``; models of one region stand
        side by side.
    title
        Line above the plot.
    """
    import holoviews as hv

    regions, models = list(gains["region"].unique()), list(gains["model"].unique())
    side = {model: 0.2 * (k - (len(models) - 1) / 2) for k, model in enumerate(models)}
    drawn = gains.assign(
        place=gains["region"].map(regions.index) + gains["model"].map(side),
        below=gains["value"] - gains["low"],
        above=gains["high"] - gains["value"],
    )
    parts = [hv.HLine(0.0).opts(color="#333333", line_width=1, line_dash="dashed")]
    for model, one in drawn.groupby("model", sort=False):
        colour = colour_of(str(model))
        bars = hv.ErrorBars(one, "place", ["value", "below", "above"]).opts(color=colour)
        points = hv.Scatter(one, "place", ["value", "region", "low", "high"], label=str(model))
        hover = {"tools": ["hover"], "hover_tooltips": ["region", "value", "low", "high"]}
        parts += [bars, points.opts(color=colour, size=9, **hover)]
    return hv.Overlay(parts).opts(
        **style(
            title=title,
            xlabel="",
            ylabel="gain of NSE over local",
            xticks=list(enumerate(regions)),
            xrotation=30,
            ylim=(max(-0.5, gains["low"].min() - 0.05), min(0.8, gains["high"].max() + 0.05)),
            legend_position="top",
        )
    )
