"""Fetch the files of a data set as its manifest entry describes them.

Open files are downloaded, resumed where a download broke off, checked and unpacked.
Files behind a registration are fetched by hand: the error says which, from where and into which
folder; once they are there, the same call checks and unpacks them.

Few publishers state a sha256. The hash of the first download is recorded in ``checksums.json``
beside the files (:mod:`hydrotl.data.ledger`); from then on another content is an error, not a
silent change of the data. So are the hashes of the files of an archive: if one is gone or altered,
the archive is unpacked again.
"""

from __future__ import annotations

import datetime as dt
import errno
import importlib.util
import shutil
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout
from tqdm import tqdm

from hydrotl.data.answer import Wanted
from hydrotl.data.archives import is_archive
from hydrotl.data.catalog import dataset_folder
from hydrotl.data.ledger import LEDGER, FileRecord, read_ledger, write_ledger
from hydrotl.data.manifest import Dataset, Manifest, RemoteFile, load_manifest
from hydrotl.data.transport import download, partial_files
from hydrotl.data.unpack import ALTERED, TEMPORARY, sha256_of, unpack
from hydrotl.names import same_file
from hydrotl_core.errors import DownloadError

#: How the web pages begin that some servers send in place of a file.
_WEB_PAGE = (b"<!doctype html", b"<html")


def fetch(
    dataset_key: str,
    manifest: Manifest | None = None,
    dest: Path | None = None,
    progress: bool = True,
) -> Path:
    """Fetch, check and unpack the files of a data set; files already there are only checked.

    Where another process fetches into the same folder, this one waits for it.

    Parameters
    ----------
    manifest
        By default the project's ``data_manifest.yaml``.
    dest
        Folder of the data set; by default its ``folder`` in the data folder (``HYDROTL_DATA``).

    Returns
    -------
    Path
        The folder, in the layout that the data set's reader expects.

    Raises
    ------
    ConfigError
        If there is no such data set.
    DownloadError
        If a file cannot be fetched, has another content than recorded, cannot be unpacked, or
        must be fetched by hand.
    """
    dataset = (manifest or load_manifest())[dataset_key]
    if dataset.package is not None:
        spec = importlib.util.find_spec(dataset.package)
        if spec is None or spec.origin is None:
            raise DownloadError(
                f"{dataset.title}: the data come with the Python package '{dataset.package}', "
                f"which is not installed. {dataset.access_note}"
            )
        return Path(spec.origin).parent / dataset.folder
    folder = dataset_folder(dataset) if dest is None else Path(dest)
    if dataset.access == "local":
        if not folder.is_dir():
            raise DownloadError(
                f"'{dataset_key}' is made of your own files, there is nothing to download: put "
                f"them into {folder}, or correct `folder` in the manifest entry"
            )
        return folder
    try:
        with _alone(folder):
            by_hand = [file for file in dataset.files if not _available(file, folder)]
            if by_hand or not dataset.files:
                raise DownloadError(_instructions(dataset_key, dataset, folder, by_hand))
            folder.mkdir(parents=True, exist_ok=True)
            for file in dataset.files:
                _obtain(file, dataset, folder, progress)
    except OSError as error:
        raise DownloadError(
            f"{folder}: {error}. Make room or give write access, or set HYDROTL_DATA to another "
            "folder"
        ) from error
    return folder


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the lock of a data set's folder, which lies beside it: one process fetches at a time."""
    home = folder.resolve()
    lock = FileLock(home.with_name(f".{home.name}.lock"))
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            tqdm.write(f"waiting for another fetch into {folder}", file=sys.stderr)
            lock.acquire()
    except OSError as error:
        # What cannot be written cannot be fetched into twice either; it can still be checked.
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise
    try:
        yield
    finally:
        if lock.is_locked:
            with suppress(OSError):  # some systems keep an open file
                Path(lock.lock_file).unlink()
        lock.release()


def _reserved(dataset: Dataset, folder: Path) -> list[Path]:
    """Files that no archive of the data set may bring."""
    paths = [folder / file.path for file in dataset.files]
    return [folder / LEDGER, *paths, *(part for path in paths for part in partial_files(path))]


def _instructions(key: str, dataset: Dataset, folder: Path, by_hand: list[RemoteFile]) -> str:
    lines = [f"{dataset.title} cannot be fetched automatically ({dataset.access})."]
    if dataset.access_note:
        lines.append(dataset.access_note)
    lines.append(f"Landing page: {dataset.landing_page}")
    for file in by_hand:
        note = f" ({file.note})" if file.note else ""
        lines.append(f"Put {file.name}{note} into {folder / file.into}")
    lines.append(f"Then run: hydrotl fetch {key}")
    return "\n".join(lines)


