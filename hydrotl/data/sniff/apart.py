"""Patterns of paths that match other files as well: which basins, or files, are meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hydrotl.data.readers.own import basin_in
from hydrotl.data.sniff.groups import Group
from hydrotl.data.sniff.ids import pattern_of


def apart(groups: Sequence[Group], folder: Path, table: str | None) -> list[Group]:
    """Groups that each match their own files alone, by naming basins where a pattern does not.

    Parameters
    ----------
    groups
        As files of one form gave them: two may have the same pattern.
    folder
        That they are in; files there that are no data may match a pattern, too.
    table
        Path of the table of basins, which the reader passes over.
    """
    there = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    there = [path for path in there if path != table]
    return [part for group in groups for part in _own_files(group, there)]


def _own_files(group: Group, there: Sequence[str]) -> list[Group]:
    """A group with ``basins``, if its pattern needs them; a group per pattern if they are not
    enough, as where the years of a basin have different forms.
    """
    if not group.paths:
        return [group]
    pattern = str(group.entry["path"])
    matched = {path: basin_in(path, pattern) for path in there}
    others = {basin for path, basin in matched.items() if basin and path not in group.paths}
    if not others:
        return [group]
    if others.isdisjoint(group.basins):
        return [_of_basins(group)]
    parts: dict[str, dict[str, str]] = {}
    for path, basin in group.paths.items():
        parts.setdefault(pattern_of(path, basin), {})[path] = basin
    return [
        _of_basins(
            replace(
                group,
                entry=group.entry | {"path": own},
                basins=sorted(set(paths.values())),
                paths=paths,
            )
        )
        for own, paths in parts.items()
    ]


def _of_basins(group: Group) -> Group:
    """The group, saying its basins behind the path."""
    entry = {"path": group.entry["path"], "basins": group.basins} | group.entry
    return replace(group, entry=entry)
