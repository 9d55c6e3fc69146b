"""Records in ``results``: read as the book reads them, and when the same command is run again."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.attack.case import Change, Mutation, Right, edit_bytes
from tests.attack.kinds.damage import DAMAGES

AREA = "records"
RECORD = "results/target/tiny/1-year_local.json"
FACTS = "results/target/basins.csv"
NAMES = ("1-year_local.json", "local", "record")
PROBES = {"read": "read", "run again": "run again"}


def mutations() -> Iterator[Mutation]:
    """Each change twice: the record is read, and the command that wrote it is run again."""
    for probe in PROBES:
        for title, (right, damage) in DAMAGES.items():
            if "bit" not in title or title.endswith(("0", "1", "2", "3")):
                # JSON has no sum of its digits: a flipped bit may be another number.
                right = "either"
                yield of(probe, "damage", title, right, edit_bytes(RECORD, damage))
        for title, (right, text) in TEXTS.items():
            yield of(probe, "form", title, right, edit_bytes(RECORD, in_text(text)))
        for title, edit in CONTENTS.items():
            yield of(probe, "content", title, "either", in_record(edit))
        for title, (right, place) in PLACES.items():
            if right == "error" and probe != "read":
                continue  # what lies beside is not in the way of the command
            yield of(probe, "places", title, right, place)
        for title, (right, facts) in TABLES.items():
            change = edit_bytes(FACTS, in_text(facts))
            if right == "doubt" and probe != "read":
                right = "same"  # what is there already does not need the table
            yield of(probe, "table of basins", title, right, change, (*NAMES, "basins.csv"))


def of(
    probe: str, kind: str, title: str, right: Right, change: Change, names: tuple[str, ...] = NAMES
) -> Mutation:
    """A mutation of the record of the local models."""
    return Mutation(AREA, kind, f"{title}, {probe}", right, change, names, probe)


def in_text(edit: Callable[[str], str]) -> Callable[[bytes, random.Random], bytes]:
    """A change of a text."""
    return lambda content, chance: edit(content.decode()).encode()


def in_record(edit: Callable[[dict[str, Any]], Any]) -> Change:
    """A change of what a record says."""

    def change(root: Path, chance: random.Random) -> None:
        path = root / RECORD
        record = json.loads(path.read_text(encoding="utf-8"))
        edit(record)
        path.write_text(json.dumps(record), encoding="utf-8")

    return change


def _set(key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda record: record.update({key: value})


def _first(key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda record: record[key].__setitem__(0, value)


def _without(key: str) -> Callable[[dict[str, Any]], Any]:
    return lambda record: record.pop(key)


KEYS = (
    *("region", "setting", "option", "members", "basins", "nse", "nse_mean", "nse_median"),
    *("error_products", "member_nse", "member_nse_median", "days_observed", "key", "kge"),
    *("provenance", "periods"),
)
CONTENTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    **{f"no {key}": _without(key) for key in KEYS},
    **{f"{key} null": _set(key, None) for key in KEYS},
    **{f"{key} as text": _set(key, "abc") for key in KEYS if key not in ("region", "key")},
    **{
        f"{key} is a list of lists": _set(key, [[[]]])
        for key in ("basins", "nse", "error_products")
    },
    "another mean": _set("nse_mean", 0.99),
    "another median": _set("nse_median", 0.99),
    "another members' median": _set("member_nse_median", [0.99]),
    "another score of a basin": _first("nse", 0.99),
    "a score of a basin above 1": _first("nse", 1.7),
    "a score as text": _first("nse", "0.5"),
    "a score true": _first("nse", True),
    "a score NaN": _first("nse", float("nan")),
    "a score infinite": _first("nse", float("inf")),
    "a score less": lambda r: r["nse"].pop(),
    "a score more": lambda r: r["nse"].append(0.5),
    "a basin less": lambda r: r["basins"].pop(),
    "a basin more": lambda r: r["basins"].append("0999"),
    "a basin twice": _first("basins", "0102"),
    "a basin as a number": _first("basins", 101),
    "a basin of a tag": _first("basins", "<script>alert(1)</script>"),
    "basins in another order": lambda r: r["basins"].reverse(),
    "more members than there are": _set("members", 9),
    "no member": _set("members", 0),
    "members negative": _set("members", -1),
    "products negative": _first("error_products", [-1.0]),
    "products of another size": _first("error_products", [0.1, 0.2, 0.3]),
    "products NaN": _first("error_products", [float("nan")]),
    "another region": _set("region", "elsewhere"),
    "another option": _set("option", "TL-b"),
    "another setting": _set("setting", "2-year"),
    "another recipe": _set("recipe", "fast"),
    "another key": _set("key", "0" * 16),
    "a key as a number": _set("key", 7),
    "days observed of none": _first("days_observed", 0),
}
TEXTS: dict[str, tuple[Right, Callable[[str], str]]] = {
    "CRLF": ("same", lambda t: t.replace("\n", "\r\n")),
    "all on one line": ("same", lambda t: json.dumps(json.loads(t))),
    "indented": ("same", lambda t: json.dumps(json.loads(t), indent=4)),
    "keys sorted": ("same", lambda t: json.dumps(json.loads(t), sort_keys=True)),
    "byte order mark": ("either", lambda t: "\ufeff" + t),
    "a comma too many": ("either", lambda t: t.replace("\n}", ",\n}")),
    "a comma lost": ("either", lambda t: t.replace(",\n", "\n", 1)),
    "a comment": ("either", lambda t: "// results\n" + t),
    "a Git conflict": ("either", lambda t: "<<<<<<< HEAD\n" + t + "=======\n" + t + ">>>>>>> x\n"),
    "a key twice": ("either", lambda t: t.replace("{\n", '{\n"members": 3,\n', 1)),
    "null": ("either", lambda t: "null"),
    "a list": ("either", lambda t: "[]"),
    "an empty mapping": ("either", lambda t: "{}"),
    "a number": ("either", lambda t: "3"),
    "two records": ("either", lambda t: t + t),
    "deep": ("either", lambda t: "[" * 100000 + "]" * 100000),
    "a page of HTML": ("either", lambda t: "<!DOCTYPE html><p>404</p>"),
    "YAML": ("either", lambda t: "region: target\nnse: [0.5]\n"),
    "NaN in capitals": ("either", lambda t: t.replace('"kge": [', '"kge": [NAN, ')),
}


def _instead(make: Callable[[Path], object]) -> Change:
    def change(root: Path, chance: random.Random) -> None:
        path = root / RECORD
        path.unlink()
        make(path)

    return change


def _copied(to: str) -> Change:
    def change(root: Path, chance: random.Random) -> None:
        target = root / RECORD
        shutil.copy(target, target.with_name(to))

    return change


PLACES: dict[str, tuple[Right, Change]] = {
    "a folder of the record's name": ("either", _instead(lambda p: p.mkdir())),
    "a link to nowhere": ("either", _instead(lambda p: p.symlink_to("nowhere"))),
    "a link to itself": ("either", _instead(lambda p: p.symlink_to(p))),
    "the other option's record": ("either", _copied("1-year_TL-b.json")),
    "a copy of another name": ("error", _copied("1-year_local (1).json")),
    "a record of an option that is not there": ("error", _copied("1-year_TL-z.json")),
    "a half-written record beside": ("same", _copied(".1-year_local.json.77.part")),
    "a backup beside": ("same", _copied("1-year_local.json.bak")),
}
TABLES: dict[str, tuple[Right, Callable[[str], str]]] = {
    "empty": ("either", lambda t: ""),
    "header only": ("doubt", lambda t: t[: t.index("\n") + 1]),
    "a row lost": ("doubt", lambda t: t[: t.rstrip("\n").rindex("\n") + 1]),
    "a row twice": ("either", lambda t: t + t.rstrip("\n").rsplit("\n", 1)[1] + "\n"),
    "text among numbers": (
        "either",
        lambda t: t.replace("-110.", "west", 1).replace("-10", "w", 1),
    ),
    "columns lost": ("either", lambda t: "\n".join(s.split(",")[0] for s in t.split("\n"))),
    "binary": ("either", lambda t: "\x00\x01\x02" * 50),
}
