"""A trained model used: from a weights file and weather to streamflow, in one call."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from hydrotl_core.arrays import build_arrays
from hydrotl_core.errors import DataError, WeightsError
from hydrotl_core.readout import simulate_refitted
from hydrotl_core.recipe import Period
from hydrotl_core.scaling import STREAMFLOW, Scaler, require
from hydrotl_core.simulation import simulate
from hydrotl_core.weights import load_model

#: Days before a record's first that bring the state up; its own first year, repeated backwards.
LEAD_DAYS = 365
DAY = dt.timedelta(1)


def record_periods(ds: xr.Dataset, scaler: Scaler) -> list[Period]:
    """Days from the first to the last on which a basin has all daily inputs it cannot do without.

    Raises
    ------
    DataError
        If such an input is absent, or a basin has no day with all of them.
    """
    needed = [name for name in scaler.dynamic if name not in scaler.flagged]
    require(ds, needed, "weather")
    whole = np.ones((ds.sizes["basin"], ds.sizes["time"]), dtype=bool)
    for name in needed:
        whole &= np.isfinite(ds[name].transpose("basin", "time").values)
    days = ds["time"].values.astype("datetime64[D]")
    periods = []
    for basin, row in zip(ds["basin"].values, whole, strict=True):
        there = np.flatnonzero(row)
        if not there.size:
            raise DataError(f"basin {basin} has no day with all of {', '.join(needed)}")
        first, last = (days[k].astype(dt.date) for k in (there[0], there[-1]))
        periods.append(Period(start=first, end=last + DAY))
    return periods


def simulate_file(
    path: Path | str,
    ds: xr.Dataset,
    *,
    layers: np.ndarray | None = None,
    training: Sequence[Period] | None = None,
) -> xr.DataArray:
    """Streamflow that the model in a weights file gives for the weather in ``ds``.

    Parameters
    ----------
    path
        Weights with their card (:func:`hydrotl_core.weights.save_weights`).
    ds
        The model's inputs: daily ones on ``(basin, time)``, attributes on ``(basin,)``. Each basin
        is simulated over its own record, from a state that its first year has brought up.
    layers
        Output layers of single basins, ``[basin, H + 1]``, in place of the model's
        (:mod:`hydrotl_core.readout`).
    training
        Days that the model was trained on in each basin. Only a model whose flow is scaled by the
        precipitation of these days needs them.

    Returns
    -------
    xarray.DataArray
        mm/day on ``(basin, time)``, float32; NaN outside a basin's record.

    Raises
    ------
    WeightsError
        If the file is not sound, or the days of training are needed and not given.
    DataError
        If an input is absent.
    """
    model, card = load_model(Path(path))
    scaler = card.scaler
    if scaler.per_precipitation and training is None:
        raise WeightsError(
            f"{path} scales flow by the precipitation of its training days: give them (training)"
        )
    if STREAMFLOW not in ds:  # what was observed plays no part in a simulation
        nothing = np.full((ds.sizes["basin"], ds.sizes["time"]), np.nan, np.float32)
        ds = ds.assign({STREAMFLOW: (("basin", "time"), nothing)})
    ds = ds.transpose("basin", "time", ...)
    periods = record_periods(ds, scaler)
    found = np.full((ds.sizes["basin"], ds.sizes["time"]), np.nan, np.float32)
    days = ds["time"].values.astype("datetime64[D]")
    for start in sorted({period.start for period in periods}):
        # Data that begin with the record: its first year is what brings the state up.
        rows = [row for row, period in enumerate(periods) if period.start == start]
        first = int(np.searchsorted(days, np.datetime64(start)))
        part, own = ds.isel(basin=rows, time=slice(first, None)), [periods[row] for row in rows]
        learned = own if training is None else [training[row] for row in rows]
        arrays = build_arrays(part, scaler, own, learned, LEAD_DAYS)
        if layers is None:
            flow = simulate(model, arrays, scaler)
        else:
            flow = simulate_refitted(model, arrays, scaler, layers[rows])
        for row, period, values in zip(rows, own, flow, strict=True):
            found[row, first : first + period.days] = values[: period.days]
    return xr.DataArray(
        found,
        dims=("basin", "time"),
        coords={"basin": ds["basin"], "time": ds["time"]},
        name="simulated",
        attrs={"units": "mm/day"},
    )
