"""Weights files: safetensors whose metadata hold everything needed to use them again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from hydrotl_core.errors import WeightsError
from hydrotl_core.files import replacing
from hydrotl_core.model import StreamflowLSTM
from hydrotl_core.recipe import Training
from hydrotl_core.scaling import Scaler
from hydrotl_core.transfer import averaged_families, hidden_size, load_strict

FORMAT = 1


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
    """Write ``parameters`` and ``card`` to ``path``, completely or not at all."""
    tensors = {name: value.detach().cpu().contiguous() for name, value in parameters.items()}
    with replacing(path) as temporary:
        save_file(tensors, temporary, metadata={"hydrotl": card.model_dump_json()})


def load_weights(path: Path) -> tuple[dict[str, torch.Tensor], Card]:
    """Parameters by name, as float32 on the CPU, and the card of a weights file.

    Weights stored as float16 to save space are widened: arithmetic is float32.

    Raises
    ------
    WeightsError
        If the file is absent, damaged, not from this project or of another format.
    """
    if not path.is_file():
        raise WeightsError(f"no weights at {path}")
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            metadata = file.metadata() or {}
            parameters = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise WeightsError(f"{path} is not a readable safetensors file: {error}") from None
    if "hydrotl" not in metadata:
        raise WeightsError(f"{path} has no hydrotl metadata: it was not written by this project")
    try:
        content = json.loads(metadata["hydrotl"])
        if isinstance(content, dict) and content.get("format") != FORMAT:
            raise WeightsError(f"{path} has format {content.get('format')}, expected {FORMAT}")
        card = Card.model_validate(content)
    except (ValidationError, json.JSONDecodeError) as error:
        raise WeightsError(f"{path}: metadata not valid: {error}") from None
    widened = {n: p.float() if p.dtype == torch.float16 else p for n, p in parameters.items()}
    return widened, card


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


def member_paths(folder: Path) -> list[Path]:
    """Weights of the ensemble in ``folder``, by member number.

    Raises
    ------
    WeightsError
        If there is none.
    """
    paths = sorted(folder.glob("member-*.safetensors"), key=lambda p: int(p.stem.split("-")[1]))
    if not paths:
        raise WeightsError(f"no member-*.safetensors in {folder}")
    return paths
