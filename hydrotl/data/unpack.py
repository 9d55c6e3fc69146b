"""Unpacking of archives: nothing lands outside the folder, nothing half-written stays.

pooch's own unpackers write in place and trust the names in an archive. Here every name is checked
before the first byte is written; the content then goes to a temporary folder beside the target
and is moved there when all of it was read. Links are refused, even such as end inside: data need
none, and where a link leads depends on the links before it. Files get the permissions of new
files, whatever the archive says.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from hydrotl.data.archives import Entry, Kind, UnfoldingError, most_bytes, open_archive, too_much
from hydrotl.names import inner_path, same_file
from hydrotl_core.errors import DownloadError

#: Files in an archive: the largest published data set of daily flow has some ten thousand.
MOST_FILES = 500_000
#: Ending of a file that was altered after it was unpacked, and is kept.
ALTERED = ".altered"
#: Beginning of the folders in which archives are unpacked before their files are moved.
TEMPORARY = ".unpack-"
_CHUNK = 1 << 20


def unpack(
    archive: Path,
    kind: Kind,
    target: Path,
    root: str = "",
    members: Sequence[str] = (),
    *,
    reserved: Iterable[Path] = (),
    keep_altered: bool = False,
) -> dict[str, str]:
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
    reserved
        Files that are not the archive's to bring.
    keep_altered
        Whether a file of the same name and another content is kept under a name of its own that
        ends in :data:`ALTERED`.

    Returns
    -------
    dict
        sha256 of each file that was unpacked, by its path relative to ``target``.

    Raises
    ------
    DownloadError
        If the archive is damaged, encrypted, unfolds to more than one would believe or the disk
        takes, holds nothing that was asked for, or holds a link, a device or a name that leads
        outside the folder, that some system refuses, or that is reserved. Then nothing is changed.
    """
    base = inner_path(root, "root", DownloadError)
    with open_archive(archive, kind) as entries:
        chosen = _chosen(archive, entries, base, members)
        if not chosen:
            raise DownloadError(
                f"{archive} holds nothing under {root or '.'} {list(members) or ''}: the "
                "publisher's layout differs from `files` in the manifest entry; correct it"
            )
        _check_names(archive, target, list(chosen), reserved)
        target.mkdir(parents=True, exist_ok=True)
        _check_places(archive, target, chosen)
        _check_size(archive, target, sum(entry.size for entry in chosen.values()))
        with tempfile.TemporaryDirectory(prefix=TEMPORARY, dir=target) as name:
            found = {
                str(path): _write(archive, entry, Path(name) / path)
                for path, entry in chosen.items()
            }
            for path, sha256 in found.items():
                place = target / path
                place.parent.mkdir(parents=True, exist_ok=True)
                if keep_altered and place.is_file() and sha256_of(place) != sha256:
                    os.replace(place, place.with_name(place.name + ALTERED))
                os.replace(Path(name) / path, place)
    return found


def sha256_of(path: Path) -> str:
    """Hash of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _chosen(
    archive: Path, entries: Iterable[Entry], base: PurePosixPath, members: Sequence[str]
) -> dict[PurePosixPath, Entry]:
    """Entries that are wanted, by path relative to ``base``; all others are checked as well."""
    chosen: dict[PurePosixPath, Entry] = {}
    for number, entry in enumerate(entries):
        if number >= MOST_FILES:
            raise UnfoldingError(f"{archive} holds more than {MOST_FILES} files: not unpacked")
        path = PurePosixPath(entry.name.replace("\\", "/"))
        drive = bool(path.parts) and ":" in path.parts[0]
        outside = path.is_absolute() or ".." in path.parts or drive
        if outside or not entry.plain:
            why = "leads outside its folder" if outside else "is a link or device"
            raise _refused(archive, entry.name, why)
        if not path.is_relative_to(base):
            continue
        inside = path.relative_to(base)
        if members and not any(fnmatchcase(str(inside), pattern) for pattern in members):
            continue
        try:
            inner_path(str(inside), "member", DownloadError)
        except DownloadError as error:
            raise _refused(archive, entry.name, f"is no good name: {error}") from None
        if not inside.parts:
            raise _refused(archive, entry.name, "is no name of a file")
        if inside in chosen:
            raise DownloadError(
                f"{archive} holds {entry.name!r} twice: delete it and fetch it again"
            )
        chosen[inside] = entry
    return chosen


def _refused(archive: Path, name: str, why: str) -> DownloadError:
    return DownloadError(
        f"{archive} holds {name!r}, which {why}: not unpacked. Fetch the archive from the "
        "publisher's landing page"
    )


def _check_names(
    archive: Path, target: Path, paths: Sequence[PurePosixPath], reserved: Iterable[Path]
) -> None:
    """Refuse names that are one file on some system, a file and a folder at once, or reserved."""
    keys = {same_file(str(path)): path for path in paths}
    folders = {same_file(str(parent)) for path in paths for parent in path.parents if parent.name}
    kept = {
        same_file(file.relative_to(target).as_posix())
        for file in reserved
        if file.is_relative_to(target)
    }
    for path in paths:
        key, name = same_file(str(path)), str(path)
        if keys[key] != path:
            other = str(keys[key])
            raise _refused(archive, name, f"is one file with {other!r} on some systems")
        if key in folders:
            raise _refused(archive, name, "is a file and a folder at once")
        if key in kept or any(same_file(str(parent)) in kept for parent in path.parents):
            raise _refused(archive, name, "is not its own to bring: hydrotl keeps it")


def _check_places(archive: Path, target: Path, paths: Iterable[PurePosixPath]) -> None:
    """Refuse to write through a link in the folder, or over a folder."""
    home = target.resolve()
    for folder in dict.fromkeys(target / path.parent for path in paths):
        there = next(f for f in (folder, *folder.parents) if f.exists() or f.is_symlink())
        if not there.resolve().is_relative_to(home):
            raise DownloadError(
                f"{archive}: {there} is a link to {there.resolve()}, outside {target}: not "
                "unpacked. Link the whole folder of the data set instead"
            )
        if not there.is_dir():
            raise DownloadError(f"{archive}: {there} is no folder: move it away and try again")
    for path in paths:
        if (target / path).is_dir():
            raise DownloadError(f"{archive}: {target / path} is a folder: move it away")


def _check_size(archive: Path, target: Path, needed: int) -> None:
    free = shutil.disk_usage(target).free
    if needed > free:
        raise DownloadError(
            f"{archive} needs {needed / 1e9:.1f} GB unpacked, {target} has {free / 1e9:.1f} GB "
            "free: make room, or set HYDROTL_DATA to a larger disk"
        )
    most = most_bytes(archive)
    if needed > most:
        raise too_much(archive, most)


def _write(archive: Path, entry: Entry, path: Path) -> str:
    """Write the content of an entry to ``path``; its hash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with entry.open() as content, path.open("xb") as file:
        while chunk := content.read(_CHUNK):
            size += len(chunk)
            if size > entry.size:
                break
            digest.update(chunk)
            file.write(chunk)
    if size != entry.size:
        raise DownloadError(
            f"{archive}: {entry.name!r} does not have the {entry.size} bytes that the archive "
            "says: delete it and fetch it again"
        )
    return digest.hexdigest()
