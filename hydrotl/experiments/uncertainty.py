r"""How sure a score is: bootstrap over basins and members.

The error of an ensemble's mean discharge is the mean of its members' errors, so its NSE in one
basin follows from the members' products of errors alone,

.. math::

    \mathrm{NSE} = 1 - w^T P w, \quad
    P_{kl} = \sum_t e_k e_l \Big/ \sum_t (Q_t - \bar Q)^2,

with weight :math:`w_k` of member k (1/K each, or its share in a draw with replacement). With P in
the results, any draw of members costs a small product and no simulation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr

DRAWS = 2000
SEED = 20210427


def error_products(ds: xr.Dataset) -> np.ndarray:
    """P of each basin, ``[basin, member, member]``; NaN where the NSE is not defined.

    Parameters
    ----------
    ds
        ``simulated`` (member, basin, day) and ``observed`` (basin, day).
    """
    simulated = ds["simulated"].transpose("basin", "member", "day").values.astype(float)
    observed = ds["observed"].transpose("basin", "day").values.astype(float)
    products = np.full((len(observed), simulated.shape[1], simulated.shape[1]), np.nan)
    for row, (flow, target) in enumerate(zip(simulated, observed, strict=True)):
        seen = np.isfinite(target) & np.isfinite(flow).all(axis=0)
        target = target[seen]
        if target.size and target.min() < target.max():
            errors = flow[:, seen] - target
            products[row] = errors @ errors.T / np.sum((target - target.mean()) ** 2)
    return products


def nse_of(products: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """NSE of weighted means of members, ``[draw, basin]`` for weights ``[draw, member]``."""
    return 1 - np.einsum("dk,bkl,dl->db", weights, products, weights, optimize=True)


@dataclass(frozen=True)
class Interval:
    """A value and the bounds that 90 % of the bootstrap draws lie between."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


Statistic = Callable[..., np.ndarray]


def _draw(count: int, members: int, rng: np.random.Generator) -> np.ndarray:
    """Weights ``[draw, member]`` of members drawn with replacement."""
    return rng.multinomial(members, np.full(members, 1 / members), size=count) / members


def interval(
    products: np.ndarray,
    statistic: Statistic = np.nanmedian,
    reference: np.ndarray | None = None,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Interval:
    """Statistic over basins of the ensemble's NSE, or of its gain over a reference.

    Each draw takes as many basins and as many members as there are, with replacement; the same
    basins for both ensembles, members of each on their own.

    Parameters
    ----------
    products
        P of the ensemble, ``[basin, member, member]``.
    statistic
        Of an array along ``axis``, such as ``numpy.nanmedian``.
    reference
        P of another ensemble on the same basins: the statistic is then that of the difference of
        NSE, basin by basin.

    Raises
    ------
    ValueError
        If the reference has another number of basins.
    """
    rng = np.random.default_rng(seed)
    basins, members = products.shape[:2]

    equal = np.full((1, members), 1 / members)
    value, drawn = nse_of(products, equal), nse_of(products, _draw(draws, members, rng))
    if reference is not None:
        if len(reference) != basins:
            raise ValueError(f"{basins} basins against {len(reference)} of the reference")
        others = reference.shape[1]
        value = value - nse_of(reference, np.full((1, others), 1 / others))
        drawn = drawn - nse_of(reference, _draw(draws, others, rng))
    chosen = rng.integers(basins, size=(draws, basins))
    resampled = np.take_along_axis(drawn, chosen, axis=1)
    # A draw may hold nothing but basins whose NSE is not defined: it says nothing.
    resampled = resampled[np.isfinite(resampled).any(axis=1)]
    low, high = np.nanquantile(statistic(resampled, axis=1), [0.05, 0.95])
    return Interval(float(statistic(value, axis=1)[0]), float(low), float(high))
