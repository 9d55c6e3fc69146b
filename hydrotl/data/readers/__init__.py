"""Readers: one module per published layout, each turning it into the canonical data set.

Every reader module has ``read(folder, dataset, basins) -> xarray.Dataset``. Column names, units
and missing codes come from the manifest entry, so another data set in a known layout is
configuration; only another layout needs a module here and its name in :data:`READERS`.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

from hydrotl_core.errors import ConfigError

if TYPE_CHECKING:
    import xarray as xr

    from hydrotl.data.manifest import Dataset

    Reader = Callable[[Path, Dataset, Sequence[str] | None], xr.Dataset]

#: Reader name in the manifest -> module that holds its ``read``.
READERS: dict[str, str] = {
    "generic": "hydrotl.data.readers.generic",
    "camels_us": "hydrotl.data.readers.camels_us",
    "camels_gb": "hydrotl.data.readers.camels_gb",
    "camels_cl": "hydrotl.data.readers.camels_cl",
    "camels_cl_explorer": "hydrotl.data.readers.camels_cl_explorer",
    "camels_ind": "hydrotl.data.readers.camels_ind",
    "cmads": "hydrotl.data.readers.cmads",
    "sample": "hydrotl.data.readers.sample",
}


def get_reader(name: str) -> "Reader":
    """The ``read`` function of the reader ``name``, imported when first asked for.

    Raises
    ------
    ConfigError
        If there is no such reader.
    """
    if name not in READERS:
        raise ConfigError(f"no reader '{name}'; use one of {', '.join(READERS)}")
    return cast("Reader", import_module(READERS[name]).read)
