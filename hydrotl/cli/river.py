"""Commands on a river of one's own: a run of its folder, and what is done with a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RunFolder = Annotated[Path, typer.Argument(help="Folder of a run (it holds run.yaml).")]


def own_folder(name: str) -> Path | None:
    """The folder of own data that ``name`` is the path of; None for the name of a region.

    Raises
    ------
    ConfigError
        If it is the path of a folder that nothing describes.
    """
    from hydrotl.config import named_file
    from hydrotl.data.ownfile import REGION_FILE, is_own, region_file

    path = Path(name).expanduser()
    if not is_own(path):
        return None
    if path.is_file():
        return path.parent
    if (path / REGION_FILE).is_file():
        return path
    spelled = path.is_absolute() or name.startswith(("~", ".")) or "/" in name or "\\" in name
    if spelled or not named_file("regions", name).is_file():
        region_file(path)  # raises, and says what to do
    return None


def run_folder(folder: Path, out: Path | None, jobs: int, all_years: bool = False) -> None:
    """Choose a model for the data in ``folder``, train it, and leave a run folder with a report."""
    from hydrotl.cli.options import resources
    from hydrotl.river.fit import Asked, fit_river
    from hydrotl.river.own import open_river
    from hydrotl.river.report.verdict import verdict
    from hydrotl.river.series import kept_series

    _, jobs = resources("cpu", jobs)
    river = open_river(folder, all_years=all_years)
    for finding in river.findings:
        typer.echo(f"Mind: {finding}")
    run = fit_river(river, Asked(out=out, jobs=jobs), typer.echo)
    typer.echo(verdict(run.file, run.scores, kept_series(run)).sentence)
    typer.echo(f"Report: {run.folder / 'report.html'}")
    if run.file.tested:
        typer.echo(f"For new weather, train on all years: hydrotl run {folder} --all-years")


def simulate(
    run: RunFolder,
    forcing: Annotated[
        Path, typer.Option(exists=True, help="Folder with weather, as for hydrotl run; or NetCDF.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="CSV or NetCDF (.nc). Default: in the run's folder.")
    ] = None,
) -> None:
    """Streamflow that a run gives for other weather: other years, a forecast, a scenario.

    No flow is needed. In a folder that hydrotl init has not seen, it is looked at first.
    For example: hydrotl simulate rivers/runs/2026-11-27-101500 --forcing next
    """
    from hydrotl.data.init import init_folder
    from hydrotl.data.ownfile import REGION_FILE
    from hydrotl.river.folder import read_run
    from hydrotl.river.own import open_forcing
    from hydrotl.river.place import simulation_place
    from hydrotl.river.series import write_series
    from hydrotl.river.simulate import simulate_run

    found = read_run(run)
    out = simulation_place(run, forcing, out)
    if forcing.is_dir() and not (forcing / REGION_FILE).is_file():
        written = init_folder(forcing)
        typer.echo(f"wrote {written.path}: what is in the files, as far as it can be told")
        for text in written.guessed:
            typer.echo(f"  guessed: {text}")
    simulated = simulate_run(found, *open_forcing(forcing, found))
    for said in simulated.said:
        typer.echo(said)
    write_series(out, simulated.series)
    typer.echo(f"wrote {out}")


def compare(
    one: RunFolder, other: Annotated[Path, typer.Argument(help="Folder of another run.")]
) -> None:
    """Scores of two runs side by side, in the test years of the basins that both have."""
    from hydrotl.river.compare import compare_runs
    from hydrotl.river.folder import read_run

    runs = [read_run(folder) for folder in (one, other)]
    table, said = compare_runs(*runs)
    for number, run in enumerate(runs, 1):
        typer.echo(f"{number}: {run.folder}: {_plain(run.file.chosen)}")
    for line in table.rename(index=_plain).to_string().splitlines():
        typer.echo(line)
    for text in said:
        typer.echo(f"Mind: {_plain(text)}")


def _plain(text: str) -> str:
    """``text`` from a run's files with nothing in it that a terminal takes for an instruction."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def export(
    run: RunFolder,
    out: Annotated[Path, typer.Option(help="Folder to make.")],
    model: Annotated[str | None, typer.Option(help="Default: the largest part.")] = None,
) -> None:
    """Write a network of a run as a torch.export program, for use without hydrotl."""
    from hydrotl.river.export import export_run
    from hydrotl.river.folder import read_run

    done = export_run(read_run(run), out, model)
    typer.echo(
        f"wrote {done.folder}: {done.member.parent.name}, {done.member.name}; its flow differs "
        f"from the original's by at most {done.difference:.1e} mm/day"
    )
