"""The store's simulations and half-done trainings: damaged, exchanged, of something else."""

from __future__ import annotations

import json
import random
import shutil
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

from tests.attack.case import Change, Mutation, Right
from tests.attack.kinds.damage import DAMAGES

AREA = "store and checkpoints"
Arrays = dict[str, np.ndarray]


def products(root: Path) -> list[Path]:
    """Files of the store, in order of their names."""
    return sorted((root / "runs" / "store").glob("*.safetensors"))


def begun(root: Path) -> Path:
    """A checkpoint, kept aside where the project was built, put where a training would take it."""
    (kept,) = (root / "runs" / "begun").glob("*.checkpoint")
    product = root / "runs" / "store" / f"{kept.stem}.safetensors"
    product.unlink()
    return Path(shutil.copy(kept, product.with_suffix(".checkpoint")))


def mutations() -> Iterator[Mutation]:
    """Products and a checkpoint; the records are gone, so that the command needs them."""
    for what, place in (("simulation", lambda root: products(root)[0]), ("checkpoint", begun)):
        for title, (_, damage) in DAMAGES.items():
            yield of(f"damaged {what}", title, on(place, damage))
        for title, edit in HEADERS.items():
            yield of(f"damaged {what}", title, on(place, edit))
        for title, values in VALUES.items():
            yield of(f"altered {what}", title, in_values(place, values))
        for title, metadata in METADATA.items():
            yield of(f"altered {what}", title, in_metadata(place, metadata))
    for title, (right, change) in PLACES.items():
        yield of("exchanged files", title, change, right)
    yield of("exchanged files", "a sound checkpoint", lambda root, c: begun(root), "same")


def of(kind: str, title: str, change: Change, right: Right = "either") -> Mutation:
    """A mutation after which the same command runs without its records."""

    def without_records(root: Path, chance: random.Random) -> None:
        shutil.rmtree(root / "results")
        change(root, chance)

    names = ("store", "checkpoint", "safetensors")
    return Mutation(AREA, kind, title, right, without_records, names, "run again")


def on(place: Callable[[Path], Path], damage: Callable[[bytes, random.Random], bytes]) -> Change:
    """Damage to a file that is found in the project."""

    def change(root: Path, chance: random.Random) -> None:
        path = place(root)
        path.write_bytes(damage(path.read_bytes(), chance))

    return change


def _open(path: Path) -> tuple[Arrays, dict[str, str]]:
    with safe_open(path, framework="numpy") as file:
        return {n: file.get_tensor(n).copy() for n in file.keys()}, dict(file.metadata())  # noqa: SIM118


def in_values(place: Callable[[Path], Path], edit: Callable[[Arrays], Any]) -> Change:
    """A change of the arrays of a sound file."""

    def change(root: Path, chance: random.Random) -> None:
        path = place(root)
        arrays, metadata = _open(path)
        edit(arrays)
        save_file(arrays, path, metadata=metadata)

    return change


def in_metadata(place: Callable[[Path], Path], edit: Callable[[dict[str, str]], Any]) -> Change:
    """A change of what a sound file says of itself."""

    def change(root: Path, chance: random.Random) -> None:
        path = place(root)
        arrays, metadata = _open(path)
        edit(metadata)
        save_file(arrays, path, metadata=metadata)

    return change


def _largest(arrays: Arrays) -> str:
    return max((n for n in arrays if arrays[n].dtype.kind == "f"), key=lambda n: arrays[n].size)


def _fill(value: float) -> Callable[[Arrays], None]:
    def edit(arrays: Arrays) -> None:
        arrays[_largest(arrays)].reshape(-1)[0] = value

    return edit


def _replace(make: Callable[[np.ndarray], np.ndarray]) -> Callable[[Arrays], None]:
    def edit(arrays: Arrays) -> None:
        name = _largest(arrays)
        arrays[name] = np.ascontiguousarray(make(arrays[name]))

    return edit


VALUES: dict[str, Callable[[Arrays], Any]] = {
    "a NaN": _fill(float("nan")),
    "an infinity": _fill(float("inf")),
    "another number": _fill(0.125),
    "a row less": _replace(lambda v: v[:-1]),
    "flat": _replace(lambda v: v.reshape(-1)),
    "doubled": _replace(lambda v: np.concatenate([v, v])),
    "float64": _replace(lambda v: v.astype(np.float64)),
    "whole numbers": _replace(lambda v: v.astype(np.int32)),
    "no array": lambda arrays: arrays.clear(),
    "an array lost": lambda arrays: arrays.pop(_largest(arrays)),
    "an array renamed": lambda arrays: arrays.update(x=arrays.pop(_largest(arrays))),
}
METADATA: dict[str, Callable[[dict[str, str]], Any]] = {
    "no metadata": lambda m: m.clear(),
    "metadata that are no JSON": lambda m: m.update(dict.fromkeys(m, "{")),
    "metadata of null": lambda m: m.update(dict.fromkeys(m, "null")),
    "metadata of a list": lambda m: m.update(dict.fromkeys(m, "[]")),
    "metadata of an empty mapping": lambda m: m.update(dict.fromkeys(m, "{}")),
    "another name": lambda m: m.update(name="0" * 16),
    "another identity": lambda m: m.update(identity=json.dumps({"seed": 99})),
    "a step beyond the end": lambda m: m.update(
        progress=json.dumps(json.loads(m.get("progress", "{}")) | {"step": 10**6})
    ),
    "a step negative": lambda m: m.update(
        progress=json.dumps(json.loads(m.get("progress", "{}")) | {"step": -1})
    ),
    "a step as text": lambda m: m.update(
        progress=json.dumps(json.loads(m.get("progress", "{}")) | {"step": "two"})
    ),
}
HEADERS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "a length of 2**64 - 1": lambda b, c: b"\xff" * 8 + b[8:],
    "a length of a terabyte": lambda b, c: struct.pack("<Q", 2**40) + b[8:],
    "a pickle": lambda b, c: b"\x80\x04\x95" + b[3:],
}


def _exchange(root: Path, chance: random.Random) -> None:
    one, other = products(root)[:2]
    text = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(text)


def _in_place(make: Callable[[Path], object]) -> Change:
    def change(root: Path, chance: random.Random) -> None:
        path = products(root)[0]
        path.unlink()
        make(path)

    return change


def _beside(suffix: str) -> Change:
    return lambda root, chance: products(root)[0].with_suffix(suffix).write_bytes(b"")


def _store_as_file(root: Path) -> None:
    shutil.rmtree(root / "runs")
    (root / "runs").mkdir()
    (root / "runs" / "store").write_bytes(b"x")


PLACES: dict[str, tuple[Right, Change]] = {
    "two simulations exchanged": ("either", _exchange),
    "a folder in place of a simulation": ("either", _in_place(lambda p: p.mkdir())),
    "a link to nowhere": ("either", _in_place(lambda p: p.symlink_to("nowhere"))),
    "a link to itself": ("either", _in_place(lambda p: p.symlink_to(p))),
    "a simulation lost": ("same", _in_place(lambda p: None)),
    "a lock left behind": ("same", _beside(".lock")),
    "an empty checkpoint beside": ("same", _beside(".checkpoint")),
    "the store is a file": ("either", lambda root, c: _store_as_file(root)),
}
