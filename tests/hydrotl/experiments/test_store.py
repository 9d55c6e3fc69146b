"""The store: keys, products that come back, and locks that end with their process."""

import dataclasses
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hydrotl.experiments.member import Member
from hydrotl.experiments.store import (
    Product,
    claimed,
    is_claimed,
    member_key,
    read_product,
    record_key,
    stored,
    write_product,
)
from hydrotl_core import NUMERICS
from hydrotl_core.errors import DataError
from hydrotl_core.recipe import Inputs, Option, Training
from tests.synthetic import CLASSIC, ROOT, period

MEMBER = Member(
    inputs=Inputs(dynamic=["prcp", "tmean"], static=["area"]),
    training=Training.model_validate(CLASSIC),
    fit=(period("2000-01-01", "2001-01-01"),),
    test=(period("2001-01-01", "2002-01-01"),),
    seed=0,
)
TRANSFER = Option(title="TL-a", trained=["input.weight", "input.bias"])


def test_a_key_follows_what_decides_the_numbers() -> None:
    changes: list[dict[str, Any]] = [
        {"inputs": Inputs(dynamic=["tmean", "prcp"], static=["area"])},
        {"training": Training.model_validate(CLASSIC | {"hidden": 9})},
        {"fit": (period("2000-01-02", "2001-01-01"),)},
        {"test": (period("2001-01-02", "2002-01-01"),)},
        {"seed": 1},
        {"option": TRANSFER},
        {"device": "cuda"},
    ]
    keys = [member_key(dataclasses.replace(MEMBER, **c), "d") for c in changes]
    keys += [
        member_key(MEMBER, "d"),
        member_key(MEMBER, "other data"),
        member_key(MEMBER, "d", source="s"),
        member_key(MEMBER, "d", teacher={"model": "gr4j"}),
        member_key(MEMBER, "d", teacher={"model": "gr4j", "data": "d"}),
        member_key(
            dataclasses.replace(MEMBER, lessons=(period("1999-01-01", "2001-01-01"),)),
            "d",
            teacher={"model": "gr4j", "data": "d"},
        ),
    ]
    assert len(set(keys)) == len(keys)
    assert {len(key) for key in keys} == {16}


def test_what_does_not_decide_the_numbers_leaves_the_key() -> None:
    """The order of an option's parameters, its title, and how often the skill is reported."""
    moved = dataclasses.replace(MEMBER, option=TRANSFER)
    renamed = Option(title="another title", trained=TRANSFER.trained[::-1])
    same = dataclasses.replace(MEMBER, option=renamed, validate_every=7)
    assert member_key(moved, "d", "s") == member_key(same, "d", "s")


def test_a_new_field_of_the_recipe_leaves_keys_as_they_are() -> None:
    """Its default is the old behaviour; a recipe that says the default has the same key."""
    spelled = Training.model_validate(MEMBER.training.model_dump())
    assert spelled.model_fields_set > MEMBER.training.model_fields_set
    assert member_key(dataclasses.replace(MEMBER, training=spelled), "d") == member_key(MEMBER, "d")


def test_raising_numerics_makes_every_key_another(monkeypatch: pytest.MonkeyPatch) -> None:
    before = member_key(MEMBER, "d")
    monkeypatch.setattr("hydrotl.experiments.store.NUMERICS", NUMERICS + 1)
    assert member_key(MEMBER, "d") != before


def test_the_key_of_a_record_follows_its_members() -> None:
    keys = [record_key(members) for members in (["a"], ["b"], ["a", "b"], ["b", "a"])]
    assert len(set(keys)) == 4
    assert record_key(["a", "b"]) == keys[2]


def test_a_product_comes_back_and_damage_is_said(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "x.safetensors"
    flow = np.arange(6, dtype=np.float32).reshape(2, 3)
    about = {"seconds": 1.5, "code": "0.1.0 abc", "date": "2026-01-31"}
    write_product(path, Product({"simulated": flow[:, ::-1], "n": np.array([7])}, about))
    assert [p.name for p in path.parent.iterdir()] == ["x.safetensors"]
    product = read_product(path)
    np.testing.assert_array_equal(product.arrays["simulated"], [[2, 1, 0], [5, 4, 3]])
    np.testing.assert_array_equal(product.arrays["n"], [7])
    assert product.about == about
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(DataError, match=r"x\.safetensors is not a complete result .*delete it"):
        read_product(path)
    with pytest.raises(DataError, match=r"absent\.safetensors is not a complete result"):
        read_product(tmp_path / "absent.safetensors")


def test_a_product_under_the_key_of_another_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "0123456789abcdef.safetensors"
    write_product(path, Product({"simulated": np.ones((1, 2))}, {"seconds": 1.0}))
    other = path.rename(tmp_path / "fedcba9876543210.safetensors")
    with pytest.raises(DataError, match=r"fedcba9876543210.*it is that of 0123456789abcdef"):
        read_product(other)


def test_simulations_are_kept_in_the_projects_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data_manifest.yaml").touch()
    monkeypatch.setenv("HYDROTL_ROOT", str(tmp_path))
    assert stored("abc") == tmp_path / "runs" / "store" / "abc.safetensors"


def test_a_claim_is_exclusive(tmp_path: Path) -> None:
    lock = tmp_path / "runs" / "a.lock"
    assert not is_claimed(lock)
    with claimed(lock) as first:
        assert first
        assert is_claimed(lock)
        with claimed(lock) as second:
            assert not second
        assert is_claimed(lock), "the refused one released it"
    assert not is_claimed(lock)


HOLD = """
import sys, time
from pathlib import Path
from typing import Any
from hydrotl.experiments.store import claimed

with claimed(Path(sys.argv[1])) as free:
    print(free, flush=True)
    time.sleep(120)
"""


def test_a_claim_ends_with_its_process_however_that_ends(tmp_path: Path) -> None:
    lock = tmp_path / "a.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        assert is_claimed(lock)
        holder.send_signal(signal.SIGKILL)
    assert not is_claimed(lock)
