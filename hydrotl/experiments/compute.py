"""What a task of a network computes: it trains a member and simulates its test days."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from hydrotl.experiments.blocks import Held, hidden
from hydrotl.experiments.member import Member, simulate_member, train_member
from hydrotl.experiments.provenance import machine, today
from hydrotl.experiments.store import Product
from hydrotl_core.arrays import in_period
from hydrotl_core.errors import DataError
from hydrotl_core.scaling import STREAMFLOW


def train_and_simulate(
    checkpoint: Path | None,
    data: xr.Dataset,
    start: dict[str, np.ndarray] | None = None,
    teacher: xr.DataArray | None = None,
    *,
    member: Member,
    code: str,
    held: Held | None = None,
) -> Product:
    """Train a member and simulate its test days; ``code`` is the version that trains.

    With ``held``, without the flow of that fold of the training days.

    Raises
    ------
    DataError
        If the fold holds all flow that there is.
    """
    if held is not None:
        data = hidden(data, member.fit, held)
        if not (np.isfinite(data[STREAMFLOW].values) & in_period(data, member.fit)).any():
            raise DataError(
                f"without fold {held[0] + 1} of {held[1]} no flow is left to train on: the choice "
                "needs flow in more than one part of the training period"
            )
    trained = train_member(member, data, start, teacher, checkpoint=checkpoint)
    about = {
        "seconds": trained.log.seconds,
        "arithmetic": trained.log.arithmetic,
        "code": code,
        "date": today(),
        "machine": machine(),
    }
    return Product({"simulated": simulate_member(trained, data, member)}, about)
