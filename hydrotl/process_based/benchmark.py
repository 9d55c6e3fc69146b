"""The benchmark: GR4J with snow, calibrated on a region's settings. An LSTM has to beat it.

It sees what a local LSTM sees: the forcing, and the streamflow of the training period.

A calibration takes seconds and a region may have hundreds of basins, so the parameters of each are
kept in ``runs/calibrate/``, and none is calibrated twice.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.config import Region, load_region
from hydrotl.data.canonical import data_hash
from hydrotl.data.evaporation import mean_temperature
from hydrotl.data.manifest import Attributes, load_manifest
from hydrotl.data.regions import region_basins, region_setting, region_settings
from hydrotl.experiments.keys import content_hash
from hydrotl.experiments.members import run_tasks
from hydrotl.experiments.provenance import code_version, provenance
from hydrotl.experiments.records import DIGITS, score_record
from hydrotl.paths import project_root
from hydrotl.process_based import WARM_UP_DAYS, gr4j
from hydrotl.process_based.calibration import (
    BOUNDS,
    calibrate,
    require_calibrated,
    simulate_calibrated,
)
from hydrotl_core import NUMERICS
from hydrotl_core.arrays import observed_flow
from hydrotl_core.files import replacing
from hydrotl_core.recipe import Period
from hydrotl_core.scaling import STREAMFLOW, require

#: Folder of the results; those of the LSTMs have the name of a recipe.
FOLDER = "conceptual"


@dataclass(frozen=True)
class BasinTask:
    """One calibration of one basin (``ds`` holds that basin only)."""

    setting: str
    row: int
    member: int
    ds: xr.Dataset
    attributes: Attributes
    train: Period
    test: Period

    @property
    def kept(self) -> Path:
        """File of the parameters, named after everything that decides them."""
        content = [
            data_hash(self.ds),
            self.attributes.model_dump(),
            self.train.model_dump(mode="json"),
            self.member,
            NUMERICS,
            version("grsuite"),
        ]
        return project_root() / "runs" / "calibrate" / f"{content_hash(content)}.json"


@dataclass
class BasinResult:
    """Calibrated parameters, test flow ``[day]`` and seconds of one calibration."""

    task: BasinTask
    calibrated: pd.DataFrame
    simulated: np.ndarray
    seconds: float


def calibrate_basin(task: BasinTask) -> BasinResult:
    """Calibrate one basin, unless its parameters are kept, and simulate its test period."""
    path = task.kept
    if not path.is_file():
        began = time.perf_counter()
        row = calibrate(task.ds, task.attributes, [task.train], seed=task.member).iloc[0]
        content = {"parameters": row.to_dict(), "seconds": time.perf_counter() - began}
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(content), encoding="utf-8")
    kept = json.loads(path.read_text(encoding="utf-8"))
    calibrated = pd.DataFrame([kept["parameters"]], index=pd.Index(task.ds["basin"].values))
    simulated = simulate_calibrated(task.ds, task.attributes, calibrated, [task.train], [task.test])
    return BasinResult(task, calibrated, simulated[0], kept["seconds"])


def benchmark_data(region: Region) -> xr.Dataset:
    """The variables that the model needs, of the region's basins.

    Raises
    ------
    DataError
        If precipitation, temperature or streamflow is missing, or the data set has neither a
        latitude nor a potential evapotranspiration.
    """
    attributes = load_manifest()[region.dataset].attributes
    ds = region_basins(region)
    require(ds, ["prcp", STREAMFLOW], "variables")
    mean_temperature(ds)  # raises if there is none
    source = gr4j.evaporation_source(ds, attributes)
    wanted = ["prcp", *(["tmean"] if "tmean" in ds else ["tmin", "tmax"]), STREAMFLOW]
    wanted.append(str(attributes.latitude) if source == gr4j.OUDIN else source)
    return ds[wanted].load()


def run_benchmark(
    name: str, settings: Sequence[str] | None = None, *, members: int = 1, jobs: int = 1
) -> list[dict[str, Any]]:
    """Calibrate and test the model in each setting of a region.

    Parameters
    ----------
    name
        Region by name or path.
    settings
        Names of settings; by default all of the region.
    members
        Calibrations per basin, each with a seed of its own (0, 1, ...).
    jobs
        Number of processes.

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
    code = code_version()
    region = load_region(name)
    chosen = {key: region_setting(region, key) for key in settings or region_settings(region)}
    attributes = load_manifest()[region.dataset].attributes
    ds = benchmark_data(region)
    basins = [str(b) for b in ds["basin"].values]
    periods = {
        key: (setting.periods("train", basins), setting.periods("test", basins))
        for key, setting in chosen.items()
    }
    tasks = [
        BasinTask(key, row, member, ds.isel(basin=[row]), attributes, train[row], test[row])
        for row in range(len(basins))
        for key, (train, test) in periods.items()
        for member in range(members)
    ]
    done = list(run_tasks(calibrate_basin, tasks, jobs, gr4j.NAME))
    records = []
    for key, setting in chosen.items():
        parts = sorted(
            (part for part in done if part.task.setting == key),
            key=lambda part: (part.task.member, part.task.row),
        )
        observed = observed_flow(ds, periods[key][1])
        records.append(
            {
                "region": Path(name).stem,
                "setting": key,
                "option": gr4j.NAME,
                "recipe": FOLDER,
                "source": None,
                "periods": setting.model_dump(mode="json", exclude_defaults=True),
                "scored_on": "test",
                **_scores(parts, observed, basins),
                "calibration": {
                    "model": "GR4J (Perrin et al. 2003) with CemaNeige (Valéry et al. 2014), "
                    "one layer of snow",
                    "evaporation": gr4j.evaporation_source(ds, attributes),
                    "objective": "NSE of the observed days of the training period",
                    "search": "differential evolution, in turn with airGR's own calibration "
                    "and from random candidates, until two searches agree",
                    "warm_up_days": WARM_UP_DAYS,
                    "bounds": {parameter: list(ends) for parameter, ends in BOUNDS.items()},
                },
                "deviations": region.deviations,
                "provenance": provenance(
                    "cpu",
                    sum(part.seconds for part in parts),
                    data_hash=data_hash(ds),
                    code=code,
                    library=f"grsuite {version('grsuite')}, scipy {version('scipy')}",
                ),
            }
        )
    return records


