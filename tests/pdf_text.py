"""The words of a PDF that Chromium wrote, read without a library: enough to see them there.

Its objects are listed in plain text, its streams deflated; a font's ToUnicode map says which sign a
glyph stands for (ISO 32000-1, 9.10.3).
"""

import re
import zlib
from pathlib import Path

OBJECT = re.compile(rb"(\d+) 0 obj\b(.*?)\bendobj", re.DOTALL)
STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
SHOWN = re.compile(rb"/(F\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)> Tj|\[([^\]]*)\] TJ|(?<![A-Za-z])(ET)\b")
CODES = re.compile(r"<([0-9A-Fa-f]+)> <([0-9A-Fa-f]+)>(?: <([0-9A-Fa-f]+)>)?\n")


def objects(path: Path) -> dict[int, bytes]:
    """Objects by number; the content of a stream stands, inflated, after its dictionary."""
    found = {}
    for match in OBJECT.finditer(path.read_bytes()):
        body = match[2]
        stream = STREAM.search(body)
        if stream is not None and b"FlateDecode" in body[: stream.start()]:
            content = zlib.decompressobj().decompress(stream[1])
            body = body[: stream.start()] + b"stream\n" + content
        found[int(match[1])] = body
    return found


def signs(cmap: str) -> dict[int, str]:
    """Glyph to sign, of a ToUnicode map."""
    known = {}
    for part in re.findall(r"beginbf(?:char|range)\n(.*?)endbf", cmap, re.DOTALL):
        for first, second, third in CODES.findall(part):
            start, stop, text = first, second if third else first, third or second
            base = bytes.fromhex(text).decode("utf-16-be")
            for number in range(int(start, 16), int(stop, 16) + 1):
                shifted = chr(ord(base[-1]) + number - int(start, 16))
                known[number] = base[:-1] + shifted
    return known


def text_of(path: Path) -> str:
    """All text, without its spaces: where a line breaks is the printer's choice."""
    found = objects(path)
    text = []
    for page in found.values():
        if not re.search(rb"/Type\s*/Page\b", page):
            continue
        fonts = {}
        for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", page):
            unicode = re.search(rb"/ToUnicode (\d+) 0 R", found[int(number)])
            if unicode is not None:
                fonts[name] = signs(found[int(unicode[1])].decode("latin-1"))
        contents = re.search(rb"/Contents (\d+) 0 R", page)
        assert contents is not None
        font: dict[int, str] = {}
        for name, one, several, _ in SHOWN.findall(found[int(contents[1])]):
            if name:
                font = fonts.get(name, {})
            for code in [one] if one else re.findall(rb"<([0-9A-Fa-f]+)>", several):
                glyphs = [int(code[k : k + 4], 16) for k in range(0, len(code), 4)]
                text += [font.get(glyph, "") for glyph in glyphs]
    return re.sub(r"\s", "", "".join(text))


def page_count(path: Path) -> int:
    """Number of pages."""
    return sum(bool(re.search(rb"/Type\s*/Page\b", body)) for body in objects(path).values())
