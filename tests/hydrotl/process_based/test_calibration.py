"""GR4J with snow: the library against the papers' equations, and its calibration."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from hydrotl.config import load_region
from hydrotl.data.catalog import open_dataset
from hydrotl.data.manifest import Attributes, load_manifest
from hydrotl.experiments.records import read_record
from hydrotl.process_based import WARM_UP_DAYS, calibration, gr4j
from hydrotl.process_based.benchmark import benchmark_data, run_benchmark
from hydrotl.process_based.calibration import BOUNDS, SNOWLESS, calibrate, simulate_calibrated
from hydrotl_core.errors import DataError
from tests import reference_gr4j
from tests.entry_point import call
from tests.synthetic import canonical, period, write_yaml

SCOTLAND = load_manifest()["sample"].attributes
NONE = Attributes()
TRUE = np.array([320.0, -0.7, 70.0, 1.9, 0.3, 3.0])


@pytest.fixture(scope="module")
def girnock() -> xr.Dataset:
    """The Scottish sample basin, with 60 mm of snow a year."""
    return open_dataset("sample", basins=["girnock"]).isel(basin=0)


def shown_by(ds: xr.Dataset, flow: np.ndarray, start: str) -> xr.Dataset:
    """``ds`` with ``flow`` observed from ``start`` on."""
    changed = ds.copy(deep=True)
    first = int(np.searchsorted(ds["time"].values, np.datetime64(start)))
    changed["streamflow"].values[first : first + len(flow)] = flow
    return changed


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Searches that end early, where skill is not the question."""
    monkeypatch.setattr(calibration, "GENERATIONS", 5)


@pytest.mark.parametrize(
    "parameters", [TRUE, np.array([90.0, 2.1, 30.0, 0.7, 0.9, 6.0]), [700, 0, 200, 4.6, 0, 1]]
)
def test_model_is_that_of_the_papers(girnock: xr.Dataset, parameters: np.ndarray) -> None:
    weather = gr4j.basin_weather(girnock, SCOTLAND, period("2004-10-01", "2007-09-30"))
    flow = gr4j.snow_model(weather, gr4j.yearly_snow(weather))(np.asarray(parameters, dtype=float))
    *stores, ctg, kf = parameters
    water = reference_gr4j.cemaneige(
        weather["rain"].to_numpy(),
        weather["temperature"].to_numpy(),
        ctg,
        kf,
        gr4j.yearly_snow(weather),
    )
    expected = reference_gr4j.gr4j(water, weather["evaporation"].to_numpy(), *stores)
    assert water.sum() > 500
    # the library rounds 0.9 and 0.1 to single precision, as airGR does
    np.testing.assert_allclose(flow, expected[WARM_UP_DAYS:], atol=1e-5)


def test_weather_and_stores_are_those_of_another_library(girnock: xr.Dataset) -> None:
    """Evaporation after Oudin and GR4J, computed by lumod from the same water."""
    from lumod import load_example
    from lumod.models import GR4J

    info, frame = load_example(3)
    weather = gr4j.basin_weather(girnock, SCOTLAND, period("2004-10-01", "2007-09-30"))
    days = pd.date_range("2003-10-02", periods=len(weather["rain"].to_numpy()))
    driven = frame.loc[days, ["prec", "tmean"]]
    evaporation = GR4J(area=86.4, lat=info["lat"]).run(driven)["pet"]
    np.testing.assert_allclose(weather["evaporation"].to_numpy(), evaporation, atol=0.02)
    np.testing.assert_allclose(weather["rain"].to_numpy(), driven["prec"], atol=1e-4)
    assert weather.index[WARM_UP_DAYS] == np.datetime64("2004-10-01")

    water = reference_gr4j.cemaneige(
        weather["rain"].to_numpy(),
        weather["temperature"].to_numpy(),
        TRUE[4],
        TRUE[5],
        gr4j.yearly_snow(weather),
    )
    forcing = pd.DataFrame({"prec": water, "pet": weather["evaporation"].to_numpy()}, index=days)
    names = dict(zip(("x1", "x2", "x3", "x4"), TRUE[:4], strict=True))
    other = GR4J(area=86.4, lat=0).run(forcing, ps0=0.3, rs0=0.5, **names)["qt"].to_numpy()
    flow = gr4j.snow_model(weather, gr4j.yearly_snow(weather))(TRUE)
    np.testing.assert_allclose(flow, other[WARM_UP_DAYS:], atol=1e-5)


def test_calibration_finds_the_parameters_that_made_the_flow(girnock: xr.Dataset) -> None:
    train = period("2004-10-01", "2005-10-01")
    weather = gr4j.basin_weather(girnock, SCOTLAND, train)
    made = gr4j.snow_model(weather, gr4j.yearly_snow(weather))(TRUE)
    found = calibrate(shown_by(girnock, made, "2004-10-01"), SCOTLAND, train, seed=0)
    assert found["nse"] > 0.9999
    # in two winters the snow's memory CTG hardly shows
    known = ["X1", "X2", "X3", "X4", "Kf"]
    np.testing.assert_allclose([found[k] for k in known], TRUE[[0, 1, 2, 3, 5]], rtol=0.03)
    assert abs(found["CTG"] - TRUE[4]) < 0.2


