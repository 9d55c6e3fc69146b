"""What one file is: a daily series of one or many basins, or a table of attributes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.data.readers.own_forms import NETCDF, PLACES
from hydrotl.data.sniff.days import Days, days_of, share_repeated
from hydrotl.data.sniff.headers import UnnamedError, fits, is_date_name, variable_of, words
from hydrotl.data.sniff.numbers import ABSENT, Numbers, numbers_of
from hydrotl.data.sniff.sheet import Sheet, look
from hydrotl.data.units import known_unit
from hydrotl_core.errors import DataError
from hydrotl_core.scaling import STREAMFLOW

#: Columns of published layouts whose unit is fixed by their documentation.
KNOWN_UNITS = {
    "total_precipitation_sum": "mm/day",  # Caravan
    "potential_evaporation_sum": "mm/day",
    "potential_evaporation_sum_ERA5_LAND": "mm/day",
    "potential_evaporation_sum_FAO_PENMAN_MONTEITH": "mm/day",
    **{f"temperature_2m_{which}": "degC" for which in ("mean", "min", "max")},
    "snow_depth_water_equivalent_mean": "mm",
    "discharge_spec": "mm/day",  # CAMELS-GB and its relatives
    "discharge_vol": "m3/s",
    "streamflow_mmd": "mm/day",
}
#: Names of the columns of ids, without signs.
_IDS = {
    *("id", "basin", "basinid", "gauge", "gaugeid", "station", "stationid", "site", "siteno"),
    *("catchment", "catchmentid", "code", "codigo", "estacion", "stationsnummer", "pegel"),
    *("grdcno", "name", "river", "gebiet", "hru08", "gaugename", "stationname", "basinname"),
    *("stationno", "gaugeno", "nummer", "number", "no", "nr", "stationcode", "cuenca", "bassin"),
}
PLACE_NAMES = {
    "area_km2": r"(\w+ )*(area|ae0?|surface|superficie|flache|einzugsgebiet\w*|size)( \w+)*|km2?",
    "latitude": r"(\w+ )*(lat|latitude|latitud|breite|breitengrad|y lat)( \w+)*",
    "longitude": r"(\w+ )*(lon|long|longitude|longitud|lange|langengrad)( \w+)*",
    "elevation_m": r"(\w+ )*(elev|elevation|altitude|altitud|hohe|meereshohe|height)( mean)?( m)?",
}
_AREA_UNITS = {
    "km2": r"km ?2|km²|sq ?km",
    "ha": r"ha|hectares?",
    "m2": r"m ?2|m²",
    "sq mi": r"mi ?2|sq ?mi",
}
#: Lines on top of a station's file: what they say, in many words.
_SAID = re.compile(r"^[#%!*/\s]*([^:=;\t]{2,60}?)\s*[:=;\t]\s*(.+?)[\s;,]*$")
LEAST_ROWS = 10
#: Fields of a column that are looked at to know whether it holds numbers.
SAMPLE = 500
#: Shares of rows with a date that was there before: a slip, and certainly several basins.
FEW, MANY = 0.01, 0.4


@dataclass
class Series:
    """A file of daily series: its form as in ``region.yaml``, and what is in it."""

    path: str
    form: dict[str, Any]
    columns: dict[str, tuple[str, str | None]]
    days: Days | None
    numbers: Numbers
    unused: list[str] = field(default_factory=list)
    station: dict[str, float] = field(default_factory=dict)
    sheet: Sheet | None = None


@dataclass
class Table:
    """A file with a row per basin."""

    path: str
    sheet: Sheet
    id: str
    ids: list[str]
    places: dict[str, tuple[str, str | None]]


def examine_file(path: Path, folder: Path) -> Series | Table | None:
    """What a file is; None if it is neither series nor table.

    Raises
    ------
    DataError
        If it seems to be one of them, but its form is not understood.
    """
    name = path.relative_to(folder).as_posix()
    if path.suffix.lower() in NETCDF:
        return _netcdf(path, name)
    sheet = look(path)
    _once(sheet)
    days = days_of(sheet)
    if days is None:
        return _table(sheet, name)
    return _series(sheet, name, days)


def _once(sheet: Sheet) -> None:
    twice = next((n for n in sheet.names if n and sheet.names.count(n) > 1), None)
    if twice is not None:
        raise DataError(f"{sheet.path}: column '{twice}' occurs more than once: keep one")


def _series(sheet: Sheet, name: str, days: Days) -> Series:
    columns, unused = _columns(sheet, days, name)
    form = form_of(sheet, days)
    again = share_repeated(sheet, days)
    if again > FEW:
        ids = _id_column(sheet, days, [c for c, _ in columns.values()])
        if ids is None and again > MANY:
            raise DataError(
                f"{sheet.path}: days occur more than once, and no column tells basins apart; keep "
                "one row per day (daily values), or add a column with the basin's id"
            )
        if ids is not None:
            form["basin_column"] = ids
            unused = [one for one in unused if one != ids]
    numbers = numbers_of(sheet, {variable: column for variable, (column, _) in columns.items()})
    return Series(name, form, columns, days, numbers, unused, said_of_station(sheet), sheet)


def form_of(sheet: Sheet, days: Days) -> dict[str, Any]:
    return {
        "separator": sheet.separator,
        "encoding": sheet.encoding,
        "comment": sheet.comment,
        "header": sheet.header,
        "below_header": sheet.below_header,
        "date": list(days.columns),
        "date_form": days.form,
    }


def _columns(
    sheet: Sheet, days: Days, name: str
) -> tuple[dict[str, tuple[str, str | None]], list[str]]:
    """Canonical variable -> column and stated unit, and the columns that are not used."""
    found: dict[str, tuple[str, str | None]] = {}
    unused = []
    rest = [n for n in sheet.names if n and n not in days.columns]
    for column in rest:
        said = variable_of(column)
        if said is None or not is_numeric(sheet.texts(column)):
            unused.append(column)
            continue
        variable, unit = said
        unit = unit or unit_below(sheet, column, variable) or KNOWN_UNITS.get(column)
        if "00060" in column:
            unit = "ft3/s"
        if variable in found and (found[variable][1] is not None or unit is None):
            unused.append(column)
            continue
        if variable in found:
            unused.append(found[variable][0])
        found[variable] = (column, unit)
    return found or _only_column(sheet, rest, name), [c for c in unused if c]


def _only_column(sheet: Sheet, rest: list[str], name: str) -> dict[str, tuple[str, str | None]]:
    """The one column of values of a file that says elsewhere what it holds."""
    values = [c for c in rest if is_numeric(sheet.texts(c))]
    head = " ".join(sheet.preamble)
    said = None
    if "GRDC" in head and values:
        unit = re.search(r"unit of measure:?\s*(\S+)", head, re.IGNORECASE)
        said = (STREAMFLOW, unit[1] if unit and fits(STREAMFLOW, unit[1]) else None)
    if said is None:
        tokens = re.split(r"[^\w]+|_", Path(name).stem)
        named = [variable_of(token) for token in tokens if len(token) > 1 or token in "qQpP"]
        distinct = {one for one in named if one is not None}
        said = distinct.pop() if len(distinct) == 1 and len(values) == 1 else None
    if said is not None and values:
        return {said[0]: (values[0], said[1] or unit_below(sheet, values[0], said[0]))}
    raise UnnamedError(
        f"{sheet.path}: none of the columns is understood ({', '.join(rest[:12])}); name them "
        "such as prcp, tmax, tmin, tmean, q, with the unit behind: q (m3/s)"
    )


def unit_below(sheet: Sheet, column: str, variable: str) -> str | None:
    """Unit in the line below the names."""
    position = sheet.names.index(column)
    unit = sheet.units[position].strip("[]() ") if position < len(sheet.units) else ""
    return unit if unit and known_unit(unit) and fits(variable, unit) else None


def is_numeric(texts: pd.Series) -> bool:
    """Whether most of the fields that are not empty are numbers, in any form."""
    texts = texts.drop_duplicates()
    texts = texts.iloc[:: max(len(texts) // SAMPLE, 1)]
    there = texts[(texts != "") & ~texts.str.fullmatch(ABSENT.pattern, flags=re.IGNORECASE)]
    if not len(there):
        return False
    return bool(there.str.fullmatch(r"[-+]?[\d.,'\u2019 ]*\d[\d.,]*([eE][-+]?\d+)?").mean() > 0.5)


def _id_column(sheet: Sheet, days: Days, used: Sequence[str]) -> str | None:
    """Column of the basins' ids, of a file with many basins; None if there is none."""
    free = [n for n in sheet.names if n and n not in days.columns and n not in used]
    rest = [n for n in free if not is_date_name(n)]  # a month is no basin
    named = [n for n in rest if words(n).replace(" ", "") in _IDS]
    for column in [*named, *rest]:
        texts = sheet.texts(column)
        several = 1 < texts.nunique() < len(texts) / LEAST_ROWS
        if several and (column in named or (texts == texts.shift()).mean() > 0.5):
            return column
    return None


