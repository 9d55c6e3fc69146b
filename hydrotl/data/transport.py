"""HTTP download that continues where an earlier attempt stopped, for use with pooch."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
from tqdm import tqdm

from hydrotl_core import __version__
from hydrotl_core.errors import DownloadError

_CHUNK = 1 << 18
_AGAIN_STATUS = (408, 429, 500, 502, 503, 504)
_INTERRUPTED = (
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ConnectionError,
)


class _InterruptedError(Exception):
    """The server stopped early or is busy: another attempt may get further."""


def resuming_downloader(
    partial: Path,
    *,
    hash_is_known: bool,
    timeout: tuple[float, float] = (20.0, 60.0),
    attempts: int = 5,
    pause: float = 2.0,
    progress: bool = True,
) -> Callable[[str, str, Any], None]:
    """A downloader for :meth:`pooch.Pooch.fetch` that keeps and continues a partial file.

    Parameters
    ----------
    partial
        Where the bytes are collected; it stays after a failure and the next call continues it.
    hash_is_known
        Whether the whole file is compared with a hash afterwards. If not, a partial file is
        continued only where the server proves (ETag, Last-Modified) that it is the same one.
    timeout
        Seconds to connect, and seconds without a byte.
    attempts, pause
        Number of attempts, and seconds before the second (doubled before each further one).
    progress
        Show a progress bar.

    Returns
    -------
    callable
        ``downloader(url, output_file, pooch)``; raises DownloadError naming the URL, the cause
        and what to do.
    """

    def download(url: str, output_file: str, _: Any) -> None:
        partial.parent.mkdir(parents=True, exist_ok=True)
        for attempt in range(attempts):
            if attempt:
                time.sleep(pause * 2 ** (attempt - 1))
            try:
                _attempt(url, partial, hash_is_known, timeout, progress)
            except _InterruptedError as error:
                last = error
            else:
                _validator(partial).unlink(missing_ok=True)
                os.replace(partial, output_file)
                return
        kept = partial.stat().st_size if partial.exists() else 0
        raise DownloadError(
            f"{url}: {last} ({attempts} attempt(s)). Check the connection and run the same "
            f"command again: it continues after the {kept} bytes in {partial}"
        )

    return download


def _attempt(
    url: str, partial: Path, hash_is_known: bool, timeout: tuple[float, float], progress: bool
) -> None:
    headers = {
        "User-Agent": f"hydrotl/{__version__}",
        # Offsets and sizes count the bytes of the file, not of a compressed transfer.
        "Accept-Encoding": "identity",
    }
    offset = partial.stat().st_size if partial.exists() else 0
    validator = _read_validator(partial)
    if offset and (validator or hash_is_known):
        headers["Range"] = f"bytes={offset}-"
        if validator:
            headers["If-Range"] = validator
    try:
        with requests.get(url, headers=headers, stream=True, timeout=timeout) as response:
            _check_status(response, url)
            if response.status_code == requests.codes.requested_range_not_satisfiable:
                # Nothing after the last byte: complete, unless the sizes differ.
                if response.headers.get("Content-Range") != f"bytes */{offset}":
                    _discard(partial)
                    raise _InterruptedError("the partial file did not fit the file on the server")
                return
            start = _start(response)
            if start not in (0, offset):
                _discard(partial)
                raise _InterruptedError(f"the server continued at byte {start}, not {offset}")
            _save(response, partial, start, progress)
    except requests.exceptions.TooManyRedirects as error:
        raise DownloadError(f"{url} redirects in a circle: look for a new address") from error
    except requests.exceptions.ConnectTimeout as error:
        raise _InterruptedError(f"no connection within {timeout[0]:g} s") from error
    except requests.exceptions.ReadTimeout as error:
        raise _InterruptedError(f"no answer for {timeout[1]:g} s") from error
    except _INTERRUPTED as error:
        raise _InterruptedError(f"the connection failed or broke off ({_cause(error)})") from error
    except requests.exceptions.RequestException as error:
        raise DownloadError(f"{url} cannot be fetched: {_cause(error)}") from error


def _check_status(response: requests.Response, url: str) -> None:
    status = response.status_code
    if url.startswith("https:") and not response.url.startswith("https:"):
        raise DownloadError(f"{url} redirects to the unprotected {response.url}: not followed")
    if status in _AGAIN_STATUS:
        raise _InterruptedError(f"the server answered {status} {response.reason}")
    if status in (401, 403):
        raise DownloadError(
            f"{url}: the server refused access ({status} {response.reason}); fetch the file with "
            "a browser from the landing page, where an account or a licence may be asked for"
        )
    if status >= 400 and status != requests.codes.requested_range_not_satisfiable:
        raise DownloadError(
            f"{url}: {status} {response.reason}; look for the file on the landing page and "
            "correct the url in data_manifest.yaml"
        )


def _start(response: requests.Response) -> int:
    """First byte of the body."""
    if response.status_code != requests.codes.partial_content:
        return 0
    match = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return int(match[1]) if match else -1


def _total(response: requests.Response, start: int) -> int | None:
    """Size of the whole file, if the server says it."""
    match = re.search(r"/(\d+)$", response.headers.get("Content-Range", ""))
    if match:
        return int(match[1])
    length = response.headers.get("Content-Length", "")
    return start + int(length) if length.isdigit() else None


def _save(response: requests.Response, partial: Path, start: int, progress: bool) -> None:
    total = _total(response, start)
    if start == 0:
        _discard(partial)
        _write_validator(response, partial)
    with (
        partial.open("ab") as file,
        tqdm(
            total=total,
            initial=start,
            unit="B",
            unit_scale=True,
            desc=partial.name.removeprefix(".").removesuffix(".part"),
            disable=not progress,
        ) as bar,
    ):
        for chunk in response.iter_content(_CHUNK):
            file.write(chunk)
            bar.update(len(chunk))
    size = partial.stat().st_size
    if total is not None and size != total:
        if size > total:
            _discard(partial)
        raise _InterruptedError(f"{size} of {total} bytes arrived")


def _validator(partial: Path) -> Path:
    return partial.with_name(f"{partial.name}.version")


def _read_validator(partial: Path) -> str | None:
    try:
        return _validator(partial).read_text(encoding="ascii").strip() or None
    except FileNotFoundError:
        return None


def _write_validator(response: requests.Response, partial: Path) -> None:
    version = response.headers.get("ETag", "")
    # A weak ETag may stand for another sequence of bytes: it cannot guard a continuation.
    if not version or version.startswith("W/"):
        version = response.headers.get("Last-Modified", "")
    if version.isascii():
        _validator(partial).write_text(version, encoding="ascii")


def _discard(partial: Path) -> None:
    partial.unlink(missing_ok=True)
    _validator(partial).unlink(missing_ok=True)


def _cause(error: BaseException) -> str:
    """The innermost reason, which is the one a reader can act on."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return str(error) or type(error).__name__
