"""Three real basins that come with the Python package ``lumod`` (Arciniega-Esparza; GPL).

They need no download: Tamaulipas (Mexico), Sarapiqui River (Costa Rica), Girnock Burn (Scotland).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from hydrotl.data.manifest import Dataset
from hydrotl.data.readers.assemble import Found, ReaderOptions, pick_basins
from hydrotl.data.readers.series import Record, check_days
from hydrotl_core.errors import DataError

#: Basin id -> number of the package's example.
EXAMPLES = {"tamaulipas": 1, "sarapiqui": 2, "girnock": 3}


def read(
    folder: Path, dataset: Dataset, options: ReaderOptions, basins: Sequence[str] | None
) -> Found:
    """Read sample basins, with area and latitude; ``folder`` is not used."""
    try:
        from lumod import load_example
    except ImportError as error:
        raise DataError(
            f"{dataset.title}: the data come with the package lumod, which is not installed; "
            "run `pip install lumod`"
        ) from error
    area = dataset.attributes.area or "area"
    latitude = dataset.attributes.latitude or "gauge_lat"
    records: dict[str, Record] = {}
    attributes = {}
    for basin in pick_basins(EXAMPLES, basins, dataset.title):
        info, frame = load_example(EXAMPLES[basin])
        origin = Path(f"lumod.load_example({EXAMPLES[basin]})")
        days = pd.DatetimeIndex(frame.index).as_unit("ns")
        check_days(days, options.gaps, origin)
        records[basin] = {}
        for name, native in dataset.natives().items():
            if native not in frame:
                raise DataError(
                    f"{origin}: no column '{native}' (it has: {', '.join(frame.columns)}); "
                    "correct `native` in the manifest entry"
                )
            records[basin][name] = pd.Series(frame[native].to_numpy(np.float64), days)
        attributes[basin] = {area: float(info["area"]), latitude: float(info["lat"])}
    return records, pd.DataFrame.from_dict(attributes, orient="index")
