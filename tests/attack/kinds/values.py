"""Impossible and doubtful values in daily text series: sentinels, infinite, negative, missing."""

from __future__ import annotations

from collections.abc import Iterator

from tests.attack.case import Mutation, Right
from tests.attack.kinds.tables import FORMS, in_tables, named, put
from tests.attack.world import NATIVE, TARGET, TEST, TRAIN

AREA = "text series"
INFINITE = ("inf", "-inf", "Infinity", "-Infinity", "+inf", "1e400", "-1e999")
FILL = ("9.96921e+36", "9.969209968386869e+36", "1e20", "1e30", "-3.4e38", "1.7976931348623157e308")
SENTINELS = ("-999", "-9999", "-999.9", "-99.9", "-32768", "9999", "99999", "32767", "-99999.99")
#: Column, text and what is right where the sentinel is not of all columns.
MORE: list[tuple[str, str, Right]] = [
    ("rain", "-1", "error"),
    ("rain", "-0.1", "error"),
    ("rain", "-88.8", "error"),
    ("rain", "999.9", "doubt"),
    ("rain", "6999", "error"),
    ("rain", "2500", "error"),
    ("t_high", "999.9", "error"),
    ("t_high", "99.9", "error"),
    ("t_high", "75", "error"),
    ("t_high", "299.15", "error"),
    ("t_low", "-120", "error"),
    ("t_low", "-273.15", "error"),
    ("t_low", "0x10", "error"),
    ("pet", "999.9", "error"),
    ("pet", "250", "error"),
    ("discharge", "-1", "error"),
    ("discharge", "-0.001", "error"),
    ("discharge", "-99", "error"),
    ("discharge", "99999.9", "error"),
    ("discharge", "5000000", "error"),
]
#: Texts that are no number.
NO_NUMBERS = (
    *("n/a", "#N/A", "#DIV/0!", "NULL", "None", "null", "-", "--", "?", "*", "missing", "no data"),
    *("T", "trace", "<0.1", ">5", "1.5*", "3.2 mm", "12%", "1,234.5", "1 234.5", "1.234,5"),
    *("1.2.3", "1..2", "--5", "0x1F", "1_000", "True", "false", "yes", "1.0D+00", "1e", "e5"),
    *("ice", "\u2212 5", "1\u00a0234", "\u00bd", "1/2", "=A1+1", "'5", "5 5", "$5", "NaN?"),
)


def mutations() -> Iterator[Mutation]:
    """Each sentinel in each column, in forms by turns."""
    forms, turn = list(FORMS), 0
    for column in NATIVE:
        for kind, texts in (("infinite", INFINITE), ("fill value", FILL), ("sentinel", SENTINELS)):
            for text in texts:
                form = forms[turn % len(forms)] if kind != "sentinel" else "comma"
                turn += 1
                # A flow of 9999 m3/s is more than rain ever fell, but only by the area.
                right: Right = "doubt" if (column, text) == ("discharge", "9999") else "error"
                yield one(f"{kind} values", column, text, right, form)
    for number, (column, text, right) in enumerate(MORE):
        yield one("impossible values", column, text, right, forms[number % len(forms)])
    for number, text in enumerate(NO_NUMBERS):
        column = NATIVE[number % len(NATIVE)]
        yield one("texts that are no number", column, text, "error")
    yield from missing()


def one(kind: str, column: str, text: str, right: Right, form: str = "comma") -> Mutation:
    """A text in one day of the training, or of the test."""
    period = TRAIN if len(text) % 2 else TEST
    change = in_tables(put(column, text, period=period), form)
    suffix = "" if form == "comma" else f", {form}"
    return Mutation(AREA, kind, f"{text} in {column}{suffix}", right, change, named(column))


def missing() -> Iterator[Mutation]:
    """Days without weather, or a basin without flow where it is trained or scored."""
    kind = "missing values"
    for column in ("rain", "t_high", "pet"):
        for text in ("", "NA", "NaN"):
            for days in (1, 40):
                for which, period in (("training", TRAIN), ("test", TEST)):
                    yield Mutation(
                        AREA,
                        kind,
                        f"{days} {which} days of {column} are {text!r}",
                        "doubt",
                        in_tables(put(column, text, days, period)),
                        named(column),
                    )
        yield Mutation(
            AREA,
            kind,
            f"no {column} at all in a basin",
            "doubt",
            in_tables(put(column, "", 2000, ("1900", "2100"))),
            named(column),
        )
    for which, period in (("training", TRAIN), ("test", TEST)):
        whole = put("discharge", "", 2000, period)
        names = (*named("discharge"), "flow", "0103")
        change = in_tables(whole)
        yield Mutation(AREA, kind, f"no flow in {which} days of a basin", "doubt", change, names)
        everywhere = in_tables(whole, basins=TARGET)
        name = f"no flow in {which} days of any basin"
        yield Mutation(AREA, kind, name, "doubt", everywhere, (*names, "basins", "basin"))
    declared = in_tables(put("rain", "-999", 30), missing=[-999.0])
    # `missing` is of the entry, not an option: an unknown key.
    yield Mutation(AREA, kind, "a code declared among the options", "error", declared, ("missing",))
