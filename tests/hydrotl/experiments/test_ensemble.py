"""Members of a source are its own, each once and all of one training."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors import safe_open
from safetensors.torch import save_file

from hydrotl.config import load_source
from hydrotl.experiments.beyond import source_starts
from hydrotl.experiments.cells import Cell, resolve
from hydrotl.experiments.check import check_source
from hydrotl.experiments.ensemble import source_members
from hydrotl.experiments.planner import Planner
from hydrotl.experiments.source import source_folder, source_tasks
from hydrotl_core.errors import ConfigError, WeightsError
from hydrotl_core.files import SEAL
from hydrotl_core.weights import Card, load_weights, member_paths, save_weights
from tests.project import edit, enter, train_ensemble
from tests.synthetic import ROOT

ENTRIES: dict[str, Callable[[], object]] = {
    "run": lambda: Planner().work(resolve(Cell("target", "1-year", "TL-a")), 1),
    "auto": lambda: source_starts("donor"),
}


def rewrite(path: Path, changes: dict[str, object]) -> None:
    """The same parameters with another card."""
    parameters, card = load_weights(path)
    save_weights(path, parameters, card.model_copy(update=changes))


@pytest.mark.parametrize("entry", ENTRIES)
def test_weights_of_another_source_in_the_folder_are_refused(entry: str, own: Path) -> None:
    other = train_ensemble("donor-classic", 1)
    shutil.copy(other / "member-0.safetensors", own / "weights" / "donor")
    with pytest.raises(WeightsError, match=r"donor/member-0.*is of another source.*another subset"):
        ENTRIES[entry]()


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_member_that_is_not_finite_is_named_before_anything_trains(entry: str, own: Path) -> None:
    path = own / "weights" / "donor" / "member-1.safetensors"
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        metadata = {k: v for k, v in file.metadata().items() if k != SEAL}  # of another program
    tensors["output.bias"][0] = float("nan")
    save_file(tensors, path, metadata=metadata)
    with pytest.raises(WeightsError, match=r"member-1\.safetensors: output\.bias has 1 of 1"):
        ENTRIES[entry]()


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("name", ["member-00", "member-0 (1)", "best"])
def test_a_foreign_file_in_the_folder_is_named(name: str, entry: str, own: Path) -> None:
    folder = own / "weights" / "donor"
    shutil.copy(folder / "member-0.safetensors", folder / f"{name}.safetensors")
    with pytest.raises(WeightsError, match="is no member of an ensemble"):
        ENTRIES[entry]()


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_gap_in_the_numbers_is_named(entry: str, own: Path) -> None:
    (own / "weights" / "donor" / "member-0.safetensors").unlink()
    with pytest.raises(WeightsError, match="1 members up to number 1, but no 0"):
        ENTRIES[entry]()


def test_a_member_copied_to_another_number_is_not_counted_twice(own: Path) -> None:
    folder = own / "weights" / "donor"
    shutil.copy(folder / "member-0.safetensors", folder / "member-2.safetensors")
    with pytest.raises(WeightsError, match=r"member-2.* holds the member with seed 0, not 2"):
        source_members("donor")
    with pytest.raises(WeightsError, match="holds the member with seed 0"):
        check_source("donor", folder)
    with pytest.raises(ConfigError, match=r"member-2.*was trained with another seed"):
        source_tasks("donor", 3)


def of_other_data(card: Card) -> dict[str, object]:
    flow = card.scaler.streamflow
    scale = flow.model_copy(update={"mean": flow.mean * 1.01})
    return {"scaler": card.scaler.model_copy(update={"streamflow": scale})}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: {"training": c.training.model_copy(update={"lr": 0.5})}, "training"),
        (lambda c: {"provenance": {**c.provenance, "validation": []}}, "days held out"),
        (lambda c: {"provenance": {**c.provenance, "numerics": 9}}, "version of the arithmetic"),
        (of_other_data, "scales, so that their data are others"),
    ],
)
def test_members_of_two_trainings_are_no_ensemble(
    change: Callable[[Card], dict[str, object]], message: str, own: Path
) -> None:
    path = own / "weights" / "donor" / "member-1.safetensors"
    rewrite(path, change(load_weights(path)[1]))
    with pytest.raises(WeightsError, match=f"differs from member-0.safetensors .* in {message}"):
        source_members("donor")


def test_a_source_that_was_changed_after_its_training_is_named(own: Path) -> None:
    edit(own / "experiments" / "sources" / "donor.yaml", train=["2000-02-01", "2001-01-01"])
    with pytest.raises(WeightsError, match="trained with another train"):
        source_members("donor")
    edit(own / "experiments" / "sources" / "donor.yaml", train=["2000-01-01", "2001-01-01"])
    edit(own / "experiments" / "sources" / "donor.yaml", title="Donor, retitled")
    assert len(source_members("donor")) == 2


def test_weights_without_a_source_file_are_known_by_their_cards(own: Path) -> None:
    shutil.copytree(own / "weights" / "donor", own / "weights" / "given")
    assert [path.parent.name for path in source_members("given")] == ["given", "given"]


@pytest.mark.parametrize("folder", sorted((ROOT / "weights").iterdir()), ids=lambda path: path.name)
def test_weights_that_come_with_the_project_are_their_sources_own(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(monkeypatch, ROOT)
    assert load_source(folder.name).title
    assert source_members(folder.name) == member_paths(source_folder(folder.name))
