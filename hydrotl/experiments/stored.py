"""A trained member's simulation in a file, so that no training is done twice."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from hydrotl_core.errors import DataError
from hydrotl_core.files import replacing


@dataclass(frozen=True)
class Stored:
    """Simulated flow ``[basin, day]`` in mm/day, and how it was trained.

    Seconds, number format, code version and date.
    """

    simulated: np.ndarray
    seconds: float
    arithmetic: str
    code: str
    date: str


def write_stored(path: Path, stored: Stored) -> None:
    """Write ``stored`` to ``path``, whole or not at all."""
    about = {f.name: getattr(stored, f.name) for f in fields(stored) if f.name != "simulated"}
    with replacing(path) as temporary:
        save_file(
            {"simulated": np.ascontiguousarray(stored.simulated)},
            temporary,
            metadata={"member": json.dumps(about)},
        )


def read_stored(path: Path) -> Stored:
    """Read a member's simulation.

    Raises
    ------
    DataError
        If the file is damaged.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            about = json.loads((file.metadata() or {})["member"])
            return Stored(file.get_tensor("simulated"), **about)
    except (SafetensorError, KeyError, TypeError) as error:
        raise DataError(f"{path} is no whole simulation ({error}): delete it") from None
