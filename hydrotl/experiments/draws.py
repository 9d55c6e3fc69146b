"""Targets of a study: random draws of basins with the last years before the test, and regions."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.config import load_region
from hydrotl.data.catalog import open_dataset
from hydrotl.data.coverage import check_coverage
from hydrotl.data.derive import DERIVED, derive
from hydrotl.data.manifest import Attributes, load_manifest
from hydrotl.data.regions import region_basins, region_settings, select_basins
from hydrotl.experiments.study import Draws, Study, load_study
from hydrotl.experiments.target import Target
from hydrotl_core.arrays import in_period
from hydrotl_core.errors import ConfigError, DataError, DoubtfulData
from hydrotl_core.recipe import Inputs, Period
from hydrotl_core.scaling import STREAMFLOW

#: From so many basins on a target takes long, and comes after all others.
MANY = 20
DAY = dt.timedelta(1)
#: Days before a training period that bring states up, and some more.
LEAD_DAYS = 2 * 366


def targets(study: Study) -> Iterator[tuple[Target, Attributes]]:
    """All targets, those of many basins last, and the roles of their data sets' attributes."""
    yield from drawn_targets(study.draws, [size for size in study.draws.sizes if size < MANY])
    for name in study.regions:
        yield from region_targets(name)
    yield from drawn_targets(study.draws, [size for size in study.draws.sizes if size >= MANY])


def drawn_targets(draws: Draws, sizes: Sequence[int]) -> Iterator[tuple[Target, Attributes]]:
    """Targets of random draws, each with all numbers of years; each size's first draw first."""
    roles = load_manifest()[draws.dataset].attributes
    ds = select_basins(open_dataset(draws.dataset), draws.basins, draws.dataset)
    whole, pool = derive(ds, roles), basin_pool(ds, draws)
    wanted = [(draw, number) for number in sizes for draw in range(draws.sizes[number])]
    for draw, size in sorted(wanted):
        part = whole.sel(basin=draw_basins(pool, draws.seed, size, draw))
        for years in draws.years:
            fit, name = [draws.last_years(years)] * size, f"{size}-{draw}-{years}y"
            yield make_target(name, part, roles, fit, [draws.test] * size), roles


def basin_pool(ds: xr.Dataset, draws: Draws) -> list[str]:
    """The basins that draws are made of.

    Those with flow on enough days of the last training year and of the test (which says whether
    a basin can be scored, and nothing of its flow), in one random order, less the pool of the study
    ``apart_from``.
    """
    others = set()
    if draws.apart_from is not None:
        others = set(basin_pool(ds, load_study(draws.apart_from).draws))
    observed = np.isfinite(ds[STREAMFLOW].transpose("basin", "time").values)
    enough = np.ones(ds.sizes["basin"], dtype=bool)
    for period in (draws.last_years(1), draws.test):
        inside = in_period(ds, [period])
        enough &= (observed & inside).sum(axis=1) >= draws.least_flow * period.days
    ids = sorted(str(basin) for basin in ds["basin"].values[enough])
    order = np.random.default_rng(draws.seed).permutation(ids)
    found = [str(basin) for basin in order if basin not in others][: draws.pool]
    if len(found) < draws.pool:
        warnings.warn(
            f"{draws.dataset}: the pool has {len(found)} basins, not {draws.pool}: no more have "
            "enough flow",
            DoubtfulData,
            stacklevel=2,
        )
    return found


def draw_basins(pool: Sequence[str], seed: int, size: int, draw: int) -> list[str]:
    """Basins of one draw: draws of one size share none as long as the pool lasts.

    Raises
    ------
    ConfigError
        If the pool has fewer basins than a draw.
    """
    if size > len(pool):
        raise ConfigError(
            f"draws: sizes: a draw of {size} basins cannot be made from a pool of {len(pool)}: "
            "take fewer basins, or a larger pool"
        )
    order = np.random.default_rng([seed, size]).permutation(len(pool))
    return sorted(pool[order[k % len(pool)]] for k in range(draw * size, (draw + 1) * size))


def region_targets(name: str) -> Iterator[tuple[Target, Attributes]]:
    """A target for each setting of a region."""
    region = load_region(name)
    roles = load_manifest()[region.dataset].attributes
    ds = derive(region_basins(region), roles)
    basins = [str(b) for b in ds["basin"].values]
    for setting, periods in region_settings(region).items():
        fit, test = periods.periods("train", basins), periods.periods("test", basins)
        yield make_target(f"{region_name(name)}-{setting}", ds, roles, fit, test), roles


def region_name(name: str) -> str:
    """Name of a region that may be given by its file."""
    return name.removesuffix(".yaml").rsplit("/", maxsplit=1)[-1]


def make_target(
    name: str, ds: xr.Dataset, roles: Attributes, fit: Sequence[Period], test: Sequence[Period]
) -> Target:
    """A target with the variables and days that it needs, and the two years before them."""
    periods = (*fit, *test)
    covered = Period(start=ds.indexes["time"][0].date(), end=ds.indexes["time"][-1].date() + DAY)
    for period in periods:
        if period.start < covered.start or period.end > covered.end:
            raise DataError(
                f"{name}: {period.start}..{period.end} is not covered by the data, which span "
                f"{covered.start}..{covered.end}: correct the days or years"
            )
    first = min(period.start for period in periods) - dt.timedelta(LEAD_DAYS)
    last = max(period.end for period in periods)
    days = slice(pd.Timestamp(first), pd.Timestamp(last) - pd.Timedelta(1, "D"))
    wanted = {*DERIVED, "prcp", "pet", STREAMFLOW, roles.latitude}
    names = [variable for variable in ds if variable in wanted]
    check_coverage(ds, Inputs(dynamic=["prcp", "tmean"]), fit, test, name)
    return Target(name, ds[names].sel(time=days).load(), tuple(fit), tuple(test))