def test_calibration_is_at_least_as_good_as_airgrs_own(girnock: xr.Dataset) -> None:
    import grsuite

    train = period("2004-10-01", "2006-10-01")
    weather = gr4j.basin_weather(girnock, SCOTLAND, train)
    observed = girnock["streamflow"].sel(time=slice("2004-10-01", "2006-09-30")).values
    inputs = grsuite.InputsModel(
        np.datetime64("2003-10-02") + np.arange(len(weather["rain"].to_numpy())),
        weather["rain"].to_numpy(),
        weather["evaporation"].to_numpy(),
        weather["temperature"].to_numpy(),
        [weather["rain"].to_numpy()],
        [weather["temperature"].to_numpy()],
        [weather["snow"].to_numpy()],
    )
    options = grsuite.RunOptions(
        inputs,
        "CemaNeigeGR4J",
        np.arange(365, 1095),
        mean_an_solid_precip=[gr4j.yearly_snow(weather)],
    )
    michel = grsuite.calibration_michel(
        inputs,
        options,
        grsuite.InputsCrit("NSE", obs=observed.astype(float)),
        grsuite.CalibOptions("CemaNeigeGR4J"),
        verbose=False,
    )
    ours = calibrate(girnock, SCOTLAND, train, seed=0)["nse"]
    assert 0.5 < michel.crit_final - 0.001 < ours < michel.crit_final + 0.05


@pytest.mark.usefixtures("short")
def test_nothing_after_the_training_period_counts(girnock: xr.Dataset) -> None:
    train = period("2004-10-01", "2005-10-01")
    known = calibrate(girnock, SCOTLAND, train, seed=3)
    later = girnock["time"].values >= np.datetime64("2005-10-01")
    changed = girnock.copy(deep=True)
    changed["streamflow"].values[later] = 7.0
    changed["prcp"].values[later] = 50.0
    for name in ("tmin", "tmean", "tmax"):
        changed[name].values[later] = np.nan
    assert calibrate(changed, SCOTLAND, train, seed=3) == known

    changed["streamflow"].values[~later] *= 0.5
    other = calibrate(changed, SCOTLAND, train, seed=3)
    assert not np.allclose([other[k] for k in BOUNDS], [known[k] for k in BOUNDS])


def test_a_test_after_training_goes_on_from_it(girnock: xr.Dataset) -> None:
    known = {**dict(zip(BOUNDS, TRUE, strict=True)), "snow": 60.0}
    train, test = period("2004-10-01", "2005-10-01"), period("2006-01-01", "2006-07-01")
    flow = simulate_calibrated(girnock, SCOTLAND, known, train, test)
    whole = gr4j.basin_weather(girnock, SCOTLAND, period("2004-10-01", "2006-07-01"))
    expected = gr4j.snow_model(whole, 60.0)(TRUE)
    assert flow.shape == (181,)
    np.testing.assert_allclose(flow, expected[-181:], rtol=1e-6)

    earlier = simulate_calibrated(girnock, SCOTLAND, known, test, train)
    alone = gr4j.snow_model(gr4j.basin_weather(girnock, SCOTLAND, train), 60.0)(TRUE)
    np.testing.assert_allclose(earlier, alone, rtol=1e-6)


@pytest.mark.usefixtures("short")
def test_gaps_and_late_records() -> None:
    ds = canonical(n_basins=3, days=900, seed=4)
    train, test = period("2001-01-01", "2002-01-01"), period("2002-01-01", "2002-06-01")
    for name in ("prcp", "tmean", "pet"):
        ds[name].values[0, 400:480] = np.nan  # a gap inside
        ds[name].values[1, :500] = np.nan  # the record begins in the training period
        ds[name].values[1, 850:] = np.nan  # and ends in the test period
    ds["streamflow"].values[0, 500:640] = np.nan
    ds["streamflow"].values[2, :731] = np.nan  # nothing to train on
    weather = gr4j.basin_weather(ds.isel(basin=0), NONE, train)
    gap = slice(400 - 1, 480 - 1)  # the warm-up begins on day 1: 2000 is a leap year
    assert (weather["rain"].to_numpy()[gap] == 0).all()
    before, after = ds["tmean"].values[0, [399, 480]].astype(float)
    line = np.linspace(before, after, 82)[1:-1]
    np.testing.assert_allclose(weather["temperature"].to_numpy()[gap], line, rtol=1e-6)

    late = gr4j.basin_weather(ds.isel(basin=1), NONE, train)
    assert late.index[WARM_UP_DAYS] == np.datetime64("2001-05-15")
    record = ds["prcp"].values[1, 500:731].astype(float)
    # 231 days of record; those before it are its own, repeated backwards
    np.testing.assert_array_equal(late["rain"].to_numpy()[365:], record)
    np.testing.assert_array_equal(late["rain"].to_numpy()[365 - 231 : 365], record)

    basins = [ds.isel(basin=i) for i in range(3)]
    found = [calibrate(one, NONE, train, seed=0) for one in basins]
    assert [np.isfinite(one["nse"]) for one in found] == [True, True, False]
    assert {key for key, value in found[2].items() if value == value} == {"runs"}
    flow = [
        simulate_calibrated(one, NONE, known, train, test)
        for one, known in zip(basins, found, strict=True)
    ]
    assert np.isfinite(flow[0]).all()
    assert np.isfinite(flow[1][:119]).all()
    assert np.isnan(flow[1][119:]).all()
    assert np.isnan(flow[2]).all()


