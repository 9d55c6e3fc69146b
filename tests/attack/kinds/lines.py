"""Changes of texts line by line, and of their bytes."""

from __future__ import annotations

import random
from collections.abc import Callable

Lines = Callable[[list[str], random.Random], list[str]]


def by_line(edit: Lines) -> Callable[[str, random.Random], str]:
    """A change of the lines of a text."""
    return lambda text, chance: "\n".join(edit(text.split("\n"), chance))


def at(row: int | None, edit: Callable[[str], str]) -> Lines:
    """A change of one line (from 0; None: some line)."""

    def change(lines: list[str], chance: random.Random) -> list[str]:
        number = chance.randrange(20, len(lines) - 20) if row is None else row
        lines[number] = edit(lines[number])
        return lines

    return change


def insert(row: int | None, text: str) -> Lines:
    """A line more (-1: at the end)."""

    def change(lines: list[str], chance: random.Random) -> list[str]:
        number = chance.randrange(20, len(lines) - 20) if row is None else row
        lines.insert(len(lines) if number == -1 else number, text)
        return lines

    return change


def every(edit: Callable[[str], str]) -> Lines:
    """A change of every line but empty ones."""
    return lambda lines, chance: [edit(line) if line else line for line in lines]


def cut(share: float) -> Callable[[str, random.Random], str]:
    """The beginning of a text, up to within a line so that it lacks fields."""

    def change(text: str, chance: random.Random) -> str:
        end = text.index("\n", int(len(text) * share) - 1 if share < 0.99 else len(text) - 200)
        return text[: text.index(",", text.index(",", end) + 1) + 1]

    return change


def flip(bit: int, among: bytes = b"") -> Callable[[bytes, random.Random], bytes]:
    """One bit flipped, in one of the bytes ``among``, or anywhere."""

    def change(content: bytes, chance: random.Random) -> bytes:
        places = [n for n, byte in enumerate(content) if byte in among] if among else []
        place = chance.choice(places) if places else chance.randrange(len(content))
        new = bytearray(content)
        new[place] ^= 1 << bit
        return bytes(new)

    return change


def column_more(name: str, value: str) -> Lines:
    """A column more at the end."""
    return lambda lines, chance: [
        line and f"{line},{name if number == 0 else value}" for number, line in enumerate(lines)
    ]


def moved(lines: list[str], chance: random.Random) -> list[str]:
    """The columns in another order."""
    order = list(range(len(lines[0].split(","))))
    chance.shuffle(order)
    return [line and ",".join(line.split(",")[k] for k in order) for line in lines]


def quoted(lines: list[str], chance: random.Random) -> list[str]:
    """Some fields between quotation marks."""
    return [
        ",".join(f'"{f}"' if chance.random() < 0.3 else f for f in line.split(",")) if line else ""
        for line in lines
    ]
