"""Daily variables that are streamflow under another name, found by their values.

Ranks are compared, so any growing or falling function of flow is found; the steps from day to day
are compared too, since flow and the length of the day may both fall for a season. The whole record
is looked at in windows: a variable may be flow in the test years alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from hydrotl_core.recipe import Period
from hydrotl_core.scaling import STREAMFLOW

#: Rank correlation from which a daily variable is streamflow, and that of its steps.
ALIKE, ALIKE_STEPS = 0.98, 0.8
#: Days of known flow in a window, and the fewest that say something.
WINDOW, LEAST_DAYS = 200, 60
#: Days by which a copy may be shifted, either way, and how many basins are tried at each.
LARGEST_SHIFT, BASINS = 7, 24
#: Of two days a quarter of the window apart in the order of flow, a copy has nearly always the same
#: one ahead: with a rank correlation of :data:`ALIKE` in 99 of 100 pairs.
APART, SAME_ORDER = WINDOW // 4, 0.96


def copied_in(
    ds: xr.Dataset, names: Sequence[str], periods: Sequence[Period] = ()
) -> tuple[str, str] | None:
    """First of some daily variables that is streamflow, in other units or shifted in time.

    Parameters
    ----------
    ds
        Canonical data.
    names
        Daily variables to look at.
    periods
        Looked at by themselves besides the windows of the whole record: test periods may be
        shorter than two windows.

    Returns
    -------
    tuple or None
        The variable, and the first basin in which it is streamflow.
    """
    if STREAMFLOW not in ds or not names:
        return None
    flow = ds[STREAMFLOW].transpose("basin", "time").values
    daily = {name: ds[name].transpose("basin", "time").values for name in names}
    days = ds["time"].values.astype("datetime64[D]")
    spans = sorted({(period.start, period.end) for period in periods})
    ends = [np.searchsorted(days, np.array(span, "datetime64[D]")) for span in spans]
    tried = set(np.linspace(0, len(flow) - 1, min(len(flow), BASINS)).astype(int))
    shifts = sorted(range(-LARGEST_SHIFT, LARGEST_SHIFT + 1), key=abs)
    for row in range(len(flow)):
        full, short = _windows(np.flatnonzero(np.isfinite(flow[row])), ends)
        ordered = np.take_along_axis(full, np.argsort(flow[row][full], axis=1), axis=1)
        for name, values in daily.items():
            for shift in shifts if row in tried else (0,):
                suspects = full[_same_order(_at(values[row], ordered + shift))]
                if any(
                    _alike(flow[row, window], _at(values[row], window + shift))
                    for window in (*suspects, *short)
                ):
                    return name, str(ds["basin"].values[row])
    return None


def _windows(known: np.ndarray, ends: Sequence[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
    """Days of known flow in windows of equal length, ``[window, day]``, and shorter windows.

    The last window ends with the record; each period has a window at its start and one at its end.
    """
    whole = known.size // WINDOW
    full = list(known[: whole * WINDOW].reshape(whole, WINDOW))
    short = []
    parts = [known[slice(*np.searchsorted(known, span))] for span in ends]
    for part in (known, *parts):
        if part.size >= WINDOW:
            full += [part[:WINDOW], part[-WINDOW:]]
        elif part.size >= LEAST_DAYS:
            short.append(part)
    return np.array(full, dtype=int).reshape(-1, WINDOW), short


def _at(values: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Values of some days, NaN beyond the record."""
    found = values[np.clip(days, 0, values.size - 1)]
    outside = (days < 0) | (days >= values.size)
    return np.where(outside, np.nan, found) if outside.any() else found


def _same_order(values: np.ndarray) -> np.ndarray:
    """Which windows, each in the order of flow, may be in order (or in its reverse) themselves.

    It is a tenth of the work of ranks, and few windows of weather pass.
    """
    before, after = values[:, :-APART], values[:, APART:]
    rising, falling = (before < after).sum(axis=1), (before > after).sum(axis=1)
    return np.maximum(rising, falling) >= SAME_ORDER * np.maximum(rising + falling, 1)


def _alike(flow: np.ndarray, values: np.ndarray) -> bool:
    both = np.isfinite(values)
    flow, values = flow[both], values[both]
    if flow.size < LEAST_DAYS or min(np.unique(flow).size, np.unique(values).size) < LEAST_DAYS / 3:
        return False
    one, other = (np.argsort(np.argsort(v, kind="stable")).astype(float) for v in (flow, values))
    together = float(np.corrcoef(one, other)[0, 1])
    steps = np.diff(one), np.diff(other)
    if abs(together) < ALIKE or min(step.std() for step in steps) == 0:
        return False
    return float(np.corrcoef(*steps)[0, 1]) * np.sign(together) >= ALIKE_STEPS
