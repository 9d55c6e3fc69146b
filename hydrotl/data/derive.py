"""One set of inputs for every basin on earth, computed the same way for source and target.

A model can only keep what it knows of rain and temperature if these mean the same everywhere. From
precipitation, temperature, latitude and date follow day length, radiation at the top of the
atmosphere and potential evapotranspiration; the daily range of temperature, radiation and vapour
pressure are taken where they were measured, and left out elsewhere. Attributes of the land get one
name and one unit. Indices of climate depend on the training days: :mod:`hydrotl.data.climate`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.data import evaporation
from hydrotl.data.canonical import UNITS, static_attributes
from hydrotl.data.climate import CLIMATE
from hydrotl.data.manifest import Attributes, Variable
from hydrotl.data.units import convert
from hydrotl_core.errors import DataError

#: Attributes of the land under their derived names, with their units.
LAND = {
    "land_area": "km2",
    "land_elevation": "m",
    "land_slope": "m/km",
    "land_forest": "dimensionless",
    "land_sand": "dimensionless",
    "land_clay": "dimensionless",
    "land_lai": "dimensionless",
    "land_soil_depth": "m",
}
#: Daily variables that are computed, and those that are taken where they were measured.
COMPUTED = ("tmean", "day_length", "toa", "pet_oudin")
MEASURED = ("trange", "srad", "vp")
#: What may stand in for a measurement: the input -> its estimate from temperature.
ESTIMATES = {"srad": "srad_estimate", "vp": "vp_estimate"}
#: What asks for :func:`derive`; radiation and vapour pressure are there or not.
DERIVABLE = {*COMPUTED, "trange", *ESTIMATES.values(), *LAND, *CLIMATE}
DERIVED = {*COMPUTED, *MEASURED, *ESTIMATES.values(), *LAND, *CLIMATE}

#: Below this a product's highest and lowest temperatures are the same on every day: no range.
LEAST_RANGE = 0.01  # K
MEGAJOULES = 0.0864  # MJ m-2 day-1 in a W m-2


def derive(ds: xr.Dataset, attributes: Attributes) -> xr.Dataset:
    """``ds`` with all derived inputs that it allows, besides those of the climate.

    Parameters
    ----------
    ds
        Canonical data with ``prcp``, a temperature and the latitude of each basin.
    attributes
        The data set's roles: which attribute is the latitude, the area, the share of forest.

    Returns
    -------
    xarray.Dataset
        With :data:`COMPUTED` (day length in h, radiation at the top of the atmosphere in W/m2 and
        evapotranspiration in mm/day, after FAO-56 and Oudin et al. 2005), ``trange`` in K where the
        data have two temperatures, estimates of radiation (Hargreaves) and vapour pressure (air
        saturated at the lowest temperature, FAO-56 eq. 48), and the :data:`LAND` that is known.
        ``srad`` becomes the mean of the hours of daylight, as its estimate is.

    Raises
    ------
    DataError
        If precipitation, temperature or latitude is missing.
    """
    if "prcp" not in ds:
        raise DataError(f"no precipitation (prcp) in data set {ds.attrs.get('source', '')}")
    name = attributes.latitude
    if name is None or name not in static_attributes(ds):
        raise DataError(
            f"data set {ds.attrs.get('source', '')} names no attribute for the latitude, from "
            "which day length and evapotranspiration follow: give it in the manifest entry "
            "(attributes: latitude)"
        )
    latitude = ds[name].values.astype(float)
    unknown = ds["basin"].values[~np.isfinite(latitude)]
    if unknown.size:
        raise DataError(f"no latitude (attribute {name}) of basin {', '.join(map(str, unknown))}")
    tmean = evaporation.mean_temperature(ds).transpose("basin", "time").values.astype(float)
    day = pd.DatetimeIndex(ds["time"].values).day_of_year.to_numpy()
    year, column = np.arange(1, 367), latitude[:, None]
    top = evaporation.extraterrestrial_radiation(column, year)[:, day - 1]
    found = {
        "tmean": tmean,
        "day_length": evaporation.day_length(column, year)[:, day - 1],
        "toa": top / MEGAJOULES,
        "pet_oudin": evaporation.oudin(tmean, day, column),
    }
    hours = np.maximum(found["day_length"], 1e-6)
    if "srad" in ds:
        # The source's is the mean of the hours of daylight; where it is not known which mean a
        # data set has, its radiation counts as missing.
        sun = ds["srad"].transpose("basin", "time").values.astype(float)
        means = {"daylight": sun, "day": _in_daylight(sun, hours)}
        ds = ds.drop_vars("srad")
        found["srad"] = means.get(str(attributes.radiation), np.full_like(sun, np.nan))
    if "tmin" in ds and "tmax" in ds:
        low, high = (
            ds[n].transpose("basin", "time").values.astype(float) for n in ("tmin", "tmax")
        )
        span = np.maximum(high - low, 0.0)
        same = ~(np.nanmax(span, axis=1, initial=0.0) > LEAST_RANGE)
        span[same] = np.nan
        found["trange"] = span
        height = _land(ds, "land_elevation", attributes)
        level = np.zeros(len(latitude)) if height is None else np.nan_to_num(height)
        estimate = [
            evaporation.hargreaves_radiation(low[row], high[row], top[row], float(level[row]))
            for row in range(len(latitude))
        ]
        sun = _in_daylight(np.stack(estimate) / MEGAJOULES, hours)
        found["srad_estimate"] = np.where(same[:, None], np.nan, sun)
        found["vp_estimate"] = np.where(same[:, None], np.nan, evaporation.saturation_pressure(low))
    daily = {
        name: (("basin", "time"), values.astype(np.float32), {"units": UNITS[name]})
        for name, values in found.items()
        if name not in ds
    }
    land = {name: _land(ds, name, attributes) for name in LAND}
    known = {name: ("basin", values) for name, values in land.items() if values is not None}
    return ds.assign({**daily, **known})


def _in_daylight(mean: np.ndarray, hours: np.ndarray) -> np.ndarray:
    """Mean of the hours of daylight from that of the whole day; NaN where the sun hardly rises."""
    return np.where(hours > 1, mean * 24 / hours, np.nan)


def _land(ds: xr.Dataset, name: str, attributes: Attributes) -> np.ndarray | None:
    """Values of an attribute of the land, ``[basin]``, NaN where unknown; None without a column."""
    role = getattr(attributes, name.removeprefix("land_"))
    if role is None:
        return None
    if not isinstance(role, Variable):  # area and elevation have a fixed unit
        role = Variable(native=role, units=LAND[name])
    columns = [part.strip() for part in role.native.split("+")]
    if any(column not in static_attributes(ds) for column in columns):
        return None
    total = np.sum([ds[column].values.astype(float) for column in columns], axis=0)
    return convert(total, role.units, LAND[name])
