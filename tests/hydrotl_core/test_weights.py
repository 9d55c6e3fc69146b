"""Weights files: a round trip in bits, a full card, and clear words for anything else."""

import hashlib
import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from hydrotl_core.errors import WeightsError
from hydrotl_core.simulation import simulate
from hydrotl_core.weights import (
    Card,
    card_problems,
    load_model,
    load_weights,
    member_paths,
    save_weights,
)
from tests.synthetic import ROOT, canonical, fitted, model_for, training

CONFIG = training(dropconnect=0.5, output_dropout=0.1)


def make(path: Path, half: bool = False) -> tuple[dict[str, torch.Tensor], Card]:
    scaler, _ = fitted(canonical(), CONFIG)
    parameters = {
        name: p.detach().half() if half else p.detach()
        for name, p in model_for(scaler, CONFIG).named_parameters()
    }
    card = Card(
        inputs=scaler.input_names,
        scaler=scaler,
        training=CONFIG,
        protocol={"train": {"start": "2000-01-01", "end": "2001-01-01"}},
        seed=3,
        provenance={"code": "1", "dataset": "synthetic"},
    )
    save_weights(path, parameters, card)
    return parameters, card


def test_round_trip_in_bits(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "w.safetensors"
    parameters, card = make(path)
    loaded, read = load_weights(path)
    assert loaded.keys() == parameters.keys()
    assert all(torch.equal(loaded[name], parameters[name]) for name in parameters)
    assert read == card
    assert [p.name for p in path.parent.iterdir()] == ["w.safetensors"]


def test_the_card_holds_what_is_needed_to_use_the_weights(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    make(path)
    with safe_open(path, framework="np") as file:
        content = json.loads(file.metadata()["hydrotl"])
    assert content["format"] == 1
    assert content["inputs"] == [
        "prcp",
        "tmean",
        "area",
        "slope",
        "soil=clay",
        "soil=loam",
        "soil=sand",
    ]
    assert content["seed"] == 3
    assert content["training"]["dropconnect"] == 0.5
    assert content["protocol"]["train"]["start"] == "2000-01-01"
    rain = canonical()["prcp"].values.astype(float)
    assert content["scaler"]["dynamic"]["prcp"]["mean"] == pytest.approx(rain.mean())
    assert content["scaler"]["dynamic"]["prcp"]["std"] == pytest.approx(rain.std())


def test_loaded_model_simulates_as_the_saved_one(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    scaler, arrays = fitted(canonical(), CONFIG)
    model = model_for(scaler, CONFIG)
    make(path)
    loaded, card = load_model(path)
    assert not loaded.training
    assert (loaded.dropconnect, loaded.output_dropout) == (0.5, 0.1)
    np.testing.assert_array_equal(
        simulate(loaded, arrays, card.scaler), simulate(model, arrays, scaler)
    )


def test_half_precision_storage_is_widened(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    stored, _ = make(path, half=True)
    with safe_open(path, framework="pt") as file:
        assert file.get_tensor("lstm.weight_hh").dtype == torch.float16
    loaded, _ = load_weights(path)
    for name, value in loaded.items():
        assert value.dtype == torch.float32
        assert torch.equal(value, stored[name].float())
    load_model(path)


def test_weights_on_disk_are_safetensors_not_pickle(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    make(path)
    content = path.read_bytes()
    header = int.from_bytes(content[:8], "little")
    assert json.loads(content[8 : 8 + header])["lstm.weight_hh"]["shape"] == [32, 8]
    with pytest.raises((pickle.UnpicklingError, ValueError)):
        pickle.loads(content)  # noqa: S301


class Exploding:
    """Would leave a mark if anything unpickled it."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


def test_a_pickle_is_refused_and_never_run(tmp_path: Path) -> None:
    path, mark = tmp_path / "w.safetensors", tmp_path / "mark"
    path.write_bytes(pickle.dumps(Exploding(mark)))
    with pytest.raises(WeightsError, match="not a readable safetensors file"):
        load_weights(path)
    torch.save({"a": Exploding(mark)}, path)
    with pytest.raises(WeightsError, match="not a readable safetensors file"):
        load_weights(path)
    assert not mark.exists()


@pytest.mark.parametrize("damage", ["cut header", "cut data", "empty"])
def test_a_damaged_file_is_named(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    make(path)
    whole = path.read_bytes()
    length = {"cut header": 100, "cut data": len(whole) - 40, "empty": 0}[damage]
    path.write_bytes(whole[:length])
    with pytest.raises(WeightsError, match=r"w\.safetensors is not a readable"):
        load_weights(path)


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"no weights at .*absent\.safetensors"):
        load_weights(tmp_path / "absent.safetensors")


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        (None, "not written by this project"),
        ({"other": "1"}, "not written by this project"),
        ({"hydrotl": "{"}, "metadata not valid"),
        ({"hydrotl": "[1]"}, "metadata not valid|has format"),
        ({"hydrotl": '{"format": 2}'}, "has format 2, expected 1"),
        ({"hydrotl": '{"format": 1, "seed": 3}'}, r"metadata not valid \(\w+: Field required\)"),
    ],
)
def test_a_foreign_file_is_named(
    metadata: dict[str, str] | None, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "w.safetensors"
    save_file({"a": torch.zeros(2)}, path, metadata=metadata)
    with pytest.raises(WeightsError, match=rf"w\.safetensors.*({message})"):
        load_weights(path)


def test_weights_that_do_not_fit_their_own_card_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    parameters, card = make(path)
    parameters["input.weight"] = parameters["input.weight"][:, 1:]
    save_weights(path, parameters, card)
    with pytest.raises(WeightsError, match=r"w\.safetensors: input\.weight is \(8, 6\).*\(8, 7\)"):
        load_model(path)


def test_a_failed_save_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    _, card = make(path)
    before = path.read_bytes()
    shared = torch.zeros(2)
    with pytest.raises(RuntimeError, match="share memory"):
        save_weights(path, {"a": shared, "b": shared}, card)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["w.safetensors"]


def test_members_in_order_of_their_number(tmp_path: Path) -> None:
    for member in range(11):
        make(tmp_path / f"member-{member}.safetensors")
    (tmp_path / "README.md").write_text("the card", encoding="utf-8")
    assert [p.stem for p in member_paths(tmp_path)] == [f"member-{k}" for k in range(11)]
    with pytest.raises(WeightsError, match=r"no member-\*\.safetensors in"):
        member_paths(tmp_path / "empty")


def test_a_gap_in_the_numbers_is_an_error_unless_members_are_still_to_come(tmp_path: Path) -> None:
    for member in (0, 2, 4):
        make(tmp_path / f"member-{member}.safetensors")
    with pytest.raises(WeightsError, match=r"3 members up to number 4, but no 1, 3"):
        member_paths(tmp_path)
    names = [p.stem for p in member_paths(tmp_path, partial=True)]
    assert names == ["member-0", "member-2", "member-4"]


@pytest.mark.parametrize(
    "name", ["member-00", "member-1 (copy)", "member-", "member-x", "Member-1", "best", "member--1"]
)
def test_a_file_that_is_no_member_is_named(name: str, tmp_path: Path) -> None:
    make(tmp_path / "member-0.safetensors")
    make(tmp_path / f"{name}.safetensors")
    with pytest.raises(WeightsError, match="is no member of an ensemble") as error:
        member_paths(tmp_path)
    assert f"{name}.safetensors" in str(error.value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_not_finite_is_refused_both_ways(value: float, tmp_path: Path) -> None:
    path = tmp_path / "member-3.safetensors"
    parameters, card = make(path)
    before = path.read_bytes()
    spoilt = {name: p.clone() for name, p in parameters.items()}
    spoilt["lstm.weight_hh"][2, 1] = value
    with pytest.raises(WeightsError, match=r"member-3.*not written: lstm\.weight_hh"):
        save_weights(path, spoilt, card)
    assert path.read_bytes() == before
    save_file(spoilt, path, metadata={"hydrotl": card.model_dump_json()})
    with pytest.raises(WeightsError, match=r"member-3\.safetensors: lstm\.weight_hh has 1 of 256"):
        load_weights(path)


def rewritten(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """The file with a card that ``change`` has altered, the parameters as they were."""
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        content = json.loads(file.metadata()["hydrotl"])
    change(content)
    save_file(tensors, path, metadata={"hydrotl": json.dumps(content)})


def swap(values: dict[str, Any], one: str, other: str) -> dict[str, Any]:
    order = {one: other, other: one}
    return {order.get(name, name): values[order.get(name, name)] for name in values}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c["scaler"]["dynamic"]["prcp"].update(std=0.0), "scale of prcp.*deviation 0.0"),
        (lambda c: c["scaler"]["dynamic"]["prcp"].update(std=-1.0), "scale of prcp.*deviation -1"),
        (lambda c: c["scaler"]["static"]["area"].update(mean=np.nan), "scale of area.*mean nan"),
        (lambda c: c["scaler"]["streamflow"].update(std=np.inf), "scale of streamflow.*inf"),
        (lambda c: c["scaler"]["static"]["area"].update(low=2, high=1), "area has the range 2"),
        (
            lambda c: c["scaler"].update(dynamic=swap(c["scaler"]["dynamic"], "prcp", "tmean")),
            "card lists the inputs prcp, tmean.*scaler has tmean, prcp",
        ),
        (lambda c: c["inputs"].reverse(), "card lists the inputs soil=sand"),
        (lambda c: c["scaler"]["attributes"].remove("area"), "card lists the inputs"),
        (lambda c: c["scaler"]["static"].update(more=c["scaler"]["static"]["area"]), "in more"),
        (lambda c: c["scaler"]["static"].pop("area"), "attributes and their scales.*area"),
        (
            lambda c: (
                c["scaler"].update(optional={"w": ["vp"]}),
                c["inputs"].append("no vp"),
            ),
            "optional vp is no input",
        ),
        (lambda c: c["training"].update(hidden=16), r"input\.bias is \(8,\).*\(16,\)"),
        (lambda c: c["training"].update(transform="log_sqrt"), "streamflow is scaled with"),
        (lambda c: c["training"].update(per_precipitation=True), "differ in per_precipitation"),
    ],
)
def test_a_card_that_contradicts_itself_or_the_file_is_refused(
    change: Callable[[dict[str, Any]], object], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "member-1.safetensors"
    make(path)
    rewritten(path, change)
    with pytest.raises(WeightsError, match=rf"member-1\.safetensors: .*{message}"):
        load_weights(path)


@pytest.mark.parametrize("name", ["lstm.bias_hh", "more"])
def test_a_parameter_too_few_or_too_many_is_named(name: str, tmp_path: Path) -> None:
    path = tmp_path / "member-0.safetensors"
    parameters, card = make(path)
    parameters = {n: p for n, p in parameters.items() if n != name}
    save_weights(path, parameters | ({"more": torch.ones(1)} if name == "more" else {}), card)
    with pytest.raises(WeightsError, match=rf"member-0.*besides the model's parameters, {name}"):
        load_weights(path)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "weights").glob("*/*.safetensors")), ids=lambda p: p.parent.name
)
def test_committed_weights_are_sound(path: Path) -> None:
    _, card = load_weights(path)
    assert card_problems(card) == []
    assert member_paths(path.parent)[card.seed] == path


def flip_last_bit(path: Path) -> None:
    altered = bytearray(path.read_bytes())
    altered[-1] ^= 1
    path.write_bytes(altered)


def test_a_file_without_a_hash_is_believed_only_by_the_list_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "member-0.safetensors"
    make(path)
    rewritten(path, lambda content: None)
    with pytest.raises(WeightsError, match=r"member-0.*no hash of its content, and SHA256SUMS"):
        load_weights(path)
    sums = tmp_path / "SHA256SUMS"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    for mark in ("  ", " *"):
        sums.write_text(f"{'0' * 64}{mark}member-1.safetensors\n{digest}{mark}{path.name}\n")
        load_weights(path)
    flip_last_bit(path)
    with pytest.raises(WeightsError, match="damaged, its values are not those that were saved"):
        load_weights(path)


def test_one_changed_bit_of_committed_weights_is_noticed(tmp_path: Path) -> None:
    folder = ROOT / "weights" / "conus"
    for name in ("member-0.safetensors", "SHA256SUMS"):
        shutil.copy(folder / name, tmp_path)
    path = tmp_path / "member-0.safetensors"
    load_weights(path)
    flip_last_bit(path)
    with pytest.raises(WeightsError, match="damaged"):
        load_weights(path)


def test_weights_that_were_read_do_not_change_with_their_file(tmp_path: Path) -> None:
    """They are no window on the file, whose end would be the end of the process."""
    path = tmp_path / "w.safetensors"
    make(path)
    parameters, _ = load_weights(path)
    before = {name: value.clone() for name, value in parameters.items()}
    size = path.stat().st_size
    with path.open("rb+") as file:
        file.write(bytes(size))
        file.truncate(0)
    for name, value in parameters.items():
        assert torch.equal(value, before[name]), name
