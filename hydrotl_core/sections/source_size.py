"""Section 4: how many source basins it takes (the paper's Figure 2)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hydrotl_core.errors import ConfigError
from hydrotl_core.figures import nse_boxes
from hydrotl_core.paper import load_paper
from hydrotl_core.results import results_dir
from hydrotl_core.sections import show
from hydrotl_core.sections.source import cards, ensembles
from hydrotl_core.sections.transfer import LOCAL, Results, committed, run, run_remark

__all__ = ["boxes", "committed_boxes", "remark", "run_remark", "summary", "sweep", "sweep_sources"]

if TYPE_CHECKING:
    import holoviews as hv
    from IPython.display import Markdown

    from hydrotl_core.experiment import Cell, CellResult


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
    results = run(region, [setting], members, updates, options=[LOCAL], jobs=jobs, device=device)
    for source in sizes:
        results |= run(
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


def committed_boxes(
    region: str, setting: str, option: str, recipe: str = "fast"
) -> hv.Overlay | Markdown:
    """NSE of the region's full results in ``results/``, one box per source.

    The results of the region's own source lie in the folder of the recipe, those of another
    source in a folder named after both.
    """
    known = ensembles()
    local: dict[str, np.ndarray] = {}
    transferred: dict[tuple[float, str], np.ndarray] = {}
    for folder in sorted((results_dir() / region).glob(f"{recipe}*")):
        for record in committed(region, folder.name):
            if record["setting"] != setting:
                continue
            nse = np.array(record["nse"], dtype=float)
            name = record["source"]
            if record["option"] == LOCAL and folder.name == recipe:
                local[LOCAL] = nse
            elif record["option"] == option:
                size = cards(name)[0].provenance["basins"] if name in known else None
                label = f"{option}, {name}" if size is None else f"{option}, {size} basins"
                transferred[(math.inf if size is None else float(size), label)] = nse
    scores = local | {key[1]: transferred[key] for key in sorted(transferred)}
    if not scores:
        return show.remark(f"*No committed results of {region}, {setting}, {option}.*")
    return nse_boxes(scores, f"{region}, {setting} training")


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
