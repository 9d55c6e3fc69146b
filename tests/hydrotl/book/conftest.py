"""A small project for the tests of pages, the built book, and a browser to see it in."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from hydrotl.paths import project_root
from tests.chromium import chromium
from tests.project import enter, save_record, write_trained_project
from tests.synthetic import ROOT, write_yaml


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a small project with the weights of one source and the paper's numbers."""
    root = write_trained_project(tmp_path_factory.mktemp("trained"))
    paper = ROOT / "experiments" / "paper.yaml"
    (root / "experiments" / "paper.yaml").write_bytes(paper.read_bytes())
    return root


@pytest.fixture
def project(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the trained project to work in."""
    root = shutil.copytree(trained, tmp_path / "project")
    enter(monkeypatch, root)
    return root


@pytest.fixture
def published(project: Path) -> Path:
    """The project with results: two basins that both gain 0.3 by TL-a, and lose by TL-b."""
    path = project / "experiments" / "regions" / "target.yaml"
    region = yaml.safe_load(path.read_text()) | {"stands_for": "CHINA-MR", "label": "the target"}
    write_yaml(path, region)
    bare = region | {"label": "bare", "variant": "no attributes", "variant_of": "target"}
    write_yaml(path.with_name("bare.yaml"), bare)
    save_record(project, "tiny", "local", [0.2, 0.4])
    save_record(project, "tiny", "TL-a", [0.5, 0.7])
    save_record(project, "tiny", "TL-b", [0.0, 0.1])
    save_record(project, "conceptual", "gr4j", [0.3, 0.5])
    save_record(project, "tiny", "local", [0.1, 0.2], "bare")
    for option, nse in {"TL-a": 0.3, "TL-b": 0.6, "TL-c": 0.5}.items():
        save_record(project, "validation/tiny", option, [nse, nse])
    return project


@pytest.fixture(scope="module")
def book() -> Path:
    html = project_root() / "_build" / "html"
    if not (html / "index.html").is_file():
        pytest.skip(f"browser: no book in {html} (make book)")
    return html


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running
