"""Weather that is missing where a basin is trained or tested: an error, or a gap that is named.

A network needs every input on every day. A missing one takes the mean of the training days
(:mod:`hydrotl_core.scaling`), which does no harm for a few days and makes a simulation of many days
meaningless. So gaps are bounded, and those that are filled are named.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.data.findings import names_of
from hydrotl.data.values import true_runs
from hydrotl_core.arrays import in_period
from hydrotl_core.errors import DataError, DoubtfulData
from hydrotl_core.recipe import Inputs, Period
from hydrotl_core.scaling import STREAMFLOW

#: Of the days that are learned from or scored, so large a share and so many in a row may be filled.
LARGEST_SHARE = 0.05
LONGEST_GAP = 30  # days

#: A training period of fewer days is doubtful.
LEAST_TRAINING = 180

#: Days before a period that bring the state of a network up.
SPIN_UP = np.timedelta64(365, "D")
#: Days on which a daily input was filled, by variable and basin.
Filled = dict[str, dict[str, int]]


def check_coverage(
    ds: xr.Dataset,
    inputs: Inputs,
    fit: Sequence[Period],
    test: Sequence[Period],
    title: str,
    scored: str = "test",
) -> Filled:
    """Check that the weather is there; say what is filled, and which basins have no flow.

    Only the days from the first to the last observed flow of a period are bounded, since the
    others are neither learned from nor scored; in a period without flow, all of its days.

    Parameters
    ----------
    ds
        Canonical data with the inputs, but for those that depend on the training days.
    inputs
        What a model sees. Optional ones that a basin lacks altogether are no gaps.
    fit, test
        Days to train on and to simulate, one period per basin; no test for a source, no training
        where a model is only used.
    title, scored
        Of the messages, and what the days of ``test`` are called in them.

    Returns
    -------
    dict
        What is filled; empty if nothing is.

    Raises
    ------
    DataError
        If a period reaches beyond the data, or a gap is too large.
    """
    filled: Filled = {}
    parts = [(what, periods) for what, periods in (("training", fit), (scored, test)) if periods]
    named = np.any([in_period(ds, periods) for _, periods in parts], axis=0)
    for what, periods in parts:
        _covered(ds, periods, title)
        inside = in_period(ds, periods)
        _unobserved(ds, inside, what, title)
        before = _days_before(ds, periods) & _recorded(ds, inputs) & ~named  # each is named once
        _gaps(ds, inputs, before, f"days before the {what}", title)
        named |= before
        for name, days in _gaps(ds, inputs, inside, f"{what} days", title, inside).items():
            for basin, count in days.items():
                of_name = filled.setdefault(name, {})
                of_name[basin] = of_name.get(basin, 0) + count
    if fit:
        _short(ds, fit, title)
    _attributes(ds, inputs, title)
    return filled


def _covered(ds: xr.Dataset, periods: Sequence[Period], title: str) -> None:
    days = ds["time"].values.astype("datetime64[D]")
    for basin, period in zip(ds["basin"].values, periods, strict=True):
        if np.datetime64(period.start) < days[0] or np.datetime64(period.end) > days[-1] + 1:
            raise DataError(
                f"{title}: basin {basin}: period {period.start}..{period.end} is not covered by "
                f"the data, which span {days[0]}..{days[-1]}: correct `train` or `test`"
            )


def _short(ds: xr.Dataset, fit: Sequence[Period], title: str) -> None:
    days = {str(b): p.days for b, p in zip(ds["basin"].values, fit, strict=True)}
    few = {basin: count for basin, count in days.items() if count < LEAST_TRAINING}
    if few:
        _warn(
            f"{title}: the training (`train`) of {_listed(list(few))} has as few as "
            f"{min(few.values())} days: take a year at least, or a model does not learn all seasons"
        )


def _optional(inputs: Inputs) -> set[str]:
    return {name for family in inputs.optional.values() for name in family}


def _days_before(ds: xr.Dataset, periods: Sequence[Period]) -> np.ndarray:
    """The days of the data that bring the state up, ``[basin, time]``: they only need a word."""
    days = ds["time"].values.astype("datetime64[D]")
    starts = np.array([np.datetime64(p.start) for p in periods])[:, None]
    return (days >= starts - SPIN_UP) & (days < starts)


def _recorded(ds: xr.Dataset, inputs: Inputs) -> np.ndarray:
    """Days from a basin's first with any weather on, ``[basin, time]``.

    Days before it are no gap: the data have them because another basin's record is longer.
    """
    known = np.zeros((ds.sizes["basin"], ds.sizes["time"]), dtype=bool)
    for name in (n for n in inputs.dynamic if n in ds):
        known |= np.isfinite(ds[name].transpose("basin", "time").values)
    return np.logical_or.accumulate(known, axis=1)


def _gaps(
    ds: xr.Dataset,
    inputs: Inputs,
    inside: np.ndarray,
    what: str,
    title: str,
    bounded: np.ndarray | None = None,
) -> Filled:
    """Missing days of each input ``inside``, said; those of ``bounded`` days may not be many.

    Inputs that are missing on the same days are named together.
    """
    needed = np.zeros_like(inside)
    if bounded is not None:
        needed = _needed(np.isfinite(ds[STREAMFLOW].values) & bounded, bounded)
    filled: Filled = {}
    alike: dict[bytes, list[str]] = {}
    for name in (n for n in inputs.dynamic if n in ds):
        missing = np.isnan(ds[name].values) & inside
        if name in _optional(inputs):
            missing &= ~(missing == inside).all(axis=1, keepdims=True)
        rows = np.flatnonzero(missing.any(axis=1))
        for row in rows.tolist():
            if name not in _optional(inputs):
                _bounded(ds, name, row, missing[row] & needed[row], needed[row], what, title)
        if rows.size:
            filled[name] = {str(ds["basin"].values[r]): int(missing[r].sum()) for r in rows}
            alike.setdefault(np.packbits(missing).tobytes(), []).append(name)
    for names in alike.values():
        _say_filled(names, filled[names[0]], what, title)
    return filled


def _say_filled(names: Sequence[str], counts: dict[str, int], what: str, title: str) -> None:
    worst = max(counts, key=lambda basin: counts[basin])
    listed = ", ".join(f"'{name}'" for name in names)
    verb, place = ("is", "its place") if len(names) == 1 else ("are", "their place")
    _warn(
        f"{title}: {listed} {verb} missing on {counts[worst]} {what} of basin {worst}"
        f"{_others(counts, worst)}: the mean of all training days takes {place} there",
        stacklevel=6,
    )


def _needed(observed: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Days from the first to the last with flow, or all of the period if there is none."""
    begun = np.logical_or.accumulate(observed, axis=1)
    to_come = np.logical_or.accumulate(observed[:, ::-1], axis=1)[:, ::-1]
    return np.where(observed.any(axis=1, keepdims=True), begun & to_come & inside, inside)


