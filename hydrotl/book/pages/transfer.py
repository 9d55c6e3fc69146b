"""What the pages share that train models: how a run is described and its flow is drawn."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from hydrotl.book.escape import code, plain, prose
from hydrotl.book.pages import show
from hydrotl.config import load_recipe, load_region
from hydrotl.data.regions import region_basins, region_cautions
from hydrotl.experiments.cells import LOCAL
from hydrotl_core.errors import HydroTLError

if TYPE_CHECKING:
    from IPython.display import Markdown

    from hydrotl.experiments.cells import Cell
    from hydrotl.experiments.records import CellResult


def run_remark(results: Mapping[Cell, CellResult], updates: int | None) -> Markdown:
    """What was run, and how it departs from the paper and from the full recipe."""
    cell = next(iter(results))
    region = load_region(cell.region)
    recipe = load_recipe(cell.recipe or region.recipe)
    dataset = Path(region.dataset).name  # of one's own data it is the path of a file
    full = recipe.training(LOCAL, cell.setting)
    size = f"{full.updates} updates" if full.updates else f"{full.epochs} epochs"
    about = f"Region: {plain(region.title)}, data set {code(dataset)}"
    lines = [f"{about}, recipe *{plain(recipe.name)}*."]
    if not updates:
        lines.append(f"{size} per model, as the recipe says.")
    else:
        lines.append(
            f"A quick look: {updates} updates per model, where the recipe has {size}. Scores are "
            "lower than those of a full run, and which option leads may differ."
        )
    return show.remark(
        show.bullets([*lines, *map(prose, [*region.deviations, *region_cautions(region)])])
    )


def best_of(runs: Mapping[str, CellResult]) -> tuple[CellResult, pd.Series]:
    """A result that has in each basin the simulation of the model with the highest NSE there.

    Returns
    -------
    CellResult
        The simulations put together, in the order of the first result's basins.
    Series
        Name of the model of each basin. Where no NSE is defined it is the first.
    """
    nse = pd.DataFrame({name: result.basin_nse.to_series() for name, result in runs.items()})
    names = nse.fillna(-np.inf).idxmax(axis=1)
    first = next(iter(runs.values()))
    parts = [runs[names[b]].simulation.sel(basin=[b]) for b in first.simulation["basin"].values]
    return replace(first, simulation=xr.concat(parts, "basin")), names


def hydrograph_frames(
    chosen: Mapping[str, CellResult], most: int = 12
) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Rain, observed and simulated flow (mm/day) in the test period, by basin, and titles.

    The flow is that of the ensemble's mean. Rain is left out where the data set is not at hand.
    Of more than ``most`` basins, ``most`` spread evenly from the lowest to the highest NSE of the
    last result.
    """
    from hydrotl_core.simulation import series

    nse = pd.DataFrame({name: result.basin_nse.to_series() for name, result in chosen.items()})
    order = nse.iloc[:, -1].sort_values(kind="stable").index
    if len(order) > most:
        order = order[np.linspace(0, len(order) - 1, most).round().astype(int)]
    rain = _rain(chosen, order)
    frames, titles = {}, {}
    for basin in order:
        lines = {name: series(result.simulation, basin) for name, result in chosen.items()}
        observed = next(iter(lines.values()))["observed"].to_series()
        simulated = {name: line["simulated"].to_series() for name, line in lines.items()}
        frame = pd.DataFrame({"observed": observed, **simulated})
        if rain is not None:
            frame.insert(0, "prcp", rain.sel(basin=basin).to_series().reindex(frame.index))
        frames[basin] = frame.loc[: frame["observed"].last_valid_index()]
        skills = [f"{name} {score:.2f}" for name, score in nse.loc[basin].items()]
        titles[basin] = f"{basin}, NSE: {', '.join(skills)}"
    return frames, titles


def _rain(chosen: Mapping[str, CellResult], basins: Iterable[Hashable]) -> xr.DataArray | None:
    """Precipitation (mm/day) of the basins of a result; None where its data are not at hand."""
    try:
        region = load_region(next(iter(chosen.values())).cell.region)
        rain = region_basins(region)["prcp"]
    except HydroTLError:
        return None
    return rain if set(basins) <= set(rain["basin"].values) else None
