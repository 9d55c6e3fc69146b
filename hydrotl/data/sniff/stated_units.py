"""Units in the names of columns: what is one, what seems to be one, and what are mere words."""

from __future__ import annotations

import re

from hydrotl.data.units import known_unit

_UNIT_WORDS = {
    **dict.fromkeys(("m3s", "m3 s", "m3 sec", "m3ps", "m3s 1", "m3 s 1"), "m3/s"),
    **dict.fromkeys(("ls", "l s", "l s 1"), "L/s"),
    **dict.fromkeys(("ft3s", "ft3 s", "cfs"), "ft3/s"),
    **dict.fromkeys(("mmd", "mm d", "mm day", "mmday", "mm d 1"), "mm/day"),
    **dict.fromkeys(("mmh", "mm h", "mm hr"), "mm/h"),
    **dict.fromkeys(("wm2", "w m2", "wm 2", "w m 2"), "W/m2"),
    **dict.fromkeys(
        ("mjm2", "mj m2", "mj m2 d", "mjm2d", "mj m2 day", "mjm2day", "mj"), "MJ/m2/day"
    ),
    **dict.fromkeys(("km2", "sqkm", "km 2"), "km2"),
    **dict.fromkeys(("mi2", "sqmi", "sq mi"), "sq mi"),
}
_LONE = {"c": "degC", "f": "degF", "k": "K"}
#: Texts that say that there is no unit, or none is known.
NO_UNIT = {"", "-", "--", "1", "?", "unknown", "n/a", "na", "none"}
#: Of these units the names are more often words: Temp (min), rain (day).
TIMES = {"min", "mn", "d", "day", "days", "h", "hour", "s", "a", "year", "month", "mon", "week"}
#: Heights, hours and codes of types: 2 m, 00-24 h, 9:00 UTC, 14n.
_NO_MEASURE = re.compile(
    r"(at\s+)?\d+(\.\d+)?\s*c?m|[\d\s:.-]+(h|hr|hrs|hours?|d|days?|min|utc|z|n)?|\d+[sdn]",
    re.IGNORECASE,
)
_COUNTS = {"tenths", "hundredths", "thousandths", "tenth", "hundredth", "zehntel", "hundertstel"}
_SIGNED = re.compile(r"(?<![^\W\d_])(m|l|ft|in)\s*([\u00b2\u00b3^/]|\d)|\d\s*(in|m)(?![^\W_])")


def unit_in(text: str, bracketed: bool) -> str | None:
    """A unit, if ``text`` is one; of single letters without brackets only the temperatures are."""
    text = text.strip()
    joined = " ".join(re.findall(r"[^\W_]+", text.casefold()))
    if joined in _UNIT_WORDS and joined == re.sub(r"[^\w]+|_", " ", text.casefold()).strip():
        return _UNIT_WORDS[joined]
    if len(text) == 1 and not bracketed:
        return _LONE.get(text.casefold())
    for one in (text, text.replace("_", "/"), text.replace("_per_", "/")):
        if one and known_unit(one):
            return one
    return None


def seems_unit(text: str) -> bool:
    """Whether ``text``, which is no unit that is understood, is meant as one."""
    text = text.strip()
    if _NO_MEASURE.fullmatch(text):
        return False
    names = [one.casefold() for one in re.findall(r"[^\W\d_]+", text)]
    measures = [n for n in names if len(n) > 1 and n not in TIMES | NO_UNIT | {"in"}]
    if _COUNTS & set(names):
        return True
    return any(map(known_unit, measures)) or _SIGNED.search(text.casefold()) is not None
