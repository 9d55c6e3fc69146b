"""Command line: ``hydrotl COMMAND`` or ``python -m hydrotl COMMAND``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hydrotl.paths import runs_folder
from hydrotl_core.errors import ConfigError, HydroTLError

if TYPE_CHECKING:
    from hydrotl.experiments.run import Task

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
    from hydrotl.experiments.executors import default_jobs

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


def _train(tasks: list[Task], data: Path | None, jobs: int, label: str, folder: Path) -> None:
    """Train what is missing of source ensembles, and write each one's card when it changes."""
    from hydrotl.book.cards import write_card
    from hydrotl.experiments.run import run_tasks
    from hydrotl.experiments.source import shared_data

    missing = [task for task in tasks if not task.product.is_file()]
    names = dict.fromkeys(task.data["data"].removeprefix("source ") for task in missing)
    shared = shared_data(list(names), data) if missing else {}
    log = runs_folder(folder) / f"{label}.log"
    for task in run_tasks(missing, shared, jobs=jobs, label=label, log=log):
        write_card(task.product.parent)
    typer.echo(f"{len(missing)} of {len(tasks)} members trained; the others were there")


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
    """Train the ensemble of a source model. If interrupted, rerun the command to resume."""
    from hydrotl.experiments.executors import pick_device
    from hydrotl.experiments.source import source_folder, source_tasks
    from hydrotl_core.weights import load_weights

    if validation_days and out is None:
        raise ConfigError("weights with days held out are not for shipping: name a folder (--out)")
    device, folder = pick_device(device), out or source_folder(name)
    tasks = source_tasks(
        name, members, folder=folder, device=device, data=data, validation_days=validation_days
    )
    _train(tasks, data, _jobs(jobs, device), Path(name).stem, folder)
    for task in tasks if validation_days else []:
        typer.echo(task.title)
        for update, skill in load_weights(task.product)[1].provenance["validation"]:
            typer.echo(f"  update {update}: median NSE {skill:.3f} of the days held out")


@app.command()
def check(
    name: Annotated[str, typer.Argument(help="A source with a test period.")] = "conus-check",
    device: Device = "auto",
    data: Data = None,
) -> None:
    """Recompute the source check from the weights and write it to results/."""
    import time

    from hydrotl.config import load_source
    from hydrotl.experiments.executors import pick_device
    from hydrotl.experiments.provenance import provenance
    from hydrotl.experiments.records import (
        check_facts,
        results_dir,
        score_record,
        source_facts,
        write_record,
    )
    from hydrotl.experiments.source import check_source, source_folder

    device = pick_device(device)
    began = time.perf_counter()
    simulation = check_source(name, source_folder(name), device, data)
    source = load_source(name)
    described = source.model_dump(mode="json", include={"dataset", "train", "test"})
    record = {"source": name, **described, **score_record(simulation)}
    source_facts(source.dataset, record["basins"], source.train, check_facts(name), data)
    record["provenance"] = provenance(device, time.perf_counter() - began)
    path = results_dir() / "source" / f"{Path(name).stem}.json"
    write_record(path, record)
    typer.echo(
        f"{name}: {record['members']} members, {len(record['basins'])} basins, "
        f"NSE median {record['nse_median']:.3f}, mean {record['nse_mean']:.3f}; wrote {path}"
    )


@app.command()
def card(name: Annotated[str, typer.Argument(help="Folder in weights/.")]) -> None:
    """Write the model card of an ensemble from the metadata of its weights."""
    from hydrotl.book.cards import write_card
    from hydrotl.experiments.source import source_folder

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
            jobs=_jobs(jobs, device),
            device=device,
            teachers=find_teacher,
        )
        _print_scores([cell_record(results[e.cell], e, device) for e in experiments])
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
    run_sweep(work, planner, _jobs(jobs, device))
    _print_scores([read_record(item.path) for item in work])
    typer.echo(f"wrote {len(work)} records below {work[0].path.parent}")


@app.command()
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
        _train(sources, data, _jobs(jobs, device), label, sources[0].product.parent)
    if work:
        written = run_sweep(work, planner, _jobs(jobs, device), scheduler, label)
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
    from hydrotl.experiments.executors import pick_device
    from hydrotl.experiments.provenance import machine
    from hydrotl.experiments.records import read_record
    from hydrotl.experiments.reproduce import median_difference, reproduce_result
    from hydrotl.process_based.teachers import find_teacher

    device = pick_device(device)
    table, largest = reproduce_result(result, _jobs(jobs, device), device, find_teacher)
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


@app.command()
def swat_fetch(
    archive: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="The source distribution, if you have it."),
    ] = None,
) -> None:
    """Fetch the pinned SWAT+ executable and its default tables by hash, through pip.

    They go to the folder HYDROTL_SWAT, by default the user's cache. The program is for Linux on
    x86-64; elsewhere the tables are used with your own, named by HYDROTL_SWAT_EXE.
    """
    from hydrotl.process_based.swat.installation import fetch_swat

    typer.echo(f"SWAT+ is in {fetch_swat(archive=archive)}")


@app.command()
def swat(
    region: Annotated[str, typer.Argument(help="File name in experiments/regions/, or a path.")],
    executable: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="SWAT+ program. Default: HYDROTL_SWAT_EXE or fetched."
        ),
    ] = None,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds for one basin.")] = 600,
    save: Annotated[
        bool, typer.Option(help="Write results/REGION/swat/uncalibrated.json.")
    ] = False,
) -> None:
    """Run uncalibrated SWAT+ in a region's basins: NSE and mean flow in each test period."""
    import pandas as pd

    from hydrotl.experiments.records import write_record
    from hydrotl.process_based.swat.installation import find_installation
    from hydrotl.process_based.swat.record import record_path, swat_record

    record = swat_record(region, find_installation(executable), timeout)
    basins = [run["basin"] for run in record["basins"]]
    columns = ("nse", "days", "mean_observed", "mean_simulated")
    tables = [
        pd.DataFrame({"setting": name, "basin": basins, **{c: scores[c] for c in columns}})
        for name, scores in record["settings"].items()
    ]
    typer.echo(pd.concat(tables).to_string(index=False))
    if save:
        path = record_path(region)
        write_record(path, record)
        typer.echo(f"wrote {path}")


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
    """Calibrate GR4J with snow on a region's training years: the benchmark of the LSTMs.

    Each basin's parameters are kept in runs/calibrate: if interrupted, rerun it to resume.
    """
    from hydrotl.experiments.records import results_dir, write_record
    from hydrotl.process_based.benchmark import run_benchmark

    records = run_benchmark(region, setting, members=members, jobs=_jobs(jobs, "cpu"))
    _print_scores(records)
    if save:
        for record in records:
            folder = results_dir() / record["region"] / record["recipe"]
            path = folder / f"{record['setting']}_{record['option']}.json"
            write_record(path, record)
        typer.echo(f"wrote {len(records)} records below {path.parent}")


@app.command()
def book(
    quick: Annotated[bool, typer.Option(help="Quick parameters (book/quick.yaml).")] = True,
    jobs: Jobs = 0,
) -> None:
    """Run the section notebooks and build the book."""
    from hydrotl.book.build import build_book, run_notebooks
    from hydrotl.experiments.executors import default_jobs

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
