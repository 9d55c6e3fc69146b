"""Forgetting: what a warm start's training in a target leaves of the source's skill at home.

A model that was trained on a few rivers elsewhere simulates basins of its source again. Only
options that keep the source's input layer can: with a new one, the source's inputs mean nothing.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from hydrotl.config import Source, load_source
from hydrotl.data.canonical import data_hash
from hydrotl.data.climate import has_climate, with_climate
from hydrotl.experiments.auto import clipped_nse
from hydrotl.experiments.beyond import networks, study_starts
from hydrotl.experiments.draws import targets
from hydrotl.experiments.member import (
    TEST_LEAD_DAYS,
    Member,
    Parameters,
    Trained,
    train_member,
)
from hydrotl.experiments.provenance import code_version, machine, provenance, today
from hydrotl.experiments.records import read_record, results_dir, write_record
from hydrotl.experiments.run import Task, run_tasks
from hydrotl.experiments.source import nested_subset, source_data
from hydrotl.experiments.store import (
    Product,
    content_hash,
    member_key,
    read_product,
    stored,
    write_product,
)
from hydrotl.experiments.study import Forgetting, Study
from hydrotl.experiments.target import Network, Target
from hydrotl_core.arrays import build_arrays, observed_flow
from hydrotl_core.errors import ConfigError
from hydrotl_core.recipe import Period
from hydrotl_core.simulation import simulate
from hydrotl_core.training import total_updates

HOME = "home"


def home_data(source: Source, asked: Forgetting) -> xr.Dataset:
    """Some basins of the source, with the climate that they were trained with."""
    ds = source_data(source)
    ds = ds.sel(basin=sorted(nested_subset([str(b) for b in ds["basin"].values], asked.basins)))
    if has_climate(source.inputs):
        ds = with_climate(ds, [source.train] * ds.sizes["basin"])
    return ds


def train_and_go_home(
    checkpoint: Path | None,
    data: xr.Dataset,
    start: Parameters,
    home: xr.Dataset,
    *,
    member: Member,
    days: Period,
    code: str,
) -> Product:
    """Score at home, NSE by basin, of a member that is trained on ``data``."""
    trained = train_member(member, data, start, checkpoint=checkpoint)
    about = {"seconds": trained.log.seconds, "code": code, "date": today(), "machine": machine()}
    return Product({"nse": score_at_home(trained, home, days, member.device)}, about)


def score_at_home(trained: Trained, home: xr.Dataset, days: Period, device: str) -> np.ndarray:
    """NSE of each basin of the source on ``days``, not below -1, ``[basin]``."""
    periods = [days] * home.sizes["basin"]
    arrays = build_arrays(home, trained.scaler, periods, periods, lead=TEST_LEAD_DAYS)
    flow = simulate(trained.model, arrays, trained.scaler, device)
    return clipped_nse(flow, observed_flow(home, periods))


def forgetting_tasks(study: Study) -> tuple[dict[tuple[str, str], Task], dict[str, Any]]:
    """Tasks by target and way, and the values that they share.

    Raises
    ------
    ConfigError
        If the study does not ask for it, or a way has no input layer of the source.
    """
    asked = study.forgetting
    if asked is None:
        raise ConfigError(f"study {study.title!r} has no forgetting to measure")
    starts = study_starts(study)
    source = load_source(study.source)
    shared: dict[str, Any] = {HOME: home_data(source, asked)}
    home_hash = data_hash(shared[HOME])
    tasks = {}
    for target, _ in targets(study):
        if not asked.wants(target.name):
            continue
        candidates, compared = networks(study, starts, target, ablations=True)
        known = {way.name: way for way in (*candidates, *compared)}
        for name in asked.ways:
            way = known.get(name)
            if not isinstance(way, Network) or way.option is None or way.option.inputs != "source":
                raise ConfigError(f"{name} is no way of the study with the source's input layer")
            shared.update(way.shared(target))
            tasks[target.name, name] = _task(way, target, asked.days, home_hash)
    return tasks, shared


def _task(way: Network, target: Target, days: Period, home_hash: str) -> Task:
    member, start = way.member(target, 0), way.start(0)
    key = member_key(member, target.data_hash, start.sha256)
    path = stored(content_hash([key, HOME, home_hash, str(days.start), str(days.end)]))
    return Task(
        title=f"{target.name} {way.name} at home",
        product=path,
        checkpoint=path.with_suffix(".checkpoint"),
        compute=partial(train_and_go_home, member=member, days=days, code=code_version()),
        write=write_product,
        check=read_product,
        data={"data": target.name, "start": start.name, HOME: HOME},
        updates=total_updates(member.training, len(target.basins), member.fit[0].days)
        if way.option is not None and way.option.trained
        else 1,
    )


def measure_forgetting(name: str, study: Study, jobs: int = 1) -> Path:
    """Write ``results/summary/NAME-forgetting.json``, unless it is there; returns its path.

    If interrupted, the same call resumes.
    """
    path = results_dir() / "summary" / f"{name}-forgetting.json"
    tasks, shared = forgetting_tasks(study)
    key = content_hash(sorted(task.product.stem for task in tasks.values()))
    if path.is_file() and read_record(path).get("key") == key:
        return path
    for _ in run_tasks(list(tasks.values()), shared, jobs=jobs, label="forgetting"):
        pass
    products = {names: read_product(task.product) for names, task in tasks.items()}
    rows = [
        {
            "target": target,
            "way": way,
            "nse_mean": round(float(np.nanmean(product.arrays["nse"])), 4),
            "nse_median": round(float(np.nanmedian(product.arrays["nse"])), 4),
        }
        for (target, way), product in products.items()
    ]
    assert study.forgetting is not None
    asked = study.forgetting.model_dump(mode="json", include={"basins", "days"})
    seconds = sum(product.about["seconds"] for product in products.values())
    record = {"source": study.source, **asked, "rows": rows}
    write_record(path, {**record, "provenance": provenance("cpu", seconds), "key": key})
    return path
