"""A run: choose a model for a river, train it, and keep everything in one folder.

Whatever takes long is kept by its key in a store beside the run folders: after Ctrl-C the same
call goes on where it was, and a second run of the same data takes seconds.
"""

from __future__ import annotations

import datetime as dt
import shutil
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from hydrotl.data.canonical import data_hash
from hydrotl.data.climate import with_climate
from hydrotl.experiments.auto import Choice, Mix
from hydrotl.experiments.automatic import bands_of, choose_way, compute
from hydrotl.experiments.ensemble import source_members
from hydrotl.experiments.keep import keeping, read_kept
from hydrotl.experiments.provenance import provenance
from hydrotl.experiments.run import Task
from hydrotl.experiments.store import read_product
from hydrotl.experiments.study import Study, load_study
from hydrotl.experiments.target import Network, Target
from hydrotl.experiments.work import Work
from hydrotl.process_based.calibration import BOUNDS
from hydrotl.process_based.way import NAME as GR4J
from hydrotl.river.bands import run_bands, write_bands
from hydrotl.river.folder import (
    GR4J_FILE,
    Run,
    new_folder,
    refuse_taken,
    write_gr4j,
    write_layers,
    write_run_file,
)
from hydrotl.river.own import warn_again
from hydrotl.river.plan import UNGAUGED, River, Wanted, river_target, river_work
from hydrotl.river.readme import readme
from hydrotl.river.report.page import write_report
from hydrotl.river.runfile import Basin, Model, RunFile
from hydrotl.river.scores import score_table
from hydrotl.river.seal import INPUTS, SCORES, SERIES
from hydrotl.river.series import BESIDE, run_series, write_series
from hydrotl_core.errors import ConfigError, DoubtfulData
from hydrotl_core.weights import load_weights, save_weights

LOG, STORE = "log.txt", "store"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Asked:
    """How a run is to be made.

    Attributes
    ----------
    out
        The run folder; by default ``runs/DATE-TIME`` in the river's folder.
    study
        File in ``experiments/`` that names the candidates.
    jobs
        Processes side by side.
    wanted
        In what it departs from the study.
    """

    out: Path | None = None
    study: str = "beyond"
    jobs: int = 1
    wanted: Wanted = field(default_factory=Wanted)


def fit_river(river: River, asked: Asked, say: Say = print) -> Run:
    """Choose among the candidates on held-out training days, train, simulate, score, report.

    Raises
    ------
    ConfigError
        If the run folder is taken, or there is no place for one.
    DataError
        If the data do not allow it.
    """
    out = run_folder(river, asked.out)
    store = out.parent / STORE
    began, study = time.perf_counter(), load_study(asked.study)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        target = river_target(river)
    warn_again(caught, DoubtfulData)
    doubts = list(dict.fromkeys(str(w.message) for w in caught if w.category is DoubtfulData))
    for doubt in doubts:
        say(f"Mind: {doubt}")
    work = river_work(river, target, study, store, asked.wanted)
    for caution in work.cautions:
        say(f"Mind: {caution}")
    if GR4J not in [way.name for way in work.ways]:
        say("GR4J is not among the candidates: pip install grsuite adds it")
    names = [way.name for way in work.ways[: work.candidates]]
    say(f"{river.title}: {len(target.basins)} basins, candidates {', '.join(names)}")
    say(f"1 of 3: each is tried on training days that it does not see ({study.folds} parts)")
    choice = choose_way(work, study.rule, asked.jobs, store / LOG)
    chosen_at = time.perf_counter()
    say(f"chosen: {choice.mix.shown}, NSE {choice.scores[choice.mix.title]:.3f} on those days")
    say("2 of 3: the choice is trained on all training days, and others to compare with")
    final = _final_tasks(work, choice.mix, store)
    compute(
        work,
        [task for tasks in final.values() for task in tasks],
        asked.jobs,
        "training",
        store / LOG,
    )
    trained_at = time.perf_counter()
    say("3 of 3: simulation, scores and report")
    with new_folder(out) as folder:
        models = _write_models(folder, work, final, choice.mix)
        bands = run_bands(target.basins, bands_of(work, choice.mix), asked.study)
        write_bands(folder, bands)
        _write_inputs(folder / INPUTS, target)
        seconds = {"choosing": chosen_at - began, "training": trained_at - chosen_at}
        file = _run_file(river, target, work, study, asked, choice, models, doubts, seconds)
        (folder / "README.md").write_text(readme(file), encoding="utf-8")
        run = Run(folder, file)
        series = run_series(run, bands)
        write_series(folder / SERIES, series)
        write_series(folder / "series.csv", series)
        shown = ["simulated", *(name for name in BESIDE if name in file.models)]
        score_table(series, shown).to_csv(folder / SCORES, index=False)
        file = write_run_file(folder, file)  # last of what is read again: it seals the others
        write_report(Run(folder, file))
        if (store / LOG).is_file():
            shutil.copy(store / LOG, folder / LOG)
    return Run(out, file)


