"""The benchmark: GR4J with snow, calibrated on a region's settings. An LSTM has to beat it.

It sees what a local LSTM sees: the forcing, and the streamflow of the training period. Each
basin's calibration is a task of the one runner, kept in the store by its key.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.config import Region, Setting, load_region
from hydrotl.data.canonical import data_hash
from hydrotl.data.evaporation import mean_temperature
from hydrotl.data.leaks import cautions
from hydrotl.data.manifest import Attributes, load_manifest
from hydrotl.data.regions import region_basins, region_setting, region_settings
from hydrotl.experiments.blocks import Held, hidden
from hydrotl.experiments.names import file_name, outside
from hydrotl.experiments.provenance import code_version, provenance, today
from hydrotl.experiments.records import rounded, score_record
from hydrotl.experiments.run import Task, run_tasks
from hydrotl.experiments.store import Product, content_hash, read_product, stored, write_product
from hydrotl.process_based import WARM_UP_DAYS, gr4j
from hydrotl.process_based.calibration import BOUNDS, calibrate, simulate_calibrated
from hydrotl_core import NUMERICS
from hydrotl_core.arrays import observed_flow
from hydrotl_core.errors import DataError
from hydrotl_core.recipe import Inputs, Period
from hydrotl_core.scaling import STREAMFLOW, require

#: Folder of the results; those of the LSTMs have the name of a recipe.
FOLDER = "conceptual"


def calibrate_basin(
    checkpoint: Path | None,
    ds: xr.Dataset,
    *,
    attributes: Attributes,
    train: Period,
    test: Period,
    seed: int,
    code: str,
    held: Held | None = None,
) -> Product:
    """Calibrate one basin, the only one in ``ds``, and simulate its test period.

    With ``held``, that fold of the training days is hidden (:mod:`hydrotl.experiments.blocks`).
    """
    began = time.perf_counter()
    one = (ds if held is None else hidden(ds, [train], held)).squeeze("basin")
    calibrated = calibrate(one, attributes, train, seed)
    simulated = simulate_calibrated(one, attributes, calibrated, train, test)
    seconds = time.perf_counter() - began
    about = {"calibrated": calibrated, "seconds": seconds, "code": code, "date": today()}
    return Product({"simulated": simulated}, about)


def _tasks(
    setting: Setting, hashes: Mapping[str, str], attributes: Attributes, members: int
) -> list[Task]:
    """A task per member and basin; ``hashes`` are those of the basins' data."""
    basins, code = list(hashes), code_version()
    trains, tests = (setting.periods(which, basins) for which in ("train", "test"))
    return [
        basin_task(basin, basin, attributes, train, test, seed, code, data=hashes[basin])
        for seed in range(members)
        for basin, train, test in zip(basins, trains, tests, strict=True)
    ]


def basin_task(
    basin: str,
    shared: str,
    attributes: Attributes,
    train: Period,
    test: Period,
    seed: int,
    code: str,
    held: Held | None = None,
    data: str | None = None,
) -> Task:
    """Task that calibrates ``basin``, whose data are the value ``shared``; ``data`` is their hash.

    Without a hash, the name of the shared value decides. With ``held``, that fold of the training
    days is hidden.
    """
    days = [str(day) for day in (train.start, train.end, test.start, test.end)]
    described = [data or shared, attributes.latitude, days, seed, *([held] if held else [])]
    path = stored(content_hash([*described, NUMERICS, version("grsuite")]))
    return Task(
        title=f"{basin}, seed {seed}",
        product=path,
        checkpoint=path.with_suffix(".checkpoint"),
        compute=partial(
            calibrate_basin,
            attributes=attributes,
            train=train,
            test=test,
            seed=seed,
            code=code,
            held=held,
        ),
        write=write_product,
        check=read_product,
        data={"ds": shared},
    )


def benchmark_data(region: Region) -> xr.Dataset:
    """The variables that the model needs, of the region's basins.

    Raises
    ------
    DataError
        If precipitation, temperature or streamflow is missing, or the data set has neither a
        latitude nor a potential evapotranspiration.
    """
    return benchmark_variables(
        region_basins(region), load_manifest()[region.dataset].attributes
    ).load()


def benchmark_variables(ds: xr.Dataset, attributes: Attributes) -> xr.Dataset:
    """What the model needs of ``ds``, as for :func:`benchmark_data`."""
    require(ds, ["prcp", STREAMFLOW], "variables")
    mean_temperature(ds)  # raises if there is none
    source = gr4j.evaporation_source(ds, attributes)
    wanted = ["prcp", *(["tmean"] if "tmean" in ds else ["tmin", "tmax"]), STREAMFLOW]
    wanted.append(str(attributes.latitude) if source == gr4j.OUDIN else source)
    return ds[wanted]


