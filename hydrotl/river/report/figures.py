"""Interactive figures of a report: hydrograph, flow duration curve and seasons, basin by basin.

They are Bokeh's, whose program is written into the page: nothing is fetched. Bokeh escapes what it
writes into a script.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.book.figures import colour_of
from hydrotl.book.hydrographs import flow_plots

#: Values of a line that the page holds of all basins together, so that it stays below 5 MB.
MOST_DAYS = 60_000
#: Days of a basin that are shown at least; basins that do not fit then are left out.
LEAST_DAYS = 366
#: Points of a flow duration curve.
POINTS = 120
LINES = ("observed", "simulated", "local", "gr4j")
#: The days on which a line is drawn in a curve of flow duration, mm/day: below is measured badly.
LOWEST_FLOW = 1e-3
SWITCH = """
const chosen = frames[select.value]
source.data = chosen.data
"""


def flow_figures(series: xr.Dataset) -> tuple[str, str, int]:
    """HTML of the figures, the scripts that draw them, and how many basins are in them."""
    from bokeh.embed import components
    from bokeh.layouts import column
    from bokeh.resources import Resources

    frames = frames_of(series)
    select, plots = flow_plots(frames, dict.fromkeys(frames, ""))
    for legend in plots[-1].legend:
        legend.ncols = 3  # a single line of names would not fit on a telephone
    curves = _curves(series, list(frames), select)
    wide = "stretch_width"
    page = column(select, *plots, *curves, sizing_mode=wide)
    script, div = components(page)
    # Not `render_js`: it adds what other packages that are loaded, such as Panel, would fetch.
    parts = Resources(mode="inline", components=["bokeh", "bokeh-widgets"]).js_raw
    program = "\n".join(f"<script>{part}</script>" for part in parts)
    return div, f"{program}\n{script}", len(frames)


def frames_of(series: xr.Dataset) -> dict[str, pd.DataFrame]:
    """Lines of each basin: whole records if they fit, else the days up to the end of its test.

    Of a basin without test days, the last ones.
    """
    basins = [str(b) for b in series["basin"].values][: MOST_DAYS // LEAST_DAYS]
    most = max(LEAST_DAYS, MOST_DAYS // len(basins))
    names = [n for n in (*LINES, "low", "high", "prcp") if n in series]
    found = {}
    for basin in basins:
        one = series.sel(basin=basin)
        there = np.flatnonzero(np.isfinite(one["simulated"].values))
        days = slice(int(there[0]), int(there[-1]) + 1) if there.size else slice(0, 1)
        tested = np.flatnonzero(one["period"].values == "test")
        if days.stop - days.start > most:
            stop = int(tested[-1]) + 1 if tested.size else days.stop
            days = slice(max(days.start, stop - most), stop)
        part = one.isel(time=days)
        index = pd.DatetimeIndex(part["time"].values)
        found[basin] = pd.DataFrame({name: part[name].values for name in names}, index=index)
    return found


def _curves(series: xr.Dataset, basins: list[str], select: Any) -> list[Any]:
    """Flow duration and seasons of the test; the selector swaps the basins."""
    from bokeh.models import CustomJS
    from bokeh.models.sources import ColumnDataSource
    from bokeh.plotting import figure

    look = {"height": 280, "sizing_mode": "stretch_width", "toolbar_location": None, "tools": ""}
    duration = figure(
        title=f"Flow duration curve, {judged_by(series)} years",
        y_axis_type="log",
        x_axis_label="% of days with at least this flow",
        y_axis_label="mm/day",
        **look,
    )
    seasons = figure(
        title=f"Mean flow of each month, {judged_by(series)} years",
        x_axis_label="month",
        y_axis_label="mm/day",
        **look,
    )
    seasons.xaxis.ticker = list(range(1, 13))
    for plot, make in ((duration, duration_curves), (seasons, monthly_means)):
        sources = {name: ColumnDataSource({**make(series.sel(basin=name))}) for name in basins}
        shown = ColumnDataSource(dict(sources[basins[0]].data))
        for name in (n for n in LINES if n in series):
            style = {"color": colour_of(name), "legend_label": name, "line_width": 1.8}
            plot.line("x", name, source=shown, **style)
        plot.legend.background_fill_alpha = 0.6
        plot.legend.label_text_font_size = "9pt"
        swapped = {"frames": sources, "source": shown, "select": select}
        select.js_on_change("value", CustomJS(args=swapped, code=SWITCH))
    return [duration, seasons]


def judged_by(series: xr.Dataset) -> str:
    """The period that a model is judged by: the test, or the training where there is no test."""
    return "test" if (series["period"].values == "test").any() else "training"


def _judged(one: xr.Dataset) -> xr.Dataset:
    """Days of the test, or else of the training, with an observation; all lines of them."""
    known = (one["period"].values == judged_by(one)) & np.isfinite(one["observed"].values)
    return one.isel(time=np.flatnonzero(known))


def duration_curves(one: xr.Dataset) -> dict[str, np.ndarray]:
    """Flow that is reached or exceeded on a share of the test days with an observation.

    Returns
    -------
    dict
        ``x``, the share in percent, and each line's flow there, mm/day; NaN without a value.
    """
    part, share = _judged(one), np.linspace(0.5, 99.5, POINTS)
    found: dict[str, np.ndarray] = {"x": share.astype(np.float32)}
    for name in (n for n in LINES if n in one):
        values = part[name].values[np.isfinite(part[name].values)]
        curve = np.full(POINTS, np.nan)
        if values.size:
            curve = np.quantile(values, 1 - share / 100)
        found[name] = np.maximum(curve, LOWEST_FLOW).astype(np.float32)
    return found


def monthly_means(one: xr.Dataset) -> dict[str, np.ndarray]:
    """Mean flow of each month over the test days with an observation, mm/day, ``x`` the month."""
    part = _judged(one)
    months = pd.DatetimeIndex(part["time"].values).month
    found: dict[str, np.ndarray] = {"x": np.arange(1, 13)}
    for name in (n for n in LINES if n in one):
        means = pd.Series(part[name].values).groupby(months).mean()
        found[name] = means.reindex(range(1, 13)).to_numpy(np.float32)
    return found


def seasonal_rows(one: xr.Dataset) -> list[Mapping[str, object]]:
    """:func:`monthly_means` as rows of a table."""
    means = monthly_means(one)
    months = pd.date_range("2001-01-01", periods=12, freq="MS").strftime("%B")
    lines = [name for name in means if name != "x"]
    return [
        {"month": month, **{name: float(means[name][k]) for name in lines}}
        for k, month in enumerate(months)
    ]
