"""Text tables of SWAT+: a title line, a line of names, and rows, all read free-format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

#: A cell that stands for nothing.
NULL = "null"

Cell = str | float | int | None


def cell(value: Cell) -> str:
    """A value as SWAT+ reads it; five decimals, as the SWAT+ editor writes them."""
    if value is None:
        return NULL
    return f"{value:.5f}" if isinstance(value, float) else str(value)


def write_table(path: Path, rows: Sequence[Mapping[str, Cell]]) -> None:
    """Write rows that share their columns under a title and the column names."""
    write_lines(path, [list(rows[0]), *([cell(value) for value in row.values()] for row in rows)])


def write_lines(path: Path, lines: Iterable[Sequence[str]]) -> None:
    """Write a title line, then ``lines`` of cells."""
    body = "\n".join("  ".join(f"{text:>12}" for text in line).rstrip() for line in lines)
    path.write_text(f"{path.name}: written by hydrotl\n{body}\n", encoding="utf-8")
