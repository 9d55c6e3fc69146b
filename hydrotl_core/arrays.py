"""From a canonical data set to scaled arrays, one row of days per basin.

Each basin brings its own period, so that records of different years can be trained
together: column 0 of every row is that basin's first day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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


def absent_inputs(ds: xr.Dataset, scaler: Scaler, periods: Sequence[Period]) -> np.ndarray:
    """Which optional inputs each basin lacks, bool ``[basin, flag]``.

    A daily one is missing where it has no value on any day of the basin's period.
    """
    absent = np.ones((ds.sizes["basin"], len(scaler.flagged)), dtype=bool)
    if not scaler.flagged:
        return absent
    days = in_period(ds, periods)
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
    made: tuple[np.ndarray, np.ndarray] | None = None,
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
    made
        ``dynamic`` and ``flow`` of an earlier call for the same, which are then not made again.

    Raises
    ------
    DataError
        If a variable is absent or a basin has no day in its period.
    """
    require(ds, [STREAMFLOW], "variables")
    if made is None:
        dynamic = scaled_forcing(ds, scaler, periods, lead)
        made = dynamic, scaled_flow(ds, scaler, periods, training, lead)
    dynamic, flow = made
    values, std = ds[STREAMFLOW].values, np.full(ds.sizes["basin"], np.nan)
    for row, (first, stop) in enumerate(_spans(ds, periods)):
        measured = values[row, first:stop].astype(np.float64)
        if np.isfinite(measured).any():
            std[row] = np.nanstd(measured)
    return Arrays(
        dynamic=dynamic,
        static=static_inputs(ds, scaler, absent_inputs(ds, scaler, periods)),
        flow=flow,
        flow_scale=flow_scales(ds, scaler, training),
        flow_std=std,
        lead=lead,
        basins=[str(b) for b in ds["basin"].values],
        starts=[np.datetime64(p.start) for p in periods],
    )


def forcing_shape(scaler: Scaler, periods: Sequence[Period], lead: int) -> tuple[int, int, int]:
    """Shape of :func:`scaled_forcing`."""
    return len(periods), lead + max(p.days for p in periods), scaler.n_dynamic


def scaled_forcing(
    ds: xr.Dataset,
    scaler: Scaler,
    periods: Sequence[Period],
    lead: int = 0,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """Scaled forcing of one period per basin, ``[basin, lead + day, n_dynamic]``, missing is 0.

    Into ``out``, if given, which holds zeros. Raises as :func:`build_arrays`.
    """
    wanted = [name for name in scaler.dynamic if name not in scaler.flagged]
    require(ds, wanted, "variables")
    dynamic = np.zeros(forcing_shape(scaler, periods, lead), np.float32) if out is None else out
    forcing = [ds[name].values if name in ds else None for name in scaler.dynamic]
    kind = np.result_type(np.float32, *[values for values in forcing if values is not None])
    for row, (first, stop) in enumerate(_spans(ds, periods)):
        index = with_lead(ds.sizes["time"], first, stop, lead)
        columns = zip(forcing, scaler.dynamic.values(), strict=True)
        for column, (values, scale) in enumerate(columns):
            if values is not None:
                scaled = scale.forward(values[row, index].astype(kind))
                dynamic[row, : len(index), column] = np.nan_to_num(scaled, nan=0.0)
    return dynamic


def flow_scales(ds: xr.Dataset, scaler: Scaler, training: Sequence[Period]) -> np.ndarray:
    """mm/day per unit of the scaler's streamflow, ``[basin]``."""
    if not scaler.per_precipitation:
        return np.ones(ds.sizes["basin"])
    return mean_precipitation(ds, in_period(ds, training))


def scaled_flow(
    ds: xr.Dataset,
    scaler: Scaler,
    periods: Sequence[Period],
    training: Sequence[Period],
    lead: int = 0,
) -> np.ndarray:
    """Scaled streamflow of one period per basin, ``[basin, lead + day]``, NaN in the lead."""
    flow_scale = flow_scales(ds, scaler, training)
    flow = np.full(forcing_shape(scaler, periods, lead)[:2], np.nan, dtype=np.float32)
    values = ds[STREAMFLOW].values
    for row, (first, stop) in enumerate(_spans(ds, periods)):
        measured = values[row, first:stop].astype(np.float64)
        flow[row, lead : lead + len(measured)] = scaler.streamflow.forward(
            measured / flow_scale[row]
        )
    return flow


def _spans(ds: xr.Dataset, periods: Sequence[Period]) -> Iterator[tuple[int, int]]:
    """First day of each basin's period and the one after its last, as numbers of days of ``ds``."""
    days = ds["time"].values.astype("datetime64[D]")
    for basin, period in zip(ds["basin"].values, periods, strict=True):
        ends = [np.datetime64(period.start), np.datetime64(period.end)]
        first, stop = (int(day) for day in np.searchsorted(days, ends))
        if stop - first != period.days:
            raise DataError(
                f"basin {basin}: period {period.start}..{period.end} is not covered by the "
                f"data, which span {days[0]}..{days[-1]}"
            )
        yield first, stop


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
