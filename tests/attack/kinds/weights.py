"""Weights of the source: bytes, card, parameters, names of members."""

from __future__ import annotations

import json
import random
import shutil
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from tests.attack.case import Change, Mutation, Right, edit_bytes
from tests.attack.kinds.damage import DAMAGES
from tests.attack.kinds.own import unlink
from tests.attack.world import WEIGHTS

AREA = "weights"
MEMBER = f"{WEIGHTS}/member-0.safetensors"
NAMES = ("member-0.safetensors", "member-1.safetensors", "member-0", "member-1", "donor")
Tensors = dict[str, torch.Tensor]
CardEdit = Callable[[dict[str, Any]], Any]


def mutations() -> Iterator[Mutation]:
    """Damaged files, parameters, cards and folders; the probe trains from both members."""
    for title, (right, damage) in DAMAGES.items():
        yield of("damage", title, right, edit_bytes(MEMBER, damage))
    for title, (right, edit) in HEADERS.items():
        yield of("header", title, right, edit_bytes(MEMBER, edit))
    for title, (right, change) in PARAMETERS.items():
        yield of("parameters", title, right, in_file(tensors=change))
    for title, card_change in CARDS.items():
        yield of("card", title, "error", in_file(card=card_change))
    for title, (right, folder) in FOLDERS.items():
        yield of("members", title, right, in_folder(folder))


def of(kind: str, title: str, right: Right, change: Change) -> Mutation:
    """A mutation of the first member."""
    return Mutation(AREA, kind, title, right, change, NAMES, "run two")


def in_file(
    tensors: Callable[[Tensors, random.Random], None] | None = None, card: CardEdit | None = None
) -> Change:
    """A change of the parameters or of the card, in a file that is otherwise sound."""

    def change(root: Path, chance: random.Random) -> None:
        path = root / MEMBER
        with safe_open(path, framework="pt") as file:
            metadata = dict(file.metadata())
            values = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
        if tensors is not None:
            tensors(values, chance)
        if card is not None:
            content = json.loads(metadata["hydrotl"])
            edited = card(content)
            metadata["hydrotl"] = edited if isinstance(edited, str) else json.dumps(content)
        save_file({name: v.contiguous() for name, v in values.items()}, path, metadata=metadata)

    return change


def in_folder(edit: Callable[[Path], object]) -> Change:
    """A change of the folder of the ensemble."""
    return lambda root, chance: edit(root / WEIGHTS)


def filled(
    name: str, value: float, places: int | None = 1
) -> Callable[[Tensors, random.Random], None]:
    """A value in some places of a parameter; None: in all."""

    def change(tensors: Tensors, chance: random.Random) -> None:
        flat = tensors[name].view(-1)
        for place in range(len(flat)) if places is None else [chance.randrange(len(flat))]:
            flat[place] = value

    return change


