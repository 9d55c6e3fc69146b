"""The form of text files: separators, quotation marks, line ends, encodings, damage."""

from __future__ import annotations

import gzip
import io
import os
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.attack.case import Change, Mutation, Right, edit_bytes, edit_text
from tests.attack.kinds.lines import (
    Lines,
    at,
    by_line,
    column_more,
    cut,
    every,
    flip,
    insert,
    moved,
    quoted,
)
from tests.attack.kinds.tables import FORMS, in_tables, read, write
from tests.attack.world import BASIN, FILE, TARGET

AREA = "text series"
NAMES = (f"{BASIN}.csv", BASIN, "line")
HTML = "<!DOCTYPE html><html><head><title>404 Not Found</title></head><body>gone</body></html>\n"


def mutations() -> Iterator[Mutation]:
    """Harmless forms, other forms than declared, damaged lines and damaged files."""
    for form in FORMS:
        change = in_tables(lambda table, chance: None, form)
        yield Mutation(AREA, "declared forms", form, "same", change, NAMES)
        if form != "comma":
            yield from undeclared(form)
    for title, (right, edit) in TEXTS.items():
        yield Mutation(AREA, "form", title, right, edit_text(FILE, edit), NAMES)
    for title, (right, lines) in LINES.items():
        yield Mutation(AREA, "lines", title, right, edit_text(FILE, by_line(lines)), NAMES)
    for title, (right, damage) in BYTES.items():
        yield Mutation(AREA, "bytes", title, right, edit_bytes(FILE, damage), NAMES)
    for title, (right, change) in FILES.items():
        yield Mutation(AREA, "files", title, right, change, NAMES)
    for share in (0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99):
        yield Mutation(
            *(AREA, "bytes", f"cut off after {share:.0%} of the bytes", "error"),
            edit_text(FILE, cut(share)),
            NAMES,
        )
    for bit in range(8):
        for number in range(3):
            yield Mutation(
                *(
                    AREA,
                    "bytes",
                    f"bit {bit} of a separator or line end flipped, {number}",
                    "either",
                ),
                edit_bytes(FILE, flip(bit, b",\n")),
                NAMES,
            )


def undeclared(form: str) -> Iterator[Mutation]:
    """A form that the manifest entry does not state, in all files or in one."""
    same = form in ("all quoted", "byte order mark and CRLF", "time of day", "compact dates")
    right: Right = "same" if same else "error"

    def forget(root: Path, chance: random.Random) -> None:
        for basin in TARGET if chance.random() < 0.5 else [BASIN]:
            write(root, basin, read(root, basin), FORMS[form])

    names = (*NAMES, "0101.csv", "date", "separator")
    yield Mutation(AREA, "undeclared forms", form, right, forget, names)


