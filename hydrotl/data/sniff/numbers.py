"""The form of the numbers of a file, and its codes for missing values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from hydrotl.data.bounds import bounds_of
from hydrotl.data.readers.text import MISSING_TEXTS, point_numbers
from hydrotl.data.roles import SENTINELS
from hydrotl.data.sniff.headers import variable_of
from hydrotl.data.sniff.sheet import Sheet
from hydrotl.data.units import convert, needs_area
from hydrotl_core.errors import DataError
from hydrotl_core.scaling import STREAMFLOW

#: Texts of agencies that stand in place of a value.
ABSENT = re.compile(
    r"n\.?/?a\.?|nan|\(?null\)?|none|nil|missing|no ?data|m|-+|\*+|\.+|/+|x+|\?+|ice|eqp|bkw|dis"
    r"|ssn|ratg?|mnt|pr|zfl|fld|rat|l[üu]cke|manquante?|s/d|#?n/d|sin datos?|nd|n\.d\.|-?inf|lf"
    r"|fehlt|\u2013|\u2014|#n/a|#value!|#div/0!|#wert!|#num!|faltante|missing value",
    re.IGNORECASE,
)
#: Codes that could be values, unless they stand far from all others.
_HIGH_CODES = (99.9, 99.99, 999.0, 999.9, 999.99, 9999.0, 9999.9, 99999.0, 999999.0, 32767.0)
_LOW_CODES = (-9.0, -9.9, -99.0, -88.0, -77.0, -888.0, -8888.0, -6999.0, -7777.0, -7999.0, -111.0)
#: A code is so many times larger than the largest of the other values.
FAR = 3.0
#: Values beyond this share of a low code show that it is a value as well.
NEAR = 0.8
#: A code that is so many times there and so many times larger than all others is taken for one.
REPEATED, CLEAR = 3, 1.2
#: Share of fields with a sign that is in all of them, but for codes.
MOST = 0.9
#: Variables that are never negative.
_POSITIVE = {"prcp", STREAMFLOW, "srad", "vp", "humidity", "rel_humidity", "wind", "swe", "dayl"}
_GROUPED = r"[-+]?[1-9]\d{0,2}(%s\d{3})+"


@dataclass
class Numbers:
    """Form of numbers: signs, codes that mean missing, and what of it was guessed.

    ``missing`` are texts; ``codes`` are numbers, of each column its own: -9 may be missing rain and
    a cold night. The ``values`` are without them.
    """

    decimal: str = "."
    thousands: str | None = None
    missing: list[str] = field(default_factory=list)
    guessed: list[str] = field(default_factory=list)
    values: dict[str, pd.Series] = field(default_factory=dict)
    codes: dict[str, set[float]] = field(default_factory=dict)


def numbers_of(sheet: Sheet, columns: Mapping[str, str]) -> Numbers:
    """Find the form of the numbers in ``columns``, canonical variable -> name.

    Raises
    ------
    DataError
        If the columns do not have one form, naming a line of each.
    """
    texts = {name: sheet.texts(column) for name, column in columns.items()}
    found = Numbers()
    everything = pd.concat(list(texts.values())) if texts else pd.Series(dtype=str)
    found.decimal, found.thousands, guess = _signs(everything, sheet)
    if guess and found.thousands is None and _whole_litres(texts, columns, found.decimal):
        found.decimal, found.thousands = ("." if found.decimal == "," else ","), found.decimal
        guess = guess.replace("decimals", "thousands, as of whole litres per second")
    if guess:
        found.guessed.append(guess)
    absent: set[str] = set()
    for name, column in texts.items():
        once = column.drop_duplicates()  # the same few texts come again and again
        numbers = point_numbers(once, found.decimal, found.thousands)
        by_text = dict(zip(once.tolist(), numbers.tolist(), strict=True))
        found.values[name] = pd.Series([by_text[t] for t in column], column.index, dtype=float)
        odd = once[numbers.isna() & ~once.isin(MISSING_TEXTS)]
        absent |= {text for text in odd.tolist() if ABSENT.fullmatch(text)}
    for name, values in found.values.items():
        codes = codes_of(name, values)
        doubtful = ceiling_of(name, values.mask(values.isin(list(codes))))
        if doubtful is not None:
            codes.add(doubtful)
            found.guessed.append(
                f"{name}: {doubtful:g}, which is there {(values == doubtful).sum()} times and far "
                "above all other values, is taken as missing"
            )
        found.codes[name] = codes
        found.values[name] = values.mask(values.isin(list(codes)))
    found.missing = sorted(absent)
    return found


def codes_of(name: str, values: pd.Series) -> set[float]:
    """Numbers in the column of a variable that stand for a missing value."""
    known = values[np.isfinite(values)].to_numpy(float)
    if not known.size:
        return set()
    there, counts = np.unique(known, return_counts=True)
    often = dict(zip(there.tolist(), counts.tolist(), strict=True))
    found = set(np.intersect1d(there, SENTINELS).tolist())
    ordinary = there[~np.isin(there, [*SENTINELS, *_LOW_CODES, *_HIGH_CODES])]
    low, high = bounds_of(name).possible
    if name in _POSITIVE:
        rest = there[~np.isin(there, list(found))]
        negative = rest[rest < 0]
        found |= {c for c in negative.tolist() if c in _LOW_CODES and len(negative) <= 2}
    else:
        found |= {c for c in there.tolist() if c in _LOW_CODES and c < min(low, -89.2)}
        # Among values that are as low, -99 is one of them: these are tenths, or another unit.
        found = {c for c in found if not (ordinary < max(c * NEAR, low)).any()}
    rest = there[~np.isin(there, list(found))]
    of_unit = not (ordinary > high).any()  # else the bounds are those of another unit
    for code in sorted(set(rest.tolist()) & set(_HIGH_CODES)):
        others = rest[rest < code]
        largest = others.max(initial=0.0)
        beyond = code > high and name != STREAMFLOW and of_unit
        alone = code == rest.max() and often[code] > 1 and code > FAR * largest
        if beyond or (alone and largest > 0):
            found.add(code)
    return found


def ceiling_of(name: str, values: pd.Series) -> float | None:
    """A number such as 9999 that is the largest of a column and comes again and again.

    It is not so far from the others as to be certainly a code; None if there is none.
    """
    known = values[np.isfinite(values)].to_numpy(float)
    if name not in ("prcp", STREAMFLOW) or not known.size or known.max() not in _HIGH_CODES:
        return None
    code = float(known.max())
    others = known[known < code]
    repeated = (known == code).sum() >= REPEATED
    return code if repeated and others.size and code > CLEAR * others.max() else None


def _signs(texts: pd.Series, sheet: Sheet) -> tuple[str, str | None, str]:
    """Decimal sign, sign of thousands, and what was guessed of them."""
    every = texts
    texts = texts.drop_duplicates()
    commas = texts[["," in text for text in texts]]
    points = texts[["." in text and any(map(str.isdecimal, text)) for text in texts]]
    other = texts[[not signs.isdisjoint(" '\u2019") for signs in map(set, texts)]]
    other = other[other.str.fullmatch(r"[-+]?\d{1,3}([ '\u2019]\d{3})+([.,]\d*)?")]
    if len(other):
        sign = re.sub(r"[-+\d.,]", "", other.iloc[0])[0]
        decimal = "," if len(commas) and not len(points) else "."
        return decimal, sign, ""
    both = commas[["." in text for text in commas]]
    if len(both):
        decimal = "," if both.iloc[0].rfind(",") > both.iloc[0].rfind(".") else "."
        return decimal, "." if decimal == "," else ",", ""
    if len(commas) and len(points):
        for decimal, thousands, of in ((",", ".", points), (".", ",", commas)):
            if of.str.fullmatch(_GROUPED % re.escape(thousands)).all():
                return decimal, thousands, ""
        raise DataError(
            f"{sheet.path}: numbers with a comma (line {commas.index[0]}: {commas.iloc[0]!r}) and "
            f"with a point (line {points.index[0]}: {points.iloc[0]!r}) in one file; write all "
            "with the same decimal sign"
        )
    for sign, having in ((",", commas), (".", points)):
        if len(having):
            return _one_sign(sign, every, having)
    return ".", None, ""


def _whole_litres(texts: Mapping[str, pd.Series], columns: Mapping[str, str], sign: str) -> bool:
    """Whether a sign is in a flow in L/s alone, which is written in whole numbers."""
    having = [
        name for name, column in texts.items() if column.str.contains(sign, regex=False).any()
    ]
    said = variable_of(columns[STREAMFLOW]) if having == [STREAMFLOW] else None
    unit = None if said is None else said[1]
    if unit is None or needs_area(unit, "m3/s"):
        return False
    return bool(np.isclose(convert(1.0, unit, "m3/s"), 0.001))


def _one_sign(sign: str, texts: pd.Series, having: pd.Series) -> tuple[str, str | None, str]:
    """Whether the only sign in numbers is the decimal one or that of thousands."""
    other = "." if sign == "," else ","
    if not having.str.fullmatch(_GROUPED % re.escape(sign)).all():
        return sign, None, ""
    as_decimal, as_groups = (point_numbers(texts, *how) for how in ((sign,), (other, sign)))
    # Of the two the series that moves less from row to row is right: 987, 1.012, 1.034.
    moves = [float(np.log(v[v > 0]).diff().abs().mean()) for v in (as_decimal, as_groups)]
    grouped = moves[1] < moves[0]
    meaning = "thousands" if grouped else "decimals"
    guess = f"numbers such as {having.iloc[0]}: the sign {sign!r} is that of {meaning}"
    return (other, sign, guess) if grouped else (sign, None, guess)
