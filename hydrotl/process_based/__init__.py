"""Process-based models: a calibrated benchmark for the networks, and uncalibrated teachers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl_core.errors import DataError

#: First days of every simulation, in which the stores of a model fill; they are not used.
WARM_UP_DAYS = 365


def whole_record(weather: pd.DataFrame) -> pd.DataFrame:
    """Days from the first to the last that have every value; none if there is no such day."""
    whole = weather.notna().all(axis=1)
    return weather[whole.cummax() & whole[::-1].cummax()]


def require_warm_up(basin: str, weather: pd.DataFrame, model: str) -> None:
    """Raise a DataError if nothing is left of a basin's ``weather`` after the warm-up."""
    if len(weather) <= WARM_UP_DAYS:
        raise DataError(
            f"basin {basin} has {len(weather)} days of rain and temperature; {model} needs more "
            f"than the {WARM_UP_DAYS} of its warm-up"
        )


def flow_array(ds: xr.Dataset, flows: list[pd.Series]) -> xr.DataArray:
    """Streamflow of each basin of ``ds``, mm/day, ``(basin, time)`` float32; NaN where it ends."""
    days = pd.DatetimeIndex(ds["time"].values)
    values = np.stack([flow.reindex(days).to_numpy(dtype=np.float32) for flow in flows])
    return xr.DataArray(values, coords=[ds["basin"], ds["time"]], attrs={"units": "mm/day"})
