"""Time `make book` and `make test` in a fresh clone with empty caches.

    python benchmarks/fresh_clone.py

Writes `benchmarks/fresh_clone.json`: seconds of installing, of the notebooks and the book, and
of the tests, with the machine they were measured on. Data are switched off: this is what a
newcomer waits for.
"""

import datetime as dt
import json
import os
import platform
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def timed(command: list[str], folder: Path, environment: dict[str, str]) -> float:
    """Run ``command`` in ``folder``; its wall time in seconds."""
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True)
    return round(time.perf_counter() - began, 1)


def main() -> None:
    """Clone, install, build, test; write the record."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True
    ).stdout.strip()
    with tempfile.TemporaryDirectory() as name:
        clone = Path(name) / "hydrotl"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        environment = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("HYDROTL_", "VIRTUAL_ENV", "PYTHON"))
        }
        environment |= {
            "PIP_CACHE_DIR": str(Path(name) / "pip"),
            "XDG_CACHE_HOME": str(Path(name) / "cache"),
        }
        seconds = {
            "install": timed(["make", "install"], clone, environment),
            "notebooks and book": timed(["make", "book"], clone, environment),
            "tests": timed(["make", "test"], clone, environment),
        }
    record = {
        "seconds": seconds,
        "make book in all": round(seconds["install"] + seconds["notebooks and book"], 1),
        "code": commit,
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}",
    }
    path = ROOT / "benchmarks" / "fresh_clone.json"
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=1))


if __name__ == "__main__":
    main()