def _scores(
    parts: Sequence[BasinResult], observed: np.ndarray, basins: Sequence[str]
) -> dict[str, Any]:
    """Scores in the test period, parameters and training skill, by member and basin.

    Parameters
    ----------
    parts
        Every basin of the first member, then of the next.
    observed
        Streamflow of the test period, mm/day, ``[basin, day]``.
    """
    flow = np.full((len(parts), observed.shape[1]), np.nan, dtype=np.float32)
    for row, part in zip(flow, parts, strict=True):
        row[: len(part.simulated)] = part.simulated
    flow = flow.reshape(-1, *observed.shape)
    simulation = xr.Dataset(
        {"simulated": (("member", "basin", "day"), flow), "observed": (("basin", "day"), observed)},
        coords={"member": range(len(flow)), "basin": list(basins)},
    )
    tables = {
        str(m): pd.concat([part.calibrated for part in parts if part.task.member == m])
        for m in range(len(flow))
    }
    for table in tables.values():
        require_calibrated(table)
    scored = np.isfinite(observed) & np.isfinite(flow).all(axis=0)
    return {
        **score_record(simulation),
        "days_scored": scored.sum(axis=1).tolist(),
        "train_nse": {m: _listed(table["nse"]) for m, table in tables.items()},
        "parameters": {
            m: {name: _listed(table[name]) for name in [*BOUNDS, "snow"]}
            for m, table in tables.items()
        },
        "runs": {m: [int(n) for n in table["runs"]] for m, table in tables.items()},
    }


def _listed(values: Iterable[float]) -> list[float | None]:
    return [round(float(v), DIGITS) if np.isfinite(v) else None for v in values]
