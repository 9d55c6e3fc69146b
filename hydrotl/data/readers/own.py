"""Your own files, in as many forms as there are: what ``region.yaml`` of a folder describes.

Options (all of them are keys of ``region.yaml``, :mod:`hydrotl.data.ownfile`):

- ``files``: groups of files of one form each (:class:`~hydrotl.data.readers.own_forms.OwnFiles`).
  A basin's variables may come from several groups, such as weather and flow, and its days from
  several files of a group.
- ``attributes``: a table with a row per basin (:class:`~hydrotl.data.readers.own_forms.OwnTable`).
- ``stations``: area, latitude and so on by basin, for what stands in no table.

Unlike the generic reader, this one takes a record that runs backwards in time, takes skipped days
as missing values, and gives a basin without gauge readings a flow that is missing on all days.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import Field

from hydrotl.data.manifest import Dataset, Text, Variable
from hydrotl.data.readers.assemble import Found, ReaderOptions, pick_basins
from hydrotl.data.readers.dates import parse_days
from hydrotl.data.readers.netcdf import decode, open_netcdf
from hydrotl.data.readers.own_forms import NETCDF, OwnColumn, OwnFiles, OwnStation, OwnTable
from hydrotl.data.readers.own_header import header_of
from hydrotl.data.readers.own_table import attributes_of
from hydrotl.data.readers.series import (
    OnFault,
    Record,
    as_glob,
    check_days,
    find_files,
    from_file,
)
from hydrotl.data.readers.text import read_table
from hydrotl.data.spelling import basin_id
from hydrotl.data.units import convert
from hydrotl_core.errors import DataError
from hydrotl_core.scaling import STREAMFLOW


class Options(ReaderOptions):
    """See the module's description."""

    gaps: OnFault = "nan"
    files: list[OwnFiles] = Field(min_length=1)
    attributes: OwnTable | None = None
    stations: dict[Text, OwnStation] = Field({}, description="by basin id")


def read(folder: Path, dataset: Dataset, options: Options, basins: Sequence[str] | None) -> Found:
    """Read ``basins`` (None: all) of ``dataset`` (see :mod:`hydrotl.data.readers`)."""
    table = None if options.attributes is None else folder / options.attributes.path
    found = [_files(folder, files, table) for files in options.files]
    known = sorted({basin for paths in found for basin in paths})
    chosen = pick_basins(known, basins, dataset.title)
    attributes = attributes_of(folder, dataset, options.attributes, options.stations, chosen)
    records: dict[str, Record] = {}
    for basin in chosen:
        area = None if attributes is None else attributes["area_km2"].get(basin)
        pieces: dict[str, list[pd.Series]] = {}
        for files, paths in zip(options.files, found, strict=True):
            for path in paths.get(basin, []):
                for name, one in _read_file(path, basin, files, dataset, options.gaps).items():
                    one = _in_unit(one, files.columns[name], dataset, name, area)
                    pieces.setdefault(name, []).append(one)
        records[basin] = {name: _joined(parts, name, basin) for name, parts in pieces.items()}
        _complete(records[basin], dataset, basin)
    return records, attributes


def _files(folder: Path, files: OwnFiles, table: Path | None) -> dict[str, list[Path]]:
    """Basin id -> its files in a group; the attribute ``table`` is none of them."""
    if files.basin_column is not None or files.wide:
        several = "*" in files.path
        paths = sorted(folder.glob(as_glob(files.path))) if several else [folder / files.path]
        ids: dict[str, list[Path]] = {}
        for path in paths:
            for basin in dict.fromkeys(map(basin_id, _ids_in(path, files))):
                ids.setdefault(basin, []).append(path)
        return ids
    if "*" not in files.path:
        paths_of = {basin: [path] for basin, path in find_files(folder, files.path).items()}
    else:
        paths_of = _several(folder, files.path)
    paths_of = {basin: paths for basin, paths in paths_of.items() if table not in paths}
    if not files.basins:
        return paths_of
    chosen = pick_basins(paths_of, files.basins, f"{folder} ({files.path})")
    return {basin: paths_of[basin] for basin in chosen}


def _ids_in(path: Path, files: OwnFiles) -> list[str]:
    """Ids of the basins in a file that has many."""
    if files.basin_column is None:
        return files.basins
    table, _ = _open(path, files, [files.basin_column], [])
    return [str(one) for one in table[files.basin_column]]


def _several(folder: Path, pattern: str) -> dict[str, list[Path]]:
    """Basin id -> files of a pattern with both ``{basin}`` and ``*``, such as a file per year."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.glob(as_glob(pattern))):
        basin = basin_in(path.relative_to(folder).as_posix(), pattern)
        if basin is not None:
            found.setdefault(basin, []).append(path)
    if not found:
        raise DataError(f"{folder}: no file {pattern}; correct `path` in region.yaml")
    return found


def basin_in(path: str, pattern: str) -> str | None:
    """Basin of a ``path`` in the folder, by a pattern with ``{basin}``; None if it does not fit."""
    expression = re.escape(pattern).replace(r"\*", "[^/]*").replace(r"\{basin\}", "([^/]+?)")
    match = re.fullmatch(expression, path)
    hidden = path.rpartition("/")[2].startswith((".", "~$"))
    return basin_id(match[1]) if match and not hidden else None


def _joined(pieces: Sequence[pd.Series], name: str, basin: str) -> pd.Series:
    """A basin's series of a variable from its files, which continue one another."""
    if len(pieces) == 1:
        return pieces[0]
    ordered = sorted(pieces, key=lambda one: one.index[0])
    for one, after in pairwise(ordered):
        if after.index[0] <= one.index[-1]:
            raise DataError(
                f"{after.attrs.get('file')}: '{name}' of basin {basin} begins on "
                f"{after.index[0].date()}, before that in {one.attrs.get('file')} ends: keep each "
                "day in one file, or leave one of them out of `files` in region.yaml"
            )
    whole = pd.concat(ordered)
    whole.attrs = {}
    return whole


