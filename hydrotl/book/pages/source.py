"""Pages 2 and 4: the ensembles of source models in ``weights/``, by skill and by size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from hydrotl.book.cards import CHECK, read_cards
from hydrotl.config import load_region
from hydrotl.experiments.cells import LOCAL
from hydrotl.experiments.records import read_record, results_dir
from hydrotl.paths import project_root
from hydrotl_core.errors import ConfigError
from hydrotl_core.recipe import Period
from hydrotl_core.weights import Card


def ensembles() -> list[str]:
    """Names of the ensembles in ``weights/``."""
    folders = {path.parent for path in (project_root() / "weights").glob("*/member-*.safetensors")}
    return sorted(folder.name for folder in folders)


def cards(name: str) -> list[Card]:
    """The metadata of the members of the ensemble ``name``."""
    return read_cards(project_root() / "weights" / name)


def trainings(name: str) -> list[dict[str, Any]]:
    """Where each member of the ensemble ``name`` was trained and how long that took, as records.

    None where there are no weights of it.
    """
    members = cards(name) if name in ensembles() else []
    return [{"provenance": dict(card.provenance)} for card in members]


def check_record(name: str = CHECK) -> dict[str, Any] | None:
    """The committed result of the source check; None if there is none."""
    path = results_dir() / "source" / f"{name}.json"
    return read_record(path) if path.is_file() else None


def years(period: Period | Mapping[str, Any]) -> str:
    """A period in words."""
    known = Period.model_validate(period)
    return f"{known.start} to before {known.end}"


def by_size(sources: Sequence[str] = ()) -> dict[str, int]:
    """Number of basins of each of the ensembles ``sources``, smallest first.

    By default every ensemble that was trained on all years with the paper's inputs; one with a test
    period of its own (the source check) saw fewer and would not compare.

    Raises
    ------
    ConfigError
        If a source that was asked for has no weights.
    """
    known = ensembles()
    unknown = sorted(set(sources) - set(known))
    if unknown:
        raise ConfigError(
            f"no weights of source {', '.join(unknown)}; "
            f"weights/ holds {', '.join(known) or 'none'}"
        )
    first = {name: cards(name)[0] for name in sources or known}
    sizes = {
        name: int(card.provenance["basins"])
        for name, card in first.items()
        if sources or (card.protocol.get("test") is None and not card.scaler.optional)
    }
    return dict(sorted(sizes.items(), key=lambda item: item[1]))


def committed(region: str, setting: str, option: str | None) -> dict[int, dict[str, Any]]:
    """Full results by number of source basins, 0 being the local model; none without an option.

    The results of the region's own source lie in the folder of its recipe, those of another
    source in a folder named after both.
    """
    if option is None:
        return {}
    loaded = load_region(region)
    own = results_dir() / region / loaded.recipe
    paths = {0: own / f"{setting}_{LOCAL}.json"}
    for source in ensembles():
        first, is_own = cards(source)[0], source == loaded.source
        if is_own or (first.protocol.get("subset") and not first.scaler.optional):
            folder = own if is_own else own.with_name(f"{own.name}-{source}")
            paths[int(first.provenance["basins"])] = folder / f"{setting}_{option}.json"
    return {size: read_record(path) for size, path in sorted(paths.items()) if path.is_file()}


def label(size: int, option: str) -> str:
    """Name of a model that starts from a source of ``size`` basins; 0: the local model."""
    return f"{option}, {size} basins" if size else LOCAL


def enough_basins(by_size: pd.DataFrame, local: pd.Series, margin: float = 0.02) -> str:
    """How many source basins it took, in sentences.

    Parameters
    ----------
    by_size
        Median NSE, a row per region and training period, a column per number of source basins.
        Rows with fewer than two sources do not count.
    local
        Median NSE of the local model in the same rows.
    margin
        How far from the best source still counts as good as it.
    """
    known = by_size[by_size.count(axis=1) > 1]
    if known.empty:
        return "There are no results from sources of several sizes yet."
    few, many = known.columns[[0, -1]]
    near = known.ge(known.max(axis=1) - margin, axis=0).sum()
    behind = int((known.max(axis=1) < local.reindex(known.index)).sum())
    cases = len(known)
    says = (
        f"{few} source basins did as well as {many} here"
        if near[few] >= near[many]
        else f"{many} source basins did better than {few} here"
    )
    return (
        f"{says}: a source of {few} comes within {margin:g} of the best one (median NSE) in "
        f"{near[few]} of {cases} cases, one of {many} in {near[many]}. In {behind} of {cases} the "
        "local model is ahead of every source: no number of source basins helps there."
    )
