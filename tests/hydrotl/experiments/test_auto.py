"""The choice on held-out days, against scores computed from the series themselves."""

import numpy as np
import pytest

from hydrotl.experiments.auto import Mix, choose, mixes, products_of, scores_of


def series(seed: int = 0) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Two models with opposite errors and a poor one, three basins; some days not observed."""
    rng = np.random.default_rng(seed)
    observed = rng.gamma(2.0, 1.0, (3, 400))
    error = rng.normal(0, 0.5, observed.shape)
    flows = {"a": observed + error, "b": observed - error, "c": observed[:, ::-1].copy()}
    observed[0, :50] = np.nan
    return flows, observed


def nse(simulated: np.ndarray, observed: np.ndarray) -> float:
    seen = np.isfinite(observed)
    rest = observed[seen] - observed[seen].mean()
    return float(1 - ((simulated[seen] - observed[seen]) ** 2).sum() / (rest**2).sum())


def test_candidates_are_single_models_and_means_of_two() -> None:
    titles = [mix.title for mix in mixes(["a", "b", "c"], (0.3, 0.5))]
    assert titles[:3] == ["a", "b", "c"]
    assert titles[3:5] == ["0.3 a + 0.7 b", "0.5 a + 0.5 b"]
    assert len(titles) == 3 + 3 * 2


def test_scores_follow_from_products() -> None:
    flows, observed = series()
    names = list(flows)
    candidates = mixes(names)
    scores = scores_of(products_of(list(flows.values()), observed), names, candidates)
    for row, mix in zip(scores, candidates, strict=True):
        mean = sum(flows[name] * weight for name, weight in mix.weights)
        expected = [max(nse(m, o), -1.0) for m, o in zip(np.asarray(mean), observed, strict=True)]
        assert row == pytest.approx(expected, abs=1e-9)


def test_the_mean_of_opposite_errors_is_chosen() -> None:
    flows, observed = series()
    chosen = choose(products_of(list(flows.values()), observed), list(flows))
    assert chosen.mix == Mix((("a", 0.5), ("b", 0.5)))
    single = [
        np.mean([nse(f, o) for f, o in zip(flows[n], observed, strict=True)]) for n in ("a", "b")
    ]
    assert chosen.margin == pytest.approx(1.0 - max(single), abs=1e-6)


def test_a_model_without_flow_on_an_observed_day_is_as_bad_as_can_be() -> None:
    flows, observed = series()
    flows["b"][1, 7] = np.nan
    products = products_of(list(flows.values()), observed)
    scores = scores_of(products, list(flows), mixes(list(flows)))
    assert scores[1, 1] == -1.0
    assert scores[1, 0] > 0.8


def test_a_basin_whose_flow_never_varies_does_not_count() -> None:
    flows, observed = series()
    observed[2] = 1.0
    chosen = choose(products_of(list(flows.values()), observed), list(flows))
    kept = choose(products_of([f[:2] for f in flows.values()], observed[:2]), list(flows))
    assert chosen.scores == pytest.approx(kept.scores)
