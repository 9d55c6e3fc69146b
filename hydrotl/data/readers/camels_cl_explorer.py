"""CAMELS-CL as the CAMELS-CL explorer (camels.cr2.cl) hands it out.

Files in the data set's folder: a CSV file per variable (``q_mm_day.csv``, ``precip_cr2met_day.csv``
...) with a ``date`` column, in most files also ``year``, ``month`` and ``day``, and a column per
basin; ``NA`` is a missing value. ``catchment_attributes.csv`` has no header: a row per attribute,
with its name, its value for each basin and its meaning. In the manifest entry, ``native`` is the
file's name without ``.csv``.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import xarray as xr

from hydrotl.data.manifest import Dataset
from hydrotl.data.readers.assemble import pick_basins, to_dataset
from hydrotl.data.readers.attributes import WHAT, with_ids
from hydrotl.data.readers.camels_cl import read_tables
from hydrotl.data.readers.options import ReaderOptions, parse_options
from hydrotl.data.readers.text import read_header, read_table
from hydrotl_core.errors import DataError


def read(folder: Path, dataset: Dataset, basins: Sequence[str] | None) -> xr.Dataset:
    """Read ``basins`` (None: all) of an explorer download (see :mod:`hydrotl.data.readers`)."""
    options = parse_options(ReaderOptions, dataset)
    attributes = _read_attributes(folder / "catchment_attributes.csv", dataset)
    chosen = pick_basins(attributes.index, basins, dataset.title)
    records = read_tables(
        lambda native: folder / f"{native}.csv",
        chosen,
        ["date", "year", "month", "day"],
        dataset,
        options.gaps,
    )
    return to_dataset(records, attributes, dataset, options)


def _read_attributes(path: Path, dataset: Dataset) -> pd.DataFrame:
    first = read_header(path, WHAT)
    if len(first) < 3:
        raise DataError(f"{path}: {len(first)} columns, not name, value(s) and meaning")
    names = ["attribute", *first[1:-1], "meaning"]
    table = read_table(path, WHAT, text=names, header_line=0, names=names)
    turned = table.drop(columns="meaning").set_index("attribute").T.rename_axis(columns=None)
    return with_ids(turned.reset_index(drop=True), first[0], dataset.missing, path)
