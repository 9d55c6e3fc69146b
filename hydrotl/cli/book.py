"""The command that makes the book."""

from __future__ import annotations

from typing import Annotated

import typer

from hydrotl.cli.options import Jobs, resources
from hydrotl.paths import project_root
from hydrotl_core.errors import ConfigError


def book(
    quick: Annotated[bool, typer.Option(help="Quick parameters (book/quick.yaml).")] = True,
    jobs: Jobs = 0,
) -> None:
    """Run the section notebooks and build the book."""
    from hydrotl.book.build import build_book, run_notebooks
    from hydrotl.experiments.store import claimed

    with claimed(project_root() / "runs" / "book.lock") as free:
        if not free:
            raise ConfigError("another `hydrotl book` builds it now: wait until it has finished")
        run_notebooks(None if quick else {}, jobs=resources("cpu", jobs)[1])
        typer.echo(build_book())
