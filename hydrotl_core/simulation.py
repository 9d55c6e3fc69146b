"""Simulation of all basins at once over a full period."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import xarray as xr

from hydrotl_core.arrays import Arrays
from hydrotl_core.model import State, StreamflowLSTM
from hydrotl_core.scaling import Scaler

CHUNK_DAYS = 365
#: Values of one layer that are held at a time, basins x days x units: they fit into a cache or two.
CHUNK_VALUES = 1 << 21


def simulate(
    model: StreamflowLSTM, arrays: Arrays, scaler: Scaler, device: str = "cpu"
) -> np.ndarray:
    """Streamflow of every basin and day after the lead, mm/day, ``[basin, day]`` float32.

    One pass from the start of the lead to the end, carrying the state; done in chunks of a
    year or less so that memory grows neither with the period nor with the basins. Negative flow
    is cut at 0.
    """
    was_training = model.training
    model.to(device).eval()
    static = torch.from_numpy(arrays.static).to(device)
    state: State | None = None
    # Made at once: parts that are kept would lie between large values that come and go, and keep
    # the system from taking their place back.
    scaled = np.empty((arrays.dynamic.shape[1], arrays.n_basins), np.float32)
    days_at_once = min(CHUNK_DAYS, max(1, CHUNK_VALUES // (arrays.n_basins * model.hidden)))
    with torch.inference_mode():
        for first in range(0, arrays.dynamic.shape[1], days_at_once):
            chunk = arrays.dynamic[:, first : first + days_at_once]
            days = torch.from_numpy(np.ascontiguousarray(chunk.swapaxes(0, 1))).to(device)
            flow, state = model(days, static, state)
            scaled[first : first + len(days)] = flow.cpu().numpy()
    model.train(was_training)
    scaled = scaled[arrays.lead :].T
    flow = scaler.streamflow.inverse(scaled) * arrays.flow_scale[:, None]
    return np.maximum(flow, 0.0).astype(np.float32)


def to_dataset(
    members: Sequence[np.ndarray],
    observed: np.ndarray,
    basins: Sequence[str],
    starts: Sequence[np.datetime64],
) -> xr.Dataset:
    """Simulations of an ensemble beside the observations.

    Parameters
    ----------
    members
        One ``[basin, day]`` array per member, mm/day.
    observed
        ``[basin, day]``, mm/day, NaN where missing.
    basins, starts
        Identifier and first day of each row.

    Returns
    -------
    xarray.Dataset
        ``simulated`` (member, basin, day) and ``observed`` (basin, day); ``start`` holds each
        basin's first day, since basins may have different periods.
    """
    ds = xr.Dataset(
        {
            "simulated": (("member", "basin", "day"), np.stack(members)),
            "observed": (("basin", "day"), observed.astype(np.float32)),
            "start": ("basin", np.array(starts, dtype="datetime64[ns]")),
        },
        coords={
            "basin": list(basins),
            "member": np.arange(len(members)),
            "day": np.arange(observed.shape[1]),
        },
    )
    for name in ("simulated", "observed"):
        ds[name].attrs["units"] = "mm/day"
    return ds


def series(ds: xr.Dataset, basin: str) -> xr.Dataset:
    """Observed flow and the mean of all members in one basin, over ``date``."""
    one = ds.sel(basin=basin)
    date = one["start"].values + one["day"].values.astype("timedelta64[D]")
    return xr.Dataset(
        {
            "observed": ("date", one["observed"].values),
            "simulated": ("date", one["simulated"].mean("member").values),
        },
        coords={"date": date},
    )
