"""CAMELS-CL as the CAMELS-CL explorer (camels.cr2.cl) hands it out.

Files in the data set's folder: a CSV file per variable (``q_mm_day.csv``, ``precip_cr2met_day.csv``
...) with a ``date`` column, in most files also ``year``, ``month`` and ``day``, and a column per
basin; ``NA`` is a missing value. ``catchment_attributes.csv`` has no header: a row per attribute,
with its name, its value for each basin and its meaning. In the manifest entry, ``native`` is the
file's name without ``.csv``.
"""

from collections.abc import Sequence
from pathlib import Path

from hydrotl.data.manifest import Dataset
from hydrotl.data.readers.assemble import Found, ReaderOptions, pick_basins
from hydrotl.data.readers.attributes import read_transposed
from hydrotl.data.readers.camels_cl import read_tables
from hydrotl.names import path_name


def read(
    folder: Path, dataset: Dataset, options: ReaderOptions, basins: Sequence[str] | None
) -> Found:
    """Read ``basins`` (None: all) of an explorer download (see :mod:`hydrotl.data.readers`)."""
    attributes = read_transposed(folder / "catchment_attributes.csv", dataset, meaning=True)
    chosen = pick_basins(attributes.index, basins, dataset.title)
    natives = dataset.natives().values()
    files = {native: folder / f"{path_name(native, 'variable')}.csv" for native in natives}
    columns = ["date", "year", "month", "day"]
    return read_tables(files, chosen, columns, dataset, options.gaps), attributes
