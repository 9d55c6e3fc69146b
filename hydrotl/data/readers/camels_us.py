"""CAMELS-US as published (Newman et al. 2015, Addor et al. 2017).

Files in the data set's folder (``<huc>`` is a two-digit region, ids have eight digits)::

    basin_mean_forcing/<forcing>/<huc>/<id>_lump_<product>_forcing_leap.txt
    usgs_streamflow/<huc>/<id>_streamflow_qc.txt
    camels_attributes_v2.0/camels_*.txt

A forcing file has three lines (latitude, elevation in m, area in m2), the column names and a row
per day. A flow file has no header: id, year, month, day, flow in cubic feet per second (-999
where missing), quality flag. The attribute tables are separated by semicolons.

Its options: ``forcing``, the folder of the forcing product, and ``gaps`` as in
:mod:`hydrotl.data.readers.generic`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import xarray as xr

from hydrotl.data.canonical import TARGET
from hydrotl.data.manifest import Dataset
from hydrotl.data.readers.assemble import Record, Series, make_record, select_basins, to_dataset
from hydrotl.data.readers.attributes import read_attribute_tables
from hydrotl.data.readers.days import join_dates
from hydrotl.data.readers.options import Gaps, parse_options
from hydrotl.data.readers.text import read_table
from hydrotl_core.errors import DataError
from hydrotl_core.recipe import Strict

#: Product name inside the file names of each forcing folder.
PRODUCTS = {
    "nldas": "nldas",
    "nldas_extended": "nldas",
    "maurer": "maurer",
    "maurer_extended": "maurer",
    "daymet": "cida",
}

_FORCING_DATE = ("Year", "Mnth", "Day")
_FLOW_COLUMNS = ("id", "year", "month", "day", "flow", "flag")


class Options(Strict):
    """See the module's description."""

    forcing: Literal["nldas", "nldas_extended", "maurer", "maurer_extended", "daymet"]
    gaps: Gaps = "error"


def read(folder: Path, dataset: Dataset, basins: Sequence[str] | None) -> xr.Dataset:
    """Read ``basins`` (None: all that have a forcing file) of CAMELS-US.

    Returns
    -------
    xarray.Dataset
        Canonical, see :mod:`hydrotl.data.canonical`.

    Raises
    ------
    DataError
        If a file, column, basin, date or number is missing or wrong.
    ConfigError
        If an option is not valid.
    """
    options = parse_options(Options, dataset)
    ending = f"_lump_{PRODUCTS[options.forcing]}_forcing_leap.txt"
    pattern = f"basin_mean_forcing/{options.forcing}/*/*{ending}"
    files = {path.name.removesuffix(ending): path for path in sorted(folder.glob(pattern))}
    if not files:
        raise DataError(
            f"{folder}: no file {pattern}; check the folder and the option `forcing` "
            f"({options.forcing})"
        )
    chosen = select_basins(sorted(files), basins, dataset.title)
    tables = sorted((folder / "camels_attributes_v2.0").glob("camels_*.txt"))
    attributes = read_attribute_tables(tables, folder / "camels_attributes_v2.0", dataset, ";")
    records = {
        basin: _read_record(basin, files[basin], folder, dataset, options) for basin in chosen
    }
    return to_dataset(records, attributes, dataset)


def _read_record(
    basin: str, path: Path, folder: Path, dataset: Dataset, options: Options
) -> Record:
    natives = {name: dataset.variables[name].native for name in dataset.forcings}
    table = read_table(
        path,
        "forcing of a basin",
        values=list(dict.fromkeys([*_FORCING_DATE, *natives.values()])),
        missing=dataset.missing,
        separator="whitespace",
        header_line=4,
    )
    days = join_dates(table, _FORCING_DATE, path)
    values = {name: table[native].to_numpy(np.float64) for name, native in natives.items()}
    record = make_record(days, table.index, values, options.gaps, path)
    if TARGET in dataset.variables:
        flow = folder / "usgs_streamflow" / path.parent.name / f"{basin}_streamflow_qc.txt"
        record |= _read_flow(basin, flow, dataset, options)
    return record


def _read_flow(basin: str, path: Path, dataset: Dataset, options: Options) -> dict[str, Series]:
    native = dataset.variables[TARGET].native
    table = read_table(
        path,
        "streamflow of a basin",
        text=("id",),
        values=("year", "month", "day", native),
        missing=dataset.missing,
        separator="whitespace",
        header_line=0,
        names=_FLOW_COLUMNS,
    )
    for line, found in table["id"][table["id"] != basin].items():
        raise DataError(f"{path}, line {line}: flow of basin {found} in the file of {basin}")
    days = join_dates(table, ("year", "month", "day"), path)
    values = {TARGET: table[native].to_numpy(np.float64)}
    return make_record(days, table.index, values, options.gaps, path)
