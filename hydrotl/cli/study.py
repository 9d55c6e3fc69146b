"""Commands on the study beyond the paper: beyond."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hydrotl.cli.options import Jobs, resources


def beyond(
    name: Annotated[str, typer.Argument(help="Name of a file in experiments/.")] = "beyond",
    target: Annotated[list[str] | None, typer.Option(help="Only targets that begin so.")] = None,
    jobs: Jobs = 0,
    scheduler: Annotated[str | None, typer.Option(help="Of Dask: tcp://HOST:8786.")] = None,
    status: Annotated[bool, typer.Option("--status", help="Only print where it stands.")] = False,
) -> None:
    """Compute what is missing of the study of small targets. Rerun the command to resume."""
    from hydrotl.experiments.beyond import plan, run_study
    from hydrotl.experiments.study import load_study
    from hydrotl.process_based.way import find_benchmark

    _, jobs = resources("cpu", jobs)
    work = plan(load_study(name), name, find_benchmark)
    work = [item for item in work if not target or item.target.name.startswith(tuple(target))]
    if status:
        done = sum(item.finished for item in work)
        typer.echo(f"{done} of {len(work)} targets finished")
        return
    for path in run_study(work, jobs=jobs, scheduler=scheduler, label=Path(name).stem):
        typer.echo(f"wrote {path}")
