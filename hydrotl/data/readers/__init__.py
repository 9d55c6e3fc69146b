"""Readers: one module per published layout, each turning it into the canonical data set.

Column names, units and missing codes come from the manifest entry, so another data set in a known
layout is configuration. Only another layout needs a reader:

1. A module here, whose text says which files it reads, with a model of its options and ``read``::

       class Options(ReaderOptions):         # `options` of the manifest entry; gaps and
           forcing: str                      # tmin_above_tmax come with ReaderOptions

       def read(folder, dataset, basins):    # basins: ids in the order wanted; None: all
           options = parse_options(Options, dataset)
           files = find_files(folder, "series/{basin}.csv")
           attributes = read_attributes(folder, "attributes.csv", dataset)
           records = {
               basin: read_series(
                   files[basin], "series of a basin", dataset.natives(), ["date"], dataset,
                   options.gaps,
               )
               for basin in pick_basins(files, basins, dataset.title)
           }
           return to_dataset(records, attributes, dataset, options)

   ``series`` holds the daily series and their dates, ``attributes`` the tables of attributes,
   ``text`` and ``netcdf`` the two kinds of file, ``assemble`` the last step with the units.
2. Its name in :data:`READERS`.
3. A test with a small file in the layout: values read by hand, and damaged files.

``read`` returns the canonical data set (:mod:`hydrotl.data.canonical`). It raises a DataError if a
file, column, basin, date or number is missing or wrong, naming file and line, and a ConfigError if
an option is not valid.
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

#: Name of a reader in the manifest; its module here has the same name.
READERS = (
    "generic",
    "camels_us",
    "camels_gb",
    "camels_cl",
    "camels_cl_explorer",
    "camels_ind",
    "cmads",
    "sample",
)


def get_reader(name: str) -> "Reader":
    """The ``read`` function of the reader ``name``, imported when first asked for.

    Raises
    ------
    ConfigError
        If there is no such reader.
    """
    if name not in READERS:
        raise ConfigError(f"no reader '{name}'; use one of {', '.join(READERS)}")
    return cast("Reader", import_module(f"{__name__}.{name}").read)
