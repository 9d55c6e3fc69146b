"""Weights files: safetensors whose metadata hold everything needed to use them again.

A file is believed only as far as it agrees with itself: names and shapes of its parameters with its
card, the card's inputs with its scaler, and every number finite. It holds a hash of its content;
of files that were written before there was one, ``SHA256SUMS`` beside them does.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from hydrotl_core.errors import FileError, WeightsError
from hydrotl_core.files import SEAL, is_intact, reason, replacing, sealed
from hydrotl_core.model import StreamflowLSTM
from hydrotl_core.recipe import Training
from hydrotl_core.scaling import Scale, Scaler
from hydrotl_core.transfer import averaged_families, hidden_size, load_strict

FORMAT = 1
#: A member's file; its number has no leading zero, so that a member has one name.
MEMBER = re.compile(r"member-(0|[1-9]\d*)\.safetensors")
#: Hashes of files that hold none themselves, as ``sha256sum`` writes and checks them.
SUMS = "SHA256SUMS"
AGAIN = (
    "take the file from where it came from (`git checkout -- FILE` for the project's own), or move "
    "it away and train it again"
)


class Card(BaseModel):
    """What a weights file says of itself."""

    model_config = ConfigDict(extra="forbid")

    format: int = FORMAT
    inputs: list[str]
    scaler: Scaler
    training: Training
    protocol: dict[str, Any]
    seed: int
    provenance: dict[str, Any]


def save_weights(path: Path, parameters: dict[str, torch.Tensor], card: Card) -> None:
    """Write ``parameters`` and ``card`` to ``path``, completely or not at all.

    Raises
    ------
    WeightsError
        If a parameter is not finite.
    """
    bad = [name for name, value in parameters.items() if not torch.isfinite(value).all()]
    if bad:
        raise WeightsError(f"{path} was not written: {', '.join(bad)} are not finite numbers")
    tensors = {name: value.detach().cpu().contiguous() for name, value in parameters.items()}
    arrays = {name: value.numpy() for name, value in tensors.items()}
    metadata = sealed({"hydrotl": card.model_dump_json()}, arrays)
    with replacing(path) as temporary:
        save_file(tensors, temporary, metadata=metadata)


def load_weights(path: Path) -> tuple[dict[str, torch.Tensor], Card]:
    """Parameters by name, as float32 on the CPU, and the card of a weights file.

    Weights stored as float16 to save space are widened: arithmetic is float32.

    Raises
    ------
    WeightsError
        If the file is absent, damaged, not from this project or of another format; if its card
        contradicts itself or the parameters; if a number in it is not finite; or if no hash proves
        its content.
    """
    if not path.is_file():
        raise WeightsError(f"no weights at {path}: train them, or put them there")
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            metadata = file.metadata() or {}
            # Copies: the library's own change, or end the process, with the file that they map.
            parameters = {n: file.get_tensor(n).clone() for n in file.keys()}  # noqa: SIM118
        intact = is_intact(metadata, {name: value.numpy() for name, value in parameters.items()})
    except (SafetensorError, TypeError) as error:  # TypeError: numbers that NumPy does not know
        raise WeightsError(
            f"{path} is not a readable safetensors file ({error}): {AGAIN}"
        ) from None
    except OSError as error:
        raise FileError(f"{path} cannot be read ({reason(error)})") from error
    if "hydrotl" not in metadata:
        raise WeightsError(
            f"{path} has no hydrotl metadata: it was not written by this project: {AGAIN}"
        )
    try:
        content = json.loads(metadata["hydrotl"])
        if isinstance(content, dict) and content.get("format") != FORMAT:
            raise WeightsError(
                f"{path} has format {content.get('format')}, expected {FORMAT}: {AGAIN}"
            )
        card = Card.model_validate(content)
    except WeightsError:
        raise
    except ValidationError as error:
        first = error.errors()[0]
        why = f"{'.'.join(map(str, first['loc'])) or 'all'}: {first['msg']}"
        raise WeightsError(f"{path}: metadata not valid ({why}): {AGAIN}") from None
    except (ValueError, RecursionError) as error:  # of JSON
        raise WeightsError(f"{path}: metadata not valid ({error}): {AGAIN}") from None
    widened = {n: p.float() if p.dtype == torch.float16 else p for n, p in parameters.items()}
    for problem in [*card_problems(card), *_parameter_problems(widened, card)]:
        raise WeightsError(f"{path}: {problem}: {AGAIN}")
    if SEAL not in metadata:
        intact = hashlib.sha256(path.read_bytes()).hexdigest() == _listed(path)
    if not intact:
        raise WeightsError(f"{path} is damaged, its values are not those that were saved: {AGAIN}")
    return widened, card


def _listed(path: Path) -> str:
    """Hash of ``path`` in the list beside it."""
    sums = path.with_name(SUMS)
    lines = sums.read_text(encoding="utf-8").splitlines() if sums.is_file() else []
    for line in lines:
        digest, _, name = line.partition(" ")
        if name.lstrip(" *") == path.name:
            return digest.lower()
    raise WeightsError(
        f"{path} holds no hash of its content, and {SUMS} beside it names none: nobody can say "
        f"that it is what was saved; copy {SUMS} with it, or {AGAIN}"
    )


def card_problems(card: Card) -> list[str]:
    """What contradicts itself in a card, or no scaler can be; empty for a sound one."""
    scaler, found = card.scaler, []
    if card.inputs != scaler.input_names:
        found.append(
            f"the card lists the inputs {', '.join(card.inputs)}, its scaler has "
            f"{', '.join(scaler.input_names)}"
        )
    columns = [*scaler.dynamic, *scaler.attributes]
    doubled = sorted({name for name in columns if columns.count(name) > 1})
    if doubled:
        found.append(f"the scaler has {', '.join(doubled)} twice")
    lacking = sorted({*scaler.static, *scaler.categories} ^ set(scaler.attributes))
    if lacking:
        found.append(f"the scaler's attributes and their scales differ in {', '.join(lacking)}")
    stray = sorted(set(scaler.flagged) - set(columns))
    if stray:
        found.append(f"optional {', '.join(stray)} is no input of the scaler")
    scales = {**scaler.dynamic, **scaler.static, "streamflow": scaler.streamflow}
    found += [f"the scale of {name} {what}" for name, s in scales.items() if (what := _unsound(s))]
    wanted = "log_sqrt" if card.training.transform == "log_sqrt" else "none"
    if scaler.streamflow.transform != wanted:
        found.append(
            f"streamflow is scaled with transform {scaler.streamflow.transform}, the training's "
            f"is {card.training.transform}"
        )
    if scaler.per_precipitation != card.training.per_precipitation:
        found.append("scaler and training differ in per_precipitation")
    return found


def _unsound(scale: Scale) -> str:
    """What is wrong with a scale, or nothing."""
    if not math.isfinite(scale.mean):
        return f"has the mean {scale.mean}"
    if not (math.isfinite(scale.std) and scale.std > 0):
        return f"has the deviation {scale.std}, which must be positive"
    ends = (
        (-math.inf if scale.low is None else scale.low),
        (math.inf if scale.high is None else scale.high),
    )
    return "" if ends[0] <= ends[1] else f"has the range {ends[0]}..{ends[1]}"


def _parameter_problems(parameters: dict[str, torch.Tensor], card: Card) -> list[str]:
    """Where parameters are not those of the card's model, or hold what is no number."""
    hidden, inputs = card.training.hidden, len(card.scaler.input_names)
    shapes = {
        "input.weight": (hidden, inputs),
        "input.bias": (hidden,),
        "lstm.weight_ih": (4 * hidden, hidden),
        "lstm.weight_hh": (4 * hidden, hidden),
        "lstm.bias_ih": (4 * hidden,),
        "lstm.bias_hh": (4 * hidden,),
        "output.weight": (1, hidden),
        "output.bias": (1,),
    }
    odd = sorted(shapes.keys() ^ parameters.keys())
    if odd:
        return [f"the file lacks, or has besides the model's parameters, {', '.join(odd)}"]
    found = []
    for name, values in parameters.items():
        if tuple(values.shape) != shapes[name] or values.dtype != torch.float32:
            found.append(
                f"{name} is {tuple(values.shape)} {values.dtype} in the file, "
                f"{shapes[name]} torch.float32 by its card"
            )
        elif bad := int((~torch.isfinite(values)).sum()):
            found.append(f"{name} has {bad} of {values.numel()} values that are not finite")
    return found


