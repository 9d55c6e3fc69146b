"""What a column holds, from its name: the variable, and the unit if the name has one."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import NamedTuple

from hydrotl.data.canonical import UNITS
from hydrotl.data.sniff.stated_units import NO_UNIT, TIMES, seems_unit, unit_in
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
    *("simulation", "simulado", "simuliert", "simule", "model", "modelo", "modell", "predicted"),
    *("forecast", "forecasted", "fcst", "prediction", "vorhersage", "prevision", "pronostico"),
    *("probability", "prob", "chance", "hours", "duration", "dauer", "intensity", "type", "typ"),
}
_EXTREMES = {
    "max",
    "min",
    "maximum",
    "minimum",
    "maxi",
    "mini",
    "mx",
    "mn",
    "peak",
    "highest",
    "hq",
}
#: Of these an extreme of the day is another quantity.
_NO_EXTREMES = {"prcp", STREAMFLOW}
#: Words in brackets that change what is meant; others may be the name of a station.
_NOT_MEANT = _OTHER | _EXTREMES | {"lowest", "median", "nq"}
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
_BRACKET = re.compile(r"[\[({<]([^\])}>]*)[\])}>]")


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


class Heading(NamedTuple):
    """What a column's name says; ``odd`` is text in brackets that is not understood."""

    variable: str
    unit: str | None
    odd: str = ""


def variable_of(name: str) -> tuple[str, str | None] | None:
    """Canonical variable of a column's name, and its unit as it is written there; None if none.

    ``Flow m3/s`` is (streamflow, m3/s), ``T.max`` is (tmax, None).
    """
    said = heading_of(name)
    return None if said is None else (said.variable, said.unit)


@cache
def heading_of(name: str) -> Heading | None:
    """What a column's name says: like :func:`variable_of`, with what is not understood."""
    if _BRACKET.search(name) is not None:
        return _bracketed(name)
    for bare, unit in [*_unit_behind(name), (name, None)]:
        variable = _named(words(bare))
        if variable is not None and (unit is None or fits(variable, unit)):
            return Heading(variable, unit)
    return None


def _bracketed(name: str) -> Heading | None:
    """A name with text in brackets, which is a unit, or more words of the name: Temp (max)."""
    bare, unit = _BRACKET.sub(" ", name).strip(), None
    more: list[str] = []
    odd: list[str] = []
    for text in (one.strip() for one in _BRACKET.findall(name)):
        if text.casefold() in NO_UNIT:
            continue
        time = text.casefold() in TIMES and _named(words(bare)) != "dayl"
        found = None if time else unit_in(text, True)
        if found is not None and unit is None:
            unit = found
        else:
            (odd if found is None and seems_unit(text) else more).append(text)
    for one, behind in [*_unit_behind(bare), (bare, None)] if unit is None else [(bare, unit)]:
        variable = _named(words(" ".join([one, *more])))
        if variable is None and more and not set(words(" ".join(more)).split()) & _NOT_MEANT:
            variable = _named(words(one))
            odd = odd or more
        if variable is not None and (behind is None or fits(variable, behind)):
            return Heading(variable, behind, "" if behind else " ".join(odd))
    return None


def _named(spaced: str) -> str | None:
    parts = spaced.split()
    if not parts or set(parts) & _OTHER:
        return None
    tries = [spaced, " ".join(p for p in parts if p not in _NOISE)]
    for text in tries:
        for variable, expressions in _NAMES.items():
            if any(re.fullmatch(one, text) for one in expressions):
                return None if variable in _NO_EXTREMES and set(parts) & _EXTREMES else variable
    return None


def _unit_behind(name: str) -> list[tuple[str, str | None]]:
    """Ways to take a name apart into a name and a unit, the likeliest first."""
    found: list[tuple[str, str | None]] = []
    for sign in re.finditer(r"[\s_.,:;/-]+", name.strip()):
        bare, tail = name.strip()[: sign.start()], name.strip()[sign.end() :]
        unit = unit_in(tail, False)
        if bare and unit is not None:
            found.append((bare, unit))
    return found


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
