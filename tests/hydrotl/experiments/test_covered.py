"""Coverage of intervals: by hand, and over the records of a study."""

from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm

from hydrotl.experiments import covered, intervals, ungauged
from hydrotl.experiments.records import write_record
from hydrotl.experiments.study import Study
from hydrotl.yamlfile import load_yaml
from hydrotl_core.errors import ConfigError, DataError
from tests.synthetic import ROOT


def test_coverage_and_score_by_hand() -> None:
    """Nine days of flow 1 to 9, within 0 to 6: 7, 8 and 9 are 1, 2 and 3 above."""
    observed = np.array([[3.0, 1, 2, 5, 4, 6, 9, 8, 7, np.nan]])
    lower, upper = np.zeros((1, 10)), np.full((1, 10), 6.0)
    found = covered.coverage(lower, upper, observed, 0.9).iloc[0]
    assert found["coverage"] == pytest.approx(6 / 9)
    assert found[["low", "middle", "high"]].tolist() == [1, 1, 0]
    assert found["width"] == pytest.approx(6 / 5)
    # Gneiting & Raftery (2007), eq. 43: the width and 2 / 0.1 times what is outside.
    assert found["score"] == pytest.approx((6 + 20 * (1 + 2 + 3) / 9) / 5)


def test_basins_that_cannot_be_compared_have_no_coverage() -> None:
    observed = np.array([[np.nan] * 4, [0.0] * 4, [1.0] * 4])
    lower, upper = np.zeros((3, 4)), np.ones((3, 4))
    lower[2] = upper[2] = np.nan
    found = covered.coverage(lower, upper, observed, 0.9)
    assert found["coverage"].isna().tolist() == [True, False, True]
    assert found["coverage"].iloc[1] == 1
    assert np.isnan(found["width"].iloc[1])  # over a mean flow of nothing


def record(name: str, coverages: list[float], years: int = 1, **part: Any) -> dict[str, Any]:
    """A record of two ways whose rule chooses ``local``; other values follow from the coverage."""
    values = {key: [c + shift for c in coverages] for key, shift in SHIFTS.items()}
    return {
        "target": name,
        "basins": [str(k) for k in range(len(coverages))],
        "fit": [["2000-01-01", f"{2000 + years}-01-01"]] * len(coverages),
        "ways": ["local", "gr4j"],
        "candidates": ["local", "gr4j"],
        "held_out_products": [[0.1, 0.0, 9.0]] * len(coverages),
        "intervals": {"of": "local", "settings": covered.settings_key(), **values, **part},
    }


SHIFTS = dict(zip(covered.VALUES, (0.0, -0.1, 0.0, 0.1, 1.0, 2.0), strict=True))


@pytest.fixture
def study() -> Study:
    content = load_yaml(ROOT / "experiments" / "beyond.yaml") | {"rule": {}}
    return Study.model_validate(content)


def test_summary_is_the_mean_over_basins(study: Study) -> None:
    records = [
        record("1-0-1y", [0.8]),
        record("2-0-1y", [0.9, 1.0]),
        record("2-0-5y", [0.7, 0.9], 5),
        record("ind-4-basins", [0.6]),
    ]
    found = covered.coverage_summary(records, study)
    assert found is not None
    assert (found["targets"], found["of_targets"], found["rows"]) == (4, 4, 6)
    assert found["coverage"] == pytest.approx(4.9 / 6, abs=1e-4)
    assert found["high"] == pytest.approx(4.9 / 6 + 0.1, abs=1e-4)
    sizes = [(s["basins"], s["years"], s["coverage"]) for s in found["by_size"]]
    assert sizes == [(1, 1, 0.8), (2, 1, 0.95), (2, 5, 0.8)]
    assert [(r["region"], r["coverage"]) for r in found["by_region"]] == [("ind", 0.6)]


