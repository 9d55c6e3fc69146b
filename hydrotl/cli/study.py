"""Commands beyond the paper: the study of small targets, and the choice made for a region."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hydrotl.cli.options import Jobs, RegionName, Settings, resources
from hydrotl.cli.river import own_folder
from hydrotl_core.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd


def beyond(
    name: Annotated[str, typer.Argument(help="Name of a file in experiments/.")] = "beyond",
    target: Annotated[list[str] | None, typer.Option(help="Only targets that begin so.")] = None,
    jobs: Jobs = 0,
    scheduler: Annotated[str | None, typer.Option(help="Of Dask: tcp://HOST:8786.")] = None,
    status: Annotated[bool, typer.Option("--status", help="Only print where it stands.")] = False,
) -> None:
    """Compute what is missing of the study of small targets. Rerun the command to resume."""
    from hydrotl.experiments.beyond import plan, run_study
    from hydrotl.experiments.covered import write_coverage
    from hydrotl.experiments.forgetting import measure_forgetting
    from hydrotl.experiments.study import load_study
    from hydrotl.experiments.summary import write_summary
    from hydrotl.experiments.ungauged import measure_ungauged
    from hydrotl.process_based.way import find_benchmark, installed

    _, jobs = resources("cpu", jobs)
    study = load_study(name)
    if not status and not installed():
        raise ConfigError(
            "the study compares with GR4J, whose package is not there: pip install grsuite"
        )
    work = plan(study, name, find_benchmark)
    work = [item for item in work if not target or item.target.name.startswith(tuple(target))]
    if not work:
        raise ConfigError(f"no target of {name} begins with {' or '.join(target or [])}")
    if status:
        done = sum(item.finished for item in work)
        typer.echo(f"{done} of {len(work)} targets finished")
        return
    for path in run_study(work, jobs=jobs, scheduler=scheduler, label=Path(name).stem):
        typer.echo(f"wrote {path}")
    typer.echo(f"wrote {write_summary(name)}")
    typer.echo(f"wrote {write_coverage(name)}")
    if target:
        return
    ungauged = measure_ungauged(name, study, work, jobs)
    if ungauged is not None:
        typer.echo(f"wrote {ungauged}")
    if study.forgetting is not None:
        typer.echo(f"wrote {measure_forgetting(name, study, jobs)}")


def auto(
    region: RegionName,
    setting: Settings = None,
    study: Annotated[str, typer.Option(help="Names the candidates: a file in experiments/.")] = (
        "beyond"
    ),
    jobs: Jobs = 0,
) -> None:
    """Choose a model for a region on its training years, train it, and score the test years.

    For a region by name; for a folder of your own, hydrotl run does it.
    Writes the series of the test years with a band that 90 % of the days are to lie in.
    """
    import numpy as np

    from hydrotl.config import load_region
    from hydrotl.data.leaks import cautions
    from hydrotl.data.regions import region_setting
    from hydrotl.experiments.auto import clipped_nse
    from hydrotl.experiments.automatic import run_auto, series_of, write_series
    from hydrotl.experiments.beyond import study_starts, target_work
    from hydrotl.experiments.draws import region_name, region_targets
    from hydrotl.experiments.study import load_study
    from hydrotl.paths import project_root
    from hydrotl.process_based.way import find_benchmark
    from hydrotl_core.arrays import observed_flow
    from hydrotl_core.recipe import Inputs

    if own_folder(region) is not None:
        raise ConfigError(f"for a folder of your own: hydrotl run {region} makes the same choice")
    _, jobs = resources("cpu", jobs)
    declared = load_study(study)
    starts = study_starts(declared)
    loaded = load_region(region)
    for name in setting or ():
        region_setting(loaded, name)  # raises for one that is not there
    wanted = {f"{region_name(region)}-{name}" for name in setting or ()}
    for target, roles in region_targets(region):
        if wanted and target.name not in wanted:
            continue
        path = project_root() / "runs" / f"auto-{target.name}.json"
        asked = {"seen_allowed": loaded.seen_basins}
        work = target_work(target, roles, declared, starts, find_benchmark, path, **asked)
        if find_benchmark(roles) is None:
            typer.echo("GR4J is not among the candidates: pip install grsuite adds it")
        found = run_auto(work, declared.rule, jobs)
        single = {name: s for name, s in found.choice.scores.items() if "+" not in name}
        for name, score in sorted(single.items(), key=lambda item: -item[1]):
            typer.echo(f"  {name:10s} {score:6.3f} on held-out training days")
        score = found.choice.scores[found.choice.mix.title]
        test = clipped_nse(found.flow, observed_flow(target.ds, target.test))
        typer.echo(
            f"{target.name}: {found.choice.mix.shown}, {score:.3f} on held-out training days, "
            f"{found.choice.margin:+.3f} over the best other single model; "
            f"chosen in {found.seconds[0]:.0f} s, trained in {found.seconds[1]:.0f} s"
        )
        if found.choice.best.title == "gr4j":
            typer.echo("None of the networks beats GR4J on the held-out training days")
        scored = np.isfinite(test)
        if not scored.all():
            without = [b for b, s in zip(target.basins, scored, strict=True) if not s]
            typer.echo(f"No score in the test years, and not counted: {', '.join(without)}")
        if scored.any():
            mean = np.mean(test[scored])
            typer.echo(f"Test years: mean NSE {mean:.3f}, no basin counted below -1")
        series = series_of(target, found)
        typer.echo(band_in_words(series))
        typer.echo(f"wrote {write_series(path.with_suffix('.csv'), series)}")
        weather = Inputs(dynamic=["prcp"])  # attributes are derived, none is published
        for said in [*cautions(loaded, weather, target.test), *work.cautions]:
            typer.echo(f"Mind: {said}")


def band_in_words(series: pd.DataFrame) -> str:
    """What the band of a series (:func:`hydrotl.experiments.automatic.series_of`) is, and holds."""
    from hydrotl.experiments.intervals import LEAST_DAYS, LEVEL

    if "lower" not in series:
        return f"No band: fewer than {LEAST_DAYS} training days have streamflow"
    said = f"Band: {LEVEL:.0%} of days are to lie in it, by the errors on held-out training days"
    compared = series[["lower", "upper", "observed"]].dropna()
    if compared.empty:
        return said
    inside = compared["observed"].between(compared["lower"], compared["upper"])
    return f"{said}; {inside.mean():.0%} of the observed test days do"
