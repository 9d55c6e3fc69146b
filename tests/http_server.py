"""A real HTTP server on the loopback interface, for tests of downloading."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


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
            if asked and page.ranges and self.headers.get("If-Range") in (None, page.etag):
                found = re.fullmatch(r"bytes=(\d+)-", asked)
                start, status = (int(found[1]), 206) if found else (0, 200)
            body = page.body[start:]
            if start and not body:
                status = 416
            self.send_response(status)
            if page.location:
                self.send_header("Location", page.location)
            if page.etag:
                self.send_header("ETag", page.etag)
            if status == 206:
                last = len(page.body) - 1
                self.send_header("Content-Range", f"bytes {start}-{last}/{len(page.body)}")
            if status == 416:
                self.send_header("Content-Range", f"bytes */{len(page.body)}")
            self.send_header("Content-Type", page.content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            cut = page.cuts.pop(0) if page.cuts else len(body)
            self.wfile.write(body[:cut])
            if cut < len(body):
                self.wfile.flush()
                self.close_connection = True

        def handle(self) -> None:
            with suppress(ConnectionError):  # a client that gave up waiting
                super().handle()

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


@contextmanager
def serving() -> Iterator[Server]:
    """A server on a free loopback port, stopped at the end of the block."""
    stop = threading.Event()
    server = Server(url="")
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(server, stop)) as httpd:
        httpd.daemon_threads = True
        server.url = f"http://127.0.0.1:{httpd.server_port}"
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            stop.set()
            httpd.shutdown()
            thread.join()
