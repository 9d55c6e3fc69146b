"""Small canonical data sets and a whole small project, made from random numbers.

Streamflow is a linear reservoir of the precipitation, so a model can learn it.
"""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
import yaml

from hydrotl_core.arrays import Arrays, build_arrays, in_period
from hydrotl_core.model import StreamflowLSTM
from hydrotl_core.recipe import Period, Training
from hydrotl_core.scaling import Scaler, fit_scaler
from hydrotl_core.transfer import initial_model

ROOT = Path(__file__).resolve().parents[1]
DYNAMIC = ["prcp", "tmean"]
STATIC = ["area", "slope", "soil"]


def canonical(
    n_basins: int = 3, start: str = "2000-01-01", days: int = 800, seed: int = 0
) -> xr.Dataset:
    """Data set with prcp, tmean, pet, streamflow and the attributes area, slope and soil."""
    rng = np.random.default_rng(seed)
    time = pd.date_range(start, periods=days, freq="D", unit="ns")
    rain = rng.gamma(0.6, 6.0, (n_basins, days)) * (rng.random((n_basins, days)) < 0.5)
    season = np.sin(2 * np.pi * (time.day_of_year.to_numpy() - 110) / 365.25)
    warmth = 10 + 8 * season + rng.normal(0, 1.5, (n_basins, days))
    slope = rng.uniform(1, 30, n_basins)
    outflow = 0.05 + 0.01 * slope
    store, flow = np.full(n_basins, 20.0), np.empty((n_basins, days))
    for day in range(days):
        store += 0.7 * rain[:, day]
        flow[:, day] = outflow * store
        store -= flow[:, day]
    flow[rng.random(flow.shape) < 0.02] = np.nan
    daily = {
        "prcp": (rain, "mm/day"),
        "tmean": (warmth, "degC"),
        "pet": (np.maximum(0.3 * warmth, 0), "mm/day"),
        "streamflow": (flow, "mm/day"),
    }
    soils = np.array(["clay", "sand", "loam"])[np.arange(n_basins) % 3]
    return xr.Dataset(
        {
            **{
                name: (("basin", "time"), values.astype(np.float32), {"units": units})
                for name, (values, units) in daily.items()
            },
            "area": ("basin", rng.uniform(50, 900, n_basins)),
            "slope": ("basin", slope),
            "soil": ("basin", soils),
        },
        coords={"basin": [f"{k + 1:04d}" for k in range(n_basins)], "time": time},
        attrs={"source": "synthetic"},
    )


def training(**changes: Any) -> Training:
    """A configuration small enough for a test."""
    values: dict[str, Any] = {
        "hidden": 8,
        "dropconnect": 0.0,
        "window": 60,
        "batch": 4,
        "updates": 12,
        "optimizer": "adamw",
        "lr": 0.01,
        "transform": "zscore",
        "per_precipitation": False,
    }
    return Training.model_validate(values | changes)


def period(start: str, end: str) -> Period:
    return Period.model_validate([start, end])


def fitted(
    ds: xr.Dataset,
    config: Training,
    periods: list[Period] | None = None,
    dynamic: list[str] | None = None,
    static: list[str] | None = None,
) -> tuple[Scaler, Arrays]:
    """Scaler and training arrays of ``ds``, by default over the whole record."""
    if periods is None:
        days = pd.DatetimeIndex(ds["time"].values)
        whole = period(str(days[0].date()), str((days[-1] + pd.Timedelta(1, "D")).date()))
        periods = [whole] * ds.sizes["basin"]
    scaler = fit_scaler(
        ds,
        in_period(ds, periods),
        DYNAMIC if dynamic is None else dynamic,
        STATIC if static is None else static,
        config.transform,
        config.per_precipitation,
    )
    return scaler, build_arrays(ds, scaler, periods, periods, lead=config.warmup)


def model_for(scaler: Scaler, config: Training, seed: int = 0) -> StreamflowLSTM:
    return initial_model(seed, scaler.n_dynamic, scaler.n_static, config)


