"""Commands on regions: run, sweep, reproduce."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hydrotl.cli.options import Data, Device, Jobs, jobs_on, print_scores
from hydrotl.cli.source import train_all
from hydrotl_core.errors import ConfigError


def run(
    region: Annotated[str, typer.Argument(help="File name in experiments/regions/, or a path.")],
    setting: Annotated[list[str] | None, typer.Option(help="Default: all of the region.")] = None,
    option: Annotated[list[str] | None, typer.Option(help="Default: local and all TL.")] = None,
    members: Annotated[int, typer.Option(min=1)] = 2,
    recipe: Annotated[str | None, typer.Option(help="Default: the region's.")] = None,
    source: Annotated[str | None, typer.Option(help="Default: the region's.")] = None,
    updates: Annotated[
        int | None, typer.Option(min=1, help="Fewer updates, for a quick look.")
    ] = None,
    validation_days: Annotated[
        int, typer.Option(min=0, help="Score the last days of training; the test stays untouched.")
    ] = 0,
    jobs: Jobs = 0,
    device: Device = "auto",
    save: Annotated[bool, typer.Option(help="Write the records to results/.")] = False,
) -> None:
    """Local, TL-a, TL-b and TL-c for a region: mean and median NSE."""
    from hydrotl.experiments.cells import cells_of, resolve
    from hydrotl.experiments.executors import pick_device
    from hydrotl.experiments.records import cell_record, read_record
    from hydrotl.experiments.sweep import Planner, run_cells, run_sweep
    from hydrotl.process_based.teachers import find_teacher

    if save and (validation_days or updates):
        raise ConfigError(
            "results/ holds test scores of full runs: leave out --save, or --validation-days "
            "and --updates"
        )
    device = pick_device(device)
    experiments = [
        resolve(cell, validation_days=validation_days, updates=updates)
        for cell in cells_of(region, setting, option, recipe, source)
    ]
    if not save:
        results = run_cells(
            experiments,
            members,
            jobs=jobs_on(jobs, device),
            device=device,
            teachers=find_teacher,
        )
        print_scores([cell_record(results[e.cell], e, device) for e in experiments])
        return
    planner = Planner(device, find_teacher)
    work = [planner.work(experiment, members) for experiment in experiments]
    for item in work:
        kept = read_record(item.path)["members"] if item.path.is_file() else 0
        if kept > members:
            raise ConfigError(
                f"{item.path} holds {kept} members and would be replaced by {members}: "
                f"take --members {kept}, or move the file away"
            )
    run_sweep(work, planner, jobs_on(jobs, device))
    print_scores([read_record(item.path) for item in work])
    typer.echo(f"wrote {len(work)} records below {work[0].path.parent}")


def sweep(
    name: Annotated[str, typer.Argument(help="File name in experiments/sweeps/, or a path.")] = (
        "paper"
    ),
    region: Annotated[list[str] | None, typer.Option(help="Only these of its regions.")] = None,
    jobs: Jobs = 0,
    device: Device = "auto",
    data: Data = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of trained sources. Default: weights/.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler, such as tcp://10.0.0.1:8786.")
    ] = None,
    status: Annotated[bool, typer.Option("--status", help="Only print where it stands.")] = False,
) -> None:
    """Compute what is missing of a sweep. If interrupted, rerun the command to resume."""
    from hydrotl.config import load_sweep
    from hydrotl.experiments.executors import pick_device
    from hydrotl.experiments.source import plan_sources
    from hydrotl.experiments.sweep import Planner, plan, run_sweep, status_table
    from hydrotl.process_based.teachers import find_teacher

    device, label = pick_device("cpu" if status else device), Path(name).stem
    loaded = load_sweep(name)
    sources = plan_sources(loaded.entries, out=out, device=device, data=data)
    planner = Planner(device, find_teacher)
    work = plan(loaded, planner, region or ())
    if status:
        typer.echo(status_table(work, sources).to_string(index=False))
        return
    if sources:
        folder = sources[0].product.parent
        train_all(sources, data, jobs_on(jobs, device), label, folder, scheduler)
    if work:
        written = run_sweep(work, planner, jobs_on(jobs, device), scheduler, label)
        typer.echo(f"wrote {len(written)} of {len(work)} results; the others were there")


def reproduce(
    result: Annotated[Path, typer.Argument(help="A results file of a region.")],
    jobs: Jobs = 0,
    device: Device = "auto",
    exact: Annotated[
        bool,
        typer.Option(help="Demand the same NSE in every basin, as the same processor gives."),
    ] = False,
    tolerance: Annotated[
        float, typer.Option(help="Largest difference of the median NSE that counts as equal.")
    ] = 0.05,
) -> None:
    """Compute one cell again and compare it with its results file."""
    from hydrotl.experiments.executors import pick_device
    from hydrotl.experiments.provenance import machine
    from hydrotl.experiments.records import read_record
    from hydrotl.experiments.reproduce import median_difference, reproduce_result
    from hydrotl.process_based.teachers import find_teacher

    device = pick_device(device)
    table, largest = reproduce_result(result, jobs_on(jobs, device), device, find_teacher)
    typer.echo(table.to_string(index=False))
    median = median_difference(table)
    found = f"largest difference of a basin {largest:.4f}, of the median {median:.4f}"
    there = read_record(result)["provenance"]
    machines = f"It was computed on {there['device']}, {there['machine']}; this is {machine()}"
    if not median <= tolerance or (exact and largest > 0):
        raise ConfigError(
            f"{result} is not reproduced: {found}. {machines}. If that is the same, data, code or "
            f"weights are others than those of its version, {there['code']}"
        )
    typer.echo(found)
    if largest > 0:
        typer.echo(f"Reproduced within {tolerance} of the median. {machines}")
