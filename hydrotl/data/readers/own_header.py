"""The line that names the columns of your own files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from hydrotl.data.readers.own_forms import OwnFiles, OwnTable
from hydrotl.data.readers.text import require_file, split_fields
from hydrotl.data.spelling import plain
from hydrotl_core.errors import DataError

#: What a first column without a name is called: the days, as pandas writes an index.
NO_NAME = "unnamed"
#: Lines that names between quotation marks may go over.
MOST_LINES = 40
#: A quotation mark that opens the last field; that of seconds or inches opens none.
_OPENED = re.compile(r'(^|[;,|\t])\s*"[^"]*$')


def header_of(path: Path, files: OwnFiles | OwnTable) -> tuple[int, list[str]]:
    """Line (from 1) that names the columns of a text file, the last if these are several, and the
    names.

    Where each row ends with a separator that the header lacks, so does the header.
    """
    try:
        lines = plain(require_file(path).read_text(encoding=files.encoding)).split("\n")
    except UnicodeError as error:
        raise DataError(
            f"{path}: not {files.encoding} text ({error}); save it as UTF-8 or correct `encoding` "
            "in region.yaml"
        ) from error
    line = 0
    while files.comment and line < len(lines) and lines[line].startswith(files.comment):
        line += 1
    line += files.header
    text, taken = whole_line(lines, line - 1) if line <= len(lines) else ("", 1)
    names = named(split_fields(text, files.separator) or [])
    if not names:
        raise DataError(f"{path}: no line that names the columns at line {line}")
    line += taken - 1
    first = line + files.below_header
    row = split_fields(lines[first], files.separator) if first < len(lines) else None
    if row and len(row) == len(names) + 1 and row[-1] == "":
        names = [*names, ""]
    return line, names


def named(names: Sequence[str]) -> list[str]:
    """Names of columns, :data:`NO_NAME` in place of none on the left."""
    return [NO_NAME, *names[1:]] if len(names) > 1 and names[0] == "" else list(names)


def whole_line(lines: Sequence[str], position: int) -> tuple[str, int]:
    """The line at a position with those that a quotation mark left open goes over, joined by
    blanks, and how many they are.
    """
    text = lines[position]
    if text.count('"') % 2 and _OPENED.search(text):
        for more in range(1, min(MOST_LINES, len(lines) - position)):
            text = f"{text.rstrip()} {lines[position + more].strip()}"
            if text.count('"') % 2 == 0:
                return text, more + 1
    return lines[position], 1
