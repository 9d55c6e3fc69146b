"""Download over HTTP that continues where an earlier attempt stopped (pooch's starts anew)."""

from __future__ import annotations

import os
import time
from pathlib import Path

import requests
from tqdm import tqdm

from hydrotl_core import __version__
from hydrotl_core.errors import DownloadError

#: Seconds to connect, and seconds without a byte.
TIMEOUT = (20.0, 60.0)
ATTEMPTS = 5
#: Seconds before the second attempt, doubled before each further one.
PAUSE = 2.0

#: Answers after which another attempt may succeed.
_BUSY = (408, 429, 500, 502, 503, 504)


class _InterruptedError(Exception):
    """The server stopped early or is busy: another attempt may get further."""


def download(url: str, path: Path, hash_is_known: bool, progress: bool = True) -> None:
    """Download ``url`` to ``path``, by way of ``.<name>.part``, which a later call continues.

    Parameters
    ----------
    hash_is_known
        Whether the caller compares the whole file with a hash. If not, a partial file is continued
        only where the server proves (ETag, Last-Modified) that it is the same one.

    Raises
    ------
    DownloadError
        Naming the URL, the cause and what to do.
    """
    part = path.with_name(f".{path.name}.part")
    version = part.with_name(f"{part.name}.version")  # what the server calls this version
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(PAUSE * 2 ** (attempt - 1))
        try:
            _attempt(url, part, version, hash_is_known, progress)
        except _InterruptedError as error:
            last = error
        except requests.TooManyRedirects as error:
            raise DownloadError(f"{url} redirects in a circle: look for a new address") from error
        except requests.ReadTimeout:
            last = _InterruptedError(f"no answer for {TIMEOUT[1]:g} s")
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
            last = _InterruptedError(f"the connection failed or broke off ({_cause(error)})")
        except requests.RequestException as error:
            raise DownloadError(f"{url} cannot be fetched: {_cause(error)}") from error
        else:
            version.unlink(missing_ok=True)
            os.replace(part, path)
            return
    kept = part.stat().st_size if part.exists() else 0
    raise DownloadError(
        f"{url}: {last} ({ATTEMPTS} attempt(s)). Check the connection and run the same command "
        f"again: it continues after the {kept} bytes in {part}"
    )


def _attempt(url: str, part: Path, version: Path, hash_is_known: bool, progress: bool) -> None:
    # Offsets and sizes count the bytes of the file, not of a compressed transfer.
    headers = {"User-Agent": f"hydrotl/{__version__}", "Accept-Encoding": "identity"}
    offset = part.stat().st_size if part.exists() else 0
    same = version.read_text(encoding="ascii") if version.exists() else ""
    if offset and (same or hash_is_known):
        headers |= {"Range": f"bytes={offset}-"} | ({"If-Range": same} if same else {})
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
        _check_status(response, url)
        given = response.headers.get("Content-Range", "")
        if response.status_code == 416 and given == f"bytes */{offset}":
            return  # nothing after the last byte: complete
        if response.status_code != 206 or not given.startswith(f"bytes {offset}-"):
            part.unlink(missing_ok=True)
            version.unlink(missing_ok=True)
            if response.status_code in (206, 416):
                raise _InterruptedError(f"the server did not continue after {offset} bytes")
            offset = 0
            etag = response.headers.get("ETag", "")
            if not etag or etag.startswith("W/"):  # a weak one may stand for other bytes
                etag = response.headers.get("Last-Modified", "")
            part.parent.mkdir(parents=True, exist_ok=True)
            version.write_text(etag if etag.isascii() else "", encoding="ascii")
        length = response.headers.get("Content-Length", "")
        total = offset + int(length) if length.isdigit() else None
        name = part.name.removeprefix(".").removesuffix(".part")
        bar = tqdm(total=total, initial=offset, unit="B", unit_scale=True, disable=not progress)
        bar.set_description(name)
        with part.open("ab") as file, bar:
            for chunk in response.iter_content(1 << 18):
                file.write(chunk)
                bar.update(len(chunk))
    if total is not None and part.stat().st_size != total:
        raise _InterruptedError(f"{part.stat().st_size} of {total} bytes arrived")


def _check_status(response: requests.Response, url: str) -> None:
    for step in [*response.history, response]:
        if url.startswith("https:") and not step.url.startswith("https:"):
            raise DownloadError(f"{url} redirects to the unprotected {step.url}: not followed")
    status = response.status_code
    answer = f"{status} {response.reason}"
    if status in _BUSY:
        raise _InterruptedError(f"the server answered {answer}")
    if status in (401, 403):
        raise DownloadError(
            f"{url}: the server refused access ({answer}); fetch the file with a browser from the "
            "landing page, where an account or a licence may be asked for"
        )
    if status >= 400 and status != 416:
        raise DownloadError(
            f"{url}: {answer}; look for the file on the landing page and correct the url in "
            "data_manifest.yaml"
        )


def _cause(error: BaseException) -> str:
    """The innermost reason, which is the one a reader can act on."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return str(error) or type(error).__name__
