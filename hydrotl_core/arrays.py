"""From a canonical data set to scaled arrays, one row of days per basin.

Each basin brings its own period, so that records of different years can be trained
together: column 0 of every row is that basin's first day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from hydrotl_core.errors import DataError
from hydrotl_core.recipe import Period
from hydrotl_core.scaling import STREAMFLOW, Scaler, mean_precipitation, require

SPIN_UP_CYCLE = 365


@dataclass(frozen=True)
class Arrays:
    """Scaled inputs and streamflow.

    Attributes
    ----------
    dynamic
        ``[basin, day, n_dynamic]`` float32, no NaN.
    static
        ``[basin, n_static]`` float32, no NaN.
    flow
        Scaled streamflow ``[basin, day]`` float32; NaN where missing, in the lead and past a
        basin's period.
    flow_scale
        mm/day per unit of the scaler's streamflow, ``[basin]`` (mean precipitation, or 1).
    flow_std
        Standard deviation of the basin's observed streamflow over the period in mm/day,
        ``[basin]``; NaN where nothing was observed.
    lead
        Days before the period that only warm up the state.
    basins, starts
        Identifier and first day of the period (after the lead) of each row.
    """

    dynamic: np.ndarray
    static: np.ndarray
    flow: np.ndarray
    flow_scale: np.ndarray
    flow_std: np.ndarray
    lead: int
    basins: list[str]
    starts: list[np.datetime64]

    @property
    def n_basins(self) -> int:
        """Number of rows."""
        return self.dynamic.shape[0]

    @property
    def n_days(self) -> int:
        """Days after the lead."""
        return self.dynamic.shape[1] - self.lead

    def rows(self, which: slice) -> Arrays:
        """Some of the basins, without a copy."""
        return Arrays(
            self.dynamic[which],
            self.static[which],
            self.flow[which],
            self.flow_scale[which],
            self.flow_std[which],
            self.lead,
            self.basins[which],
            self.starts[which],
        )


def in_period(ds: xr.Dataset, periods: Sequence[Period]) -> np.ndarray:
    """True on the days of each basin's period, ``[basin, time]``."""
    days = ds["time"].values.astype("datetime64[D]")
    start = np.array([np.datetime64(p.start) for p in periods])[:, None]
    end = np.array([np.datetime64(p.end) for p in periods])[:, None]
    return (days >= start) & (days < end)


def static_inputs(ds: xr.Dataset, scaler: Scaler, absent: np.ndarray | None = None) -> np.ndarray:
    """Scaled attributes ``[basin, n_static]``: z-scores and one-hot codes, missing is 0.

    The last columns are the flags ``absent`` ``[basin, flag]`` of the optional inputs, if any.
    """
    wanted = [name for name in scaler.attributes if name not in scaler.flagged]
    require(ds, wanted, "attributes")
    columns = []
    for name in scaler.attributes:
        values = ds[name].values if name in ds else np.full(ds.sizes["basin"], np.nan)
        if name in scaler.categories:
            columns += [(values == c).astype(np.float32) for c in scaler.categories[name]]
        else:
            columns.append(np.nan_to_num(scaler.static[name].forward(values.astype(float))))
    fixed = np.zeros((ds.sizes["basin"], len(columns)), dtype=np.float32)
    for column, values in enumerate(columns):
        fixed[:, column] = values
    flags = [] if absent is None else [absent.astype(np.float32)]
    return np.concatenate([fixed, *flags], axis=1)


def absent_inputs(ds: xr.Dataset, scaler: Scaler, days: np.ndarray) -> np.ndarray:
    """Which optional inputs each basin lacks, bool ``[basin, flag]``.

    A daily one is missing where it has no value on any of the basin's ``days`` ``[basin, time]``.
    """
    absent = np.ones((ds.sizes["basin"], len(scaler.flagged)), dtype=bool)
    for column, name in enumerate(scaler.flagged):
        if name in scaler.dynamic and name in ds:
            absent[:, column] = ~(np.isfinite(ds[name].values) & days).any(axis=1)
        elif name in ds:
            absent[:, column] = ~np.isfinite(ds[name].values)
    return absent


