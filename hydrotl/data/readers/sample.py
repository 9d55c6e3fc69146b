"""Three real basins that come with the Python package ``lumod`` (Arciniega-Esparza; GPL).

They need no download: Tamaulipas (Mexico), Sarapiqui River (Costa Rica), Girnock Burn (Scotland).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.data.manifest import Dataset
from hydrotl.data.readers.assemble import pick_basins, to_dataset
from hydrotl.data.readers.options import ReaderOptions, parse_options
from hydrotl.data.readers.series import make_series
from hydrotl_core.errors import DataError

#: Basin id -> number of the package's example.
EXAMPLES = {"tamaulipas": 1, "sarapiqui": 2, "girnock": 3}


def read(folder: Path, dataset: Dataset, basins: Sequence[str] | None) -> xr.Dataset:
    """Read sample basins, with area and latitude (see :mod:`hydrotl.data.readers`).

    ``folder`` is not used.
    """
    options = parse_options(ReaderOptions, dataset)
    try:
        from lumod import load_example
    except ImportError as error:
        raise DataError(
            f"{dataset.title}: the data come with the package lumod, which is not installed; "
            "run `pip install lumod`"
        ) from error
    area = dataset.attributes.area or "area"
    latitude = dataset.attributes.latitude or "gauge_lat"
    records, attributes = {}, {}
    for basin in pick_basins(list(EXAMPLES), basins, dataset.title):
        info, frame = load_example(EXAMPLES[basin])
        origin = Path(f"lumod.load_example({EXAMPLES[basin]})")
        series = {}
        for name, variable in dataset.variables.items():
            if variable.native not in frame:
                raise DataError(
                    f"{origin}: no column '{variable.native}' (it has: "
                    f"{', '.join(frame.columns)}); correct `native` in the manifest entry"
                )
            series[name] = frame[variable.native].to_numpy(np.float64)
        days = pd.DatetimeIndex(frame.index).as_unit("ns")
        records[basin] = make_series(days, None, series, options.gaps, origin)
        attributes[basin] = {area: float(info["area"]), latitude: float(info["lat"])}
    table = pd.DataFrame.from_dict(attributes, orient="index")
    return to_dataset(records, table, dataset, options)
