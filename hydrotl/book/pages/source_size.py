"""Section 4: how many source basins it takes (the paper's Figure 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hydrotl.book.figures import nse_boxes
from hydrotl.book.linked import boxes_with_hydrographs
from hydrotl.book.pages import show, table1a
from hydrotl.book.pages.source import cards, ensembles
from hydrotl.book.pages.transfer import LOCAL, Results, hydrograph_frames, run_remark
from hydrotl.book.paper import load_paper
from hydrotl.config import load_options, load_region
from hydrotl.experiments.records import read_record, record_products, results_dir
from hydrotl.experiments.uncertainty import interval
from hydrotl_core.errors import ConfigError

__all__ = [
    "boxes",
    "chosen_option",
    "committed_boxes",
    "committed_table",
    "hydrographs",
    "remark",
    "report",
    "reports",
    "run_remark",
    "summary",
    "sweep",
    "sweep_sources",
]

from hydrotl.experiments.sweep import run_region

if TYPE_CHECKING:
    import holoviews as hv
    import panel as pn
    from IPython.display import Markdown

    from hydrotl.experiments.cells import Cell
    from hydrotl.experiments.records import CellResult


def sweep_sources(sources: list[str] | None = None) -> dict[str, int]:
    """Number of basins of each source ensemble, smallest first.

    None or an empty list means every ensemble in ``weights/`` that was trained on all years; one
    with a test period of its own (the source check) saw fewer and would not compare.

    Raises
    ------
    ConfigError
        If a source that was asked for has no weights.
    """
    known = ensembles()
    unknown = sorted(set(sources or []) - set(known))
    if unknown:
        raise ConfigError(
            f"no weights of source {', '.join(unknown)}; "
            f"weights/ holds {', '.join(known) or 'none'}"
        )
    sizes = {}
    for name in sources or known:
        first = cards(name)[0]
        if sources or first.protocol.get("test") is None:
            sizes[name] = int(first.provenance["basins"])
    return dict(sorted(sizes.items(), key=lambda item: item[1]))


def sweep(
    sizes: dict[str, int],
    region: str,
    setting: str,
    option: str,
    members: int,
    updates: int | None = None,
    jobs: int = 1,
    device: str = "auto",
) -> dict[Cell, CellResult]:
    """The local model, and ``option`` from each source."""
    results = run_region(
        region, [setting], members, updates, options=[LOCAL], jobs=jobs, device=device
    )
    for source in sizes:
        results |= run_region(
            region,
            [setting],
            members,
            updates,
            options=[option],
            source=source,
            jobs=jobs,
            device=device,
        )
    return results


def _label(cell: Cell, sizes: dict[str, int]) -> str:
    if cell.option == LOCAL or cell.source is None:
        return LOCAL
    return f"{cell.option}, {sizes[cell.source]} basins"


def boxes(results: Results, sizes: dict[str, int]) -> hv.Overlay:
    """NSE over the region's basins, one box per number of source basins."""
    return nse_boxes({_label(cell, sizes): r.basin_nse.values for cell, r in results.items()})


def summary(results: Results, sizes: dict[str, int]) -> pd.DataFrame:
    """Mean and median NSE per number of source basins (0: local)."""
    rows = []
    for cell, result in results.items():
        nse = result.basin_nse
        rows.append(
            {
                "model": _label(cell, sizes),
                "source": cell.source or show.MISSING,
                "source basins": sizes.get(cell.source or "", 0),
                "mean NSE": float(nse.mean()),
                "median NSE": float(nse.median()),
                "lowest NSE": float(np.nanmin(nse.values)),
            }
        )
    return pd.DataFrame(rows)


def chosen_option(region: str) -> str | None:
    """The transfer option that was best on the last training year; None if that was not scored.

    So that the test period has no part in the choice; one training year has no year to spare, and
    takes the option of the multi-year setting.
    """
    folder = results_dir() / region / "validation" / load_region(region).recipe
    medians = {
        name: read_record(path)["nse_median"]
        for name in load_options()
        if (path := folder / f"multi-year_{name}.json").is_file()
    }
    return max(medians, key=lambda name: medians[name]) if medians else None


