"""Skill scores, from the ``scores`` library.

Nash-Sutcliffe efficiency ``NSE = 1 - sum((Q_sim - Q_obs)^2) / sum((Q_obs - mean Q_obs)^2)``
over the days that have an observation; of an ensemble, the NSE of its mean discharge.
"""

from __future__ import annotations

import numpy as np
import scores.continuous
import xarray as xr


def nse(simulated: xr.DataArray, observed: xr.DataArray, dim: str = "day") -> xr.DataArray:
    """NSE of each basin; NaN where fewer than two days were observed or flow never varies."""
    seen = observed.notnull() & simulated.notnull()
    # Compared, not computed: rounding gives equal values a tiny deviation from their mean.
    varies = observed.where(seen).max(dim) > observed.where(seen).min(dim)
    used = seen & varies
    with np.errstate(divide="ignore", invalid="ignore"):
        score = scores.continuous.nse(
            simulated.astype(float).where(used), observed.astype(float).where(used), reduce_dims=dim
        )
    return score.where(varies)


def kge(simulated: xr.DataArray, observed: xr.DataArray, dim: str = "day") -> xr.DataArray:
    """Kling-Gupta efficiency (2009) of each basin."""
    seen = observed.notnull() & simulated.notnull()
    return scores.continuous.kge(
        simulated.astype(float).where(seen), observed.astype(float).where(seen), reduce_dims=dim
    )


def ensemble_nse(ds: xr.Dataset) -> xr.DataArray:
    """NSE of the mean discharge of all members, per basin."""
    return nse(ds["simulated"].astype(float).mean("member"), ds["observed"])


def member_nse(ds: xr.Dataset) -> xr.DataArray:
    """NSE of each member, ``(member, basin)``."""
    return nse(ds["simulated"], ds["observed"])
