"""Maps that draw with no network: coastlines from a file, basins as points."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hydrotl_core.errors import DataError

if TYPE_CHECKING:
    import holoviews as hv

LAND = Path(__file__).with_name("assets") / "land-110m.json"
WORLD = ((-180.0, 180.0), (-60.0, 85.0))


def decode_topology(topology: dict[str, Any], name: str) -> list[np.ndarray]:
    """Rings of the object ``name`` of a TopoJSON topology.

    An arc is a list of steps from point to point, in whole numbers; ``transform`` turns them
    into degrees. Index ``~k`` means arc ``k`` backwards. Arcs of one ring share end points.

    Returns
    -------
    list of numpy.ndarray
        One ``[point, 2]`` array of longitude and latitude per ring, degrees.

    Raises
    ------
    DataError
        If there is no such object.
    """
    if name not in topology.get("objects", {}):
        raise DataError(f"no object {name!r} in the topology")
    transform = topology.get("transform", {"scale": [1, 1], "translate": [0, 0]})
    scale, translate = np.array(transform["scale"]), np.array(transform["translate"])
    quantized = "transform" in topology
    arcs = []
    for arc in topology["arcs"]:
        points = np.array(arc, dtype=float)
        arcs.append((np.cumsum(points, axis=0) if quantized else points) * scale + translate)

    rings = []
    for indices in _rings(topology["objects"][name]):
        parts = [arcs[k] if k >= 0 else arcs[~k][::-1] for k in indices]
        rings.append(np.concatenate([parts[0], *(part[1:] for part in parts[1:])]))
    return rings


def _rings(geometry: dict[str, Any]) -> list[list[int]]:
    """Arc indices of every ring of a geometry."""
    kind = geometry["type"]
    if kind == "GeometryCollection":
        return [ring for part in geometry["geometries"] for ring in _rings(part)]
    if kind == "Polygon":
        return list(geometry["arcs"])
    if kind == "MultiPolygon":
        return [ring for polygon in geometry["arcs"] for ring in polygon]
    raise DataError(f"a topology of type {kind} holds no rings")


def coastlines() -> list[np.ndarray]:
    """Outlines of the world's land (Natural Earth, 1:110 million), longitude and latitude.

    An outline that crosses the date line is cut there: drawn whole, it would run back across
    the map.
    """
    lines = []
    for ring in decode_topology(json.loads(LAND.read_text(encoding="utf-8")), "land"):
        jumps = np.flatnonzero(np.abs(np.diff(ring[:, 0])) > 180) + 1
        lines += [part for part in np.split(ring, jumps) if len(part) > 1]
    return lines


def basin_map(
    basins: pd.DataFrame,
    colour: str,
    details: Sequence[str] = (),
    *,
    limits: tuple[float, float] | None = None,
    zoom: bool = False,
    height: int = 380,
) -> hv.Overlay:
    """Points at ``longitude`` and ``latitude``, coloured by a column; hovering names the basin.

    Parameters
    ----------
    basins
        Columns ``basin``, ``longitude``, ``latitude`` (degrees), ``colour`` and ``details``.
        Basins without a place are left out.
    colour
        Column to colour by: text (one colour per value) or numbers.
    details
        Further columns to show on hovering.
    limits
        Range of the colours of numbers.
    zoom
        Show the basins' surroundings instead of the world.
    """
    import holoviews as hv

    from hydrotl.book.figures import palette, style

    placed = basins.dropna(subset=["longitude", "latitude"])
    land = hv.Path(coastlines(), ["longitude", "latitude"]).opts(color="#888888", line_width=0.7)
    shown = [colour, "basin", *(name for name in details if name not in (colour, "basin"))]
    points = hv.Points(placed, ["longitude", "latitude"], shown).opts(
        color=colour, size=7, line_color="white", line_width=0.4, tools=["hover"]
    )
    if pd.api.types.is_numeric_dtype(placed[colour]):
        points = points.opts(cmap="cividis", colorbar=True, clabel=colour, clim=limits or ())
    else:
        points = points.opts(
            cmap=palette(placed[colour]), show_legend=True, legend_position="bottom_left"
        )
    x, y = _surroundings(placed) if zoom and len(placed) else WORLD
    labels = {"xlabel": "longitude, degrees east", "ylabel": "latitude, degrees north"}
    return (land * points).opts(**style(height=height, xlim=x, ylim=y, **labels))


def _surroundings(placed: pd.DataFrame) -> tuple[tuple[float, float], tuple[float, float]]:
    """Ranges that hold all points with a margin."""
    spans = []
    for name in ("longitude", "latitude"):
        low, high = float(placed[name].min()), float(placed[name].max())
        margin = max(2.0, 0.06 * (high - low))
        spans.append((low - margin, high + margin))
    return spans[0], spans[1]
