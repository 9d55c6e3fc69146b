"""Where basins are, so that one basin is known to be the same in two data sets.

Ids differ between data sets, and two data sets may give one id to different rivers. Where both say
where the gauges are, the place decides.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
import xarray as xr

from hydrotl.data.canonical import static_attributes
from hydrotl.data.manifest import Attributes

#: Attribute of data: the places of its basins as JSON. Not among the values, so no hash sees it.
PLACES = "places"
#: Degrees of latitude within which gauges are the same: places are often given to two digits.
NEAR = 0.0101

#: Latitude and longitude of a gauge, degrees.
Place = tuple[float, float]


def with_places(ds: xr.Dataset, attributes: Attributes) -> xr.Dataset:
    """``ds`` with the places of its basins in its attributes, as far as they are known."""
    roles = (attributes.latitude, attributes.longitude)
    if any(role not in static_attributes(ds) for role in roles):
        return ds.assign_attrs({PLACES: "{}"})
    columns = [ds[role].values for role in roles]
    if any(column.dtype.kind != "f" for column in columns):
        return ds.assign_attrs({PLACES: "{}"})
    known = {
        str(basin): [round(float(lat), 4), round(float(lon), 4)]
        for basin, lat, lon in zip(ds["basin"].values, *columns, strict=True)
        if np.isfinite(lat) and np.isfinite(lon)
    }
    return ds.assign_attrs({PLACES: json.dumps(known)})


def places_of(ds: xr.Dataset) -> dict[str, Place | None]:
    """Place of each basin of data that :func:`with_places` has seen; None where not known."""
    known = json.loads(ds.attrs.get(PLACES, "{}"))
    return {str(b): tuple(known[str(b)]) if str(b) in known else None for b in ds["basin"].values}


def near(place: Place, others: Mapping[str, Place | None]) -> str | None:
    """The nearest of ``others`` that is at ``place``, within :data:`NEAR`."""
    latitude, longitude = place
    narrow = max(float(np.cos(np.radians(latitude))), 0.05)
    distances = {
        name: max(abs(other[0] - latitude), narrow * abs((other[1] - longitude + 180) % 360 - 180))
        for name, other in others.items()
        if other is not None
    }
    nearest = min(distances, key=lambda name: distances[name], default=None)
    return nearest if nearest is not None and distances[nearest] <= NEAR else None
