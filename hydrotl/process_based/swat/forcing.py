"""The weather record of a SWAT+ project: a basin's canonical data, filled and completed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.process_based.swat import estimates as fao
from hydrotl_core.errors import DataError


def weather_record(
    ds: xr.Dataset, latitude: float, elevation: float, diurnal_range: float | None = None
) -> tuple[pd.DataFrame, list[str]]:
    """Daily weather of one basin without gaps, and what was filled or estimated.

    A day without rain in the data is dry; temperature and radiation are interpolated.

    Parameters
    ----------
    ds
        Canonical data of one basin, variables on ``time``: ``prcp``, and ``tmin`` with ``tmax``
        or ``tmean``; ``srad`` (W/m2, with ``dayl`` a mean over the daylight) where there is one.
    latitude, elevation
        Degrees north, m.
    diurnal_range
        Mean daily range of temperature, K, for data with neither extremes nor radiation.

    Returns
    -------
    weather : pandas.DataFrame
        From the first to the last day with rain and temperature: ``prcp`` mm/day, ``tmin``
        ``tmax`` degC, ``srad`` MJ m-2 day-1, ``humidity`` 0 to 1.
    notes : list of str
        A sentence per filled or estimated variable.

    Raises
    ------
    DataError
        If there is no rain or no temperature, or the daily range cannot be estimated.
    """
    basin = str(ds["basin"].values)
    extremes = "tmin" in ds and "tmax" in ds
    names = ["prcp", *(["tmin", "tmax"] if extremes else ["tmean"])]
    lacking = [name for name in names if name not in ds]
    if lacking:
        raise DataError(f"basin {basin}: SWAT+ needs rain and temperature, not in the data")
    optional = [name for name in ("srad", "dayl") if name in ds]
    frame = ds[[*names, *optional]].reset_coords(drop=True).to_dataframe().astype(float)
    known = np.flatnonzero(frame[names].notna().all(axis=1))
    if not known.size:
        raise DataError(f"basin {basin} has no day with both rain and temperature")
    frame = frame.iloc[known[0] : known[-1] + 1]
    frame, notes = _filled(frame)
    days = pd.DatetimeIndex(frame.index)
    top = fao.extraterrestrial_radiation(latitude, days.day_of_year)
    clear = fao.clear_sky_radiation(top, elevation)
    srad = _daily_radiation(frame)
    if srad is not None:
        above = float((srad > clear).mean())
        if above:
            notes.append(
                f"srad: cut to that of a cloudless day (FAO-56, eq. 37), {above:.0%} of days"
            )
        srad = np.minimum(srad, clear)
    if not extremes:
        frame, note = _with_extremes(frame, srad, top, diurnal_range, basin)
        notes.append(note)
    if srad is None:
        srad = fao.hargreaves_radiation(frame["tmin"], frame["tmax"], top, elevation)
        notes.append("srad: Hargreaves and Samani (FAO-56, eq. 50)")
    humidity = fao.relative_humidity(frame["tmin"], frame["tmax"])
    notes.append("humidity: dew point at tmin (FAO-56, eq. 48)")
    return frame[["prcp", "tmin", "tmax"]].assign(srad=srad, humidity=humidity), notes


def _filled(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    notes = []
    for name, missing in frame.isna().sum().items():
        if missing == len(frame):
            frame = frame.drop(columns=str(name))
        elif missing:
            how = "count as dry" if name == "prcp" else "were interpolated"
            notes.append(f"{name}: {missing} missing days {how}")
    filled = frame.interpolate().ffill().bfill()
    filled["prcp"] = frame["prcp"].fillna(0.0)
    if "tmin" in filled:
        # Interpolated apart, the two may cross.
        low, high = filled[["tmin", "tmax"]].min(axis=1), filled[["tmin", "tmax"]].max(axis=1)
        filled = filled.assign(tmin=low, tmax=high)
    return filled, notes


def _daily_radiation(frame: pd.DataFrame) -> np.ndarray | None:
    """Radiation in MJ m-2 day-1; with ``dayl`` the watts are a mean over the daylight."""
    if "srad" not in frame:
        return None
    factor = frame["dayl"] * 1e-6 if "dayl" in frame else fao.MJ_PER_WATT_DAY
    return (frame["srad"] * factor).to_numpy()


def _with_extremes(
    frame: pd.DataFrame,
    srad: np.ndarray | None,
    top: np.ndarray,
    diurnal_range: float | None,
    basin: str,
) -> tuple[pd.DataFrame, str]:
    if srad is not None:
        spread = fao.diurnal_range(srad, top)
        how = "the range that gives the radiation by Hargreaves and Samani (FAO-56, eq. 50)"
    elif diurnal_range is not None:
        spread = np.full(len(frame), diurnal_range)
        how = f"a constant range of {diurnal_range:g} K"
    else:
        raise DataError(
            f"basin {basin} has mean temperatures only: give the data set's entry in the "
            "manifest a `diurnal_range`, the mean difference of tmax and tmin in K"
        )
    mean = frame["tmean"]
    return (
        frame.assign(tmin=mean - spread / 2, tmax=mean + spread / 2),
        f"tmin, tmax: tmean and {how}",
    )
