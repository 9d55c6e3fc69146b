"""Teachers: uncalibrated process models whose streamflow a network can learn first.

A teacher's name is the second half of an option: ``process-swat`` is a local model that learned
SWAT+'s flow before the observations, ``process-gr4j`` one that learned GR4J's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import xarray as xr

from hydrotl.config import load_region
from hydrotl.data.canonical import data_hash
from hydrotl.data.catalog import open_dataset
from hydrotl.data.manifest import Dataset, load_manifest
from hydrotl.experiments.planner import Teacher
from hydrotl_core.errors import ConfigError

if TYPE_CHECKING:
    from hydrotl.config import Region


def _gr4j(ds: xr.Dataset, dataset: Dataset) -> xr.DataArray:
    from hydrotl.process_based.conceptual import conceptual_streamflow

    return conceptual_streamflow(ds, dataset.attributes)


def _swat(ds: xr.Dataset, dataset: Dataset) -> xr.DataArray:
    from hydrotl.process_based.swat.installation import find_installation
    from hydrotl.process_based.swat.teacher import swat_streamflow

    return swat_streamflow(ds, dataset, find_installation())[0]


#: Teacher -> its title and its model.
MODELS: dict[str, tuple[str, Callable[[xr.Dataset, Dataset], xr.DataArray]]] = {
    "gr4j": ("GR4J, default parameters", _gr4j),
    "swat": ("SWAT+, lumped and uncalibrated", _swat),
}


def guide(region: str, model: str = "gr4j") -> xr.DataArray:
    """Streamflow of an uncalibrated process model in the region's basins, mm/day.

    Parameters
    ----------
    region
        File name in ``experiments/regions/``, or a path.
    model
        ``gr4j`` (``conceptual``) or ``swat``.

    Returns
    -------
    xarray.DataArray
        ``(basin, time)`` on the basins and days of the region's data. NaN in the first year of
        each basin's weather, in which the stores fill, and outside it.

    Raises
    ------
    ConfigError
        If there is no such model, or SWAT+ is not there.
    DataError, ProcessModelError
        If the data do not suffice, or the model fails.
    """
    title(model)  # before the data are read
    loaded = load_region(region)
    return MODELS[model][1](guide_data(loaded), load_manifest()[loaded.dataset])


def find_teacher(region: Region, model: str) -> Teacher:
    """The teacher of a region: what decides its flow, and how to compute it.

    Raises
    ------
    ConfigError
        If there is no such model.
    """
    title(model)
    data = guide_data(region)
    identity = {"model": model, "data": data_hash(data)}
    return Teacher(identity, lambda: MODELS[model][1](data, load_manifest()[region.dataset]))


def title(model: str) -> str:
    """What a teacher is.

    Raises
    ------
    ConfigError
        If there is no such model.
    """
    if model not in MODELS:
        raise ConfigError(f"no process model {model!r}; there are {', '.join(MODELS)}")
    return MODELS[model][0]


def guide_data(region: Region) -> xr.Dataset:
    """All variables of the region's basins: a process model may need more than the network."""
    from hydrotl.data.regions import region_data

    basins = [str(b) for b in region_data(region)["basin"].values]
    return open_dataset(region.dataset, basins=basins)


def skill(flow: xr.DataArray, region: str, setting: str) -> dict[str, list[float]]:
    """Skill of a process model in the test period of ``setting``, a value per basin.

    Returns
    -------
    dict
        ``nse``, ``days`` (with a value of both), ``mean_observed`` and ``mean_simulated``
        (mm/day, of those days).
    """
    from hydrotl.data.regions import region_data, region_setting
    from hydrotl_core.arrays import in_period
    from hydrotl_core.metrics import nse

    loaded = load_region(region)
    ds = region_data(loaded)
    basins = [str(b) for b in ds["basin"].values]
    days = in_period(ds, region_setting(loaded, setting).periods("test", basins))
    observed = ds["streamflow"].where(days)
    both = observed.notnull() & flow.notnull()
    return {
        "nse": nse(flow, observed, dim="time").values.tolist(),
        "days": both.sum("time").values.tolist(),
        "mean_observed": observed.where(both).mean("time").values.tolist(),
        "mean_simulated": flow.where(both).mean("time").values.tolist(),
    }
