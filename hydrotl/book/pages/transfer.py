"""Section 3: local models against transferred ones (the paper's Table 1a)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hydrotl.book.figures import nse_boxes
from hydrotl.book.pages import show
from hydrotl.config import load_options, load_recipe, load_region

if TYPE_CHECKING:
    import holoviews as hv
    import panel as pn
    from IPython.display import Markdown
    from pandas.io.formats.style import Styler

    from hydrotl.experiments.cells import Cell
    from hydrotl.experiments.records import CellResult

LOCAL = "local"
Results = Mapping["Cell", "CellResult"]


def option_table() -> Styler:
    """What each model trains on the region's data."""
    rows = [{"model": LOCAL, "starts from": "random numbers", "trains": "everything"}]
    rows += [
        {"model": name, "starts from": "the source model", "trains": ", ".join(option.trained)}
        for name, option in load_options().items()
    ]
    return show.table(pd.DataFrame(rows))


def summary(results: Results) -> pd.DataFrame:
    """Mean and median NSE over basins per setting and option."""
    rows = []
    for cell, result in results.items():
        nse = result.basin_nse
        rows.append(
            {
                "setting": cell.setting,
                "model": cell.option,
                "members": result.simulation.sizes["member"],
                "basins": nse.sizes["basin"],
                "mean NSE": float(nse.mean()),
                "median NSE": float(nse.median()),
            }
        )
    return pd.DataFrame(rows)


def best_option(results: Results, setting: str) -> str:
    """The transfer option with the highest median NSE in the test period of ``setting``.

    Picked with hindsight, to show it; a choice for use is made on training years
    (:func:`hydrotl.book.pages.new_region.choose`).
    """
    medians = {
        cell.option: float(result.basin_nse.median())
        for cell, result in results.items()
        if cell.setting == setting and cell.option != LOCAL
    }
    return max(medians, key=lambda name: medians[name])


def of_setting(results: Results, setting: str) -> dict[str, CellResult]:
    """Results of one setting by option."""
    return {cell.option: result for cell, result in results.items() if cell.setting == setting}


def boxes(results: Results, setting: str) -> hv.Overlay:
    """NSE over basins of each option."""
    scores = {name: r.basin_nse.values for name, r in of_setting(results, setting).items()}
    return nse_boxes(scores, setting)


def hydrograph_frames(
    chosen: Mapping[str, CellResult], most: int = 12
) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Observations and the ensemble mean of each result in the test period, and titles, by basin.

    Of more than ``most`` basins, ``most`` from the lowest to the highest NSE of the last result.
    """
    from hydrotl_core.simulation import series

    *_, last = chosen.values()
    score = last.basin_nse
    order = score["basin"].values[np.argsort(score.values)]
    if len(order) > most:
        order = order[np.linspace(0, len(order) - 1, most).round().astype(int)]
    frames, titles = {}, {}
    for basin in map(str, order):
        lines = {name: series(result.simulation, basin) for name, result in chosen.items()}
        frame = pd.DataFrame({"observed": next(iter(lines.values()))["observed"]})
        for name, line in lines.items():
            frame[name] = line["simulated"]
        frames[basin] = frame.loc[: frame["observed"].last_valid_index()]
        skills = [f"{name} {float(r.basin_nse.sel(basin=basin)):.2f}" for name, r in chosen.items()]
        titles[basin] = f"{basin}, NSE: {', '.join(skills)}"
    return frames, titles


def observed_and(chosen: Mapping[str, CellResult]) -> pn.pane.Bokeh:
    """Hydrographs of the test period, see :func:`hydrograph_frames`."""
    from hydrotl.book.figures import hydrographs

    return hydrographs(*hydrograph_frames(chosen))


def hydrographs(results: Results, setting: str) -> pn.pane.Bokeh:
    """Observed, local and best transferred flow of each basin in the test period."""
    by_option = of_setting(results, setting)
    return observed_and({name: by_option[name] for name in (LOCAL, best_option(results, setting))})


def changes(results: Results, setting: str) -> pd.DataFrame:
    """Per basin: NSE and volume error of the local and of the best transferred model."""
    by_option = of_setting(results, setting)
    frame = pd.DataFrame(index=by_option[LOCAL].simulation["basin"].to_index())
    for name in (LOCAL, best_option(results, setting)):
        simulation = by_option[name].simulation
        observed = simulation["observed"].astype(float)
        mean = simulation["simulated"].astype(float).mean("member").where(observed.notnull())
        frame[f"NSE {name}"] = by_option[name].basin_nse.values
        frame[f"volume error {name}, %"] = (
            100 * (mean.sum("day") / observed.sum("day") - 1)
        ).values.round(1)
    first, second = (f"NSE {name}" for name in (LOCAL, best_option(results, setting)))
    frame.insert(len(frame.columns), "change of NSE", frame[second] - frame[first])
    return frame.reset_index()


def run_remark(results: Results, updates: int | None) -> Markdown:
    """What was run, and how it departs from the paper and from the full recipe."""
    cell = next(iter(results))
    loaded = load_region(cell.region)
    used = cell.recipe or loaded.recipe
    lines = [f"Region: {loaded.title}, data set `{loaded.dataset}`, recipe `{used}`."]
    if updates:
        full = load_recipe(used).training(LOCAL, cell.setting)
        size = f"{full.updates} updates" if full.updates else f"{full.epochs} epochs"
        lines.append(
            f"A quick look: {updates} updates per model, where the recipe has {size}. Scores are "
            "lower than those of a full run, and which option leads may differ."
        )
    return show.remark(show.bullets([*lines, *loaded.deviations]))


def quick_values(results: Results, region: str) -> dict[str, Any]:
    """Numbers of the run's first setting under the names that other pages quote.

    Those of the sample region are always there, since the front page quotes them: NaN and a dash
    where another region was run.
    """
    setting = next(iter(results)).setting
    by_option, best = of_setting(results, setting), best_option(results, setting)
    return {
        "sample_setting": show.MISSING,
        "sample_local_median": math.nan,
        "sample_best_option": show.MISSING,
        "sample_best_median": math.nan,
        f"{region}_setting": setting,
        f"{region}_local_median": float(by_option[LOCAL].basin_nse.median()),
        f"{region}_best_option": best,
        f"{region}_best_median": float(by_option[best].basin_nse.median()),
    }
