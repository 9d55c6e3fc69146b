"""The members of a source, each of which must be what the source is said to be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hydrotl.config import Source, load_source
from hydrotl.experiments.names import is_of_project
from hydrotl.experiments.source import DECISIVE, differing, source_folder
from hydrotl.paths import project_root
from hydrotl_core.errors import WeightsError
from hydrotl_core.weights import Card, load_weights, member_number, member_paths

#: How far the scales of members may differ, as a share.
CLOSE = 1e-3


def source_members(name: str) -> list[Path]:
    """Weights of source ``name``, by member number.

    Raises
    ------
    WeightsError
        If there are none or some are missing, damaged, of another source, or not of one ensemble.
    """
    paths = member_paths(source_folder(name))
    check_members(paths, declared(name))
    return paths


def declared(name: str) -> Source | None:
    """The source that ``name`` stands for; None where there are only weights of that name."""
    file = project_root() / "experiments" / "sources" / f"{name}.yaml"
    return load_source(name) if file.is_file() or not is_of_project("sources", name) else None


def check_members(paths: Sequence[Path], source: Source | None) -> None:
    """Raise a WeightsError unless ``paths`` are the members of one ensemble, that of ``source``.

    A card says which data, inputs, years and basins its weights were trained with, how, and with
    which seed, which is the member's number.
    """
    first: Card | None = None
    for path in paths:
        card = load_weights(path)[1]
        if card.seed != member_number(path):
            raise WeightsError(
                f"{path} holds the member with seed {card.seed}, not {member_number(path)}: "
                "give it back its name, or train the member that belongs here"
            )
        if source is not None and (other := differing(card, source)):
            raise WeightsError(
                f"{path} is of another source than {source.title!r}: it was trained with another "
                f"{', another '.join(other)} (its card: {card.protocol.get('title')!r}). Put it "
                "back where it came from, and train this source"
            )
        first = first or card
        unlike = _unlike(first, card)
        if unlike:
            raise WeightsError(
                f"{path} differs from {paths[0].name} beside it in {', '.join(unlike)}: they are "
                "no ensemble; put it back where it came from, or train it again"
            )


def _unlike(one: Card, other: Card) -> list[str]:
    """In what two cards differ that are of one ensemble."""
    pairs = {
        "training": (one.training, other.training),
        "inputs": (one.inputs, other.inputs),
        "version of the arithmetic": tuple(c.provenance.get("numerics", 1) for c in (one, other)),
        "days held out": tuple("validation" in c.provenance for c in (one, other)),
        **{key: (one.protocol.get(key), other.protocol.get(key)) for key in DECISIVE},
    }
    found = [what for what, (this, that) in pairs.items() if this != that]
    # Another machine may round otherwise; other data have other means.
    if not found and not np.allclose(_scales(one), _scales(other), rtol=CLOSE, atol=CLOSE):
        found.append("scales, so that their data are others")
    return found


def _scales(card: Card) -> list[float]:
    scales = [*card.scaler.dynamic.values(), *card.scaler.static.values(), card.scaler.streamflow]
    return [number for scale in scales for number in (scale.mean, scale.std)]
