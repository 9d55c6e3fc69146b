"""Fetch the files of a data set as its manifest entry describes them.

Open files are downloaded with pooch, checked and unpacked. Files behind a registration are
fetched by hand: the error says which, from where and into which folder; once they lie there,
the same call checks and unpacks them.
"""

from __future__ import annotations

import importlib.util
from functools import partial
from pathlib import Path, PurePosixPath

import pooch

from hydrotl.data.catalog import dataset_folder
from hydrotl.data.ledger import (
    LEDGER_NAME,
    check_and_record,
    is_unpacked,
    read_ledger,
    record_unpacked,
)
from hydrotl.data.manifest import Dataset, Manifest, RemoteFile, load_manifest
from hydrotl.data.transport import resuming_downloader
from hydrotl.data.unpack import is_archive, unpack
from hydrotl_core.errors import DownloadError


def fetch(
    dataset_key: str,
    manifest: Manifest | None = None,
    dest: Path | None = None,
    *,
    progress: bool = True,
    timeout: tuple[float, float] = (20.0, 60.0),
    attempts: int = 5,
    pause: float = 2.0,
) -> Path:
    """Fetch, check and unpack the files of a data set; what is there already is only checked.

    Parameters
    ----------
    dataset_key
        Key in the manifest.
    manifest
        By default the project's ``data_manifest.yaml``.
    dest
        Folder of the data set; by default its ``folder`` in the data folder
        (``HYDROTL_DATA``).
    progress
        Show a progress bar.
    timeout, attempts, pause
        See :func:`hydrotl.data.transport.resuming_downloader`.

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
        return _inside_package(dataset, dataset.package)
    folder = dataset_folder(dataset) if dest is None else Path(dest)
    if dataset.access == "local":
        return _present(dataset_key, dataset, folder)
    by_hand = [file for file in dataset.files if not _available(file, folder)]
    if by_hand or not dataset.files:
        raise DownloadError(instructions(dataset_key, dataset, folder, by_hand))
    get = partial(
        _download,
        folder=folder,
        progress=progress,
        timeout=timeout,
        attempts=attempts,
        pause=pause,
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in dataset.files:
            _obtain(file, folder, get)
    except OSError as error:
        raise DownloadError(
            f"{folder}: {error}. Make room or give write access, or set HYDROTL_DATA to another "
            "folder"
        ) from error
    return folder


def instructions(
    dataset_key: str, dataset: Dataset, folder: Path, by_hand: list[RemoteFile]
) -> str:
    """What a user has to do to obtain ``by_hand``, step by step."""
    lines = [f"{dataset.title} cannot be fetched automatically ({dataset.access})."]
    if dataset.access_note:
        lines.append(dataset.access_note)
    lines.append(f"Landing page: {dataset.landing_page}")
    for file in by_hand:
        note = f" ({file.note})" if file.note else ""
        lines.append(f"Put {file.name}{note} into {folder / file.into}")
    lines.append(f"Then run: hydrotl fetch {dataset_key}")
    return "\n".join(lines)


def _inside_package(dataset: Dataset, package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise DownloadError(
            f"{dataset.title}: the data come with the Python package '{package}', which is not "
            f"installed. {dataset.access_note}"
        )
    return Path(spec.origin).parent / dataset.folder


def _present(dataset_key: str, dataset: Dataset, folder: Path) -> Path:
    if not folder.is_dir():
        raise DownloadError(
            f"'{dataset_key}' are files of your own, there is nothing to download: put them into "
            f"{folder}, or correct `folder` in the manifest entry. {dataset.access_note or ''}"
        )
    return folder


def _name(file: RemoteFile) -> str:
    """The file's path in the data set's folder."""
    return str(PurePosixPath(file.into) / file.name)


def _selection(file: RemoteFile) -> list[str]:
    return [file.root, *file.members]


def _available(file: RemoteFile, folder: Path) -> bool:
    """Whether the file can be downloaded, lies in the folder or was unpacked there."""
    name = _name(file)
    return (
        file.url is not None
        or (folder / name).is_file()
        or is_unpacked(folder, name, _selection(file))
    )


def _obtain(file: RemoteFile, folder: Path, get: partial[None]) -> None:
    """Fetch, check, record and unpack one file, as far as that was not done before."""
    name, selection = _name(file), _selection(file)
    path = folder / name
    done = file.unpack is not None and is_unpacked(folder, name, selection)
    if done and not path.exists():
        return  # the archive was deleted to save space
    if not path.exists():
        get(file)
    if file.unpack and not is_archive(path, file.unpack):
        if file.url:
            path.unlink()
        raise DownloadError(
            f"{path} is not a {file.unpack} archive; the server may have sent an error or login "
            f"page: fetch it with a browser from {file.url or 'the landing page'}"
        )
    check_and_record(folder, name, file.sha256, file.url)
    if file.unpack and not is_unpacked(folder, name, selection):
        unpack(path, file.unpack, folder / file.into, file.root, file.members)
        record_unpacked(folder, name, selection)


def _download(
    file: RemoteFile,
    folder: Path,
    progress: bool,
    timeout: tuple[float, float],
    attempts: int,
    pause: float,
) -> None:
    name = _name(file)
    known = file.sha256 or read_ledger(folder).get(name, {}).get("sha256")
    place = folder / file.into
    downloader = resuming_downloader(
        place / f".{file.name}.part",
        hash_is_known=known is not None,
        timeout=timeout,
        attempts=attempts,
        pause=pause,
        progress=progress,
    )
    source = pooch.create(
        path=place, base_url="", registry={file.name: known}, urls={file.name: file.url}
    )
    try:
        source.fetch(file.name, downloader=downloader)
    except DownloadError:
        raise
    except ValueError as error:
        raise DownloadError(
            f"{file.url} did not have the sha256 {known} and was not kept ({error}). Try again; "
            "if the publisher replaced the file, check the new version, then correct `sha256` in "
            f"data_manifest.yaml or delete the record '{name}' in {folder / LEDGER_NAME}"
        ) from error
