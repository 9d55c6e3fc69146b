"""A small project with a source, a folder of two rivers, and a run of it that tests share."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xarray as xr

from hydrotl.experiments.run import run_tasks
from hydrotl.experiments.source import shared_data, source_tasks
from hydrotl.river.folder import Run, read_run
from tests.entry_point import call
from tests.project import enter
from tests.synthetic import TINY, canonical, write_project, write_yaml

BASINS = {"upper": (47.0, 8.5, 100.0), "lower": (46.5, 9.5, 250.0)}
INPUTS = {
    "dynamic": ["prcp", "tmean", "day_length", "pet_oudin"],
    "static": ["clim_prcp", "clim_aridity", "land_area"],
    "optional": {"climate": ["clim_prcp", "clim_aridity"], "land": ["land_area"]},
}
STUDY: dict[str, Any] = {
    "title": "Small",
    "draws": {
        "dataset": "target",
        "basins": {},
        "seed": 1,
        "pool": 3,
        "sizes": {1: 1},
        "years": [1],
        "until": "2001-01-01",
        "test": ["2001-01-01", "2001-07-01"],
    },
    "source": "plain",
    "recipe": "small",
    "inputs": {"dynamic": ["prcp", "tmean", "pet_oudin"], "static": ["clim_aridity"]},
    "ways": {"local": 1, "zero": 2, "readout": 2, "warm-c": 2},
    "folds": 2,
    # The default, whatever is ahead: all kinds of models are in the mean.
    "rule": {"default": {"readout": 1, "warm-c": 1, "gr4j": 1}, "margin": 9},
}
REGION: dict[str, Any] = {
    "title": "Two rivers",
    "files": [
        {
            "path": "{basin}.csv",
            "date": "date",
            "columns": {
                "prcp": {"column": "rain", "units": "mm"},
                "tmean": {"column": "tmean", "units": "C"},
                "streamflow": {"column": "flow", "units": "mm/day"},
            },
        }
    ],
    "attributes": {
        "path": "table.txt",
        "columns": {
            "area_km2": {"column": "km2", "units": "km2"},
            "latitude": {"column": "lat", "units": "degrees"},
            "longitude": {"column": "lon", "units": "degrees"},
        },
    },
}


def rivers() -> xr.Dataset:
    """Three years of two basins."""
    ds = canonical(n_basins=2, start="2001-01-01", days=1095, seed=5)
    return ds.assign_coords(basin=list(BASINS))


def write_rivers(
    folder: Path, ds: xr.Dataset, flow: bool = True, places: dict[str, Any] | None = None
) -> Path:
    """``ds`` as a file per basin, a table of the basins and ``region.yaml``."""
    folder.mkdir(parents=True)
    for basin in ds["basin"].values:
        one = ds.sel(basin=basin)
        columns = {"rain": one["prcp"], "tmean": one["tmean"]}
        columns |= {"flow": one["streamflow"]} if flow else {}
        frame = pd.DataFrame({name: values.values for name, values in columns.items()})
        frame.insert(0, "date", one["time"].dt.strftime("%Y-%m-%d").values)
        frame.to_csv(folder / f"{basin}.csv", index=False, float_format="%.9g")
    table = pd.DataFrame.from_dict(places or BASINS, orient="index", columns=["lat", "lon", "km2"])
    table.rename_axis("id").to_csv(folder / "table.txt")
    region = REGION
    if not flow:
        file = REGION["files"][0]
        columns = {n: c for n, c in file["columns"].items() if n != "streamflow"}
        region = REGION | {"files": [file | {"columns": columns}]}
    write_yaml(folder / "region.yaml", region)
    return folder


@pytest.fixture(scope="session")
def small_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Root of a project with the study that ``hydrotl run`` takes its candidates from."""
    root = write_project(tmp_path_factory.mktemp("project"))
    groups = {"1": TINY}
    recipe: dict[str, Any] = {"title": "small", "source": {**TINY, "drop": 0.5}, "local": groups}
    recipe |= {"transfer": groups, "warm": {"1": {**TINY, "lr": 0.001}}}
    experiments = root / "experiments"
    write_yaml(experiments / "recipes" / "small.yaml", recipe)
    source: dict[str, Any] = {"title": "Plain", "dataset": "donor", "inputs": INPUTS}
    source |= {"recipe": "small"}
    source |= {"train": ["2000-01-01", "2001-01-01"], "members": 2}
    write_yaml(experiments / "sources" / "plain.yaml", source)
    write_yaml(experiments / "beyond.yaml", STUDY)
    with pytest.MonkeyPatch.context() as patch:
        enter(patch, root)
        list(run_tasks(source_tasks("plain"), shared_data(["plain"])))
    return root


@pytest.fixture
def project(small_project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in the small project."""
    enter(monkeypatch, small_project)
    return small_project


@pytest.fixture(scope="session")
def made(small_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The run that ``hydrotl run FOLDER`` makes of the two rivers, from another folder."""
    folder = write_rivers(tmp_path_factory.mktemp("rivers") / "own", rivers())
    out = folder / "runs" / "first"
    with pytest.MonkeyPatch.context() as patch:
        enter(patch, small_project)
        patch.chdir(tmp_path_factory.mktemp("elsewhere"))
        assert call("run", str(folder), "--out", str(out), "--jobs", "1") == 0
        return read_run(out)
