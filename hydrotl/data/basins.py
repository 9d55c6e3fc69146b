"""What is known of a basin besides its scores: place, size and climate.

The book is built without data, so whatever it shows of a basin is in the committed results:
coordinates to two decimals, the area in whole km2, and climate indices to three.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.data.canonical import static_attributes
from hydrotl.data.climate import climate_indices
from hydrotl.data.manifest import Attributes
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


def locations(ds: xr.Dataset, attributes: Attributes) -> pd.DataFrame:
    """Columns ``longitude`` and ``latitude`` of the basins, degrees; NaN where not known."""
    frame = pd.DataFrame(index=pd.Index([str(b) for b in ds["basin"].values], name="basin"))
    known = static_attributes(ds)
    for role in ("longitude", "latitude"):
        name = getattr(attributes, role)
        frame[role] = ds[name].values.astype(float) if name in known else np.nan
    return frame
