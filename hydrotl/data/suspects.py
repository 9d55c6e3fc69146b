"""Series that are possible day by day but not as a whole: gaps written as 0, sums, copies."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.data.findings import Finding
from hydrotl.data.values import longer_than, true_runs
from hydrotl_core.scaling import STREAMFLOW

#: Days that a comparison of years needs.
LEAST_DAYS = 700
#: A dry spell is doubtful if it is so long, and so many times that of most years.
DRY_SPELL, TIMES_USUAL = 60, 5
#: Days on which flow rises that make a series one's own.
LEAST_RISES = 30
#: Of rainy days, so many have more than the day before only if they hold sums.
RISING = 0.97

#: Days on each side of a change of the unit, wet days among them, and how large it is at least.
LEAST_BESIDE, LEAST_WET, OTHER_UNIT = 365, 30, 7.0


def series_findings(ds: xr.Dataset) -> list[Finding]:
    """Dry spells beyond the usual, sums of rain, and flow that is that of another basin."""
    rain = rain_of(ds)
    found = (
        []
        if rain is None
        else [
            *_dry_spells(ds, rain),
            *_accumulated(ds, rain),
            *_other_unit(ds, rain),
        ]
    )
    return [*found, *_copies(ds)] if STREAMFLOW in ds else found


def rain_of(ds: xr.Dataset) -> str | None:
    """Name of the precipitation, or of the first product of it; None if there is none."""
    products = [str(name) for name in ds.data_vars if str(name).split("_")[0] == "prcp"]
    return "prcp" if "prcp" in products else next(iter(products), None)


def _dry_spells(ds: xr.Dataset, name: str) -> Iterator[Finding]:
    """A dry spell far longer than those of other years: zeros that may mean missing."""
    rain = ds[name].values
    year = pd.DatetimeIndex(ds["time"].values).year.to_numpy()
    if rain.shape[1] < LEAST_DAYS:
        return
    dry = rain == 0
    same = dry[:, 1:] & dry[:, :-1]
    for row in np.flatnonzero(longer_than(same, DRY_SPELL)):
        lengths, ends = true_runs(dry[row])
        longest = int(np.argmax(lengths))
        yearly = pd.Series(lengths).groupby(year[ends - 1]).max()
        if len(yearly) < 2 or lengths[longest] < TIMES_USUAL * max(yearly.median(), 1):
            continue
        days = int(lengths[longest])
        first = pd.Timestamp(ds["time"].values[ends[longest] - lengths[longest]])
        basin = str(ds["basin"].values[row])
        text = (
            f"variable '{name}' is 0 for {days} days from {first.date()} at basin {basin}, "
            f"{days / max(yearly.median(), 1):.0f} times the longest dry spell of most years"
        )
        remedy = "if 0 stands for a missing value, leave the fields empty"
        yield Finding("dry spell", "doubtful", name, basin, 0.0, text, remedy, first, days)


def _accumulated(ds: xr.Dataset, name: str) -> Iterator[Finding]:
    """Rain that hardly ever falls from one day to the next: a sum since some date."""
    rain = ds[name].values
    if rain.shape[1] < 60:
        return
    wet = (rain[:, 1:] > 0) & np.isfinite(rain[:, :-1])
    rising = ((rain[:, 1:] >= rain[:, :-1]) & wet).sum(axis=1) / np.maximum(wet.sum(axis=1), 1)
    for row in np.flatnonzero((rising > RISING) & (wet.sum(axis=1) > 30)):
        basin = str(ds["basin"].values[row])
        text = f"variable '{name}' rises on {rising[row]:.0%} of days at basin {basin}"
        remedy = "is it a sum since the start of a year or month? Take the difference of days"
        yield Finding("sum", "doubtful", name, basin, float(rising[row]), text, remedy)


def _other_unit(ds: xr.Dataset, name: str) -> Iterator[Finding]:
    """Rain that is many times less, or more, from some day on, in its mean and on wet days.

    From mm to inches it is 25 times; the years of no climate differ so much.
    """
    for row, rain in enumerate(ds[name].values):
        days = np.flatnonzero(np.isfinite(rain))
        known = rain[days].astype(float)
        cuts = np.arange(LEAST_BESIDE, known.size - LEAST_BESIDE + 1, 10)
        if not cuts.size or not known.any():
            continue
        sums = np.cumsum(known)
        before, after = sums[cuts - 1] / cuts, (sums[-1] - sums[cuts - 1]) / (known.size - cuts)
        # The likeliest cut, of two means of an exponential distribution.
        tiny = 1e-6 * known.max()
        spread = cuts * np.log(before + tiny) + (known.size - cuts) * np.log(after + tiny)
        cut = int(cuts[np.argmin(spread)])
        parts = known[:cut], known[cut:]
        wet = [part[part > 0] for part in parts]
        if min(len(part) for part in wet) < LEAST_WET:
            continue
        means = [float(part.mean()) for part in parts]
        usual = [float(np.median(part)) for part in wet]
        less = means[1] < means[0]
        ratios = [a / b if less else b / a for a, b in (means, usual)]
        if min(ratios) < OTHER_UNIT:
            continue
        day, basin = pd.Timestamp(ds["time"].values[days[cut]]), str(ds["basin"].values[row])
        text = (
            f"variable '{name}' is {ratios[0]:.0f} times {'less' if less else 'more'} from about "
            f"{day.date()} on than before at basin {basin}, on wet days {ratios[1]:.0f} times"
        )
        remedy = "is it in another unit there (inches, tenths)? Bring the whole record to one unit"
        size, count = ratios[0], known.size - cut
        yield Finding("other unit", "doubtful", name, basin, size, text, remedy, day, count)


def _copies(ds: xr.Dataset) -> Iterator[Finding]:
    """Basins whose flow rises on the days of another's, as a copy in another unit does."""
    flow, seen, basins = ds[STREAMFLOW].values, dict[bytes, str](), ds["basin"].values
    rises = flow[:, 1:] > flow[:, :-1]
    for row in np.flatnonzero(rises.sum(axis=1) >= LEAST_RISES):
        basin = str(basins[row])
        first = seen.setdefault(np.packbits(rises[row]).tobytes(), basin)
        if first != basin:
            text = f"the flow of basin {basin} rises on the same days as that of basin {first}"
            remedy = "is one file a copy of the other?"
            yield Finding("copy", "doubtful", STREAMFLOW, basin, 0.0, text, remedy)
