"""From the records of single basins to one canonical data set."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.data.canonical import unit_of
from hydrotl.data.manifest import Dataset
from hydrotl.data.readers.days import check_days
from hydrotl.data.readers.options import Gaps
from hydrotl.data.units import check_area, convert, needs_area
from hydrotl_core.errors import ConfigError, DataError


@dataclass(frozen=True)
class Series:
    """A basin's values of one variable: native unit, days rising, missing values NaN.

    ``days`` and ``values`` have the shape (n_days,).
    """

    days: pd.DatetimeIndex
    values: np.ndarray


#: The series of one basin by canonical name.
Record = Mapping[str, Series]


def make_record(
    days: pd.DatetimeIndex,
    lines: Sequence[int] | pd.Index | None,
    values: Mapping[str, np.ndarray],
    gaps: Gaps,
    path: Path,
) -> dict[str, Series]:
    """Series of one file whose days were checked; an accepted gap is warned about.

    Raises
    ------
    DataError
        See :func:`hydrotl.data.readers.days.check_days`.
    """
    warning = check_days(days, lines, gaps, path)
    if warning:
        warnings.warn(warning, stacklevel=2)
    return {name: Series(days, array) for name, array in values.items()}


def to_dataset(
    records: Mapping[str, Record], attributes: pd.DataFrame | None, dataset: Dataset
) -> xr.Dataset:
    """Join records on time and convert them to canonical units.

    Time runs from the first to the last day of any basin's forcing; a basin is NaN outside its
    own record, and flow observed where there is no forcing is left out.

    Parameters
    ----------
    records
        Basin id -> record with every variable of ``dataset``.
    attributes
        Attribute table with the basin ids as index, or None.
    dataset
        The manifest entry, for native units and the area attribute.

    Raises
    ------
    DataError
        If there is no record, a basin lacks attributes, or an area is needed and unusable.
    """
    if not records:
        raise DataError(f"{dataset.title}: no basin was found to read")
    basins = list(records)
    table = None if attributes is None else select_attributes(attributes, basins, dataset.title)
    spanning = dataset.forcings or list(dataset.variables)
    spans = [record[name].days for record in records.values() for name in spanning]
    time = pd.date_range(
        min(days[0] for days in spans), max(days[-1] for days in spans), freq="D", unit="ns"
    )
    variables: dict[str, tuple[tuple[str, ...], np.ndarray, dict[str, str]]] = {}
    for name, variable in dataset.variables.items():
        unit = unit_of(name)
        areas = areas_of(table, basins, dataset, name)
        values = np.full((len(basins), len(time)), np.nan, np.float32)
        for row, (basin, record) in enumerate(records.items()):
            series = record[name]
            converted = convert(series.values, variable.units, unit, areas.get(basin))
            positions = (series.days - time[0]).days
            inside = (positions >= 0) & (positions < len(time))
            values[row, positions[inside]] = converted[inside]
        variables[name] = (("basin", "time"), values, {"units": unit})
    ds = xr.Dataset(variables, coords={"basin": np.array(basins, dtype=str), "time": time})
    return ds if table is None else add_attributes(ds, table, dataset)


def areas_of(
    table: pd.DataFrame | None, basins: Sequence[str], dataset: Dataset, name: str
) -> dict[str, float]:
    """Areas in km2 of ``basins``; empty if the variable ``name`` needs none to be converted.

    Raises
    ------
    DataError, ConfigError
        If areas are needed and no attribute is named or an area is missing, zero or negative.
    """
    native = dataset.variables[name].units
    if not needs_area(native, unit_of(name)):
        return {}
    column = dataset.attributes.area
    if table is None or column is None:
        raise ConfigError(
            f"{dataset.title}: '{name}' in {native} needs basin areas: name an attribute table "
            "and its column in km2 (`attributes.area`) in the manifest entry"
        )
    require_attribute(table, column, dataset.title)
    if table[column].dtype != np.float64:
        raise DataError(f"{dataset.title}: area attribute '{column}' is not numeric; correct it")
    areas = table[column].loc[list(basins)].to_numpy(np.float64)
    purpose = f"{dataset.title}: conversion of '{name}' from {native}"
    return {
        basin: check_area(float(area), f"{purpose}, basin {basin}, '{column}'")
        for basin, area in zip(basins, areas, strict=True)
    }


def require_attribute(table: pd.DataFrame, column: str, title: str) -> None:
    """Raise a DataError if the attribute table has no ``column``."""
    if column not in table.columns:
        raise DataError(
            f"{title}: no attribute '{column}'; correct `attributes` in the manifest entry to "
            f"one of {', '.join(map(str, table.columns[:30]))}"
        )


def select_attributes(table: pd.DataFrame, basins: Sequence[str], title: str) -> pd.DataFrame:
    """Rows of ``basins``, in their order.

    Raises
    ------
    DataError
        If a basin has no row.
    """
    absent = [basin for basin in basins if basin not in table.index]
    if absent:
        raise DataError(
            f"{title}: {len(absent)} basin(s) without attributes, first {absent[0]}; "
            f"{_similar_id(absent[0], table.index)}"
        )
    return table.loc[list(basins)]


def select_basins(available: Sequence[str], basins: Sequence[str] | None, title: str) -> list[str]:
    """The basins asked for, or all.

    Raises
    ------
    DataError
        If a basin is unknown or asked for twice.
    ConfigError
        If an empty selection is asked for.
    """
    if basins is None:
        return list(available)
    if isinstance(basins, str):
        raise ConfigError(f"{title}: basins must be a list of ids, not the text {basins!r}")
    wanted = list(basins)
    if not wanted:
        raise ConfigError(f"{title}: an empty list of basins was asked for")
    known = set(available)
    for basin in wanted:
        if basin not in known:
            raise DataError(f"{title}: no basin {basin!r}; {_similar_id(basin, available)}")
    if len(set(wanted)) < len(wanted):
        doubled = next(basin for basin in wanted if wanted.count(basin) > 1)
        raise DataError(f"{title}: basin {doubled} was asked for more than once")
    return wanted


def _similar_id(basin: str, known: Iterable[str]) -> str:
    ids = [str(other) for other in known]
    alike = [other for other in ids if other.lstrip("0") == str(basin).lstrip("0")]
    if alike:
        return f"did you mean '{alike[0]}'? Ids are text and keep their leading zeros"
    return f"there are {len(ids)}: {', '.join(ids[:5])}{', ...' if len(ids) > 5 else ''}"


def add_attributes(ds: xr.Dataset, table: pd.DataFrame, dataset: Dataset) -> xr.Dataset:
    """``ds`` with the columns of ``table`` (rows in the order of its basins) as attributes.

    Raises
    ------
    DataError
        If an attribute is named like a variable of ``ds``.
    """
    clash = [name for name in table.columns if name in ds.variables]
    if clash:
        raise DataError(f"{dataset.title}: attribute '{clash[0]}' is named like a variable")
    columns = {}
    for name in table.columns:
        column = table[name]
        numeric = column.dtype == np.float64
        values = column.to_numpy() if numeric else column.to_numpy(dtype=str)
        units = {"units": "km2"} if name == dataset.attributes.area else {}
        columns[str(name)] = (("basin",), values, units)
    return ds.assign(columns)


def mask_crossed_temperatures(ds: xr.Dataset) -> xr.Dataset:
    """``ds`` with tmax and tmin missing where tmin lies above tmax; their attribute ``masked``
    says on how many days.
    """
    if "tmin" not in ds or "tmax" not in ds:
        return ds
    sound = ~(ds["tmin"] > ds["tmax"])
    masked = int((~sound).sum())
    note = {"masked": f"{masked} day(s) with tmin above tmax"}
    return ds.assign({name: ds[name].where(sound).assign_attrs(note) for name in ("tmax", "tmin")})
