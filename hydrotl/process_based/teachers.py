"""Teachers: uncalibrated process models whose streamflow a network can learn first.

A teacher's name is the second half of an option: ``process-swat`` is a local model that learned
SWAT+'s flow before the observations, ``process-gr4j`` one that learned GR4J's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import xarray as xr

from hydrotl.config import Region, load_region
from hydrotl.data.canonical import data_hash
from hydrotl.data.manifest import Dataset, load_manifest
from hydrotl.data.regions import region_basins, region_data, region_setting
from hydrotl.experiments.planner import Teacher
from hydrotl.process_based.gr4j import default_flow
from hydrotl.process_based.swat.installation import find_installation
from hydrotl.process_based.swat.run import swat_streamflow
from hydrotl_core.arrays import in_period
from hydrotl_core.errors import ConfigError
from hydrotl_core.metrics import nse


def _swat(ds: xr.Dataset, dataset: Dataset) -> xr.DataArray:
    return swat_streamflow(ds, dataset, find_installation())[0]


#: GR4J with default parameters; SWAT+, lumped and uncalibrated.
TEACHERS: dict[str, Callable[[xr.Dataset, Dataset], xr.DataArray]] = {
    "gr4j": default_flow,
    "swat": _swat,
}

#: Raise a teacher's number when its flow changes, so that what learned from it is trained again.
VERSION = {"gr4j": 2, "swat": 1}


def find_teacher(region: Region, teacher: str) -> Teacher:
    """The teacher of a region: what decides its flow, and how to compute it.

    It is given all variables of the region's basins: it may need more than the network.

    Raises
    ------
    ConfigError
        If there is no such teacher.
    """
    if teacher not in TEACHERS:
        raise ConfigError(f"no teacher {teacher!r}; there are {', '.join(TEACHERS)}")
    data = region_basins(region).load()
    identity: dict[str, Any] = {"model": teacher, "data": data_hash(data)}
    if VERSION[teacher] > 1:
        identity["version"] = VERSION[teacher]
    return Teacher(identity, partial(TEACHERS[teacher], data, load_manifest()[region.dataset]))


def teacher_flow(region: str, teacher: str = "gr4j") -> xr.DataArray:
    """Streamflow of an uncalibrated process model in the region's basins, mm/day.

    ``teacher`` is ``gr4j`` or ``swat``.

    Returns
    -------
    xarray.DataArray
        ``(basin, time)`` on the basins and days of the region's data. NaN in the first year of
        each basin's weather, in which the stores fill, and outside it.

    Raises
    ------
    ConfigError
        If there is no such teacher, or SWAT+ is not installed.
    DataError, ProcessModelError
        If the data do not suffice, or the model fails.
    """
    return find_teacher(load_region(region), teacher).flow()


def teacher_skill(flow: xr.DataArray, region: str, setting: str) -> dict[str, list[float]]:
    """Skill of a process model in the test period of ``setting``, a value per basin.

    Returns
    -------
    dict
        ``nse``, ``days`` (on which both flows are known), ``mean_observed`` and ``mean_simulated``
        (mm/day, of those days).
    """
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