def run_folder(river: River, out: Path | None) -> Path:
    """Where the run goes; a ConfigError if that is taken, or there is no place for it."""
    if out is None:
        if river.folder is None:
            raise ConfigError("data without a folder need one for the run: name it (--out)")
        out = river.folder / "runs" / dt.datetime.now().strftime("%Y-%m-%d-%H%M%S")
    out = out.expanduser().resolve()
    refuse_taken(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"{out.parent} cannot be made ({error}): name another folder (--out)"
        ) from None
    return out


def _final_tasks(work: Work, mix: Mix, store: Path) -> dict[str, list[Task]]:
    """Tasks of what was chosen, of what it is compared with, and of the source as it is."""
    wanted = [*(name for name, _ in mix.weights), *BESIDE, UNGAUGED]
    tasks = {}
    for way in work.ways:
        if way.name not in wanted:
            continue
        network = network_of(way)
        if network is None:
            tasks[way.name] = way.tasks(work.target, 0)
        else:
            members = range(network.members)
            tasks[way.name] = [keeping(network, work.target, k, store) for k in members]
    return tasks


def network_of(way: object) -> Network | None:
    """The network that a way in the store is; None for GR4J."""
    inner = getattr(way, "way", way)
    return inner if isinstance(inner, Network) else None


def _write_models(
    folder: Path, work: Work, final: Mapping[str, list[Task]], mix: Mix
) -> dict[str, Model]:
    """Write weights, output layers and parameters; what ``run.yaml`` says of them."""
    weights, target = dict(mix.weights), work.target
    models = {}
    for way in (way for way in work.ways if way.name in final):
        network, share = network_of(way), weights.get(way.name, 0.0)
        if network is None:
            write_gr4j(folder / GR4J_FILE, _calibrated(target, final[way.name]))
            models[way.name] = Model(weight=share, parameters=GR4J_FILE)
            continue
        untrained = network.option is not None and not network.option.trained
        place, layers = f"members/{UNGAUGED if untrained else way.name}", None
        for seed, task in enumerate(final[way.name]):
            title = f"{target.name}: {way.name}"
            kept = read_kept(task, title, network.training, seed, target.basins)
            path = folder / place / f"member-{seed}.safetensors"
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.is_file():
                save_weights(path, kept.parameters, kept.card)
            if kept.layers is not None:
                layers = f"layers/{way.name}"
                write_layers(folder / layers / path.name, kept.layers, target.basins)
        models[way.name] = Model(weight=share, members=place, layers=layers)
    return models


def _calibrated(target: Target, tasks: Sequence[Task]) -> dict[str, dict[str, float]]:
    keys = (*BOUNDS, "snow", "nse")
    found = [read_product(task.product).about["calibrated"] for task in tasks]
    return {
        basin: {key: float(one[key]) for key in keys}
        for basin, one in zip(target.basins, found, strict=True)
    }


def _write_inputs(path: Path, target: Target) -> None:
    """What the models were given, with the climate of the training days."""
    ds = with_climate(target.ds, target.fit)
    ds.to_netcdf(path, encoding={n: {"zlib": True} for n, v in ds.items() if v.dtype.kind == "f"})


def _run_file(
    river: River,
    target: Target,
    work: Work,
    study: Study,
    asked: Asked,
    choice: Choice,
    models: dict[str, Model],
    doubts: Sequence[str],
    seconds: Mapping[str, float],
) -> RunFile:
    places = [river.attribute(role) for role in ("latitude", "longitude", "area")]
    names = [way.name for way in work.ways[: work.candidates]]
    default = study.rule.mix(names)
    mixes = [choice.mix, choice.best, *([] if default is None else [default])]
    shown = {mix.title: mix.shown for mix in mixes}
    source = source_members(study.source)[0]
    return RunFile(
        title=river.title,
        source=study.source,
        study=asked.study,
        latitude=str(river.roles.latitude),
        basins={
            basin: Basin(
                latitude=_known(places[0][row]),
                longitude=_known(places[1][row]),
                area=_known(places[2][row]),
                train=target.fit[row],
                test=None if river.test is None else target.test[row],
            )
            for row, basin in enumerate(target.basins)
        },
        models=models,
        chosen=choice.mix.shown,
        best=choice.best.shown,
        held_out={shown.get(name, name): round(s, 4) for name, s in choice.scores.items()},
        default=None if default is None else default.shown,
        margin=study.rule.margin,
        pull=study.rule.pull,
        findings=[*river.findings, *(d for d in doubts if d not in river.findings)],
        cautions=list(work.cautions),
        citation=list(river.citation),
        seconds={name: round(value, 1) for name, value in seconds.items()},
        data={
            "hash": data_hash(target.ds),
            "source_dataset": str(load_weights(source)[1].protocol.get("dataset", "")),
            **({"folder": str(river.folder)} if river.folder else {}),
        },
        provenance=provenance(asked.wanted.device, sum(seconds.values())),
    )


def _known(value: float) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None
