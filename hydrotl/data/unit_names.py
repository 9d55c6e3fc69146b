"""Unit names as people and files write them, in pint's spelling.

Pint knows thousands of names, and reads some of those that hydrologists use as something else:
``C`` is coulomb to it, ``mb`` millibarn, ``Mm3`` the cube of a million metres, ``ms-1`` a
frequency, ``ly`` a light year. So only the names below reach it; any other is unknown.
"""

from __future__ import annotations

import re
import unicodedata

from hydrotl_core.errors import DataError

#: Names as they are, in upper and lower case.
_EXACT = {
    *("m", "mm", "cm", "dm", "dam", "hm", "km", "ft", "mi", "yd"),
    *("s", "h", "d", "kg", "g", "mg"),
    *("l", "L", "dL", "hL", "kL", "kl", "ML", "Ml", "GL", "mL", "ml"),
    *("W", "kW", "J", "kJ", "MJ", "GJ", "Wh", "kWh", "MWh"),
    *("Pa", "hPa", "kPa", "K", "degC", "degF", "kt", "ha", "%", "dimensionless"),
}

#: Names in any case -> pint's.
_WORDS = {
    **dict.fromkeys(("metre", "metres", "meter", "meters", "mts", "mtr"), "m"),
    **dict.fromkeys(("millimetre", "millimetres", "millimeter", "millimeters", "mms"), "mm"),
    **dict.fromkeys(("centimetre", "centimetres", "centimeter", "centimeters"), "cm"),
    **dict.fromkeys(("kilometre", "kilometres", "kilometer", "kilometers", "kms"), "km"),
    **dict.fromkeys(("in", "inch", "inches"), "inch"),
    **dict.fromkeys(("ft", "foot", "feet"), "foot"),
    **dict.fromkeys(("mi", "mile", "miles"), "mile"),
    **dict.fromkeys(("yd", "yard", "yards"), "yard"),
    **dict.fromkeys(("sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), "minute"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "hour"),
    **dict.fromkeys(("d", "day", "days", "dy", "dia", "tag", "jour"), "day"),
    **dict.fromkeys(("week", "weeks"), "week"),
    **dict.fromkeys(("mon", "mth", "month", "months"), "month"),
    **dict.fromkeys(("a", "yr", "yrs", "year", "years", "annum"), "year"),
    **dict.fromkeys(("liter", "liters", "litre", "litres"), "L"),
    **dict.fromkeys(("gal", "gallon", "gallons"), "gallon"),
    **dict.fromkeys(("ac", "acre", "acres"), "acre"),
    **dict.fromkeys(("ha", "hectare", "hectares"), "hectare"),
    **dict.fromkeys(("gram", "grams"), "g"),
    **dict.fromkeys(("kilogram", "kilograms"), "kg"),
    **dict.fromkeys(("w", "watt", "watts"), "W"),
    **dict.fromkeys(("j", "joule", "joules"), "J"),
    "kj": "kJ",
    "mj": "MJ",
    **dict.fromkeys(("cal", "calorie", "calories"), "cal"),
    "kcal": "kcal",
    **dict.fromkeys(("ly", "langley", "langleys"), "(cal/cm**2)"),
    **dict.fromkeys(("pa", "pascal", "pascals"), "Pa"),
    "hpa": "hPa",
    "kpa": "kPa",
    **dict.fromkeys(("mb", "mbar", "mbars", "millibar", "millibars"), "mbar"),
    **dict.fromkeys(("bar", "bars"), "bar"),
    "atm": "atm",
    "mmhg": "mmHg",
    **dict.fromkeys(("k", "kelvin"), "K"),
    **dict.fromkeys(("knot", "knots", "kts", "kn"), "knot"),
    "mph": "(mile/hour)",
    **dict.fromkeys(("kph", "kmh", "kmph"), "(km/hour)"),
    "mps": "(m/s)",
    **dict.fromkeys(("cms", "cumec", "cumecs"), "(m**3/s)"),
    **dict.fromkeys(("cfs", "cusec", "cusecs"), "(foot**3/s)"),
    "lps": "(L/s)",
    "mld": "(ML/day)",
    "gpm": "(gallon/minute)",
    "mgd": "(megagallon/day)",
    "mcm": "(hm**3)",
    **dict.fromkeys(("percent", "pct", "prozent"), "%"),
    **dict.fromkeys(("fraction", "ratio", "unitless", "none"), "dimensionless"),
}

#: Names without the sign between them.
_GLUED = {
    "ms": "m*s",
    "mmd": "mm*day",
    "wm": "W*m",
    "jm": "J*m",
    "kjm": "kJ*m",
    "mjm": "MJ*m",
    "kgm": "kg*m",
}

#: Temperatures are written in so many ways that they are looked up as a whole.
_SCALES = {
    "degC": ("c", "celsius", "centigrade"),
    "degF": ("f", "fahrenheit"),
    "K": ("k", "kelvin"),
}
_TEMPERATURES = {
    f"{degree}{scale}": meaning
    for meaning, scales in _SCALES.items()
    for scale in scales
    for degree in (
        "",
        "deg",
        "degs",
        "degree",
        "degrees",
        "\N{DEGREE SIGN}",
        "\N{MASCULINE ORDINAL INDICATOR}",
        "o",
    )
}

_SIGNS = {"·": "*", "⋅": "*", "×": "*", "−": "-", "–": "-", "℃": "degC", "℉": "degF"}
_RAISED = dict(zip("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789", strict=True))
_PLAIN = str.maketrans(_SIGNS | _RAISED)
_CUBE = r"(?:m\s*(?:\^|\*\*)?\s*3|cubic[\s_]+met(?:er|re)s?)"
#: A million cubic metres in front, which pint would read as the cube of a million metres.
_MILLION = re.compile(
    rf"^(?:M{_CUBE}|(?:(?:million|mio|mill|10\s*(?:\^|\*\*)?\s*6|1e\+?0?6)[\s._*]*){_CUBE})",
)
#: Powers of ten that a unit may be counted in: in front of it in words or digits, or behind.
_COUNTS = {
    **dict.fromkeys(("tenth", "tenths"), 0.1),
    **dict.fromkeys(("hundredth", "hundredths"), 0.01),
    **dict.fromkeys(("thousandth", "thousandths"), 0.001),
    **dict.fromkeys(("thousand", "thousands", "ths", "tsd"), 1000.0),
}
#: 10 and 100 without a fraction are left out: ``10 m`` is a height.
_COUNTED = re.compile(
    r"(?:(?P<power>10\s*(?:\^|\*\*)\s*\(?[-+]?\d\)?)|(?P<short>1(?:\.0)?[eE][-+]?0?\d)"
    r"|(?P<part>1\s*/\s*10{1,3})|(?P<plain>0?\.0{0,2}1|1[ ,]?000(?:[ ,]?000)?)"
    rf"|(?P<word>{'|'.join(sorted(_COUNTS, key=len, reverse=True))})\b\.?(?:\s+of(?:\s+an?)?\b)?)"
    r"[\s*_]*(?=[^\W\d_]|%|°)",
    re.IGNORECASE,
)
_DIVIDED = re.compile(r"(?<=[A-Za-z])\s*/\s*(10{1,3})$")
_KILO = re.compile(r"k(?=(?:cfs|cusecs?|cumecs?|ft3/s)$)", re.IGNORECASE)
_SQUARE_OR_CUBIC = re.compile(r"\b(sq|square|cu|cubic)[\s_.]+([A-Za-z]+)", re.IGNORECASE)


def counted(unit: str) -> tuple[float, str]:
    """What a unit is counted in, and the unit: ``0.1 mm`` is (0.1, mm), ``kcfs`` (1000, cfs).

    ``mm*10`` stays as it is, which is no unit: people mean tenths by it as well as tens.
    """
    text = unit.strip("\ufeff").strip().translate(_PLAIN).strip("[]() ")
    if _MILLION.match(text):
        return 1.0, unit
    if (match := _COUNTED.match(text)) is not None:
        return _count(match), text[match.end() :]
    if (match := _DIVIDED.search(text)) is not None:
        return 1 / float(match[1]), text[: match.start()]
    if (match := _KILO.match(text)) is not None:
        return 1000.0, text[match.end() :]
    return 1.0, unit


def _count(match: re.Match[str]) -> float:
    if match["word"]:
        return _COUNTS[match["word"].lower()]
    if match["part"]:
        return 1 / float(match["part"].split("/")[1])
    if match["power"]:
        exponent = re.sub(r"^10|[\s^*()]", "", match["power"])
        return float(f"1e{exponent}")
    return float(re.sub(r"[ ,]", "", match["short"] or match["plain"]))


def spelled(unit: str) -> str:
    """``unit`` in pint's spelling: ``W m-2``, ``m³/s``, ``degrees C``, ``million m3`` and the like.

    Raises
    ------
    DataError
        If it holds a name that is not known here, or a character that is not seen.
    """
    text = unit.strip("\ufeff").strip().translate(_PLAIN).strip("[]() ")
    hidden = next((c for c in text if unicodedata.category(c) in ("Cc", "Cf")), None)
    if hidden is not None:  # in a name it would part what reads as one
        raise _unknown(unit, f"it has the invisible character {hidden!r}")
    if text in ("", "1", "-", "--"):
        return "dimensionless"
    whole = re.sub(r"[\s_.]+", "", text).lower()
    if whole in _TEMPERATURES:
        return _TEMPERATURES[whole]
    text = _MILLION.sub("hm**3", text)
    text = _SQUARE_OR_CUBIC.sub(lambda m: f"{m[2]}{2 if m[1].lower()[0] == 's' else 3}", text)
    text = re.sub(r"\bper\b", "/", text, flags=re.IGNORECASE)
    text = re.sub(r"/\s*24\s*h\w*", "/day", text)
    text = re.sub(r"(?<=[A-Za-z0-9])[.-](?=[A-Za-z])", "*", text)
    text = re.sub(r"(?<=[A-Za-z])\s*(?:\^|\*\*)?\s*\(?\+?(-?\d+)\)?", r"**\1", text)
    text = re.sub(r"(?<=\*\*)(-?\d+)\s*(?=[A-Za-z])", r"\1*", text)
    return re.sub(r"[^\W\d]+|[%°]", lambda match: _name(match[0], unit), text)


def _name(name: str, unit: str) -> str:
    lower = name.lower()
    if name in _EXACT:
        return name
    if name != "Mm":  # a million metres, or a millimetre?
        if lower in _WORDS:
            return _WORDS[lower]
        if lower in _GLUED:
            return _GLUED[lower]
        if lower in _EXACT and (unit.isupper() or len(name) == 1 or name.istitle()):
            return lower
    raise _unknown(unit, f"'{name}' is not known")


def _unknown(unit: str, why: str) -> DataError:
    return DataError(
        f"unknown unit {unit!r} ({why}): write it as in 'mm/day', 'm3/s', 'degC' or 'W/m2'"
    )
