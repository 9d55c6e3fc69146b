"""Any plain layout: one CSV or NetCDF file per basin, or one NetCDF file of all basins.

Its options (manifest key ``options``), besides those of every reader:

- ``series``: file of a basin, relative to the folder, such as ``{basin}.csv`` or
  ``daily/{basin}.nc``; a name without ``{basin}`` is one NetCDF file of all basins.
- ``attributes``: attribute table (one row per basin), relative to the folder; may be left out.
- ``date_column``, or ``date_columns`` for three columns of year, month and day; ``date_format``
  (``strftime`` codes) where dates are not YYYY-MM-DD.
- ``separator``, ``attributes_separator``, ``encoding``: form of the text files; the separator
  ``whitespace`` is any run of blanks. ``decimal: ","``, and ``attributes_decimal``, where numbers
  are written with a comma.
- ``time_name``, ``basin_name``: names of the two dimensions in NetCDF files.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Annotated, Literal, Self

import numpy as np
import pandas as pd
from pydantic import AfterValidator, model_validator

from hydrotl.data.manifest import Dataset
from hydrotl.data.readers.assemble import Found, ReaderOptions, pick_basins
from hydrotl.data.readers.attributes import read_attributes
from hydrotl.data.readers.dates import DateFormat
from hydrotl.data.readers.netcdf import decode, open_netcdf
from hydrotl.data.readers.series import Record, check_days, find_files, from_file, read_series
from hydrotl.data.spelling import basin_id
from hydrotl_core.errors import DataError


def _separator(text: str) -> str:
    if text != "whitespace" and (len(text) != 1 or text.isalnum() or text in "\"'.-+\n\r"):
        raise ValueError(f"separator {text!r} must be one sign, such as ';', or 'whitespace'")
    return text


def known_encoding(name: str) -> str:
    try:
        "".encode(name)
        return name
    except LookupError:  # also of codecs that are not of text
        raise ValueError(f"no encoding {name!r}: take utf-8 or latin-1") from None


Separator = Annotated[str, AfterValidator(_separator)]
Decimal = Literal[".", ","]


class Options(ReaderOptions):
    """See the module's description."""

    series: str = "{basin}.csv"
    attributes: str | None = None
    date_column: str = "date"
    date_columns: tuple[str, str, str] | None = None
    date_format: DateFormat | None = None
    separator: Separator = ","
    attributes_separator: Separator = ","
    decimal: Decimal = "."
    attributes_decimal: Decimal = "."
    encoding: Annotated[str, AfterValidator(known_encoding)] = "utf-8-sig"
    time_name: str = "time"
    basin_name: str = "basin"

    @model_validator(mode="after")
    def _agreeing(self) -> Self:
        if ".." in PurePath(self.series.replace("\\", "/")).parts:
            raise ValueError(
                f"series {self.series!r} leads out of the data's folder: name files below it"
            )
        if self.date_columns and self.model_fields_set & {"date_column", "date_format"}:
            raise ValueError("date_columns stands alone, without date_column and date_format")
        for name in ("", "attributes_"):
            if getattr(self, f"{name}decimal") == getattr(self, f"{name}separator"):
                raise ValueError(f"{name}separator and {name}decimal are both a comma: set one")
        return self


def read(folder: Path, dataset: Dataset, options: Options, basins: Sequence[str] | None) -> Found:
    """Read ``basins`` (None: all) of ``dataset`` (see :mod:`hydrotl.data.readers`)."""
    if "{basin}" not in options.series:
        table = _read_table(folder, dataset, options, None)
        return _read_together(folder / options.series, dataset, options, basins), table
    files = find_files(folder, options.series)
    known = [b for b, path in files.items() if path != folder / (options.attributes or "")]
    chosen = pick_basins(known, basins, dataset.title)
    table = _read_table(folder, dataset, options, chosen)
    return {basin: _read_basin(files[basin], dataset, options) for basin in chosen}, table


def _read_table(
    folder: Path, dataset: Dataset, options: Options, basins: Sequence[str] | None
) -> pd.DataFrame | None:
    if options.attributes is None:
        return None
    return read_attributes(
        folder,
        options.attributes,
        dataset,
        basins,
        separator=options.attributes_separator,
        encoding=options.encoding,
        decimal=options.attributes_decimal,
    )


def _read_basin(path: Path, dataset: Dataset, options: Options) -> Record:
    if path.suffix in (".nc", ".nc4"):
        with open_netcdf(path, dataset, options.time_name) as ds:
            days = pd.DatetimeIndex(ds.indexes[options.time_name])
            check_days(days, options.gaps, path)
            axes = [options.time_name]
            return {
                name: from_file(decode(ds[native], axes, dataset.missing, path), days, path)
                for name, native in dataset.natives().items()
            }
    return read_series(
        path,
        dataset.natives(),
        options.date_columns or [options.date_column],
        dataset,
        options.gaps,
        options.date_format,
        separator=options.separator,
        decimal=options.decimal,
        encoding=options.encoding,
    )


def _read_together(
    path: Path, dataset: Dataset, options: Options, basins: Sequence[str] | None
) -> dict[str, Record]:
    """One NetCDF file of all basins; only those wanted are read and decoded."""
    with open_netcdf(path, dataset, options.time_name) as ds:
        if options.basin_name not in ds.dims or options.basin_name not in ds.coords:
            raise DataError(
                f"{path}: no basin coordinate '{options.basin_name}'; set the option `basin_name`"
            )
        available = [_netcdf_id(one, path) for one in ds[options.basin_name].values]
        for basin, count in Counter(available).items():
            if count > 1:
                raise DataError(f"{path}: basin {basin} occurs more than once; keep one")
        wanted = pick_basins(available, basins, dataset.title)
        days = pd.DatetimeIndex(ds.indexes[options.time_name])
        check_days(days, options.gaps, path)
        rows = np.flatnonzero(np.isin(available, wanted))  # in the order of the file
        records: dict[str, Record] = {basin: {} for basin in wanted}
        for name, native in dataset.natives().items():
            packed = ds[native]
            if len(rows) < len(available):
                packed = packed.isel({options.basin_name: rows})
            axes = [options.basin_name, options.time_name]
            array = decode(packed, axes, dataset.missing, path)
            for row, values in zip(rows, array, strict=True):
                records[available[row]][name] = from_file(values, days, path)
    return records


def _netcdf_id(value: object, path: Path) -> str:
    """A basin's id as text; the file may hold bytes or numbers."""
    if isinstance(value, bytes):
        return basin_id(value.decode("utf-8", "replace"))
    if isinstance(value, float | np.floating):
        if not float(value).is_integer():
            raise DataError(f"{path}: basin id {value} is no whole number: write it as text")
        return str(int(value))
    return basin_id(value)
