"""Files from elsewhere keep apart from the project's, and from each other, whatever their names."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from hydrotl.experiments.cells import Cell, cells_of, resolve
from hydrotl.experiments.facts import facts_path
from hydrotl.experiments.names import file_name
from hydrotl.experiments.planner import Planner
from hydrotl.experiments.records import cell_path, read_record, write_record
from hydrotl.experiments.source import source_folder
from hydrotl.experiments.sweep import run_sweep
from hydrotl_core.errors import ConfigError, WeightsError
from tests.project import edit, save_record
from tests.synthetic import write_yaml


def elsewhere(
    root: Path, kind: str, name: str, folder: str = "elsewhere", **changes: object
) -> str:
    """A changed copy of a file of the project, outside it, under the same name."""
    content = yaml.safe_load((root / "experiments" / kind / f"{name}.yaml").read_text())
    path = root.parent / folder / f"{name}.yaml"
    write_yaml(path, {**content, **changes})
    return str(path)


def save(cell: Cell) -> Path:
    planner = Planner()
    (path,) = run_sweep([planner.work(resolve(cell), 1)], planner)
    return path


def test_a_file_of_the_project_has_its_own_name_however_it_is_called(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = own / "experiments" / "regions" / "target.yaml"
    monkeypatch.chdir(own / "experiments")
    for name in ("target", str(path), "regions/target.yaml", "../experiments/regions/target.yaml"):
        assert file_name("regions", name) == "target"


def test_names_with_a_dot_are_not_cut(own: Path) -> None:
    regions = own / "experiments" / "regions"
    path = shutil.copy(regions / "target.yaml", regions / "target.v2.yaml")
    assert file_name("regions", str(path)) == "target.v2"
    assert cell_path(resolve(Cell(str(path), "1-year", "local"))).parts[-3] == "target.v2"


@pytest.mark.parametrize(
    "changes",
    [
        {"basins": {"ids": ["0003"]}},
        {"inputs": {"dynamic": ["prcp"], "static": []}},
        {
            "basins": {},
            "settings": {
                "1-year": {
                    "train": ["2000-01-01", "2000-09-01"],
                    "test": ["2000-09-01", "2001-06-30"],
                }
            },
        },
    ],
)
def test_results_of_a_namesake_from_elsewhere_lie_apart(changes: dict[str, Any], own: Path) -> None:
    ours = save(Cell("target", "1-year", "local"))
    before = ours.read_bytes()
    path = elsewhere(own, "regions", "target", **changes)
    theirs = save(Cell(path, "1-year", "local"))
    assert ours.read_bytes() == before
    assert theirs.parts[-3].startswith("target-")
    assert read_record(theirs)["region"] == theirs.parts[-3]
    assert facts_path(path).parent == theirs.parents[1]


def test_a_copy_that_says_the_same_is_the_same(own: Path) -> None:
    path = elsewhere(own, "regions", "target", title="Another title")
    assert cell_path(resolve(Cell(path, "1-year", "local"))) == cell_path(
        resolve(Cell("target", "1-year", "local"))
    )


def test_a_recipe_from_elsewhere_has_results_of_its_own(own: Path) -> None:
    path = elsewhere(own, "recipes", "tiny", local={"default": {"epochs": 1, "hidden": 4}})
    folder = cell_path(resolve(Cell("target", "1-year", "local", path))).parent.name
    assert folder.startswith("tiny-")


def test_weights_of_a_namesake_are_not_taken(own: Path) -> None:
    path = elsewhere(own, "sources", "donor", train=["2000-03-01", "2001-01-01"])
    assert source_folder(path) != source_folder("donor")
    assert source_folder(path).parent == own / "weights"
    with pytest.raises(WeightsError, match=r"no member-\*\.safetensors in .*donor-"):
        Planner().work(resolve(Cell("target", "1-year", "TL-a", source=path)), 1)


def test_two_files_from_elsewhere_with_one_name_do_not_share_a_folder(own: Path) -> None:
    one = elsewhere(own, "regions", "target", "one", basins={"ids": ["0001"]})
    two = elsewhere(own, "regions", "target", "two", basins={"ids": ["0002"]})
    renamed = [Path(path).rename(Path(path).with_name("rivers.yaml")) for path in (one, two)]
    first = save(Cell(str(renamed[0]), "1-year", "local"))
    before = first.read_bytes()
    assert first.parts[-3] == "rivers"
    for option in ("local", "TL-a"):
        with pytest.raises(ConfigError, match=r"holds a result of another .*region file"):
            save(Cell(str(renamed[1]), "1-year", option))
    assert first.read_bytes() == before
    assert not (own / "results" / "rivers" / "tiny" / "1-year_TL-a.json").exists()
    again = save(Cell(str(renamed[0]), "1-year", "TL-a"))
    assert again.parent == first.parent


def test_a_setting_more_leaves_earlier_results_of_a_file_valid(own: Path) -> None:
    there = elsewhere(own, "regions", "target", basins={})
    path = Path(there).rename(own.parent / "rivers.yaml")
    save(Cell(str(path), "1-year", "local"))
    years = {"train": ["2000-01-01", "2000-12-31"], "test": ["2001-01-01", "2001-06-30"]}
    half = {"train": ["2000-01-01", "2000-07-01"], "test": ["2000-07-01", "2000-12-31"]}
    edit(path, settings={"1-year": years, "choice": half})
    assert save(Cell(str(path), "choice", "local")).name == "choice_local.json"


def test_a_record_of_something_else_is_not_replaced(own: Path) -> None:
    path = cell_path(resolve(Cell("target", "1-year", "local")))
    save_record(own, "tiny", "local", [0.5, 0.6], setting="1-year")
    record = read_record(path)
    for key, value in (("recipe", "classic"), ("scored_on", "last 30 training days")):
        write_record(path, {**record, key: value})
        with pytest.raises(ConfigError, match=f"holds a result of another {key}"):
            save(Cell("target", "1-year", "local"))


def test_a_result_in_another_regions_folder_is_named(own: Path) -> None:
    path = save_record(own, "tiny", "local", [0.5, 0.6])
    moved = own / "results" / "elsewhere" / "tiny" / path.name
    moved.parent.mkdir(parents=True)
    shutil.copy(path, moved)
    with pytest.raises(ConfigError, match="holds a result of target multi-year local, which its"):
        read_record(moved)
    renamed = path.with_name("multi-year_TL-a.json")
    shutil.copy(path, renamed)
    with pytest.raises(ConfigError, match="holds a result of target multi-year local, which its"):
        read_record(renamed)
    copied = path.with_name("multi-year_local (1).json")
    shutil.copy(path, copied)
    with pytest.raises(ConfigError, match="holds a result of target multi-year local, which its"):
        read_record(copied)
    assert read_record(path)["nse"] == [0.5, 0.6]


@pytest.mark.parametrize("name", ["source", "summary"])
def test_a_region_may_not_be_called_like_other_results(name: str, own: Path) -> None:
    regions = own / "experiments" / "regions"
    shutil.copy(regions / "target.yaml", regions / f"{name}.yaml")
    with pytest.raises(ConfigError, match=f"no region can be called '{name}'"):
        cell_path(resolve(cells_of(name)[0]))