@pytest.mark.usefixtures("short")
def test_without_snow_its_parameters_are_fixed() -> None:
    ds = canonical(n_basins=1, days=400, seed=1)
    ds["tmean"] = (ds["tmean"] + 25).assign_attrs(units="degC")
    found = calibrate(ds.isel(basin=0), NONE, period("2000-01-01", "2001-01-01"), seed=0)
    assert found["snow"] == 0
    assert {name: found[name] for name in SNOWLESS} == SNOWLESS


def test_where_the_evaporation_comes_from() -> None:
    ds = canonical(n_basins=1, days=400)
    roles = Attributes(latitude="slope")
    other = ds.rename(pet="pet_gleam")
    assert gr4j.evaporation_source(ds, roles) == "pet"
    assert gr4j.evaporation_source(other, roles) == "oudin"
    assert gr4j.evaporation_source(other, NONE) == "pet_gleam"
    with pytest.raises(DataError, match="name the attribute with the latitude"):
        gr4j.evaporation_source(ds.drop_vars("pet"), NONE)


def test_periods_the_data_do_not_have() -> None:
    ds = canonical(n_basins=1, days=400)
    with pytest.raises(DataError, match=r"basin 0001: period 2001-01-01.* is not covered"):
        calibrate(ds.isel(basin=0), NONE, period("2001-01-01", "2002-01-01"), seed=0)
    ds["prcp"].values[:] = np.nan
    with pytest.raises(DataError, match="basin 0001 has no day of forcing"):
        calibrate(ds.isel(basin=0), NONE, period("2000-01-01", "2001-01-01"), seed=0)


@pytest.mark.slow
@pytest.mark.usefixtures("short")
def test_calibrate_prints_and_saves(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("calibrate", "target", "--members", "2", "--jobs", "1", "--save") == 0
    row = capsys.readouterr().out.splitlines()[1].split()
    record = read_record(
        project / "results" / "target" / "conceptual" / "1-year_cemaneige-gr4j.json"
    )
    assert row[:4] == ["1-year", "cemaneige-gr4j", "2", "2"]
    assert row[4:6] == [f"{record['nse_mean']:.4f}", f"{record['nse_median']:.4f}"]
    assert record["basins"] == ["0001", "0002"]
    assert record["days_scored"] == record["days_observed"]
    assert record["calibration"]["evaporation"] == "pet"
    assert record["provenance"]["library"].startswith("grsuite ")
    assert record["deviations"] == ["all of it"]
    ds, train = benchmark_data(load_region("target")), period("2000-01-01", "2000-12-31")
    for member in ("0", "1"):
        alone = [calibrate(ds.isel(basin=i), NONE, train, int(member))["nse"] for i in (0, 1)]
        np.testing.assert_allclose(record["train_nse"][member], alone, atol=1e-4)
        assert set(record["parameters"][member]) == {*BOUNDS, "snow"}
        for name, (low, high) in BOUNDS.items():
            assert all(low <= value <= high for value in record["parameters"][member][name])
    json.dumps(record, allow_nan=False)


@pytest.mark.usefixtures("short")
def test_a_basin_is_calibrated_once(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(project / "runs", ignore_errors=True)
    first = run_benchmark("target")[0]
    kept = sorted((project / "runs" / "store").glob("*.safetensors"))
    searched: list[int] = []

    def counted(*given: Any) -> dict[str, float]:
        searched.append(given[-1])
        return calibrate(*given)

    monkeypatch.setattr("hydrotl.process_based.benchmark.calibrate", counted)
    assert run_benchmark("target")[0] == first
    assert searched == []
    kept[0].unlink()  # as a run that was stopped before its last basin leaves it
    again = run_benchmark("target")[0]
    assert searched == [0]
    assert again["parameters"] == first["parameters"]
    assert again["error_products"] == first["error_products"]
    assert sorted((project / "runs" / "store").glob("*.safetensors")) == kept


def test_a_region_without_latitude_is_one_clear_line(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from hydrotl.yamlfile import load_yaml

    manifest = load_yaml(project / "data_manifest.yaml")
    entry = manifest["datasets"]["target"]
    del entry["attributes"]["latitude"], entry["variables"]["pet"]
    write_yaml(project / "own.yaml", entry)
    region = load_yaml(project / "experiments" / "regions" / "target.yaml")
    region |= {"dataset": str(project / "own.yaml"), "basins": {}}
    write_yaml(project / "experiments" / "regions" / "own.yaml", region)
    assert call("calibrate", "own", "--jobs", "1") == 2
    error = capsys.readouterr().err
    assert "error: GR4J needs potential evapotranspiration" in error
    assert "Traceback" not in error
