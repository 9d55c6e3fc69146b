"""Drawings of the front page: SVG that a browser shows at once, with no program behind it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import pandas as pd

from hydrotl.book.figures import colour_of
from hydrotl.book.maps import WORLD, coastlines

WIDTH = 760
INK, GRID = "#111", "#ccc"
XMLNS = "http://www.w3.org/2000/svg"
#: Width of a picture, px, up to which its narrow form is shown (``book.css`` has the page's).
NARROW_BELOW = 520
#: Okabe and Ito's colours again; the targets' are brighter than the many rivers of the source.
SOURCE, TARGET = "#56B4E9", "#D55E00"


@dataclass(frozen=True)
class Form:
    """Sizes of a drawing of panels, px: for a page, or for a telephone."""

    width: float
    height: float
    columns: int | None  # panels beside each other; None: all of them
    ticks: float  # of the gain's axis, NSE
    spread: float  # from one model's points to the next one's


WIDE = Form(width=WIDTH, height=404, columns=None, ticks=0.1, spread=9)
NARROW = Form(width=360, height=640, columns=2, ticks=0.2, spread=8)


def gain_drawing(gains: pd.DataFrame) -> str:
    """Gain of each model over the local network against the years of record, a panel per size.

    The SVG holds two forms of itself: one for a page, and a narrow one that is shown where the
    picture is at most :data:`NARROW_BELOW` wide. It has no size of its own, with which a browser
    would stretch the narrow form: ``book.css`` gives it the box of the form that is shown.

    Parameters
    ----------
    gains
        Columns ``basins``, ``years``, ``samples``, ``model``, ``gain``, ``low`` and ``high`` (NSE).
    """
    style = (
        f"<style>.narrow{{display:none}}@media(max-width:{NARROW_BELOW}px)"
        "{.wide{display:none}.narrow{display:inline}}</style>"
    )
    title = "Gain over a local network by rivers and years of record"
    forms = [
        _svg(panels(gains, form), form.height, title, form.width, kind)
        for kind, form in (("wide", WIDE), ("narrow", NARROW))
    ]
    return "\n".join([f'<svg xmlns="{XMLNS}">', style, *forms, "</svg>"]) + "\n"


def panels(gains: pd.DataFrame, form: Form) -> list[str]:
    """Parts of one form of :func:`gain_drawing`."""
    sizes, years = sorted(set(gains["basins"])), sorted(set(gains["years"]))
    models = list(dict.fromkeys(gains["model"]))
    low, high = _span(gains)
    columns = form.columns or max(1, len(sizes))
    rows = max(1, math.ceil(len(sizes) / columns))
    stacked = form.columns is not None
    left, right = 62.0, form.width - 10.0
    first = 22.0 * (len(models) if stacked else 1) + 22.0  # below the legend
    step, tall = (right - left) / columns, (form.height - 34.0 - first) / rows

    legend = {name: colour_of(name) for name in models}
    parts = [_legend(14.0 if stacked else left, 22, legend, down=22.0 if stacked else 0.0)]
    for number, basins in enumerate(sizes):
        row, column = divmod(number, columns)
        start, above = left + step * column, first + tall * row
        top, bottom = above + 30.0, above + tall - 40.0

        def height(value: float, top: float = top, bottom: float = bottom) -> float:
            return bottom - (bottom - top) * (value - low) / (high - low)

        count = round(1 / form.ticks)
        for tick in np.arange(math.ceil(low * count), math.floor(high * count) + 1) / count:
            y = height(tick)
            heavy = "#333" if tick == 0 else GRID
            dash = ' stroke-dasharray="6 4"' if tick == 0 else ""
            parts.append(f'<path d="M{start:.1f} {y:.1f}h{step:.1f}" stroke="{heavy}"{dash}/>')
            if not column:
                parts.append(_text(left - 8, y + 5, f"{tick:+.1f}" if tick else "0", "end", 13))
        parts.append(
            _text(start + step / 2, top - 12, f"{basins} river{'s' * (basins > 1)}", size=15)
        )
        if column:
            parts.append(f'<path d="M{start:.1f} {top - 10}V{bottom + 10}" stroke="#999"/>')
        places = {year: start + step * (k + 0.5) / len(years) for k, year in enumerate(years)}
        panel = gains[gains["basins"] == basins]
        samples = panel.groupby("years")["samples"].max()
        for year, x in places.items():
            parts.append(_text(x, bottom + 18, f"{year}", size=13))
            if year in samples.index:
                parts.append(_text(x, bottom + 33, f"n = {samples[year]}", size=11))
        for order, name in enumerate(models):
            shift = form.spread * (order - (len(models) - 1) / 2)
            line = panel[panel["model"] == name].sort_values("years")
            parts.append(_line(line, places, shift, height, name))
    below = "years of record (n: number of samples)"
    parts.append(_text((left + right) / 2, form.height - 12, below, size=14))
    middle = (first + form.height - 34) / 2
    parts.append(
        f'<g transform="rotate(-90 16 {middle:.1f})">'
        f"{_text(16, middle, 'gain of NSE over a local network', size=14)}</g>"
    )
    return parts


def map_drawing(places: pd.DataFrame) -> str:
    """World map of the rivers: ``longitude``, ``latitude`` (degrees) and ``source`` (a truth).

    Rivers without a place are left out; targets lie above the source's.
    """
    (west, east), (south, north) = WORLD
    scale = WIDTH / (east - west)
    tall = scale * (north - south)

    def at(longitude: float, latitude: float) -> tuple[float, float]:
        return (longitude - west) * scale, (north - latitude) * scale

    land = "".join(_path([at(*point) for point in line]) for line in coastlines())
    parts = [f'<path d="{land}" fill="none" stroke="#666" stroke-width="0.7"/>']
    known = places.dropna(subset=["longitude", "latitude"])
    for is_source, colour, radius in ((True, SOURCE, 1.8), (False, TARGET, 3.2)):
        some = known[known["source"] == is_source]
        dots = "".join(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}"/>'
            for x, y in (at(*row) for row in zip(some["longitude"], some["latitude"], strict=True))
        )
        style = 'stroke="#fff" stroke-width="0.4"'
        parts.append(f'<g fill="{colour}" fill-opacity="0.85" {style}>{dots}</g>')
    colours = {"rivers of the source": SOURCE, "target rivers": TARGET}
    parts.append(_legend(20, tall - 34, colours, down=22))
    return _svg(parts, tall, "World map of source and target rivers")


def _span(gains: pd.DataFrame) -> tuple[float, float]:
    """Whole tenths around all intervals and zero."""
    values = gains[["gain", "low", "high"]].to_numpy(dtype=float)
    known = values[np.isfinite(values)]
    low, high = min([0.0, *known]), max([0.0, *known])
    return np.floor(10 * low - 0.02) / 10, np.ceil(10 * high + 0.02) / 10


def _line(
    line: pd.DataFrame,
    places: Mapping[int, float],
    shift: float,
    height: Callable[[float], float],
    name: str,
) -> str:
    """A model's points in a panel, joined, each with its interval and its numbers as a tooltip."""
    colour = colour_of(name)
    rows: Any = line[["years", "gain", "low", "high"]].itertuples(index=False)
    points = [(places[int(year)] + shift, *map(float, values)) for year, *values in rows]
    joined = _path([(x, height(gain)) for x, gain, _, _ in points])
    parts = [f'<path d="{joined}" fill="none" stroke="{colour}" stroke-width="1.2"/>']
    for x, gain, low, high in points:
        title = f"{name}: {gain:+.2f} ({low:+.2f} to {high:+.2f})"
        bar = f"M{x:.1f} {height(low):.1f}V{height(high):.1f}"
        parts.append(
            f'<path d="{bar}" stroke="{colour}" stroke-width="2"/>'
            f'<circle cx="{x:.1f}" cy="{height(gain):.1f}" r="5" fill="{colour}">'
            f"<title>{escape(title)}</title></circle>"
        )
    return "".join(parts)


def _legend(x: float, y: float, colours: Mapping[str, str], down: float = 0.0) -> str:
    """A dot and a name per colour, side by side or below each other."""
    parts = []
    for name, colour in colours.items():
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="{colour}"/>')
        parts.append(_text(x + 12, y + 5, name, "start"))
        x, y = (x, y + down) if down else (x + 44 + 7.6 * len(name), y)
    return "".join(parts)


def _path(points: Sequence[tuple[float, float]]) -> str:
    """A line through points."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) if points else ""


def _text(x: float, y: float, words: str, anchor: str = "middle", size: int = 14) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"'
    return f"<text {place}>{escape(words)}</text>"


def _svg(
    parts: Sequence[str], height: float, title: str, width: float = WIDTH, kind: str = ""
) -> str:
    """The parts on white ground, which the dark mode leaves as it is; ``kind`` is a class."""
    named = f'class="{kind}" ' if kind else ""
    head = (
        f'<svg xmlns="{XMLNS}" {named}viewBox="0 0 {width:.0f} {height:.0f}" role="img" '
        f'font-family="Helvetica, Arial, sans-serif" fill="{INK}"><title>{escape(title)}</title>'
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="#fff"/>'
    )
    return "\n".join([head, *parts, "</svg>"]) + "\n"
