"""A real HTTP server on the loopback interface, for tests of downloading."""

from __future__ import annotations

import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal


@dataclass
class Page:
    """What the server does when a path is asked for."""

    body: bytes = b""
    status: int = 200
    location: str | None = None
    ranges: bool = True
    etag: str | None = '"1"'
    #: Bytes of the body after which the connection is closed, one entry per request.
    cuts: list[int] = field(default_factory=list)
    delay: float = 0.0
    content_type: str = "application/octet-stream"
    #: What is said of the length of the body: the truth, another number, nothing (the connection
    #: ends with the body), or the length of each chunk.
    length: Literal["right", "unsaid", "chunked"] | int = "right"
    #: Said of a part of the file instead of the truth; empty: nothing.
    content_range: str | None = None
    #: Whether a part is sent also of another version than the one that was asked for.
    heeds_version: bool = True
    #: Bytes at most in an answer to a request for a part.
    slices: int | None = None
    encoding: str | None = None


@dataclass
class Server:
    """Pages by path, and the ``Range`` header of every request in order."""

    url: str
    pages: dict[str, Page] = field(default_factory=dict)
    requests: list[tuple[str, str | None]] = field(default_factory=list)


def _handler(server: Server, stop: threading.Event) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = self.headers.get("Range")
            server.requests.append((self.path, asked))
            page = server.pages.get(self.path, Page(status=404))
            if page.delay:
                stop.wait(page.delay)
            start, status = 0, page.status
            version = self.headers.get("If-Range") if page.heeds_version else None
            if asked and page.ranges and version in (None, page.etag):
                found = re.fullmatch(r"bytes=(\d+)-", asked)
                start, status = (int(found[1]), 206) if found else (0, 200)
            body = page.body[start:]
            if start and not body:
                status = 416
            if status == 206 and page.slices:
                body = body[: page.slices]
            self.send_response(status)
            if page.location:
                self.send_header("Location", page.location)
            if page.etag:
                self.send_header("ETag", page.etag)
            if status == 206:
                truth = f"bytes {start}-{start + len(body) - 1}/{len(page.body)}"
                said = truth if page.content_range is None else page.content_range
                if said:
                    self.send_header("Content-Range", said)
            if page.encoding:
                self.send_header("Content-Encoding", page.encoding)
            if status == 416:
                self.send_header("Content-Range", f"bytes */{len(page.body)}")
            self.send_header("Content-Type", page.content_type)
            if page.length == "chunked":
                self.send_header("Transfer-Encoding", "chunked")
            elif page.length != "unsaid":
                self.send_header(
                    "Content-Length", str(len(body) if page.length == "right" else page.length)
                )
            self.end_headers()
            cut = page.cuts.pop(0) if page.cuts else len(body)
            if page.length == "chunked":
                half = cut // 2
                for piece in (body[:half], body[half:cut]):
                    self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                if cut == len(body):
                    self.wfile.write(b"0\r\n\r\n")
            else:
                self.wfile.write(body[:cut])
            if cut < len(body) or page.length not in ("right", "chunked"):
                self.wfile.flush()
                self.close_connection = True

        def handle(self) -> None:
            with suppress(ConnectionError):  # a client that gave up waiting
                super().handle()

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


@contextmanager
def serving(certificate: Path | None = None) -> Iterator[Server]:
    """A server on a free loopback port, stopped at the end of the block.

    With a ``certificate`` and its key in one file, it speaks HTTPS.
    """
    stop = threading.Event()
    server = Server(url="")
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(server, stop)) as httpd:
        httpd.daemon_threads = True
        server.url = f"http://127.0.0.1:{httpd.server_port}"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
            server.url = server.url.replace("http:", "https:")
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            stop.set()
            httpd.shutdown()
            thread.join()
