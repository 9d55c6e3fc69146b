"""Figures of the book: interactive, drawn by the reader's browser, one look everywhere.

The colours are those of Okabe & Ito (2008), told apart by colour-blind readers as well; an
option has the same colour in every figure.
"""

from __future__ import annotations

import html
import itertools
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hydrotl.book.escape import closed_scripts

if TYPE_CHECKING:
    import holoviews as hv
    import panel as pn
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
    "GR4J": "#666666",
    "warm": "#CC79A7",
    "chosen": "#0072B2",
    "simulated": "#0072B2",
    "gr4j": "#CC79A7",
}
HEIGHT = 340
#: Colours of a figure's ground, text, axes and grid.
GROUND, TEXT, LINE, GRID = "#ffffff", "#111111", "#444444", "#cccccc"
#: Characters that fit on a telephone: of a title above half a page and above a plot, of an axis'
#: label below a plot, and of names beside it.
PANEL_TITLE, PLOT_TITLE, AXIS_LABEL, SIDE_NAME = 13, 40, 32, 33
#: A legend of many names, of which a telephone is wide enough for one or two, and a line of it, px.
SMALL_LEGEND = {"spacing": 0, "padding": 4, "label_text_font_size": "8pt", "label_height": 14}
LEGEND_LINE = 16
# Where axes of the NSE start: a few very low scores would press all others against the upper end.
# Basins below are drawn there, and hovering tells their NSE.
LOWEST = -0.5


def setup() -> None:
    """Load what a notebook needs to show figures; call once, at the end of its first cell."""
    import holoviews as hv
    import panel as pn
    from IPython.core.getipython import get_ipython

    hv.extension("bokeh", logo=False)
    pn.extension()
    shell = get_ipython()  # None in a plain program, which shows no figure
    if shell is not None and shell.display_formatter is not None:
        formatter = shell.display_formatter.mimebundle_formatter
        for kind in (hv.core.Dimensioned, pn.viewable.Viewable):
            formatter.for_type(kind, _shown)


def _shown(figure: hv.core.Dimensioned | pn.viewable.Viewable) -> tuple[dict[str, Any], Any]:
    """What a notebook shows of a figure: its own HTML, with scripts that end where they end."""
    shown = figure._repr_mimebundle_() or {}  # the protocol of IPython
    data, metadata = shown if isinstance(shown, tuple) else (shown, {})
    if "text/html" in data:
        data = data | {"text/html": closed_scripts(data["text/html"])}
    return data, metadata


@dataclass(frozen=True)
class Described:
    """A figure and what it shows in words, for readers who do not see it."""

    figure: hv.core.Dimensioned | pn.viewable.Viewable
    alt: str

    def _repr_mimebundle_(self, *_: Any, **__: Any) -> tuple[dict[str, Any], Any]:
        data, metadata = _shown(self.figure)
        if "text/html" in data:
            label = html.escape(self.alt)
            page = f'<div role="group" aria-label="{label}">{data["text/html"]}</div>'
            data = data | {"text/html": page}
        return data, metadata


def describe(figure: hv.core.Dimensioned | pn.viewable.Viewable, alt: str) -> Described:
    """The figure with its alternative text: what kind of picture it is, and what it shows.

    Its number and caption stand in the metadata of its cell (``mystnb: figure``).
    """
    return Described(figure, alt)


def page_of(figure: hv.core.Dimensioned | pn.viewable.Viewable) -> str:
    """HTML of a figure, to be put into a part of the page."""
    data, _ = _shown(figure)
    return str(data.get("text/html", ""))


def style(**options: Any) -> dict[str, Any]:
    """Options that all HoloViews figures share, and ``options`` on top: ``plot.opts(**style())``.

    A figure is as wide as the page and :data:`HEIGHT` pixels high; its tools stand above the plot,
    where they cover no axis.

    A ``title`` is shown as it is (to HoloViews braces in it would be fields to fill in). It and the
    label of the x axis take as many lines as they need: a plot cuts what is longer than itself.
    """
    if "xlabel" in options:
        options["xlabel"] = in_lines(options["xlabel"], AXIS_LABEL)
    if "title" in options:
        title = in_lines(options["title"], PANEL_TITLE)
        options["title"] = title.replace("{", "{{").replace("}", "}}")
    shared = {"responsive": True, "height": HEIGHT, "toolbar": "above", "active_tools": ["pan"]}
    shared["fontsize"] = {"title": "9pt"}
    shared["hooks"] = [_inked]
    return shared | options


