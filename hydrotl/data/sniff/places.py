"""Where a basin is and how large: what names of columns, and lines above a series, say of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from hydrotl.data.readers.own_forms import PLACES
from hydrotl.data.sniff.columns import is_numeric
from hydrotl.data.sniff.headers import words
from hydrotl.data.sniff.sheet import Sheet
from hydrotl.data.units import convert, known_unit
from hydrotl_core.errors import DataError

_PLACE_NAMES = {
    "latitude": r"(\w+ )*(lat|latitude|latitud|breite|breitengrad|y lat)( \w+)*",
    "longitude": r"(\w+ )*(lon|long|longitude|longitud|lange|langengrad)( \w+)*",
    "elevation_m": r"(\w+ )*(elev|elevation|altitude|altitud|hohe|meereshohe|height)( mean)?( m)?",
}
#: Spellings of units of area, in small letters, that are not those of other units.
_AREA_UNITS = {
    "km2": r"sq\.? ?kms?|sqkms?|skm|km ?\^?2|km²|quadratkilometern?|kilometres? carres?",
    "sq mi": r"sq\.? ?mi\.?|sqmi|mi ?\^?2|mi²|miles? ?2|sq\.? ?miles?|square miles?|sqmiles?",
    "m2": r"sq\.? ?m|sqm|m ?\^?2|m²",
    "ha": r"ha|hectares?|hektar|hectareas?",
    "acres": r"acres?|ac",
}
_AREA = r"area|areal|ae[0o]?|flache|superficie|surface|size|einzugsgebiets?\w*|drainagearea|ezg"
_OF_BASIN = (
    r"catchments?|drainage|drain|drained|basin|watershed|contributing|contrib|upstream|up|cuenca|bassin|bacia|bv"
    r"|versant|station|gauge|gauged|site|river|total|gross|gis|calc|calculated|official|gov|va|of|the|in|de|la|del"
)
#: Words that make an area that of something else, or no area.
_PARTS = re.compile(
    r"forest\w*|wood\w*|wald\w*|tree\w*|lakes?|water|wetlands?|glaci\w*|gletscher\w*|ice|snow|urban"
    r"|built|city|agri\w*|crop\w*|farm\w*|grass\w*|pasture|imperv\w*|paved|sealed|irrigat\w*|karst"
    r"|barren|shrub\w*|burn\w*|reservoirs?|dams?|regulated|cover\w*|landcover|land|soil|rock"
    r"|frac\w*|pct|perc\w*|prc|share|ratio|anteil|index|class|code|name|type|flag|id|year|source"
    r"|runoff|flow|discharge|temp\w*|pressure|evap\w*|rain\w*|precip\w*|elev\w*|slope|roughness"
    r"|sample|grain|population|error|diff\w*|uncertainty|change|sub|noncontributing|non"
)
#: A fourth of the columns of USGS, whose name does not say that it is in square miles.
_FIXED = {"drain_area_va": "sq mi", "contrib_drain_area_va": "sq mi"}
#: Lines on top of a station's file: what they say, in many words.
_SAID = re.compile(r"^[#%!*/\s]*([^:=;\t]{2,60}?)\s*[:=;\t]\s*(.+?)[\s;,]*$")
#: Between two of them in one line: Latitude: 46.85  Longitude: -105.1.
_NEXT = re.compile(
    r"\s{2,}(?=[^\W\d_][^:=]{2,40}[:=])|[\s,;]+(?=(?:lat|lon|elev|alt|area)\w*\s*[:=])",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[-+]?(?:[1-9]\d{0,2}(?:[ '\u2019]\d{3})+(?!\d)|\d[\d.,]*\d|\d)")
_BRACKETS = re.compile(r"[\[({<]([^\])}>]*)[\])}>]")


class Area(NamedTuple):
    """What a name says of an area: how plain it is (0 is plainest), its unit, text that is none."""

    plain: int
    unit: str | None
    odd: str = ""


def area_unit(text: str) -> str | None:
    """A unit of area, if ``text`` is one: km2, sq. miles, 10^3 km2, acres."""
    bare = " ".join(text.casefold().replace("_", " ").split()).strip("[]() .")
    for unit, expression in _AREA_UNITS.items():
        if re.fullmatch(expression, bare):
            return unit
    if known_unit(text):
        try:
            convert(1.0, text, "km2")
        except DataError:
            return None
        return text.strip()
    return None


def area_of(name: str) -> Area | None:
    """What a name says, if it is that of a basin's area; None if it is not."""
    if name.casefold() in _FIXED:
        return Area(int("contrib" in name.casefold()), _FIXED[name.casefold()])
    unit, more, odd = None, [], ""
    for text in (one.strip() for one in _BRACKETS.findall(name)):
        if (found := area_unit(text)) is not None:
            unit = unit or found
        elif text == "%" or known_unit(text):
            return None  # a share, or a length
        elif _is_words(words(text)):
            more.append(text)
        else:
            odd = odd or text
    bare = " ".join([_BRACKETS.sub(" ", name).strip(), *more])
    if unit is None:
        bare, unit = _unit_behind(bare)
    if "%" in bare:
        return None
    said = words(bare).split()
    if any(_PARTS.fullmatch(one) for one in said):
        return None
    areas = [one for one in said if re.fullmatch(_AREA, one)]
    basins = [one for one in said if re.fullmatch(_OF_BASIN, one)]
    if not areas and not (unit is not None and len(basins) == len(said)):
        return None
    other = len(said) - len(areas) - len(basins)
    vague = not {"surface", "size"}.isdisjoint(said)
    return Area(2 * other + vague, unit, "" if unit else odd)


