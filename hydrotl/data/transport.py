"""Download over HTTP that continues where an earlier attempt stopped (pooch's starts anew).

What a server says of a file is compared with what it sends: lengths, ranges, versions, and where
it redirects to. Redirects are looked at before they are followed.
"""

from __future__ import annotations

import os
import shutil
import time
import warnings
from pathlib import Path

import requests
from tqdm import tqdm

from hydrotl.data.answer import (
    RANGE,
    BrokeOffError,
    Wanted,
    answer,
    body_of,
    check_status,
    is_encoded,
    is_version,
    length_of,
    version_of,
)
from hydrotl.data.unpack import sha256_of
from hydrotl_core import __version__
from hydrotl_core.errors import DownloadError

#: Seconds to connect, and seconds without a byte.
TIMEOUT = (20.0, 60.0)
ATTEMPTS = 5
#: Seconds before the second attempt, doubled before each further one.
PAUSE = 2.0
#: Bytes that are taken from a server that does not say how many there are.
MOST_UNSAID = 100_000_000_000


def download(wanted: Wanted, path: Path, progress: bool = True) -> str:
    """Download to ``path``, by way of ``.<name>.part``, which a later call continues.

    A partial file is continued only where its hash is known or the server proves (ETag,
    Last-Modified) that it is the same one. If the server does not say how long the file is and
    nothing else is known of it, it is fetched until it has come twice alike.

    Returns
    -------
    str
        The address that answered.

    Raises
    ------
    DownloadError
        Naming the URL, the cause and what to do.
    """
    url, part, version = wanted.url, *partial_files(path)
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(PAUSE * 2 ** (attempt - 1))
        try:
            answered = _whole(wanted, part, version, progress)
        except BrokeOffError as error:
            last = error
        except requests.ReadTimeout:
            last = BrokeOffError(f"no answer for {TIMEOUT[1]:g} s")
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
            last = BrokeOffError(f"the connection failed or broke off ({_cause(error)})")
        except requests.RequestException as error:
            raise DownloadError(f"{url} cannot be fetched: {_cause(error)}") from error
        else:
            version.unlink(missing_ok=True)
            os.replace(part, path)
            return answered
    kept = part.stat().st_size if part.exists() else 0
    raise DownloadError(
        f"{url}: {last} ({ATTEMPTS} attempt(s)). Check the connection and run the same command "
        f"again: it continues after the {kept} bytes in {part}"
    )


def partial_files(path: Path) -> tuple[Path, Path]:
    """Where the bytes so far are kept, and what the server calls this version of them."""
    part = path.with_name(f".{path.name}.part")
    return part, part.with_name(f"{part.name}.version")


def _whole(wanted: Wanted, part: Path, version: Path, progress: bool) -> str:
    """Attempts until the file is known to be whole, or has come twice alike."""
    seen = None
    for _ in range(3):
        answered, whole = _attempt(wanted, part, version, progress)
        if whole or wanted.hash_is_known:
            return answered
        found = sha256_of(part)
        if found == seen:
            warnings.warn(
                f"{wanted.url}: the server does not say how long the file is. It came twice with "
                f"the same {part.stat().st_size} bytes, and is taken as whole; `size` or `sha256` "
                "in the manifest entry would prove it",
                stacklevel=2,
            )
            return answered
        seen = found
    raise BrokeOffError("the server does not say how long the file is, and it came differently")


