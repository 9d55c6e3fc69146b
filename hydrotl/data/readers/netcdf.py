"""NetCDF files of daily series, decoded without a detour through float64."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.data.canonical import unit_of
from hydrotl.data.manifest import Dataset, Variable
from hydrotl.data.readers.dates import without_offset
from hydrotl.data.readers.text import require_file, split_missing
from hydrotl.data.units import known_unit, same_unit
from hydrotl_core.errors import DataError

#: What the NetCDF library writes where nothing was written, unless the file says otherwise (to
#: bytes it does so only on request).
DEFAULT_FILL = {"i2": -32767, "u2": 65535, "i4": -(2**31) + 1, "u4": 2**32 - 1, "i8": -(2**63) + 2}
DEFAULT_FILL_FLOAT = np.float32(9.969209968386869e36)
#: What the library and xarray raise for files that are damaged or not of this kind.
UNREADABLE = (OSError, ValueError, RuntimeError, OverflowError, TypeError, KeyError)


def open_netcdf(path: Path, dataset: Dataset, time_name: str) -> xr.Dataset:
    """Open a file lazily, its time decoded and the manifest's native variables still packed.

    Raises
    ------
    DataError
        If the file is absent, empty, no NetCDF file, lacks a variable or the time, or states
        another unit than the manifest.
    """
    require_file(path)
    try:
        ds = xr.open_dataset(path, mask_and_scale=False, decode_times=False)
    except UNREADABLE as error:
        raise _unreadable(path, error) from None
    if time_name not in ds.dims or time_name not in ds.variables:
        raise DataError(
            f"{path}: no time coordinate '{time_name}' (dimensions: "
            f"{', '.join(map(str, ds.dims))}); set the option `time_name`"
        )
    for name, variable in dataset.variables.items():
        if variable.native not in ds:
            raise DataError(
                f"{path}: no variable '{variable.native}' (it has: "
                f"{', '.join(map(str, ds.data_vars))}); correct `native` in the manifest entry"
            )
        _check_unit(str(ds[variable.native].attrs.get("units", "")), variable, name, path)
    if not ds.sizes[time_name]:
        raise DataError(f"{path}: '{time_name}' has no day: put the data into the file")
    stamps = ds[[time_name]]
    units = without_offset(str(stamps[time_name].attrs.get("units", "")))
    if units:
        stamps[time_name].attrs["units"] = units
    try:
        time = xr.decode_cf(stamps)[time_name]
    except (ValueError, OverflowError, TypeError) as error:
        raise DataError(
            f"{path}: the units of '{time_name}' are not a time ({error}): write them as in "
            "'days since 1980-01-01'"
        ) from None
    if time.dtype.kind != "M":
        raise DataError(
            f"{path}: '{time_name}' is no date of the standard calendar ({time.dtype}): give it "
            "`units` such as 'days since 1980-01-01', and the calendar 'standard'"
        )
    days = pd.DatetimeIndex(time.values).normalize().as_unit("ns")
    return ds[list(dict.fromkeys(dataset.natives().values()))].assign_coords({time_name: days})


def _unreadable(path: Path, error: Exception) -> DataError:
    why = " ".join(str(error).split())
    return DataError(f"{path}: not a NetCDF file ({why}); fetch it again")


def _check_unit(stated: str, variable: Variable, name: str, path: Path) -> None:
    """The unit that a file states must be that of the manifest, if it is understood."""
    if not stated.strip() or same_unit(stated, variable.units, unit_of(name)):
        return
    if not known_unit(stated):
        warnings.warn(
            f"{path}: the unit of variable '{variable.native}', {stated!r}, is not understood; "
            f"the manifest entry's {variable.units!r} is taken",
            stacklevel=3,
        )
        return
    raise DataError(
        f"{path}: variable '{variable.native}' is in {stated!r}, the manifest entry says "
        f"{variable.units!r}: correct the entry (or the file)"
    )


def decode(
    packed: xr.DataArray, axes: Sequence[str], missing: Sequence[float | str], path: Path
) -> np.ndarray:
    """Load one variable as float32 on ``axes``, NaN in place of the fill value and missing codes.

    Where the file states no fill value, the library's default is one.
    xarray decodes 16-bit integers to float32 where the scale is float32 and no offset is added;
    the files hold both as float64, which would double the memory for no digit.

    Raises
    ------
    DataError
        If the variable is not numeric or has other dimensions (of more than one value), a
        scale of 0 or no number, or the file is damaged there.
    """
    if packed.dtype.kind not in "iuf":
        raise DataError(
            f"{path}: variable '{packed.name}' is {packed.dtype}, no number: write it as numbers"
        )
    single = [axis for axis, size in packed.sizes.items() if size == 1 and axis not in axes]
    packed = packed.squeeze(single)
    if set(packed.dims) != set(axes):
        raise DataError(
            f"{path}: variable '{packed.name}' has the dimensions {packed.dims}, "
            f"not {' and '.join(map(repr, axes))}: correct the file, or the names in the manifest "
            "entry"
        )
    attrs = dict(packed.attrs)
    attrs.pop("units", None)
    for key in ("scale_factor", "add_offset"):
        if key in attrs and not _is_number(attrs[key], key == "scale_factor"):
            raise DataError(
                f"{path}: variable '{packed.name}' has the {key} {attrs[key]!r}: correct the file"
            )
    if not attrs.get("add_offset", 0.0):
        attrs.pop("add_offset", None)
        if "scale_factor" in attrs:
            attrs["scale_factor"] = np.float32(attrs["scale_factor"])
    kind = f"{packed.dtype.kind}{packed.dtype.itemsize}"
    if kind in DEFAULT_FILL and not {"_FillValue", "missing_value"} & attrs.keys():
        attrs["_FillValue"] = packed.dtype.type(DEFAULT_FILL[kind])
    try:
        stored = packed.to_numpy()
    except UNREADABLE as error:
        raise _unreadable(path, error) from None
    bare = xr.DataArray(stored, dims=packed.dims, name="values", attrs=attrs)
    values = xr.decode_cf(bare.to_dataset(), decode_times=False)["values"].astype(np.float32)
    codes = [np.float32(code) for code in split_missing(missing)[1]]
    values = values.where(~values.isin(codes)) if codes else values
    if packed.dtype.kind == "f":
        values = values.where(values != DEFAULT_FILL_FLOAT)
    return values.transpose(*axes).to_numpy()


def _is_number(value: object, factor: bool) -> bool:
    """Whether an attribute is one finite number, and a factor not 0."""
    number = np.asarray(value)
    if number.size != 1 or number.dtype.kind not in "iuf" or not np.isfinite(number).all():
        return False
    return not factor or bool((number != 0).all())
