"""Basins that a source was trained on: their score says nothing of how well it transfers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from hydrotl.data.places import Place, near, places_of
from hydrotl.experiments.facts import check_facts, read_facts
from hydrotl.experiments.records import read_record, results_dir
from hydrotl.experiments.source import nested_subset
from hydrotl_core.errors import ConfigError
from hydrotl_core.weights import load_weights

#: In the provenance of weights: the basins that they were trained on, and their places.
TRAINED_ON = "trained_on"


@dataclass(frozen=True)
class Trained:
    """What a source was trained on: data set and basins; without ``places``, nothing is known."""

    dataset: str
    places: Mapping[str, Place | None] | None


@dataclass(frozen=True)
class Seen:
    """Which basins of a target a source was trained on, as far as it can be told.

    Attributes
    ----------
    basins
        Basin of the target -> the source's.
    doubtful
        Basins with an id of the source's, of another data set, of which no place is known.
    known
        Whether it is known which basins the source was trained on.
    """

    basins: Mapping[str, str]
    doubtful: tuple[str, ...] = ()
    known: bool = True


def trained_basins(weights: Path) -> Trained:
    """What a member of a source was trained on.

    Its card says it; of weights from before it did, a check of a source on all basins of the same
    data set, which is among the results, lists them.
    """
    card = load_weights(weights)[1]
    dataset, origin = str(card.protocol.get("dataset", "")), card.provenance
    told = origin.get(TRAINED_ON)
    if told is not None:
        return Trained(dataset, {b: tuple(place) if place else None for b, place in told.items()})
    for path in sorted((results_dir() / "source").glob("*.json")):
        record = read_record(path)
        if record.get("dataset") != dataset:
            continue
        basins, subset = record["basins"], card.protocol.get("subset")
        if subset is not None and subset <= len(basins):
            basins = nested_subset(basins, subset)
        if len(basins) == origin.get("basins"):
            facts = read_facts(check_facts(path.stem)).reindex(basins)
            spots = facts[["latitude", "longitude"]].astype(float)
            places: dict[str, Place | None] = {
                str(basin): None
                if spot.isna().any()
                else (float(spot.iloc[0]), float(spot.iloc[1]))
                for basin, spot in spots.iterrows()
            }
            return Trained(dataset, places)
    return Trained(dataset, None)


def seen_basins(ds: xr.Dataset, trained: Trained) -> Seen:
    """Basins of ``ds``, data of a region, among those of a source.

    The same id of the same data set is the same basin, and so is another one at the same place.
    """
    if trained.places is None:
        return Seen({}, known=False)
    same_data = ds.attrs.get("source") == trained.dataset
    seen, doubtful = {}, []
    for basin, place in places_of(ds).items():
        if same_data and basin in trained.places:
            seen[basin] = basin
            continue
        found = None if place is None else near(place, trained.places)
        if found is not None:
            seen[basin] = found
        elif basin in trained.places and (place is None or trained.places[basin] is None):
            doubtful.append(basin)
    return Seen(seen, tuple(doubtful))


def refuse_seen(title: str, source: str, seen: Seen, *, allowed: bool) -> None:
    """Raise a ConfigError if basins of the region ``title`` were seen, and that is not allowed."""
    if seen.basins and not allowed:
        pairs = [a if a == b else f"{a} (its {b})" for a, b in seen.basins.items()]
        named = ", ".join(pairs[:10]) + (f" and {len(pairs) - 10} more" if len(pairs) > 10 else "")
        raise ConfigError(
            f"{title}: source {source} was itself trained on {named}, so their scores would say "
            "nothing of a transfer: leave them out (`exclude`), take another source, or say "
            "`seen_basins: true`, which the record then shows"
        )


def told(source: str, seen: Seen) -> list[str]:
    """What the record of a transfer says of basins that the source may have seen."""
    if not seen.known:
        return [
            f"It is not known here which basins source {source} was trained on, nor whether some "
            "of these are among them."
        ]
    said = []
    if seen.basins:
        said.append(f"Source {source} was itself trained on {', '.join(seen.basins)}.")
    if seen.doubtful:
        said.append(
            f"{', '.join(seen.doubtful)}: ids of basins that source {source} was trained on, in "
            "another data set; without a place they are taken for other basins."
        )
    return said