def committed_sizes(region: str, setting: str, option: str) -> dict[int, dict[str, Any]]:
    """Full results by number of source basins, 0 being the local model.

    The results of the region's own source lie in the folder of its recipe, those of another
    source in a folder named after both.
    """
    loaded, known = load_region(region), ensembles()
    own = results_dir() / region / loaded.recipe
    paths = {0: own / f"{setting}_{LOCAL}.json"}
    for source in known:
        folder = own if source == loaded.source else own.with_name(f"{own.name}-{source}")
        size = int(cards(source)[0].provenance["basins"])
        if source == loaded.source or cards(source)[0].protocol.get("subset"):
            paths[size] = folder / f"{setting}_{option}.json"
    return {n: read_record(path) for n, path in sorted(paths.items()) if path.is_file()}


def _name(size: int, option: str) -> str:
    return f"{option}, {size} basins" if size else LOCAL


def committed_boxes(region: str, setting: str, option: str) -> hv.Overlay | Markdown:
    """NSE of the region's full results in ``results/``, one box per source; hover names basins."""
    found = committed_sizes(region, setting, option)
    if not found:
        return show.remark(f"*No committed results of {region}, {setting}, {option}.*")
    scores = {
        _name(size, option): pd.Series(np.array(r["nse"], dtype=float), index=r["basins"])
        for size, r in found.items()
    }
    return nse_boxes(scores, f"{region}, {setting} training")


def committed_table(region: str, option: str) -> pd.DataFrame:
    """Mean and median NSE of the full results per number of source basins, with intervals."""
    rows = []
    for setting in ("1-year", "multi-year"):
        for size, record in committed_sizes(region, setting, option).items():
            products = record_products(record)
            rows.append(
                {
                    "training": setting,
                    "model": _name(size, option),
                    "members": record["members"],
                    "source members": record["source_members"],
                    "mean NSE": str(interval(products, np.nanmean)),
                    "median NSE": str(interval(products, np.nanmedian)),
                    "first member alone: median NSE": float(np.nanmedian(1 - products[:, 0, 0])),
                }
            )
    return pd.DataFrame(rows)


def reports(regions: list[str]) -> None:
    """:func:`report` of each region."""
    for name in regions:
        report(name)


def report(region: str) -> None:
    """Show Figure 2 of a region: the chosen option, box plots and table of the full results."""
    from IPython.display import display

    option = chosen_option(region)
    if option is None:
        display(show.remark(f"*No option was chosen on training years of {region} yet.*"))
        return
    display(table1a.remark(region))
    display(
        show.remark(
            f"Transferred by {option}. Where a source has fewer "
            "members than the ensemble, they are taken in turn: part of what the largest source "
            "gains may come from its members. The last column compares sources by one model each."
        )
    )
    for setting in ("1-year", "multi-year"):
        display(committed_boxes(region, setting, option))
    display(show.table(committed_table(region, option)))


def hydrographs(results: Results, sizes: dict[str, int]) -> pn.pane.Bokeh:
    """Box plot of the sweep over the flow of one basin; a click on a point chooses the basin."""
    named = {_label(cell, sizes): result for cell, result in results.items()}
    scores = {
        name: pd.Series(r.basin_nse.values, index=r.basin_nse["basin"].values.astype(str))
        for name, r in named.items()
    }
    frames, titles = hydrograph_frames(named)
    return boxes_with_hydrographs(scores, frames, titles)


def remark(sizes: dict[str, int]) -> Markdown:
    """Which sources the page compares, and what the paper found."""
    published = load_paper().figure_2
    found = ", ".join(f"`{name}` ({size} basins)" for name, size in sizes.items())
    text = f"Sources in `weights/` that this page compares: {found}. "
    if len(sizes) < 2:
        text += (
            "With a single source there is no curve to draw yet, only its distance from the "
            "local model. `hydrotl train-source NAME` trains another from "
            "`experiments/sources/NAME.yaml`, where `subset` is its number of basins; the box "
            "plot then shows it. "
        )
    return show.remark(
        text + f"In the paper, the first {published.sources} source basins raised the median NSE "
        f"from {published.before:.3f} to {published.after:.3f}."
    )