def run_benchmark(
    name: str, settings: Sequence[str] | None = None, *, members: int = 1, jobs: int = 1
) -> list[dict[str, Any]]:
    """Calibrate and test the model in each of ``settings``, by default all of a region's.

    Each basin is calibrated ``members`` times, with the seeds 0, 1, ..., in ``jobs`` processes.

    Returns
    -------
    list
        A results record per setting, scored on the test period.

    Raises
    ------
    ConfigError
        For a setting that is not declared.
    DataError
        If the data lack what the model needs, or no basin can be calibrated.
    """
    region = load_region(name)
    chosen = {key: region_setting(region, key) for key in settings or region_settings(region)}
    attributes = load_manifest()[region.dataset].attributes
    ds = benchmark_data(region)
    shared = {str(basin): ds.sel(basin=[basin]) for basin in ds["basin"].values}
    hashes = {basin: data_hash(one) for basin, one in shared.items()}
    tasks = {key: _tasks(s, hashes, attributes, members) for key, s in chosen.items()}
    for _ in run_tasks(list(chain(*tasks.values())), shared, jobs=jobs, label=gr4j.NAME):
        pass
    about = {
        "model": "GR4J (Perrin et al. 2003) with CemaNeige (Valéry et al. 2014), one layer of snow",
        "evaporation": gr4j.evaporation_source(ds, attributes),
        "objective": "NSE of the observed days of the training period",
        "search": "differential evolution, in turn with airGR's own calibration "
        "and from random candidates, until two searches agree",
        "warm_up_days": WARM_UP_DAYS,
        "bounds": {parameter: list(ends) for parameter, ends in BOUNDS.items()},
    }
    records = []
    for key, setting in chosen.items():
        parts = [read_product(task.product) for task in tasks[key]]
        records.append(
            {
                "region": file_name("regions", name),
                "setting": key,
                "option": gr4j.NAME,
                "recipe": FOLDER,
                "source": None,
                "periods": setting.model_dump(mode="json", exclude_defaults=True),
                "scored_on": "test",
                "files": outside(regions=name),
                **_scores(parts, observed_flow(ds, setting.periods("test", list(hashes))), hashes),
                "calibration": about,
                "deviations": region.deviations,
                "cautions": cautions(
                    region, Inputs(dynamic=["prcp"]), setting.periods("test", list(hashes))
                ),
                "provenance": provenance(
                    "cpu",
                    sum(part.about["seconds"] for part in parts),
                    data_hash=data_hash(ds),
                    code=", ".join(dict.fromkeys(part.about["code"] for part in parts)),
                    date=max(part.about["date"] for part in parts),
                    library=f"grsuite {version('grsuite')}, scipy {version('scipy')}",
                ),
            }
        )
    return records


def _scores(
    parts: Sequence[Product], observed: np.ndarray, basins: Iterable[str]
) -> dict[str, Any]:
    """Scores in the test period, parameters and training skill, by member and basin.

    ``parts`` are every basin of the first member, then of the next; ``observed`` is the streamflow
    of the test period, mm/day, ``[basin, day]``.
    """
    flow = np.full((len(parts), observed.shape[1]), np.nan, dtype=np.float32)
    for row, part in zip(flow, parts, strict=True):
        row[: len(part.arrays["simulated"])] = part.arrays["simulated"]
    flow = flow.reshape(-1, *observed.shape)
    simulation = xr.Dataset(
        {"simulated": (("member", "basin", "day"), flow), "observed": (("basin", "day"), observed)},
        coords={"member": range(len(flow)), "basin": list(basins)},
    )
    calibrated = pd.DataFrame([part.about["calibrated"] for part in parts])
    member = pd.Index(np.arange(len(parts)) // len(observed)).astype(str)
    tables = dict(iter(calibrated.groupby(member, sort=False)))
    if any(table["nse"].isna().all() for table in tables.values()):
        raise DataError(
            "no basin has streamflow that varies in its training period: nothing to calibrate on"
        )
    scored = np.isfinite(observed) & np.isfinite(flow).all(axis=0)
    return {
        **score_record(simulation),
        "days_scored": scored.sum(axis=1).tolist(),
        "train_nse": {m: rounded(table["nse"]) for m, table in tables.items()},
        "parameters": {
            m: {name: rounded(table[name]) for name in [*BOUNDS, "snow"]}
            for m, table in tables.items()
        },
        "runs": {m: table["runs"].astype(int).tolist() for m, table in tables.items()},
    }
