"""The store: results are kept in files, so that nothing long is computed twice.

A member's simulation is named by its key. The same key means the same numbers: it follows from all
that they depend on, the data's values, the inputs, the periods, the training, what starts from
where, the seed, the kind of device, and :data:`hydrotl_core.NUMERICS`, the version of the code's
arithmetic. Code may move and be reworded; a change that moves numbers raises ``NUMERICS``, and
``tests/hydrotl/experiments/test_golden.py`` fails until it does. The versions of libraries are not
part of a key: another PyTorch or processor may change the last digits, and nothing is done again
for that.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from filelock import FileLock, Timeout
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from hydrotl.experiments.member import Member
from hydrotl.paths import project_root
from hydrotl_core import NUMERICS
from hydrotl_core.errors import DataError, FileError
from hydrotl_core.files import is_intact, reason, replacing, sealed

DIGITS = 16


def content_hash(content: Any) -> str:
    """Hash of numbers, text, lists and dictionaries of them."""
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def member_key(
    member: Member, data: str, source: str | None = None, teacher: dict[str, Any] | None = None
) -> str:
    """Key of a member's simulation.

    Values of the training that are a default are left out, so that a new field of a recipe whose
    default is the old behaviour leaves keys as they are.

    Parameters
    ----------
    member
        What is trained.
    data
        Hash of the data it is given (:func:`hydrotl.data.canonical.data_hash`).
    source
        Hash of the weights that a transferred model starts from.
    teacher
        For a process-taught model, what decides its teacher's flow.
    """
    fit, test, lessons = (
        [[str(period.start), str(period.end)] for period in part]
        for part in (member.fit, member.test, member.lessons)
    )
    return content_hash(
        {
            "data": data,
            "inputs": {"dynamic": member.inputs.dynamic, "static": member.inputs.static},
            "periods": [fit, test],
            "training": member.training.model_dump(exclude_defaults=True),
            "trained": None if member.option is None else sorted(member.option.trained),
            **_ways(member),
            "teacher": teacher and {**teacher, "lessons": lessons},
            "device": torch.device(member.device).type,
            "numerics": NUMERICS,
            "member": member.seed,
            "source": source,
        }
    )


def _ways(member: Member) -> dict[str, Any]:
    """What an option says besides what it trains, and optional inputs; nothing for the paper's."""
    ways: dict[str, Any] = {}
    if member.option is not None:
        ways = member.option.model_dump(exclude_defaults=True, exclude={"title", "trained"})
    if member.inputs.optional:
        ways["optional"] = member.inputs.optional
    return ways


def record_key(members: list[str]) -> str:
    """Key of the record of an ensemble, from the keys of its members."""
    return content_hash(members)


def stored(key: str) -> Path:
    """File of the simulation with ``key``; ``runs/`` is git-ignored."""
    return project_root() / "runs" / "store" / f"{key}.safetensors"


@dataclass(frozen=True)
class Product:
    """Arrays that were computed, by name, and how: seconds, code version, date and the like."""

    arrays: dict[str, np.ndarray]
    about: dict[str, Any]


def write_product(path: Path, product: Product) -> None:
    """Write ``product`` to ``path``, completely or not at all."""
    arrays = {name: np.ascontiguousarray(value) for name, value in product.arrays.items()}
    with replacing(path) as temporary:
        about = {"about": json.dumps(product.about), "name": path.stem}
        save_file(arrays, temporary, metadata=sealed(about, arrays))


def read_product(path: Path) -> Product:
    """Read what :func:`write_product` wrote.

    Raises
    ------
    DataError
        If the file is absent or damaged, or was written under another name, which is its key.
    FileError
        If it cannot be read.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            about = dict(json.loads(metadata["about"]))
            if metadata.get("name", path.stem) != path.stem:
                raise ValueError(f"it is that of {metadata['name']}")
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if not is_intact(metadata, arrays):
            raise ValueError("it holds other values than were written")
        return Product(arrays, about)
    except (SafetensorError, FileNotFoundError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path} is not a complete result ({error}): delete it") from None
    except OSError as error:
        raise FileError(f"{path} cannot be read ({reason(error)})") from error


@contextmanager
def claimed(lock: Path) -> Iterator[bool]:
    """Hold ``lock`` during the block; yields False, at once, where another process holds it.

    The lock is the operating system's: it ends with the process that holds it, however that ends.
    """
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        held = FileLock(lock)
        held.acquire(blocking=False)
    except Timeout:
        yield False
        return
    except (OSError, NotImplementedError) as error:  # the latter: a file system without locks
        raise FileError(
            f"{lock}, which tells other runs of this one, cannot be locked ({reason(error)}): give "
            "write access, or work on another disk"
        ) from error
    try:
        yield True
    finally:
        held.release()


def is_claimed(lock: Path) -> bool:
    """Whether a process holds ``lock`` now; False where that cannot be known."""
    if not lock.exists():
        return False
    try:
        with claimed(lock) as free:
            return not free
    except FileError:  # one may look at the runs of others, on a disk that is for reading only
        return False
