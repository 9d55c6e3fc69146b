r"""``auto``: the choice among models of a region, made for the user on held-out training days.

Candidates are single models and weighted means of two of them: models of another kind, such as a
network and GR4J, err in other ways, and their mean is often better than both. The scores of all of
them follow from products of errors (:mod:`hydrotl.experiments.uncertainty`), so that a choice can
be repeated from a record, without a simulation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import xarray as xr
from pydantic import Field

from hydrotl.experiments.uncertainty import error_products, nse_of
from hydrotl_core.errors import DataError
from hydrotl_core.recipe import Strict

#: Shares of the first of two models in their mean.
SHARES = (0.3, 0.5, 0.7)
#: A score below is as bad as this: a mean over basins says nothing if one of them is -20.
WORST = -1.0
#: Stands for a flow that a model does not have, mm/day: such a model is as bad as can be.
ABSENT = 1e6


@dataclass(frozen=True)
class Mix:
    """A model, or the weighted mean of some: name -> weight."""

    weights: tuple[tuple[str, float], ...]

    @property
    def title(self) -> str:
        """For tables: ``warm-c``, ``0.7 warm-c + 0.3 gr4j`` or ``mean of a + b + c``."""
        if len(self.weights) == 1:
            return self.weights[0][0]
        if len(self.weights) > 2 and len({weight for _, weight in self.weights}) == 1:
            return f"mean of {' + '.join(name for name, _ in self.weights)}"
        return " + ".join(f"{weight:.2g} {name}" for name, weight in self.weights)

    @property
    def shown(self) -> str:
        """The title for readers: with as many digits as the shares need to add up to 1.

        Records know a mix by its ``title``, which stays as it is.
        """
        if len(self.weights) == 1 or self.title.startswith("mean of"):
            return self.title
        for digits in (2, 3, 4):
            shares = [round(weight, digits) for _, weight in self.weights]
            if round(sum(shares), digits) == 1:
                break
        named = zip(shares, self.weights, strict=True)
        return " + ".join(f"{share:g} {name}" for share, (name, _) in named)

    def mean(self, flows: Sequence[np.ndarray]) -> np.ndarray:
        """Weighted mean of the flows of its models, in its order, ``[basin, day]``."""
        parts = [weight * flow for (_, weight), flow in zip(self.weights, flows, strict=True)]
        mean: np.ndarray = np.sum(parts, axis=0)
        return mean


def blend(one: Mix, other: Mix, share: float) -> Mix:
    """``share`` of ``one`` and the rest of ``other``, the greatest weight first."""
    weights: dict[str, float] = {}
    for mix, part in ((one, share), (other, 1 - share)):
        for name, weight in mix.weights:
            weights[name] = weights.get(name, 0.0) + part * weight
    kept = [(name, round(weight, 6)) for name, weight in weights.items() if weight > 0]
    return Mix(tuple(sorted(kept, key=lambda item: -item[1])))


def mixes(names: Sequence[str], shares: Sequence[float] = SHARES) -> list[Mix]:
    """All single models, and all means of two."""
    single = [Mix(((name, 1.0),)) for name in names]
    pairs = [
        Mix(((one, share), (other, round(1 - share, 6))))
        for one, other in combinations(names, 2)
        for share in shares
    ]
    return single + pairs


def products_of(flows: Sequence[np.ndarray], observed: np.ndarray) -> np.ndarray:
    """Products of the models' errors, ``[basin, model, model]``; NaN where flow never varies.

    Parameters
    ----------
    flows
        Of each model, mm/day, ``[basin, day]``.
    observed
        Streamflow, NaN = no observation.
    """
    simulated = np.nan_to_num(np.stack(flows), nan=ABSENT)
    return error_products(
        xr.Dataset(
            {
                "simulated": (("member", "basin", "day"), simulated),
                "observed": (("basin", "day"), observed),
            }
        )
    )


def scores_of(products: np.ndarray, names: Sequence[str], candidates: Sequence[Mix]) -> np.ndarray:
    """NSE of each candidate in each basin, not below :data:`WORST`, ``[candidate, basin]``."""
    weights = np.zeros((len(candidates), len(names)))
    for row, mix in zip(weights, candidates, strict=True):
        for name, weight in mix.weights:
            row[names.index(name)] = weight
    return np.maximum(nse_of(products, weights), WORST)


def clipped_nse(simulated: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """NSE of one model in each basin, not below :data:`WORST`, ``[basin]``."""
    return np.maximum(1 - products_of([simulated], observed)[:, 0, 0], WORST)


@dataclass(frozen=True)
class Choice:
    """What was chosen, and the score of every candidate on the held-out days (mean over basins).

    ``best`` is the candidate that the held-out days point to: all of ``mix``, or a share of it.
    """

    mix: Mix
    scores: dict[str, float]
    best: Mix

    @property
    def margin(self) -> float:
        """Score of the choice over that of the best single model other than it."""
        single = {name: score for name, score in self.scores.items() if "+" not in name}
        single.pop(self.mix.title, None)
        return self.scores[self.mix.title] - max(single.values(), default=float("nan"))


class Rule(Strict):
    """How the choice is made.

    A year of held-out days cannot tell models apart that differ by little: the best of fifty is
    then the luckiest. So the choice stays with the ``default`` unless another candidate is ahead by
    more than ``margin``, and if one is, it is pulled towards the default: equal weights are hard to
    beat by estimated ones (Claeskens et al. 2016, doi:10.1016/j.ijforecast.2015.12.005). All three
    were set on other basins (``experiments/beyond-tuning.yaml``).

    Attributes
    ----------
    default
        Shares of models by name. Models that are not there leave theirs to the others; where none
        is there, the best candidate is chosen.
    margin
        How much better another one must score on the held-out days, in NSE.
    pull
        Share of the default in what is chosen where another one is better.
    shares
        Weights to try for the first of two models.
    """

    default: dict[str, float] = Field({})
    margin: float = Field(0.0, ge=0)
    pull: float = Field(0.0, ge=0, le=1)
    shares: tuple[float, ...] = SHARES

    def mix(self, names: Sequence[str]) -> Mix | None:
        """The default of the models ``names``."""
        there = {name: weight for name, weight in self.default.items() if name in names}
        total = sum(there.values())
        return (
            Mix(tuple((name, weight / total) for name, weight in there.items())) if there else None
        )


def choose(products: np.ndarray, names: Sequence[str], rule: Rule) -> Choice:
    """The candidate with the best mean score over basins, the default of ``rule``, or between them.

    Parameters
    ----------
    products
        :func:`products_of` the held-out predictions of the training days.
    names
        Of the models, in the order of the products.
    rule
        How far the best must be ahead of which default.

    Raises
    ------
    DataError
        If nothing can be scored on the held-out days.
    """
    if not np.isfinite(products).any():
        raise DataError("no streamflow that varies in the training days: nothing to choose by")
    candidates, default = mixes(names, rule.shares), rule.mix(names)
    if default is not None and default not in candidates:
        candidates.append(default)
    scores = mean_scores(products, names, candidates)
    best = max(candidates, key=lambda mix: np.nan_to_num(scores[mix.title], nan=-np.inf))
    if default is None:
        return Choice(best, scores, best)
    if scores[best.title] - scores[default.title] <= rule.margin:
        best = default
    mix = blend(default, best, rule.pull) if rule.pull and best != default else best
    return Choice(mix, scores | mean_scores(products, names, [mix]), best)


def mean_scores(
    products: np.ndarray, names: Sequence[str], candidates: Sequence[Mix]
) -> dict[str, float]:
    """NSE of each candidate by its title, mean over basins."""
    means = np.nanmean(scores_of(products, names, candidates), axis=1)
    return {mix.title: float(mean) for mix, mean in zip(candidates, means, strict=True)}