def test_records_without_an_interval_of_today_are_not_counted(study: Study) -> None:
    old = record("1-0-1y", [0.8])
    del old["intervals"]
    others = [record("1-1-1y", [0.8], of="gr4j"), record("1-2-1y", [0.8], settings="another")]
    assert covered.coverage_summary([old, *others], study) is None
    found = covered.coverage_summary([old, *others, record("1-3-1y", [0.9])], study)
    assert found is not None
    assert (found["targets"], found["of_targets"], found["coverage"]) == (1, 4, 0.9)


def test_a_target_is_of_the_region_with_the_longest_name(study: Study) -> None:
    few = study.model_copy(update={"regions": ["min", "min-river", "elsewhere/ind.yaml"]})
    found = [
        covered.home_of(n, few) for n in ("min-river-1-year", "min-1-year", "ind-all", "1-0-1y")
    ]
    assert found == ["min-river", "min", "ind", ""]


def basin(home: str, spread: float, seed: int, days: int = 730) -> ungauged.Basin:
    """A basin whose errors are of the logarithm, normal with ``spread``, mean flow ``seed`` + 1."""
    rng = np.random.default_rng(seed)
    predicted = (seed + 1) * rng.gamma(2.0, 0.5, (2, days))
    offset = intervals.OFFSET * (seed + 1)
    observed = (predicted + offset) * np.exp(rng.normal(0, spread, predicted.shape)) - offset
    return ungauged.Basin(home, predicted[0], observed[0], predicted[1], observed[1])


def test_ungauged_basins_are_held_by_the_errors_of_the_others() -> None:
    alike = [basin("", 0.3, seed) for seed in range(20)]
    found = ungauged.ungauged_summary(alike)
    assert found["coverage"] == pytest.approx(0.9, abs=0.015)
    assert np.array(found["errors"]["high"]) == pytest.approx([1.645 * 0.3] * 5, rel=0.1)
    # One with larger errors than all others is not held by theirs, and its own do not count.
    odd = ungauged.held_elsewhere([*alike, basin("odd", 1.2, 20)])
    assert odd["coverage"].iloc[20] < 0.5
    assert odd["home"].iloc[20] == "odd"


def test_every_basin_counts_alike_however_long_its_record() -> None:
    long, short = basin("", 0.1, 0, 20 * 365), basin("", 0.4, 1, 5 * 365)
    low, high = ungauged.pooled([long, short], 0.5)
    assert ungauged.BASIN_COUNTS == 8
    of_16 = 0.75 * 17 / 16
    expected = brentq(lambda x: norm.cdf(x / 0.1) / 2 + norm.cdf(x / 0.4) / 2 - of_16, 0, 1)
    assert high == pytest.approx([expected] * 5, rel=0.15)
    assert low == pytest.approx([-expected] * 5, rel=0.15)
    by_days = brentq(lambda x: 0.8 * norm.cdf(x / 0.1) + 0.2 * norm.cdf(x / 0.4) - of_16, 0, 1)
    assert by_days < 0.7 * expected


def test_interval_elsewhere_is_of_the_committed_errors(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "data_manifest.yaml").touch()
    monkeypatch.setenv("HYDROTL_ROOT", str(tmp_path))
    one = basin("", 0.3, 3)
    with pytest.raises(ConfigError, match="hydrotl beyond small"):
        ungauged.interval_elsewhere(one.test[None], "small")
    found = ungauged.ungauged_summary([basin("", 0.3, seed) for seed in range(5)])
    write_record(ungauged.ungauged_path("small"), found)
    lower, upper = ungauged.interval_elsewhere(one.test[None], "small")
    within = (one.observed >= lower[0]) & (one.observed <= upper[0])
    assert within.mean() == pytest.approx(0.92, abs=0.05)
    with pytest.raises(DataError, match="364 predicted days"):
        ungauged.interval_elsewhere(one.test[None, :364], "small")
    write_record(ungauged.ungauged_path("small"), found | {"settings": "another"})
    with pytest.raises(ConfigError, match="renews it"):
        ungauged.interval_elsewhere(one.test[None], "small")
