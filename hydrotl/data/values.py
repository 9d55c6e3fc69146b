"""Values, means, steps and flat runs of daily variables against :mod:`hydrotl.data.bounds`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.data.bounds import bounds_of, likely_unit
from hydrotl.data.findings import Finding, Grade

#: How far tmin may exceed tmax: float32 rounding of equal temperatures (NLDAS has tmin = tmax).
TOLERANCE = 1e-3  # K
YEAR = 365  # days that a mean needs
#: Share of days beyond the possible from which on the unit is to blame, not the days.
OFTEN = 0.02
#: A step of so many standard deviations of all steps is doubtful.
LARGE_STEP = 9.0
#: Share of days on which the mean may lie outside of lowest and highest temperature: they may be of
#: other hours, or of other stations.
OUTSIDE = 0.05
#: A temperature of exactly 0 is doubtful between days that are further from it.
FAR_FROM_ZERO = 12.0  # K

_MISSING = (
    "correct the value or, if it means a missing one, add it to the manifest entry's `missing` "
    "(there it is in the file's own unit)"
)


def impossible_values(ds: xr.Dataset) -> list[Finding]:
    """Values and means that no place on earth has, and tmin above tmax: a finding per basin.

    ``ds`` is canonical but for its values.
    """
    found: list[Finding] = []
    for name, array in ds.data_vars.items():
        if array.dims == ("basin", "time"):
            found += _beyond(array, str(name))
    if not found:  # a wrong unit is the cause to name, not what follows from it
        found += _crossed(ds)
    return found


def doubtful_values(ds: xr.Dataset) -> list[Finding]:
    """Values, means, steps and flat runs that are possible but rarely right, by basin."""
    found: list[Finding] = []
    for name, array in ds.data_vars.items():
        if array.dims == ("basin", "time"):
            found += _unusual(array, str(name))
            found += _flat(array, str(name))
            if array.attrs.get("units") == "degC":
                found += _jumps(array, str(name))
    found += _mean_outside(ds)
    return found


def _beyond(array: xr.DataArray, name: str) -> Iterator[Finding]:
    values, bounds, unit = array.values, bounds_of(name), array.attrs["units"]
    low, high = bounds.possible
    lowest, highest = extremes(values)
    for row in np.flatnonzero((lowest < low) | (highest > high)):
        wrong = (values[row] < low) | (values[row] > high)
        column = int(np.argmax(wrong))
        value, basin = float(values[row, column]), str(array["basin"].values[row])
        day = pd.Timestamp(array["time"].values[column])
        where = f"at basin {basin}, {day.date()}"
        if np.isinf(value):
            text = f"variable '{name}' is infinite {where}"
        elif value < 0 <= low:
            text = f"variable '{name}' is negative {where}: {value:g}"
        else:
            text = (
                f"variable '{name}' is impossible {where}: {value:g} {unit}, where on earth it "
                f"lies between {low:g} and {high:g}"
            )
        often = np.isfinite(value) and wrong.sum() > OFTEN * np.isfinite(values[row]).sum()
        remedy = (_unit_remedy(name, values[row], unit) if often else None) or _MISSING
        yield Finding(
            "value", "impossible", name, basin, value, text, remedy, day, int(wrong.sum())
        )
    if np.all((lowest >= low) & (highest <= high) | np.isnan(lowest)):
        yield from _means(array, name, bounds.mean, "impossible")


def _means(
    array: xr.DataArray, name: str, ends: tuple[float, float], grade: Grade
) -> Iterator[Finding]:
    values, unit = array.values, array.attrs["units"]
    mean = yearly_means(values)
    for row in np.flatnonzero((mean < ends[0]) | (mean > ends[1])):
        basin, value = str(array["basin"].values[row]), float(mean[row])
        hint = _unit_remedy(name, values[row], unit)
        remedy = hint or f"correct `units` in the manifest entry, or the values of '{name}'"
        where = "nowhere on earth is it" if grade == "impossible" else "it is rarely"
        text = (
            f"the mean of variable '{name}' is {value:.3g} {unit} at basin {basin}, and {where} "
            f"{'below' if value < ends[0] else 'above'} {ends[value > ends[1]]:g}"
        )
        yield Finding("mean", grade, name, basin, value, text, remedy)


def _unusual(array: xr.DataArray, name: str) -> Iterator[Finding]:
    values, bounds, unit = array.values, bounds_of(name), array.attrs["units"]
    low, high = bounds.usual
    lowest, highest = extremes(values)
    for row in np.flatnonzero((lowest < low) | (highest > high)):
        wrong = (values[row] < low) | (values[row] > high)
        column = int(np.argmax(wrong))
        value, basin = float(values[row, column]), str(array["basin"].values[row])
        day = pd.Timestamp(array["time"].values[column])
        text = (
            f"variable '{name}' is {value:.4g} {unit} at basin {basin}, {day.date()}, which is "
            f"rarely right (below {low:g} or above {high:g})"
        )
        remedy = f"look at it, and {_MISSING}"
        yield Finding("value", "doubtful", name, basin, value, text, remedy, day, int(wrong.sum()))
    yield from _means(array, name, bounds.usual_mean, "doubtful")


def _unit_remedy(name: str, values: np.ndarray, unit: str) -> str | None:
    """What to do if the values would be usual in another common unit."""
    likely = likely_unit(name, values[np.isfinite(values)].astype(float))
    if likely is None:
        return None
    if likely.startswith("0.1"):
        return f"are they tenths of {unit}? Divide the values of '{name}' by 10"
    return (
        f"are they in {likely}? Say so in the manifest entry's `units` of '{name}', or correct the "
        "values"
    )


def _crossed(ds: xr.Dataset) -> Iterator[Finding]:
    if "tmin" not in ds or "tmax" not in ds:
        return
    low, high = ds["tmin"].values, ds["tmax"].values
    wrong = low - high > TOLERANCE
    for row in np.flatnonzero(wrong.any(axis=1)):
        column = int(np.argmax(wrong[row]))
        basin, day = str(ds["basin"].values[row]), pd.Timestamp(ds["time"].values[column])
        value = float(low[row, column])
        text = (
            f"tmin is above tmax at basin {basin}, {day.date()}: {value:g} "
            f"(tmax {high[row, column]:g})"
        )
        remedy = (
            "are the two columns swapped? If only some days are wrong, correct them, or set the "
            "option `tmin_above_tmax: nan`"
        )
        days = int(wrong[row].sum())
        yield Finding(
            "tmin above tmax", "impossible", "tmin", basin, value, text, remedy, day, days
        )


def _mean_outside(ds: xr.Dataset) -> Iterator[Finding]:
    """Mean temperature that often is none of the day's lowest and highest."""
    if not all(name in ds for name in ("tmin", "tmean", "tmax")):
        return
    low, mean, high = (ds[name].values for name in ("tmin", "tmean", "tmax"))
    known = np.isfinite(low) & np.isfinite(mean) & np.isfinite(high)
    wrong = ((mean > high + 0.5) | (mean < low - 0.5)) & known
    share = wrong.sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    for row in np.flatnonzero(share > OUTSIDE):
        basin = str(ds["basin"].values[row])
        text = f"tmean is not between tmin and tmax on {share[row]:.0%} of days at basin {basin}"
        remedy = "are columns swapped, or days shifted?"
        yield Finding("tmean outside", "doubtful", "tmean", basin, float(share[row]), text, remedy)


