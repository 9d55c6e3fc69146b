"""Keys of results: the same key means the same numbers, so nothing needs to be done again.

A member's key follows from all that its simulation depends on: the data's values, the periods, the
training, what starts from where, the seed, the kind of device and the code that computes. Titles,
comments and docstrings may change. The versions of libraries are not part of it: another PyTorch or
processor may change the last digits, and nothing is done again for that.
"""

from __future__ import annotations

import ast
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import pooch
import torch
import xarray as xr

from hydrotl_core.cells import CellTask, source_folder, starts_from_source
from hydrotl_core.config import load_options, load_region
from hydrotl_core.provenance import data_hash
from hydrotl_core.weights import member_paths

DIGITS = 16
# Modules that decide a member's simulation, and those that only score it. Readers are not among
# them, since the data's values are in the key.
NUMERIC = (
    "cells",
    "engine",
    "loss",
    "model",
    "pretraining",
    "regions",
    "scaling",
    "simulation",
    "source",
    "tensors",
    "training",
    "transfer",
    "windows",
)
SCORING = ("metrics", "results", "spread")


def bare_source(text: str) -> str:
    """Python source without comments, docstrings and layout."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


@cache
def code_hash(modules: tuple[str, ...] = NUMERIC) -> str:
    """Hash of what ``modules`` of this package do."""
    folder = Path(__file__).parent
    sources = [bare_source((folder / f"{m}.py").read_text(encoding="utf-8")) for m in modules]
    return content_hash(sources)


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
    task: CellTask, ds: xr.Dataset, teacher: xr.DataArray | None = None
) -> dict[str, Any]:
    """What the members of a cell have in common, for :func:`member_key`.

    Parameters
    ----------
    task
        Any member of the cell.
    ds
        Data of the task's region.
    teacher
        The process model's flow that the members learn first, if there is one.
    """
    options, option = load_options(), task.cell.option
    fit, test = task.periods([str(b) for b in ds["basin"].values])
    return {
        "data": data_hash(ds),
        "inputs": load_region(task.cell.region).inputs.model_dump(),
        "periods": [[p.model_dump(mode="json") for p in part] for part in (fit, test)],
        "training": task.training().model_dump(),
        "trained": options[option].trained if option in options else option,
        "teacher": None if teacher is None else data_hash(teacher.to_dataset(name="flow")),
        "device": torch.device(task.device).type,
        "code": code_hash(),
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
    return content_hash({"members": members, "scoring": code_hash(SCORING)})
