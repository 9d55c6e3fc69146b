r"""Prediction intervals of the daily flow, from errors on held-out training days.

Split conformal prediction (Vovk et al. 2005, doi:10.1007/b106715; Lei et al. 2018,
doi:10.1080/01621459.2017.1307116): what a model erred on days that it had not seen says how far
it errs on others. The score is the error's logarithm, so that the band scales with the flow,

.. math:: s = \log(q + \epsilon \bar q) - \log(\hat q + \epsilon \bar q),

where :math:`\bar q` is the basin's mean predicted flow. Its lower and its upper quantile are taken
apart, in classes of predicted flow that overlap, and interpolated between them. In a target of
many basins a basin's own quantiles are drawn towards those of all, the more the fewer days it has.

Held-out blocks are not exchangeable with later years, so that coverage is not guaranteed, as it is
in theory; it is measured (:mod:`hydrotl.experiments.covered`). The settings below were chosen in
the 16 targets of ``experiments/beyond-tuning.yaml``, whose basins are in no target of the study.
Coverage there of 90 % intervals and the interval score over the mean flow, mean over basins:

=================================  ========  ===========  =====
setting                            coverage  one basin    score
=================================  ========  ===========  =====
these                              0.921     0.901        1.326
a day counts in full               0.909     0.884        1.314
a day counts a third               0.932     0.919        1.350
a basin alone (no shrinkage)       0.911     0.901        1.336
one class                          0.910     0.891        1.392
a tenth of the mean flow added     0.919     0.897        1.327
the error itself, no logarithm     0.926     0.920        1.431
the error itself, one class        0.892     0.885        2.002
=================================  ========  ===========  =====

So a day counts half because full days cover too little of a single basin, and one class, which
covers as many days in all, covers 0.85 of those with high flow. The sources were the former
members of ``derived``.

Libraries of conformal prediction were looked at (MAPIE 1.6, crepes 0.9): MAPIE wraps estimators of
scikit-learn, which is no dependency here, and neither draws basins towards each other nor counts
neighbouring days as fewer. Either would leave all but a call of ``numpy.quantile`` to be written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hydrotl_core.errors import DataError

LEVEL = 0.9
#: Centres of the classes, as ranks of predicted flow, and how far a class reaches to either side.
CENTRES, REACH = (0.1, 0.3, 0.5, 0.7, 0.9), 0.15
#: Of the mean flow, added before the logarithm: errors far below it count as absolute ones.
OFFSET = 0.3
#: Errors of neighbouring days are alike: a day counts as this part of one that were independent.
DAY_COUNTS = 0.5
#: With so many observed days, a basin's own quantiles weigh as much as those of all basins.
SHRINKAGE_DAYS = 200
#: From fewer observed days of all basins together no interval follows.
LEAST_DAYS = 30
#: A basin whose mean flow is below is taken to have this one, mm/day.
LEAST_FLOW = 1e-3


@dataclass(frozen=True)
class Bands:
    """Errors to expect around a prediction, by basin and predicted flow.

    Attributes
    ----------
    level
        Share of days that are to lie within.
    scale
        Mean predicted flow, mm/day, ``[basin]``.
    at
        Score-scaled predicted flow at the centre of each class, ``[basin, class]``.
    low, high
        Quantiles of the scores there, ``[basin, class]``.
    """

    level: float
    scale: np.ndarray
    at: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def around(self, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper bound of each day, mm/day, ``[basin, day]`` as ``predicted``.

        The prediction lies within, and no bound is below 0. NaN where nothing is predicted.

        Raises
        ------
        DataError
            If ``predicted`` has another number of basins.
        """
        if np.ndim(predicted) != 2 or len(predicted) != len(self.scale):
            raise DataError(
                f"an interval for predictions of shape {np.shape(predicted)}, from errors of "
                f"{len(self.scale)} basins: give [basin, day], the basins of the training days"
            )
        x = scaled(predicted, self.scale)
        bounds = []
        for quantiles, clip in ((self.low, np.minimum), (self.high, np.maximum)):
            rows = zip(x, self.at, clip(quantiles, 0), strict=True)
            moved = np.stack([row + np.interp(row, at, score) for row, at, score in rows])
            bounds.append(np.maximum(np.exp(moved) - OFFSET, 0) * self.scale[:, None])
        return bounds[0], bounds[1]

    def to_json(self) -> dict[str, Any]:
        """Numbers and lists, for a file; NaN as null."""
        arrays = {name: getattr(self, name) for name in ("scale", "at", "low", "high")}
        lists = {name: array.round(6).tolist() for name, array in arrays.items()}
        return {"level": self.level, **{name: _none(values) for name, values in lists.items()}}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Bands:
        """What :meth:`to_json` gave."""
        arrays = {n: np.array(content[n], dtype=float) for n in ("scale", "at", "low", "high")}
        return cls(float(content["level"]), **arrays)


def _none(values: Any) -> Any:
    if isinstance(values, list):
        return [_none(value) for value in values]
    return values if np.isfinite(values) else None