def _read_file(path: Path, basin: str, files: OwnFiles, dataset: Dataset, gaps: OnFault) -> Record:
    columns = {name: column.column for name, column in files.columns.items()}
    if path.suffix.lower() in NETCDF:
        return _read_netcdf(path, files, dataset, gaps)
    if files.wide:
        columns = dict.fromkeys(columns, _column_of(path, basin, files))
    parted = len(files.date) == 3
    texts = [] if parted else list(files.date)
    if files.basin_column is not None:
        texts.append(files.basin_column)
    values = list(dict.fromkeys([*(files.date if parted else ()), *columns.values()]))
    table, _ = _open(path, files, texts, values)
    whole = files.basin_column is None
    if not whole:
        table = table[table[str(files.basin_column)].map(basin_id) == basin]
    dates = files.date
    if len(dates) == 2:
        table = table.assign(**{dates[0]: table[dates[0]] + " " + table[dates[1]]})
        dates = dates[:1]
    days = parse_days(table, dates, path, files.date_form)
    if len(days) > 1 and (np.diff(days.values) < np.timedelta64(0)).all():
        table, days, whole = table[::-1], days[::-1], False
    check_days(days, gaps, path, table.index)
    line = int(table.index[0]) if whole else None
    record: Record = {}
    for name, column in columns.items():
        form = files.columns[name]
        numbers = table[column]
        known = numbers.mask(numbers.isin(form.missing)).to_numpy(float)
        record[name] = from_file(known * form.scale, days, path, line)
    return record


def _column_of(path: Path, basin: str, files: OwnFiles) -> str:
    """Name of a basin's column in a table with a column per basin."""
    _, names = header_of(path, files)
    found = [name for name in names if basin_id(name) == basin and name not in files.date]
    if len(found) != 1:
        many = "several columns" if found else "no column"
        raise DataError(
            f"{path}: {many} '{basin}' (it has {', '.join(names[:10])}): correct `basins` in "
            "region.yaml, or the names of the columns"
        )
    return found[0]


def _open(
    path: Path, files: OwnFiles, text: Sequence[str], values: Sequence[str]
) -> tuple[pd.DataFrame, list[str]]:
    """Columns of a text file, and the names of all."""
    line, names = header_of(path, files)
    try:
        table = read_table(
            path,
            text=text,
            values=values,
            missing=files.missing,
            separator=files.separator,
            decimal=files.decimal,
            thousands=files.thousands,
            encoding=files.encoding,
            header_line=line + files.below_header,
            names=names,
        )
    except DataError as error:
        text_of = str(error).replace("`native` or the column options in the manifest entry", "it")
        text_of = text_of.replace("in the manifest entry", "of this file in region.yaml")
        raise DataError(text_of) from error
    return table, names


def _read_netcdf(path: Path, files: OwnFiles, dataset: Dataset, gaps: OnFault) -> Record:
    native = {
        name: Variable(native=one.column, units=one.units) for name, one in files.columns.items()
    }
    part = dataset.model_copy(update={"variables": native, "missing": files.missing})
    time = files.date[0]
    with open_netcdf(path, part, time) as ds:
        days = pd.DatetimeIndex(ds.indexes[time])
        check_days(days, gaps, path)
        return {
            name: from_file(
                decode(ds[one.column], [time], [*files.missing, *one.missing], path)
                * np.float32(one.scale),
                days,
                path,
            )
            for name, one in files.columns.items()
        }


def _in_unit(
    series: pd.Series, column: OwnColumn, dataset: Dataset, name: str, area: float | None
) -> pd.Series:
    """A series in the unit of the data set's variable."""
    wanted = dataset.variables[name].units
    if column.units == wanted:
        return series
    converted = pd.Series(convert(series.to_numpy(), column.units, wanted, area), series.index)
    converted.attrs = dict(series.attrs)
    return converted


def _complete(record: Record, dataset: Dataset, basin: str) -> None:
    """Give a basin without gauge readings a missing flow; refuse one without weather."""
    for name in dataset.forcings:
        if name not in record:
            has = ", ".join(record) or "nothing"
            raise DataError(
                f"{dataset.title}: basin {basin} has no '{name}' (its files hold {has}): complete "
                "its files, or leave the variable out of all of them in region.yaml"
            )
    if STREAMFLOW in dataset.variables and STREAMFLOW not in record:
        days = record[dataset.forcings[0]].index
        record[STREAMFLOW] = pd.Series(np.full(len(days), np.nan), days)
