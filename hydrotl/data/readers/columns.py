"""Whether a column of an attribute table holds numbers or categories, decided with care.

A category becomes a yes/no input each, so a number column that is taken for categories gives every
basin an input of its own and no word is said. Therefore a column of numbers with some other text,
or of texts that look like numbers (decimal commas, units, signs of "less than"), is an error.
"""

import re
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from hydrotl.data.readers.text import point_numbers, split_missing
from hydrotl_core.errors import DataError

#: What is written where a number is missing, besides the texts that always mean it.
_NO_NUMBER = re.compile(
    r"n\.?/?a\.?|#.*|null|none|nil|missing|unknown|no ?data|[-+]?inf(inity)?"
    r"|[-.?*/x\u2013\u2014]+",
    re.IGNORECASE,
)
_UNIT = (
    r"(%|\u2030|\u00b0[CNSEW]?|m|km|cm|mm|ha|ft|mi|masl|m a\.?s\.?l\.?|k?m[2\u00b2]|sqkm"
    r"|[a-z]+/[a-z0-9]+)"
)
#: Not a number to a computer, but one to a reader: 840,5 or 1 200.5 or <5 or 30 %.
_LIKE_NUMBER = re.compile(
    r"[<>~\u2248=\u00b1]*\s*[-+]?(\d{1,3}([ ,.'\u2019]\d{3})+|\d+)?([.,]\d*)?([ed][-+]?\d+)?"
    rf"\s*{_UNIT}?",
    re.IGNORECASE,
)
#: What is 1 or 0 of a yes/no attribute, in whatever capitals.
_TRUTH = {"true": 1.0, "yes": 1.0, "false": 0.0, "no": 0.0}
_DEGREES = re.compile(r"\d+ ?\u00b0.*")  # 43°12'N


def typed_column(
    texts: pd.Series,
    missing: Sequence[float | str],
    place: Callable[[object], str],
    text: bool = False,
    decimal: str = ".",
    thousands: str | None = None,
) -> pd.Series:
    """A column of an attribute table as numbers or as categories.

    Parameters
    ----------
    texts
        The fields, without blanks around them.
    missing
        Values that mean a missing one.
    place
        Names file, line and column of a field by its index, for errors.
    text
        The column holds names or codes, whatever they look like.
    decimal, thousands
        Signs before the decimals and, if there is one, between groups of three digits.

    Returns
    -------
    pandas.Series
        float64 with NaN for missing, if all fields are numbers, or true and false (1 and 0; also
        yes and no, in any capitals). Text with "" for missing, if they are words, or codes: whole
        numbers of the same length of which some begin with a zero.

    Raises
    ------
    DataError
        If at least half of the fields are numbers and another is not, or some look like numbers
        and none is a word: names the first that is no number.
    """
    absent_texts, numbers = split_missing(missing)
    values = point_numbers(texts, decimal, thousands)
    absent = texts.isin(absent_texts) | values.isin(numbers)
    there, values = texts[~absent], values[~absent]
    finite = np.isfinite(values)
    if text or (finite.any() and _codes(there, place)):
        return texts.where(~absent, "")
    if finite.all():
        return values.reindex(texts.index)
    truth = there.str.casefold().map(_TRUTH)
    if (truth.notna() | values.isin([0.0, 1.0])).all():
        return truth.fillna(values).reindex(texts.index)
    like = ~finite & there.map(lambda one: bool(_is_like_number(one)))
    words = ~finite & ~like & ~there.map(lambda one: bool(_NO_NUMBER.fullmatch(one)))
    if not (finite | like).any() or (words.any() and (finite | like).sum() < len(there) / 2):
        return texts.where(~absent, "")
    first = there.index[~finite][0]
    raise DataError(f"{place(first)}: {there[first]!r} is not a number{_hint(there[first])}")


def _is_like_number(text: str) -> bool:
    if _DEGREES.fullmatch(text):
        return True
    return bool(re.search(r"\d", text)) and bool(_LIKE_NUMBER.fullmatch(text))


def _codes(texts: pd.Series, place: Callable[[object], str]) -> bool:
    """Whether a column holds codes, such as 01 to 18, which a number would lose the zeros of."""
    padded = texts.str.fullmatch(r"0\d+")
    if not padded.any() or not texts.str.fullmatch(r"\d+").all():
        return False
    if texts.str.len().nunique() == 1:
        return True
    first = texts.index[padded][0]
    raise DataError(
        f"{place(first)}: {texts[first]!r} begins with a zero as codes do, but the numbers of "
        "the column differ in length: leave out the zeros if these are numbers, or list the "
        "column in `attributes: text` of the manifest entry if they are codes"
    )


def _hint(text: str) -> str:
    """What to do about a field that is no number."""
    if re.fullmatch(r"-?\d+,\d+", text):
        return (
            " (decimals take a point, not a comma): correct the table, or set the option "
            "`attributes_decimal` of the generic reader to a comma"
        )
    if _is_like_number(text):
        return ": write the bare number, with a point before the decimals and no unit"
    return (
        ", but others in the column are: correct it, leave it empty if it is missing (or list it "
        "in `missing` of the manifest entry), or list the column in `attributes: text` if it "
        "holds names or codes"
    )
