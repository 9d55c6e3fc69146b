"""The live page: one member and all over ten years of a river, in Chromium.

    python -m benchmarks.live

Writes `live.json`: seconds of one member, of all members in workers side by side, of all
members with the output layer fitted, and of one member without WebAssembly. Each is from the call
in the page to its answer: inputs are derived, the first year is run twice to bring the state up,
messages go to and from the workers. The members are loaded before. Needs playwright and Chromium,
no data.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.common import environment, in_turns, options, summary, write_result
from hydrotl.book.live import SOURCE, write_live
from hydrotl.paths import project_root

DAYS = 3650
SETUP = """(days) => {
    const prcp = Float64Array.from({length: days}, (_, t) => Math.max(0, 12 * Math.sin(1.7 * t)));
    const tmin = Float64Array.from({length: days}, (_, t) => 4 - 8 * Math.cos(t / 58.13));
    const tmax = tmin.map((low) => low + 9);
    const river = {start: 7305, prcp, tmin, tmax, latitude: 46, area: 200};
    window.task = {river};
    window.timed = async (run) => {
        const began = performance.now();
        await run();
        return (performance.now() - began) / 1000;
    };
    return window.timed(() => hydrotlLive.crew.all(window.task));
}"""
ROWS = {
    "one member": "crew.run(0, task)",
    "all members": "crew.all(task)",
    "all members, fitted": (
        "crew.all({...task, flow: task.river.prcp, fit: [0, task.river.prcp.length], "
        "penalty: 0.003})"
    ),
    "one member, no WebAssembly": "crew.run(0, {...task, wasm: false})",
}


def site(folder: Path) -> Path:
    """The page without the book around it."""
    static = project_root() / "book" / "_live"
    write_live(folder / "_live", static, project_root() / "weights" / SOURCE)
    body = (static / "page.html").read_text(encoding="utf-8")
    path = folder / "live.html"
    path.write_text(f'<!doctype html><meta charset="utf-8">{body}', encoding="utf-8")
    return path


def measure(page: Page, call: str) -> Callable[[], float]:
    """Seconds of a call in the page."""
    return lambda: float(page.evaluate(f"() => timed(() => hydrotlLive.{call})"))


def main() -> None:
    """Measure and write."""
    args = options(__doc__).parse_args()
    surroundings: dict[str, Any] = environment("cpu")
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise SystemExit("no Chromium (Debian: apt-get install chromium)")
    folder = Path(tempfile.mkdtemp())
    try:
        path = site(folder)
        with sync_playwright() as playwright:
            flags = ["--no-sandbox", "--disable-gpu"]
            browser = playwright.chromium.launch(executable_path=program, args=flags)
            page = browser.new_page()
            page.set_default_timeout(600_000)
            page.goto(path.as_uri())
            surroundings["browser"] = f"Chromium {browser.version}"
            page.evaluate(SETUP, DAYS)
            members = page.evaluate("() => hydrotlLive.headers.size")
            rows = {name: measure(page, call) for name, call in ROWS.items()}
            seconds = in_turns(rows, args.repeats)
            browser.close()
    finally:
        shutil.rmtree(folder)
    for name, values in seconds.items():
        print(f"{name:30} {summary(values)['median']:7.2f} s")
    record = {
        "environment": surroundings,
        "days": DAYS,
        "lead_days": 365,
        "members": members,
        "rows": {name: {"seconds": summary(values)} for name, values in seconds.items()},
    }
    write_result(args.results, "live", record)


if __name__ == "__main__":
    main()
