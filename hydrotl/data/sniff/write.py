"""The text of a ``region.yaml``: short, with comments for who reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

import yaml

from hydrotl.config import Setting
from hydrotl.data.canonical import MEANING
from hydrotl.data.findings import names_of
from hydrotl.data.sniff.folder import Survey
from hydrotl.data.sniff.groups import Group

_HEAD = """\
# What the files in this folder hold, as `hydrotl init` understood them. Correct what is wrong: the
# files themselves stay as they are. All that was guessed is listed below `guessed`; delete a line
# there when you know that it is right. Then run `hydrotl check` and `hydrotl run` on the folder.
"""
_MEANT = {
    "separator": "between columns",
    "decimal": "sign of decimals",
    "thousands": "sign between groups of three digits",
    "encoding": "of the text",
    "comment": "lines on top that begin so are passed over",
    "header": "line that names the columns, below those",
    "below_header": "lines between the names and the first day",
    "date_form": "%d day, %m month, %Y year",
    "missing": "values that mean a missing one",
    "basin_column": "a row per basin and day",
    "basins": "of these only",
}
_MOST_NAMED = 8
_MEANING = MEANING | {"streamflow": "observed streamflow"}


def region_text(
    title: str,
    found: Survey,
    years: Setting | None,
    stated: bool = False,
) -> str:
    """Content of ``region.yaml``.

    ``years`` are those chosen from the record, or ``stated``, which the file says then.
    """
    lines = [_HEAD + f"title: {_inline(title)}", ""]
    if found.guessed:
        lines += ["guessed:", *(f"  - {_inline(one)}" for one in found.guessed), ""]
    lines.append("files:")
    for group in found.groups:
        lines += _group(group)
    if found.attributes is not None:
        lines += ["", "attributes:  # a table with a row per basin", *_table(found.attributes)]
    if found.stations:
        lines += ["", "stations:  # km2; degrees, south and west negative"]
        for basin, known in found.stations.items():
            lines.append(f"  {_inline(basin)}: {_inline(known)}")
    if any("srad" in group.entry["columns"] for group in found.groups):
        light = any("dayl" in group.entry["columns"] for group in found.groups)
        mean = "daylight" if light else "day"
        lines += ["", f"radiation: {mean}  # mean of all 24 hours (day), or of daylight (daylight)"]
    basins = sorted({basin for group in found.groups for basin in group.basins})
    if stated and years is not None:
        lines += ["", f"years: {_pairs(years)}  # of all basins"]
    else:
        lines += ["", *_years(years, basins)]
    for one in found.passed[:_MOST_NAMED]:
        lines.append(f"# not used: {one}")
    if len(found.passed) > _MOST_NAMED:
        lines.append(f"# and {len(found.passed) - _MOST_NAMED} more files that are not used")
    return "\n".join(lines) + "\n"


def _group(group: Group) -> list[str]:
    entry = dict(group.entry)
    columns = entry.pop("columns")
    lines = [f"  # {group.note}"] if group.note else []
    for number, (key, value) in enumerate(entry.items()):
        meant = f"  # {_MEANT[key]}" if key in _MEANT else ""
        if key == "basins" and "{basin}" not in entry["path"]:
            meant = "  # a column per basin, called so"
        lines.append(f"  {'-' if number == 0 else ' '} {key}: {_inline(value)}{meant}")
    lines.append("    columns:")
    width = max(len(name) for name in columns)
    for name, column in columns.items():
        gap = " " * (width - len(name))
        lines.append(f"      {name}: {gap}{_inline(column)}  # {_MEANING[name]}")
    if group.unused:
        more = f" and {len(group.unused) - _MOST_NAMED} more"
        named = ", ".join(group.unused[:_MOST_NAMED]).replace("\n", " ")
        lines.append(f"      # not used: {named}{more if len(group.unused) > _MOST_NAMED else ''}")
    return lines


def _table(entry: Mapping[str, Any]) -> list[str]:
    lines = []
    for key, value in entry.items():
        if key != "columns":
            lines.append(f"  {key}: {_inline(value)}")
    if entry["columns"]:
        lines.append("  columns:  # all others are taken by their own names")
        lines += [f"    {name}: {_inline(one)}" for name, one in entry["columns"].items()]
    return lines


def _years(years: Setting | None, basins: Sequence[str]) -> list[str]:
    if years is None:
        return ["# years: {train: [FIRST DAY, DAY AFTER THE LAST], test: [...]}"]
    own = ""
    if years.per_basin:
        common = [basin for basin in basins if basin not in years.per_basin]
        own = f"Below are those of {names_of(common)}; {names_of(list(years.per_basin))} "
        own += f"{'have' if len(years.per_basin) > 1 else 'has'} others. "
    said = (
        "The years are chosen from the record of each basin: of those with flow the last third, at "
        f"most five, are kept for the test. {own}To choose them yourself, the same for all basins, "
        "take the # away before `years`; the second day of a pair is the first that no longer "
        "belongs to it."
    )
    lines = wrap(said, 98, break_long_words=False, break_on_hyphens=False)
    return [*(f"# {line}" for line in lines), f"# years: {_pairs(years)}"]


def _pairs(years: Setting) -> str:
    train, test = (f"[{p.start}, {p.end}]" for p in (years.train, years.test))
    return f"{{train: {train}, test: {test}}}"


def _inline(value: object) -> str:
    """A value as YAML on one line."""
    text = yaml.safe_dump(
        value, default_flow_style=True, allow_unicode=True, width=10**6, sort_keys=False
    )
    return text.removesuffix("...\n").strip()
