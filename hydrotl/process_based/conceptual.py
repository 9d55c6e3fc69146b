"""An uncalibrated conceptual model: streamflow of any basin with rain and temperature.

It stands in for SWAT where a process-based model has to guide an LSTM: GR4J (Perrin et al.
2003) with the default parameters of the package ``lumod``, which knows nothing of the basin but
its weather and latitude (for potential evapotranspiration after Oudin et al. 2005).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.data.manifest import Attributes
from hydrotl_core.errors import DataError

WARM_UP_DAYS = 365


def conceptual_streamflow(ds: xr.Dataset, attributes: Attributes) -> xr.DataArray:
    """Streamflow of the uncalibrated model, mm/day, ``(basin, time)``.

    Parameters
    ----------
    ds
        Canonical data with ``prcp`` and ``tmean`` or both ``tmin`` and ``tmax``, and the
        attribute of the latitude.
    attributes
        The data set's roles of attributes.

    Returns
    -------
    xarray.DataArray
        NaN outside a basin's record of forcing and in its first year, in which the stores
        fill. Inside the record a missing day counts as dry and as warm as its neighbours.

    Raises
    ------
    DataError
        If the package, a variable or the latitude is missing.
    """
    try:
        from lumod.models import GR4J
    except ImportError as error:
        raise DataError(
            "the conceptual model comes with the package lumod: pip install lumod"
        ) from error
    latitude = attributes.latitude
    if latitude is None or latitude not in ds:
        raise DataError("the conceptual model needs the latitude of each basin as an attribute")
    temperature = ds["tmean"] if "tmean" in ds else (ds["tmin"] + ds["tmax"]) / 2
    days = pd.DatetimeIndex(ds["time"].values)
    flow = np.full((ds.sizes["basin"], len(days)), np.nan, dtype=np.float32)
    for row in range(ds.sizes["basin"]):
        forcing = pd.DataFrame(
            {"prec": ds["prcp"].values[row], "tmean": temperature.values[row]},
            index=days,
            dtype=float,
        )
        known = np.flatnonzero(forcing.notna().all(axis=1))
        if known.size <= WARM_UP_DAYS:
            raise DataError(
                f"basin {ds['basin'].values[row]} has {known.size} days of rain and temperature; "
                f"the conceptual model needs more than the {WARM_UP_DAYS} of its warm-up"
            )
        record = slice(int(known[0]), int(known[-1]) + 1)
        forcing = forcing.iloc[record]
        forcing["prec"] = forcing["prec"].fillna(0.0)
        forcing["tmean"] = forcing["tmean"].interpolate()
        # 86.4 km2: lumod's m3/s are then mm/day
        simulated = GR4J(area=86.4, lat=float(ds[latitude].values[row])).run(forcing)["qt"]
        flow[row, record] = np.maximum(simulated.to_numpy(), 0.0)
        flow[row, record.start : record.start + WARM_UP_DAYS] = np.nan
    return xr.DataArray(
        flow,
        dims=("basin", "time"),
        coords={"basin": ds["basin"], "time": ds["time"]},
        attrs={"units": "mm/day"},
    )
