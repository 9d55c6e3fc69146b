"""The live page's arithmetic in a browser against the package: inputs, flow, output layers."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from hydrotl.data.catalog import open_dataset
from hydrotl.data.climate import CLIMATE
from hydrotl.data.derive import COMPUTED
from hydrotl_core.readout import fit_output, simulate_refitted, source_output, states
from hydrotl_core.simulation import simulate
from hydrotl_core.weights import load_model, load_weights, member_paths
from tests.chromium import chromium
from tests.live_page import (
    STATIC,
    WEIGHTS,
    Visit,
    arrays_of,
    as_dataset,
    days_of,
    write_site,
)

pytestmark = pytest.mark.slow

RUN = """const {flow, fitted, layer} = await hydrotlLive.crew.run(given.member, given.task);
return {flow: [...flow], fitted: fitted && [...fitted], layer: layer && [...layer]};"""
INPUTS = """return given.rivers.map((river) => {
    const {days, fixed} = hydrotlLive.inputsOf(river);
    return {days: Object.fromEntries(Object.entries(days).map(([k, v]) => [k, [...v]])), fixed};
});"""
#: Flow is compared relative to itself, and below a hundredth of a millimetre to that: it is a
#: difference of larger numbers, and float32 itself is not better.
LITTLE = 1e-2


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    with chromium() as browser:
        visit = Visit(browser, write_site(tmp_path_factory.mktemp("live")))
        yield visit
        assert visit.asked == []
        assert visit.complaints == []
        visit.context.close()


def sample(basin: str) -> dict[str, Any]:
    """A sample river with its flow."""
    one = open_dataset("sample", [basin]).isel(basin=0)
    known = np.flatnonzero(np.isfinite(one["prcp"].values))
    one = one.isel(time=slice(known[0], known[-1] + 1))
    start = int(one["time"].values[0].astype("datetime64[D]").astype(int))
    names = ("prcp", "tmin", "tmax", "tmean", "streamflow")
    daily = {name: one[name].values.astype(float) for name in names}
    return {**daily, "start": start, "latitude": float(one.gauge_lat), "area": float(one.area)}


def random_river(rng: np.random.Generator) -> dict[str, Any]:
    """A river of some place on earth: two temperatures or one, with gaps, an area or not."""
    n = int(rng.integers(380, 800))
    rain = rng.gamma(0.5, rng.uniform(2, 25), n) * (rng.random(n) < rng.uniform(0.1, 0.9))
    season = np.sin(2 * np.pi * (np.arange(n) / 365.25 + rng.random()))
    warmth = rng.uniform(-8, 27) + rng.uniform(0, 15) * season + rng.normal(0, 3, n)
    river: dict[str, Any] = {
        "start": int(rng.integers(-3000, 18000)),
        "latitude": float(rng.uniform(-75, 75)),
    }
    if rng.random() < 0.6:
        half = rng.uniform(0.5, 8, n)
        river |= {"tmin": warmth - half, "tmax": warmth + half}
    else:
        river["tmean"] = warmth
    if rng.random() < 0.5:
        river["area"] = float(10 ** rng.uniform(0, 5))
    rain[rng.random(n) < 0.01] = np.nan
    return river | {"prcp": rain}


def close(page: Any, package: np.ndarray, share: float, little: float = LITTLE) -> None:
    wanted = np.asarray(package, float)
    apart = np.abs(np.asarray(page, float) - wanted) / np.maximum(np.abs(wanted), little)
    assert np.nanmax(apart) < share


@pytest.mark.parametrize("basin", ["girnock", "sarapiqui", "tamaulipas"])
def test_flow_of_the_sample_rivers_is_that_of_torch(visit: Visit, basin: str) -> None:
    pytest.importorskip("lumod", reason="data: the sample basins come with lumod")
    river = sample(basin)
    for number, path in enumerate(member_paths(WEIGHTS)):
        model, card = load_model(path)
        _, arrays = arrays_of(as_dataset(river), card.scaler)
        wanted = simulate(model, arrays, card.scaler)[0]
        assert wanted.max() > 1
        got = visit.evaluate(RUN, member=number, task={"river": river})
        close(got["flow"], wanted, 1e-4)


def test_a_hundred_random_inputs_give_the_flow_of_torch(visit: Visit) -> None:
    rng = np.random.default_rng(0)
    model, card = load_model(member_paths(WEIGHTS)[0])
    for _ in range(100):
        river = random_river(rng)
        _, arrays = arrays_of(as_dataset(river), card.scaler)
        got = visit.evaluate(RUN, member=0, task={"river": river})
        close(got["flow"], simulate(model, arrays, card.scaler)[0], 1e-4)


def test_inputs_are_those_of_the_package(visit: Visit) -> None:
    rng = np.random.default_rng(1)
    rivers = [random_river(rng) for _ in range(100)]
    scaler = load_weights(member_paths(WEIGHTS)[0])[1].scaler
    for river, got in zip(rivers, visit.evaluate(INPUTS, rivers=rivers), strict=True):
        ds, _ = arrays_of(as_dataset(river), scaler)
        for name in (*COMPUTED, "prcp", *(["trange"] if "tmin" in river else [])):
            page = np.array(got["days"][name], float)
            np.testing.assert_array_equal(np.isnan(page), np.isnan(ds[name].values[0]))
            close(page, ds[name].values[0], 1e-6)
        assert ("trange" in got["days"]) == ("tmin" in river)
        for name in CLIMATE:
            close(got["fixed"][name], ds[name].values[0], 1e-6)
        assert got["fixed"].get("land_area") == river.get("area")


def test_without_webassembly_the_flow_is_the_same(visit: Visit) -> None:
    river = random_river(np.random.default_rng(2))
    fast, plain = (
        visit.evaluate(RUN, member=1, task={"river": river, "wasm": wasm})["flow"]
        for wasm in (True, False)
    )
    assert fast != plain  # another order of rounding: it was another way
    close(fast, np.array(plain), 1e-4)


def test_fitted_output_layer_is_that_of_the_package(visit: Visit) -> None:
    pytest.importorskip("lumod", reason="data: the sample basins come with lumod")
    river, fit, penalty = sample("girnock"), [0, 900], 0.003
    river["streamflow"][100:130] = np.nan
    ds = as_dataset(river)
    period = days_of(ds, *fit)
    task = {"river": river, "fit": fit, "flow": river["streamflow"], "penalty": penalty}
    for number, path in enumerate(member_paths(WEIGHTS)):
        model, card = load_model(path)
        _, arrays = arrays_of(ds, card.scaler, period)
        h, flow = states(model, arrays)[0], arrays.flow[0, arrays.lead :]
        layer = fit_output(h[: fit[1]], flow[: fit[1]], source_output(model), penalty)
        wanted = simulate_refitted(model, arrays, card.scaler, layer[None])[0]
        got = visit.evaluate(RUN, member=number, task=task)
        assert np.abs(np.array(got["layer"]) - layer).max() < 1e-4 * np.abs(layer).max()
        close(got["fitted"], wanted, 1e-4, 0.1)  # its larger weights carry more of the rounding
        close(got["flow"], simulate(model, arrays, card.scaler)[0], 1e-4)


def test_a_record_without_flow_leaves_the_layer_as_it_is(visit: Visit) -> None:
    river = random_river(np.random.default_rng(3))
    nothing = np.full(len(river["prcp"]), np.nan)
    task = {"river": river, "fit": [0, 380], "flow": nothing, "penalty": 0.003}
    got = visit.evaluate(RUN, member=0, task=task)
    assert got["fitted"] == got["flow"]


def test_engine_is_short() -> None:
    engine = ["csv", "derive", "scale", "kernel", "lstm", "solve", "readout", "metrics", "worker"]
    lines = [(STATIC / f"{name}.js").read_text(encoding="utf-8").count("\n") for name in engine]
    assert sum(lines) <= 800