def write_data(folder: Path, ds: xr.Dataset) -> None:
    """``ds`` in the generic layout: a CSV of each basin and a table of attributes."""
    folder.mkdir(parents=True)
    for basin in ds["basin"].values:
        one = ds.sel(basin=basin)
        columns = {name: one[name].values for name in ("prcp", "tmean", "pet", "streamflow")}
        frame = pd.DataFrame({"date": one["time"].dt.strftime("%Y-%m-%d").values, **columns})
        frame.to_csv(folder / f"{basin}.csv", index=False)
    table = pd.DataFrame({name: ds[name].values for name in STATIC})
    table.insert(0, "gauge_id", ds["basin"].values)
    table.to_csv(folder / "attributes.csv", index=False)


def entry(folder: str) -> dict[str, Any]:
    units = {"prcp": "mm/day", "tmean": "degC", "pet": "mm/day", "streamflow": "mm/day"}
    return {
        "title": f"Synthetic {folder}",
        "country": "nowhere",
        "licence": "CC0",
        "citation": [],
        "access": "local",
        "folder": folder,
        "reader": "generic",
        "options": {"attributes": "attributes.csv"},
        "variables": {name: {"native": name, "units": unit} for name, unit in units.items()},
        "attributes": {"id_column": "gauge_id", "area": "area", "latitude": "slope"},
        "screens": {
            "observed": {"max_missing": 0.2, "start": "2000-01-01", "end": "2001-01-01"},
        },
        "protocol": {
            "1-year": {
                "train": ["2000-01-01", "2000-12-31"],
                "test": ["2001-01-01", "2001-06-30"],
            },
        },
    }


TINY = {
    "hidden": 8,
    "dropconnect": 0.0,
    "output_dropout": 0.2,
    "forget_bias": 3.0,
    "window": 90,
    "warmup": 30,
    "batch": 4,
    "updates": 6,
    "optimizer": "adamw",
    "lr": 0.01,
    "schedule": "onecycle",
    "weight_decay": 0.01,
    "clip": 1.0,
    "loss": "nse",
    "transform": "zscore",
    "per_precipitation": False,
}
# The paper's own choices, made small.
CLASSIC = {"hidden": 8, "batch": 2, "epochs": 1, "window": 100}


def write_yaml(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def write_project(root: Path) -> Path:
    """A project folder: manifest, data, options as shipped, recipes, a source and a region.

    Set ``HYDROTL_ROOT`` to ``root`` and ``HYDROTL_DATA`` to ``root / "data"`` to work in it.
    """
    donor = canonical(n_basins=8, days=640, seed=1)
    target = canonical(n_basins=3, days=600, seed=2)
    # Basin 0003 has too little flow in the screen's year.
    target["streamflow"][2, :100] = np.nan
    write_data(root / "data" / "donor", donor)
    write_data(root / "data" / "target", target)
    write_yaml(
        root / "data_manifest.yaml",
        {"version": 1, "datasets": {"donor": entry("donor"), "target": entry("target")}},
    )
    experiments = root / "experiments"
    experiments.mkdir()
    for name in ("options.yaml", "warm.yaml", "paper.yaml"):
        shutil.copy(ROOT / "experiments" / name, experiments)
    for name, values in (("tiny", TINY), ("classic", CLASSIC)):
        recipe = {
            "title": name,
            "source": values,
            "local": {"default": values},
            "transfer": {"default": values},
        }
        write_yaml(experiments / "recipes" / f"{name}.yaml", recipe)
    source = {
        "title": "Synthetic donor",
        "dataset": "donor",
        "inputs": {"dynamic": ["prcp", "tmean", "pet"], "static": ["area", "slope"]},
        "train": ["2000-01-01", "2001-01-01"],
        "test": ["2001-01-01", "2001-09-01"],
        "recipe": "tiny",
        "members": 2,
    }
    write_yaml(experiments / "sources" / "donor.yaml", source)
    write_yaml(
        experiments / "sources" / "donor-classic.yaml", {**source, "recipe": "classic", "subset": 4}
    )
    region = {
        "title": "Synthetic target",
        "dataset": "target",
        "basins": {"screen": "observed"},
        "inputs": {"dynamic": DYNAMIC, "static": STATIC},
        "source": "donor",
        "recipe": "tiny",
        "deviations": ["all of it"],
    }
    write_yaml(experiments / "regions" / "target.yaml", region)
    return root