def _attempt(wanted: Wanted, part: Path, version: Path, progress: bool) -> tuple[str, bool]:
    """One request; who answered, and whether the file is known to be whole."""
    # Offsets and sizes count the bytes of the file, not of a compressed transfer.
    headers = {"User-Agent": f"hydrotl/{__version__}", "Accept-Encoding": "identity"}
    offset, same = _continuable(part, version)
    if offset and (same or wanted.hash_is_known):
        headers |= {"Range": f"bytes={offset}-"} | ({"If-Range": same} if same else {})
    else:
        offset, same = 0, ""
    with requests.Session() as session, answer(session, wanted, headers, TIMEOUT) as response:
        check_status(response, wanted.url)
        ours, given = is_version(response, same), response.headers.get("Content-Range", "")
        if offset and ours and response.status_code == 416 and given == f"bytes */{offset}":
            return response.url, True  # nothing after the last byte
        span = RANGE.fullmatch(given) if response.status_code == 206 else None
        fits = span is not None and int(span[1]) == offset and ours and not is_encoded(response)
        if response.status_code in (206, 416) and not fits:
            _forget(part, version)
            raise BrokeOffError(f"the server did not continue after {offset} bytes")
        if not span:
            offset = 0
        try:
            length, framed = length_of(response, span)
        except BrokeOffError:
            _forget(part, version)  # or the same would be asked for again
            raise
        there = None if length is None else offset + length
        whole = int(span[3]) if span and span[3] != "*" else there
        part.parent.mkdir(parents=True, exist_ok=True)
        _check_length(wanted, part.parent, offset, whole)
        if not offset:
            _forget(part, version)
            version.write_text(version_of(response), encoding="ascii")
        most = wanted.size or (_most_unsaid(part) if whole is None else whole)
        try:
            _receive(response, part, length, most, progress)
        except (DownloadError, requests.RequestException) as error:
            if isinstance(error, DownloadError) or is_encoded(response):
                _forget(part, version)  # what was compressed on its way cannot be continued
            raise
    arrived = part.stat().st_size
    if arrived != (arrived if whole is None else whole):
        raise BrokeOffError(f"{arrived} of {whole} bytes arrived")
    if arrived != (wanted.size or arrived):
        _forget(part, version)
        raise BrokeOffError(f"{arrived} of {wanted.size} bytes arrived")
    return response.url, framed or wanted.size is not None


def _continuable(part: Path, version: Path) -> tuple[int, str]:
    """Bytes that are there, and what the server called their version."""
    size = part.stat().st_size if part.exists() else 0
    same = version.read_text("ascii", "replace") if version.exists() else ""
    return size, same if same.isascii() and same.isprintable() else ""


def _receive(
    response: requests.Response, part: Path, length: int | None, most: int, progress: bool
) -> None:
    """Append the body to ``part``, of ``length`` bytes if said, up to ``most`` in all."""
    size = part.stat().st_size if part.exists() else 0
    total = None if length is None else size + length
    bar = tqdm(total=total, initial=size, unit="B", unit_scale=True, disable=not progress)
    bar.set_description(part.name.removeprefix(".").removesuffix(".part"))
    with part.open("ab") as file, bar:
        for chunk in body_of(response, length):
            size += len(chunk)
            if size > most:
                raise DownloadError(
                    f"{response.url}: more came than the {most} bytes that were said or may come: "
                    "not kept. Look for the file on the landing page"
                )
            file.write(chunk)
            bar.update(len(chunk))


def _check_length(wanted: Wanted, folder: Path, offset: int, whole: int | None) -> None:
    """Refuse a file of another size than the manifest's, or too large for the disk."""
    if wanted.size is not None and whole not in (None, wanted.size):
        raise DownloadError(
            f"{wanted.url} has {whole} bytes, the manifest entry says {wanted.size}: if the "
            "publisher replaced the file, check the new version and correct `size`"
        )
    free = shutil.disk_usage(folder).free
    if whole is not None and whole - offset > free:
        raise DownloadError(
            f"{wanted.url} has {whole / 1e9:.1f} GB, {folder} has {free / 1e9:.1f} GB free: "
            "make room, or set HYDROTL_DATA to a larger disk"
        )


def _most_unsaid(part: Path) -> int:
    """Bytes to take where nothing says how many there are: never the whole disk."""
    return min(MOST_UNSAID, shutil.disk_usage(part.parent).free // 2)


def _forget(part: Path, version: Path) -> None:
    part.unlink(missing_ok=True)
    version.unlink(missing_ok=True)


def _cause(error: BaseException) -> str:
    """The innermost reason, which is the one a reader can act on."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return str(error) or type(error).__name__