def _flat(array: xr.DataArray, name: str) -> Iterator[Finding]:
    """The same value for longer than :attr:`Bounds.flat`, or on all days."""
    values, limit = array.values, bounds_of(name).flat
    if limit is None or values.shape[1] < 30:
        return
    same = values[:, 1:] == values[:, :-1]
    for row in np.flatnonzero(longer_than(same, limit)):
        lengths, ends = run_lengths(same[row])
        moving = values[row, ends] != 0
        always = lengths.size == 1 and lengths[0] >= np.isfinite(values[row]).sum()
        if not always and not np.any(lengths[moving] > limit):
            continue
        longest = int(np.argmax(np.where(moving | always, lengths, 0)))
        days, end = int(lengths[longest]), int(ends[longest])
        first = pd.Timestamp(array["time"].values[end - days + 1])
        basin, value = str(array["basin"].values[row]), float(values[row, end])
        text = (
            f"variable '{name}' is {value:.4g} {array.attrs['units']} for {days} days from "
            f"{first.date()} at basin {basin}"
        )
        remedy = (
            "a gap that was filled, a sensor that stood still, or a mean of months? Take the days "
            "as missing if they were not measured"
        )
        yield Finding("flat run", "doubtful", name, basin, value, text, remedy, first, days)


def _jumps(array: xr.DataArray, name: str) -> Iterator[Finding]:
    """Steps of temperature that stand out, and zeros among days far from 0."""
    values = array.values
    step = np.abs(values[:, 1:] - values[:, :-1])
    _, largest = extremes(step)
    spread = np.full(len(values), np.inf)
    for row in np.flatnonzero(largest > 2 * FAR_FROM_ZERO):
        spread[row] = np.sqrt(np.nanmean(np.square(step[row])))
    limit = np.minimum(bounds_of(name).step, LARGE_STEP * spread)
    for row in np.flatnonzero((largest > limit) & (largest > 2 * FAR_FROM_ZERO)):
        column = int(np.nanargmax(step[row])) + 1
        day, basin = pd.Timestamp(array["time"].values[column]), str(array["basin"].values[row])
        value = float(values[row, column])
        text = (
            f"variable '{name}' goes from {values[row, column - 1]:g} to {value:g} degC on "
            f"{day.date()} at basin {basin}"
        )
        yield Finding(
            "step", "doubtful", name, basin, value, text, f"look at it, and {_MISSING}", day
        )
    rows, columns = np.nonzero(values[:, 1:-1] == 0)
    before, after = values[rows, columns], values[rows, columns + 2]
    odd = (np.fmin(np.abs(before), np.abs(after)) > FAR_FROM_ZERO) & (before * after > 0)
    for row in np.unique(rows[odd]):
        column = int(columns[odd][rows[odd] == row][0]) + 1
        day, basin = pd.Timestamp(array["time"].values[column]), str(array["basin"].values[row])
        days = int((rows[odd] == row).sum())
        text = (
            f"variable '{name}' is exactly 0 at basin {basin}, {day.date()}, between "
            f"{values[row, column - 1]:g} and {values[row, column + 1]:g} degC"
        )
        remedy = "if 0 stands for a missing value, leave the field empty"
        yield Finding("zero", "doubtful", name, basin, 0.0, text, remedy, day, days)


