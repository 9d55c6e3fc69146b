"""Forgetting on a small project: the source's own basins, before and after training elsewhere."""

import json
from pathlib import Path

import numpy as np
import pytest

from hydrotl.config import load_source
from hydrotl.data.climate import with_climate
from hydrotl.experiments.forgetting import forgetting_tasks, measure_forgetting
from hydrotl.experiments.run import run_tasks
from hydrotl.experiments.source import shared_data, source_data, source_folder, source_tasks
from hydrotl.experiments.study import Forgetting, Study, load_study
from hydrotl_core.arrays import build_arrays, observed_flow
from hydrotl_core.errors import ConfigError
from hydrotl_core.recipe import Period
from hydrotl_core.simulation import simulate
from hydrotl_core.weights import load_model
from tests.synthetic import TINY, period, write_yaml

pytestmark = pytest.mark.slow

DAYS = period("2001-01-01", "2001-07-01")


@pytest.fixture(scope="module")
def study(project: Path) -> Study:
    """A study of which draws of one basin measure forgetting, and its trained source."""
    experiments = project / "experiments"
    climate = ["clim_prcp", "clim_aridity"]
    groups = {"1": TINY}
    recipe = {"title": "small", "source": {**TINY, "drop": 0.5}, "local": groups}
    recipe |= {"transfer": groups, "warm": {"default": TINY, "1": TINY}}
    write_yaml(experiments / "recipes" / "small.yaml", recipe)
    source = {
        "title": "Home",
        "dataset": "donor",
        "inputs": {
            "dynamic": ["prcp", "tmean"],
            "static": climate,
            "optional": {"climate": climate},
        },
        "recipe": "small",
        "train": ["2000-01-01", "2001-01-01"],
        "members": 1,
    }
    write_yaml(experiments / "sources" / "home.yaml", source)
    declared = {
        "title": "Small",
        "draws": {
            "dataset": "target",
            "basins": {},
            "seed": 1,
            "pool": 3,
            "least_flow": 0.5,
            "sizes": {1: 2, 2: 1},
            "years": [1],
            "until": "2001-01-01",
            "test": ["2001-01-01", "2001-07-01"],
        },
        "source": "home",
        "recipe": "small",
        "inputs": {"dynamic": ["prcp", "tmean"], "static": []},
        "ways": {"local": 1, "zero": 1},
        "ablations": {"warm": {"option": "warm-c"}},
        "forgetting": {
            "ways": ["zero", "warm"],
            "draws": 1,
            "years": [1],
            "basins": 2,
            "days": ["2001-01-01", "2001-07-01"],
        },
    }
    write_yaml(experiments / "forget.yaml", declared)
    list(run_tasks(source_tasks("home"), shared_data(["home"])))
    return load_study("forget")


def test_untrained_is_the_source_and_training_moves_it(study: Study) -> None:
    path = measure_forgetting("forget", study)
    record = json.loads(path.read_text())
    assert {(row["target"], row["way"]) for row in record["rows"]} == {
        (target, way) for target in ("1-0-1y", "2-0-1y") for way in ("zero", "warm")
    }
    assert record["basins"] == 2
    # By hand: the source's weights, its first two basins of the nested order, the usual NSE.
    ds = source_data(load_source(study.source))
    rng = np.random.default_rng(20210427)
    ids = sorted(str(basin) for basin in ds["basin"].values)
    first = sorted(ids[k] for k in rng.permutation(len(ids))[:2])
    ds = with_climate(ds.sel(basin=first), [period("2000-01-01", "2001-01-01")] * 2)
    model, card = load_model(source_folder("home") / "member-0.safetensors")
    arrays = build_arrays(ds, card.scaler, [DAYS] * 2, [DAYS] * 2, lead=365)
    flow = simulate(model, arrays, card.scaler)
    observed = observed_flow(ds, [DAYS] * 2)
    error = np.nansum((flow - observed) ** 2, axis=1)
    spread = np.nansum((observed - np.nanmean(observed, axis=1, keepdims=True)) ** 2, axis=1)
    expected = float(np.maximum(1 - error / spread, -1).mean())
    scores = {(row["target"], row["way"]): row["nse_mean"] for row in record["rows"]}
    assert scores["1-0-1y", "zero"] == pytest.approx(expected, abs=1e-4)
    assert scores["2-0-1y", "zero"] == scores["1-0-1y", "zero"]
    assert abs(scores["1-0-1y", "warm"] - expected) > 1e-3


def test_it_is_not_computed_twice(study: Study) -> None:
    path = measure_forgetting("forget", study)
    before = path.stat().st_mtime_ns
    tasks, _ = forgetting_tasks(study)
    for task in tasks.values():
        task.product.unlink()
    assert measure_forgetting("forget", study) == path
    assert path.stat().st_mtime_ns == before
    assert not any(task.product.is_file() for task in tasks.values())


def test_only_models_with_the_source_s_input_layer_go_home(study: Study) -> None:
    assert study.forgetting is not None
    local = study.forgetting.model_copy(update={"ways": ["local"]})
    with pytest.raises(ConfigError, match="local is no way of the study with the source's input"):
        forgetting_tasks(study.model_copy(update={"forgetting": local}))
    with pytest.raises(ConfigError, match="has no forgetting to measure"):
        forgetting_tasks(study.model_copy(update={"forgetting": None}))


def test_which_draws() -> None:
    days = Period.model_validate(["2001-01-01", "2001-07-01"])
    asked = Forgetting(ways=["zero"], draws=2, years=[1, 5], basins=3, days=days)
    wanted = ["1-0-1y", "10-1-5y"]
    others = ["1-2-1y", "1-0-2y", "ind-1-year"]
    assert [name for name in [*wanted, *others] if asked.wants(name)] == wanted
