"""The choice on held-out days, against scores computed from the series themselves."""

import re

import numpy as np
import pytest

from hydrotl.experiments.auto import Mix, Rule, blend, choose, mixes, products_of, scores_of
from hydrotl_core.errors import DataError


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
    chosen = choose(products_of(list(flows.values()), observed), list(flows), Rule())
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
    chosen = choose(products_of(list(flows.values()), observed), list(flows), Rule())
    kept = choose(products_of([f[:2] for f in flows.values()], observed[:2]), list(flows), Rule())
    assert chosen.scores == pytest.approx(kept.scores)


def test_the_default_stays_unless_another_is_ahead_by_the_margin() -> None:
    """1 - NSE of two models with independent errors: 0.3 and 0.2; of their even mean 0.125."""
    products = np.diag([0.3, 0.2])[None]
    ahead = 0.2 - (0.49 * 0.2 + 0.09 * 0.3)  # of 0.3 a + 0.7 b, the best, over b alone
    for margin, title in ((ahead - 0.01, "0.3 a + 0.7 b"), (ahead + 0.01, "b")):
        rule = Rule(default={"b": 1.0}, margin=margin)
        assert choose(products, ["a", "b"], rule).mix.title == title


def test_a_choice_that_is_not_the_default_is_pulled_towards_it() -> None:
    """Models with independent errors of 0.4, 0.9 and 0.2: 0.3 a + 0.7 c is the best candidate."""
    products = np.diag([0.4, 0.9, 0.2])[None]
    rule = Rule(default={"a": 1, "b": 1, "c": 1}, pull=0.6)
    chosen = choose(products, ["a", "b", "c"], rule)
    assert chosen.best.title == "0.3 a + 0.7 c"
    weights = dict(chosen.mix.weights)
    assert list(weights) == ["c", "a", "b"]
    assert weights == pytest.approx({"a": 0.2 + 0.12, "b": 0.2, "c": 0.2 + 0.28})
    expected = 1 - (0.32**2 * 0.4 + 0.2**2 * 0.9 + 0.48**2 * 0.2)
    assert chosen.scores[chosen.mix.title] == pytest.approx(expected)
    assert "mean of a + b + c" in chosen.scores
    assert choose(products, ["a", "b", "c"], rule.model_copy(update={"margin": 1.0})).mix == Mix(
        (("a", 1 / 3), ("b", 1 / 3), ("c", 1 / 3))
    )


def test_a_default_that_is_not_there_leaves_its_weight() -> None:
    rule = Rule(default={"a": 0.25, "b": 0.25, "gr4j": 0.5}, margin=9.0)
    assert rule.mix(["a", "gr4j", "c"]) == Mix((("a", 0.25 / 0.75), ("gr4j", 0.5 / 0.75)))
    assert rule.mix(["c"]) is None
    products = np.diag([0.3, 0.2])[None]
    assert choose(products, ["c", "d"], rule).mix.title == "0.3 c + 0.7 d"
    # A default of other weights than those tried is a candidate as well.
    chosen = choose(products, ["a", "gr4j"], rule)
    expected = 1 - (0.3 + 4 * 0.2) / 9
    assert chosen.scores[chosen.mix.title] == pytest.approx(expected)


def test_nothing_to_choose_by_is_an_error() -> None:
    with pytest.raises(DataError, match="nothing to choose by"):
        choose(np.full((2, 2, 2), np.nan), ["a", "b"], Rule(default={"a": 1.0}))


def test_shares_that_are_shown_add_up_to_1() -> None:
    # A default of four equal parts, of which three quarters are kept: 0.4375 + 3 x 0.1875.
    default = Mix(tuple((name, 0.25) for name in "abcd"))
    mixed = blend(default, Mix((("d", 1.0),)), 0.75)
    assert mixed.title == "0.44 d + 0.19 a + 0.19 b + 0.19 c", "known so in records"
    assert mixed.shown == "0.4375 d + 0.1875 a + 0.1875 b + 0.1875 c"
    for mix in (mixed, default, Mix((("a", 0.3), ("b", 0.7))), Mix((("a", 1.0),))):
        shares = [float(s) for s in re.findall(r"0\.\d+", mix.shown)]
        assert sum(shares or [1.0]) == pytest.approx(1.0, abs=1e-9)
    assert Mix((("a", 0.3), ("b", 0.7))).shown == "0.3 a + 0.7 b"
    assert default.shown == default.title == "mean of a + b + c + d"