TEXTS: dict[str, tuple[Right, Callable[[str, random.Random], str]]] = {
    "CRLF": ("same", lambda t, c: t.replace("\n", "\r\n")),
    "CR": ("same", lambda t, c: t.replace("\n", "\r")),
    "line ends of two kinds": ("same", lambda t, c: t.replace("\n", "\r\n", 400)),
    "byte order mark": ("same", lambda t, c: "\ufeff" + t),
    "two byte order marks": ("either", lambda t, c: "\ufeff\ufeff" + t),
    "no line end at the end": ("same", lambda t, c: t.rstrip("\n")),
    "empty lines at the end": ("same", lambda t, c: t + "\n\n\n"),
    "blanks at the end": ("same", lambda t, c: t + "   \n \n"),
    "separator ; in the header only": ("error", lambda t, c: t.replace(",", ";", 5)),
    "empty": ("error", lambda t, c: ""),
    "one line end": ("error", lambda t, c: "\n"),
    "blanks": ("error", lambda t, c: "   \n  \n"),
    "header only": ("error", lambda t, c: t[: t.index("\n") + 1]),
    "no header": ("error", lambda t, c: t[t.index("\n") + 1 :]),
    "a page of HTML": ("error", lambda t, c: HTML),
    "JSON": ("error", lambda t, c: '{"date": ["2000-01-01"], "rain": [0.1]}\n'),
    "a Git LFS pointer": (
        *("error", lambda t, c: "version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
    ),
    "the file twice": ("error", lambda t, c: t + t),
    "all in one line": ("error", lambda t, c: t.replace("\n", " ")),
    "upper case header": ("error", lambda t, c: t[:60].upper() + t[60:]),
    "a form feed at the end": ("either", lambda t, c: t + "\x0c\n"),
    "the end sign of DOS": ("either", lambda t, c: t + "\x1a"),
}
LINES: dict[str, tuple[Right, Lines]] = {
    "columns in another order": ("same", moved),
    "some fields quoted": ("same", quoted),
    "blanks after separators": ("same", every(lambda s: s.replace(",", ", "))),
    "blanks before separators": ("same", every(lambda s: s.replace(",", " ,"))),
    "tabs after separators": ("either", every(lambda s: s.replace(",", ",\t"))),
    "blanks at line ends": ("same", every(lambda s: s + "  ")),
    "a column more": ("same", column_more("note", "ok")),
    "a column of words more": ("same", column_more("note", '"rain, then sun"')),
    "a column with quotation marks": ("same", column_more("note", '"he said ""rain"""')),
    "a column without a name": ("same", column_more("", "1")),
    "a separator at each line end": ("same", every(lambda s: s + ",")),
    "a separator at each line end but the header's": (
        *("error", lambda x, c: [s and (s if n == 0 else s + ",") for n, s in enumerate(x)]),
    ),
    "a second column rain": ("error", column_more("rain", "1.0")),
    "a second column rain with the same name but a blank": ("error", column_more(" rain ", "1.0")),
    "plus signs": ("same", every(lambda s: s.replace(",1", ",+1"))),
    "zeros in front": ("same", every(lambda s: s.replace(",1", ",001"))),
    "powers of ten": ("same", every(lambda s: s.replace(",0.0,", ",0.0E+00,"))),
    "a blank line in the middle": ("either", insert(None, "")),
    "a line of separators in the middle": ("error", insert(None, ",,,,,")),
    "a line of blanks in the middle": ("either", insert(None, "     ")),
    "a comment in the middle": ("error", insert(None, "# checked")),
    "a comment at the top": ("error", insert(0, "# station 0103")),
    "a title at the top": ("error", insert(0, "Daily values of station 0103")),
    "an empty line at the top": ("error", insert(0, "")),
    "sep=, at the top": ("error", insert(0, "sep=,")),
    "units below the header": ("error", insert(1, "-,mm/day,degC,degC,mm/day,m3/s")),
    "the header twice": ("error", lambda x, c: [x[0], *x]),
    "the header in the middle": ("error", lambda x, c: [*x[:500], x[0], *x[500:]]),
    "a sum at the end": ("error", insert(-1, "sum,2553.1,,,2100.2,")),
    "a mean at the end": ("error", insert(-1, "mean,2.3,14.1,5.2,1.9,3.3")),
    "a remark at the end": ("error", insert(-1, "source: the hydrological service")),
    "a field more in a line": ("error", at(None, lambda s: s + ",1.0")),
    "a field less in a line": ("error", at(None, lambda s: s.rsplit(",", 1)[0])),
    "fields of a line lost": ("error", at(None, lambda s: s[:10])),
    "decimal commas in a line": ("error", at(None, lambda s: s.replace(".", ","))),
    "decimal commas, quoted": (
        *("error", at(None, lambda s: ",".join(f'"{f.replace(".", ",")}"' for f in s.split(",")))),
    ),
    "an open quotation mark": ("error", at(None, lambda s: s.replace(",", ',"', 1))),
    "an open quotation mark at the end": ("error", at(1096, lambda s: s.replace(",", ',"', 1))),
    "a quotation mark in a number": ("error", at(None, lambda s: s.replace(".", '"', 1))),
    "two lines joined": ("error", at(None, lambda s: s + s)),
    "a line of another basin's form": ("error", at(None, lambda s: s.replace(",", ";"))),
    "a line with tabs": ("error", at(None, lambda s: s.replace(",", "\t"))),
    "a null character": ("error", at(None, lambda s: s + "\0")),
    "null characters for a line": ("error", at(None, lambda s: "\0" * len(s))),
    "a control character": ("error", at(None, lambda s: s.replace(",", ",\x07", 1))),
    "a zero width space": ("either", at(None, lambda s: s.replace(",", ",\u200b", 1))),
    "a blank that does not break": ("either", at(None, lambda s: s.replace(",", ",\u00a0", 1))),
    "a minus of typographers": ("either", every(lambda s: s.replace("-", "\u2212"))),
    "digits of another script": ("either", at(None, lambda s: s.replace("1", "\u0661"))),
    "wide digits": ("either", at(None, lambda s: s.replace("1", "\uff11"))),
    "a field of a million signs": (
        "error",
        at(None, lambda s: s.replace(",", "," + "9" * 10**6, 1)),
    ),
    "a note of a million signs": ("same", column_more("note", "x" * 1000)),
    "3000 columns more": (
        *(
            "same",
            lambda x, c: [s and s + ",".join([""] + [f"c{k}" for k in range(300)]) for s in x],
        ),
    ),
    "a formula": ("error", at(None, lambda s: s.replace(",", ",=1+", 1))),
    "merge conflict marks": ("error", insert(None, "<<<<<<< HEAD")),
    "column rain renamed": ("error", at(0, lambda s: s.replace("rain", "Rain"))),
    "column rain with its unit": ("error", at(0, lambda s: s.replace("rain", "rain (mm)"))),
    "column rain with a blank": ("same", at(0, lambda s: s.replace("rain", " rain "))),
    "column date renamed": ("error", at(0, lambda s: s.replace("date", "Date"))),
    "column rain missing in the header": ("error", at(0, lambda s: s.replace("rain,", ""))),
    "column discharge named Q": ("error", at(0, lambda s: s.replace("discharge", "Q"))),
}


def _zip(content: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", content)
    return target.getvalue()


BYTES: dict[str, tuple[Right, Callable[[bytes, random.Random], bytes]]] = {
    "null characters at the end": ("error", lambda b, c: b + b"\0" * 512),
    "the last page zero": ("error", lambda b, c: b[:-4096] + b"\0" * 4096),
    "a page in the middle zero": ("error", lambda b, c: b[:8192] + b"\0" * 4096 + b[12288:]),
    "all zero": ("error", lambda b, c: b"\0" * len(b)),
    "random bytes": ("error", lambda b, c: c.randbytes(len(b))),
    "random bytes in the middle": ("error", lambda b, c: b[:9000] + c.randbytes(64) + b[9064:]),
    "Latin-1 in a note": (
        *("either", lambda b, c: b"".join(s + b",\xfcber\n" for s in b.splitlines())),
    ),
    "Latin-1 in the header": ("error", lambda b, c: b.replace(b"rain", b"r\xe4in", 1)),
    "UTF-16": ("error", lambda b, c: b.decode().encode("utf-16")),
    "UTF-16 without a mark": ("error", lambda b, c: b.decode().encode("utf-16-le")),
    "UTF-32": ("error", lambda b, c: b.decode().encode("utf-32")),
    "compressed": ("error", lambda b, c: gzip.compress(b)),
    "a spreadsheet": ("error", lambda b, c: _zip(b)),
    "a picture": ("error", lambda b, c: b"\x89PNG\r\n\x1a\n" + c.randbytes(500)),
    "an older spreadsheet": (
        "error",
        lambda b, c: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(900),
    ),
}


def _instead(make: Callable[[Path], object]) -> Change:
    """Something else at the place of the file."""

    def change(root: Path, chance: random.Random) -> None:
        path = root / FILE
        path.unlink()
        make(path)

    return change


FILES: dict[str, tuple[Right, Change]] = {
    "a folder of the file's name": ("error", _instead(lambda p: p.mkdir())),
    "a link to nowhere": ("error", _instead(lambda p: p.symlink_to(p.with_name("nowhere.csv")))),
    "a link to itself": ("error", _instead(lambda p: p.symlink_to(p))),
    "a pipe": ("error", _instead(lambda p: os.mkfifo(p))),
    "a link to /dev/zero": ("error", _instead(lambda p: p.symlink_to("/dev/zero"))),
    "a link to a folder": ("error", _instead(lambda p: p.symlink_to(p.parent))),
}
