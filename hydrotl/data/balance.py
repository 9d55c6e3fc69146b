"""Flow against rain: how much of it, and how much is left to evaporate.

What a basin yields is bounded by its water and its energy (Budyko 1974): of rain P, evaporation
takes E = P sqrt(phi tanh(1/phi) (1 - exp(-phi))) in the mean of years, phi being potential
evapotranspiration (after Oudin) over P. Real basins scatter around that: of CAMELS-US and -GB, one
in a hundred has a runoff ratio that is higher by 0.5, or lower by 0.3. Some yield more than their
rain: groundwater from elsewhere, glaciers, gauges that catch too little snow. So a wrong balance is
a doubt, except where no river could be so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.data import evaporation
from hydrotl.data.canonical import static_attributes
from hydrotl.data.findings import Finding
from hydrotl.data.lags import LAG_DAYS, lag_findings
from hydrotl.data.manifest import Attributes
from hydrotl.data.seasons import mean_and_spread
from hydrotl.data.suspects import rain_of
from hydrotl.data.values import true_runs
from hydrotl.data.volume import volume_findings
from hydrotl_core.scaling import STREAMFLOW

#: Days with rain and flow that a balance needs.
LEAST_DAYS = 700
#: Runoff ratios that are doubtful below or above.
RATIO = (0.01, 1.1)
#: No river that flows on most days has so little of the rain.
IMPOSSIBLE_RATIO = 1e-4
#: Runoff ratio less Budyko's, of a basin and in the median of several.
BUDYKO, BUDYKO_ALL, SEVERAL = (-0.3, 0.6), (-0.3, 0.6), 4
#: Standard deviations below the mean of the temperature of the cold half of the year.
SPREADS = 1.3
#: A flow above so much is compared with the rain before it.
FLOOD = 60.0  # mm/day
RAIN_DAYS = 10
#: Days without flow that are doubtful where it is wet (mean rain above evapotranspiration), and
#: where the river else never falls dry.
DRY_RIVER, ONCE_DRY = 120, 30
#: Correlation of a day with the next: that of flow is higher than that of rain, or at most so much
#: lower.
SMOOTHER = 0.4
EVERY = 7

_UNITS = "correct the unit of flow or rain in the manifest entry's `units`, or the area."


@dataclass(frozen=True)
class _Water:
    """Rain and flow of all basins, their means in mm/day over the days with both, and warmth."""

    basins: list[str]
    time: np.ndarray
    rain_name: str
    rain: np.ndarray
    flow: np.ndarray
    mean_rain: np.ndarray
    mean_flow: np.ndarray
    pet: np.ndarray
    winter: np.ndarray


def balance_findings(ds: xr.Dataset, roles: Attributes) -> list[Finding]:
    """What of rain and flow does not go together."""
    rain = rain_of(ds)
    if rain is None or STREAMFLOW not in ds or ds.sizes["time"] < LEAST_DAYS:
        return []
    water = _water(ds, rain, roles)
    ratio = _ratio(water)
    ratios = [*_ratios(water, ratio)]
    found = [*volume_findings(ds, roles, ratio), *ratios]
    found += _budyko(water, {finding.basin for finding in ratios})
    moving = (water.mean_flow > 0) & (water.mean_rain > 0)
    found += lag_findings(ds, rain, moving, water.winter)
    found += _floods(water)
    found += _dry_rivers(water)
    found += _rougher(water)
    return found


def _water(ds: xr.Dataset, name: str, roles: Attributes) -> _Water:
    rain, flow = ds[name].values, ds[STREAMFLOW].values
    unknown = np.isnan(rain) | np.isnan(flow)
    means = np.full((2, len(rain)), np.nan)
    for row in range(len(rain)):
        known = slice(None) if not unknown[row].any() else ~unknown[row]
        if rain[row, known].size >= LEAST_DAYS:
            means[:, row] = [v[row, known].mean(dtype=float) for v in (rain, flow)]
    pet, winter = _climate(ds.isel(time=slice(None, None, EVERY)), roles)
    basins = [str(basin) for basin in ds["basin"].values]
    return _Water(basins, ds["time"].values, name, rain, flow, means[0], means[1], pet, winter)


def _climate(ds: xr.Dataset, roles: Attributes) -> tuple[np.ndarray, np.ndarray]:
    """Mean potential evapotranspiration, mm/day, and temperature of the cold half of the year."""
    unknown = np.full(ds.sizes["basin"], np.nan)
    if not ("tmean" in ds or ("tmin" in ds and "tmax" in ds)):
        return unknown, unknown
    temperature = evaporation.mean_temperature(ds).transpose("basin", "time").values.astype(float)
    mean, spread = mean_and_spread(temperature)
    winter = mean - SPREADS * spread
    if roles.latitude not in static_attributes(ds) or ds[roles.latitude].dtype.kind != "f":
        return unknown, winter
    latitude = ds[roles.latitude].values
    place = np.abs(latitude) <= 90
    day = pd.DatetimeIndex(ds["time"].values).day_of_year.to_numpy()
    pet = evaporation.oudin(temperature, day, np.where(place, latitude, 0.0)[:, None])
    return np.where(place, mean_and_spread(pet)[0], np.nan), winter


def _ratio(water: _Water) -> np.ndarray:
    """Flow over rain in the mean; NaN where not known."""
    rain, flow = water.mean_rain, water.mean_flow
    return np.divide(flow, rain, out=np.full(len(flow), np.nan), where=rain > 0)


def _ratios(water: _Water, ratio: np.ndarray) -> Iterator[Finding]:
    rain, flow = water.mean_rain, water.mean_flow
    for row in np.flatnonzero((ratio < RATIO[0]) | (ratio > RATIO[1])):
        basin = water.basins[row]
        text = (
            f"basin {basin} yields {ratio[row]:.3g} times its rain (streamflow {flow[row]:.3g}, "
            f"{water.rain_name} {rain[row]:.3g} mm/day in the mean)"
        )
        known = water.flow[row][np.isfinite(water.flow[row])]
        perennial = np.mean(known > 0) > 0.5
        wrong = ratio[row] < IMPOSSIBLE_RATIO and perennial
        remedy = _UNITS if ratio[row] < 1 else f"{_UNITS} Or is there water from elsewhere, or ice?"
        yield Finding(
            "runoff ratio",
            "impossible" if wrong else "doubtful",
            STREAMFLOW,
            basin,
            float(ratio[row]),
            text,
            remedy,
        )


def _budyko(water: _Water, named: set[str]) -> Iterator[Finding]:
    rain = water.mean_rain
    known = (rain > 0) & (water.pet > 0)
    phi = np.divide(water.pet, rain, out=np.full(len(rain), np.nan), where=known)
    expected = budyko(phi)
    with np.errstate(divide="ignore", invalid="ignore"):
        off = water.mean_flow / rain - expected
    remedy = f"{_UNITS} Or are there dams, diversions, groundwater or ice?"
    median = float(np.nanmedian(off)) if np.isfinite(off).sum() >= SEVERAL else 0.0
    if not BUDYKO_ALL[0] <= median <= BUDYKO_ALL[1]:
        more = "more" if median > 0 else "less"
        text = (
            f"half of the basins yield at least {abs(median):.2f} of their rain {more} than rain "
            "and evapotranspiration let expect (Budyko)"
        )
        yield Finding("water balance", "doubtful", STREAMFLOW, "", median, text, remedy)
        return
    for row in np.flatnonzero((off < BUDYKO[0]) | (off > BUDYKO[1])):
        basin = water.basins[row]
        if basin in named:
            continue
        text = (
            f"basin {basin} yields {water.mean_flow[row] / rain[row]:.2f} of its rain, where rain "
            f"and evapotranspiration let expect {expected[row]:.2f} (Budyko)"
        )
        yield Finding("water balance", "doubtful", STREAMFLOW, basin, float(off[row]), text, remedy)


def budyko(aridity: np.ndarray) -> np.ndarray:
    """Runoff ratio that follows from potential evapotranspiration over rain (Budyko 1974)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = aridity * np.tanh(1 / aridity) * (1 - np.exp(-aridity))
        return np.asarray(1 - np.sqrt(share))


