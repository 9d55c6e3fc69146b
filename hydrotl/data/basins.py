"""What a results record says of its basins besides their scores: place, size and climate.

The book is built without data, so whatever it shows of a basin is in the committed results:
coordinates to two decimals, the area in whole km2, and indices computed here.
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

DIGITS = 3


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
        ``locations``: longitude and latitude per basin, degrees, two decimals; basins without a
        known place are left out. ``climate``: ``evapotranspiration`` (the formula) and, in the
        order of ``basins``, the columns of :func:`hydrotl.data.climate.climate_indices` and
        ``area_km2`` (null: not known).
    """
    ds = open_dataset(dataset, basins, file=data)
    roles = load_manifest()[dataset].attributes
    frame, formula = climate_indices(ds, roles, periods)
    frame = frame.round(DIGITS)
    known = roles.area in static_attributes(ds)
    frame["area_km2"] = ds[roles.area].values.astype(float).round() if known else np.nan
    columns = {str(name): _values(column) for name, column in frame.items()}
    return {
        "locations": located(ds, roles),
        "climate": {"evapotranspiration": formula, **columns},
    }


def locations(ds: xr.Dataset, attributes: Attributes) -> pd.DataFrame:
    """Columns ``longitude`` and ``latitude`` of the basins, degrees; NaN where not known."""
    frame = pd.DataFrame(index=pd.Index([str(b) for b in ds["basin"].values], name="basin"))
    known = static_attributes(ds)
    for role in ("longitude", "latitude"):
        name = getattr(attributes, role)
        frame[role] = ds[name].values.astype(float) if name in known else np.nan
    return frame


def located(ds: xr.Dataset, attributes: Attributes) -> dict[str, list[float]]:
    """Longitude and latitude of each gauge, degrees, two decimals; unknown places are left out."""
    known = locations(ds, attributes).dropna().round(2)
    return {str(basin): [float(x) for x in row] for basin, *row in known.itertuples()}


def _values(column: pd.Series) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in column]


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
