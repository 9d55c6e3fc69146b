"""Model cards: what an ensemble of weights is, written from the metadata it carries."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hydrotl.book.escape import code, plain
from hydrotl.book.paper import load_paper
from hydrotl.data.manifest import load_manifest
from hydrotl.experiments.records import read_record, results_dir
from hydrotl_core.files import replacing
from hydrotl_core.weights import Card, load_weights, member_paths

CHECK = "conus-check"  # the source that is trained on ten years and tested on the next ten
#: Keys of a training that mean nothing without optional inputs.
MISSING_INPUTS = {"drop", "drop_from", "drop_family", "drop_one", "noise", "missing"}
WEAKNESSES = """\
- Skill falls with aridity and is lowest in the driest basins: see the results per basin, and
  check the skill on your own validation years before using a transferred model.
- The basins are little regulated: reservoirs and diversions were not learned.
- The recipe weighs all basins alike, so very large floods of single basins count little.
- Attributes of the published tables are long-term averages over years that include the test
  period (of climate, land and soil; none is computed from streamflow).
"""


def read_cards(folder: Path) -> list[Card]:
    """The metadata that each member of an ensemble carries.

    Raises
    ------
    WeightsError
        If there are no weights.
    """
    return [load_weights(path)[1] for path in member_paths(folder, partial=True)]


def _by_member(cards: Sequence[Card], values: Sequence[str]) -> str:
    """The value that all members share, or each value with the seeds it is of."""
    seeds: dict[str, list[str]] = {}
    for card, value in zip(cards, values, strict=True):
        seeds.setdefault(value, []).append(str(card.seed))
    if len(seeds) == 1:
        return values[0]
    return "; ".join(f"{value} (seed {', '.join(own)})" for value, own in seeds.items())


def arithmetic(cards: Sequence[Card]) -> str:
    """Number format that the LSTM layer really had in training.

    It differs from the recipe's where the machine could not compute in that; files written
    before it was recorded have the recipe's only.
    """
    supposed = [f"{card.training.precision} as the recipe says, not recorded" for card in cards]
    told = [card.provenance.get("arithmetic") for card in cards]
    return _by_member(cards, [a or b for a, b in zip(told, supposed, strict=True)])


def places(cards: Sequence[Card]) -> str:
    """Devices and machines that members were trained on."""
    origins = [card.provenance for card in cards]
    return _by_member(cards, [f"{o['device']}, {o['machine']}" for o in origins])


def facts(cards: Sequence[Card]) -> str:
    """What an ensemble is, as a Markdown list: data, inputs, recipe, cost, licence, citation."""
    first = cards[0]
    licence, references = _terms(first)
    origin, protocol = first.provenance, first.protocol
    minutes = [float(card.provenance["seconds"]) / 60 for card in cards]
    dates = sorted({str(card.provenance["date"]) for card in cards})
    versions = sorted({str(card.provenance["code"]) for card in cards})
    unused = set() if first.scaler.optional else MISSING_INPUTS
    training = ", ".join(f"{k} {v}" for k, v in first.training.model_dump(exclude=unused).items())
    lines = [
        f"Members: {len(cards)}, seeds {', '.join(str(card.seed) for card in cards)}",
        f"Data: {code(origin['dataset'])}, {plain(origin['basins'])} basins, training period "
        f"{plain(protocol['train']['start'])} to before {plain(protocol['train']['end'])}, "
        f"data hash {plain(origin['data_hash'])}",
        f"Inputs, in order: {plain(', '.join(first.inputs))}",
        f"Recipe {code(protocol['recipe'])}: {training}",
        f"Arithmetic of the LSTM layer: {plain(arithmetic(cards))}",
        f"Trained {plain(', '.join(dates))} on {plain(places(cards))}, {min(minutes):.0f}-"
        f"{max(minutes):.0f} minutes per member, code {plain(', '.join(versions))}",
        f"Data licence: {plain(licence or 'see the citation')}",
        f"Cite: {plain(references)}",
    ]
    return "\n".join(f"- {line}" for line in lines)


def _terms(card: Card) -> tuple[str, str]:
    """Licence and citation of the data that weights were computed from.

    Those of the manifest, where they may have been completed since the training; else those that
    the weights carry.
    """
    dataset = load_manifest().datasets.get(card.provenance["dataset"])
    if dataset is None:
        return str(card.provenance["licence"]), str(card.provenance["references"])
    return dataset.licence, "; ".join(dataset.citation)


def model_card(folder: Path) -> str:
    """Markdown card of the ensemble in ``folder``, with its source check if there is one."""
    cards = read_cards(folder)
    text = (
        f"# {plain(cards[0].protocol['title'])}\n\n"
        "Weights of a streamflow LSTM (Ma et al. 2021, doi:10.1029/2020WR028600), one file per\n"
        "member, safetensors. This page is written from the files by `hydrotl card`.\n\n"
        f"{facts(cards)}\n"
    )
    check = _check_of(folder)
    if check is not None:
        record, published = read_record(check), load_paper().source_check
        text += (
            f"\nSource check ({code('hydrotl check ' + record['source'])}, the ensemble "
            f"{code(Path(record['source']).stem)}): {record['members']} members, "
            f"{len(record['basins'])} basins, test period "
            f"{record['test']['start']} to before {record['test']['end']}: NSE of the mean "
            f"discharge median {record['nse_median']:.3f}, mean {record['nse_mean']:.3f}. "
            f"Per basin: {code(f'results/source/{check.name}')}. Forcing: "
            f"{plain(load_manifest()[record['dataset']].title)}. The paper's check "
            f"({published.forcing} forcing, its own recipe) has a median of "
            f"{published.median_nse:.2f}; the two are not the same experiment.\n"
        )
        told = [
            f"{plain(name)} {s['nse_median']:.3f}" for name, s in record.get("without", {}).items()
        ]
        if told:
            text += f"\nMedian where optional inputs are missing: without {', '.join(told)}.\n"
    weaknesses = WEAKNESSES
    if cards[0].protocol.get("flow_attributes"):
        weaknesses = weaknesses.replace("none is computed", "some may be computed")
    if cards[0].protocol.get("flow_inputs"):
        weaknesses += "- Streamflow is among its daily inputs: its skill is not that of weather.\n"
    return f"{text}\n## Known weaknesses\n\n{weaknesses}"


def _check_of(folder: Path) -> Path | None:
    """Result of the source check, if its ensemble was trained as that in ``folder``.

    Where the trainings differ, its skill would say nothing of these weights.
    """
    own = read_cards(folder)[0]
    for result in sorted((results_dir() / "source").glob("*.json")):
        checked = folder.parent / result.stem
        if checked.is_dir():
            other = read_cards(checked)[0]
            if (other.training, other.inputs) == (own.training, own.inputs):
                return result
    return None


def write_card(folder: Path) -> Path:
    """Write the card to ``README.md`` beside the weights."""
    path = folder / "README.md"
    with replacing(path) as temporary:
        temporary.write_text(model_card(folder), encoding="utf-8")
    return path
