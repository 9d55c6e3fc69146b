"""Page 06, from a folder of one's own to a simulation of other weather."""

from pathlib import Path

import pytest

from hydrotl.book.escape import plain
from hydrotl.experiments.study import load_study
from hydrotl.river.own import open_river
from hydrotl.river.plan import Wanted, river_target, river_work
from hydrotl_core.errors import ConfigError
from tests.hydrotl.river.conftest import BASINS, rivers, write_rivers
from tests.notebook_cells import run_cells


@pytest.fixture
def folder(project: Path, tmp_path: Path) -> Path:
    return write_rivers(tmp_path / "own", rivers())


def test_page_runs_on_a_folder_of_ones_own(folder: Path) -> None:
    page = run_cells("06-new-region", folder=str(folder), updates=2, jobs=1)
    run, series = page.names["run"], page.names["series"]
    assert run.folder.parent == folder / "runs"
    assert (run.folder / "report.html").is_file()
    assert page.names["nse"].index.tolist() == sorted(BASINS)
    assert plain(page.names["said"].sentence) in page.remarks()
    assert "A quick look, with at most 1 network of each kind" in page.remarks()
    # the last year alone, whose state comes from the run's own weather
    alone = page.names["simulated"]["simulated"]
    assert alone.notnull().sum("time").values.tolist() == [365, 365]
    assert float(abs(alone - series["simulated"]).max()) == page.names["difference"]
    assert page.names["difference"] < 1e-5
    # a second run without the source shares what is trained, and is put beside the first
    chosen = page.names["other"].file.held_out
    assert not {"zero", "readout", "warm-c"} & set(chosen)
    assert page.names["both"].index.tolist() == [*sorted(BASINS), "median"]
    assert page.names["both"].loc["upper", "NSE 2"] == round(
        page.names["nse"].loc["upper", "simulated"], 3
    )
    assert (run.folder / "exported" / "model.pt2").is_file()
    # what is drawn are the test years
    frame = page.names["frames"]["upper"]
    test = run.file.basins["upper"].test
    assert (frame.index[0].date(), len(frame)) == (test.start, test.days)
    assert {"low", "high", "prcp", "local"} <= set(frame)


def test_a_quick_look_has_fewer_networks_and_updates_and_says_so(folder: Path) -> None:
    river, study = open_river(folder), load_study("beyond")
    target = river_target(river)
    wanted = Wanted(options=("warm-c", "local"), members=1, updates=2)
    work = river_work(river, target, study, folder, wanted)
    assert {way.name for way in work.ways[: work.candidates]} == {"warm-c", "local"}
    assert {way.name for way in work.ways} >= {"warm-c", "local", "zero", "readout"}
    assert {way.members for way in work.ways} == {1}
    trained = [t for way in work.ways[:2] for t in way.tasks(target, 0)]
    assert [task.updates for task in trained] == [2, 2]
    assert "2 updates of each" in work.cautions[0]
    whole = river_work(river, target, study, folder)
    assert whole.cautions == ()
    assert {way.name: way.members for way in whole.ways if way.name != "gr4j"} == study.ways
    with pytest.raises(ConfigError, match="no candidate TL-z; there are local, zero"):
        river_work(river, target, study, folder, Wanted(options=("TL-z",)))
