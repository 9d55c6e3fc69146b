"""Command line: ``hydrotl COMMAND`` or ``python -m hydrotl COMMAND``."""

from __future__ import annotations

import warnings

from hydrotl.cli.ending import ending
from hydrotl_core.errors import DoubtfulData


def main() -> None:
    """Entry point: an expected error is one clear line, not a traceback."""
    with ending():
        from hydrotl.cli.app import app  # here, so that Ctrl-C while it is imported is no traceback

        warnings.simplefilter("once", DoubtfulData)  # several steps of a command may find it
        app()