def load_model(path: Path) -> tuple[StreamflowLSTM, Card]:
    """The model of a weights file, in evaluation mode, and its card."""
    parameters, card = load_weights(path)
    model = StreamflowLSTM(
        card.scaler.n_dynamic,
        card.scaler.n_static,
        hidden_size(parameters),
        card.training.dropconnect,
        card.training.output_dropout,
        families=averaged_families(card.scaler, card.training),
    )
    load_strict(model, parameters, str(path))
    return model.eval(), card


def member_number(path: Path) -> int:
    """Number of a member, from the name of its file.

    Raises
    ------
    WeightsError
        If it is not named ``member-NUMBER.safetensors``, without leading zeros.
    """
    match = MEMBER.fullmatch(path.name)
    if match is None:
        raise WeightsError(
            f"{path} is no member of an ensemble, whose files are member-0.safetensors, "
            "member-1.safetensors and so on: move it away, or give it its own number"
        )
    return int(match[1])


def member_paths(folder: Path, *, partial: bool = False) -> list[Path]:
    """Weights of the ensemble in ``folder``, by member number.

    Parameters
    ----------
    folder
        Where they are; other files of weights in it are an error.
    partial
        Accept an ensemble of which members are still to be trained.

    Raises
    ------
    WeightsError
        If there is none, a number is missing, or a file of weights is not a member's.
    """
    found = [p for p in folder.glob("*.safetensors") if not p.name.startswith(".")]
    members = {member_number(path): path for path in sorted(found)}
    if not members:
        raise WeightsError(f"no member-*.safetensors in {folder}: train them, or put them there")
    missing = [str(n) for n in range(max(members)) if n not in members]
    if missing and not partial:
        raise WeightsError(
            f"{folder} has {len(members)} members up to number {max(members)}, but no "
            f"{', '.join(missing)}: train what is missing, or restore it"
        )
    return [members[number] for number in sorted(members)]