def extremes(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest known value of each basin, NaN where none is known."""
    if not values.shape[1]:  # such as the steps of a single day
        return np.full(len(values), np.nan), np.full(len(values), np.nan)
    lowest, highest = values.min(axis=1), values.max(axis=1)
    gaps = np.isnan(lowest)  # rows without are several times faster without a look for them
    lowest[gaps] = np.fmin.reduce(values[gaps], axis=1)
    highest[gaps] = np.fmax.reduce(values[gaps], axis=1)
    return lowest, highest


def yearly_means(values: np.ndarray) -> np.ndarray:
    """Mean of each basin's known values, NaN where these are fewer than a year."""
    mean = values.sum(axis=1, dtype=np.float64) / values.shape[1]
    if values.shape[1] < YEAR:
        mean[:] = np.nan
    for row in np.flatnonzero(~np.isfinite(mean)):
        known = values[row][np.isfinite(values[row])]
        mean[row] = known.mean(dtype=np.float64) if known.size >= YEAR else np.nan
    return mean


def longer_than(same: np.ndarray, days: int) -> np.ndarray:
    """Which basins have more than ``days`` equal values in a row, ``[basin]``.

    ``same`` ``[basin, time]`` says that a value equals the next. Runs of 2, 4, 8, ... steps are
    each found from those before.
    """
    found, steps = same, 1
    while steps < days:
        shift = min(steps, days - steps)
        if found.shape[1] <= shift:
            return np.zeros(len(same), bool)
        found = found[:, :-shift] & found[:, shift:]
        steps += shift
    return np.asarray(found.any(axis=1))


def run_lengths(same: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lengths of the runs of equal values of one series, and the position of the last of each."""
    ends = np.append(np.flatnonzero(~same), len(same))
    return np.diff(ends, prepend=-1), ends


def true_runs(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lengths of the runs of True, and the position after each; if there is none, one of 0."""
    edges = np.diff(mask.astype(np.int8), prepend=0, append=0)
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    if starts.size == 0:
        return np.zeros(1, int), np.ones(1, int)
    return ends - starts, ends
