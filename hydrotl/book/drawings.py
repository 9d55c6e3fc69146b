"""Drawings of the front page: SVG that a browser shows at once, with no program behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import pandas as pd

from hydrotl.book.figures import colour_of
from hydrotl.book.maps import WORLD, coastlines

WIDTH = 760
INK, GRID = "#222", "#ddd"
#: Okabe and Ito's colours again; the targets' are brighter than the many rivers of the source.
SOURCE, TARGET = "#56B4E9", "#D55E00"


def gain_drawing(gains: pd.DataFrame) -> str:
    """Gain of each model over the local network against the years of record, a panel per size.

    Parameters
    ----------
    gains
        Columns ``basins``, ``years``, ``model``, ``gain``, ``low`` and ``high`` (NSE).
    """
    sizes, years = sorted(set(gains["basins"])), sorted(set(gains["years"]))
    models = list(dict.fromkeys(gains["model"]))
    low, high = _span(gains)
    left, right, top, bottom = 62.0, WIDTH - 10.0, 84.0, 330.0
    step = (right - left) / max(1, len(sizes))

    def height(value: float) -> float:
        return bottom - (bottom - top) * (value - low) / (high - low)

    parts = [_legend(left, 22, {name: colour_of(name) for name in models})]
    for tick in np.arange(round(low * 10), round(high * 10) + 1) / 10:
        y = height(tick)
        heavy = "#555" if tick == 0 else GRID
        dash = ' stroke-dasharray="6 4"' if tick == 0 else ""
        parts.append(f'<path d="M{left} {y:.1f}H{right}" stroke="{heavy}"{dash}/>')
        parts.append(_text(left - 8, y + 5, f"{tick:+.1f}" if tick else "0", "end", 13))
    for number, basins in enumerate(sizes):
        start = left + step * number
        parts.append(
            _text(start + step / 2, top - 24, f"{basins} river{'s' * (basins > 1)}", size=15)
        )
        if number:
            parts.append(f'<path d="M{start:.1f} {top - 10}V{bottom + 10}" stroke="#bbb"/>')
        places = {year: start + step * (k + 0.5) / len(years) for k, year in enumerate(years)}
        for year, x in places.items():
            parts.append(_text(x, bottom + 22, f"{year}", size=13))
        panel = gains[gains["basins"] == basins]
        for order, name in enumerate(models):
            shift = 9.0 * (order - (len(models) - 1) / 2)
            line = panel[panel["model"] == name].sort_values("years")
            parts.append(_line(line, places, shift, height, name))
    parts.append(_text((left + right) / 2, bottom + 46, "years of record", size=14))
    middle = (top + bottom) / 2
    parts.append(
        f'<g transform="rotate(-90 16 {middle})">'
        f"{_text(16, middle, 'gain of NSE over a local network', size=14)}</g>"
    )
    return _svg(parts, bottom + 58, "Gain over a local network by rivers and years of record")


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
    parts = [f'<path d="{land}" fill="none" stroke="#888" stroke-width="0.7"/>']
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


def _svg(parts: Sequence[str], height: float, title: str) -> str:
    """The parts on white ground, which the dark mode leaves as it is."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img" '
        f'font-family="Helvetica, Arial, sans-serif" fill="{INK}"><title>{escape(title)}</title>'
        f'<rect width="{WIDTH}" height="{height:.0f}" fill="#fff"/>'
    )
    return "\n".join([head, *parts, "</svg>"]) + "\n"
