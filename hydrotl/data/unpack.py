"""Unpacking of downloaded archives: nothing lands outside the folder, nothing half-written.

Every name in the archive is checked before the first byte is written. The content goes to a
temporary folder beside the target and is moved there when all of it was read.
"""

from __future__ import annotations

import os
import shutil
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Literal

from hydrotl_core.errors import DownloadError

_BROKEN = (
    EOFError,
    NotImplementedError,
    RuntimeError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)
_AGAIN = "delete it and fetch it again"


def is_archive(path: Path, kind: Literal["zip", "tar"]) -> bool:
    """Whether ``path`` is an archive of that kind (and not, say, a login page)."""
    return zipfile.is_zipfile(path) if kind == "zip" else tarfile.is_tarfile(path)


def unpack(
    archive: Path,
    kind: Literal["zip", "tar"],
    target: Path,
    root: str = "",
    members: Sequence[str] = (),
) -> None:
    """Unpack ``archive`` into the folder ``target``, replacing files of the same name.

    Parameters
    ----------
    archive, kind
        A zip file, or a tar file with any compression.
    target
        Folder that receives the content; created if absent.
    root
        Folder of the archive whose content is taken; the rest of the archive stays out.
    members
        Patterns such as ``usgs_streamflow/*`` relative to ``root``; none means everything.

    Raises
    ------
    DownloadError
        If the archive is damaged, encrypted or too large for the disk, holds nothing that was
        asked for, or holds a name or link that leads outside the folder. Then nothing is
        changed.
    """
    if not is_archive(archive, kind):
        raise DownloadError(
            f"{archive} is not a {kind} archive; it may be an error or login page: {_AGAIN}"
        )
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unpack-", dir=target) as name:
        temporary = Path(name)
        try:
            if kind == "zip":
                _unzip(archive, temporary, root, members)
            else:
                _untar(archive, temporary, root, members)
        except _BROKEN as error:
            raise DownloadError(
                f"{archive} cannot be unpacked ({type(error).__name__}: {error}): {_AGAIN}"
            ) from error
        content = temporary / root
        if not content.is_dir() or not any(content.iterdir()):
            raise DownloadError(
                f"{archive} holds nothing under {root or '.'} {list(members) or ''}: the "
                "publisher's layout differs from `files` in the manifest entry; correct it"
            )
        _move(content, target)


def _unzip(archive: Path, temporary: Path, root: str, members: Sequence[str]) -> None:
    with zipfile.ZipFile(archive) as content:
        infos = content.infolist()
        _check_names((info.filename for info in infos if not info.is_dir()), archive)
        for info in infos:
            if stat.S_ISLNK(info.external_attr >> 16):
                raise DownloadError(f"{archive} holds a link, {info.filename!r}: not unpacked")
        chosen = [info for info in infos if _chosen(info.filename, root, members)]
        _check_space(sum(info.file_size for info in chosen), temporary, archive)
        for info in chosen:
            content.extract(info, temporary)


def _untar(archive: Path, temporary: Path, root: str, members: Sequence[str]) -> None:
    with tarfile.open(archive) as content:
        infos = content.getmembers()
        _check_names((info.name for info in infos if not info.isdir()), archive)
        try:
            # The filter refuses devices and links that lead outside, and drops odd modes.
            safe = [tarfile.data_filter(info, str(temporary)) for info in infos]
        except tarfile.FilterError as error:
            raise DownloadError(f"{archive} is not safe to unpack: {error}") from error
        chosen = [info for info in safe if info and _chosen(info.name, root, members)]
        _check_space(sum(info.size for info in chosen), temporary, archive)
        content.extractall(temporary, members=chosen, filter="data")


def _check_names(names: Iterable[str], archive: Path) -> None:
    seen: set[PurePosixPath] = set()
    for name in names:
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            raise DownloadError(
                f"{archive} holds {name!r}, which leads outside its folder: not unpacked. "
                "Fetch the archive from the publisher's landing page"
            )
        if path in seen:
            raise DownloadError(f"{archive} holds {name!r} twice: not unpacked; {_AGAIN}")
        seen.add(path)


def _chosen(name: str, root: str, members: Sequence[str]) -> bool:
    path = PurePosixPath(name)
    if root and not path.is_relative_to(root):
        return False
    relative = str(path.relative_to(root)) if root else str(path)
    return not members or any(fnmatchcase(relative, pattern) for pattern in members)


def _check_space(needed: int, folder: Path, archive: Path) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise DownloadError(
            f"{archive} needs {needed / 1e9:.1f} GB unpacked, {folder.parent} has "
            f"{free / 1e9:.1f} GB free: make room, or set HYDROTL_DATA to a larger disk"
        )


def _move(source: Path, target: Path) -> None:
    """Move the content of ``source`` into ``target``: whole folders where they are new."""
    for child in sorted(source.iterdir()):
        place = target / child.name
        if child.is_dir() and place.is_dir():
            _move(child, place)
        else:
            os.replace(child, place)
