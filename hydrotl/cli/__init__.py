"""Command line: ``hydrotl COMMAND`` or ``python -m hydrotl COMMAND``."""

from __future__ import annotations

from hydrotl.cli.ending import ending


def main() -> None:
    """Entry point: an expected error is one clear line, not a traceback."""
    with ending():
        from hydrotl.cli.app import app  # here, so that Ctrl-C while it is imported is no traceback

        app()
