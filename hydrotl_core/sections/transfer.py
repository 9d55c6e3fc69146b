"""Section 3: local models against transferred ones (the paper's Table 1a)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hydrotl_core.config import load_options, load_recipe, load_region
from hydrotl_core.figures import nse_boxes
from hydrotl_core.paper import load_paper
from hydrotl_core.results import cell_table, region_records, results_dir
from hydrotl_core.sections import show

if TYPE_CHECKING:
    import holoviews as hv
    import panel as pn
    from IPython.display import Markdown
    from pandas.io.formats.style import Styler

    from hydrotl_core.experiment import Cell, CellResult

LOCAL = "local"
SHORT = {"multi-year": "multi", "1-year": "1yr"}
Results = Mapping["Cell", "CellResult"]


def option_table() -> Styler:
    """What each model trains on the region's data."""
    rows = [{"model": LOCAL, "starts from": "random numbers", "trains": "everything"}]
    rows += [
        {"model": name, "starts from": "the source model", "trains": ", ".join(option.trained)}
        for name, option in load_options().items()
    ]
    return show.table(pd.DataFrame(rows))


def run(
    region: str,
    settings: list[str] | None,
    members: int,
    updates: int | None = None,
    *,
    options: list[str] | None = None,
    source: str | None = None,
    recipe: str | None = None,
    validation_days: int = 0,
    jobs: int = 1,
    device: str = "auto",
) -> dict[Cell, CellResult]:
    """Train and test all options in all settings of a region.

    None or an empty list of settings or options means all of them; without ``updates`` (None or
    0), the recipe's number. With ``validation_days`` the
    last training days take the place of the test period.
    """
    from hydrotl_core.experiment import cells_of, run_cells
    from hydrotl_core.members import pick_device

    cells = cells_of(region, settings or None, options or None, recipe, source)
    return run_cells(
        cells,
        members,
        jobs=jobs,
        device=pick_device(device),
        updates=updates or None,
        validation_days=validation_days,
    )


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
    (:func:`hydrotl_core.sections.new_region.choose`).
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


def observed_and(chosen: Mapping[str, CellResult], most: int = 12) -> pn.pane.Bokeh:
    """Hydrographs of the test period: observations and the ensemble mean of each result.

    Of more than ``most`` basins, ``most`` from the lowest to the highest NSE of the last result.
    """
    from hydrotl_core.figures import hydrographs
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
    return hydrographs(frames, titles)


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


def committed(region: str, recipe: str = "fast") -> list[dict[str, Any]]:
    """The region's full results in ``results/``, scored on the test period, local ones first."""
    order = {name: position for position, name in enumerate([LOCAL, *load_options()])}
    tested = [r for r in region_records(region, recipe) if r["scored_on"] == "test"]
    return sorted(tested, key=lambda r: (r["setting"], order.get(r["option"], len(order))))


def beside_paper(records: Iterable[dict[str, Any]], column: str) -> pd.DataFrame:
    """Table 1a: NSE of the committed results beside the paper's of region ``column``."""
    found = {(record["setting"], record["option"]): record for record in records}
    rows = []
    for setting, options in load_paper().table_1a[column].items():
        for option, (mean, median) in options.items():
            record = found.get((setting, option), {})
            rows.append(
                {
                    "training": setting,
                    "model": option,
                    "mean NSE": record.get("nse_mean", math.nan),
                    "median NSE": record.get("nse_median", math.nan),
                    f"paper, {column}: mean": mean,
                    f"paper, {column}: median": median,
                }
            )
    return pd.DataFrame(rows)


def committed_boxes(records: Iterable[dict[str, Any]], setting: str) -> hv.Overlay | Markdown:
    """NSE over basins of the committed results in one setting."""
    chosen = {r["option"]: r["nse"] for r in records if r["setting"] == setting}
    if not chosen:
        return show.remark(f"*No committed results of the {setting} setting.*")
    order = [name for name in (LOCAL, *load_options()) if name in chosen]
    scores = {name: np.array(chosen[name], dtype=float) for name in order}
    return nse_boxes(scores, f"{setting} training")


def committed_remark(records: list[dict[str, Any]], region: str) -> Markdown:
    """What the committed results are, with every deviation that they record."""
    if not records:
        return show.remark(
            f"`results/{region}/` holds no full results yet: `hydrotl run {region} --members 5 "
            "--save` computes them where the data are at hand."
        )
    first = records[0]
    basins = sorted({basin for record in records for basin in record["basins"]})
    dates = sorted({record["provenance"]["date"] for record in records})
    codes = sorted({record["provenance"]["code"] for record in records})
    members = sorted({record["members"] for record in records})
    deviations = list(dict.fromkeys(d for record in records for d in record["deviations"]))
    return show.remark(
        f"Recipe `{first['recipe']}`, {'/'.join(map(str, members))} members, {len(basins)} basins "
        f"({', '.join(basins)}); computed {', '.join(dates)} by version {', '.join(codes)}. "
        "Departures from the paper, as the records state them:\n\n"
        + show.bullets(
            [
                *deviations,
                "Which weights TL-b trains is an interpretation: see the page on the method.",
            ]
        )
        + f"\n\nTo compute them again:\n\n```bash\nhydrotl run {region} --members {members[-1]} "
        "--save\n```"
    )


def everything_committed() -> pd.DataFrame:
    """All regions' full results in ``results/``: mean and median NSE over basins."""
    folders = [path.parent for path in results_dir().glob("*/*/*_*.json")]
    frames = [
        cell_table(committed(folder.parent.name, folder.name)).assign(recipe=folder.name)
        for folder in sorted(set(folders))
    ]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def committed_values(records: Iterable[dict[str, Any]], region: str) -> dict[str, float]:
    """Scores of the committed results, such as ``ind_multi_tla_median``; NaN where none is."""
    names = [LOCAL, *load_options()]
    values = {
        f"{region}_{setting}_{option.lower().replace('-', '')}_{score}": math.nan
        for setting in SHORT.values()
        for option in names
        for score in ("mean", "median")
    }
    for record in records:
        if record["setting"] in SHORT and record["option"] in names:
            option = record["option"].lower().replace("-", "")
            key = f"{region}_{SHORT[record['setting']]}_{option}"
            values |= {
                f"{key}_mean": record["nse_mean"],
                f"{key}_median": record["nse_median"],
            }
    return values
