"""YAML files as texts and as trees: the same changes in each of the kinds of files."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.attack.case import Change, Mutation, Right, below, edit_bytes
from tests.attack.kinds.damage import DAMAGES
from tests.attack.world import MANIFEST, OPTIONS, RECIPE, REGION, SOURCE, STUDY

#: Area -> the file, the probe, and where its keys are.
FILES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "manifest entry": (MANIFEST, "run", ("datasets", "target")),
    "region": (REGION, "run", ()),
    "recipe": (RECIPE, "run", ()),
    "source": (SOURCE, "train", ()),
    "options": (OPTIONS, "run", ("TL-b",)),
    "study": (STUDY, "study", ()),
}
#: Values of no type that is wanted anywhere, by the type of what stands there.
WRONG: dict[type, dict[str, Any]] = {
    str: {"a list": ["a", "b"], "a mapping": {"a": 1}, "a number": 17},
    int: {"text": "many", "a list": [1], "true": True, "-3": -3, "NaN": float("nan"), "2.5": 2.5},
    float: {
        "text": "much",
        "a list": [1.5],
        "-1": -1.0,
        "NaN": float("nan"),
        "infinity": float("inf"),
    },
    list: {
        "text": "prcp",
        "a mapping": {"prcp": 1},
        "a list in it": [["prcp"]],
        "null in it": [None],
    },
    dict: {"text": "all", "a list": ["a"], "a number": 3},
    bool: {"text": "perhaps", "a list": [True], "2": 2},
}
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n"
    for a, b in zip("abcdefghi", "bcdefghij", strict=True)
)


def mutations() -> Iterator[Mutation]:
    """Texts that are no YAML, or the same in other words; keys; types."""
    for area, (path, probe, base) in FILES.items():
        name = Path(path).name
        for title, (right, edit) in TEXTS.items():
            change = edit_bytes(path, lambda b, c, e=edit: e(b.decode()).encode())  # type: ignore[misc]
            yield Mutation(area, "form", title, right, change, (name,), probe)
        for title, (right, spoil) in BYTES.items():
            yield Mutation(area, "damage", title, right, edit_bytes(path, spoil), (name,), probe)
        if base:
            yield from keys(area, path, probe, base)
        else:
            yield from keys(area, path, probe, ())


def keys(area: str, path: str, probe: str, base: tuple[str, ...]) -> Iterator[Mutation]:
    """Unknown, misspelt and lacking keys, and wrong types, at some places of the tree."""
    for where in PLACES[area]:
        label = ".".join(map(str, where)) or "(top)"
        names = (Path(path).name, *map(str, where), *map(str, base[-1:]))
        yield Mutation(
            *(area, "unknown keys", f"at {label}", "error"),
            in_tree(path, (*base, *where), lambda parent, key: parent[key].update(colour="red")),
            (*names, "colour"),
            probe,
        )
    for where in LEAVES[area]:
        label, key = ".".join(map(str, where)), str(where[-1])
        names = (Path(path).name, *map(str, where))
        yield Mutation(
            *(area, "misspelt keys", label, "error"),
            in_tree(path, (*base, *where), misspell),
            (*names, misspelt(key)),
            probe,
        )
        kinds = WRONG[TYPES.get(key, str)]
        for what, value in kinds.items():
            yield Mutation(
                *(area, "wrong types", f"{label} is {what}", "error"),
                in_tree(path, (*base, *where), put(value)),
                names,
                probe,
            )
    for where in REQUIRED[area]:
        yield Mutation(
            *(area, "missing keys", ".".join(where), "error"),
            in_tree(path, (*base, *where), lambda parent, key: parent.pop(key)),
            (Path(path).name, *where),
            probe,
        )
        yield Mutation(
            *(area, "missing keys", f"{'.'.join(where)} is null", "error"),
            in_tree(path, (*base, *where), put(None)),
            (Path(path).name, *where),
            probe,
        )


def in_tree(path: str, where: tuple[str, ...], edit: Callable[[Any, Any], Any]) -> Change:
    """A change at a key; ``edit`` is given the mapping that holds it, and the key."""

    def change(root: Path, chance: random.Random) -> None:
        file = root / path
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        if where:
            edit(below(content, where[:-1]), where[-1])
        else:
            edit({"": content}, "")
        file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")

    return change


def put(value: Any) -> Callable[[Any, Any], Any]:
    """A value at a key."""
    return lambda parent, key: parent.update({key: value})


def first_key(text: str) -> str:
    """The first line of a YAML text that is no comment."""
    return next(line for line in text.splitlines(keepends=True) if not line.startswith("#"))


def misspelt(key: str) -> str:
    """A key with two letters swapped."""
    return f"{key[1]}{key[0]}{key[2:]}" if key[0] != key[1] else f"{key}x"


def misspell(parent: Any, key: str) -> None:
    """The key with two letters swapped, its value kept."""
    parent[misspelt(key)] = parent.pop(key)


TYPES: dict[str, type] = {
    **dict.fromkeys(("hidden", "window", "warmup", "batch", "updates", "members", "pool"), int),
    **dict.fromkeys(("subset", "seed", "folds", "block_days"), int),
    **dict.fromkeys(
        ("lr", "dropconnect", "weight_decay", "clip", "max_missing", "forget_bias"), float
    ),
    **dict.fromkeys(("dynamic", "static", "train", "test", "citation", "trained", "years"), list),
    **dict.fromkeys(("basins", "inputs", "settings", "attributes", "variables", "options"), dict),
    **dict.fromkeys(("draws", "ways", "source_", "local", "transfer", "protocol"), dict),
}
PLACES: dict[str, list[tuple[str, ...]]] = {
    "manifest entry": [
        (),
        ("options",),
        ("attributes",),
        ("variables", "prcp"),
        ("screens", "observed"),
    ],
    "region": [(), ("basins",), ("inputs",), ("settings", "1-year")],
    "recipe": [(), ("source",), ("local", "default"), ("transfer", "default")],
    "source": [(), ("inputs",)],
    "options": [()],
    "study": [(), ("draws",), ("inputs",), ("draws", "basins")],
}
LEAVES: dict[str, list[tuple[str, ...]]] = {
    "manifest entry": [
        *[
            (k,)
            for k in ("title", "folder", "reader", "options", "variables", "attributes", "citation")
        ],
        *[("variables", "prcp", "native"), ("attributes", "id_column"), ("attributes", "area")],
        ("screens", "observed", "max_missing"),
    ],
    "region": [
        *[(k,) for k in ("title", "dataset", "basins", "inputs", "settings", "source", "recipe")],
        *[("inputs", "dynamic"), ("inputs", "static"), ("basins", "screen")],
        *[("settings", "1-year", "train"), ("settings", "1-year", "test")],
    ],
    "recipe": [
        *[(k,) for k in ("title", "local", "transfer")],
        *[
            ("local", "default", k)
            for k in ("hidden", "window", "warmup", "batch", "updates", "lr", "dropconnect", "clip")
        ],
        *[("transfer", "default", k) for k in ("updates", "lr", "optimizer", "loss", "schedule")],
    ],
    "source": [
        *[(k,) for k in ("title", "dataset", "inputs", "train", "recipe", "members")],
        *[("inputs", "dynamic"), ("inputs", "static")],
    ],
    "options": [("title",), ("trained",)],
    "study": [
        *[(k,) for k in ("title", "draws", "inputs", "source", "recipe", "ways", "folds")],
        *[("draws", k) for k in ("dataset", "pool", "seed", "years", "test")],
    ],
}
REQUIRED: dict[str, list[tuple[str, ...]]] = {
    "manifest entry": [
        (k,) for k in ("title", "folder", "reader", "variables", "licence", "access")
    ],
    "region": [("title",), ("dataset",), ("inputs",), ("inputs", "dynamic")],
    "recipe": [("title",), ("source",), ("local",), ("transfer",)],
    "source": [("title",), ("dataset",), ("inputs",), ("train",)],
    "options": [("title",), ("trained",)],
    "study": [(k,) for k in ("title", "draws", "source", "inputs", "recipe", "ways")],
}
DEEP = 20000
TEXTS: dict[str, tuple[Right, Callable[[str], str]]] = {
    "CRLF": ("same", lambda t: t.replace("\n", "\r\n")),
    "byte order mark": ("same", lambda t: "\ufeff" + t),
    "comments": ("same", lambda t: "# a comment\n" + t.replace("\n", "  # x\n", 1)),
    "a document mark": ("same", lambda t: "---\n" + t),
    "an end mark": ("same", lambda t: t + "...\n"),
    "keys in another order": (
        *(
            "same",
            lambda t: yaml.safe_dump(dict(reversed(yaml.safe_load(t).items())), sort_keys=False),
        ),
    ),
    "flow style": (
        *(
            "same",
            lambda t: yaml.safe_dump(yaml.safe_load(t), default_flow_style=True, sort_keys=False),
        ),
    ),
    "an alias": ("same", lambda t: t.replace("title: ", "title: &t ", 1)),
    "two documents": ("error", lambda t: t + "---\n" + t),
    "empty": ("error", lambda t: ""),
    "only comments": ("error", lambda t: "# nothing\n"),
    "null": ("error", lambda t: "null\n"),
    "a list": ("error", lambda t: "- a\n- b\n"),
    "a text": ("error", lambda t: "hello\n"),
    "a number": ("error", lambda t: "42\n"),
    "tabs": ("error", lambda t: t.replace("  ", "\t")),
    "indentation lost": ("either", lambda t: t.replace("\n  ", "\n ", 2)),
    "an open bracket": ("error", lambda t: t + "x: [1, 2\n"),
    "an open quotation mark": ("error", lambda t: t + 'x: "abc\n'),
    "a key twice": ("error", lambda t: t + first_key(t)),
    "an unknown alias": ("error", lambda t: t + "x: *nothing\n"),
    "a loop": ("error", lambda t: t + "x: &x [*x]\n"),
    "a loop in a mapping": ("error", lambda t: t + "x: &x {y: *x}\n"),
    "an object of Python": ("error", lambda t: t + "x: !!python/object/apply:os.getcwd []\n"),
    "an unknown tag": ("error", lambda t: t + "x: !secret a\n"),
    "a tag of the wrong type": ("error", lambda t: t + "x: !!int abc\n"),
    "binary": ("error", lambda t: t + "x: !!binary \u00e4\n"),
    "a bomb of aliases": ("error", lambda t: t + BOMB),
    "deep brackets": ("error", lambda t: t + "x: " + "[" * DEEP + "]" * DEEP + "\n"),
    "deep braces": ("error", lambda t: t + "x: " + "{a: " * DEEP + "1" + "}" * DEEP + "\n"),
    "deep lists": ("error", lambda t: t + "x:\n" + "- " * 3000 + "a\n"),
    "a list as a key": ("error", lambda t: t + "? [1, 2]\n: x\n"),
    "a mapping as a key": ("error", lambda t: t + "? {a: 1}\n: x\n"),
    "an impossible date": ("error", lambda t: t + "x: 2001-02-30\n"),
    "a huge number": ("error", lambda t: t + "x: " + "9" * 5000 + "\n"),
    "a number of base 60": ("error", lambda t: t + "x: 1:99\n"),
    "a null character": ("error", lambda t: t + "x: a\0b\n"),
    "a control character": ("error", lambda t: t + "x: a\x07b\n"),
    "merge of a text": ("error", lambda t: t + "<<: abc\n"),
    "cut in the middle": ("either", lambda t: t[: len(t) // 2]),
    "JSON cut": ("error", lambda t: '{"title": "x", '),
    "a page of HTML": (
        "error",
        lambda t: "<!DOCTYPE html>\n<html>\n<p>404: not found</p></html>\n",
    ),
    "a Git conflict": ("error", lambda t: "<<<<<<< HEAD\n" + t + "=======\n>>>>>>> x\n"),
}
BYTES: dict[str, tuple[Right, Callable[[bytes, random.Random], bytes]]] = {
    "Latin-1": ("error", lambda b, c: b + b"# \xfcber\n"),
    "UTF-16": ("either", lambda b, c: b.decode().encode("utf-16")),
    **{k: v for k, v in DAMAGES.items() if k in ("empty", "random bytes", "all zero")},
}
