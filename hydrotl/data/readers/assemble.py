"""From the records of single basins to one canonical data set."""

import re
import warnings
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr
from pydantic import Field

from hydrotl.data.canonical import unit_of
from hydrotl.data.findings import Finding
from hydrotl.data.manifest import Attributes, Dataset, Variable
from hydrotl.data.readers.series import OnFault, Record
from hydrotl.data.spelling import basin_id, look_alike
from hydrotl.data.units import check_area, convert, needs_area
from hydrotl_core.errors import ConfigError, DataError, DoubtfulData
from hydrotl_core.recipe import Strict
from hydrotl_core.scaling import STREAMFLOW

#: Attributes that the code relies on, by the keys of `attributes` in the manifest entry.
PLACE = ("area", "latitude", "longitude", "elevation")
ROLES = (*PLACE, "slope", "forest", "sand", "clay", "lai", "soil_depth")

#: So many days less than other variables of a basin look like lost lines; more, like a shorter
#: record.
FEW_DAYS = 10

#: What a reader returns: records by basin, and the attribute table with the ids as index.
Found = tuple[dict[str, Record], pd.DataFrame | None]


class UnknownLatitudeWarning(UserWarning):
    """The data do not say at which latitude their basins are."""


class ReaderOptions(Strict):
    """Options of every reader."""

    gaps: OnFault = Field("error", description="a day that a record skips; nan: missing values")
    tmin_above_tmax: OnFault = Field(
        "error", description="a day with tmin above tmax; nan: both are missing"
    )


def pick_basins(available: Iterable[str], basins: Sequence[str] | None, title: str) -> list[str]:
    """The basins asked for, or all.

    A DataError if one is unknown or asked for twice, a ConfigError if none is asked for.
    """
    known = list(available)
    if basins is None:
        return known
    if isinstance(basins, str):
        raise ConfigError(f"{title}: basins must be a list of ids, not the text {basins!r}")
    wanted = [basin_id(basin) if isinstance(basin, str) else basin for basin in basins]
    if not wanted:
        raise ConfigError(f"{title}: an empty list of basins was asked for")
    for basin in sorted(set(wanted) - set(known), key=wanted.index):
        raise DataError(f"{title}: no basin {basin!r}; {similar_id(basin, known)}")
    for basin in wanted:
        if wanted.count(basin) > 1:
            raise DataError(f"{title}: basin {basin} was asked for more than once")
    return wanted


