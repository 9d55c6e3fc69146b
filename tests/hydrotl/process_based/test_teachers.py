"""Teachers by name, and what a page shows of them."""

import numpy as np
import pytest

from hydrotl.data.catalog import open_dataset
from hydrotl.data.manifest import load_manifest
from hydrotl.process_based.conceptual import conceptual_streamflow
from hydrotl.process_based.teachers import MODELS, guide, skill, title
from hydrotl_core.errors import ConfigError
from tests.entry_point import call


def test_gr4j_is_the_conceptual_model() -> None:
    flow = guide("sample", "gr4j")
    ds = open_dataset("sample")
    expected = conceptual_streamflow(ds, load_manifest()["sample"].attributes)
    np.testing.assert_array_equal(flow.values, expected.values)
    assert flow.basin.values.tolist() == ["tamaulipas", "sarapiqui", "girnock"]


def test_skill_is_of_the_test_period() -> None:
    flow = guide("sample", "gr4j")
    scores = skill(flow, "sample", "1-year")
    # by hand, for the last basin: 2005-10-01..2007-09-29
    days = slice("2005-10-01", "2007-09-29")
    observed = open_dataset("sample")["streamflow"].sel(basin="girnock", time=days)
    simulated = flow.sel(basin="girnock", time=days)
    error = float(((simulated - observed) ** 2).sum() / ((observed - observed.mean()) ** 2).sum())
    assert scores["nse"][2] == pytest.approx(1 - error, rel=1e-4)
    assert scores["mean_observed"][2] == pytest.approx(float(observed.mean()), rel=1e-5)
    assert scores["days"][2] == 729


def test_unknown_teacher_lists_the_known() -> None:
    with pytest.raises(ConfigError, match="no process model 'swot'; there are gr4j, swat"):
        guide("sample", "swot")
    assert [title(name) for name in MODELS] == [
        "GR4J, default parameters",
        "SWAT+, lumped and uncalibrated",
    ]


def test_a_cell_with_a_teacher_from_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--setting", "1-year", "--option", "process-gr4j", "--members", "1", "--jobs", "1"]
    assert call("run", "sample", *words, "--updates", "2", "--device", "cpu") == 0
    shown = capsys.readouterr().out.splitlines()[1].split()
    assert shown[:4] == ["1-year", "process-gr4j", "1", "3"]
