"""A run used on other weather, and exported."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr

from hydrotl.data.climate import with_climate
from hydrotl.river.export import export_run
from hydrotl.river.folder import Run
from hydrotl.river.own import open_forcing
from hydrotl.river.plan import weather_and_flow
from hydrotl.river.series import kept_series
from hydrotl.river.simulate import simulate_run
from hydrotl_core import simulate_file
from hydrotl_core.errors import ConfigError, DataError
from hydrotl_core.use import record_periods
from hydrotl_core.weights import load_model, member_paths
from tests.entry_point import call
from tests.hydrotl.river.conftest import BASINS, rivers, write_rivers

pytestmark = pytest.mark.slow


def same(one: np.ndarray, other: np.ndarray) -> None:
    """Equal but for the last digits of single precision."""
    np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_the_last_year_alone_gives_the_series_of_the_run(
    made: Run, project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    last = rivers().sel(time=slice("2003-01-01", None))
    folder = write_rivers(tmp_path / "last", last, flow=False)
    out = tmp_path / "flow.nc"
    assert call("simulate", str(made.folder), "--forcing", str(folder), "--out", str(out)) == 0
    assert "730 days of the run's own weather before 2003-01-01" in capsys.readouterr().out
    with xr.open_dataset(out) as found:
        expected = kept_series(made).sel(time=found["time"])
        assert found.sizes["time"] == 365
        for basin in BASINS:
            for name in ("simulated", "low", "high"):
                one, other = (ds[name].sel(basin=basin).values for ds in (found, expected))
                same(one, other)


def test_files_that_nothing_describes_are_looked_at_and_latitudes_are_the_runs(
    made: Run, project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    last = rivers().sel(time=slice("2003-01-01", None))
    folder = write_rivers(tmp_path / "last", last, flow=False)
    for name in ("region.yaml", "table.txt"):
        (folder / name).unlink()
    out = tmp_path / "flow.csv"
    assert call("simulate", str(made.folder), "--forcing", str(folder), "--out", str(out)) == 0
    assert "region.yaml" in capsys.readouterr().out
    found = pd.read_csv(out).pivot(index="date", columns="basin", values="simulated")
    expected = kept_series(made).sel(time=pd.DatetimeIndex(found.index))
    for basin in BASINS:
        difference = found[basin].to_numpy() - expected["simulated"].sel(basin=basin).values
        assert np.abs(difference).max() < 1e-4  # digits of the CSV


def test_basins_with_other_days_are_simulated_on_theirs(
    made: Run, project: Path, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    last = rivers().sel(time=slice("2003-01-01", None)).load()
    for name in ("prcp", "tmean"):
        last[name][1, :100] = np.nan
    second = str(last["basin"].values[1])
    forcing = open_forcing(write_rivers(tmp_path / "other", last, flow=False), made)
    recwarn.clear()
    found = simulate_run(made, *forcing).series["simulated"].sel(basin=second)
    assert not [one for one in recwarn if "missing" in str(one.message)]
    assert found[:100].isnull().all()
    expected = kept_series(made)["simulated"].sel(basin=second, time=found["time"][100:])
    same(found[100:].values, expected.values)


def test_flow_in_the_forcing_is_not_looked_at(made: Run, project: Path, tmp_path: Path) -> None:
    last = rivers().sel(time=slice("2003-01-01", None))
    spoilt = last.assign(streamflow=last["streamflow"] * 7)
    flows = []
    for name, ds in {"a": last, "b": spoilt}.items():
        forcing = open_forcing(write_rivers(tmp_path / name, ds), made)
        flows.append(simulate_run(made, *forcing).series["simulated"].values)
    np.testing.assert_array_equal(flows[0], flows[1])


def test_weather_after_a_gap_says_what_brings_the_state_up(
    made: Run, project: Path, tmp_path: Path
) -> None:
    later = rivers().assign_coords(time=pd.date_range("2010-01-01", periods=1095))
    found = simulate_run(made, *open_forcing(write_rivers(tmp_path / "x", later), made))
    assert "does not reach 2010-01-01" in found.said[0]
    assert np.isfinite(found.series["simulated"].values).all()


def test_more_rain_gives_more_flow_in_the_days_that_follow(
    made: Run, project: Path, tmp_path: Path
) -> None:
    last = rivers().sel(time=slice("2003-01-01", None))
    wet = last.assign(prcp=last["prcp"] * 3)
    flows = [
        simulate_run(made, *open_forcing(write_rivers(tmp_path / name, ds), made))
        .series["simulated"]
        .values
        for name, ds in {"dry": last, "wet": wet}.items()
    ]
    assert flows[1].mean() > flows[0].mean()


def test_an_ungauged_basin_gets_the_source_as_it_is(
    made: Run, project: Path, tmp_path: Path
) -> None:
    new = rivers().isel(basin=[0]).assign_coords(basin=["new"])
    folder = write_rivers(tmp_path / "new", new, flow=False, places={"new": (50.0, 10.0, 90.0)})
    ds, roles = open_forcing(folder, made)
    found = simulate_run(made, ds, roles)
    assert "No gauge of new is known" in found.said[-1]
    given = weather_and_flow(ds, roles)
    paths = member_paths(made.folder / "members" / "zero")
    given = with_climate(given, record_periods(given, load_model(paths[0])[1].scaler))
    expected = np.mean([simulate_file(path, given).values for path in paths], axis=0)
    same(found.series["simulated"].values, expected)


def test_missing_weather_in_a_forcing_is_refused(made: Run, project: Path, tmp_path: Path) -> None:
    last = rivers().sel(time=slice("2003-01-01", None)).load()
    last["tmean"][0, 100:150] = np.nan
    forcing = open_forcing(write_rivers(tmp_path / "gap", last), made)
    with pytest.raises(DataError, match=r"'tmean' is missing on 50 of"):
        simulate_run(made, *forcing)


def test_the_exported_program_needs_torch_alone_and_gives_the_same_flow(
    made: Run, project: Path, tmp_path: Path
) -> None:
    done = export_run(made, tmp_path / "model", "warm-c")
    step = torch.export.load(str(done.folder / "model.pt2")).module()
    static = torch.tensor(
        pd.read_csv(done.folder / "attributes.csv", index_col=0).to_numpy("float32")
    )
    ds = made.inputs
    names = list(load_model(done.member)[1].scaler.dynamic)
    weather = np.stack([ds[name].values for name in names], axis=-1)
    days = np.concatenate([weather[:, :365], weather], axis=1).astype(np.float32)
    h = c = torch.zeros(len(static), 8)
    flows = []
    with torch.no_grad():
        for day in days.swapaxes(0, 1):
            flow, h, c = step(torch.from_numpy(day), static, h, c)
            flows.append(flow.numpy())
    expected = simulate_file(done.member, ds).values
    found = np.stack(flows, axis=1)[:, 365:]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert "HIDDEN" not in (done.folder / "README.md").read_text(encoding="utf-8")


def test_what_cannot_be_exported_is_told(made: Run, project: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="output layer for each basin"):
        export_run(made, tmp_path / "a", "readout")
    with pytest.raises(ConfigError, match="it has"):
        export_run(made, tmp_path / "b", "gr4j")
    assert not list(tmp_path.iterdir())
