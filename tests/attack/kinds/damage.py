"""Damage to the bytes of a binary file; the same for every format."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.attack.case import Right

Damage = Callable[[bytes, random.Random], bytes]


def flipped(bits: int, first: float = 0.0, last: float = 1.0) -> Damage:
    """Some bits flipped between two shares of the file."""

    def damage(content: bytes, chance: random.Random) -> bytes:
        new = bytearray(content)
        low, high = int(first * len(new)), max(int(last * len(new)), int(first * len(new)) + 1)
        for _ in range(bits):
            new[chance.randrange(low, min(high, len(new)))] ^= 1 << chance.randrange(8)
        return bytes(new)

    return damage


def cut(share: float) -> Damage:
    """The beginning of the file."""
    return lambda content, chance: content[: int(len(content) * share)]


def zeroed(share: float, size: int = 512) -> Damage:
    """A block of zeros."""

    def damage(content: bytes, chance: random.Random) -> bytes:
        start = int(share * max(len(content) - size, 0))
        return content[:start] + bytes(min(size, len(content))) + content[start + size :]

    return damage


DAMAGES: dict[str, tuple[Right, Damage]] = {
    "empty": ("error", lambda content, chance: b""),
    "one byte": ("error", lambda content, chance: content[:1]),
    "eight bytes": ("error", lambda content, chance: content[:8]),
    "text": ("error", lambda content, chance: b"404 Not Found\n" * 200),
    "random bytes": ("error", lambda content, chance: chance.randbytes(len(content))),
    "all zero": ("error", lambda content, chance: bytes(len(content))),
    "bytes more at the end": ("either", lambda content, chance: content + b"\0" * 64),
    "a line end more": ("either", lambda content, chance: content + b"\n"),
    "line ends changed as by a text transfer": (
        *("either", lambda content, chance: content.replace(b"\n", b"\r\n")),
    ),
    **{f"cut off after {s:.0%}": ("error", cut(s)) for s in (0.05, 0.25, 0.5, 0.75, 0.9, 0.99)},
    **{f"512 zeros at {s:.0%}": ("either", zeroed(s)) for s in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)},
    **{f"a bit flipped, {n}": ("either", flipped(1)) for n in range(12)},
    **{f"ten bits flipped, {n}": ("either", flipped(10)) for n in range(6)},
    **{
        f"a bit flipped in the first hundredth, {n}": ("either", flipped(1, 0, 0.01))
        for n in range(8)
    },
}
