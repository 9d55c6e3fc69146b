"""Command line: ``hydrotl COMMAND`` or ``python -m hydrotl_core COMMAND``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hydrotl.process_based.swat.commands import swat, swat_fetch
from hydrotl_core.errors import ConfigError, HydroTLError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Transfer streamflow LSTMs across continents.",
)

Jobs = Annotated[
    int, typer.Option(min=0, help="Processes side by side; 0 = one per core, one on a GPU.")
]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]
Data = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, help="NetCDF file (hydrotl pack), not HYDROTL_DATA."),
]


def _jobs(jobs: int, device: str) -> int:
    from hydrotl.experiments.members import default_jobs

    # Processes share one GPU and its memory: one after another there, unless asked for more.
    return jobs or (default_jobs() if device == "cpu" else 1)


def _print_scores(records: list[dict[str, Any]]) -> None:
    """A line per cell: mean and median NSE, and the range of its members' medians."""
    from hydrotl.experiments.records import cell_table

    table = cell_table(records).drop(columns="region")
    medians = [[m for m in r["member_nse_median"] if m is not None] for r in records]
    table["members' medians"] = [f"{min(m):.2f} to {max(m):.2f}" if m else "" for m in medians]
    typer.echo(table.to_string(index=False))


@app.command()
def fetch(dataset: Annotated[str, typer.Argument(help="Key in data_manifest.yaml.")]) -> None:
    """Download a data set into the data folder, verified by sha256, resuming."""
    from hydrotl.data.download import fetch as fetch_dataset

    typer.echo(f"{dataset} is in {fetch_dataset(dataset)}")


@app.command()
def describe(dataset: Annotated[str, typer.Argument(help="Key in data_manifest.yaml.")]) -> None:
    """Read a data set and print what is in it."""
    from hydrotl.data.catalog import open_dataset

    typer.echo(open_dataset(dataset))


@app.command()
def pack(
    source: Annotated[str, typer.Argument(help="File name in experiments/sources/.")],
    file: Annotated[Path, typer.Argument(help="NetCDF file to write.")],
) -> None:
    """Write the data that training and checking a source need to one file."""
    from hydrotl.config import load_source
    from hydrotl.data.catalog import save_dataset
    from hydrotl.data.regions import source_inputs

    ds = source_inputs(load_source(source))
    save_dataset(ds, file)
    size = file.stat().st_size / 1e6
    typer.echo(f"wrote {file}: {ds.sizes['basin']} basins, {ds.sizes['time']} days, {size:.1f} MB")


@app.command("train-source")
def train_source(
    name: Annotated[str, typer.Argument(help="File name in experiments/sources/.")],
    members: Annotated[int, typer.Option(min=0, help="0 = as many as the source asks for.")] = 0,
    jobs: Jobs = 0,
    device: Device = "auto",
    data: Data = None,
    out: Annotated[Path | None, typer.Option(help="Default: weights/NAME.")] = None,
    validation_days: Annotated[
        int,
        typer.Option(min=0, help="Hold out the last days of training and print the skill on them."),
    ] = 0,
) -> None:
    """Train the ensemble of a source model; a stopped run goes on where it was."""
    from hydrotl.config import load_source
    from hydrotl.experiments.experiment import source_folder
    from hydrotl.experiments.members import pick_device
    from hydrotl.experiments.plan_run import raise_failures, train_members
    from hydrotl.experiments.source_task import SourceTask
    from hydrotl.paths import runs_folder
    from hydrotl_core.weights import load_weights

    if validation_days and out is None:
        raise ConfigError("weights with days held out are not for shipping: name a folder (--out)")
    device = pick_device(device)
    folder = out or source_folder(name)
    runs = runs_folder(folder)
    tasks = [
        SourceTask(name, k, folder, runs, device, True, validation_days=validation_days, data=data)
        for k in range(members or load_source(name).members)
    ]
    log = runs / f"{folder.name}.log"
    outcomes = train_members(tasks, _jobs(jobs, device), log, Path(name).stem)
    for outcome in outcomes if validation_days else []:
        if outcome.state == "finished":
            typer.echo(outcome.task.title)
            for update, skill in load_weights(outcome.task.weights)[1].provenance["validation"]:
                typer.echo(f"  update {update}: median NSE {skill:.3f} of the days held out")
    raise_failures(outcomes)


