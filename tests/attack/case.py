"""A mutation: one thing that is changed in a clean project, and what is right then."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

#: ``error``: refused in words; ``same``: the clean numbers to the bit; ``doubt``: refused, or other
#: numbers with a word; ``either``: refused in words or the clean numbers.
Right = Literal["error", "same", "doubt", "either"]
#: Changes the project at a path; chance is that of the mutation alone.
Change = Callable[[Path, random.Random], object]


@dataclass(frozen=True)
class Mutation:
    """One change.

    Attributes
    ----------
    area, kind, name
        What is changed, in which manner, and what exactly; together they are unique.
    right
        See :data:`Right`.
    change
        Makes the change.
    names
        File, line, variable or key, of which a clear error names one.
    probe
        What is done with the project (:data:`tests.attack.probes.PROBES`).
    renamed
        Whether only the name of a basin is other, so that only scores are compared.
    like
        Title of a mutation whose outcome takes the place of the clean project's.
    """

    area: str
    kind: str
    name: str
    right: Right
    change: Change
    names: tuple[str, ...]
    probe: str = "data"
    renamed: bool = False
    like: str = ""

    @property
    def group(self) -> str:
        """Area and kind, a row of the table."""
        return f"{self.area}: {self.kind}"

    @property
    def title(self) -> str:
        """The unique name."""
        return f"{self.group}: {self.name}"

    def apply(self, root: Path, seed: int) -> None:
        """Make the change in the project at ``root``; the same for the same seed."""
        self.change(root, random.Random(f"{seed}:{self.title}"))


def edit_bytes(path: str, edit: Callable[[bytes, random.Random], bytes]) -> Change:
    """A change of a file's bytes; ``path`` is relative to the project."""

    def change(root: Path, chance: random.Random) -> None:
        file = root / path
        file.write_bytes(edit(file.read_bytes(), chance))

    return change


def edit_text(path: str, edit: Callable[[str, random.Random], str]) -> Change:
    """A change of a file's text, whose lines end with one sign."""
    return edit_bytes(path, lambda content, chance: edit(content.decode(), chance).encode())


def edit_yaml(path: str, edit: Callable[[Any], Any]) -> Change:
    """A change of what a YAML file says; ``edit`` changes it in place or returns another."""

    def change(root: Path, chance: random.Random) -> None:
        file = root / path
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        new = edit(content)
        text = yaml.safe_dump(content if new is None else new, sort_keys=False, allow_unicode=True)
        file.write_text(text, encoding="utf-8")

    return change


def both(*changes: Change) -> Change:
    """Several changes, one after another."""

    def change(root: Path, chance: random.Random) -> None:
        for one in changes:
            one(root, chance)

    return change


def below(content: Any, keys: Sequence[str | int]) -> Any:
    """What nested mappings and lists hold at ``keys``."""
    for key in keys:
        content = content[key]
    return content