def _available(file: RemoteFile, folder: Path) -> bool:
    """Whether the file can be downloaded, is in the folder or was unpacked there."""
    if file.url is not None or (folder / file.path).is_file():
        return True
    record = read_ledger(folder).get(file.path)
    return record is not None and record.selection(file) is not None


def _obtain(file: RemoteFile, dataset: Dataset, folder: Path, progress: bool) -> None:
    """Download, check, record and unpack one file, as far as that was not done before."""
    path, ledger = folder / file.path, read_ledger(folder)
    if same_file(file.path) == same_file(LEDGER):
        raise DownloadError(f"{dataset.title}: no file may be called {LEDGER}, as the ledger is")
    old = ledger.get(file.path)
    unpacked = old.selection(file) if old and file.unpack else None
    faults = unpacked.faults(path.parent) if unpacked else []
    if unpacked and not faults and not path.exists():  # the archive was deleted to save space
        if unpacked.files is None:
            _warn(f"{path} was unpacked before hashes were kept: what became of it is not checked")
        return
    if faults:
        _warn(
            f"{len(faults)} file(s) of {path} are not as they were unpacked (first: {faults[0]}): "
            f"it is unpacked again; what was altered is kept under its name with {ALTERED}"
        )
    if file.url is None and not path.exists():
        raise DownloadError(
            f"{faults[0]}: fetch {file.name} from {dataset.landing_page} again and put it into "
            f"{path.parent}"
        )
    record = _checked(file, folder, old, progress)
    if record is not old:
        ledger |= {file.path: record}
        write_ledger(folder, ledger)
        unpacked = None
    if file.unpack and (faults or unpacked is None or unpacked.files is None):
        for left in path.parent.glob(f"{TEMPORARY}*"):
            shutil.rmtree(left)  # of a process that was killed
        files = unpack(
            path,
            file.unpack,
            path.parent,
            file.root,
            file.members,
            reserved=_reserved(dataset, folder),
            keep_altered=unpacked is not None,
        )
        write_ledger(folder, ledger | {file.path: record.with_unpacked(file, files)})


def _checked(
    file: RemoteFile, folder: Path, record: FileRecord | None, progress: bool
) -> FileRecord:
    """The record of a file, which is downloaded if absent and has the content that it should."""
    path = folder / file.path
    known = file.sha256 or (record.sha256 if record else None)
    fresh, answered = not path.exists(), None
    if fresh and file.url is not None:
        wanted = Wanted(file.url, known is not None, file.size, file.hosts)
        answered = download(wanted, path, progress)
    try:
        _check_kind(file, path)
        found = sha256_of(path)
        _check_content(file, folder, known, found, fresh)
    except DownloadError:
        if fresh:
            path.unlink()
        raise
    if record is not None and record.sha256 == found:
        return record
    return FileRecord(
        sha256=found,
        url=file.url,
        answered_by=None if answered == file.url else answered,
        recorded=dt.datetime.now(dt.UTC).date(),
    )


def _check_kind(file: RemoteFile, path: Path) -> None:
    """Refuse what a server sends instead of a file: nothing, or a page."""
    remedy = f"delete it, and fetch it with a browser from {file.url or 'the landing page'}"
    if file.unpack and not is_archive(path, file.unpack):
        raise DownloadError(
            f"{path} is not a {file.unpack} archive; the server may have sent an error or login "
            f"page: {remedy}"
        )
    with path.open("rb") as content:
        start = content.read(1000)
    if not start:
        raise DownloadError(f"{path} is empty: {remedy}")
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(_WEB_PAGE) and path.suffix.lower() not in (".html", ".htm"):
        raise DownloadError(
            f"{path} is a web page; the server may have sent an error or login page: {remedy}"
        )


def _check_content(
    file: RemoteFile, folder: Path, known: str | None, found: str, fresh: bool
) -> None:
    """Refuse another content than the manifest's, or than the first download had."""
    path = folder / file.path
    size = path.stat().st_size
    if file.size not in (None, size):
        raise DownloadError(
            f"{path} has {size} bytes, the manifest entry says {file.size}: delete it and fetch "
            "it again, or correct `size`"
        )
    if known in (None, found):
        return
    source = "data_manifest.yaml has" if file.sha256 else "the first download had"
    remedy = "correct `sha256`" if file.sha256 else f"delete the record '{file.path}'"
    raise DownloadError(
        f"{path} has sha256 {found}, {source} {known}: "
        f"{'it was not kept, try again' if fresh else 'delete the file and fetch it again'}. "
        "If the publisher replaced the file, check the new version, then "
        f"{remedy} in {'data_manifest.yaml' if file.sha256 else folder / LEDGER}"
    )


def _warn(text: str) -> None:
    warnings.warn(text, stacklevel=3)
