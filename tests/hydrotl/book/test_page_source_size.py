"""Page 4: sources by size, the option chosen without the test, and Figure 2."""

import json
from pathlib import Path

import numpy as np
import pytest

from hydrotl.book.pages import source, validation
from hydrotl.experiments.cells import Cell
from hydrotl.experiments.sweep import run_region
from hydrotl_core.errors import ConfigError
from tests.hydrotl.book.test_page_transfer import cell_result
from tests.notebook_cells import run_cells
from tests.synthetic import ROOT


def test_option_is_chosen_on_training_years(published: Path) -> None:
    assert validation.chosen_option("target") == "TL-b"  # in the test period TL-a is best
    assert validation.chosen_option("bare") is None
    found = source.committed("target", "multi-year", "TL-a")
    assert {size: record["nse"] for size, record in found.items()} == {0: [0.2, 0.4], 8: [0.5, 0.7]}
    assert source.committed("target", "1-year", "TL-a") == {}
    assert source.committed("target", "multi-year", None) == {}


def test_sweep_takes_sources_by_size(project: Path) -> None:
    assert source.by_size(["donor"]) == {"donor": 8}
    # donor has a test period of its own: as a check it is not part of the default sweep
    assert source.by_size() == {}
    with pytest.raises(ConfigError, match="source nowhere"):
        source.by_size(["nowhere"])
    moved = run_region("target", ["1-year"], 1, 2, options=["TL-a"], source="donor", device="cpu")
    assert [(cell.option, cell.source) for cell in moved] == [("TL-a", "donor")]


def test_page_shows_the_sweep_and_the_committed_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    observed = np.array([[1.0, 2, 3, 2], [4.0, 8, np.nan, 6]])
    # NSE 0.5 and 0; then 1 and 0.5, as on page 3
    trained = {
        "local": cell_result("local", np.array([[1.0, 2, 3, 3], [6.0, 6, 50, 6]]), observed),
        "TL-c": cell_result("TL-c", np.array([[1.0, 2, 3, 2], [4.0, 8, 50, 8]]), observed),
    }
    monkeypatch.setattr(
        "hydrotl.experiments.sweep.run_region",
        lambda *_, options, **__: {Cell("sample", "1-year", *options): trained[options[0]]},
    )
    page = run_cells("04-source-size", sources=["conus-50"], full_regions=["gb-49"]).names
    assert page["summary"].loc["local"].tolist() == [0.25, 0.25, 0.0]
    assert page["summary"].loc["TL-c, 50 basins"].tolist() == [0.75, 0.75, 0.5]
    option = page["chosen"]["gb-49"]
    runs = page["runs"].set_index(["training", "source basins"])
    assert list(runs.loc["1-year"].index) == [0, 10, 50, 100, 300, 500, 671]
    path = ROOT / "results" / "gb-49" / "fast-conus-50" / f"1-year_{option}.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    row = runs.loc[("1-year", 50)]
    assert row["median"] == pytest.approx(record["nse_median"], abs=1e-4)
    first = np.nanmedian(np.array(record["member_nse"]["0"], float))
    assert row["first member alone"] == pytest.approx(first, abs=1e-4)
    assert (row["members"], row["source members"]) == (2, 1)