def interval(
    held_out: np.ndarray, observed: np.ndarray, predicted: np.ndarray, level: float = LEVEL
) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper bound of the daily flow, mm/day, each ``[basin, day]`` as ``predicted``.

    Parameters
    ----------
    held_out
        What the model predicted for training days that it had not seen, mm/day, ``[basin, day]``
        (:func:`hydrotl.experiments.work.held_out_flows`).
    observed
        Streamflow of those days, NaN = not observed.
    predicted
        What the model that was trained on all of them predicts for any days, mm/day.
    level
        Share of days that are to lie within.

    Raises
    ------
    DataError
        As for :func:`calibrated`, and if ``predicted`` is of another number of basins.
    """
    return calibrated(held_out, observed, level).around(predicted)


def calibrated(held_out: np.ndarray, observed: np.ndarray, level: float = LEVEL) -> Bands:
    """Errors to expect, from those of held-out training days: see :func:`interval`.

    A basin without observed days has the errors of all others; one for which nothing was predicted
    has none, and its bounds are NaN.

    Raises
    ------
    DataError
        If fewer than :data:`LEAST_DAYS` training days of all basins together have an observation,
        the arrays differ in shape, or the level is not between 0 and 1.
    """
    if np.shape(held_out) != np.shape(observed) or np.ndim(held_out) != 2:
        raise DataError(
            f"held-out predictions of shape {np.shape(held_out)} and observations of "
            f"{np.shape(observed)}: both must be [basin, day of training]"
        )
    if not 0 < level < 1:
        raise DataError(f"an interval of level {level}: it must lie between 0 and 1, such as 0.9")
    held_out = np.asarray(held_out, dtype=float)
    known = known_days(held_out, observed)
    if known < LEAST_DAYS:
        raise DataError(
            f"{known} training days have an observed and a predicted flow: an interval needs at "
            f"least {LEAST_DAYS}"
        )
    scale = mean_flow(held_out)
    x = scaled(held_out, scale)
    scores = scaled(np.asarray(observed, dtype=float), scale) - x
    windows = [class_windows(row) for row in x]
    at = np.stack([centres(row) for row in x])
    low, high = np.full(at.shape, np.nan), np.full(at.shape, np.nan)
    counts = np.isfinite(scores).sum(axis=1)
    own = counts / (counts + SHRINKAGE_DAYS) if len(scores) > 1 else np.ones(1)
    for number in range(len(CENTRES)):
        parts = [_finite(s[w[number]]) for s, w in zip(scores, windows, strict=True)]
        ends = two_sided(np.concatenate(parts), level)
        for basin, part in enumerate(parts):
            if np.isfinite(scale[basin]):
                share = own[basin] if part.size else 0.0
                alone = two_sided(part, level) if part.size else ends
                low[basin, number], high[basin, number] = share * np.array(alone) + (
                    1 - share
                ) * np.array(ends)
    return Bands(level, scale, at, low, high)


def known_days(held_out: np.ndarray, observed: np.ndarray) -> int:
    """Days of all basins together that have a held-out prediction and an observation."""
    return int((np.isfinite(held_out) & np.isfinite(observed)).sum())


def mean_flow(predicted: np.ndarray) -> np.ndarray:
    """Mean predicted flow, mm/day, ``[basin]``; NaN where nothing is predicted."""
    flow = np.maximum(predicted, 0)
    days = np.isfinite(flow).sum(axis=1)
    mean = np.where(days > 0, np.nansum(flow, axis=1) / np.maximum(days, 1), np.nan)
    return np.maximum(mean, LEAST_FLOW)


def scaled(flow: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Logarithm of the flow over the basin's mean, ``[basin, day]``; below 0 counts as 0."""
    return np.log(np.maximum(np.asarray(flow, dtype=float), 0) / scale[:, None] + OFFSET)


def centres(x: np.ndarray) -> np.ndarray:
    """Predicted flow at the centre of each class, from a basin's predictions ``[day]``."""
    known = _finite(x)
    return np.quantile(known, CENTRES) if known.size else np.full(len(CENTRES), np.nan)


def class_windows(x: np.ndarray) -> list[np.ndarray]:
    """Days of each class, as masks, from a basin's predictions ``[day]``.

    Ties, such as days without flow, are ranked in the order of time.
    """
    known = np.isfinite(x)
    rank = np.full(x.shape, np.inf)
    rank[known] = (np.argsort(np.argsort(x[known], kind="stable"), kind="stable") + 0.5) / max(
        known.sum(), 1
    )
    return [np.abs(rank - centre) <= REACH for centre in CENTRES]


def two_sided(
    scores: np.ndarray, level: float, weights: np.ndarray | None = None, count: float | None = None
) -> tuple[float, float]:
    """Lower and upper quantile of ``scores``, corrected for their number; 0 if there are none.

    Of n independent scores the next one lies below the quantile of level p (n + 1) / n with a
    probability of at least p. Where that is above 1, the largest score has to do.
    ``count`` is n, by default :data:`DAY_COUNTS` of the scores.
    """
    if not scores.size:
        return 0.0, 0.0
    n = DAY_COUNTS * scores.size if count is None else count
    p = min(1.0, (1 + level) / 2 * (n + 1) / n)
    low, high = (
        float(np.quantile(values, p, method="inverted_cdf", weights=weights))
        for values in (-scores, scores)
    )
    return -low, high


def _finite(values: np.ndarray) -> np.ndarray:
    return values[np.isfinite(values)]