def _bounded(
    ds: xr.Dataset,
    name: str,
    row: int,
    missing: np.ndarray,
    needed: np.ndarray,
    what: str,
    title: str,
) -> None:
    lengths, ends = true_runs(missing)
    longest = int(np.argmax(lengths))
    few = missing.sum() <= LARGEST_SHARE * needed.sum()
    if few and lengths[longest] <= LONGEST_GAP:
        return
    first = pd.Timestamp(ds["time"].values[int(ends[longest] - lengths[longest])]).date()
    raise DataError(
        f"{title}: '{name}' is missing on {missing.sum()} of {needed.sum()} {what} of basin "
        f"{ds['basin'].values[row]}, {lengths[longest]} of them in a row from {first}. At most "
        f"{LARGEST_SHARE:.0%} and {LONGEST_GAP} in a row can be filled: complete the weather, "
        "choose other years in the setting (`per_basin` for one basin), or leave the basin out "
        "(`basins: exclude`)"
    )


def _unobserved(ds: xr.Dataset, inside: np.ndarray, what: str, title: str) -> None:
    without = ~(np.isfinite(ds[STREAMFLOW].values) & inside).any(axis=1)
    if without.any():
        basins = [str(basin) for basin in ds["basin"].values[without]]
        then = "nothing is learned there" if what == "training" else "there is no score"
        _warn(f"{title}: no flow was observed on the {what} days of {_listed(basins)}: {then}")


def _attributes(ds: xr.Dataset, inputs: Inputs, title: str) -> None:
    for name in (n for n in inputs.static if n in ds and n not in _optional(inputs)):
        values = ds[name].values
        text = values.dtype.kind in "OUST"
        unknown = values == "" if text else np.isnan(values)
        if np.any(unknown):
            basins = [str(basin) for basin in ds["basin"].values[unknown]]
            then = "no class is set" if text else "the mean of the training basins takes its place"
            _warn(f"{title}: attribute '{name}' is missing in {_listed(basins)}: {then}")


def _listed(basins: Sequence[str]) -> str:
    return f"basin {names_of(basins)}"


def _others(counts: Iterable[str], worst: str) -> str:
    others = [basin for basin in counts if basin != worst]
    return f", on some of {names_of(others)}" if others else ""


def _warn(text: str, stacklevel: int = 4) -> None:
    warnings.warn(text, DoubtfulData, stacklevel=stacklevel)