def said_of_station(sheet: Sheet) -> dict[str, float]:
    """Area, latitude and so on in the lines above a station's series."""
    found: dict[str, float] = {}
    for line in sheet.preamble:
        match = _SAID.match(line)
        value = re.match(r"[-+]?\d+(?:[.,]\d+)?", match[2].strip()) if match else None
        if match is None or value is None:
            continue
        said = words(re.sub(r"[\[({].*", "", match[1]))
        for place, names in PLACE_NAMES.items():
            if place not in found and re.fullmatch(names, said):
                number = float(value[0].replace(",", "."))
                if place == "area_km2":
                    number *= {"ha": 0.01, "m2": 1e-6}.get(area_unit(match[1]) or "km2", 1.0)
                if number > -990:
                    found[place] = number
    return found


def area_unit(name: str) -> str | None:
    """Unit of an area in a column's name."""
    spaced = name.casefold().replace("_", " ")
    for unit, expression in _AREA_UNITS.items():
        if re.search(rf"(?<![^\W_]){expression}(?![^\W_])", spaced):
            return unit
    return None


def _table(sheet: Sheet, name: str) -> Table | None:
    ids = _ids_of(sheet)
    if ids is None:
        return None
    places: dict[str, tuple[str, str | None]] = {}
    for column in (n for n in sheet.names if n and n != ids):
        said = words(re.sub(r"[\[({].*", "", column))
        for place, names in PLACE_NAMES.items():
            new = place not in places and re.fullmatch(names, said)
            if new and is_numeric(sheet.texts(column)):
                unit = area_unit(column) if place == "area_km2" else PLACES[place] or "degrees"
                places[place] = (column, unit)
                break
    return Table(name, sheet, ids, list(sheet.texts(ids)), places)


