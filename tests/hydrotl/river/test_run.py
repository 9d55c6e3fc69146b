"""A run of a folder: what it leaves, that its numbers are those of its files, and resuming."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from hydrotl.river.compare import compare_runs
from hydrotl.river.fit import Asked, fit_river
from hydrotl.river.folder import Run, read_gr4j, read_layers, read_run
from hydrotl.river.own import open_river
from hydrotl.river.series import kept_series
from hydrotl_core import load_model, simulate_file
from hydrotl_core.errors import ConfigError, WeightsError
from hydrotl_core.weights import member_paths
from tests.entry_point import call
from tests.hydrotl.river.conftest import BASINS, rivers, write_rivers

pytestmark = pytest.mark.slow


def test_a_run_leaves_one_folder_with_everything(made: Run) -> None:
    names = {path.name for path in made.folder.iterdir()}
    assert names == {
        *("README.md", "band.json", "gr4j.csv", "inputs.nc", "layers", "log.txt", "members"),
        *("report.html", "run.yaml", "scores.csv", "series.csv", "series.nc"),
    }
    assert not [p for p in made.folder.parent.iterdir() if p.name.endswith(".part")]
    assert sorted(made.basins) == sorted(BASINS)
    assert made.file.chosen == "mean of readout + warm-c + gr4j"
    for name, members in {"zero": 2, "warm-c": 2, "local": 1}.items():
        paths = member_paths(made.folder / "members" / name)
        assert [load_model(path)[1].seed for path in paths] == list(range(members))
    layers = read_layers(made.folder / "layers" / "readout" / "member-1.safetensors")
    assert sorted(layers) == sorted(BASINS)
    assert "finished" in (made.folder / "log.txt").read_text(encoding="utf-8")


def test_the_years_are_those_of_the_record(made: Run) -> None:
    ds = rivers()
    days = pd.DatetimeIndex(ds["time"].values)
    for basin, info in made.file.basins.items():
        assert info.test is not None
        seen = days[np.isfinite(ds["streamflow"].sel(basin=basin).values)]
        assert str(info.train.start) == str(seen[0].date())
        assert str(info.test.end) == str((seen[-1] + pd.Timedelta(1, "D")).date())
        assert info.train.end == info.test.start


def test_series_are_the_mean_of_members_by_their_weights(made: Run) -> None:
    series, ds = kept_series(made), made.inputs
    basins = made.basins
    warm = np.mean(
        [simulate_file(p, ds).values for p in member_paths(made.folder / "members" / "warm-c")],
        axis=0,
    )
    readout = []
    for number, path in enumerate(member_paths(made.folder / "members" / "zero")):
        layers = read_layers(made.folder / "layers" / "readout" / f"member-{number}.safetensors")
        order = np.stack([layers[basin] for basin in ds["basin"].values])
        readout.append(simulate_file(path, ds, layers=order).values)
    expected = (warm + np.mean(readout, axis=0) + series["gr4j"].values) / 3
    np.testing.assert_allclose(series["simulated"].values, expected, rtol=1e-5, atol=1e-6)
    assert list(series["basin"].values) == basins
    assert set(read_gr4j(made.folder / "gr4j.csv")) == set(basins)


def test_scores_are_those_of_the_series_in_the_csv(made: Run) -> None:
    table = pd.read_csv(made.folder / "series.csv", dtype={"basin": str})
    for basin in made.basins:
        days = table[(table["basin"] == basin) & (table["period"] == "test")]
        days = days.dropna(subset=["observed", "simulated"])
        error = ((days["simulated"] - days["observed"]) ** 2).sum()
        nse = 1 - error / ((days["observed"] - days["observed"].mean()) ** 2).sum()
        rows = made.scores.query("model == 'simulated' and period == 'test'")
        kept = rows[rows["basin"] == basin].iloc[0]
        assert kept["nse"] == pytest.approx(nse, abs=1e-3)
        assert kept["days"] == len(days)
        bias = 100 * (days["simulated"].sum() / days["observed"].sum() - 1)
        assert kept["bias_percent"] == pytest.approx(bias, abs=0.05)
    assert (table["low"] <= table["simulated"] + 1e-3).all()
    assert (table["high"] >= table["simulated"] - 1e-3).all()
    for basin, info in made.file.basins.items():
        assert info.test is not None
        for period, first in (("training", info.train.start), ("test", info.test.start)):
            days = table[(table["basin"] == basin) & (table["period"] == period)]
            assert days["date"].min() == str(first)


def test_a_member_simulates_in_three_lines(made: Run) -> None:
    text = (made.folder / "README.md").read_text(encoding="utf-8")
    lines = text.split("```python\n")[1].split("```")[0].splitlines()
    assert lines[:2] == ["import xarray as xr", "from hydrotl_core import simulate_file"]
    named = lines[2].split('"')[1]
    with xr.open_dataset(made.folder / "inputs.nc") as ds:
        flow = simulate_file(made.folder / named, ds)
    assert flow.dims == ("basin", "time")
    assert np.isfinite(flow.values).all()


def test_what_was_stopped_goes_on_and_nothing_is_half_written(
    project: Path, tmp_path: Path
) -> None:
    folder = write_rivers(tmp_path / "own", rivers().isel(basin=[0]))
    river = open_river(folder)
    said: list[str] = []

    def stop_late(line: str) -> None:
        said.append(line)
        if line.startswith("2 of 3"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit_river(river, Asked(), stop_late)
    store = folder / "runs" / "store"
    done = {path: path.stat().st_mtime_ns for path in store.glob("*.safetensors")}
    assert done
    assert [path.name for path in (folder / "runs").iterdir()] == ["store"]
    run = fit_river(open_river(folder), Asked(), said.append)
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in done.items())
    assert (run.folder / "report.html").is_file()
    again = fit_river(open_river(folder), Asked(out=tmp_path / "own" / "runs" / "b"), said.append)
    xr.testing.assert_equal(kept_series(run), kept_series(again))
    table, minds = compare_runs(read_run(run.folder), read_run(again.folder))
    assert (table["gain"] == 0).all()
    assert minds == []


def test_a_run_on_all_years_has_no_test_and_says_so(
    made: Run, project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ten months of flow, too few to leave some for a test."""
    ds = rivers()
    short = ds["streamflow"].sel(time=slice("2002-06-01", "2003-03-31"))
    ds["streamflow"] = short.reindex(time=ds["time"])
    folder = write_rivers(tmp_path / "short", ds)
    assert call("run", str(folder), "--jobs", "1") == 2
    assert "hydrotl run --all-years" in capsys.readouterr().err
    assert call("run", "target", "--all-years") == 2
    assert "for a folder of your own" in capsys.readouterr().err
    out = tmp_path / "all"
    assert call("run", str(folder), "--all-years", "--out", str(out), "--jobs", "1") == 0
    said = capsys.readouterr().out
    assert "none are left to test it on" in said
    assert "train on all years" not in said
    run = read_run(out)
    assert not run.file.tested
    for row, info in enumerate(run.file.basins.values()):
        seen = ds["time"].values[np.isfinite(ds["streamflow"].values[row])]
        assert info.test is None
        assert info.train.start == pd.Timestamp(seen[0]).date()
        assert info.train.end == (pd.Timestamp(seen[-1]) + pd.Timedelta(1, "D")).date()
    assert set(run.scores["period"]) == {"training"}
    assert set(kept_series(run)["period"].values.ravel()) == {"", "training"}
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Scores in the training years" in page
    assert "test years, mm/day" not in page
    assert "The test years had no part" not in page
    with pytest.raises(ConfigError, match="trained on all years"):
        compare_runs(made, run)


