"""Where a number comes from: code version, data, device, date."""

from __future__ import annotations

import datetime as dt
import platform
import subprocess
from typing import Any

from hydrotl.paths import project_root
from hydrotl_core import __version__


def code_version() -> str:
    """Package version and, in a git checkout, the commit (``+`` if it has changes)."""
    root = project_root()
    if not (root / ".git").exists():  # a repository further up is not this project's
        return __version__
    try:
        git = ["git", "-C", str(root)]
        commit = subprocess.run(
            [*git, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=True
        ).stdout.strip()
        status = [*git, "status", "--porcelain", "--untracked-files=no", "--"]
        changed = subprocess.run(
            [*status, "hydrotl", "hydrotl_core"], capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return __version__
    return f"{__version__} {commit}{'+' if changed else ''}"


def today() -> str:
    """The date in UTC, as ``2026-11-25``."""
    return dt.datetime.now(dt.UTC).date().isoformat()


def machine() -> str:
    """Processor family, the instructions that torch uses of it, and the version of torch.

    Bits depend on all three.
    """
    import torch

    instructions = torch.backends.cpu.get_cpu_capability()
    return f"{platform.machine()} {instructions}, torch {torch.__version__}"


def provenance(device: str, seconds: float, code: str | None = None, **more: Any) -> dict[str, Any]:
    """The record stored with weights and results; ``code`` is the version, by default this one."""
    import torch

    return {
        "code": code or code_version(),
        "date": today(),
        "device": device if device == "cpu" else torch.cuda.get_device_name(),
        "machine": machine(),
        "seconds": round(seconds, 1),
        **more,
    }
