"""What a transferred model starts from: a member of a source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pooch

from hydrotl_core.scaling import Scaler
from hydrotl_core.weights import load_weights


@dataclass(frozen=True)
class Start:
    """A member of a source: its file, parameters, scales, and the hash of the file."""

    name: str
    parameters: Mapping[str, np.ndarray]
    scaler: Scaler
    sha256: str


def load_start(path: Path) -> Start:
    """Read the member of a source at ``path``, whose name among shared values is the path."""
    parameters, card = load_weights(path)
    arrays = {name: value.numpy() for name, value in parameters.items()}
    return Start(str(path), arrays, card.scaler, pooch.file_hash(str(path), alg="sha256"))
