"""Files that are complete or absent, never half-written, and damaged ones set aside."""

from __future__ import annotations

import errno
import glob
import hashlib
import json
import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import numpy as np
from safetensors import SafetensorError

from hydrotl_core.errors import FileError

#: Key of the metadata of a safetensors file that holds the hash of everything else in it.
SEAL = "sha256"
#: What folders of some file systems answer when asked to be written out.
NO_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EACCES)

#: Bytes that there must be room for where something is to be written.
ROOM = 4096


@contextmanager
def replacing(path: Path, *, durable: bool = True) -> Iterator[Path]:
    """Temporary name beside ``path`` that becomes ``path`` when the block ends well.

    File and folder are written out to the disk, so that a power cut leaves the old file or the new
    one; ``durable=False`` spares files that are of no use after one. On an exception the temporary
    file is removed and ``path`` stays as it was.

    Raises
    ------
    FileError
        If it cannot be written: no room, no access, a folder of that name.
    """
    # Processes of two machines, or of two containers, may have the same number.
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        if durable:
            _write_out(temporary)
        os.replace(temporary, path)
        if durable:
            _write_out_folder(path.parent)
    except (OSError, SafetensorError) as error:
        raise _unwritable(path, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _write_out(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _write_out_folder(path: Path) -> None:
    """Make a renaming in ``path`` outlive a power cut, where the system can."""
    if os.name != "posix":
        return
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno not in NO_SYNC:
            raise
    finally:
        os.close(folder)


def reason(error: Exception) -> str:
    """What the system says of an error, with the file where it is known."""
    if not isinstance(error, OSError) or error.strerror is None:
        return " ".join(str(error).split())
    return error.strerror if error.filename is None else f"{error.strerror}: {error.filename}"


def require_writable(path: Path) -> None:
    """Raise a FileError if ``path`` cannot be written, before something long is computed for it."""
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(ROOM))  # a full disk still takes names
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: Exception) -> FileError:
    if isinstance(error, OSError) and path.absolute().parent in Path(error.filename or ".").parents:
        error.filename = None  # a temporary name beside it
    return FileError(
        f"{path} cannot be written ({reason(error)}): make room, give write access, or choose "
        "another place; nothing half-written was left"
    )


def remove_leftovers(path: Path) -> None:
    """Remove what writers of ``path`` that were killed left; the caller is its only writer."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        left.unlink(missing_ok=True)


def set_aside(path: Path) -> Path:
    """Give a damaged file a name beside its own that nothing looks for; the new path."""
    for number in count(1):
        aside = path.with_name(f"{path.name}.damaged" + (f"-{number}" if number > 1 else ""))
        if not aside.exists():
            break
    try:
        path.rename(aside)
    except OSError as error:
        raise FileError(f"{path} is damaged and cannot be renamed ({reason(error)})") from error
    return aside


def sealed(metadata: Mapping[str, str], arrays: Mapping[str, np.ndarray]) -> dict[str, str]:
    """``metadata`` of a file of ``arrays`` with the hash of both."""
    return {**metadata, SEAL: _digest(metadata, arrays)}


def is_intact(metadata: Mapping[str, str], arrays: Mapping[str, np.ndarray]) -> bool:
    """Whether a file's content is what was written; True for one without a hash."""
    rest = {key: value for key, value in metadata.items() if key != SEAL}
    return SEAL not in metadata or metadata[SEAL] == _digest(rest, arrays)


def _digest(metadata: Mapping[str, str], arrays: Mapping[str, np.ndarray]) -> str:
    shapes = {name: [str(arrays[name].dtype), arrays[name].shape] for name in sorted(arrays)}
    digest = hashlib.sha256(json.dumps([dict(metadata), shapes], sort_keys=True).encode())
    for name in shapes:
        digest.update(np.ascontiguousarray(arrays[name]).data)
    return digest.hexdigest()
