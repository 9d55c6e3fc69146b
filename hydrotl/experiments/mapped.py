"""Large data of which all processes of a machine see one copy: files that they map into memory.

What tasks share is written to a folder once; each process maps the files instead of reading, or
being sent, a copy of its own. So are the scaled inputs that the members of an ensemble have in
common, which the first of them makes.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from filelock import FileLock

from hydrotl.data.canonical import dynamic_variables, static_attributes
from hydrotl_core.arrays import (
    Arrays,
    build_arrays,
    forcing_shape,
    scaled_flow,
    scaled_forcing,
)
from hydrotl_core.files import replacing
from hydrotl_core.recipe import Period
from hydrotl_core.scaling import STREAMFLOW, Scaler

#: Data below are sent to each process: a copy costs nothing.
LEAST_BYTES = 32 << 20
#: Attribute of mapped data: the folder of the files.
FOLDER = "mapped_in"


@dataclass(frozen=True)
class Mapped:
    """A data set whose daily variables lie in a folder, a file each; ``rest`` is all else."""

    folder: Path
    rest: xr.Dataset
    daily: Mapping[str, dict[str, Any]]

    def open(self) -> xr.Dataset:
        """The data set; its values can be read and not written."""
        found = {
            name: (
                ("basin", "time"),
                np.load(self.folder / f"{name}.npy", mmap_mode="r", allow_pickle=False),
                attrs,
            )
            for name, attrs in self.daily.items()
        }
        return self.rest.assign(found).assign_attrs({FOLDER: str(self.folder)})


def mapped(shared: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """``shared`` with large data sets in files of ``folder``."""
    files = {
        name: _written(value, folder / str(number))
        if isinstance(value, xr.Dataset) and value.nbytes >= LEAST_BYTES
        else value
        for number, (name, value) in enumerate(shared.items())
    }
    _give_back()
    return files


def opened(values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` with those that are :class:`Mapped` opened."""
    return {
        name: value.open() if isinstance(value, Mapped) else value for name, value in values.items()
    }


def _written(ds: xr.Dataset, folder: Path) -> Mapped:
    """Write the daily variables, and let the files take the place of this process's own copy."""
    folder.mkdir(parents=True)
    daily = dynamic_variables(ds)
    for name in daily:
        path = folder / f"{name}.npy"
        np.save(path, ds[name].values, allow_pickle=False)
        ds.variables[name].data = np.load(path, mmap_mode="r", allow_pickle=False)
    return Mapped(folder, ds.drop_vars(daily), {name: dict(ds[name].attrs) for name in daily})


def mapped_arrays(
    ds: xr.Dataset,
    scaler: Scaler,
    periods: Sequence[Period],
    training: Sequence[Period],
    lead: int = 0,
) -> Arrays:
    """:func:`hydrotl_core.arrays.build_arrays`; of mapped data, processes share the daily ones."""
    if FOLDER not in ds.attrs:
        return build_arrays(ds, scaler, periods, training, lead)
    folder, names = Path(ds.attrs[FOLDER]), sorted(map(str, ds.data_vars))
    spans = [_spans(periods), _spans(training)]
    key = _key(scaler.model_dump_json(), spans, lead, names, _digest(ds, [STREAMFLOW]))

    def make_forcing(path: Path) -> None:
        shape = forcing_shape(scaler, periods, lead)
        out = np.lib.format.open_memmap(path, "w+", np.float32, shape)
        _reserve(path)
        scaled_forcing(ds, scaler, periods, lead, out)
        out.flush()

    def make_flow(path: Path) -> None:
        with path.open("wb") as file:
            np.save(file, scaled_flow(ds, scaler, periods, training, lead), allow_pickle=False)

    makers = {"forcing": make_forcing, "flow": make_flow}
    # Copied on writing, which nobody does: PyTorch takes no array that is for reading only.
    forcing, flow = (
        np.load(_once(folder / f"{name}-{key}.npy", make), mmap_mode="c", allow_pickle=False)
        for name, make in makers.items()
    )
    arrays = build_arrays(ds, scaler, periods, training, lead, (forcing, flow))
    _give_back()
    return arrays


def _give_back() -> None:
    """Let the system have the memory of values that are gone, which glibc keeps for later ones."""
    with suppress(OSError, AttributeError, TypeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)


def _reserve(path: Path) -> None:
    """Take the room of a file that is mapped: a full disk would kill the process that writes it."""
    if hasattr(os, "posix_fallocate"):
        with path.open("rb+") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)


def shared_scaler(
    ds: xr.Dataset, what: str, periods: Sequence[Period], fit: Callable[[], Scaler]
) -> Scaler:
    """What ``fit`` gives; of mapped data, one process fits and the others read.

    ``what`` says everything that it depends on besides the days and the data.
    """
    if FOLDER not in ds.attrs:
        return fit()
    # Some flow may be hidden, and indices of climate be of other days.
    digest = _digest(ds, [STREAMFLOW, *static_attributes(ds)])
    key = _key(what, _spans(periods), sorted(map(str, ds.data_vars)), digest)
    path = _once(
        Path(ds.attrs[FOLDER]) / f"scaler-{key}.json",
        lambda path: path.write_text(fit().model_dump_json(), encoding="utf-8"),
    )
    _give_back()
    return Scaler.model_validate_json(path.read_text(encoding="utf-8"))


def _digest(ds: xr.Dataset, names: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for name in names:
        values = ds[name].values
        numbers = values.dtype.kind == "f"
        digest.update(np.ascontiguousarray(values).data if numbers else repr(list(values)).encode())
    return digest.hexdigest()


def _spans(periods: Sequence[Period]) -> list[tuple[str, str]]:
    return [(str(period.start), str(period.end)) for period in periods]


def _key(*parts: Any) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _once(path: Path, make: Callable[[Path], object]) -> Path:
    """``path``, which the first process that comes makes."""
    with FileLock(path.with_suffix(".lock")):
        if not path.is_file():
            with replacing(path, durable=False) as temporary:  # of no use after a power cut
                make(temporary)
    return path
