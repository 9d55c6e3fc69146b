"""A map of the places as inline SVG: outlines of the land and a mark per basin."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hydrotl.book.maps import coastlines
from hydrotl.river.report.markup import text
from hydrotl.river.runfile import Basin

WIDTH = 640
#: Degrees of latitude around the places at least, so that an outline of land tells where they are.
LEAST_SPAN = 8.0
NAMED = 12  # so many places have their names beside them


def place_map(basins: Mapping[str, Basin]) -> str:
    """SVG of the basins whose latitude and longitude are known; a sentence if there is none."""
    places = {
        name: (basin.longitude, basin.latitude)
        for name, basin in basins.items()
        if basin.longitude is not None and basin.latitude is not None
    }
    if not places:
        return "<p>No longitudes are known, so that no map can be drawn.</p>"
    points = np.array(list(places.values()), dtype=float)
    points[:, 0] = side_by_side(points[:, 0])
    (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
    span = max(LEAST_SPAN, 1.3 * (north - south), 0.8 * (east - west))
    middle = (south + north) / 2
    bottom, top = max(-90.0, middle - span / 2), min(90.0, middle + span / 2)
    narrow = max(float(np.cos(np.radians(middle))), 0.2)
    across = max(1.5 * span / narrow, 1.3 * (east - west))
    left = (west + east) / 2 - across / 2
    scale = WIDTH / across
    height = (top - bottom) * scale / narrow

    def drawn(lines: np.ndarray) -> np.ndarray:
        x = (lines[..., 0] - left) * scale
        y = (top - lines[..., 1]) * scale / narrow
        return np.stack([x, y], axis=-1)

    outlines = [
        line + np.array([turn, 0.0]) for line in coastlines() for turn in (-360.0, 0.0, 360.0)
    ]
    land = " ".join(filter(None, (_path(drawn(line), height) for line in outlines)))
    marks = []
    for number, (name, xy) in enumerate(zip(places, drawn(points), strict=True)):
        x, y = xy
        side = ("end", -9) if x > 0.7 * WIDTH else ("start", 9)
        label = (
            f'<text x="{x + side[1]:.1f}" y="{y + 4:.1f}" text-anchor="{side[0]}">{text(name)}'
            "</text>"
            if number < NAMED
            else ""
        )
        marks.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6"><title>{text(name)}</title></circle>{label}'
        )
    listed = ", ".join(
        f"{name} ({latitude:.2f}, {longitude:.2f})"
        for name, (longitude, latitude) in list(places.items())[:NAMED]
    )
    return (
        f'<svg class="map" role="img" viewBox="0 0 {WIDTH} {height:.0f}" '
        f'aria-label="Map of the places, latitude and longitude: {text(listed)}">'
        f'<path d="{land}"/>{"".join(marks)}</svg>'
    )


def side_by_side(longitudes: np.ndarray) -> np.ndarray:
    """Longitudes, some by 360 degrees greater, so that the places lie as close as they can.

    Places on both sides of the meridian of 180 degrees are neighbours on earth: the picture begins
    behind the widest part of the circle that has no place.
    """
    around = np.sort(np.mod(longitudes, 360.0))
    gaps = np.diff(around, append=around[0] + 360.0)
    first = around[(int(np.argmax(gaps)) + 1) % len(around)]
    turned: np.ndarray = first + np.mod(longitudes - first, 360.0)
    turned -= 360.0 * np.round(turned.mean() / 360.0)  # as on other maps, where that is possible
    return turned


def _path(line: np.ndarray, height: float) -> str:
    """Pieces of a line near the picture, as commands of SVG."""
    inside = (
        (line[:, 0] > -WIDTH)
        & (line[:, 0] < 2 * WIDTH)
        & (line[:, 1] > -height)
        & (line[:, 1] < 2 * height)
    )
    pieces, pen = [], "M"
    for point, here in zip(line, inside, strict=True):
        if here:
            pieces.append(f"{pen}{point[0]:.1f} {point[1]:.1f}")
        pen = "L" if here else "M"
    return "".join(pieces)
