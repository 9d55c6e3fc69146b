"""Scores of a basin, by hand."""

import numpy as np
import pandas as pd
import pytest

from hydrotl.river.scores import basin_scores, peak_timing


def test_scores_by_hand() -> None:
    rng = np.random.default_rng(0)
    observed = rng.gamma(2, 1.5, 400)
    simulated = 0.8 * observed + rng.normal(0, 0.2, 400)
    observed[50:60] = np.nan
    found = basin_scores(simulated, observed)
    seen = np.isfinite(observed)
    s, o = simulated[seen], observed[seen]
    r, alpha, beta = np.corrcoef(s, o)[0, 1], s.std() / o.std(), s.mean() / o.mean()
    kge = 1 - np.sqrt((r - 1) ** 2 + (alpha - 1) ** 2 + (beta - 1) ** 2)
    assert found["nse"] == pytest.approx(1 - ((s - o) ** 2).sum() / ((o - o.mean()) ** 2).sum())
    assert [found[n] for n in ("kge", "r", "alpha", "beta")] == pytest.approx([kge, r, alpha, beta])
    assert found["bias_percent"] == pytest.approx(100 * (beta - 1))
    high = [np.sort(v)[-8:].sum() for v in (s, o)]  # 2 % of 390 days
    low = [np.sort(v)[:117].sum() for v in (s, o)]  # 30 %
    assert found["high_flow_percent"] == pytest.approx(100 * (high[0] / high[1] - 1))
    assert found["low_flow_percent"] == pytest.approx(100 * (low[0] / low[1] - 1))
    assert found["days"] == 390


def test_a_river_that_falls_dry_has_no_error_of_low_flow() -> None:
    observed = np.r_[np.zeros(200), np.full(100, 5.0)]
    found = basin_scores(observed + 0.1, observed)
    assert np.isnan(found["low_flow_percent"])
    assert np.isfinite(found["nse"])


def test_too_few_days_or_a_flow_that_never_varies_have_no_score() -> None:
    day = np.arange(20.0)
    assert np.isnan(basin_scores(day, day)["nse"])
    assert np.isnan(basin_scores(np.arange(90.0), np.full(90, 2.0))["nse"])


def test_peak_timing_counts_the_days_between_peaks() -> None:
    observed, simulated = np.ones(600), np.ones(600)
    for peak, shift in ((100, 1), (300, -2), (500, 0)):
        observed[peak], simulated[peak + shift] = 20.0, 9.0
    assert peak_timing(simulated, observed) == pytest.approx(1.0)
    assert pd.isna(peak_timing(simulated, np.full(600, np.nan)))
