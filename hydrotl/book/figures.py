"""Figures of the book: interactive, drawn by the reader's browser, one look everywhere.

The colours are those of Okabe & Ito (2008), told apart by colour-blind readers as well; an
option has the same colour in every figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    """Options of every figure: its tools above the plot, so that nothing covers the axes."""
    return {"toolbar": "above", "active_tools": ["pan"]}


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
    scores: Mapping[str, Sequence[float] | np.ndarray | pd.Series],
    title: str = "",
    *,
    lowest: float = -0.5,
) -> hv.Overlay:
    """Box plot of the NSE over basins per name, every basin as a point, the mean as a diamond.

    Scores that are a series name their basins in its index: hovering over a point shows the name.
    The axis starts at ``lowest`` or above: a few basins with very low scores would press all
    boxes against its upper end.
    """
    import holoviews as hv

    rows = [
        (name, value, basin)
        for name, values in scores.items()
        for basin, value in _by_basin(values)
        if np.isfinite(value)
    ]
    means = [(name, float(np.nanmean(np.asarray(values)))) for name, values in scores.items()]
    boxes = hv.BoxWhisker([row[:2] for row in rows], "model", "NSE").opts(
        box_color=hv.dim("model").categorize({name: colour_of(name) for name in scores}),
        box_fill_alpha=0.5,
        outlier_alpha=0,
    )
    points = hv.Scatter(rows, "model", ["NSE", "basin"]).opts(
        color="#333333", size=5, alpha=0.5, tools=["hover"]
    )
    diamonds = hv.Scatter(means, "model", "NSE", label="mean").opts(
        color="white", line_color="black", marker="diamond", size=11, tools=["hover"]
    )
    low = min([row[1] for row in rows] + [0.0])
    return (boxes * points * diamonds).opts(
        responsive=True,
        height=HEIGHT,
        title=title,
        xlabel="",
        xrotation=0 if len(scores) <= 5 else 20,  # longer rows of names would overlap
        ylabel="NSE of the test period",
        ylim=(max(low, lowest) - 0.05, 1.0),
        show_legend=False,
        **toolbar(),
    )


def _by_basin(
    values: Sequence[float] | np.ndarray | pd.Series,
) -> list[tuple[str, float]]:
    names = map(str, values.index) if isinstance(values, pd.Series) else [""] * len(values)
    return [(name, float(v)) for name, v in zip(names, np.asarray(values, float), strict=True)]


def nse_distribution(
    scores: Mapping[str, Sequence[float] | np.ndarray],
    reference: tuple[str, float] | None = None,
    *,
    lowest: float = -0.5,
) -> hv.Overlay:
    """Share of basins at or below each NSE; a dashed line marks a published median.

    Parameters
    ----------
    scores
        NSE of the basins per name.
    reference
        Label and NSE of the vertical line.
    lowest
        Start of the NSE axis; basins below still count in the share.
    """
    import holoviews as hv

    curves: list[hv.Curve] = []
    for name, values in scores.items():
        nse = np.sort(np.asarray(values, dtype=float))
        nse = nse[np.isfinite(nse)]
        share = np.arange(len(nse) + 1) / max(len(nse), 1)
        nse = np.concatenate([nse[:1], nse])
        curve = hv.Curve((nse, share), "NSE", "share", label=name)
        colour = colour_of(name) if name in COLOURS else PALETTE[len(curves) % len(PALETTE)]
        curves.append(curve.opts(interpolation="steps-post", color=colour, tools=["hover"]))
    figure = hv.Overlay(curves)
    if reference is not None:
        label, value = reference
        line = hv.Curve([(value, 0.0), (value, 1.0)], "NSE", "share", label=label)
        figure = figure * line.opts(color="#333333", line_dash="dashed")
    return figure.opts(
        responsive=True,
        height=HEIGHT,
        xlabel="NSE of the test period",
        ylabel="share of basins",
        xlim=(lowest, 1.0),
        ylim=(0.0, 1.0),
        legend_position="top_left",
        **toolbar(),
    )


def water_balance(basins: pd.DataFrame, colour: str = "data set") -> hv.Overlay:
    """Mean runoff over mean precipitation of each basin, mm/year, with the line of equality.

    ``basins`` has the columns ``basin``, ``precipitation``, ``runoff`` and ``colour``.
    """
    import holoviews as hv
    import hvplot.pandas  # noqa: F401  gives data frames their .hvplot

    names = list(dict.fromkeys(basins[colour]))
    points = basins.hvplot.scatter(
        "precipitation",
        "runoff",
        color=colour,
        hover_cols=["basin"],
        cmap={name: PALETTE[k % len(PALETTE)] for k, name in enumerate(names)},
        line_color="white",
        line_width=0.4,
        size=49,
        responsive=True,
        height=HEIGHT,
    ).opts(legend_position="top_left")
    top = 1.05 * float(np.nanmax(basins[["precipitation", "runoff"]].to_numpy()))
    equal = hv.Curve([(0.0, 0.0), (top, top)], "precipitation", "runoff")
    return (equal.opts(color="#888888", line_dash="dashed") * points).opts(
        responsive=True,
        height=HEIGHT,
        xlabel="precipitation, mm/year",
        ylabel="runoff, mm/year",
        xlim=(0, top),
        ylim=(0, top),
        **toolbar(),
    )
