"""One way to start a browser for tests, which asks nobody for anything of its own, and to visit."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium() -> Iterator[Any]:
    """A running Chromium; a skip where there is none."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("browser: no Chromium (Debian: apt-get install chromium)")
    api = pytest.importorskip("playwright.sync_api", reason="browser: playwright is not installed")
    with api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield running
        running.close()


def wait_for(page: Any, expression: str) -> None:
    """Wait until ``expression`` holds, by the clock: Playwright's own way asks at each frame.

    A headless browser beside busy processors may draw no further frame, and nothing ends.
    """
    page.wait_for_function(expression, polling=100)


def press(page: Any, selector: str) -> None:
    """Press a button as by keyboard; a click waits for frames (see `wait_for`)."""
    page.press(selector, "Enter")


class Visit:
    """Pages opened as files with no network, what they asked of hosts, and their complaints."""

    def __init__(self, browser: Any, width: int = 1280, scheme: str = "dark") -> None:
        self.context = browser.new_context(
            offline=True, viewport={"width": width, "height": 900}, color_scheme=scheme
        )
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.page = self.context.new_page()
        self.page.on("request", lambda request: self._note(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", self._failed)
        self.page.on("console", self._said)

    def _failed(self, request: Any) -> None:
        # Leaving a page aborts what it was still loading: no fault of the page.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"{request.url}: {request.failure}")

    def _note(self, url: str) -> None:
        if not url.startswith(("file:", "data:", "blob:")):
            self.asked.append(url)

    def _said(self, message: Any) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def open(self, path: Path) -> Any:
        """The page at ``path``, loaded, with the figures drawn that are in view."""
        self.page.goto(path.as_uri())
        self.page.wait_for_load_state("load")
        wait_for(self.page, "document.documentElement.dataset.figures !== 'drawing'")
        return self.page
