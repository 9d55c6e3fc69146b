"""Blocked validation: parts of the training days are held out, in blocks of weeks.

Streamflow of the block is hidden in training and predicted; the weather of all days stays known.
So one year of data is enough to compare models, and no day of the test period is looked at.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from hydrotl_core.recipe import Period
from hydrotl_core.scaling import STREAMFLOW

#: Which fold is hidden, of how many, and the length of a block in days.
Held = tuple[int, int, int]


def fold_of_days(days: int, folds: int, block_days: int) -> np.ndarray:
    """Fold of each day, ``[day]``: blocks go to the folds in turn, equally many to each.

    Blocks are of about ``block_days``: long enough that floods and most of a recession lie on one
    side.
    """
    count = folds * max(1, round(days / (folds * block_days)))
    return (np.arange(days) * count // days) % folds


def hidden(ds: xr.Dataset, periods: Sequence[Period], held: Held) -> xr.Dataset:
    """``ds`` without the streamflow of the fold ``held`` of each basin's training days."""
    fold, folds, block_days = held
    days = ds["time"].values.astype("datetime64[D]")
    flow = ds[STREAMFLOW].transpose("basin", "time").values.copy()
    for row, period in enumerate(periods):
        first = int(np.searchsorted(days, np.datetime64(period.start)))
        chosen = fold_of_days(period.days, folds, block_days) == fold
        flow[row, first + np.flatnonzero(chosen)] = np.nan
    return ds.assign({STREAMFLOW: (("basin", "time"), flow, ds[STREAMFLOW].attrs)})


def joined(parts: Sequence[np.ndarray], periods: Sequence[Period], block_days: int) -> np.ndarray:
    """Held-out predictions of all folds as one series, ``[basin, day]``.

    ``parts`` are the folds' predictions of all training days, each ``[basin, day]``.
    """
    flow = np.full(parts[0].shape, np.nan, dtype=np.float32)
    for row, period in enumerate(periods):
        fold = fold_of_days(period.days, len(parts), block_days)
        for one, part in enumerate(parts):
            flow[row, : period.days][fold == one] = part[row, : period.days][fold == one]
    return flow
