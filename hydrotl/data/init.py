"""``hydrotl init``: what lies in a folder, written to its ``region.yaml``."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.config import Setting, validated
from hydrotl.data.canonical import UNITS
from hydrotl.data.own import own_setting
from hydrotl.data.own_check import row_means
from hydrotl.data.ownfile import REGION_FILE, OwnRegion, before_written, own_entry
from hydrotl.data.readers import read_unchecked
from hydrotl.data.roles import attribute_findings
from hydrotl.data.sniff.folder import Survey, survey, without_flow
from hydrotl.data.sniff.groups import Group
from hydrotl.data.sniff.headers import fits
from hydrotl.data.sniff.scales import flow_unit
from hydrotl.data.sniff.write import region_text
from hydrotl.yamlfile import load_yaml
from hydrotl_core.errors import ConfigError, DataError
from hydrotl_core.files import replacing
from hydrotl_core.scaling import STREAMFLOW

#: Unit that a flow is read in before its own is known; as good as any other.
_UNKNOWN = "mm/day"


@dataclass(frozen=True)
class Written:
    """What ``hydrotl init`` wrote, and what it has to say.

    ``understood`` has a line for each group of files: which variable is which column, in which
    unit; ``years`` are those chosen from the record, where they can be; ``passed`` has a line for
    each file that is not used, with the reason; ``without_flow`` are basins without any.
    """

    path: Path
    basins: list[str]
    guessed: list[str]
    to_do: list[str] = field(default_factory=list)
    understood: list[str] = field(default_factory=list)
    years: Setting | None = None
    passed: list[str] = field(default_factory=list)
    without_flow: list[str] = field(default_factory=list)


def init_folder(
    folder: str | Path,
    replace: bool = False,
    columns: Mapping[str, Sequence[str]] | None = None,
    chosen_years: Setting | None = None,
) -> Written:
    """Look at the files of a folder and write its ``region.yaml``.

    Parameters
    ----------
    folder
        With daily series of one or many basins, and perhaps a table of their attributes.
    replace
        Write over a ``region.yaml`` that is there.
    columns
        What is known better than the names of the columns tell: canonical variable -> (column,
        unit).
    chosen_years
        Days to train and to test, of all basins; by default chosen from the record.

    Returns
    -------
    Written
        With ``guessed``, what is not certain, and ``to_do``, what a user has to fill in.

    Raises
    ------
    ConfigError
        If there is a ``region.yaml`` already, or no file has one of ``columns``.
    DataError
        If the files are not understood; names file and line, and says what to do. Nothing is
        written then.
    """
    home = Path(folder).expanduser().absolute()
    path = home / REGION_FILE
    if path.exists() and not replace:
        raise ConfigError(f"{path} is there already: edit it, or write it anew with --replace")
    found = survey(home)
    for variable, (column, unit) in (columns or {}).items():
        _correct(found, variable, column, unit)
    for group in found.groups:
        found.guessed += [f"{group.entry['path']}: {one}" for one in group.guessed]
    to_do = _places(found)
    ds = _flow_units(found, home)
    years = None
    if ds is not None:
        _notes(found.groups, ds)
        years = _years(ds)
    stated = chosen_years is not None
    years = chosen_years or years
    text = region_text(home.name or "own basins", found, years, stated)
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
        validated(OwnRegion, load_yaml(temporary), str(path))
    basins = sorted({basin for group in found.groups for basin in group.basins})
    understood = [_understood(group, group.note) for group in found.groups]
    lacking = without_flow(found)
    return Written(path, basins, found.guessed, to_do, understood, years, found.passed, lacking)


def _correct(found: Survey, variable: str, column: str, unit: str) -> None:
    """Take a column, in all files that have it, for a variable in this unit."""
    if variable not in UNITS:
        raise ConfigError(f"no variable {variable!r}; there are {', '.join(UNITS)}")
    if not fits(variable, unit):
        raise ConfigError(f"{variable}: {unit!r} is no unit of it; {UNITS[variable]} is one")
    having = [g for g in found.groups if column in (*_columns(g), *g.unused)]
    if not having:
        seen = dict.fromkeys(c for g in found.groups for c in (*_columns(g), *g.unused))
        raise ConfigError(f"{variable}: no column {column!r}; there are {', '.join(seen)}")
    found.guessed = [one for one in found.guessed if f": {variable}: column " not in one]
    basins = {basin for group in having for basin in group.basins}
    for group in found.groups:
        columns = group.entry["columns"]
        if group not in having and not basins & set(group.basins):
            continue
        gone = [name for name in columns if name == variable or columns[name]["column"] == column]
        group.unused += [columns.pop(name)["column"] for name in gone]
        told = tuple(f"{name}:" for name in gone)
        group.guessed = [one for one in group.guessed if not one.startswith(told)]
    for group in having:
        group.entry["columns"][variable] = {"column": column, "units": unit}
        group.unused = [one for one in dict.fromkeys(group.unused) if one != column]
    found.groups = [group for group in found.groups if group.entry["columns"]]


def _columns(group: Group) -> list[str]:
    return [one["column"] for one in group.entry["columns"].values()]


def _understood(group: Group, note: str) -> str:
    columns = [
        f"{name} from '{one['column']}' in {_scaled(one) or 'a unit to be found'}"
        for name, one in group.entry["columns"].items()
    ]
    return f"{group.entry['path']}: {', '.join(columns)}{f'; {note}' if note else ''}"


def _scaled(column: Mapping[str, Any]) -> str:
    """The unit, with what the values are multiplied by: 0.1 degC."""
    scale = f"{column['scale']:g} " if column.get("scale", 1) != 1 else ""
    return f"{scale}{column['units']}"


def _content(found: Survey, title: str) -> dict[str, Any]:
    """``region.yaml`` as data."""
    content = {
        "title": title,
        "files": [group.entry for group in found.groups],
        "attributes": found.attributes,
        "stations": found.stations,
    }
    return {key: value for key, value in content.items() if value}


def _places(found: Survey) -> list[str]:
    """Ask for an area and a latitude where none is known."""
    known = set() if found.attributes is None else set(found.attributes["columns"])
    basins = sorted({basin for group in found.groups for basin in group.basins})
    asked: dict[str, list[str]] = {}
    for place in ("area_km2", "latitude"):
        for basin in basins:
            lacking = place not in known or basin in found.lacking.get(place, ())
            if lacking and found.stations.get(basin, {}).get(place) is None:
                found.stations.setdefault(basin, {})[place] = None  # type: ignore[assignment]
                asked.setdefault(place, []).append(basin)
    return [
        f"fill in {place} of {', '.join(missing[:5])}{', ...' if len(missing) > 5 else ''} below "
        "`stations`, or add a table with a row per basin and write the file anew"
        for place, missing in asked.items()
    ]


def _own(found: Survey, home: Path) -> OwnRegion:
    return validated(OwnRegion, _content(found, home.name or "own"), str(home / REGION_FILE))


def _read(found: Survey, home: Path) -> xr.Dataset:
    own = _own(found, home)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # `hydrotl check` says them
        try:
            return read_unchecked(home, own_entry(own, home), None)[0]
        except (DataError, ConfigError) as error:
            raise type(error)(before_written(str(error))) from None


def _flow_units(found: Survey, home: Path) -> xr.Dataset | None:
    """The data, after units of flow that are not stated were found from the water balance."""
    flows = [g for g in found.groups if STREAMFLOW in g.entry["columns"]]
    unstated = [g for g in flows if not g.entry["columns"][STREAMFLOW]["units"]]
    for group in unstated:
        group.entry["columns"][STREAMFLOW]["units"] = _UNKNOWN
    if any(one.get("area_km2", 0) is None for one in found.stations.values()):
        stated = [g for g in flows if g not in unstated]
        if stated:
            return None  # their unit cannot be converted before the area is known
    ds = _read(found, home)
    if not unstated:
        return ds
    # A wrong area would be taken for a strange unit of flow.
    for one in attribute_findings(ds, own_entry(_own(found, home), home).attributes):
        if one.grade == "impossible":
            raise DataError(f"{home}: {before_written(f'{one.text}: {one.remedy}')}")
    means = row_means(ds)
    for group in unstated:
        rows = [means[basin] for basin in group.basins]
        guess = flow_unit(*zip(*rows, strict=True))
        if guess is None:
            raise DataError(
                f"{home / group.entry['path']}: in no usual unit does the flow go with the rain "
                "(and area): write its unit into the column's name, such as 'Q (m3/s)'"
            )
        group.entry["columns"][STREAMFLOW]["units"] = guess.unit
        found.guessed.append(f"{group.entry['path']}: {STREAMFLOW}: {guess.why}")
    return _read(found, home)


def _notes(groups: list[Group], ds: xr.Dataset) -> None:
    """Note basins, days and gaps of each group, for a comment."""
    for group in groups:
        here = ds.sel(basin=group.basins)[list(group.entry["columns"])]
        named = ", ".join(group.basins[:6]) + (", ..." if len(group.basins) > 6 else "")
        many = f"{len(group.basins)} basins" if len(group.basins) > 1 else "1 basin"
        days = pd.DatetimeIndex(ds["time"].values)
        known = np.any([np.isfinite(array.values) for array in here.data_vars.values()], axis=0)
        span = known.any(axis=0).nonzero()[0]
        text = f"{many} ({named})"
        if span.size:
            text += f", {days[span[0]].date()} to {days[span[-1]].date()}"
        gaps = {name: _gaps(array.values) for name, array in here.data_vars.items()}
        holes = [f"{name} {count}" for name, count in gaps.items() if count]
        text += f"; missing days: {', '.join(holes)}" if holes else "; no missing days"
        group.note = text


def _gaps(values: np.ndarray) -> int:
    """Days without a value between the first and the last of each basin."""
    known = np.isfinite(values)
    begun = np.logical_or.accumulate(known, axis=1)
    to_come = np.logical_or.accumulate(known[:, ::-1], axis=1)[:, ::-1]
    return int((begun & to_come & ~known).sum())


def _years(ds: xr.Dataset) -> Setting | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return own_setting(ds)
        except DataError:
            return None