def _ids_of(sheet: Sheet) -> str | None:
    """Column of ids: named like one or the first, its fields all different."""
    named = [n for n in sheet.names if words(n).replace(" ", "") in _IDS]
    for column in [*named, *sheet.names[:1]]:
        texts = sheet.texts(column) if column else pd.Series([""])
        if texts.ne("").all() and texts.is_unique:
            return column
    return None


def _netcdf(path: Path, name: str) -> Series:
    """A NetCDF file of one basin."""
    try:
        with xr.open_dataset(path, decode_times=True) as ds:
            time = next((str(d) for d in ds.dims if ds[d].dtype.kind == "M"), None)
            if time is None or ds.sizes[time] < LEAST_ROWS:
                raise DataError(f"{path}: no time axis of days; a file of daily series is needed")
            columns: dict[str, tuple[str, str | None]] = {}
            numbers, unused = Numbers(), []
            for column, array in ds.data_vars.items():
                said = variable_of(str(column))
                if said is None or array.squeeze().dims != (time,) or said[0] in columns:
                    unused.append(str(column))
                    continue
                stated = str(array.attrs.get("units", ""))
                unit = stated if stated and fits(said[0], stated) else None
                columns[said[0]] = (str(column), unit or said[1] or KNOWN_UNITS.get(str(column)))
                values = np.asarray(array.squeeze().values, float)
                numbers.values[said[0]] = pd.Series(values)
    except (OSError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path}: not a NetCDF file ({error}); fetch it again") from error
    if not columns:
        raise DataError(f"{path}: no variable is understood ({', '.join(unused[:12])})")
    return Series(name, {"date": [time]}, columns, None, numbers, unused)
