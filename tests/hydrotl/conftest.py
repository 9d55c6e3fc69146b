"""A small synthetic project that the tests of one module share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.synthetic import write_project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Root of a fresh project that ``HYDROTL_ROOT`` and ``HYDROTL_DATA`` point at."""
    root = write_project(tmp_path_factory.mktemp("project"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HYDROTL_ROOT", str(root))
        patch.setenv("HYDROTL_DATA", str(root / "data"))
        yield root
