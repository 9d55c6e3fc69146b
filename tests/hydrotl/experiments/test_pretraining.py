"""Learning from a process-based teacher, and the experiment."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr

from hydrotl.config import Region
from hydrotl.data.catalog import open_dataset
from hydrotl.experiments.cells import Cell, CellTask, train_member
from hydrotl.experiments.experiment import run_cells
from hydrotl.experiments.pretraining import learn_guide, teaching_periods
from hydrotl_core.errors import DataError
from hydrotl_core.scaling import STREAMFLOW
from hydrotl_core.simulation import simulate
from tests.synthetic import canonical, fitted, model_for, period, training, write_project

TRAINED = period("2000-01-01", "2001-06-01")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("project")
    write_project(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HYDROTL_ROOT", str(root))
        patch.setenv("HYDROTL_DATA", str(root / "data"))
        yield root


def guide_of(ds: xr.Dataset, factor: float = 2.0) -> xr.DataArray:
    return (factor * ds["prcp"].rolling(time=5, min_periods=1).mean()).transpose("basin", "time")


def test_guide_is_learned_and_not_the_observations() -> None:
    ds, config = canonical(), training(updates=150, lr=0.02)
    periods = [TRAINED] * 3
    scaler, arrays = fitted(ds, config, periods)
    guide = guide_of(ds)
    model = model_for(scaler, config)
    log = learn_guide(model, ds, guide, periods, scaler, config, seed=1)
    assert log.losses[-1][1] < 0.5 * log.losses[0][1]

    hidden = ds.assign({STREAMFLOW: ds[STREAMFLOW] * np.nan})
    blind = model_for(scaler, config)
    learn_guide(blind, hidden, guide, periods, scaler, config, seed=1)
    for name, value in model.state_dict().items():
        assert torch.equal(value, blind.state_dict()[name]), name

    taught = scaler.model_copy(
        update={"streamflow": fitted(ds.assign({STREAMFLOW: guide}), config, periods)[0].streamflow}
    )
    simulated = simulate(model, arrays, taught)[:, 100:]
    wanted = guide.values[:, : simulated.shape[1] + 100][:, 100:]
    assert np.corrcoef(simulated.ravel(), wanted.ravel())[0, 1] > 0.8


def test_guide_of_other_basins_or_years_is_refused() -> None:
    ds, config = canonical(), training()
    periods = [TRAINED] * 3
    scaler, _ = fitted(ds, config, periods)
    model, guide = model_for(scaler, config), guide_of(ds)
    with pytest.raises(DataError, match="basins are not those"):
        learn_guide(model, ds, guide.isel(basin=[0, 1]), periods, scaler, config, seed=0)
    with pytest.raises(DataError, match="times are not those"):
        learn_guide(model, ds, guide.isel(time=slice(9)), periods, scaler, config, seed=0)
    guide[1] = np.nan
    with pytest.raises(DataError, match="training years of 0002"):
        learn_guide(model, ds, guide, periods, scaler, config, seed=0)


def test_process_start_differs_from_local_only_by_the_guide(project: Path) -> None:
    ds = open_dataset("target", basins=["0001", "0002"])
    task = CellTask(Cell("target", "1-year", "process-rain", "tiny"), member=0)
    first = train_member(task, teacher=guide_of(ds))
    again = train_member(task, teacher=guide_of(ds))
    np.testing.assert_array_equal(first.simulated, again.simulated)
    other = train_member(task, teacher=guide_of(ds).roll(time=100))
    assert not np.array_equal(first.simulated, other.simulated)
    local = run_cells([Cell("target", "1-year", "local", "tiny")], members=1)
    (result,) = local.values()
    assert not np.array_equal(first.simulated, result.simulation["simulated"].values[0])
    assert first.arrays.basins == list(result.simulation["basin"].values)


def test_process_member_without_teacher_is_refused(project: Path) -> None:
    with pytest.raises(ValueError, match="process-rain needs its teacher"):
        train_member(CellTask(Cell("target", "1-year", "process-rain", "tiny"), member=0))
    guide = guide_of(open_dataset("target", basins=["0001", "0002"]))
    with pytest.raises(ValueError, match="local has no teacher"):
        train_member(CellTask(Cell("target", "1-year", "local", "tiny"), member=0), teacher=guide)


def test_teacher_is_learned_over_the_longest_training_period() -> None:
    test = ["2005-01-01", "2006-01-01"]
    short = {"train": ["2000-01-01", "2001-01-01"], "test": test}
    own = {"0002": {"train": ["1999-01-01", "2000-01-01"], "test": test}}
    region = Region.model_validate(
        {
            "title": "two settings",
            "dataset": "target",
            "inputs": {"dynamic": ["prcp"]},
            "settings": {
                "1-year": short,
                "multi-year": {
                    "train": ["2000-01-01", "2004-01-01"],
                    "test": test,
                    "per_basin": own,
                },
            },
        }
    )
    assert teaching_periods(region, ["0001", "0002"]) == [
        period("2000-01-01", "2004-01-01"),
        period("2000-01-01", "2001-01-01"),
    ]


def test_ensemble_is_tested_like_every_other(project: Path) -> None:
    ds = open_dataset("target", basins=["0001", "0002"])
    cells = [Cell("target", "1-year", option, "tiny") for option in ("local", "process-rain")]
    local, process = run_cells(
        cells, members=2, updates=3, teachers={"process-rain": guide_of(ds)}
    ).values()
    assert process.cell.option == "process-rain"
    assert process.training.updates == 3
    assert process.simulation.sizes == local.simulation.sizes
    np.testing.assert_array_equal(
        process.simulation["observed"].values, local.simulation["observed"].values
    )
    members = process.simulation["simulated"].values
    assert not np.array_equal(members[0], members[1])
