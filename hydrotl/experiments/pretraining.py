"""Process-based pre-training: an LSTM learns a process model's streamflow before observations.

The experiment of the paper's Table 1b. The process model needs no gauge, so it can be run over
more years than were observed; a network that has learned to imitate it starts the normal local
training from there instead of from random numbers.
"""

from __future__ import annotations

import xarray as xr

from hydrotl.config import Region
from hydrotl.data.regions import region_settings
from hydrotl_core.arrays import build_arrays, in_period
from hydrotl_core.errors import DataError
from hydrotl_core.model import StreamflowLSTM
from hydrotl_core.recipe import Period, Training
from hydrotl_core.scaling import STREAMFLOW, Scaler, fit_scaler
from hydrotl_core.training import Log, train


def teaching_periods(region: Region, basins: list[str]) -> list[Period]:
    """Days that a teacher is learned over: the longest training period of each basin.

    A teacher needs no observations, so a single observed year does not shorten what it teaches.
    """
    settings = [s.periods("train", basins) for s in region_settings(region).values()]
    return [max(periods, key=lambda period: period.days) for periods in zip(*settings, strict=True)]


def learn_guide(
    model: StreamflowLSTM,
    ds: xr.Dataset,
    guide: xr.DataArray,
    periods: list[Period],
    scaler: Scaler,
    training: Training,
    seed: int,
    device: str = "cpu",
) -> Log:
    """Train ``model`` in place on a process model's streamflow.

    Inputs keep the scales of ``scaler``, so that the same weights fit the observations
    afterwards; only the streamflow is scaled by the guide's own statistics.

    Parameters
    ----------
    ds
        Canonical data with the inputs and the observed streamflow (which is not used).
    guide
        Streamflow to learn, mm/day, ``(basin, time)`` on the basins and days of ``ds``.
    periods
        Days to learn from, one per basin.

    Raises
    ------
    DataError
        If the guide's basins or days are not those of ``ds``, or it has no value in a period.
    """
    for axis in ("basin", "time"):
        if not guide.indexes[axis].equals(ds.indexes[axis]):
            raise DataError(f"the process model's {axis}s are not those of the data")
    days = in_period(ds, periods)
    empty = [
        str(basin)
        for basin, row, used in zip(ds["basin"].values, guide.notnull().values, days, strict=True)
        if not (row & used).any()
    ]
    if empty:
        raise DataError(
            f"the process model has no flow in the training years of {', '.join(empty)}"
        )
    guided = ds.assign({STREAMFLOW: guide.transpose("basin", "time")})
    own = fit_scaler(
        guided,
        days,
        list(scaler.dynamic),
        scaler.attributes,
        training.transform,
        training.per_precipitation,
    )
    guide_scaler = scaler.model_copy(update={"streamflow": own.streamflow})
    arrays = build_arrays(guided, guide_scaler, periods, periods, lead=training.warmup)
    return train(model, arrays, guide_scaler, training, seed=seed, device=device, quiet=True)
