"""Unpacking of archives: nothing lands outside the folder, nothing half-written stays.

pooch's own unpackers write in place and trust the names in an archive. Here every name is checked
before the first byte is written; the content then goes to a temporary folder beside the target
and is moved there when all of it was read.
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

Kind = Literal["zip", "tar"]

_BROKEN = (
    EOFError,
    NotImplementedError,
    RuntimeError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)


def is_archive(path: Path, kind: Kind) -> bool:
    """Whether ``path`` is an archive of that kind (and not, say, a login page)."""
    return zipfile.is_zipfile(path) if kind == "zip" else tarfile.is_tarfile(path)


def unpack(
    archive: Path, kind: Kind, target: Path, root: str = "", members: Sequence[str] = ()
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
        asked for, or holds a link or a name that leads outside the folder. Then nothing is
        changed.
    """

    def wanted(name: str) -> bool:
        path = PurePosixPath(name)
        if not path.is_relative_to(root):
            return False
        inside = str(path.relative_to(root))
        return not members or any(fnmatchcase(inside, pattern) for pattern in members)

    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unpack-", dir=target) as name:
        folder = Path(name)
        try:
            if kind == "zip":
                with zipfile.ZipFile(archive) as zipped:
                    files = [info for info in zipped.infolist() if not info.is_dir()]
                    _check(archive, [(i.filename, not _is_link(i)) for i in files])
                    files = [info for info in files if wanted(info.filename)]
                    _check_space(archive, target, sum(info.file_size for info in files))
                    for info in files:
                        zipped.extract(info, folder)
            else:
                with tarfile.open(archive) as tarred:
                    entries = [entry for entry in tarred.getmembers() if not entry.isdir()]
                    _check(archive, [(entry.name, entry.isfile()) for entry in entries])
                    entries = [entry for entry in entries if wanted(entry.name)]
                    _check_space(archive, target, sum(entry.size for entry in entries))
                    tarred.extractall(folder, entries, filter="data")
        except _BROKEN as error:
            raise DownloadError(
                f"{archive} cannot be unpacked ({type(error).__name__}: {error}): delete it and "
                "fetch it again"
            ) from error
        if not any((folder / root).glob("*")):
            raise DownloadError(
                f"{archive} holds nothing under {root or '.'} {list(members) or ''}: the "
                "publisher's layout differs from `files` in the manifest entry; correct it"
            )
        shutil.copytree(folder / root, target, copy_function=os.replace, dirs_exist_ok=True)


def _is_link(info: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(info.external_attr >> 16)


def _check(archive: Path, files: Iterable[tuple[str, bool]]) -> None:
    """Refuse a name (with whether it is a plain file) that could lead outside, or comes twice."""
    seen: set[PurePosixPath] = set()
    for name, plain in files:
        path = PurePosixPath(name.replace("\\", "/"))
        outside = path.is_absolute() or ".." in path.parts or ":" in path.parts[0]
        if outside or not plain:
            why = "leads outside its folder" if outside else "is a link or device"
            raise DownloadError(
                f"{archive} holds {name!r}, which {why}: not unpacked. Fetch the archive from the "
                "publisher's landing page"
            )
        if path in seen:
            raise DownloadError(f"{archive} holds {name!r} twice: delete it and fetch it again")
        seen.add(path)


def _check_space(archive: Path, target: Path, needed: int) -> None:
    free = shutil.disk_usage(target).free
    if needed > free:
        raise DownloadError(
            f"{archive} needs {needed / 1e9:.1f} GB unpacked, {target} has {free / 1e9:.1f} GB "
            "free: make room, or set HYDROTL_DATA to a larger disk"
        )
