"""Flow after rain: how soon it rises.

It does on the day of the rain or some days later. Of the snow-free basins of CAMELS, all rise with
rain with a correlation above 0.2, none the day before. Where it snows, melt raises flow as well; on
days after a month without frost the correlation is above 0.1 in all but one of the 677 basins of
CAMELS-US and -GB with cold winters.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr
from numpy.lib.stride_tricks import sliding_window_view

from hydrotl.data import evaporation
from hydrotl.data.findings import Finding
from hydrotl_core.scaling import STREAMFLOW

#: Days of the record that the lag is found from.
LAG_DAYS = 731
EARLIEST, LATEST = -3, 7
#: Dates of flow may be wrong by so many days.
WRONG_DATES = -10
LEAST_CORRELATION, FOLLOWS = 0.25, 0.1
MARGIN = 0.05
#: A basin whose cold half of the year is warmer has little snow.
WARM_WINTER = 2.0  # degC
#: Days after so many that were all warmer than that have no snow that melts, and so many of them
#: say whether flow follows rain, of the last days of the record.
THAWED, LEAST_THAWED, MOST_THAWED = 31, 150, 1461
#: Of these days so many must have rain: in a dry summer, rivers carry the melt of heights above.
RAINY, RAIN = 0.15, 1.0  # mm/day


def lag_findings(
    ds: xr.Dataset, rain_name: str, moving: np.ndarray, winter: np.ndarray
) -> Iterator[Finding]:
    """Basins whose flow rises before rain, or does not rise with it.

    ``moving`` says where there are rain and flow, ``winter`` is the temperature of the cold half of
    the year, degC; both by basin.
    """
    rain, flow = ds[rain_name].values, ds[STREAMFLOW].values
    for row in np.flatnonzero(moving).tolist():
        basin = str(ds["basin"].values[row])
        found = rise_after_rain(rain[row], flow[row], WRONG_DATES)
        if not np.isfinite(found).any():
            continue
        best = int(np.nanargmax(found)) + WRONG_DATES
        highest, later = float(np.nanmax(found)), float(np.nanmax(found[-WRONG_DATES:]))
        value, remedy = float(best), "are the dates of flow and rain of the same days?"
        if best < 0 and highest > LEAST_CORRELATION and highest > later + MARGIN:
            text = f"flow rises {-best} day(s) before rain in basin {basin}"
        elif highest < FOLLOWS and (winter[row] > WARM_WINTER or _alien_in_warmth(ds, row, rain)):
            text = (
                f"streamflow does not rise with rain in basin {basin} (largest correlation "
                f"{highest:.2f})"
            )
            value, remedy = highest, "are dates shifted, or is it the flow of another basin?"
        else:
            continue
        yield Finding("lag", "doubtful", STREAMFLOW, basin, value, text, remedy)


def _alien_in_warmth(ds: xr.Dataset, row: int, rain: np.ndarray) -> bool:
    """Whether flow does not rise with rain on days that have no snow to melt either."""
    if not ("tmean" in ds or ("tmin" in ds and "tmax" in ds)):
        return False
    temperature = evaporation.mean_temperature(ds.isel(basin=row)).values
    if temperature.size < THAWED:
        return False
    coldest = sliding_window_view(temperature, THAWED).min(axis=1)
    thawed = np.concatenate([np.zeros(THAWED - 1, dtype=bool), coldest > WARM_WINTER])
    found = thawed_rise(rain[row], ds[STREAMFLOW].values[row], thawed)
    return bool(np.isfinite(found).any() and np.nanmax(found) < FOLLOWS)


def thawed_rise(rain: np.ndarray, flow: np.ndarray, thawed: np.ndarray) -> np.ndarray:
    """Correlation of the rise of flow on ``thawed`` days with rain of the same day, ..., 7 before.

    Of the square roots of both, over the last four years of such days; NaN where they are too few,
    nearly all without rain, or nothing varies.
    """
    rise = np.sqrt(np.maximum(np.diff(flow.astype(float), prepend=np.nan), 0))
    days = np.flatnonzero(thawed & np.isfinite(rise))[-MOST_THAWED:]
    found = np.full(LATEST + 1, np.nan)
    if days.size == 0 or np.mean(rain[days] > RAIN) < RAINY:
        return found
    for lag in range(LATEST + 1):
        later = days[days >= lag]
        before = np.sqrt(rain[later - lag].astype(float))
        both = np.isfinite(before)
        one, other = rise[later][both], before[both]
        if one.size >= LEAST_THAWED and one.std() > 1e-9 and other.std() > 1e-9:
            found[lag] = np.corrcoef(one, other)[0, 1]
    return found


def rise_after_rain(rain: np.ndarray, flow: np.ndarray, earliest: int = EARLIEST) -> np.ndarray:
    """Correlation of the rise of flow with rain of days later (``-earliest``), ..., 7 days before.

    Of the square roots of both, over the last two years with flow; NaN where nothing varies.
    """
    known = np.flatnonzero(np.isfinite(flow))
    part = slice(max(int(known[-1]) + 1 - LAG_DAYS, 0), int(known[-1]) + 1)
    if known.size > LAG_DAYS:  # gaps: as many observed days as there are in two years
        part = slice(int(known[-LAG_DAYS]), part.stop)
    rain, flow = np.sqrt(rain[part].astype(float)), flow[part].astype(float)
    rise = np.sqrt(np.maximum(np.diff(flow, prepend=np.nan), 0))
    # Sums over the days with both, of all lags at once: a row per lag, of the rain of its days.
    seen, risen = np.isfinite(rain).astype(float), np.isfinite(rise).astype(float)
    rain, rise = np.nan_to_num(rain), np.nan_to_num(rise)
    ends = (LATEST, -earliest)
    shifted = [sliding_window_view(np.pad(x, ends), len(x))[::-1] for x in (seen, rain, rain**2)]
    days, total_rise, squared_rise = (shifted[0] @ x for x in (risen, rise, rise**2))
    total, together = shifted[1] @ risen, shifted[1] @ rise
    squared = shifted[2] @ risen
    with np.errstate(divide="ignore", invalid="ignore"):
        covariance = together - total * total_rise / days
        size = (squared - total**2 / days) * (squared_rise - total_rise**2 / days)
        return np.where((days >= 365) & (size > 1e-9), covariance / np.sqrt(size), np.nan)
