"""Running SWAT+: failures of a program, and the program itself where it is."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hydrotl.data.catalog import open_dataset
from hydrotl.data.manifest import load_manifest
from hydrotl.experiments.records import read_record
from hydrotl.process_based.swat.inputs import basin_of, weather_record
from hydrotl.process_based.swat.installation import EXECUTABLE_SHA256
from hydrotl.process_based.swat.project import write_project
from hydrotl.process_based.swat.run import run_swat, swat_streamflow
from hydrotl.process_based.teachers import teacher_flow, teacher_skill
from hydrotl.yamlfile import load_yaml
from hydrotl_core.errors import ProcessModelError
from tests.entry_point import call
from tests.swat_program import swat_installation
from tests.synthetic import ROOT, write_yaml

pytestmark = pytest.mark.slow


def program(tmp_path: Path, script: str) -> Path:
    path = tmp_path / "program"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo reading; echo no such table >&2; exit 3", r"exit code 3\):\nreading\nno such table"),
        ("echo done", r"exit code 0\):\ndone"),
        ("echo begun; exec sleep 60", r"not finish within 1 s in .*:\nbegun"),
    ],
)
def test_a_failed_run_shows_the_end_of_its_log(tmp_path: Path, script: str, said: str) -> None:
    project = tmp_path / "TxtInOut"
    project.mkdir()
    # of an earlier run: must not pass for this one's
    (project / "channel_sd_day.txt").write_text("old\n")
    with pytest.raises(ProcessModelError, match=said):
        run_swat(project, program(tmp_path, script), 1.0, timeout=1)


def test_a_file_that_is_no_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "swat.exe"
    path.write_bytes(b"MZ\0\0")
    path.chmod(0o755)
    with pytest.raises(ProcessModelError, match="name one for your system with HYDROTL_SWAT_EXE"):
        run_swat(tmp_path, path, 1.0)


def test_swat_runs_the_sample_basins() -> None:
    installation = swat_installation()
    ds, entry = open_dataset("sample", basins=["girnock", "sarapiqui"]), load_manifest()["sample"]
    flow, runs = swat_streamflow(ds, entry, installation)
    assert [basin.name for basin, *_ in runs] == ["girnock", "sarapiqui"]
    assert any("successfully" in line for *_, run in runs for line in run.log)
    for basin, _, run in runs:
        one = flow.sel(basin=basin.name).to_series().dropna()
        assert one.index[0] == run.flow.index[0] + pd.Timedelta(365, "D")
        assert one.index[-1] == run.flow.index[-1]
        days = ds.sel(basin=basin.name, time=one.index)
        # A water balance: less than the rain, and in these wet basins most of it.
        share = float(one.sum() / days["prcp"].sum())
        assert 0.4 < share < 1.0
        # Both rivers are followed without any calibration.
        observed = days["streamflow"].to_series()
        assert np.corrcoef(one, observed)[0, 1] > 0.6
        error = ((one - observed) ** 2).sum() / ((observed - observed.mean()) ** 2).sum()
        assert 1 - error > 0.3
    again, _ = swat_streamflow(ds.isel(basin=[0]), entry, installation)
    np.testing.assert_array_equal(again.values[0], flow.values[0])


def test_depth_does_not_depend_on_the_area(tmp_path: Path) -> None:
    """A hundred times the area gives a hundred times the flow: the units hold together."""
    installation = swat_installation()
    one = open_dataset("sample", basins=["girnock"]).isel(basin=0)
    basin, _ = basin_of(one, load_manifest()["sample"])
    weather, _ = weather_record(one, basin.latitude, basin.elevation)
    weather = weather.iloc[:600]
    flows = []
    for area in (30.0, 3000.0):
        folder = tmp_path / str(area)
        sized = dataclasses.replace(basin, area=area)
        write_project(folder, sized, weather, installation.databases)
        flows.append(run_swat(folder, installation.executable, area).flow)
    assert flows[1].mean() == pytest.approx(flows[0].mean(), rel=0.02)


def test_a_program_that_stops_on_bad_input_is_reported(tmp_path: Path) -> None:
    installation = swat_installation()
    one = open_dataset("sample", basins=["girnock"]).isel(basin=0)
    basin, _ = basin_of(one, load_manifest()["sample"])
    weather, _ = weather_record(one, basin.latitude, basin.elevation)
    write_project(tmp_path / "x", basin, weather.iloc[:40], installation.databases)
    (tmp_path / "x" / "hru-data.hru").write_text("nothing\n")
    with pytest.raises(ProcessModelError, match="SWAT"):
        run_swat(tmp_path / "x", installation.executable, 30.0, timeout=60)


def test_command_prints_and_saves_the_flow_of_the_teacher(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    installation = swat_installation()
    for module in ("process_based.swat.record", "experiments.records"):
        monkeypatch.setattr(f"hydrotl.{module}.results_dir", lambda: tmp_path)
    region = load_yaml(ROOT / "experiments" / "regions" / "sample.yaml")
    path = tmp_path / "burn.yaml"
    write_yaml(path, {**region, "basins": {"ids": ["girnock"]}})
    assert call("swat", str(path), "--save") == 0
    printed = capsys.readouterr().out
    record = json.loads((tmp_path / "burn" / "swat" / "uncalibrated.json").read_text())
    flow = teacher_flow(str(path), "swat")
    assert list(record["settings"]) == ["multi-year", "1-year"]
    for name, scores in record["settings"].items():
        np.testing.assert_allclose(
            scores["nse"], teacher_skill(flow, str(path), name)["nse"], atol=1e-4
        )
        assert scores["days"] == [729]
    assert f"{record['settings']['1-year']['nse'][0]}" in printed
    assert record["executable"]["sha256"] == installation.sha256
    if installation.sha256 == EXECUTABLE_SHA256:
        assert "Revision 61.0.1" in record["executable"]["build"]
    assert record["basins"][0]["estimates"][0] == "elevation: not known, 0 m"


def test_committed_result_is_what_swat_gives(real_data: Callable[[str], Path]) -> None:
    real_data("camels_ind/attributes.csv")
    installation = swat_installation()
    if installation.sha256 != EXECUTABLE_SHA256:
        pytest.skip("swat: the committed result is of the fetched program, this is another")
    record = read_record(ROOT / "results" / "ind" / "swat" / "uncalibrated.json")
    row = [run["basin"] for run in record["basins"]].index("08001")
    ds = open_dataset("ind_csv", basins=["08001"])
    flow, ((_, estimates, _),) = swat_streamflow(ds, load_manifest()["ind_csv"], installation)
    assert estimates == record["basins"][row]["estimates"]
    test = slice("2007-01-01", "2009-12-31")
    observed, simulated = (a.isel(basin=0).sel(time=test) for a in (ds["streamflow"], flow))
    error = ((simulated - observed) ** 2).sum() / ((observed - observed.mean()) ** 2).sum()
    scores = record["settings"]["multi-year"]
    assert 1 - float(error) == pytest.approx(scores["nse"][row], abs=2e-3)
    mean = float(simulated.where(observed.notnull()).mean())
    assert mean == pytest.approx(scores["mean_simulated"][row], abs=1e-3)
