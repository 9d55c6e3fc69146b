"""The one shape of data that everything after the readers works with.

A canonical data set is an :class:`xarray.Dataset` with

- dimensions ``basin`` (text) and ``time`` (``datetime64[ns]``, every day once, in order),
- dynamic variables on ``(basin, time)``, float32, named and in the units of :data:`UNITS`,
- static attributes on ``(basin,)``, float64 or text, under the data set's own names.

A missing value is NaN (in a text attribute: an empty text).
"""

import hashlib

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.data.findings import refuse
from hydrotl.data.values import impossible_values
from hydrotl_core.errors import DataError

#: Every canonical dynamic variable: its unit, and what it is (a mean over the basin and the day
#: unless it says else). A second product of a quantity has a name of its own, so that both can be
#: inputs of one model.
VARIABLES: dict[str, tuple[str, str]] = {
    "prcp": ("mm/day", "precipitation"),
    "prcp_chirps": ("mm/day", "precipitation, product CHIRPS"),
    "prcp_mswep": ("mm/day", "precipitation, product MSWEP"),
    "prcp_tmpa": ("mm/day", "precipitation, product TMPA"),
    "tmax": ("degC", "highest air temperature of the day"),
    "tmin": ("degC", "lowest air temperature of the day"),
    "tmean": ("degC", "mean air temperature"),
    "srad": ("W/m2", "shortwave radiation at the ground"),
    "lrad": ("W/m2", "longwave radiation at the ground"),
    "vp": ("Pa", "vapour pressure"),
    "dayl": ("s", "length of daylight"),
    "day_length": ("h", "length of daylight, from latitude and date"),
    "toa": ("W/m2", "shortwave radiation at the top of the atmosphere"),
    "trange": ("K", "highest less lowest air temperature of the day"),
    "srad_estimate": ("W/m2", "shortwave radiation in daylight, after Hargreaves"),
    "vp_estimate": ("Pa", "vapour pressure of air that is saturated at the lowest temperature"),
    "swe": ("mm", "snow water equivalent"),
    "pet": ("mm/day", "potential evapotranspiration"),
    "pet_oudin": ("mm/day", "potential evapotranspiration after Oudin"),
    "pet_interception": ("mm/day", "potential evapotranspiration with interception"),
    "pet_modis": ("mm/day", "potential evapotranspiration, product MODIS"),
    "pet_hargreaves": ("mm/day", "potential evapotranspiration after Hargreaves"),
    "pet_gleam": ("mm/day", "potential evapotranspiration, product GLEAM"),
    "humidity": ("g/kg", "specific humidity"),
    "rel_humidity": ("%", "relative humidity"),
    "wind": ("m/s", "wind speed"),
    "streamflow": ("mm/day", "observed streamflow as depth over the basin"),
}
UNITS = {name: unit for name, (unit, _) in VARIABLES.items()}
MEANING = {name: meaning for name, (_, meaning) in VARIABLES.items()}


def unit_of(name: str) -> str:
    """Unit of the canonical variable ``name``; a DataError if it is not one."""
    if name not in UNITS:
        raise DataError(
            f"'{name}' is not a canonical variable; use one of {', '.join(UNITS)} "
            "(hydrotl/data/canonical.py is the place to add one)"
        )
    return UNITS[name]


def dynamic_variables(ds: xr.Dataset) -> list[str]:
    """Names of the variables on ``(basin, time)``, in the order of the data set."""
    return [str(name) for name, array in ds.data_vars.items() if array.dims == ("basin", "time")]


def static_attributes(ds: xr.Dataset) -> list[str]:
    """Names of the variables on ``(basin,)``, in the order of the data set."""
    return [str(name) for name, array in ds.data_vars.items() if array.dims == ("basin",)]


def data_hash(ds: xr.Dataset) -> str:
    """sha256 over names, coordinates and values of a data set, first 16 digits."""
    digest = hashlib.sha256()
    for name in sorted(map(str, [*ds.coords, *ds.data_vars])):
        values = ds[name].values
        digest.update(name.encode())
        if values.dtype.kind in "OUST":
            digest.update("\0".join(map(str, values.ravel())).encode())
        else:
            digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()[:16]


