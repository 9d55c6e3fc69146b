"""Commands on a folder of your own, and what there is: init, check of a folder, list."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hydrotl_core.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from hydrotl.config import Setting


#: Files that are not used and are named on the terminal.
MOST_PASSED = 8


def init(
    folder: Annotated[Path, typer.Argument(help="Folder with daily series as CSV or NetCDF.")],
    replace: Annotated[bool, typer.Option("--replace", help="Write region.yaml anew.")] = False,
) -> None:
    """Look at the files of a folder and write what they hold to its region.yaml.

    Example: hydrotl init ~/rivers, then hydrotl check ~/rivers.
    """
    from hydrotl.data.findings import names_of
    from hydrotl.data.init import init_folder

    with said_once():
        written = init_folder(folder, replace)
    named = ", ".join(written.basins[:5]) + (", ..." if len(written.basins) > 5 else "")
    typer.echo(f"wrote {written.path}: {len(written.basins)} basins ({named})")
    for text in written.understood:
        typer.echo(f"  {text}")
    if written.years is not None:
        typer.echo(f"  {years_in_words(written.years, written.basins)}")
    for text in written.guessed:
        typer.echo(f"  guessed: {text}")
    for text in written.passed[:MOST_PASSED]:
        typer.echo(f"  not used: {text}")
    if len(written.passed) > MOST_PASSED:
        typer.echo(f"  and {len(written.passed) - MOST_PASSED} more files that are not used")
    if written.without_flow:
        typer.echo(f"  no flow: of {names_of(written.without_flow)}, which no test can be made on")
    for text in written.to_do:
        typer.echo(f"  to do: {text}")
    typer.echo(f"next: hydrotl check {folder}")


def years_in_words(years: Setting, basins: list[str]) -> str:
    """Which years are chosen to train and to test, and of how many basins."""
    days = [f"{p.start} to before {p.end}" for p in (years.train, years.test)]
    few = f", of {len(basins) - len(years.per_basin)} basins" if years.per_basin else ""
    return f"years: training {days[0]}, test {days[1]}{few}"


def check_folder(folder: Path) -> None:
    """Look at the data of a folder: a row per basin, then what is wrong, and what to do.

    Raises
    ------
    DataError
        If something is impossible.
    """
    from hydrotl.data.own_check import look_own
    from hydrotl.data.own_words import grouped

    with said_once():
        table, findings = look_own(folder)
    typer.echo(shown(table))
    wrong = [one for one in findings if one.grade == "impossible"]
    for word, text, remedy in grouped(findings):
        typer.echo(f"{word}: {text}\n       {remedy}")
    if wrong:
        raise DataError(
            f"{folder}: {len(wrong)} finding(s) that cannot be right: correct the files or "
            "region.yaml"
        )
    doubts = len(findings)
    typer.echo(
        f"nothing is impossible; {doubts} doubt(s) to look at" if doubts else "nothing is odd"
    )


def shown(table: pd.DataFrame) -> str:
    """The table of a check as text."""
    from hydrotl.data.own_words import HEADS

    renamed = table[list(HEADS)].rename(columns=HEADS)
    return renamed.to_string(na_rep="-", float_format=lambda value: f"{value:g}")


@contextmanager
def said_once() -> Iterator[None]:
    """Warnings as lines of text, each once, without lines of source."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        yield
    for text in dict.fromkeys(str(one.message) for one in said):
        typer.echo(f"note: {text}", err=True)


class Kind(StrEnum):
    """What can be listed."""

    REGIONS = "regions"
    SOURCES = "sources"
    RECIPES = "recipes"
    DATASETS = "datasets"


def list_names(
    kind: Annotated[
        Kind, typer.Argument(help="regions, sources, recipes or datasets.", metavar="KIND")
    ],
) -> None:
    """List the regions, sources, recipes or datasets that there are.

    Example: hydrotl list regions.
    """
    from hydrotl.config import load_recipe, load_region, load_source
    from hydrotl.data.manifest import load_manifest
    from hydrotl.paths import project_root

    if kind is Kind.DATASETS:
        titles = {name: one.title for name, one in load_manifest().datasets.items()}
    else:
        load = {"regions": load_region, "sources": load_source, "recipes": load_recipe}[kind.value]
        folder = project_root() / "experiments" / kind.value
        titles = {path.stem: load(path.stem).title for path in sorted(folder.glob("*.yaml"))}
    width = max(map(len, titles), default=0)
    for name, title in titles.items():
        typer.echo(f"{name:{width}}  {title}")


def version(wanted: bool) -> None:
    """Print the version and leave, if ``wanted``."""
    if wanted:
        from importlib.metadata import version as installed

        typer.echo(f"hydrotl {installed('hydrotl')}")
        raise typer.Exit


def options(
    show_version: Annotated[
        bool,
        typer.Option("--version", callback=version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Transfer streamflow LSTMs across continents."""
