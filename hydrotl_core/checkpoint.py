"""Checkpoints: everything a training run needs to resume with the same bits.

One safetensors file (no pickle) with the parameters, the optimiser's state and the state of
both random generators; step, times and log in its metadata. Written to a temporary name and
renamed, so that a kill at any moment leaves the last whole checkpoint.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from hydrotl_core.errors import FileError, WeightsError
from hydrotl_core.files import is_intact, reason, replacing, sealed
from hydrotl_core.model import StreamflowLSTM
from hydrotl_core.transfer import load_strict


@dataclass
class Progress:
    """How far a run has come; ``running`` is the loss summed since the last entry."""

    step: int
    seconds: float
    running: float
    losses: list[tuple[int, float]]
    validation: list[tuple[int, float]]


def save_checkpoint(
    path: Path,
    model: StreamflowLSTM,
    optimizer: torch.optim.Optimizer,
    draws: torch.Generator,
    masks: torch.Generator,
    identity: dict[str, Any],
    progress: Progress,
) -> None:
    """Write the state of a run to ``path``, completely or not at all."""
    tensors = {f"model.{n}": p.detach().cpu().contiguous() for n, p in model.named_parameters()}
    for index, state in optimizer.state_dict()["state"].items():
        for key, value in state.items():
            tensors[f"optimizer.{index}.{key}"] = torch.as_tensor(value).cpu().contiguous()
    tensors["generator.draws"] = draws.get_state()
    tensors["generator.masks"] = masks.get_state()
    metadata = {"identity": json.dumps(identity), "progress": json.dumps(asdict(progress))}
    arrays = {name: value.numpy() for name, value in tensors.items()}
    with replacing(path) as temporary:
        save_file(tensors, temporary, metadata=sealed(metadata, arrays))


def load_checkpoint(
    path: Path,
    model: StreamflowLSTM,
    optimizer: torch.optim.Optimizer,
    draws: torch.Generator,
    masks: torch.Generator,
    identity: dict[str, Any],
) -> Progress:
    """Restore a run from ``path`` into its arguments.

    Raises
    ------
    WeightsError
        If the file is damaged or no checkpoint, or is of a run of another ``identity``.
    """
    tensors, stored, kept = _content(path)
    wanted = json.loads(json.dumps(identity))
    if stored != wanted:
        differing = sorted(k for k in stored | wanted if stored.get(k) != wanted.get(k))
        raise WeightsError(
            f"checkpoint {path} is of another run (differs in {', '.join(differing)}): "
            "delete it or choose another folder"
        )
    load_strict(model, _below(tensors, "model."), str(path))
    skeleton = optimizer.state_dict()
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, value in _below(tensors, "optimizer.").items():
        index, key = name.split(".", 1)
        state.setdefault(int(index), {})[key] = value
    optimizer.load_state_dict({"state": state, "param_groups": skeleton["param_groups"]})
    draws.set_state(tensors["generator.draws"])
    masks.set_state(tensors["generator.masks"])
    return kept


def require_whole(path: Path) -> None:
    """Raise a WeightsError if the checkpoint ``path`` is damaged, or none."""
    _content(path)


def _content(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any], Progress]:
    """Tensors, identity and progress of a checkpoint; a WeightsError if it is damaged or none."""
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if not {"identity", "progress"} <= set(metadata):
            raise WeightsError(f"{path} is not a checkpoint: delete it or choose another folder")
        if not is_intact(metadata, {name: value.numpy() for name, value in tensors.items()}):
            raise ValueError("it holds other values than were written")
        content = json.loads(metadata["progress"])
        content["losses"] = [tuple(item) for item in content["losses"]]
        content["validation"] = [tuple(item) for item in content["validation"]]
        return tensors, dict(json.loads(metadata["identity"])), Progress(**content)
    except WeightsError:
        raise
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise WeightsError(f"{path} is damaged ({error}): delete it to start again") from None
    except OSError as error:
        raise FileError(f"{path} cannot be read ({reason(error)})") from error


def checkpoint_progress(path: Path) -> tuple[int, float]:
    """Updates done and seconds spent as of the checkpoint ``path``; zeros if there is none.

    Raises
    ------
    WeightsError
        If the file is damaged.
    """
    if not path.is_file():
        return 0, 0.0
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            content = json.loads((file.metadata() or {})["progress"])
        return int(content["step"]), float(content["seconds"])
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise WeightsError(f"{path} is no whole checkpoint ({error})") from None


def _below(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
