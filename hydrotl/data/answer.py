"""One answer of a server: what it says of the file, and what it really sends.

Redirects are looked at before they are followed.
"""

from __future__ import annotations

import re
import select
import socket
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import requests

from hydrotl_core.errors import DownloadError

MOST_REDIRECTS = 20
RANGE = re.compile(r"bytes (\d{1,30})-(\d{1,30})/(\d{1,30}|\*)")

#: Answers after which another attempt may succeed.
_BUSY = (408, 429, 500, 502, 503, 504)
_CHUNK = 1 << 18

#: Seconds to wait for bytes beyond those that the server says.
_WAIT_FOR_MORE = 0.2


@dataclass(frozen=True)
class Wanted:
    """A file to download, and what is known of it.

    ``hash_is_known``: the caller compares the whole file with a hash. ``size`` is in bytes;
    ``hosts`` may answer besides that of the url, without any every host may.
    """

    url: str
    hash_is_known: bool = False
    size: int | None = None
    hosts: Sequence[str] = ()


class BrokeOffError(Exception):
    """The server stopped early or is busy: another attempt may get further."""


def answer(
    session: requests.Session,
    wanted: Wanted,
    headers: dict[str, str],
    timeout: tuple[float, float],
) -> requests.Response:
    """The answer to a request, after redirects that are checked before they are followed."""
    url = wanted.url
    for _ in range(MOST_REDIRECTS):
        response = session.get(
            url, headers=headers, stream=True, timeout=timeout, allow_redirects=False
        )
        target = session.get_redirect_target(response)
        if target is None:
            return response
        response.close()
        after = urljoin(url, target)
        _check_redirect(wanted, url, after)
        url = after
    raise DownloadError(f"{wanted.url} redirects in a circle: look for a new address")


def _check_redirect(wanted: Wanted, before: str, after: str) -> None:
    if before.startswith("https:") and not after.startswith("https:"):
        raise DownloadError(f"{wanted.url} redirects to the unprotected {after}: not followed")
    if not after.startswith(("https:", "http:")):
        raise DownloadError(f"{wanted.url} redirects to {after}, which is no web address")
    home, host = urlsplit(wanted.url).hostname, urlsplit(after).hostname
    if host == home or host in wanted.hosts:
        return
    if wanted.hosts:
        raise DownloadError(
            f"{wanted.url} redirects to {host}, which is not among `hosts` of the manifest entry "
            f"({', '.join(wanted.hosts)}): not followed. If the publisher moved the file, correct "
            "the entry"
        )
    if not wanted.hash_is_known:
        warnings.warn(
            f"{wanted.url} is answered by {host}; `hosts` in the manifest entry can say that this "
            "is right",
            stacklevel=2,
        )


def check_status(response: requests.Response, url: str) -> None:
    """Raise what an answer other than a file means."""
    status = response.status_code
    answer = f"{status} {response.reason}"
    if status in _BUSY:
        raise BrokeOffError(f"the server answered {answer}")
    if status in (401, 403):
        raise DownloadError(
            f"{url}: the server refused access ({answer}); fetch the file with a browser from the "
            "landing page, where an account or a licence may be asked for"
        )
    if status not in (200, 206, 416):
        raise DownloadError(
            f"{url}: {answer}; look for the file on the landing page and correct the url in "
            "data_manifest.yaml"
        )


def is_version(response: requests.Response, same: str) -> bool:
    """Whether an answer is of the version ``same``, as far as it says; none is any."""
    header = "ETag" if same.startswith('"') else "Last-Modified"
    return not same or response.headers.get(header, same) == same


def version_of(response: requests.Response) -> str:
    """What the server calls this version; nothing if only by a weak tag, which others share."""
    etag: str = response.headers.get("ETag", "")
    if not etag.startswith('"'):
        etag = response.headers.get("Last-Modified", "")
    return etag if etag.isascii() else ""


def is_encoded(response: requests.Response) -> bool:
    """Whether the bytes are compressed on their way, which was not asked for."""
    return response.headers.get("Content-Encoding", "identity").lower() not in ("", "identity")


def length_of(response: requests.Response, span: re.Match[str] | None) -> tuple[int | None, bool]:
    """Bytes of the file that are to come, if said, and whether a missing end would be noticed."""
    stated = response.headers.get("Content-Length", "")
    said = int(stated) if re.fullmatch("[0-9]{1,30}", stated) else None
    chunked = "chunked" in response.headers.get("Transfer-Encoding", "").lower()
    if is_encoded(response):
        return None, chunked or said is not None  # the length is that of the compressed bytes
    if span is None:
        return (None, True) if chunked else (said, said is not None)
    part = int(span[2]) - int(span[1]) + 1
    if part < 0 or said not in (None, part):
        raise BrokeOffError(f"the server sends {stated} bytes as {span[0]}")
    return part, True


def body_of(response: requests.Response, length: int | None) -> Iterator[bytes]:
    """The bytes of the body; an error if more follow than the server says."""
    if length is None:
        yield from response.iter_content(_CHUNK)
        return
    while length > 0:
        if length == 1 and _more_follows(response):
            raise DownloadError(
                f"{response.url} sends more bytes than it says: what is said may be wrong, and "
                "the file not whole. Fetch it with a browser from the landing page"
            )
        # All but the last byte: a look at what follows it is possible only before it is taken.
        chunk = next(response.iter_content(min(_CHUNK, length - 1) or 1), b"")
        if not chunk:
            return
        length -= len(chunk)
        yield chunk


def _more_follows(response: requests.Response) -> bool:
    """Whether the connection brings more than one further byte, as far as one can see."""
    raw = getattr(response.raw, "_original_response", None)
    try:
        if raw is None or len(raw.peek(2)) > 1:
            return raw is not None
        # What follows may still be in the socket: a peek reads no further than what is buffered.
        connection = raw.fp.raw._sock
        readable, _, _ = select.select([connection], [], [], _WAIT_FOR_MORE)
        return bool(readable) and connection.recv(1, socket.MSG_PEEK) != b""
    except (AttributeError, OSError, ValueError):
        return False