def replaced(name: str, make: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    """A parameter by another tensor."""
    return lambda tensors, chance: tensors.update({name: make(tensors[name])})


def lacking(name: str) -> Callable[[Tensors, random.Random], object]:
    """The parameters without one."""
    return lambda tensors, chance: tensors.pop(name)


def header(edit: Callable[[dict[str, Any]], Any]) -> Callable[[bytes, random.Random], bytes]:
    """A change of the JSON header, the values kept."""

    def change(content: bytes, chance: random.Random) -> bytes:
        length = struct.unpack("<Q", content[:8])[0]
        fields = json.loads(content[8 : 8 + length])
        edited = edit(fields)
        text = edited if isinstance(edited, str) else json.dumps(fields)
        new = text.encode()
        return struct.pack("<Q", len(new)) + new + content[8 + length :]

    return change


def replace_first(folder: Path, make: Callable[[Path], object]) -> None:
    """Something else in place of the first member."""
    path = folder / "member-0.safetensors"
    path.unlink()
    make(path)


def _set(key: str, value: Any) -> CardEdit:
    """A value in the card at ``a.b.c``."""

    def edit(card: dict[str, Any]) -> None:
        *parents, last = key.split(".")
        for one in parents:
            card = card[one]
        card[last] = value

    return edit


def _pop(key: str) -> CardEdit:
    return lambda card: card.pop(key) and None


_PARTS = (
    "input.weight",
    "input.bias",
    "lstm.weight_ih",
    "lstm.weight_hh",
    "output.weight",
    "output.bias",
)
PARAMETERS: dict[str, tuple[Right, Callable[[Tensors, random.Random], Any]]] = {
    **{f"{name} with a NaN": ("error", filled(name, float("nan"))) for name in _PARTS},
    **{f"{name} with an infinity": ("error", filled(name, float("inf"))) for name in _PARTS},
    **{f"{name} all NaN": ("error", filled(name, float("nan"), None)) for name in _PARTS},
    **{f"{name} lacks": ("error", lacking(name)) for name in _PARTS},
    **{
        f"{name} in another number of rows": (
            *("error", replaced(name, lambda v: torch.cat([v, v]))),
        )
        for name in _PARTS
    },
    "lstm.weight_ih turned": ("error", replaced("lstm.weight_ih", lambda v: v.T)),
    "input.weight with a column more": (
        *("error", replaced("input.weight", lambda v: torch.cat([v, v[:, :1]], 1))),
    ),
    "input.weight with a column less": ("error", replaced("input.weight", lambda v: v[:, :-1])),
    "float64": ("either", replaced("input.weight", lambda v: v.double())),
    "float16 with an overflow": (*("error", replaced("input.weight", lambda v: (v * 1e9).half())),),
    "bfloat16": ("error", replaced("input.weight", lambda v: v.bfloat16())),
    "whole numbers": ("error", replaced("input.bias", lambda v: (v * 100).int())),
    "a parameter more": ("error", lambda t, c: t.update(extra=torch.ones(3))),
    "a parameter renamed": ("error", lambda t, c: t.update({"out.bias": t.pop("output.bias")})),
    "no parameter": ("error", lambda t, c: t.clear()),
    "1e30 in input.weight": ("error", filled("input.weight", 1e30)),
}
_A = "scaler.dynamic.prcp"
CARDS: dict[str, CardEdit] = {
    **{f"no {key}": _pop(key) for key in ("inputs", "scaler", "training", "protocol", "seed")},
    "inputs in another order": lambda c: c["inputs"].reverse(),
    "scaler in another order": lambda c: c["scaler"].update(
        dynamic=dict(reversed(c["scaler"]["dynamic"].items()))
    ),
    "an input less": lambda c: c["inputs"].pop() and None,
    "an input more": lambda c: c["inputs"].append("swe"),
    "an input twice": lambda c: c["inputs"].append("prcp"),
    "an input renamed": lambda c: c["inputs"].__setitem__(0, "rain"),
    "a deviation of 0": _set(f"{_A}.std", 0.0),
    "a deviation negative": _set(f"{_A}.std", -1.0),
    "a deviation of NaN": _set(f"{_A}.std", float("nan")),
    "a deviation of infinity": _set(f"{_A}.std", float("inf")),
    "a mean of NaN": _set(f"{_A}.mean", float("nan")),
    "a mean of infinity": _set(f"{_A}.mean", float("-inf")),
    "a mean as text": _set(f"{_A}.mean", "a lot"),
    "a mean null": _set(f"{_A}.mean", None),
    "an unknown transform": _set(f"{_A}.transform", "cube"),
    "flow with another transform": _set("scaler.streamflow.transform", "log_sqrt"),
    "flow with a deviation of 0": _set("scaler.streamflow.std", 0.0),
    "another scaling of flow": _set("scaler.per_precipitation", True),
    "another size": _set("training.hidden", 8),
    "another format": _set("format", 2),
    "no format": _pop("format"),
    "a format as text": _set("format", "1"),
    "a seed of another member": _set("seed", 1),
    "a seed negative": _set("seed", -1),
    "a seed as text": _set("seed", "zero"),
    "another data set": _set("protocol.dataset", "target"),
    "other years": _set("protocol.train", {"start": "1990-01-01", "end": "1991-01-01"}),
    "other inputs of the source": _set("protocol.inputs", {"dynamic": ["prcp"], "static": []}),
    "a protocol of nothing": _set("protocol", {}),
    "a protocol as a list": _set("protocol", []),
    "provenance as text": _set("provenance", "home made"),
    "an unknown key": _set("colour", "red"),
    "a list": lambda c: "[]",
    "empty": lambda c: "",
    "no JSON": lambda c: "{title:",
    "cut off": lambda c: json.dumps(c)[:200],
    "null": lambda c: "null",
    "a number": lambda c: "1e999",
    "deep": lambda c: "[" * 100000 + "]" * 100000,
    "a key twice": lambda c: json.dumps(c)[:-1] + ', "seed": 5}',
    "updates null": _set("training.updates", None),
    "trained on as text": _set("provenance.trained_on", "everything"),
    "trained on as a list": _set("provenance.trained_on", ["0101"]),
    "trained on at no place": _set("provenance.trained_on", {"0001": ["north"]}),
}
HEADERS: dict[str, tuple[Right, Callable[[bytes, random.Random], bytes]]] = {
    "a length of 2**64 - 1": ("error", lambda b, c: b"\xff" * 8 + b[8:]),
    "a length of 0": ("error", lambda b, c: bytes(8) + b[8:]),
    "a length of a terabyte": ("error", lambda b, c: struct.pack("<Q", 2**40) + b[8:]),
    "a length that is 1 short": (
        *("error", lambda b, c: struct.pack("<Q", struct.unpack("<Q", b[:8])[0] - 1) + b[8:]),
    ),
    "no JSON": ("error", header(lambda h: "x" * 300)),
    "empty": ("error", header(lambda h: "{}")),
    "a list": ("error", header(lambda h: "[1, 2]")),
    "deep": ("error", header(lambda h: "[" * 50000 + "]" * 50000)),
    "no card": ("error", header(lambda h: h.pop("__metadata__") and None)),
    "an empty card": ("error", header(lambda h: h["__metadata__"].clear())),
    "another program's": ("error", header(lambda h: h.update(__metadata__={"format": "pt"}))),
    "offsets past the end": (
        *("error", header(lambda h: h["output.bias"].update(data_offsets=[0, 10**9]))),
    ),
    "offsets backwards": (
        *("error", header(lambda h: h["output.bias"].update(data_offsets=[8, 4]))),
    ),
    "offsets that overlap": (
        *(
            "error",
            header(lambda h: h["output.bias"].update(data_offsets=h["input.bias"]["data_offsets"])),
        ),
    ),
    "an unknown type": ("error", header(lambda h: h["output.bias"].update(dtype="F12"))),
    "a shape of billions": ("error", header(lambda h: h["output.bias"].update(shape=[2**40]))),
    "a shape negative": ("error", header(lambda h: h["output.bias"].update(shape=[-1]))),
    "a pickle": ("error", lambda b, c: b"\x80\x04\x95" + b[3:]),
    "an archive of PyTorch": ("error", lambda b, c: b"PK\x03\x04" + b[4:]),
}
FOLDERS: dict[str, tuple[Right, Callable[[Path], object]]] = {
    "none": ("error", lambda f: unlink(*f.glob("*.safetensors"))),
    "no folder": ("error", lambda f: shutil.rmtree(f)),
    "the first lost": ("error", lambda f: (f / "member-0.safetensors").unlink()),
    "two swapped": (
        *(
            "error",
            lambda f: [
                (f / "member-0.safetensors").rename(f / "x"),
                (f / "member-1.safetensors").rename(f / "member-0.safetensors"),
                (f / "x").rename(f / "member-1.safetensors"),
            ],
        ),
    ),
    "the first copied over the second": (
        *("error", lambda f: shutil.copy(f / "member-0.safetensors", f / "member-1.safetensors")),
    ),
    "a copy with a zero more": (
        *("error", lambda f: shutil.copy(f / "member-0.safetensors", f / "member-00.safetensors")),
    ),
    "a copy with a number in brackets": (
        *(
            "error",
            lambda f: shutil.copy(f / "member-0.safetensors", f / "member-0 (1).safetensors"),
        ),
    ),
    "a gap in the numbers": (
        *("error", lambda f: shutil.copy(f / "member-0.safetensors", f / "member-7.safetensors")),
    ),
    "a third that is the first": (
        *("error", lambda f: shutil.copy(f / "member-0.safetensors", f / "member-2.safetensors")),
    ),
    "a folder in place of one": (
        *(
            "error",
            lambda f: replace_first(f, Path.mkdir),
        ),
    ),
    "a link to nowhere": (
        *(
            "error",
            lambda f: replace_first(f, lambda p: p.symlink_to("nowhere")),
        ),
    ),
    "a half-written file beside": ("same", lambda f: (f / ".member-0.safetensors.12.part").touch()),
    "a note beside": ("same", lambda f: (f / "README.txt").write_text("hello", encoding="utf-8")),
    "another kind of weights beside": (
        "error",
        lambda f: (f / "model.safetensors").write_bytes(b"x"),
    ),
}
