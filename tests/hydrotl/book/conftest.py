"""A small project for the tests of pages, with weights and with committed results."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from tests.project import enter, write_trained_project
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
    _save(project, "tiny", "local", [0.2, 0.4])
    _save(project, "tiny", "TL-a", [0.5, 0.7])
    _save(project, "tiny", "TL-b", [0.0, 0.1])
    _save(project, "conceptual", "gr4j", [0.3, 0.5])
    _save(project, "tiny", "local", [0.1, 0.2], "bare")
    for option, nse in {"TL-a": 0.3, "TL-b": 0.6, "TL-c": 0.5}.items():
        _save(project, "validation/tiny", option, [nse, nse])
    return project


def _save(root: Path, folder: str, option: str, nse: list[float], region: str = "target") -> None:
    """A results file of one member, whose only error product in a basin is 1 - NSE."""
    record = {
        "region": region,
        "setting": "multi-year",
        "option": option,
        "recipe": "tiny",
        "changes": {},
        "source": None if option == "local" else "donor",
        "source_members": 0 if option == "local" else 2,
        "members": 1,
        "basins": ["a", "b"],
        "nse": nse,
        "nse_mean": float(np.mean(nse)),
        "nse_median": float(np.median(nse)),
        "member_nse_median": [float(np.median(nse))],
        "error_products": [[1 - value] for value in nse],
        "scored_on": "test",
        "training": {"lr": 0.01, "batch": 4},
        "provenance": {"date": "2026-01-01", "code": "1"},
    }
    path = root / "results" / region / folder / f"multi-year_{option}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record), encoding="utf-8")
