"""CAMELS-US as published (Newman et al. 2015, Addor et al. 2017).

Files in the data set's folder (``<huc>`` is a two-digit region, ids have eight digits)::

    basin_mean_forcing/<forcing>/<huc>/<id>_lump_<product>_forcing_leap.txt
    usgs_streamflow/<huc>/<id>_streamflow_qc.txt
    camels_attributes_v2.0/camels_*.txt

A forcing file has three lines (latitude, elevation in m, area in m2), the column names and a row
per day. A flow file has no header: id, year, month, day, flow in cubic feet per second (-999
where missing), quality flag. The attribute tables are separated by semicolons.

Its option, besides those of every reader: ``forcing``, the folder of the forcing product.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import pandas as pd

from hydrotl.data.manifest import Dataset
from hydrotl.data.readers.assemble import Found, ReaderOptions, pick_basins
from hydrotl.data.readers.attributes import read_attributes
from hydrotl.data.readers.dates import parse_days
from hydrotl.data.readers.series import check_days, find_files, from_file, read_series
from hydrotl.data.readers.text import read_table
from hydrotl_core.errors import DataError
from hydrotl_core.scaling import STREAMFLOW

_FLOW_DATE = ["year", "month", "day"]


class Options(ReaderOptions):
    """See the module's description."""

    forcing: Literal["nldas", "nldas_extended", "maurer", "maurer_extended", "daymet"]


def read(folder: Path, dataset: Dataset, options: Options, basins: Sequence[str] | None) -> Found:
    """Read ``basins`` (None: all with a forcing file) (see :mod:`hydrotl.data.readers`)."""
    name = "{basin}_lump_*_forcing_leap.txt"
    files = find_files(folder, f"basin_mean_forcing/{options.forcing}/*/{name}")
    chosen = pick_basins(sorted(files), basins, dataset.title)
    attributes = read_attributes(
        folder, "camels_attributes_v2.0/camels_*.txt", dataset, chosen, separator=";"
    )
    records = {}
    for basin in chosen:
        records[basin] = read_series(
            files[basin],
            dataset.natives(dataset.forcings),
            ["Year", "Mnth", "Day"],
            dataset,
            options.gaps,
            separator="whitespace",
            header_line=4,
        )
        if STREAMFLOW in dataset.variables:
            huc = files[basin].parent.name
            flow = folder / "usgs_streamflow" / huc / f"{basin}_streamflow_qc.txt"
            records[basin][STREAMFLOW] = _read_flow(basin, flow, dataset, options)
    return records, attributes


def _read_flow(basin: str, path: Path, dataset: Dataset, options: Options) -> pd.Series:
    native = dataset.variables[STREAMFLOW].native
    table = read_table(
        path,
        text=["id"],
        values=[*_FLOW_DATE, native],
        missing=dataset.missing,
        separator="whitespace",
        header_line=0,
        names=["id", *_FLOW_DATE, "flow", "flag"],
    )
    for line, found in table["id"][table["id"] != basin].items():
        raise DataError(f"{path}, line {line}: flow of basin {found} in the file of {basin}")
    days = parse_days(table, _FLOW_DATE, path)
    check_days(days, options.gaps, path, table.index)
    return from_file(table[native].to_numpy(), days, path, int(table.index[0]))
