"""What is known of a basin besides its scores: place, size and climate.

The book is built without data, so whatever it shows of a basin is in the committed results:
coordinates to two decimals, the area in whole km2, and climate indices to three.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.data.canonical import static_attributes
from hydrotl.data.catalog import open_dataset
from hydrotl.data.climate import climate_indices
from hydrotl.data.manifest import Attributes, load_manifest
from hydrotl_core.recipe import Period

#: Decimals of the facts of a basin.
DIGITS = {
    "longitude": 2,
    "latitude": 2,
    "area_km2": 0,
    "aridity": 3,
    "snow_fraction": 3,
    "runoff_ratio": 3,
}


def facts_frame(
    ds: xr.Dataset, attributes: Attributes, periods: Sequence[Period]
) -> tuple[pd.DataFrame, str]:
    """Place, size and climate of basins, rounded to :data:`DIGITS`.

    Parameters
    ----------
    ds
        Canonical data.
    attributes
        The data set's roles of attributes.
    periods
        The period of each basin over which its climate is taken.

    Returns
    -------
    pandas.DataFrame
        A row per basin, its id as index: longitude and latitude in degrees, area in km2, and the
        columns of :func:`hydrotl.data.climate.climate_indices`. NaN where not known.
    str
        How potential evapotranspiration was computed.
    """
    climate, formula = climate_indices(ds, attributes, periods)
    area = attributes.area in static_attributes(ds)
    frame = locations(ds, attributes).join(climate)
    frame["area_km2"] = ds[attributes.area].values.astype(float) if area else np.nan
    return frame[list(DIGITS)].round(DIGITS), formula


def basin_facts(
    dataset: str, basins: Sequence[str], periods: Sequence[Period], data: Path | None = None
) -> dict[str, Any]:
    """Places and climate of basins, for a results record.

    Parameters
    ----------
    dataset
        Key of the manifest.
    basins, periods
        Basin ids and the training period of each.
    data
        NetCDF file to read instead of the data folder.

    Returns
    -------
    dict
        ``locations``: longitude and latitude per basin; basins without a known place are left
        out. ``climate``: ``evapotranspiration`` (the formula) and, in the order of ``basins``, the
        other columns of :func:`facts_frame` (null: not known).
    """
    roles = load_manifest()[dataset].attributes
    frame, formula = facts_frame(open_dataset(dataset, basins, file=data), roles, periods)
    places = frame[["longitude", "latitude"]].dropna()
    climate = {
        name: [float(value) if np.isfinite(value) else None for value in frame[name]]
        for name in ("aridity", "snow_fraction", "runoff_ratio", "area_km2")
    }
    return {
        "locations": {str(basin): list(place) for basin, *place in places.itertuples()},
        "climate": {"evapotranspiration": formula, **climate},
    }


def locations(ds: xr.Dataset, attributes: Attributes) -> pd.DataFrame:
    """Columns ``longitude`` and ``latitude`` of the basins, degrees; NaN where not known."""
    frame = pd.DataFrame(index=pd.Index([str(b) for b in ds["basin"].values], name="basin"))
    known = static_attributes(ds)
    for role in ("longitude", "latitude"):
        name = getattr(attributes, role)
        frame[role] = ds[name].values.astype(float) if name in known else np.nan
    return frame


def basin_frame(record: dict[str, Any]) -> pd.DataFrame:
    """A row per basin of a results record: NSE, place, size and climate, NaN where not known."""
    basins = record["basins"]
    frame = pd.DataFrame({"basin": basins, "NSE": np.array(record["nse"], dtype=float)})
    places = record.get("locations", {})
    for position, name in enumerate(("longitude", "latitude")):
        frame[name] = [places[b][position] if b in places else np.nan for b in basins]
    climate = record.get("climate", {})
    for name in ("aridity", "snow_fraction", "runoff_ratio", "area_km2"):
        frame[name] = np.array(climate.get(name, [None] * len(basins)), dtype=float)
    return frame
