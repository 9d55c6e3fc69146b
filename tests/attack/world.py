"""The clean project: two continents of invented basins whose water balance closes.

Rain and temperature have a season of the northern hemisphere; flow comes from a bucket that
evaporates, so that about half of the rain runs off, after the rain. Flow is in m3/s as gauges are
read, so that areas matter. Numbers are written with few decimals: every form of file holds the
same.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.project import enter, train_ensemble
from tests.synthetic import ROOT, TINY, write_yaml

TARGET = ["0101", "0102", "0103", "0104", "0105", "0106"]
#: The basin that is changed, unless all are.
BASIN = "0103"
#: Canonical variable -> column and unit in the files.
COLUMNS = {
    "prcp": ("rain", "mm/day"),
    "tmax": ("t_high", "degC"),
    "tmin": ("t_low", "degC"),
    "pet": ("pet", "mm/day"),
    "streamflow": ("discharge", "m3/s"),
}
NATIVE = [column for column, _ in COLUMNS.values()]
STATIC = ["area", "elevation", "slope", "forest", "soil"]
TRAIN, TEST = ["2000-10-01", "2001-10-01"], ["2001-10-01", "2002-10-01"]
DAYS = pd.date_range("2000-01-01", "2002-12-31", freq="D")
TARGET_FOLDER = "data/target"
#: The file that is changed.
FILE = f"{TARGET_FOLDER}/{BASIN}.csv"
TABLE = f"{TARGET_FOLDER}/attributes.csv"
MANIFEST = "data_manifest.yaml"
REGION = "experiments/regions/target.yaml"
RECIPE = "experiments/recipes/tiny.yaml"
SOURCE = "experiments/sources/donor.yaml"
OPTIONS = "experiments/options.yaml"
STUDY = "experiments/small.yaml"
WEIGHTS = "weights/donor"
MODEL = TINY | {"hidden": 4, "window": 60, "warmup": 20, "updates": 4}


def weather_and_flow(basins: int, seed: int) -> tuple[list[pd.DataFrame], pd.DataFrame]:
    """Daily tables of so many basins in native columns and units, and their attributes."""
    rng = np.random.default_rng(seed)
    soils = np.array(["clay", "sand", "loam"])[np.arange(basins) % 3]
    table = pd.DataFrame(
        {
            "area": rng.uniform(150, 900, basins).round(1),
            "lat": rng.uniform(44, 47, basins).round(4),
            "lon": (-110 + 15 * seed + rng.uniform(0, 3, basins)).round(4),
            "elevation": rng.uniform(300, 900, basins).round(),
            "slope": rng.uniform(1, 30, basins).round(2),
            "forest": rng.uniform(0.1, 0.8, basins).round(3),
            "soil": soils,
        }
    )
    frames = []
    season = np.sin(2 * np.pi * (DAYS.dayofyear.to_numpy() - 110) / 365.25)
    for _, one in table.iterrows():
        wet = rng.random(len(DAYS)) < 0.42
        rain = np.where(wet, rng.gamma(0.8, 7.5, len(DAYS)), 0.0)
        mean = 9.5 - 0.003 * (one["elevation"] - 600) + 10 * season
        mean = mean + np.convolve(rng.normal(0, 2.5, len(DAYS)), [0.5, 0.3, 0.2], "same")
        spread = rng.uniform(2.5, 6, len(DAYS))
        pet = np.maximum(0.13 * (mean + 5), 0.05)
        flow = _bucket(rain, pet, 0.02 + 0.002 * one["slope"]) * one["area"] / 86.4
        flow[rng.random(len(DAYS)) < 0.01] = np.nan
        values = [rain.round(2), (mean + spread).round(2), (mean - spread).round(2)]
        columns = dict(zip(NATIVE, [*values, pet.round(3), flow.round(4)], strict=True))
        frames.append(pd.DataFrame({"date": DAYS.strftime("%Y-%m-%d"), **columns}))
    return frames, table


def _bucket(rain: np.ndarray, pet: np.ndarray, outflow: float) -> np.ndarray:
    """Flow in mm/day of a soil that evaporates and spills into a reservoir."""
    soil, store, flow = 80.0, 30.0, np.empty(len(rain))
    for day in range(len(rain)):
        soil += rain[day]
        soil -= min(soil, pet[day] * min(soil / 120, 1))
        spill = max(soil - 100, 0) + 0.02 * soil
        soil -= spill
        store += spill
        flow[day] = outflow * store
        store -= flow[day]
    return flow


def write_folder(folder: Path, basins: list[str], seed: int) -> None:
    """A CSV file per basin and a table of attributes."""
    folder.mkdir(parents=True)
    frames, table = weather_and_flow(len(basins), seed)
    for basin, frame in zip(basins, frames, strict=True):
        frame.to_csv(folder / f"{basin}.csv", index=False)
    table.insert(0, "gauge_id", basins)
    table.to_csv(folder / "attributes.csv", index=False)


def entry(folder: str) -> dict[str, Any]:
    """Manifest entry of one of the two folders."""
    return {
        "title": f"Invented {folder}",
        "country": "nowhere",
        "licence": "CC0",
        "citation": [],
        "access": "local",
        "folder": folder,
        "reader": "generic",
        "options": {"attributes": "attributes.csv"},
        "variables": {
            name: {"native": native, "units": unit} for name, (native, unit) in COLUMNS.items()
        },
        "attributes": {
            "id_column": "gauge_id",
            "area": "area",
            "latitude": "lat",
            "longitude": "lon",
            "elevation": "elevation",
            "slope": {"native": "slope", "units": "%"},
            "forest": {"native": "forest", "units": "fraction"},
        },
        "screens": {"observed": {"max_missing": 0.2, "start": TRAIN[0], "end": TRAIN[1]}},
        "protocol": {"1-year": {"train": TRAIN, "test": TEST}},
    }


def write_world(root: Path) -> Path:
    """The project with its weights, but without results."""
    weather = [name for name in COLUMNS if name != "streamflow"]
    write_folder(root / "data" / "donor", [f"{n:04d}" for n in range(1, 5)], seed=1)
    write_folder(root / TARGET_FOLDER, TARGET, seed=0)
    datasets = {"donor": entry("donor"), "target": entry("target")}
    write_yaml(root / MANIFEST, {"version": 1, "datasets": datasets})
    (root / "experiments").mkdir()
    for name in ("options.yaml", "warm.yaml", "paper.yaml"):
        shutil.copy(ROOT / "experiments" / name, root / "experiments")
    groups = {"default": MODEL, "1": MODEL}
    recipe = {"title": "tiny", "source": MODEL, "local": groups, "transfer": groups}
    write_yaml(root / RECIPE, recipe)
    source = {
        "title": "Invented donor",
        "dataset": "donor",
        "inputs": {"dynamic": weather, "static": ["area", "slope"]},
        "train": TRAIN,
        "test": TEST,
        "recipe": "tiny",
        "members": 2,
    }
    write_yaml(root / SOURCE, source)
    region = {
        "title": "Invented target",
        "dataset": "target",
        "basins": {"screen": "observed"},
        "inputs": {"dynamic": weather, "static": STATIC},
        "settings": {"1-year": {"train": TRAIN, "test": TEST}},
        "source": "donor",
        "recipe": "tiny",
        "deviations": [],
    }
    write_yaml(root / REGION, region)
    draws = {
        "dataset": "target",
        "basins": {},
        "seed": 1,
        "pool": 4,
        "least_flow": 0.5,
        "sizes": {1: 1, 2: 1},
        "years": [1],
        "until": TRAIN[1],
        "test": TEST,
    }
    study: dict[str, Any] = {
        "title": "Small",
        "draws": draws,
        "regions": [],
        "source": "donor",
        "recipe": "tiny",
    }
    study |= {"inputs": {"dynamic": ["prcp", "tmean", "pet"], "static": ["land_area"]}}
    study |= {"ways": {"local": 1, "TL-b": 1}, "folds": 2}
    write_yaml(root / STUDY, study)
    with pytest.MonkeyPatch.context() as patch:
        enter(patch, root)
        train_ensemble("donor")
    return root
