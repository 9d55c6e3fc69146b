"""The command line, run in this process."""

import sys

import pytest

from hydrotl.cli import main


def call(*words: str) -> int:
    """Run the entry point in this process and return its exit code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["hydrotl", *words])
        with pytest.raises(SystemExit) as end:
            main()
    return int(end.value.code or 0)
