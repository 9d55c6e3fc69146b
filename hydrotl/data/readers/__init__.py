"""Readers: one module per published layout, each turning it into the canonical data set.

Column names, units and missing codes come from the manifest entry, so another data set in a known
layout is configuration. Only another layout needs a reader:

1. A module here, whose text says which files it reads, with a model of its options and ``read``::

       class Options(ReaderOptions):         # `options` of the manifest entry; gaps and
           forcing: str                      # tmin_above_tmax come with ReaderOptions

       def read(folder, dataset, options, basins):     # basins: ids in the order wanted; None: all
           attributes = read_attributes(folder, "attributes.csv", dataset)
           files = find_files(folder, "series/{basin}.csv")
           records = {
               basin: read_series(
                   files[basin], dataset.natives(), ["date"], dataset, options.gaps
               )
               for basin in pick_basins(files, basins, dataset.title)
           }
           return records, attributes

   A reader without options of its own needs no model. ``series`` holds the daily series and their
   dates, ``attributes`` the tables of attributes, ``text`` and ``netcdf`` the two kinds of file,
   ``assemble`` the last step with the units.
2. Its name in :data:`READERS`.
3. A test with a small file in the layout: values read by hand, and damaged files.

``read`` returns the records by basin and the attribute table (or None). It raises a DataError if a
file, column, basin, date or number is missing or wrong, naming file and line.
"""

from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import xarray as xr

from hydrotl.config import validated
from hydrotl.data.examine import impossible
from hydrotl.data.findings import Locate, refuse
from hydrotl.data.manifest import Dataset
from hydrotl.data.readers.assemble import ReaderOptions, place_of, to_dataset
from hydrotl_core.errors import ConfigError

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
    "own",
)


def load_reader(dataset: Dataset) -> tuple[Callable[..., Any], ReaderOptions]:
    """The ``read`` function of the data set's reader, and its options, checked by its own model.

    Raises
    ------
    ConfigError
        If there is no such reader, or an option is unknown or not valid.
    """
    if dataset.reader not in READERS:
        raise ConfigError(f"no reader '{dataset.reader}'; use one of {', '.join(READERS)}")
    reader = import_module(f"{__name__}.{dataset.reader}")
    model: type[ReaderOptions] = getattr(reader, "Options", ReaderOptions)
    origin = f"{dataset.title}: `options` (known: {', '.join(model.model_fields)})"
    return reader.read, validated(model, dataset.options, origin)


def read_dataset(
    folder: Path, dataset: Dataset, basins: Sequence[str] | None, name: str | None = None
) -> xr.Dataset:
    """Read ``basins`` (None: all) from the files in ``folder`` as canonical data.

    ``name`` of the data set, by default its title, is in errors about values.

    Raises
    ------
    DataError
        If a file, column, basin, date or number is missing or wrong, or a value is beyond what
        nature allows; with file and line, where these are known.
    ConfigError
        If the reader or an option is not valid.
    """
    ds, locate = read_unchecked(folder, dataset, basins)
    refuse(impossible(ds, dataset.attributes), name or dataset.title, locate)
    return ds


def read_unchecked(
    folder: Path, dataset: Dataset, basins: Sequence[str] | None
) -> tuple[xr.Dataset, Locate]:
    """As :func:`read_dataset`, but the values may be impossible.

    With the data goes what says where in the files a finding is.
    """
    read, options = load_reader(dataset)
    records, attributes = read(folder, dataset, options, basins)
    ds = to_dataset(records, attributes, dataset, options)
    tables = getattr(options, "attributes", None)
    tables = getattr(tables, "path", tables)
    locate = partial(place_of, records, dataset, str(folder / tables) if tables else "")
    return ds, locate
