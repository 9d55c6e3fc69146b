"""Access of tests to the published data, which are no part of the project."""

from pathlib import Path

import pytest

from hydrotl.paths import data_dir


def real(relative: str) -> Path:
    """Path below the data folder; the test is skipped, with the reason, if it is absent."""
    path = data_dir() / relative
    if not path.exists():
        pytest.skip(f"data: {path} is absent (HYDROTL_DATA names the data folder)")
    return path
