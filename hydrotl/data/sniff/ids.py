"""Which basin a file is of, from the names of the files and the ids of a table."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hydrotl.data.sniff.headers import variable_of, words

#: Words in file names that are of the content, not of the basin.
_CONTENT = {
    *("daily", "day", "data", "timeseries", "time", "series", "forcing", "forcings", "meteo"),
    *("weather", "met", "climate", "clima", "klima", "wetter", "meteorology", "hydromet", "hydro"),
    *("flow", "flows", "q", "gauge", "gauged", "station", "obs", "observed", "input", "inputs"),
    *("discharge", "streamflow", "runoff", "tagwerte", "csv", "lump", "mean", "basin", "tab"),
    *("cmd", "ts", "all", "export", "abfluss", "debit", "caudal", "pegel", "rain", "precip"),
}
#: Variables that a letter stands for.
_LETTERS = {"p", "t", "q"}
_SPLIT = re.compile(r"([/_\-. ]+)")
YEAR = re.compile(r"(18|19|20)\d\d")


def basins_of(paths: Sequence[str], known: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Path -> basin id, and the path with ``{basin}`` in place of it (``*`` in place of a year).

    Parameters
    ----------
    paths
        Of files of one kind, relative to the folder.
    known
        Ids of a table of attributes, if there is one.
    """
    by_table = {path: known_id(path, known) for path in paths}
    stems = {path: _stem(path) for path in paths}
    years = _years(list(stems.values()))
    if known and all(by_table.values()):
        return {path: _pattern(path, str(by_table[path]), years) for path in paths}
    tokens = {path: _SPLIT.split(stem) for path, stem in stems.items()}
    varying = {path: _without_years(t) if years else t for path, t in tokens.items()}
    before, after = _common(list({tuple(t): None for t in varying.values()}))
    found = {}
    for path, parts in varying.items():
        kept = parts[before : len(parts) - after]
        kept = _bare(kept) if len({tuple(t) for t in varying.values()}) == 1 else kept
        basin = "".join(kept).strip("/_-. ") or "".join(parts).strip("/_-. ")
        found[path] = _pattern(path, basin.rsplit("/", 1)[-1], years)
    return found


def _stem(path: str) -> str:
    return path[: -len(suffix)] if (suffix := _suffix(path)) else path


def _suffix(path: str) -> str:
    match = re.search(r"(\.[A-Za-z]\w{0,4}){1,2}$", path)
    return match[0] if match else ""


def known_id(path: str, known: Sequence[str]) -> str | None:
    """The longest of the known ids that stands in a path by itself."""
    for one in sorted(known, key=len, reverse=True):
        if re.search(rf"(?<![^\W_]){re.escape(one)}(?![^\W_])", _stem(path)):
            return one
    return None


def pattern_of(path: str, basin: str) -> str:
    """A path with ``{basin}`` in place of the basin's id."""
    return _pattern(path, basin)[1]


def _pattern(path: str, basin: str, years: bool = False) -> tuple[str, str]:
    whole = re.finditer(rf"(?<![^\W_]){re.escape(basin)}(?![^\W_])", path)
    places = [m.start() for m in whole] or [path.rfind(basin)]
    place = places[-1]
    before, rest = path[:place], path[place + len(basin) :]
    if years:
        before, rest = YEAR.sub("*", before), YEAR.sub("*", rest)
    return basin, f"{before}{{basin}}{rest}"


def _years(stems: Sequence[str]) -> bool:
    """Whether the files are of one year each."""
    if len(stems) < 2 or not all(any(map(YEAR.fullmatch, _SPLIT.split(s))) for s in stems):
        return False
    bare = {"".join(_without_years(_SPLIT.split(stem))) for stem in stems}
    return len(bare) < len(stems)


def _without_years(tokens: Sequence[str]) -> list[str]:
    return [token for token in tokens if not YEAR.fullmatch(token)]


def _common(names: Sequence[tuple[str, ...]]) -> tuple[int, int]:
    """Number of tokens that all names begin with, and that all end with."""
    if len(names) < 2:
        return 0, 0
    shortest = min(len(name) for name in names)
    before = 0
    while before < shortest - 1 and len({name[before] for name in names}) == 1:
        before += 1
    after = 0
    while after < shortest - 1 - before and len({name[-1 - after] for name in names}) == 1:
        after += 1
    return before, after


def _bare(tokens: Sequence[str]) -> list[str]:
    """Tokens without words of the content around the basin's name."""
    kept = list(tokens)

    def content(token: str) -> bool:
        said = words(token)
        if not said or said in _CONTENT:
            return True
        return (len(said) > 1 or said in _LETTERS) and variable_of(token) is not None

    while len(kept) > 1 and content(kept[0]):
        kept = kept[1:]
    while len(kept) > 1 and content(kept[-1]):
        kept = kept[:-1]
    return kept if any(map(words, kept)) else list(tokens)