@app.command("train-plan")
def train_plan(
    name: Annotated[str, typer.Argument(help="File name in experiments/plans/, or a path.")] = (
        "weights"
    ),
    jobs: Jobs = 0,
    device: Device = "auto",
    data: Data = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of weights and checkpoints. Default: weights/ and runs/."),
    ] = None,
    status: Annotated[bool, typer.Option("--status", help="Only print where it stands.")] = False,
) -> None:
    """Train every source model of a plan that is missing; a stopped run goes on where it was."""
    from hydrotl.config import load_plan
    from hydrotl.experiments.members import pick_device
    from hydrotl.experiments.plan import plan_tasks, status_table
    from hydrotl.experiments.plan_run import raise_failures, train_members

    tasks = plan_tasks(load_plan(name), "cpu" if status else pick_device(device), data, out)
    if status:
        typer.echo(status_table(tasks).to_string(index=False))
        return
    device = tasks[0].device
    log = tasks[0].runs / f"{Path(name).stem}.log"
    raise_failures(train_members(tasks, _jobs(jobs, device), log, Path(name).stem))


@app.command()
def check(
    name: Annotated[str, typer.Argument(help="A source with a test period.")] = "conus-check",
    device: Device = "auto",
    data: Data = None,
) -> None:
    """Recompute the source check from the weights and write it to results/."""
    import time

    from hydrotl.config import load_source
    from hydrotl.data.basins import basin_facts
    from hydrotl.experiments.experiment import source_folder
    from hydrotl.experiments.members import pick_device
    from hydrotl.experiments.provenance import provenance
    from hydrotl.experiments.records import results_dir, score_record, write_result
    from hydrotl.experiments.source import check_source

    device = pick_device(device)
    began = time.perf_counter()
    simulation = check_source(name, source_folder(name), device, data)
    source = load_source(name)
    described = source.model_dump(mode="json", include={"dataset", "train", "test"})
    record = {"source": name, **described, **score_record(simulation)}
    periods = [source.train] * len(record["basins"])
    record |= basin_facts(source.dataset, record["basins"], periods, data)
    record["provenance"] = provenance(device, time.perf_counter() - began)
    path = results_dir() / "source" / f"{Path(name).stem}.json"
    write_result(path, record)
    typer.echo(
        f"{name}: {record['members']} members, {len(record['basins'])} basins, "
        f"NSE median {record['nse_median']:.3f}, mean {record['nse_mean']:.3f}; wrote {path}"
    )


@app.command()
def card(name: Annotated[str, typer.Argument(help="Folder in weights/.")]) -> None:
    """Write the model card of an ensemble from the metadata of its weights."""
    from hydrotl.book.cards import write_card
    from hydrotl.experiments.experiment import source_folder

    typer.echo(write_card(source_folder(name)))


@app.command()
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
    from hydrotl.config import SweepEntry
    from hydrotl.experiments.cells import PROCESS, is_process
    from hydrotl.experiments.experiment import cells_of, run_cells
    from hydrotl.experiments.members import pick_device
    from hydrotl.experiments.records import read_result
    from hydrotl.experiments.sweep import Planner, run_sweep
    from hydrotl.process_based.teachers import guide

    if save and (validation_days or updates):
        raise ConfigError(
            "results/ holds test scores of full runs: leave out --save, or --validation-days "
            "and --updates"
        )
    device = pick_device(device)
    cells = cells_of(region, setting, option, recipe, source)
    if save:
        planner = Planner(device)
        entry = SweepEntry(
            regions=[region],
            settings=setting or [],
            options=option or [],
            sources=[source] if source else [],
            recipe=recipe,
            members=members,
        )
        work = planner.work(entry)
        for item in work:
            kept = read_result(item.path)["members"] if item.path.is_file() else 0
            if kept > members:
                raise ConfigError(
                    f"{item.path} holds {kept} members and would be replaced by {members}: "
                    f"take --members {kept}, or move the file away"
                )
        run_sweep(work, planner, _jobs(jobs, device))
        records = [read_result(item.path) for item in work]
    else:
        results = run_cells(
            cells,
            members,
            jobs=_jobs(jobs, device),
            device=device,
            updates=updates,
            validation_days=validation_days,
            teachers={
                name: guide(region, name.removeprefix(PROCESS))
                for name in dict.fromkeys(cell.option for cell in cells)
                if is_process(name)
            },
        )
        records = [result.record(device, validation_days) for result in results.values()]
    _print_scores(records)
    if save:
        typer.echo(f"wrote {len(work)} records below {work[0].path.parent}")