def test_comparison_tells_what_differs(made: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("compare", str(made.folder), str(made.folder)) == 0
    shown = capsys.readouterr().out
    assert "median" in shown
    assert "Mind" not in shown
    basins = dict(made.file.basins)
    moved = basins["upper"].model_copy(update={"test": basins["upper"].train})
    changed = made.file.model_copy(
        update={"basins": basins | {"upper": moved}, "data": {"hash": "other"}}
    )
    _, said = compare_runs(made, Run(made.folder, changed))
    assert said[0].startswith("the test years differ in upper")
    assert said[-1] == "the runs are of different data"


def test_names_that_are_no_run_or_no_folder_are_told(
    made: Run, project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("compare", str(made.folder.parents[1]), str(made.folder)) == 2
    assert "its runs are" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert call("run", str(tmp_path / "empty")) == 2
    assert "hydrotl init" in capsys.readouterr().err
    assert call("run", "target", "--out", str(tmp_path / "x")) == 2
    assert "--out" in capsys.readouterr().err
    own = str(made.folder.parents[1])
    assert call("run", own, "--updates", "3") == 2
    assert "--updates" in capsys.readouterr().err
    assert call("run", own, "--out", str(made.folder)) == 2
    assert "exists already" in capsys.readouterr().err


def test_damaged_files_of_a_run_are_named(made: Run, tmp_path: Path) -> None:
    copy = shutil.copytree(made.folder, tmp_path / "copy")
    path = copy / "layers" / "readout" / "member-0.safetensors"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(WeightsError, match="layers"):
        read_layers(path)
    (copy / "run.yaml").write_text("format: 3\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"run\.yaml"):
        read_run(copy)