def to_dataset(
    records: Mapping[str, Record],
    attributes: pd.DataFrame | None,
    dataset: Dataset,
    options: ReaderOptions,
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
    options
        With ``tmin_above_tmax: nan``, the attribute ``masked`` of both temperatures says on how
        many days they were crossed.

    Raises
    ------
    DataError
        If there is no record, a basin lacks attributes, an area is needed and unusable, or an
        attribute with a role, such as the latitude, is no number.
    """
    if not records:
        raise DataError(f"{dataset.title}: no basin was found to read")
    basins = list(records)
    table = None if attributes is None else _rows(attributes, basins, dataset.title)
    if table is not None:
        _check_roles(table, dataset)
    _warn_of_shared_columns(dataset)
    spanning = dataset.forcings or list(dataset.variables)
    for basin, record in records.items():
        _warn_of_lost_days({name: record[name] for name in spanning}, dataset, basin)
    spans = [record[name].index for record in records.values() for name in spanning]
    first, last = min(days[0] for days in spans), max(days[-1] for days in spans)
    time = pd.date_range(first, last, freq="D", unit="ns")
    ds = xr.Dataset(coords={"basin": np.array(basins, dtype=str), "time": time})
    for name, variable in dataset.variables.items():
        unit = unit_of(name)
        areas = _areas(table, dataset, name)
        values = np.empty((len(basins), len(time)), np.float32)
        for row, basin in enumerate(basins):
            series = records[basin][name].reindex(time).to_numpy()
            values[row] = convert(series, variable.units, unit, areas.get(basin))
        ds[name] = (("basin", "time"), values, {"units": unit})
    if options.tmin_above_tmax == "nan" and "tmin" in ds and "tmax" in ds:
        crossed = ds["tmin"] > ds["tmax"]
        note = {"masked": f"{int(crossed.sum())} day(s) with tmin above tmax"}
        for name in ("tmax", "tmin"):
            ds[name] = ds[name].where(~crossed).assign_attrs(note)
    if table is None:
        return ds
    for name in table.columns:
        if name in ds.variables:
            raise DataError(
                f"{dataset.title}: attribute '{name}' is named like a variable: rename its column"
            )
        column = table[name].to_numpy(None if table[name].dtype == np.float64 else str)
        units = {"units": "km2"} if name == dataset.attributes.area else {}
        ds[name] = ("basin", column, units)
    return ds


def _warn_of_shared_columns(dataset: Dataset) -> None:
    """Say which variables are read from one column."""
    by_column: dict[str, list[str]] = {}
    for name, column in dataset.natives().items():
        by_column.setdefault(column, []).append(name)
    for column, names in by_column.items():
        if len(names) > 1:
            warnings.warn(
                f"{dataset.title}: {' and '.join(map(repr, names))} are read from one column, "
                f"'{column}': correct `native` in the manifest entry",
                DoubtfulData,
                stacklevel=3,
            )


def _warn_of_lost_days(record: Record, dataset: Dataset, basin: str) -> None:
    """Say if some variables begin or end a few days from the others, as if lines were lost."""
    for end, text in ((0, "begins"), (-1, "ends")):
        days = {name: pd.Timestamp(series.index[end]) for name, series in record.items()}
        first, last = min(days, key=lambda n: days[n]), max(days, key=lambda n: days[n])
        if 0 < (days[last] - days[first]).days <= FEW_DAYS:
            warnings.warn(
                f"{dataset.title}: in basin {basin} '{first}' {text} on {days[first].date()} and "
                f"'{last}' on {days[last].date()}; was a line lost from a file?",
                stacklevel=3,
            )


def _check_roles(table: pd.DataFrame, dataset: Dataset) -> None:
    """Attributes that the code relies on must be numbers, and should be there."""
    roles: Attributes = dataset.attributes
    for role in ROLES:
        named = getattr(roles, role)
        natives = named.native.split("+") if isinstance(named, Variable) else [named or ""]
        for name in filter(None, map(str.strip, natives)):
            if name in table and table[name].dtype != np.float64:
                text = next((text for text in table[name] if text), "")
                raise DataError(
                    f"{dataset.title}: attribute '{name}' is the {role} by the manifest entry, but "
                    f"no numeric attribute (it holds {text!r}): correct the table or the entry"
                )
    for role in PLACE:
        name = getattr(roles, role)
        if name is not None and name not in table and name not in roles.values:
            text = (
                f"{dataset.title}: no attribute '{name}', which is the {role} by the manifest "
                f"entry, so the {role} is not known; correct the entry, or take one of "
                f"{', '.join(map(str, table.columns[:30]))}"
            )
            kind = UnknownLatitudeWarning if role == "latitude" else UserWarning
            warnings.warn(text, kind, stacklevel=3)


def place_of(records: Mapping[str, Record], dataset: Dataset, table: str, finding: Finding) -> str:
    """File, line and native value of a finding, as far as the reader knows them.

    ``table`` is the file of the attributes.
    """
    series = records.get(finding.basin, {}).get(finding.variable)
    if series is None:
        return table
    parts = []
    position = (
        -1 if finding.day is None else int(series.index.get_indexer(pd.Index([finding.day]))[0])
    )
    native = dataset.variables[finding.variable].units
    if position >= 0 and native != unit_of(finding.variable):
        parts.append(f"{series.iloc[position]:g} {native}")
    if "file" in series.attrs:
        line = series.attrs["line"]
        at_line = f", line {line + position}" if line is not None and position >= 0 else ""
        parts.append(f"{series.attrs['file']}{at_line}")
    return " in ".join(parts)


def _areas(table: pd.DataFrame | None, dataset: Dataset, name: str) -> dict[str, float]:
    """Areas of the basins in km2; empty if the variable ``name`` needs none to be converted."""
    native, title, column = dataset.variables[name].units, dataset.title, dataset.attributes.area
    if not needs_area(native, unit_of(name)):
        return {}
    if name != STREAMFLOW:
        raise DataError(
            f"{title}: '{name}' in {native} would be a volume, and only flow is measured as one: "
            "correct `units` in the manifest entry"
        )
    if table is None or column is None:
        raise ConfigError(
            f"{title}: '{name}' in {native} needs basin areas: name an attribute table and its "
            "column in km2 (`attributes.area`) in the manifest entry"
        )
    if column not in table or table[column].dtype != np.float64:
        raise DataError(
            f"{title}: no numeric attribute '{column}'; correct it, or name another in "
            f"`attributes` of the manifest entry: {', '.join(map(str, table.columns[:30]))}"
        )
    purpose = f"{title}: conversion of '{name}' from {native}"
    return {
        str(basin): check_area(float(area), f"{purpose}, basin {basin}, '{column}'")
        for basin, area in table[column].items()
    }


def _rows(table: pd.DataFrame, basins: Sequence[str], title: str) -> pd.DataFrame:
    """Rows of ``basins``, in their order."""
    absent = [basin for basin in basins if basin not in table.index]
    if absent:
        raise DataError(
            f"{title}: {len(absent)} basin(s) without attributes, first {absent[0]}; "
            f"{similar_id(absent[0], table.index)}"
        )
    return table.loc[list(basins)]


def similar_id(basin: str, known: Iterable[str]) -> str:
    """What may have been meant by an unknown id, for an error message."""
    ids = [str(other) for other in known]
    alike = [other for other in ids if look_alike(other) == look_alike(str(basin))]
    if alike:
        return (
            f"did you mean '{alike[0]}'? Ids are text and keep their leading zeros (spreadsheets "
            "drop them, or add decimals)"
        )
    powers = [other for other in ids if re.fullmatch(r"\d([.,]\d+)?[eE]\+\d+", other)]
    if powers:
        return f"a spreadsheet has turned ids into powers of ten, such as {powers[0]}: restore them"
    return f"there are {len(ids)}: {', '.join(ids[:5])}{', ...' if len(ids) > 5 else ''}"