def _floods(water: _Water) -> Iterator[Finding]:
    """Days on which more flows than fell in the days before."""
    rows, columns = np.nonzero(water.flow > FLOOD)
    worst: dict[int, tuple[int, float, int]] = {}
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        before = water.rain[row, max(0, column - RAIN_DAYS + 1) : column + 2]
        flow = float(water.flow[row, column])
        if np.isfinite(before).all() and flow > 1.5 * before.sum():
            first, most, days = worst.get(row, (column, 0.0, 0))
            worst[row] = (column if flow > most else first, max(flow, most), days + 1)
    for row, (column, flow, days) in worst.items():
        day, basin = pd.Timestamp(water.time[column]), water.basins[row]
        text = (
            f"{flow:.0f} mm flowed from basin {basin} on {day.date()}, more than fell in the "
            f"{RAIN_DAYS} days before"
        )
        remedy = "a spike to take as missing, or rain and snow that were not measured?"
        yield Finding("flood", "doubtful", STREAMFLOW, basin, flow, text, remedy, day, days)


def _dry_rivers(water: _Water) -> Iterator[Finding]:
    """Months without flow, where it is wet or only once: zeros that may mean missing."""
    zero = water.flow == 0
    wet = water.mean_rain > water.pet
    for row in np.flatnonzero(zero.any(axis=1)):
        lengths, ends = true_runs(zero[row])
        longest, basin = int(np.argmax(lengths)), water.basins[row]
        days = int(lengths[longest])
        once = days > ONCE_DRY and days == lengths.sum()
        if not (once or (wet[row] and days > DRY_RIVER)) or days == water.flow.shape[1]:
            continue
        first = pd.Timestamp(water.time[ends[longest] - days])
        where = "and never else" if once else "though it rains more than can evaporate"
        text = f"streamflow is 0 for {days} days from {first.date()} at basin {basin}, {where}"
        remedy = "if 0 stands for a missing value, leave the fields empty"
        yield Finding("no flow", "doubtful", STREAMFLOW, basin, 0.0, text, remedy, first, days)


def _rougher(water: _Water) -> Iterator[Finding]:
    """Flow that changes more from day to day than rain does: a basin smooths."""
    part = slice(-LAG_DAYS, None)
    rain, flow = (persistence(values[:, part]) for values in (water.rain, water.flow))
    for row in np.flatnonzero(rain > flow + SMOOTHER):
        basin = water.basins[row]
        text = (
            f"in basin {basin} rain is smoother than flow: the correlation of a day with the next "
            f"is {rain[row]:.2f} of {water.rain_name}, {flow[row]:.2f} of flow"
        )
        remedy = "are the two columns swapped?"
        yield Finding("smoothness", "doubtful", STREAMFLOW, basin, float(rain[row]), text, remedy)


def persistence(values: np.ndarray) -> np.ndarray:
    """Correlation of each day with the next, by row; NaN with less than a year of pairs."""
    found = np.full(len(values), np.nan)
    for row, series in enumerate(values):
        both = np.isfinite(series[1:]) & np.isfinite(series[:-1])
        one, other = series[:-1][both], series[1:][both]
        if one.size >= 365 and one.min() < one.max() and other.min() < other.max():
            found[row] = np.corrcoef(one, other)[0, 1]
    return found
