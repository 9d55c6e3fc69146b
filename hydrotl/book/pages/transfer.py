"""What the pages share that train models: how a run is described and its flow is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hydrotl.book.pages import show
from hydrotl.config import load_recipe, load_region
from hydrotl.experiments.cells import LOCAL

if TYPE_CHECKING:
    import panel as pn
    from IPython.display import Markdown

    from hydrotl.experiments.cells import Cell
    from hydrotl.experiments.records import CellResult

Results = Mapping["Cell", "CellResult"]


def run_remark(results: Results, updates: int | None) -> Markdown:
    """What was run, and how it departs from the paper and from the full recipe."""
    cell = next(iter(results))
    region = load_region(cell.region)
    recipe = load_recipe(cell.recipe or region.recipe)
    lines = [f"Region: {region.title}, data set `{region.dataset}`, recipe *{recipe.name}*."]
    if updates:
        full = recipe.training(LOCAL, cell.setting)
        size = f"{full.updates} updates" if full.updates else f"{full.epochs} epochs"
        lines.append(
            f"A quick look: {updates} updates per model, where the recipe has {size}. Scores are "
            "lower than those of a full run, and which option leads may differ."
        )
    return show.remark(show.bullets([*lines, *region.deviations]))


def of_setting(results: Results, setting: str) -> dict[str, CellResult]:
    """Results of one setting by option."""
    return {cell.option: result for cell, result in results.items() if cell.setting == setting}


def summary(results: Results) -> pd.DataFrame:
    """Mean and median NSE over basins per setting and option."""
    return pd.DataFrame(
        {
            "setting": cell.setting,
            "model": cell.option,
            "members": result.simulation.sizes["member"],
            "basins": result.basin_nse.sizes["basin"],
            "mean NSE": float(result.basin_nse.mean()),
            "median NSE": float(result.basin_nse.median()),
        }
        for cell, result in results.items()
    )


def hydrograph_frames(
    chosen: Mapping[str, CellResult], most: int = 12
) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Observed and simulated flow (mm/day, ensemble mean) in the test period, by basin, and titles.

    Of more than ``most`` basins, ``most`` spread evenly from the lowest to the highest NSE of the
    last result.
    """
    from hydrotl_core.simulation import series

    *_, last = chosen.values()
    score = last.basin_nse
    order = score["basin"].values[np.argsort(score.values)]
    if len(order) > most:
        order = order[np.linspace(0, len(order) - 1, most).round().astype(int)]
    frames, titles = {}, {}
    for basin in map(str, order):
        lines = {
            name: series(result.simulation, basin).to_dataframe() for name, result in chosen.items()
        }
        frame = pd.DataFrame({"observed": next(iter(lines.values()))["observed"]})
        frame = frame.assign(**{name: line["simulated"] for name, line in lines.items()})
        frames[basin] = frame.loc[: frame["observed"].last_valid_index()]
        skills = [f"{name} {float(r.basin_nse.sel(basin=basin)):.2f}" for name, r in chosen.items()]
        titles[basin] = f"{basin}, NSE: {', '.join(skills)}"
    return frames, titles


def observed_and(chosen: Mapping[str, CellResult]) -> pn.pane.Bokeh:
    """Hydrographs of the test period, see :func:`hydrograph_frames`."""
    from hydrotl.book.figures import hydrographs

    return hydrographs(*hydrograph_frames(chosen))
