"""What a data set says of a basin for SWAT+: its facts, and its weather without gaps.

What is missing is estimated after FAO-56 (Allen, R. G., Pereira, L. S., Raes, D., and Smith, M.
(1998): Crop evapotranspiration. FAO Irrigation and Drainage Paper 56); every estimate is noted in
a sentence that goes into the results.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from hydrotl.data import evaporation as fao
from hydrotl.data.manifest import Dataset
from hydrotl.data.units import convert
from hydrotl.process_based import whole_record
from hydrotl_core.errors import DataError

#: Mean slope of the land where none is known, m/m.
SLOPE = 0.05

#: Elevation where none is known, m. SWAT+ needs it for the air pressure.
ELEVATION = 0.0

#: MJ m-2 day-1 of 1 W m-2.
MJ_PER_WATT_DAY = 0.0864


@dataclass(frozen=True)
class Basin:
    """A basin: ``area`` km2, ``latitude`` degrees north, ``elevation`` m, ``slope`` m/m.

    Raises
    ------
    DataError
        If a value is impossible.
    """

    name: str
    area: float
    latitude: float
    elevation: float = ELEVATION
    slope: float = SLOPE

    def __post_init__(self) -> None:
        limits = {
            "area": (0.0, 1e7),
            "latitude": (-90.0, 90.0),
            "elevation": (-500.0, 9000.0),
            "slope": (0.0, 5.0),
        }
        for field, (low, high) in limits.items():
            value = getattr(self, field)
            if not low <= value <= high or (field == "area" and value == 0):
                raise DataError(
                    f"basin {self.name}: {field} is {value}, not between {low:g} and {high:g}; "
                    "correct the attribute, or its unit in the manifest entry"
                )


def basin_of(ds: xr.Dataset, dataset: Dataset) -> tuple[Basin, list[str]]:
    """Facts of the one basin in ``ds``, and a note for each that is a default.

    Raises
    ------
    DataError
        If area or latitude are unknown, or a value is impossible.
    """
    roles, name = dataset.attributes, str(ds["basin"].values)

    def known(attribute: str | None) -> bool:
        return attribute is not None and attribute in ds and bool(np.isfinite(ds[attribute]))

    for role in ("area", "latitude"):
        if not known(getattr(roles, role)):
            raise DataError(
                f"basin {name}: SWAT+ needs the {role}; name its attribute in the manifest "
                f"entry's `attributes.{role}`"
            )
    elevation, slope, notes = ELEVATION, SLOPE, []
    if known(roles.elevation):
        elevation = float(ds[roles.elevation])
    else:
        notes.append(f"elevation: not known, {ELEVATION:g} m")
    if roles.slope is not None and known(roles.slope.native):
        native = [float(ds[roles.slope.native])]
        slope = float(convert(native, roles.slope.units, "dimensionless")[0])
    else:
        notes.append(f"slope: not known, {SLOPE:g} m/m")
    area, latitude = float(ds[roles.area]), float(ds[roles.latitude])
    return Basin(name, area, latitude, elevation, slope), notes


def weather_record(
    ds: xr.Dataset, latitude: float, elevation: float, diurnal_range: float | None = None
) -> tuple[pd.DataFrame, list[str]]:
    """Daily weather of one basin without gaps, and notes of what was filled or estimated.

    A day without rain data counts as dry; temperature and radiation are interpolated.

    Parameters
    ----------
    ds
        Canonical data of one basin, variables on ``time``: ``prcp``, and ``tmin`` with ``tmax``
        or ``tmean``; ``srad`` (W/m2, with ``dayl`` a mean over the daylight) if there is one.
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
        If rain or temperature is missing, or the daily range cannot be estimated.
    """
    basin = str(ds["basin"].values)
    extremes = "tmin" in ds and "tmax" in ds
    names = ["prcp", *(["tmin", "tmax"] if extremes else ["tmean"])]
    if any(name not in ds for name in names):
        raise DataError(f"basin {basin}: SWAT+ needs rain and temperature, not in the data")
    wanted = [*names, *(name for name in ("srad", "dayl") if name in ds)]
    frame = ds[wanted].reset_coords(drop=True).to_dataframe().astype(float)
    frame = frame.loc[whole_record(frame[names]).index]
    if frame.empty:
        raise DataError(f"basin {basin} has no day with both rain and temperature")
    frame, notes = _filled(frame)
    top = fao.extraterrestrial_radiation(latitude, pd.DatetimeIndex(frame.index).day_of_year)
    srad = None
    if "srad" in frame:
        # With a day length, the watts are a mean over the daylight.
        factor = frame["dayl"] * 1e-6 if "dayl" in frame else MJ_PER_WATT_DAY
        srad = (frame["srad"] * factor).to_numpy()
        clear = fao.clear_sky_radiation(top, elevation)
        if (srad > clear).any():
            share = f"{(srad > clear).mean():.0%} of days"
            notes.append(f"srad: cut to that of a cloudless day (FAO-56, eq. 37), {share}")
        srad = np.minimum(srad, clear)
    if not extremes:
        spread, how = _spread(srad, top, diurnal_range, basin)
        frame["tmin"], frame["tmax"] = frame["tmean"] - spread / 2, frame["tmean"] + spread / 2
        notes.append(f"tmin, tmax: tmean and {how}")
    if srad is None:
        srad = fao.hargreaves_radiation(frame["tmin"], frame["tmax"], top, elevation)
        notes.append("srad: Hargreaves and Samani (FAO-56, eq. 50)")
    humidity = relative_humidity(frame["tmin"], frame["tmax"])
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
    filled = frame.fillna({"prcp": 0.0}).interpolate().ffill().bfill()
    if "tmin" in filled:
        # Interpolated separately, the two may cross.
        extremes = filled[["tmin", "tmax"]]
        filled = filled.assign(tmin=extremes.min(axis=1), tmax=extremes.max(axis=1))
    return filled, notes


def _spread(
    srad: np.ndarray | None, top: np.ndarray, diurnal_range: float | None, basin: str
) -> tuple[np.ndarray | float, str]:
    """Daily range of temperature, K, and where it comes from."""
    if srad is not None:
        how = "the range that gives the radiation by Hargreaves and Samani (FAO-56, eq. 50)"
        return fao.diurnal_range(srad, top), how
    if diurnal_range is not None:
        return diurnal_range, f"a constant range of {diurnal_range:g} K"
    raise DataError(
        f"basin {basin} has mean temperatures only: give the data set's entry in the "
        "manifest a `diurnal_range`, the mean difference of tmax and tmin in K"
    )


def saturation_pressure(temperature: npt.ArrayLike) -> fao.Array:
    """Saturation vapour pressure at an air temperature in degC, kPa (FAO-56, eq. 11)."""
    t = np.asarray(temperature, dtype=float)
    return 0.6108 * np.exp(17.27 * t / (t + 237.3))


def relative_humidity(tmin: npt.ArrayLike, tmax: npt.ArrayLike) -> fao.Array:
    """Relative humidity, 0 to 1, with the dew point taken as ``tmin`` (FAO-56, eq. 12 and 48)."""
    lowest = saturation_pressure(tmin)
    return lowest / ((lowest + saturation_pressure(tmax)) / 2)
