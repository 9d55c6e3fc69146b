"""Commands on regions: run, sweep, reproduce."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hydrotl.cli.options import (
    Data,
    Device,
    Jobs,
    RegionName,
    Save,
    Settings,
    ValidationDays,
    print_scores,
    resources,
)
from hydrotl.cli.river import own_folder, run_folder
from hydrotl.cli.source import train_all
from hydrotl_core.errors import ConfigError


def run(
    region: RegionName,
    setting: Settings = None,
    option: Annotated[list[str] | None, typer.Option(help="Default: local and all TL.")] = None,
    members: Annotated[int, typer.Option(min=1, max=1000)] = 2,
    recipe: Annotated[str | None, typer.Option(help="Default: the region's.")] = None,
    source: Annotated[str | None, typer.Option(help="Default: the region's.")] = None,
    updates: Annotated[
        int | None, typer.Option(min=1, max=10**9, help="Fewer, for a quick look.")
    ] = None,
    validation_days: ValidationDays = 0,
    jobs: Jobs = 0,
    device: Device = "auto",
    save: Save = False,
    out: Annotated[Path | None, typer.Option(help="Folder of a river: where the run goes.")] = None,
    all_years: Annotated[
        bool, typer.Option("--all-years", help="Folder of a river: train on all, without a test.")
    ] = False,
) -> None:
    """A folder of your own: model, series and report. A region: local, TL-a, TL-b, TL-c and scores.

    For example: hydrotl run ~/rivers (a folder that hydrotl init has looked at); hydrotl run gb-5
    """
    folder = own_folder(region)
    if folder is not None:
        given: dict[str, object] = {"--setting": setting, "--option": option, "--recipe": recipe}
        given |= {"--source": source, "--updates": updates, "--save": save}
        given |= {"--validation-days": validation_days}
        refused = [name for name, value in given.items() if value]
        if refused:
            raise ConfigError(f"{', '.join(refused)}: for regions by name, not for a folder")
        return run_folder(folder, out, jobs, all_years)
    if out is not None:
        raise ConfigError("--out: for a folder of your own, not for a region by name (see --save)")
    if all_years:
        raise ConfigError("--all-years: for a folder of your own, not for a region by name")
    from hydrotl.experiments.cells import cells_of, resolve
    from hydrotl.experiments.consistent import heal_record
    from hydrotl.experiments.records import cell_record, read_record
    from hydrotl.experiments.sweep import Planner, run_cells, run_sweep
    from hydrotl.process_based.teachers import find_teacher
    from hydrotl_core.files import require_writable

    if save and (validation_days or updates):
        raise ConfigError(
            "results/ holds test scores of full runs: leave out --save, or --validation-days "
            "and --updates"
        )
    device, jobs = resources(device, jobs)
    cells = [
        resolve(cell, validation_days=validation_days, updates=updates)
        for cell in cells_of(region, setting, option, recipe, source)
    ]
    if not save:
        found = run_cells(cells, members, jobs=jobs, device=device, teachers=find_teacher)
        print_scores([cell_record(found[one.cell], one, device) for one in cells])
        return
    planner = Planner(device, find_teacher)
    work = [planner.work(one, members) for one in cells]
    for item in work:
        basins = planner.data(item.experiment.cell.region)["basin"].values
        heal_record(item.path, (item.key, item.elsewhere), [str(basin) for basin in basins])
        require_writable(item.path)
        kept = read_record(item.path).get("members", 0) if item.path.is_file() else 0
        if kept > members:
            raise ConfigError(
                f"{item.path} holds {kept} members and would be replaced by {members}: "
                f"take --members {kept}, or move the file away"
            )
    run_sweep(work, planner, jobs)
    print_scores([read_record(item.path) for item in work])
    typer.echo(f"wrote {len(work)} records below {work[0].path.parent}")


def sweep(
    name: Annotated[str, typer.Argument(help="Name in experiments/sweeps/, or path.")] = "paper",
    region: Annotated[list[str] | None, typer.Option(help="Only these of its regions.")] = None,
    jobs: Jobs = 0,
    device: Device = "auto",
    data: Data = None,
    out: Annotated[Path | None, typer.Option(help="For sources. Default: weights/.")] = None,
    scheduler: Annotated[str | None, typer.Option(help="Of Dask: tcp://HOST:8786.")] = None,
    status: Annotated[bool, typer.Option("--status", help="Only print where it stands.")] = False,
) -> None:
    """Compute what is missing of a sweep. If interrupted, rerun the command to resume."""
    from hydrotl.config import load_sweep
    from hydrotl.experiments.sweep import Planner, plan, plan_sources, run_sweep, status_table
    from hydrotl.process_based.teachers import find_teacher

    device, jobs = resources("cpu" if status else device, jobs)
    loaded, label = load_sweep(name), Path(name).stem
    sources = plan_sources(loaded.entries, out=out, device=device, data=data)
    planner = Planner(device, find_teacher)
    work = plan(loaded, planner, region or ())
    if status:
        typer.echo(status_table(work, sources).to_string(index=False))
        return
    if sources:
        train_all(sources, data, jobs, label, sources[0].product.parent, scheduler)
    if work:
        written = run_sweep(work, planner, jobs, scheduler, label)
        typer.echo(f"wrote {len(written)} of {len(work)} results; the others were there")


def reproduce(
    result: Annotated[Path, typer.Argument(help="A results file of a region.")],
    jobs: Jobs = 0,
    device: Device = "auto",
    exact: Annotated[bool, typer.Option(help="Demand the same NSE in every basin.")] = False,
    tolerance: Annotated[
        float, typer.Option(min=0, max=10, help="Accepted difference of median NSE.")
    ] = 0.05,
) -> None:
    """Compute one cell again and compare it with its results file."""
    from hydrotl.experiments.provenance import machine
    from hydrotl.experiments.records import read_record
    from hydrotl.experiments.reproduce import median_difference, reproduce_result
    from hydrotl.process_based.teachers import find_teacher

    device, jobs = resources(device, jobs)
    table, largest = reproduce_result(result, jobs, device, find_teacher)
    typer.echo(table.to_string(index=False))
    median = median_difference(table)
    found = f"largest difference of a basin {largest:.4f}, of the median {median:.4f}"
    there = {"device": "?", "machine": "?", "code": "?", **read_record(result)["provenance"]}
    machines = f"It was computed on {there['device']}, {there['machine']}; this is {machine()}"
    if not median <= tolerance or (exact and largest > 0):
        raise ConfigError(
            f"{result} is not reproduced: {found}. {machines}. If that is the same, data, code or "
            f"weights are others than those of its version, {there['code']}"
        )
    typer.echo(found)
    if largest > 0:
        typer.echo(f"Reproduced within {tolerance} of the median. {machines}")
