"""Blocked validation: what is hidden, and that nothing is predicted by who saw it."""

import numpy as np
import pytest

from hydrotl.experiments.blocks import fold_of_days, hidden, joined
from tests.synthetic import canonical, period


def test_blocks_of_a_year_go_to_the_folds_in_turn() -> None:
    fold = fold_of_days(366, 3, 61)
    changes = np.flatnonzero(np.diff(fold)) + 1
    assert changes.tolist() == [61, 122, 183, 244, 305]
    assert fold[[0, 61, 122, 183, 244, 305]].tolist() == [0, 1, 2, 0, 1, 2]


@pytest.mark.parametrize("days", [100, 365, 1827])
@pytest.mark.parametrize("folds", [2, 3, 5])
def test_folds_are_of_about_equal_size(days: int, folds: int) -> None:
    counts = np.bincount(fold_of_days(days, folds, 61), minlength=folds)
    assert counts.sum() == days
    # As many blocks to each, and blocks differ by a day at most.
    blocks = 1 + np.count_nonzero(np.diff(fold_of_days(days, folds, 61)))
    assert blocks % folds == 0
    assert counts.max() - counts.min() <= blocks / folds


def test_flow_of_the_fold_and_only_of_it_is_hidden() -> None:
    ds = canonical(n_basins=2, days=500)
    periods = [period("2000-02-01", "2000-08-01"), period("2000-03-01", "2001-03-01")]
    masked = hidden(ds, periods, (1, 3, 61))
    lost = np.isfinite(ds["streamflow"].values) & np.isnan(masked["streamflow"].values)
    for row, (first, days) in enumerate(((31, 182), (60, 365))):
        expected = np.zeros(500, dtype=bool)
        expected[first : first + days] = fold_of_days(days, 3, 61) == 1
        assert (lost[row] == (expected & np.isfinite(ds["streamflow"].values[row]))).all()
    assert masked["prcp"].identical(ds["prcp"])


def test_joined_takes_each_day_from_the_model_that_did_not_see_it() -> None:
    periods = [period("2000-01-01", "2000-12-31"), period("2000-01-01", "2000-04-10")]
    parts = [np.full((2, 365), float(k), dtype=np.float32) for k in range(3)]
    flow = joined(parts, periods, 61)
    assert (flow[0] == fold_of_days(365, 3, 61)).all()
    assert (flow[1, :100] == fold_of_days(100, 3, 61)).all()
    assert np.isnan(flow[1, 100:]).all()
