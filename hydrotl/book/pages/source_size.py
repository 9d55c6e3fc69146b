"""Page 4: which sources there are by number of basins, and the full results of each."""

from __future__ import annotations

from typing import Any

from hydrotl.book.pages.source import cards, ensembles
from hydrotl.config import load_options, load_region
from hydrotl.experiments.cells import LOCAL
from hydrotl.experiments.records import read_record, results_dir
from hydrotl_core.errors import ConfigError


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
    first = {name: cards(name)[0] for name in sources or known}
    sizes = {
        name: int(card.provenance["basins"])
        for name, card in first.items()
        if sources or card.protocol.get("test") is None
    }
    return dict(sorted(sizes.items(), key=lambda item: item[1]))


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


def committed(region: str, setting: str, option: str | None) -> dict[int, dict[str, Any]]:
    """Full results by number of source basins, 0 being the local model; none without an option.

    The results of the region's own source lie in the folder of its recipe, those of another
    source in a folder named after both.
    """
    loaded = load_region(region)
    own = results_dir() / region / loaded.recipe
    paths = {0: own / f"{setting}_{LOCAL}.json"}
    for source in ensembles():
        folder = own if source == loaded.source else own.with_name(f"{own.name}-{source}")
        first = cards(source)[0]
        if source == loaded.source or first.protocol.get("subset"):
            paths[int(first.provenance["basins"])] = folder / f"{setting}_{option}.json"
    found = {size: read_record(path) for size, path in sorted(paths.items()) if path.is_file()}
    return found if option else {}


def label(size: int, option: str) -> str:
    """Name of a model that starts from a source of ``size`` basins; 0: the local model."""
    return f"{option}, {size} basins" if size else LOCAL
