"""Streamflow of a channel of SWAT+, from ``channel_sd_day.txt``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from hydrotl.data.units import convert
from hydrotl.process_based.swat.tables import (
    columns,
    consecutive,
    first_line,
    numbers,
    same_lines,
    whole,
    wrong_words,
)
from hydrotl_core.errors import DataError

CHANNEL_FILE = "channel_sd_day.txt"

#: First columns of ``channel_sd_day.txt``, and those that follow in most revisions.
_FIRST = ["jday", "mon", "day", "yr", "unit"]
_CHANNEL = ["gis_id", "name"]
_FLOW = "flo_out"


def read_channel(path: Path, number: int | str) -> pd.Series:
    """Daily flow out of a channel of SWAT+, m3/s, from ``channel_sd_day.txt``.

    Parameters
    ----------
    number
        The channel's number on the map (``gis_id``), which its name has too (13 is ``cha013``), or
        its name. If a file's channels have no such numbers, the one in the order of printing
        (``unit``).

    Raises
    ------
    DataError
        If the file has no flow as a volume, other names than values, no such channel, another by
        its name than by its number, a line that cannot be read or a missing day.
    """
    with path.open(encoding="utf-8", errors="replace") as file:
        _, *head = [next(file, "").split() for _ in range(3)]
    names, units = head
    if _FLOW not in names or names[: len(_FIRST)] != _FIRST:
        raise DataError(f"{path}, line 2: no column {_FLOW}; is it SWAT+'s {CHANNEL_FILE}?")
    places = {"year": "yr", "month": "mon", "day": "day", "unit": "unit", "flow": _FLOW}
    places |= {name: name if name in names else "unit" for name in _CHANNEL}
    twice = [name for name in dict.fromkeys(places.values()) if names.count(name) > 1]
    if twice:
        raise DataError(
            f"{path}, line 2 names {twice[0]} {names.count(twice[0])} times: keep the right one"
        )
    line, first = first_line(path, 3)
    if len(first) != len(names):
        raise wrong_words(path, line, len(first), f"line 2 has {len(names)} names")
    factor = _to_m3s(path, names, units)
    words = {column: names.index(name) for column, name in places.items()}
    table = columns(path, 3, words, text="name")
    ids = whole(path, table[["unit", "gis_id"]]).assign(name=table["name"])
    same_lines(path, ids["unit"], "unit")
    unit = channel_unit(path, ids.drop_duplicates(), number)
    lines = table[ids["unit"] == unit]
    index = consecutive(path, whole(path, lines[["year", "month", "day"]]), "D")
    flow = numbers(path, lines[["flow"]])["flow"].to_numpy() * factor
    return pd.Series(flow, index, name=_FLOW)


def _to_m3s(path: Path, names: list[str], units: list[str]) -> float:
    """Factor from the unit of the flow to m3/s.

    Units are told by their order: the columns of the channel have none, those named ``null`` only
    in some revisions.
    """
    start = 1 + max(names.index(name) for name in (*_FIRST, *_CHANNEL) if name in names)
    values = names[start:]
    for printed in ([name for name in values if name != "null"], values):
        if _FLOW in printed and len(printed) == len(units):
            unit = units[printed.index(_FLOW)]
            break
    else:
        raise DataError(
            f"{path}, line 3 has {len(units)} units for the {len(values)} columns of values in "
            f"line 2, so that the unit of {_FLOW} cannot be told: keep the lines as SWAT+ prints "
            "them"
        )
    try:
        return float(convert(np.ones(1), unit, "m3/s")[0])
    except DataError:
        raise DataError(
            f"{path}, line 3: {_FLOW} is in {unit}, which cannot become m3/s: use a revision of "
            "SWAT+ that prints it in m^3/s"
        ) from None


def channel_unit(path: Path, known: pd.DataFrame, number: int | str) -> int:
    """Place in the order of printing of the channel with a number or name.

    ``known`` has a row per channel: ``unit``, ``gis_id``, ``name``.
    """
    text = str(number).strip()
    of_name = known["name"].astype(str).str.extract(r"^\D*0*(\d+)$")[0]
    numberings = [column.astype(str) for column in (known["gis_id"], of_name.fillna("0"))]
    numberings = [n for n in numberings if not n.duplicated().any() and not (n == "0").any()]
    if not text.isdecimal():
        numberings = [known["name"].astype(str)]
    found = {
        int(unit)
        for numbering in numberings or [known["unit"].astype(str)]
        for unit in known["unit"][numbering == (text.lstrip("0") if text.isdecimal() else text)]
    }
    if len(found) == 1:
        return found.pop()
    named = bool(found) or not text.isdecimal()
    listed = [
        f"{row.gis_id} (unit {row.unit}{f', name {row.name}' if named else ''})"
        for row in known.itertuples()
    ]
    channels = ", ".join(listed[:30]) + (", ..." if len(listed) > 30 else "")
    if found:
        raise DataError(
            f"{path}: channel {number} is one by its gis_id and another by its name: give the "
            f"name; it has gis_id {channels}"
        )
    raise DataError(f"{path} has no channel {number}; it has gis_id {channels}")