def ink(plot: figure) -> None:
    """Give a Bokeh plot the book's colours of text, axes and grid: dark on white, in both modes.

    Bokeh's own are greys, which are hard to read beside the page's text.
    """
    plot.background_fill_color = plot.border_fill_color = GROUND
    plot.outline_line_color = LINE
    plot.title.text_color = TEXT
    for axis in plot.axis:
        axis.axis_line_color = axis.major_tick_line_color = LINE
        axis.minor_tick_line_color = LINE
        axis.major_label_text_color = axis.axis_label_text_color = TEXT
        axis.axis_label_text_font_style = "normal"
    for grid in plot.grid:
        grid.grid_line_color = GRID
    for legend in plot.legend:
        legend.label_text_color = TEXT


def _inked(plot: Any, _: Any) -> None:
    """:func:`ink` as a hook of HoloViews."""
    ink(plot.state)


def in_lines(title: str, width: int) -> str:
    """A title in lines of at most ``width`` characters, broken between words."""
    return "\n".join(textwrap.wrap(title, width, break_long_words=False))


def palette(names: Iterable[str]) -> dict[str, str]:
    """A colour for each distinct name, in their order."""
    return dict(zip(dict.fromkeys(names), itertools.cycle(PALETTE), strict=False))


def colour_of(name: str) -> str:
    """Colour of an option or line; a name such as ``TL-a, 50 basins`` has that of ``TL-a``."""
    return next((c for known, c in COLOURS.items() if name.startswith(known)), PALETTE[4])


def nse_boxes(
    scores: Mapping[str, Sequence[float] | np.ndarray | pd.Series] | pd.DataFrame, title: str = ""
) -> hv.Overlay:
    """Box plot of the NSE over basins per model, every basin as a point, the mean as a diamond.

    Scores that are a series name their basins in its index: hovering over a point shows the name.
    """
    import holoviews as hv

    known = {str(name): pd.Series(v, dtype=float).dropna() for name, v in scores.items()}
    rows = pd.concat(known, names=["model", "basin"]).rename("NSE").reset_index()
    rows["height"] = rows["NSE"].clip(lower=LOWEST)
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
            xrotation=0 if len(known) <= 5 else 30,  # longer rows of names would overlap
            ylabel="NSE of the test period",
            ylim=(min(rows["height"].min(), 0.0) - 0.05, 1.0),
            show_legend=False,
        )
    )


def gain_bars(gains: pd.DataFrame, title: str = "") -> hv.Overlay:
    """Gain of each model per region: a point, a bar from ``low`` to ``high``, a line at zero.

    ``gains`` has the columns ``region``, ``model``, ``value``, ``low`` and ``high``; models of one
    region lie below each other, the first region is on top, where its name can be read. All bars
    are drawn to their ends.
    """
    import holoviews as hv

    regions, models = list(gains["region"].unique()), list(gains["model"].unique())
    side = {model: 0.18 * ((len(models) - 1) / 2 - k) for k, model in enumerate(models)}
    drawn = gains.assign(
        place=gains["region"].map(lambda name: -regions.index(name)) + gains["model"].map(side),
        below=gains["value"] - gains["low"],
        above=gains["high"] - gains["value"],
    )
    parts = [hv.VLine(0.0).opts(color="#777777", line_width=1, line_dash="dashed")]
    for model, one in drawn.groupby("model", sort=False):
        colour = colour_of(str(model))
        bars = hv.ErrorBars(one, "value", ["place", "below", "above"], horizontal=True)
        bars = bars.opts(color=colour, lower_head=None, upper_head=None, line_width=2)
        points = hv.Scatter(one, "value", ["place", "region", "low", "high"], label=str(model))
        hover = {"tools": ["hover"], "hover_tooltips": ["region", "value", "low", "high"]}
        parts += [bars, points.opts(color=colour, size=8, **hover)]
    low, high = min(gains["low"].min(), 0.0), max(gains["high"].max(), 0.0)
    margin = 0.04 * (high - low)
    return hv.Overlay(parts).opts(
        **style(
            title=title,
            xlabel="gain of NSE",
            ylabel="",
            yticks=[(-k, in_lines(name, SIDE_NAME)) for k, name in enumerate(regions)],
            xlim=(low - margin, high + margin),
            ylim=(0.6 - len(regions), 0.6),
            height=115 + 16 * len(regions),
            show_grid=True,
            legend_position="top",
            legend_cols=2,
            legend_opts=SMALL_LEGEND,
            fontsize={"title": "9pt", "yticks": "8pt"},
        )
    )
