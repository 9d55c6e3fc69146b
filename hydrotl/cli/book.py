"""The command that makes the book."""

from __future__ import annotations

from typing import Annotated

import typer

from hydrotl.cli.options import Jobs, resources


def book(
    quick: Annotated[bool, typer.Option(help="Quick parameters (book/quick.yaml).")] = True,
    jobs: Jobs = 0,
) -> None:
    """Run the section notebooks and build the book."""
    from hydrotl.book.build import build_book, run_notebooks

    run_notebooks(None if quick else {}, jobs=resources("cpu", jobs)[1])
    typer.echo(build_book())
