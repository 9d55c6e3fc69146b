"""Three real basins that come with the Python package ``lumod`` (Arciniega-Esparza; GPL).

They need no download: Tamaulipas (Mexico), Sarapiqui River (Costa Rica), Girnock Burn (Scotland).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.data.manifest import Dataset
from hydrotl.data.readers.assemble import make_record, select_basins, to_dataset
from hydrotl.data.readers.options import parse_options
from hydrotl_core.errors import DataError
from hydrotl_core.recipe import Strict

#: Basin id -> number of the package's example.
EXAMPLES = {"tamaulipas": 1, "sarapiqui": 2, "girnock": 3}


class Options(Strict):
    """No options are known."""


def read(folder: Path, dataset: Dataset, basins: Sequence[str] | None) -> xr.Dataset:
    """Read the sample basins; ``folder`` is not used.

    Returns
    -------
    xarray.Dataset
        Canonical; the attributes are the basin area and the gauge latitude.

    Raises
    ------
    DataError
        If the package is not installed, a basin is unknown or a column is missing.
    """
    parse_options(Options, dataset)
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
    for basin in select_basins(list(EXAMPLES), basins, dataset.title):
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
        records[basin] = make_record(days, None, series, "error", origin)
        attributes[basin] = {area: float(info["area"]), latitude: float(info["lat"])}
    return to_dataset(records, pd.DataFrame.from_dict(attributes, orient="index"), dataset)
