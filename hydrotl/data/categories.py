"""Text attributes as inputs: each category becomes a yes/no input, so categories must be shared.

A text that differs in every basin would tell the basins apart, and a model would learn nothing of
it for others; two spellings of one category would be two inputs.
"""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections import Counter

import numpy as np
import xarray as xr

from hydrotl_core.errors import ConfigError, DoubtfulData

#: From so many basins on, another word in (nearly) each is no category; codes of digits from 3 on.
LEAST_BASINS, LEAST_OF_CODES = 5, 3
#: Share of the basins that may have a category of their own.
OWN_SHARE = 0.9
_DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ].*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}")


def as_categories(ds: xr.Dataset, name: str) -> xr.Dataset:
    """``ds`` with one spelling of each category of the input ``name``, if that is text.

    Raises
    ------
    ConfigError
        If the texts are dates, or codes or words of which (nearly) every basin has its own.
    """
    attribute = ds[name]
    if attribute.dtype.kind not in "OUT":
        return ds
    spelled = [str(text) for text in attribute.values]
    kept = _one_spelling([text for text in spelled if text])
    doubled = [text for text in dict.fromkeys(spelled) if text and kept[_key(text)] != text]
    if doubled:
        pairs = ", ".join(f"{text!r} as {kept[_key(text)]!r}" for text in doubled)
        warnings.warn(
            f"input {name}: categories that differ in capitals or blanks only are taken for one "
            f"({pairs}): write them alike in the attribute table",
            DoubtfulData,
            stacklevel=2,
        )
    values = [kept[_key(text)] if text else "" for text in spelled]
    _refuse_own(name, [text for text in values if text], str(ds.attrs.get("source", "the data")))
    if not doubled:
        return ds
    return ds.assign({name: ("basin", np.array(values, dtype=attribute.dtype), attribute.attrs)})


def _key(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _one_spelling(texts: list[str]) -> dict[str, str]:
    """The most frequent spelling of each category, the first of them in the alphabet."""
    frequent: dict[str, str] = {}
    for text, _ in sorted(Counter(texts).items(), key=lambda item: (-item[1], item[0])):
        frequent.setdefault(_key(text), text)
    return frequent


def _refuse_own(name: str, texts: list[str], origin: str) -> None:
    different = list(dict.fromkeys(texts))
    shown = ", ".join(different[:3]) + (", ..." if len(different) > 3 else "")
    if texts and all(_DATE.fullmatch(text) for text in texts):
        raise ConfigError(
            f"input {name} holds dates ({shown}) in the attribute table of {origin}, of which each "
            "would be a yes/no input: leave it out, or write a number, such as the year"
        )
    codes = all(text.isdecimal() for text in texts)
    few = len(texts) < (LEAST_OF_CODES if codes else LEAST_BASINS)
    if few or len(different) < max(OWN_SHARE * len(texts), 2):
        return
    if codes and len(different) == len(texts):
        raise ConfigError(
            f"input {name} holds codes ({shown}), another in each basin, of which a model learns "
            "nothing: leave it out, or write numbers without zeros in front"
        )
    raise ConfigError(
        f"input {name} holds texts ({shown}) in the attribute table of {origin}, another in nearly "
        f"each basin ({len(different)} of {len(texts)}), of which a model learns nothing: leave it "
        "out, or write numbers, or categories that basins share"
    )
