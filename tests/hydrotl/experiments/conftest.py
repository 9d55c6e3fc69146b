"""Projects to run experiments in: one that all tests read, and copies to change."""

import shutil
from pathlib import Path

import pytest

from tests.project import enter, write_trained_project


@pytest.fixture(scope="session")
def trained_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_trained_project(tmp_path_factory.mktemp("trained"))


@pytest.fixture
def shared(trained_root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project that no test may change."""
    enter(monkeypatch, trained_root)
    return trained_root


@pytest.fixture
def own(trained_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it to change at will."""
    root = tmp_path / "project"
    shutil.copytree(trained_root, root)
    enter(monkeypatch, root)
    return root


@pytest.fixture
def fresh(trained_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same project with results and runs of its own, none yet; the rest is linked."""
    root = tmp_path / "fresh"
    root.mkdir()
    for name in ("data", "weights", "experiments", "data_manifest.yaml"):
        (root / name).symlink_to(trained_root / name)
    enter(monkeypatch, root)
    return root
