"""Commands on source models: train-source, check, card."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hydrotl.cli.options import Data, Device, Jobs, ValidationDays, resources
from hydrotl.cli.own import check_folder
from hydrotl.paths import runs_folder
from hydrotl_core.errors import ConfigError

if TYPE_CHECKING:
    from hydrotl.experiments.run import Task


def train_all(
    tasks: list[Task],
    data: Path | None,
    jobs: int,
    label: str,
    folder: Path,
    scheduler: str | None = None,
) -> None:
    """Train what is missing of source ensembles, and write each one's card when it changes."""
    from hydrotl.book.cards import write_card
    from hydrotl.experiments.run import run_tasks
    from hydrotl.experiments.source import shared_data
    from hydrotl_core.files import require_writable

    missing = [task for task in tasks if not task.product.is_file()]
    for path in {task.product.parent: task.product for task in missing}.values():
        require_writable(path)
    names = dict.fromkeys(task.data["data"].removeprefix("source ") for task in missing)
    shared = shared_data(list(names), data) if missing else {}
    log = runs_folder(folder) / f"{label}.log"
    for task in run_tasks(missing, shared, jobs=jobs, scheduler=scheduler, label=label, log=log):
        write_card(task.product.parent)
    typer.echo(f"{len(missing)} of {len(tasks)} members trained; the others were there")


def train_source(
    name: Annotated[str, typer.Argument(help="File name in experiments/sources/.")],
    members: Annotated[
        int, typer.Option(min=0, max=1000, help="0 = as many as the source asks for.")
    ] = 0,
    jobs: Jobs = 0,
    device: Device = "auto",
    data: Data = None,
    out: Annotated[Path | None, typer.Option(help="Default: weights/NAME.")] = None,
    validation_days: ValidationDays = 0,
) -> None:
    """Train the ensemble of a source model. If interrupted, rerun the command to resume."""
    from hydrotl.experiments.source import source_folder, source_tasks
    from hydrotl_core.weights import load_weights

    if validation_days and out is None:
        raise ConfigError("weights with days held out are not for shipping: name a folder (--out)")
    folder, (device, jobs) = out or source_folder(name), resources(device, jobs)
    tasks = source_tasks(
        name, members, folder=folder, device=device, data=data, validation_days=validation_days
    )
    train_all(tasks, data, jobs, Path(name).stem, folder)
    for task in tasks if validation_days else []:
        typer.echo(task.title)
        for update, skill in load_weights(task.product)[1].provenance["validation"]:
            typer.echo(f"  update {update}: median NSE {skill:.3f} of the days held out")


def check(
    name: Annotated[
        str, typer.Argument(help="A folder of your own, or a source with a test period.")
    ] = "conus-check",
    device: Device = "auto",
    data: Data = None,
) -> None:
    """Look at the data of a folder, or recompute the check of a source into results/.

    Example: hydrotl check ~/rivers. A folder has a region.yaml (hydrotl init); a table of its
    basins is printed, then what is wrong with the data, each with a remedy.
    """
    import time

    from hydrotl.data.ownfile import is_own

    if is_own(name):
        check_folder(Path(name))
        return

    from hydrotl.config import load_source
    from hydrotl.data.leaks import cautions
    from hydrotl.experiments import facts, records
    from hydrotl.experiments.check import check_source, estimable, scenarios
    from hydrotl.experiments.names import file_name
    from hydrotl.experiments.provenance import provenance
    from hydrotl.experiments.source import source_folder
    from hydrotl_core.files import require_writable

    path = records.results_dir() / "source" / f"{file_name('sources', name)}.json"
    require_writable(path)
    device, _ = resources(device)
    began = time.perf_counter()
    simulation = check_source(name, source_folder(name), device, data)
    source = load_source(name)
    described = source.model_dump(mode="json", include={"dataset", "train", "test"})
    record = {"source": file_name("sources", name), **described, **records.score_record(simulation)}
    trials = {f"without {what}": {"missing": names} for what, names in scenarios(source).items()}
    if data is None and (can := estimable(source)):  # a packed file has no lowest temperature
        trials[f"without {' and '.join(can)}"] = {"missing": can}
        trials[f"{' and '.join(can)} estimated"] = {"estimated": can}
    for what, how in trials.items():
        scores = records.score_record(check_source(name, source_folder(name), device, data, **how))
        record.setdefault("trials", {})[what] = {
            key: scores[key] for key in ("nse_median", "nse_mean")
        }
        typer.echo(f"{what}: NSE median {scores['nse_median']:.3f}")
    table = facts.check_facts(name)
    facts.source_facts(source.dataset, record["basins"], source.train, table, data)
    record["cautions"] = cautions(source, source.inputs, [source.test] if source.test else [])
    record["provenance"] = provenance(device, time.perf_counter() - began)
    records.write_record(path, record)
    typer.echo(
        f"{name}: {record['members']} members, {len(record['basins'])} basins, "
        f"NSE median {record['nse_median']:.3f}, mean {record['nse_mean']:.3f}; wrote {path}"
    )


def card(name: Annotated[str, typer.Argument(help="Folder in weights/.")]) -> None:
    """Write the model card of an ensemble from the metadata of its weights."""
    from hydrotl.book.cards import write_card
    from hydrotl.experiments.source import source_folder

    typer.echo(write_card(source_folder(name)))
