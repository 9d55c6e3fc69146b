"""Figures and maps show the numbers they were given."""

from typing import Any

import holoviews as hv
import numpy as np
import pandas as pd
import pytest
from bokeh.models import Whisker
from bokeh.plotting import figure

from hydrotl.book import figures, maps
from hydrotl.book.hydrographs import boxes_with_hydrographs, hydrographs
from hydrotl.config import load_options
from hydrotl.data.basins import locations
from hydrotl.data.manifest import load_manifest
from tests.synthetic import canonical

figures.setup()


def rows(element: Any, *names: str) -> list[tuple[Any, ...]]:
    return list(zip(*(element.dimension_values(name) for name in names), strict=True))


def inside(point: tuple[float, float], ring: np.ndarray) -> bool:
    """Whether a ray to the east crosses the ring an odd number of times."""
    x, y = point
    (x0, y0), (x1, y1) = ring[:-1].T, ring[1:].T
    crossing = (y0 > y) != (y1 > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        east = x0 + (y - y0) * (x1 - x0) / (y1 - y0) > x
    return bool((crossing & east).sum() % 2)


@pytest.mark.parametrize(
    ("place", "land"),
    [
        ((-105.0, 39.7), True),  # Denver
        ((-3.8, 56.8), True),  # Scottish Highlands
        ((-84.3, 10.0), True),  # Costa Rica
        ((78.5, 17.4), True),  # Hyderabad
        ((-70.6, -33.4), True),  # Santiago de Chile
        ((-30.0, 40.0), False),  # Atlantic
        ((3.0, 56.5), False),  # North Sea
        ((80.0, -10.0), False),  # Indian Ocean
    ],
)
def test_land_is_where_it_is(place: tuple[float, float], land: bool) -> None:
    assert sum(inside(place, line) for line in maps.coastlines()) % 2 == land


def test_no_coastline_runs_across_the_map() -> None:
    lines = maps.coastlines()
    assert max(np.abs(np.diff(line[:, 0])).max() for line in lines) < 180
    iceland = [line for line in lines if inside((-18.5, 65.0), line) and len(line) < 60]
    (ring,) = iceland
    assert ring.min(axis=0) == pytest.approx([-24.3, 63.5], abs=0.3)
    assert ring.max(axis=0) == pytest.approx([-13.6, 66.5], abs=0.3)


def test_map_shows_basins_that_have_a_place() -> None:
    basins = pd.DataFrame(
        {
            "basin": ["a", "b", "c"],
            "longitude": [-80.0, np.nan, -3.0],
            "latitude": [40.0, 50.0, 57.0],
            "skill": [0.2, 0.5, 0.7],
        }
    )
    _, points = maps.basin_map(basins, "skill", zoom=True).values()
    assert rows(points, "basin", "longitude", "latitude", "skill") == [
        ("a", -80.0, 40.0, 0.2),
        ("c", -3.0, 57.0, 0.7),
    ]
    _, named = maps.basin_map(basins.assign(country=["x", "x", "y"]), "country").values()
    assert list(named.dimension_values("country")) == ["x", "y"]


def test_locations_are_the_attributes_of_that_role() -> None:
    ds = canonical()
    roles = load_manifest()["sample"].attributes.model_copy(
        update={"latitude": "slope", "longitude": "absent"}
    )
    frame = locations(ds, roles)
    assert list(frame.index) == ["0001", "0002", "0003"]
    assert list(frame["latitude"]) == list(ds["slope"].values)
    assert frame["longitude"].isna().all()


def test_every_option_has_a_colour_of_its_own() -> None:
    names = ["observed", "local", "process-gr4j", "process-swat", *load_options()]
    colours = [figures.colour_of(name) for name in names]
    assert len(set(colours)) == len(names)
    assert figures.colour_of("TL-a, 50 basins") == figures.colour_of("TL-a")


def test_box_plot_marks_the_mean_over_basins_and_clips_the_lowest() -> None:
    scores = {"local": [0.1, -3.0, 0.5], "TL-a": [0.4, np.nan, 0.6]}
    boxes, points, means = figures.nse_boxes(scores).values()
    assert dict(rows(means, "model", "NSE")) == pytest.approx({"local": -0.8, "TL-a": 0.5})
    expected = [("local", 0.1), ("local", -3.0), ("local", 0.5), ("TL-a", 0.4), ("TL-a", 0.6)]
    assert rows(points, "model", "NSE") == expected
    assert rows(boxes, "model", "NSE") == expected
    assert list(points.dimension_values("height")) == [0.1, -0.5, 0.5, 0.4, 0.6]


def test_gains_are_bars_from_low_to_high_below_each_other() -> None:
    gains = pd.DataFrame(
        {
            "region": ["A", "A", "B"],
            "model": ["TL-a", "TL-b", "TL-a"],
            "value": [0.1, -0.25, 0.2],
            "low": [0.0, -0.3, 0.1],
            "high": [0.2, -0.1, 0.4],
        }
    )
    plot = figures.gain_bars(gains, "one year")
    _, bars, points, others, _ = plot.values()
    assert rows(points, "region", "place", "value") == [("A", 0.09, 0.1), ("B", -0.91, 0.2)]
    assert rows(bars, "value", "place", "below", "above") == [
        (0.1, 0.09, pytest.approx(0.1), pytest.approx(0.1)),
        (0.2, -0.91, pytest.approx(0.1), pytest.approx(0.2)),
    ]
    assert rows(others, "value", "place", "below", "above") == [
        (-0.25, -0.09, pytest.approx(0.05), pytest.approx(0.15))
    ]
    drawn = hv.render(bars).select_one(Whisker)
    assert drawn.dimension == "width", "a bar lies along the axis of the gain"
    assert list(drawn.source.data["base"]) == [0.09, -0.91]
    low, high = plot.opts.get("plot").kwargs["xlim"]
    assert low < -0.3
    assert high > 0.4, "no bar is cut off"


class Shown:
    """What shows itself as HTML, as figures do in a notebook."""

    def _repr_mimebundle_(self) -> dict[str, str]:
        return {"text/html": "<p>a figure</p>", "text/plain": "a figure"}


def test_alternative_text_goes_with_the_figure_and_is_no_markup() -> None:
    figure: Any = Shown()
    data, _ = figures.describe(figure, 'points & "bars" <b>')._repr_mimebundle_()
    label = "points &amp; &quot;bars&quot; &lt;b&gt;"
    assert data["text/html"] == f'<div role="group" aria-label="{label}"><p>a figure</p></div>'
    assert data["text/plain"] == "a figure"


def test_every_name_has_a_colour_and_an_option_overrides_the_style() -> None:
    names = [f"region {k}" for k in range(8)]
    assert list(figures.palette([*names, "region 0"])) == names
    assert figures.style(height=100, title="x") == {**figures.style(), "height": 100, "title": "x"}


def frames() -> dict[str, pd.DataFrame]:
    days = pd.date_range("2001-01-01", periods=4)
    first = pd.DataFrame(
        {"prcp": [0.0, 5, 1, 0], "observed": [1.0, 2, np.nan, 4], "local": [1.0, 1, 2, 3]}, days
    )
    return {"upper": first, "lower": first.shift(freq="D") * 10}


def test_hydrograph_swaps_the_series_of_all_basins() -> None:
    from bokeh.models import CustomJS
    from bokeh.models.widgets import Select

    layout = hydrographs(frames(), {"lower": "lower, NSE 0.5"}).object
    (select,) = layout.select({"type": Select})
    assert select.options == ["upper", "lower"]
    (callback,) = select.js_property_callbacks["change:value"]
    assert isinstance(callback, CustomJS)
    held = callback.args["frames"]
    for name, frame in frames().items():
        assert list(held[name].data["date"]) == list(frame.index.to_numpy())
        for column in frame:
            np.testing.assert_array_equal(held[name].data[column], frame[column])
    shown = callback.args["source"]
    assert shown not in held.values()
    np.testing.assert_array_equal(shown.data["local"], [1, 1, 2, 3])
    assert callback.args["titles"] == {"upper": "upper", "lower": "lower, NSE 0.5"}


def test_models_of_one_option_have_lines_and_a_legend_that_are_told_apart() -> None:
    from bokeh.models import Legend
    from bokeh.plotting import figure

    sizes = [f"TL-c, {size} basins" for size in (10, 50, 100, 300, 671)]
    frame = frames()["upper"].drop(columns="local").assign(**dict.fromkeys(sizes, 1.0))
    title = "a river with a long name, NSE: TL-c, 10 basins 0.36, TL-c, 671 basins 0.34"
    layout = hydrographs({"upper": frame}, {"upper": title}).object
    plot = next(p for p in layout.select({"type": figure}) if p.legend)
    colours = [r.glyph.line_color for r in plot.renderers if hasattr(r.glyph, "line_color")]
    assert len(set(colours)) == len(colours) == 6
    (legend,) = plot.select({"type": Legend})
    assert legend.ncols == 3, "a longer row would be cut"
    assert plot.title.text.replace("\n", " ") == title
    assert max(map(len, plot.title.text.split("\n"))) <= figures.PLOT_TITLE


def test_linked_boxes_hold_every_basin_and_pick_its_hydrograph() -> None:
    from bokeh.models import CustomJS, FactorRange, TapTool
    from bokeh.models.widgets import Select
    from bokeh.plotting import figure

    scores = {
        "local": pd.Series([0.1, -3.0, np.nan], index=["upper", "lower", "third"]),
        "TL-a": pd.Series([0.5, 0.7], index=["upper", "lower"]),
    }
    layout = boxes_with_hydrographs(scores, frames()).object
    (boxes,) = (p for p in layout.select({"type": figure}) if isinstance(p.x_range, FactorRange))
    (dots,) = (r for r in boxes.renderers if r.data_source.name == "basins")
    points = dots.data_source
    assert list(points.data["basin"]) == ["upper", "lower", "upper", "lower"]
    assert list(points.data["NSE"]) == [0.1, -3.0, 0.5, 0.7]
    assert list(points.data["height"]) == [0.1, -0.5, 0.5, 0.7]  # hovering tells the NSE itself
    (tap,) = (tool for tool in boxes.tools if isinstance(tool, TapTool))
    assert tap.renderers == [dots]
    (select,) = layout.select({"type": Select})
    (pick,) = points.selected.js_property_callbacks["change:indices"]
    assert isinstance(pick, CustomJS)
    assert pick.args == {"source": points, "select": select}


def test_hydrograph_draws_rain_only_where_there_is_some() -> None:
    from bokeh.plotting import figure

    with_rain = hydrographs(frames()).object
    assert len(list(with_rain.select({"type": figure}))) == 2
    dry = {name: frame.drop(columns="prcp") for name, frame in frames().items()}
    (plot,) = hydrographs(dry).object.select({"type": figure})
    (legend,) = plot.legend
    assert [item.label.value for item in legend.items] == ["observed", "local"]
    assert plot.yaxis[0].axis_label == "streamflow, mm/day"


@pytest.mark.parametrize("wrong", [{}, {"a": frames()["upper"], "b": frames()["upper"][["prcp"]]}])
def test_hydrograph_refuses_what_it_cannot_swap(wrong: dict[str, pd.DataFrame]) -> None:
    with pytest.raises(ValueError, match=r"no basin|same columns"):
        hydrographs(wrong)


def test_text_axes_and_grid_of_every_figure_stand_out_from_its_ground() -> None:
    flow = pd.DataFrame({"observed": [1.0, 2.0]}, index=pd.date_range("2001", periods=2))
    pane = boxes_with_hydrographs({"local": pd.Series({"a": 0.5})}, {"a": flow})
    plots = list(pane.object.select({"type": figure}))
    assert len(plots) == 2
    for plot in plots:
        ground = contrast("#ffffff", str(plot.background_fill_color))
        assert ground == pytest.approx(1), "white"
        for axis in plot.axis:
            assert contrast(str(axis.major_label_text_color), "#ffffff") > 7, "WCAG 2, AAA"
            assert contrast(str(axis.axis_label_text_color), "#ffffff") > 7
            assert contrast(str(axis.axis_line_color), "#ffffff") > 7
        assert all(contrast(str(grid.grid_line_color), "#ffffff") > 1.5 for grid in plot.grid)


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, ``#rrggbb``, as WCAG 2 defines it."""

    def luminance(colour: str) -> float:
        parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))

    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)
