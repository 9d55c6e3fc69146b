"""What a column holds, from its name: the variable, and the unit if the name has one."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from hydrotl.data.canonical import UNITS
from hydrotl.data.units import convert, known_unit, needs_area
from hydrotl_core.errors import DataError
from hydrotl_core.scaling import STREAMFLOW

#: Names of the date, without accents and signs.
_DATES = {
    *("date", "dates", "datum", "fecha", "data", "dato", "time", "datetime", "timestamp", "day"),
    *("tag", "jour", "dia", "zeit", "zeitpunkt", "messdatum", "messstag", "tarih", "paivamaara"),
    *("yyyymmdd", "ddmmyyyy", "mmddyyyy", "zeitstempel", "dateheure", "datetimeutc", "mesdate"),
    *("obsdate", "sampledate", "datadia", "giorno", "日期", "日付", "дата"),
}
YEAR_NAMES = {"year", "yr", "yyyy", "jahr", "annee", "ano", "anno", "jaar", "y"}
MONTH_NAMES = {"month", "mo", "mon", "mnth", "mm", "monat", "mois", "mes", "mese", "maand", "m"}
DAY_NAMES = {"day", "dy", "dd", "tag", "jour", "dia", "giorno", "dag", "d"}
DOY_NAMES = {"doy", "jday", "julian", "julianday", "dayofyear", "yday", "jd", "ddd"}

#: What says that a column is no measured daily mean: flags, other statistics, simulations.
_OTHER = {
    *("flag", "flags", "flg", "qc", "quality", "qualitat", "qualite", "code", "cd", "status"),
    *("remark", "remarks", "bemerkung", "symbol", "source", "std", "sd", "count", "n", "grade"),
    *("sim", "simulated", "modelled", "modeled", "base", "baseflow", "dew", "dewpoint", "soil"),
    *("water", "wasser", "net", "actual", "aet", "level", "stage", "wasserstand", "nivel"),
    *("uncertainty", "error", "quantile", "tau", "taupunkt", "sea", "log"),
}
_MOST = r"(max\w*|mx|high\w*|hoch\w*|hochst\w*|maks\w*|x)"
_LEAST = r"(min\w*|mn|low\w*|tief\w*|niedrig\w*|n)"
_MEAN = r"(mean|avg|average|av|ave|med\w*|mittel\w*|moy\w*|prom\w*|m|gem\w*)"
_TEMPERATURE = r"(t|ta|tas|t2m|temp|temps|tair|airt|temperat\w*|lufttemperatur|tmp|air ?temp\w*)"
_NOISE = {"daily", "day", "obs", "observed", "2", "2m", "air", "total", "sum", "mean", "avg"}

#: Canonical variable -> expressions for its name, words without accents separated by blanks.
_NAMES: dict[str, tuple[str, ...]] = {
    "tmax": (
        rf"{_TEMPERATURE} (\w+ )*{_MOST}",
        rf"{_MOST} (\w+ )*{_TEMPERATURE}",
        r"t(emp|as|a|2m)?(max\w*|mx|x)",
        r"(max|mx)(t|temp|t2m)\w*|mx2t|txk|tmax( \w+)*",
        r"hochsttemperatur|maximaltemperatur",
    ),
    "tmin": (
        rf"{_TEMPERATURE} (\w+ )*{_LEAST}",
        rf"{_LEAST} (\w+ )*{_TEMPERATURE}",
        r"t(emp|as|a|2m)?(min\w*|mn|n)",
        r"(min|mn)(t|temp|t2m)\w*|mn2t|tnk|tmin( \w+)*",
        r"tiefsttemperatur|minimaltemperatur",
    ),
    "tmean": (
        rf"{_TEMPERATURE}( {_MEAN})?",
        rf"{_MEAN} (\w+ )*{_TEMPERATURE}",
        r"t(emp|as|a)?(mean|avg|ave|med|moy|m|g)",
        r"mitteltemperatur|tmk",
    ),
    "prcp": (
        r"p|pp|pr|rr|rrr|rsk|tp|pcp|ppt|prcp|prec|precip\w*( \w+)?|rain\w*",
        r"niederschlag\w*|regen\w*|pluie\w*|lluvia\w*|pioggia|chuva|neerslag|nederbord|nedbor|sademaara|opad\w*|srazky",
        r"yagis|precipitac\w*|precipitaz\w*|降水量?|осадки",
    ),
    "streamflow": (
        r"q|qt|qd|qobs|q obs|qm|flow\w*|discharge\w*|streamflow|stream flow|runoff|river flow",
        r"abfluss\w*|durchfluss\w*|debits?|caudal\w*|vazao|portata|gasto|afvoer|vattenforing",
        r"vannforing|virtaama|przeplyw|prutok|debi|流量|расход|obs runoff|discharge spec",
        r"discharge vol|gauge flow|(\d+ )*00060( 00003)?|mean discharge|flow rate|qmean|q mean",
    ),
    "srad": (
        r"srad|solar\w*|solar rad\w*|rad\w*|rs|rg|rsds|sw|swdown|sw down|ssrd|shortwave\w*",
        r"shortwave rad\w*|globalstrahlung|strahlung|rayonnement\w*|radiac\w*|incoming sol\w*",
        r"global rad\w*|sw in|swrad|radiaz\w*|surface solar radiation downwards|solrad",
    ),
    "lrad": (r"lrad|longwave\w*( rad\w*)?|lwdown|rlds|strd|lw in",),
    "vp": (r"vp|ea|vap|vapou?r pres\w*|dampfdruck|e act|vapou?rpressure",),
    "pet": (
        r"pet|et0|eto|et o|et 0|etp|pe|pev|evp|evap|etref|ref(erence)? et|peti",
        r"pot\w* (evap|et)\w*( \w+)*|potential evapo\w*|potentielle verdunstung|reference evapo\w*",
        r"evapotranspirac\w* potencial|pet \w+",
    ),
    "rel_humidity": (
        r"rh|relhum|rel hum\w*|relative hum\w*|hurs|humedad relativa|relative feuchte",
    ),
    "humidity": (r"huss|spechum|specific hum\w*|spec hum\w*|sh|qair",),
    "wind": (
        r"wind\w*|wind ?speed|ws|u2|u10|sfcwind|viento|vent|windgeschwindigkeit|vento|wnd",
        r"wind speed \w*",
    ),
    "swe": (r"swe|snow water equiv\w*|snow depth water equivalent|schneewasser\w*",),
    "dayl": (r"dayl|daylength|day length|daylight",),
}
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


class UnnamedError(DataError):
    """No column of a file has a name that says what it holds."""


def words(name: str) -> str:
    """Words of a name in small letters, without accents, separated by blanks."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    bare = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", bare).casefold().replace("ß", "ss")
    return " ".join(re.findall(r"[^\W_]+", bare))


