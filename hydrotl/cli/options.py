"""What the commands share: their arguments and options, and how they print scores."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

RegionName = Annotated[str, typer.Argument(help="File name in experiments/regions/, or a path.")]
Settings = Annotated[list[str] | None, typer.Option(help="Default: all of the region.")]
Jobs = Annotated[
    int,
    typer.Option(
        min=0,
        max=1024,
        help="Processes side by side; 0 = one per core; on a GPU one, or five under MPS.",
    ),
]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]
Data = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, help="NetCDF file (hydrotl pack), not HYDROTL_DATA."),
]
ValidationDays = Annotated[
    int,
    typer.Option(
        min=0, max=100_000, help="Hold out the last days of training and score them instead."
    ),
]
Save = Annotated[bool, typer.Option(help="Write to results/.")]


def resources(device: str, jobs: int = 1) -> tuple[str, int]:
    """The device to use, and how many processes on it."""
    from hydrotl.experiments.devices import default_jobs, pick_device

    device = pick_device(device)
    return device, jobs or default_jobs(device)


def print_scores(records: list[dict[str, Any]]) -> None:
    """A line per cell: mean and median NSE, the range of its members' medians; then cautions.

    Basins without a score are named.
    """
    from hydrotl.experiments.records import cell_table, unscored

    table = cell_table(records).drop(columns="region")
    medians = [[m for m in r["member_nse_median"] if m is not None] for r in records]
    table["members' medians"] = [f"{min(m):.2f} to {max(m):.2f}" if m else "" for m in medians]
    typer.echo(table.to_string(index=False))
    without = {(r["setting"], r["scored_on"]): unscored(r) for r in records if unscored(r)}
    for (setting, scored), basins in without.items():
        days = "test days" if scored == "test" else scored
        typer.echo(
            f"{setting}: no score on the {days} of basin {', '.join(basins)}, which is not "
            "counted (no gauge reading there, always the same one, or no simulation)"
        )
    for caution in dict.fromkeys(said for r in records for said in r.get("cautions", [])):
        typer.echo(f"Mind: {caution}")