@app.command()
def sweep(
    name: Annotated[str, typer.Argument(help="File name in experiments/sweeps/, or a path.")] = (
        "paper"
    ),
    region: Annotated[list[str] | None, typer.Option(help="Only these of its regions.")] = None,
    jobs: Jobs = 0,
    device: Device = "auto",
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler, such as tcp://10.0.0.1:8786.")
    ] = None,
    status: Annotated[bool, typer.Option("--status", help="Only print where it stands.")] = False,
) -> None:
    """Compute the results of a sweep that are missing; a stopped run goes on where it was."""
    from hydrotl.config import load_sweep
    from hydrotl.experiments.members import pick_device
    from hydrotl.experiments.sweep import Planner, plan, run_sweep, status_table

    device = pick_device(device)
    planner = Planner(device)
    work = plan(load_sweep(name), planner, region or ())
    if status:
        typer.echo(status_table(work).to_string(index=False))
        return
    written = run_sweep(work, planner, _jobs(jobs, device), scheduler, Path(name).stem)
    typer.echo(f"wrote {len(written)} of {len(work)} results; the others were there")


@app.command()
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
    from hydrotl.experiments.members import pick_device
    from hydrotl.experiments.provenance import machine
    from hydrotl.experiments.records import read_result
    from hydrotl.experiments.reproduce import median_difference, reproduce_result

    device = pick_device(device)
    table, largest = reproduce_result(result, _jobs(jobs, device), device)
    typer.echo(table.to_string(index=False))
    median = median_difference(table)
    found = f"largest difference of a basin {largest:.4f}, of the median {median:.4f}"
    there = read_result(result)["provenance"]
    machines = f"It was computed on {there['device']}, {there['machine']}; this is {machine()}"
    if not median <= tolerance or (exact and largest > 0):
        raise ConfigError(
            f"{result} is not reproduced: {found}. {machines}. If that is the same, data, code or "
            f"weights are others than those of its version, {there['code']}"
        )
    typer.echo(found)
    if largest > 0:
        typer.echo(f"Reproduced within {tolerance} of the median. {machines}")


app.command("swat-fetch")(swat_fetch)
app.command()(swat)


@app.command()
def calibrate(
    region: Annotated[str, typer.Argument(help="File name in experiments/regions/, or a path.")],
    setting: Annotated[list[str] | None, typer.Option(help="Default: all of the region.")] = None,
    members: Annotated[
        int, typer.Option(min=1, help="Calibrations per basin, seeds 0, 1, ...")
    ] = 1,
    jobs: Jobs = 0,
    save: Annotated[bool, typer.Option(help="Write the records to results/.")] = False,
) -> None:
    """Calibrate GR4J with snow on a region's training years: the yardstick of the LSTMs.

    Each basin's parameters are kept in runs/calibrate: stopped, it goes on with what is left.
    """
    from hydrotl.experiments.records import cell_path, write_result
    from hydrotl.process_based.benchmark import run_yardstick

    records = run_yardstick(region, setting, members=members, jobs=_jobs(jobs, "cpu"))
    _print_scores(records)
    if save:
        for record in records:
            path = cell_path(region, record["setting"], record["option"], record["recipe"])
            write_result(path, record)
        typer.echo(f"wrote {len(records)} records below {path.parent}")


@app.command()
def book(
    quick: Annotated[bool, typer.Option(help="Quick parameters (book/quick.yaml).")] = True,
    jobs: Jobs = 0,
) -> None:
    """Run the section notebooks and build the book."""
    from hydrotl.book.build import build_book, run_notebooks
    from hydrotl.experiments.members import default_jobs

    run_notebooks(quick=quick, jobs=jobs or default_jobs())
    typer.echo(build_book())


def main() -> None:
    """Entry point: an expected error is one clear line, not a traceback."""
    try:
        app()
    except (HydroTLError, FloatingPointError) as error:
        typer.echo(f"error: {error}", err=True)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
