"""Keys of results: the same key means the same numbers, so nothing needs to be done again.

A member's key follows from all that its simulation depends on: the data's values, the inputs, the
periods, the training, what starts from where, the seed, the kind of device, and
:data:`hydrotl_core.NUMERICS`, the version of the code's arithmetic. Code may move and be reworded;
a change that moves numbers raises ``NUMERICS``, and ``tests/test_golden.py`` fails until it does.
The versions of libraries are not part of it: another PyTorch or processor may change the last
digits, and nothing is done again for that.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pooch
import torch
import xarray as xr

from hydrotl.config import load_options, load_region
from hydrotl.data.canonical import data_hash
from hydrotl.experiments.cells import (
    PROCESS,
    CellTask,
    is_process,
    source_folder,
    starts_from_source,
)
from hydrotl_core import NUMERICS
from hydrotl_core.weights import member_paths

DIGITS = 16


def content_hash(content: Any) -> str:
    """Hash of numbers, text, lists and dictionaries of them."""
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def _source_hash(task: CellTask) -> str | None:
    """Hash of the weights that the member starts from."""
    if not starts_from_source(task.cell.option):
        return None
    paths = member_paths(source_folder(task.cell.source or load_region(task.cell.region).source))
    return pooch.file_hash(str(paths[task.member % len(paths)]), alg="sha256")


def cell_content(
    task: CellTask, ds: xr.Dataset, taught_from: xr.Dataset | None = None
) -> dict[str, Any]:
    """What the members of a cell have in common, for :func:`member_key`.

    Values that are a default are left out, so that a new field of a recipe with the old behaviour
    as its default leaves keys as they are.

    Parameters
    ----------
    task
        Any member of the cell.
    ds
        Data of the task's region.
    taught_from
        The data that the process model is run on whose flow the members learn first.

    Raises
    ------
    ValueError
        If a member learns from a process model and its data are not given.
    """
    options, option = load_options(), task.cell.option
    if is_process(option) != (taught_from is not None):
        raise ValueError(f"option {option} needs the data of its process model, no other does")
    fit, test = task.periods([str(b) for b in ds["basin"].values])
    inputs = load_region(task.cell.region).inputs
    teacher = None
    if taught_from is not None:
        teacher = {"model": option.removeprefix(PROCESS), "data": data_hash(taught_from)}
    return {
        "data": data_hash(ds),
        "inputs": {"dynamic": inputs.dynamic, "static": inputs.static},
        "periods": [[[str(p.start), str(p.end)] for p in part] for part in (fit, test)],
        "training": task.training().model_dump(exclude_defaults=True),
        "trained": sorted(options[option].trained) if option in options else None,
        "teacher": teacher,
        "device": torch.device(task.device).type,
        "numerics": NUMERICS,
    }


def member_key(task: CellTask, content: dict[str, Any]) -> str:
    """Key of one member's simulation, from what its cell's members have in common.

    Raises
    ------
    WeightsError
        If the cell's source has no weights.
    """
    return content_hash({**content, "member": task.member, "source": _source_hash(task)})


def cell_key(members: list[str]) -> str:
    """Key of a cell's record, from those of its members."""
    return content_hash(members)