def is_date_name(name: str) -> bool:
    """Whether a column's name is one of the usual names of dates, or of their parts."""
    joined = words(name).replace(" ", "")
    return joined in _DATES | YEAR_NAMES | MONTH_NAMES | DOY_NAMES or joined.startswith("date")


@cache
def variable_of(name: str) -> tuple[str, str | None] | None:
    """Canonical variable of a column's name, and its unit as it is written there; None if none.

    ``Flow m3/s`` is (streamflow, m3/s), ``T.max`` is (tmax, None).
    """
    for bare, unit in _split_unit(name):
        variable = _named(words(bare))
        if variable is None:
            continue
        if unit is None or fits(variable, unit):
            return variable, unit
    return None


def _named(spaced: str) -> str | None:
    parts = spaced.split()
    if not parts or set(parts) & _OTHER:
        return None
    tries = [spaced, " ".join(p for p in parts if p not in _NOISE)]
    for text in tries:
        for variable, expressions in _NAMES.items():
            if any(re.fullmatch(one, text) for one in expressions):
                return variable
    return None


def _split_unit(name: str) -> list[tuple[str, str | None]]:
    """Ways to take a name apart into a name and a unit, the likeliest first."""
    found: list[tuple[str, str | None]] = []
    if (bracket := re.search(r"[\[({<]([^\])}>]*)[\])}>]", name)) is not None:
        bare = name[: bracket.start()] + " " + name[bracket.end() :]
        return [(bare, _unit(bracket[1], True)), (bare, None)]
    for sign in re.finditer(r"[\s_.,:;/-]+", name.strip()):
        bare, tail = name.strip()[: sign.start()], name.strip()[sign.end() :]
        unit = _unit(tail, False)
        if bare and unit is not None:
            found.append((bare, unit))
    return [(name, None), *found] if _named(words(name)) is not None else [*found, (name, None)]


def _unit(text: str, bracketed: bool) -> str | None:
    """A unit, if ``text`` is one."""
    text = text.strip()
    joined = " ".join(re.findall(r"[^\W_]+", text.casefold()))
    if joined in _UNIT_WORDS:
        return _UNIT_WORDS[joined]
    if len(text) == 1 and not bracketed:
        return _LONE.get(text.casefold())
    for one in (text, text.replace("_", "/"), text.replace("_per_", "/")):
        if one and known_unit(one):
            return one
    return None


@cache
def fits(variable: str, unit: str) -> bool:
    """Whether ``unit`` measures what the canonical ``variable`` is."""
    try:
        convert(1.0, unit, UNITS[variable], 1.0)
    except DataError:
        return False
    if variable != STREAMFLOW and needs_area(unit, UNITS[variable]):
        return False
    return known_unit(unit) and (UNITS[variable] == "dimensionless" or unit not in ("-", "1", ""))
