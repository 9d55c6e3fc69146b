"""How a value is written in a table, by what it is: the words of its column decide.

One rule per quantity, for all pages: a Nash-Sutcliffe efficiency has two digits, and so have the
bounds of its interval; percentages and areas have none; years at most one.
"""

from __future__ import annotations

import html
import numbers
import re
from collections.abc import Callable
from typing import Any

from hydrotl.book.pages import words
from hydrotl.experiments.uncertainty import Interval

#: What is written where nothing is known.
MISSING = "–"


def skill(value: float) -> str:
    """NSE or a mean or median of it."""
    return f"{value:.2f}"


def gain(value: float) -> str:
    """A difference of two NSE, with its sign."""
    shown = f"{value:+.2f}"
    return "0.00" if float(shown) == 0 else shown


def percent(value: float) -> str:
    """A percentage, whose sign is in the column's header."""
    return f"{value:.0f}"


def area(value: float) -> str:
    """An area in km2, with a separator of thousands."""
    return f"{value:,.1f}" if abs(value) < 10 else f"{value:,.0f}"


def years(value: float) -> str:
    """A number of years."""
    return f"{value:.1f}".removesuffix(".0")


def depth(value: float) -> str:
    """A depth of water per day, mm."""
    return f"{value:.2f}"


def yearly_depth(value: float) -> str:
    """A depth of water per year, mm."""
    return f"{value:,.0f}"


def temperature(value: float) -> str:
    """A temperature, degrees Celsius."""
    return f"{value:.1f}"


def ratio(value: float) -> str:
    """A quotient or correlation."""
    return f"{value:.2f}"


# The first rule whose words are in a header decides.
RULES: list[tuple[re.Pattern[str], Callable[[float], str]]] = [
    (re.compile(words_of), form)
    for words_of, form in (
        (r"%", percent),
        (r"\bkm2\b", area),
        (r"mm/day", depth),
        (r"mm/year", yearly_depth),
        (r"°C", temperature),
        (r"\b[Gg]ain\b|minus", gain),
        (r"correlation|\bratio\b|aridity|\bsnow\b", ratio),
        (r"\bNSE\b|\b[Mm]edian\b|\b[Mm]ean\b|^the paper", skill),
        (r"\b[Yy]ears?\b", years),
    )
]


def form_of(header: str) -> Callable[[float], str] | None:
    """How numbers below a header are written; None if no rule knows it."""
    return next((form for words_of, form in RULES if words_of.search(header)), None)


def interval(found: Interval, form: Callable[[float], str] = skill) -> str:
    """A value with the bounds of its interval in brackets."""
    return f"{form(found.value)} ({form(found.low)} to {form(found.high)})"


def formatter(header: str, digits: int) -> Callable[[Any], str]:
    """What a table writes for the values of a column; ``digits`` where no rule knows it."""
    known, label = form_of(header), words.COLUMNS.get(header)

    def write(value: Any) -> str:
        if isinstance(value, Interval):  # its bounds stay in one line
            text = interval(value, known or skill).replace(" to ", "\u00a0to\u00a0")
            return text.replace("(", '<span class="bounds">(').replace(")", ")</span>")
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            text = str(value)
            return text if label is None else html.escape(label(html.unescape(text)), quote=False)
        if isinstance(value, numbers.Integral):
            return area(float(value)) if known is area else f"{int(value)}"
        return (known or (lambda number: f"{number:,.{digits}f}"))(float(value))

    return write


def heading(header: str) -> str:
    """A header as HTML: escaped, with the square of a unit set as one."""
    return re.sub(r"\bkm2\b", "km²", html.escape(header))
