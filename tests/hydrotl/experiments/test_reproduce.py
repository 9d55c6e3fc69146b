"""Computing a committed result again, and what the command says of it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hydrotl.experiments.cells import Cell, resolve
from hydrotl.experiments.planner import Planner
from hydrotl.experiments.records import read_record, write_record
from hydrotl.experiments.reproduce import experiment_of, median_difference, reproduce_result
from hydrotl.experiments.sweep import run_sweep
from hydrotl_core.errors import ConfigError
from tests.entry_point import call


def result(option: str, **more: Any) -> Path:
    planner = Planner()
    experiment = resolve(Cell("target", "1-year", option), **more)
    (path,) = run_sweep([planner.work(experiment, 2)], planner)
    return path


def with_nse(record: dict[str, Any], nse: list[float | None]) -> dict[str, Any]:
    """The record with other scores of its ensemble, and what follows from them."""
    known = [value for value in nse if value is not None]
    sums = {"nse_mean": float(np.mean(known)), "nse_median": float(np.median(known))}
    rest = {key: value for key, value in record.items() if key != "error_products"}
    return {**rest, "nse": nse, **sums}


def test_a_cell_is_reproduced_to_the_bit(fresh: Path) -> None:
    path = result("TL-c")
    before, stored = path.read_bytes(), sorted((fresh / "runs").rglob("*"))
    table, largest = reproduce_result(path)
    assert largest == 0.0
    assert median_difference(table) == 0.0
    assert list(table["basin"]) == read_record(path)["basins"]
    assert path.read_bytes() == before
    assert sorted((fresh / "runs").rglob("*")) == stored, "it was kept, or taken from the store"


def test_an_experiment_is_what_its_record_says(fresh: Path) -> None:
    path = result("local", validation_days=60, changes=(("lr", 0.02),))
    found = experiment_of(read_record(path))
    assert found.cell == Cell("target", "1-year", "local", "tiny")
    assert (found.validation_days, found.changes) == (60, (("lr", 0.02),))
    assert found.training.lr == 0.02
    assert reproduce_result(path)[1] == 0.0


def test_a_basin_that_is_defined_in_one_of_the_two_alone_is_far_off(fresh: Path) -> None:
    path = result("local")
    write_record(path, with_nse(read_record(path), [None, 0.5]))
    assert reproduce_result(path)[1] == float("inf")


def test_only_cells_of_a_region_are_reproduced(tmp_path: Path) -> None:
    write_record(tmp_path / "check.json", {"source": "donor"})
    with pytest.raises(ConfigError, match=r"check\.json is not the result of a cell"):
        reproduce_result(tmp_path / "check.json")
    with pytest.raises(ConfigError, match=r"no results at .*absent\.json"):
        reproduce_result(tmp_path / "absent.json")


@pytest.mark.parametrize(
    ("shift", "words", "code", "said"),
    [
        ([0.0, 0.0], ["--exact"], 0, "of a basin 0.0000, of the median 0.0000"),
        ([0.04, 0.02], [], 0, "Reproduced within 0.05 of the median. It was computed on cpu"),
        ([0.04, 0.02], ["--exact"], 2, "of a basin 0.0400, of the median 0.0300"),
        ([0.04, 0.02], ["--tolerance", "0.02"], 2, "is not reproduced"),
        ([0.3, -0.1], [], 2, "of a basin 0.3000, of the median 0.1000"),
    ],
)
def test_the_command_says_how_near_a_cell_comes_again(
    fresh: Path,
    capsys: pytest.CaptureFixture[str],
    shift: list[float],
    words: list[str],
    code: int,
    said: str,
) -> None:
    path = result("local")
    record = read_record(path)
    assert len(record["nse"]) == 2
    moved = [old + more for old, more in zip(record["nse"], shift, strict=True)]
    write_record(path, with_nse(record, moved))
    assert call("reproduce", str(path), "--jobs", "1", "--device", "cpu", *words) == code
    printed = capsys.readouterr()
    assert said in (printed.err if code else printed.out)