def _is_words(text: str) -> bool:
    """Whether all words are such as people add to an area: (total), (GIS)."""
    return all(re.fullmatch(rf"{_OF_BASIN}|{_AREA}|{_PARTS.pattern}|net", w) for w in text.split())


def _unit_behind(name: str) -> tuple[str, str | None]:
    """A name without the unit of area at its end or as a word of it, and the unit."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.replace("_", " ").replace("-", " "))
    parts = spaced.split()
    for length in (3, 2, 1):
        for start in range(len(parts) - length, -1, -1):
            text = " ".join(parts[start : start + length])
            one = area_unit(text.strip(".,:;"))
            if one is not None and (length > 1 or len(text) > 1):
                return " ".join([*parts[:start], *parts[start + length :]]), one
    glued = re.fullmatch(r"(.*?area)[ .]?(sqkm|km2|sqmi|mi2|ha|m2)", name, re.IGNORECASE)
    return (glued[1], area_unit(glued[2])) if glued else (spaced, None)


def places_in(
    sheet: Sheet, columns: Iterable[str]
) -> tuple[dict[str, tuple[str, str | None]], list[str]]:
    """Columns of a table that say where basins are and how large, and what of that is a guess.

    Raises
    ------
    DataError
        If the unit of the area is stated and not understood.
    """
    found: dict[str, tuple[str, str | None]] = {}
    areas: list[tuple[str, Area]] = []
    for column in columns:
        if not is_numeric(sheet.texts(column)):
            continue
        area = area_of(column)
        if area is not None:
            areas.append((column, area))
            continue
        said = words(re.sub(r"[\[({].*", "", column))
        for place, names in _PLACE_NAMES.items():
            if place not in found and re.fullmatch(names, said):
                found[place] = (column, PLACES[place] or "degrees")
                break
    if not areas:
        return found, []
    column, area = min(areas, key=lambda one: (one[1].plain, one[1].unit is None))
    below = sheet.units[sheet.names.index(column)] if sheet.units else ""
    unit, odd = area.unit or area_unit(below), area.odd
    if unit is None and odd:
        raise DataError(
            f"{sheet.path}: unit '{odd}' of column '{column}' is not understood as one of an area: "
            "write it as in 'area_km2', or leave the column out"
        )
    rivals = [
        one
        for one, other in areas
        if one != column
        and other.plain <= area.plain + 4
        and not _alike(sheet.texts(column), unit, sheet.texts(one), other.unit)
    ]
    notes = []
    if rivals:
        others = " or ".join(f"'{one}'" for one in rivals[:4])
        notes.append(f"area_km2: column '{column}' is taken; it may be {others} as well")
    return {"area_km2": (column, unit), **found}, notes


def _alike(one: pd.Series, unit: str | None, other: pd.Series, its_unit: str | None) -> bool:
    """Whether two columns give the basins the same areas, within a few percent."""
    sizes = [
        convert(pd.to_numeric(texts, errors="coerce").to_numpy(float), measured or "km2", "km2")
        for texts, measured in ((one, unit), (other, its_unit))
    ]
    return bool(np.allclose(sizes[0], sizes[1], rtol=0.03, equal_nan=True))


def said_of_station(sheet: Sheet, decimal: str = ".") -> tuple[dict[str, float], list[str]]:
    """Area, latitude and so on in the lines above a station's series, and what is not clear.

    ``decimal`` is the sign in the rows below.
    """
    found: dict[str, float] = {}
    notes = []
    for line in (part for whole in sheet.preamble for part in _NEXT.split(whole)):
        match = _SAID.match(line)
        if match is None or not re.search(r"\d", match[2]):
            continue
        name, text = match[1], match[2].strip()
        area, place = area_of(name), place_of(name)
        if place is None or place in found:
            continue
        number = _area(area, text, decimal) if area else _position(place, name, text, decimal)
        if number is None:
            notes.append(f"{place}: '{line.strip(' #%!*/')}' is not understood, so it is not used")
        elif number > -990:
            found[place] = number
    return found, notes


def place_of(name: str) -> str | None:
    """Which of the places of a basin a name is of; None if of none."""
    if area_of(name) is not None:
        return "area_km2"
    said = words(re.sub(r"[\[({].*", "", name))
    return next((place for place, names in _PLACE_NAMES.items() if re.fullmatch(names, said)), None)


def _area(area: Area, text: str, decimal: str) -> float | None:
    """An area in km2; None if its unit or number is not understood."""
    match = _NUMBER.match(text)
    if match is None or area.odd:
        return None
    number = number_in(match[0], decimal)
    behind = re.sub(r"\s*[\[(].*?[\])]", "", text[match.end() :]).strip(" ,;.")
    behind = behind or (_BRACKETS.findall(text[match.end() :]) or [""])[0]
    unit = area_unit(behind) if behind else area.unit or "km2"
    return None if unit is None else float(convert(number, unit, "km2"))


def _position(place: str, name: str, text: str, decimal: str) -> float | None:
    """Degrees, south and west negative, or metres; None if not understood."""
    bare = re.sub(r"^(?:[NSEWO]\b\s*)|\s*\([^)]*\)", "", text).strip()
    match = _NUMBER.match(bare)
    if match is None:
        return None
    number = number_in(match[0], decimal)
    if place == "elevation_m":
        unit = re.search(r"(?<![^\W_])(ft|feet|foot)(?![^\W_])", f"{name} {bare}", re.IGNORECASE)
        return float(convert(number, "ft" if unit else "m", "m"))
    if number <= -990:
        return number
    parts = re.match(
        r"[-+]?(\d+)\s*[°º:d]\s*(\d+(?:[.,]\d+)?)\s*(?:['\u2019\u2032:m]\s*(?:(\d+(?:[.,]\d+)?)\s*[\"\u2033\u201ds']*)?)?",
        bare,
    )
    behind = bare[match.end() :]
    if parts is not None:
        minutes, seconds = (float((parts[k] or "0").replace(",", ".")) for k in (2, 3))
        if minutes >= 60 or seconds >= 60:
            return None
        number = (abs(number) + minutes / 60 + seconds / 3600) * (-1 if bare[0] == "-" else 1)
        behind = bare[parts.end() :]
    if re.search(r"\d", behind):
        return None  # minutes without a sign between, or two places
    letters = re.findall(r"(?<![^\W\d_])([NSEW])(?![^\W\d_])", f"{text[:2]} {behind}".upper())
    if letters and letters[0] in "SW":
        number = -abs(number)
    return number if abs(number) <= (90 if place == "latitude" else 360) else None


def number_in(text: str, decimal: str) -> float:
    """A number with any sign between groups of three digits: 1,234.5 is 1.234,5."""
    text = re.sub(r"[ '\u2019]", "", text).rstrip(".,")
    signs = re.findall(r"[.,]", text)
    if len(set(signs)) == 2:
        decimal = signs[-1]
    elif len(signs) > 1:
        decimal = "." if signs[0] == "," else ","
    elif signs and not re.fullmatch(r"[-+]?[1-9]\d{0,2}[.,]\d{3}", text):
        decimal = signs[0]
    thousands = "," if decimal == "." else "."
    return float(text.replace(thousands, "").replace(decimal, "."))
