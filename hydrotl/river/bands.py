"""The 90 % band of a run: of its own basins, and of a basin without a gauge.

For the basins of the run it follows from errors on held-out training days
(:mod:`hydrotl.experiments.intervals`), for a basin without a gauge from those that the source had
in the basins of the study, of which it had seen no day (:mod:`hydrotl.experiments.ungauged`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from hydrotl.experiments.intervals import LEVEL, Bands
from hydrotl.experiments.ungauged import LEAST_PREDICTED, read_ungauged, with_errors
from hydrotl.river.seal import BAND
from hydrotl_core.errors import ConfigError


@dataclass(frozen=True)
class RunBands:
    """Bands of a run; None where they are not known.

    Attributes
    ----------
    basins
        Of the rows of ``own``.
    own
        Errors of the chosen model in the basins of the run.
    ungauged
        Lower and upper quantile, ``[class]``, of the source's errors elsewhere.
    """

    basins: tuple[str, ...]
    own: Bands | None
    ungauged: tuple[list[float], list[float]] | None

    def of(self, basin: str, simulated: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper bound of a basin's flow, mm/day, ``[day]``; NaN where not known."""
        bands = self._bands(basin, simulated)
        if bands is None:
            nothing = np.full(simulated.shape, np.nan, np.float32)
            return nothing, nothing
        low, high = bands.around(simulated[None])
        return low[0].astype(np.float32), high[0].astype(np.float32)

    def _bands(self, basin: str, simulated: np.ndarray) -> Bands | None:
        if basin in self.basins:
            row = [self.basins.index(basin)]
            parts = ("scale", "at", "low", "high")
            own = self.own
            return own and replace(own, **{name: getattr(own, name)[row] for name in parts})
        # The classes of flow are those of the basin's own mean, which takes a year to be known.
        if self.ungauged is None or np.isfinite(simulated).sum() < LEAST_PREDICTED:
            return None
        return with_errors(simulated[None], *map(np.array, self.ungauged))


def run_bands(basins: Sequence[str], own: Bands | None, study: str) -> RunBands:
    """Bands of a run whose candidates are those of ``study``."""
    try:
        errors = read_ungauged(study)["errors"]
    except ConfigError:  # the study was not computed
        return RunBands(tuple(basins), own, None)
    return RunBands(tuple(basins), own, (errors["low"], errors["high"]))


def coverage(low: np.ndarray, high: np.ndarray, observed: np.ndarray) -> float:
    """Share of the observed days inside the band; NaN where there is none."""
    known = np.isfinite(observed) & np.isfinite(low) & np.isfinite(high)
    if not known.any():
        return float("nan")
    inside = (observed[known] >= low[known]) & (observed[known] <= high[known])
    return float(inside.mean())


def write_bands(folder: Path, bands: RunBands) -> None:
    """Write them to ``band.json``."""
    content: dict[str, Any] = {
        "level": LEVEL,
        "basins": bands.basins,
        "own": None if bands.own is None else bands.own.to_json(),
        "ungauged": bands.ungauged,
    }
    (folder / BAND).write_text(json.dumps(content) + "\n", encoding="utf-8")


def read_bands(folder: Path) -> RunBands:
    """What :func:`write_bands` wrote; a ConfigError if it is not there or not sound."""
    path = folder / BAND
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        own, ungauged = content["own"], content["ungauged"]
        return RunBands(
            tuple(content["basins"]),
            None if own is None else Bands.from_json(own),
            None if ungauged is None else (list(ungauged[0]), list(ungauged[1])),
        )
    except (OSError, KeyError, IndexError, TypeError, ValueError) as error:
        raise ConfigError(f"{path} holds no band of this run ({error}): run it again") from None