def with_lead(n_days: int, first: int, stop: int, lead: int) -> np.ndarray:
    """Indices of ``lead`` days before ``first`` and of ``first..stop`` in a record of ``n_days``.

    Where the record starts too late, its first year is repeated backwards, as land-surface
    models are spun up.
    """
    before = np.arange(first - lead, first)
    cycle = min(SPIN_UP_CYCLE, n_days)
    before = np.where(before < 0, before % cycle, before)
    return np.concatenate([before, np.arange(first, stop)])


def build_arrays(
    ds: xr.Dataset,
    scaler: Scaler,
    periods: Sequence[Period],
    training: Sequence[Period],
    lead: int = 0,
) -> Arrays:
    """Scaled arrays of one period per basin.

    Parameters
    ----------
    ds
        Canonical data set holding the inputs of ``scaler`` and streamflow.
    scaler
        Fitted on the training period.
    periods
        The period wanted of each basin, training or test.
    training
        The training period of each basin, for the mean precipitation that scales flow.
    lead
        Days of forcing before each period, with streamflow hidden.

    Raises
    ------
    DataError
        If a variable is absent or a basin has no day in its period.
    """
    wanted = [name for name in scaler.dynamic if name not in scaler.flagged]
    require(ds, [*wanted, STREAMFLOW], "variables")
    days = ds["time"].values.astype("datetime64[D]")
    n_basins, longest = ds.sizes["basin"], max(p.days for p in periods)
    basins = [str(b) for b in ds["basin"].values]
    if scaler.per_precipitation:
        flow_scale = mean_precipitation(ds, in_period(ds, training))
    else:
        flow_scale = np.ones(n_basins)
    forcing = [ds[name].values if name in ds else None for name in scaler.dynamic]
    kind = np.result_type(np.float32, *[values for values in forcing if values is not None])
    observed = ds[STREAMFLOW].values

    dynamic = np.zeros((n_basins, lead + longest, scaler.n_dynamic), dtype=np.float32)
    flow = np.full((n_basins, lead + longest), np.nan, dtype=np.float32)
    std = np.full(n_basins, np.nan)
    for row, (basin, period) in enumerate(zip(basins, periods, strict=True)):
        first, stop = np.searchsorted(
            days, [np.datetime64(period.start), np.datetime64(period.end)]
        )
        if stop - first != period.days:
            raise DataError(
                f"basin {basin}: period {period.start}..{period.end} is not covered by the "
                f"data, which span {days[0]}..{days[-1]}"
            )
        index = with_lead(len(days), int(first), int(stop), lead)
        for column, (values, scale) in enumerate(
            zip(forcing, scaler.dynamic.values(), strict=True)
        ):
            if values is not None:  # a missing one stays at its mean, 0
                scaled = scale.forward(values[row, index].astype(kind))
                dynamic[row, : len(index), column] = scaled
        measured = observed[row, first:stop].astype(np.float64)
        flow[row, lead : lead + len(measured)] = scaler.streamflow.forward(
            measured / flow_scale[row]
        )
        if np.isfinite(measured).any():
            std[row] = np.nanstd(measured)
    np.nan_to_num(dynamic, copy=False, nan=0.0)
    return Arrays(
        dynamic=dynamic,
        static=static_inputs(ds, scaler, absent_inputs(ds, scaler, in_period(ds, periods))),
        flow=flow,
        flow_scale=flow_scale,
        flow_std=std,
        lead=lead,
        basins=basins,
        starts=[np.datetime64(p.start) for p in periods],
    )


def observed_flow(ds: xr.Dataset, periods: Sequence[Period]) -> np.ndarray:
    """Observed streamflow in each basin's period, mm/day, ``[basin, day]``, NaN past its end."""
    days = ds["time"].values.astype("datetime64[D]")
    flow = np.full((len(periods), max(p.days for p in periods)), np.nan, dtype=np.float32)
    values = ds[STREAMFLOW].values
    for row, period in enumerate(periods):
        first, stop = np.searchsorted(
            days, [np.datetime64(period.start), np.datetime64(period.end)]
        )
        flow[row, : stop - first] = values[row, first:stop]
    return flow