def check_canonical(ds: xr.Dataset, origin: str) -> xr.Dataset:
    """Check form (:func:`check_form`) and values of ``ds``.

    Raises
    ------
    DataError
        If the form is not canonical, or a value is infinite, beyond what nature allows
        (:mod:`hydrotl.data.bounds`), or a tmin above tmax.
    """
    checked = check_form(ds, origin)
    refuse(impossible_values(ds), origin)
    return checked


def check_form(ds: xr.Dataset, origin: str) -> xr.Dataset:
    """Check that ``ds`` is canonical but for its values, and count the missing days.

    Returns ``ds`` with ``attrs["missing_days"]`` (an int over all basins) on each dynamic
    variable. ``origin``, what the data were read from, is named in every error.

    Raises
    ------
    DataError
        If anything is not canonical: a dimension, the time axis, a doubled basin, an unknown
        variable, a unit, a shape or a type.
    """
    _check_axes(ds, origin)
    for name in ds.data_vars:
        _check_form(ds[name], origin)
    checked = ds.copy()
    for dynamic in dynamic_variables(ds):
        missing = int(np.isnan(ds[dynamic].values).sum())
        checked[dynamic] = ds[dynamic].assign_attrs(missing_days=missing)
    return checked


def _check_axes(ds: xr.Dataset, origin: str) -> None:
    for axis in ("basin", "time"):
        if axis not in ds.dims or axis not in ds.coords:
            raise DataError(f"{origin}: no dimension '{axis}' with a coordinate")
        if ds.sizes[axis] == 0:
            raise DataError(f"{origin}: '{axis}' is empty: no data to work on")
    basins = ds.indexes["basin"]
    if ds["basin"].dtype.kind not in "UOT" or not all(isinstance(b, str) for b in basins):
        raise DataError(f"{origin}: basin ids must be text (leading zeros matter)")
    doubled = basins[basins.duplicated()]
    if len(doubled):
        raise DataError(f"{origin}: basin {doubled[0]} occurs more than once: keep one")
    if ds["time"].dtype != np.dtype("datetime64[ns]"):
        raise DataError(f"{origin}: time is {ds['time'].dtype}, not datetime64[ns]")
    days = pd.DatetimeIndex(ds.indexes["time"])
    odd = np.flatnonzero(days != days.normalize())
    if odd.size:
        raise DataError(f"{origin}: time {days[odd[0]]} is not the start of a day")
    steps = np.flatnonzero(np.diff(days.values) != np.timedelta64(1, "D"))
    if steps.size:
        before, after = days[steps[0]], days[steps[0] + 1]
        raise DataError(
            f"{origin}: {after.date()} follows {before.date()}: time must hold every day once"
        )


def _check_form(array: xr.DataArray, origin: str) -> None:
    name = array.name
    if array.dims == ("basin", "time"):
        unit = unit_of(str(name))
        if array.attrs.get("units") != unit:
            raise DataError(
                f"{origin}: variable '{name}' has units {array.attrs.get('units')!r}, "
                f"canonical is {unit!r}: convert it (hydrotl.data.units.convert)"
            )
        if array.dtype != np.float32:
            raise DataError(f"{origin}: variable '{name}' is {array.dtype}, not float32")
    elif array.dims == ("basin",):
        if array.dtype != np.float64 and array.dtype.kind not in "UOT":
            raise DataError(
                f"{origin}: attribute '{name}' is {array.dtype}, neither float64 nor text"
            )
        if array.dtype == np.float64 and np.isinf(array.values).any():
            raise DataError(f"{origin}: attribute '{name}' holds an infinite value")
    else:
        raise DataError(
            f"{origin}: variable '{name}' has the dimensions {array.dims}, "
            "neither ('basin', 'time') nor ('basin',)"
        )
