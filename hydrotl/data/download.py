"""Fetch the files of a data set as its manifest entry describes them.

Open files are downloaded, resumed where a download broke off, checked and unpacked.
Files behind a registration are fetched by hand: the error says which, from where and into which
folder; once they are there, the same call checks and unpacks them.

Few publishers state a sha256. The hash of the first download is recorded in ``checksums.json``
beside the files; from then on another content is an error, not a silent change of the data.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
from pathlib import Path

import pooch
from pydantic import BaseModel, Field, TypeAdapter

from hydrotl.data.catalog import dataset_folder
from hydrotl.data.manifest import Dataset, Manifest, RemoteFile, load_manifest
from hydrotl.data.transport import download
from hydrotl.data.unpack import is_archive, unpack
from hydrotl_core.errors import DownloadError
from hydrotl_core.files import replacing

LEDGER = "checksums.json"


class FileRecord(BaseModel):
    """Hash of a file, where and when it was fetched, and what was unpacked of it."""

    sha256: str
    url: str | None = None
    recorded: dt.date | None = None
    unpacked: list[list[str]] = Field([], description="of an archive: [root, *members] each time")

    def has_unpacked(self, file: RemoteFile) -> bool:
        """Whether this selection of the archive was unpacked."""
        return [file.root, *file.members] in self.unpacked


_LEDGER = TypeAdapter(dict[str, FileRecord])


def fetch(
    dataset_key: str,
    manifest: Manifest | None = None,
    dest: Path | None = None,
    progress: bool = True,
) -> Path:
    """Fetch, check and unpack the files of a data set; files already there are only checked.

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
    by_hand = [file for file in dataset.files if not _available(file, folder)]
    if by_hand or not dataset.files:
        raise DownloadError(_instructions(dataset_key, dataset, folder, by_hand))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in dataset.files:
            _obtain(file, folder, progress)
    except OSError as error:
        raise DownloadError(
            f"{folder}: {error}. Make room or give write access, or set HYDROTL_DATA to another "
            "folder"
        ) from error
    return folder


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
    record = _read_ledger(folder).get(file.path)
    return record is not None and record.has_unpacked(file)


def _obtain(file: RemoteFile, folder: Path, progress: bool) -> None:
    """Download, check, record and unpack one file, as far as that was not done before."""
    path, ledger = folder / file.path, _read_ledger(folder)
    record = ledger.get(file.path)
    known = file.sha256 or (record.sha256 if record else None)
    if file.unpack and record and record.has_unpacked(file) and not path.exists():
        return  # the archive was deleted to save space
    fresh = file.url is not None and not path.exists()
    if file.url is not None and fresh:
        download(file.url, path, known is not None, progress)
    if file.unpack and not is_archive(path, file.unpack):
        if file.url:
            path.unlink()
        raise DownloadError(
            f"{path} is not a {file.unpack} archive; the server may have sent an error or login "
            f"page: fetch it with a browser from {file.url or 'the landing page'}"
        )
    found = pooch.file_hash(str(path), alg="sha256")
    if known not in (None, found):
        if fresh:
            path.unlink()
        source = "data_manifest.yaml has" if file.sha256 else "the first download had"
        remedy = "correct `sha256`" if file.sha256 else f"delete the record '{file.path}'"
        raise DownloadError(
            f"{path} has sha256 {found}, {source} {known}: "
            f"{'it was not kept, try again' if fresh else 'delete the file and fetch it again'}. "
            "If the publisher replaced the file, check the new version, then "
            f"{remedy} in {'data_manifest.yaml' if file.sha256 else folder / LEDGER}"
        )
    if record is None or record.sha256 != found:
        record = FileRecord(sha256=found, url=file.url, recorded=dt.datetime.now(dt.UTC).date())
        _write_ledger(folder, ledger | {file.path: record})
    if file.unpack and not record.has_unpacked(file):
        unpack(path, file.unpack, folder / file.into, file.root, file.members)
        record.unpacked.append([file.root, *file.members])
        _write_ledger(folder, ledger | {file.path: record})


def _read_ledger(folder: Path) -> dict[str, FileRecord]:
    path = folder / LEDGER
    try:
        return _LEDGER.validate_json(path.read_bytes()) if path.exists() else {}
    except (OSError, ValueError) as error:
        raise DownloadError(
            f"{path} does not map file names to records: restore or delete it ({error})"
        ) from error


def _write_ledger(folder: Path, ledger: dict[str, FileRecord]) -> None:
    with replacing(folder / LEDGER) as temporary:
        temporary.write_bytes(_LEDGER.dump_json(dict(sorted(ledger.items())), indent=1) + b"\n")
