"""Provenance: where a number comes from."""

import json
import math
import subprocess
from pathlib import Path

import pytest

import hydrotl_core
from hydrotl.experiments.provenance import code_version, provenance


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    command = ["git", "-C", str(folder), *identity, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_code_version_names_the_commit_and_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYDROTL_ROOT", str(tmp_path))
    (tmp_path / "data_manifest.yaml").write_text("version: 1\n", encoding="utf-8")
    assert code_version() == hydrotl_core.__version__
    source = tmp_path / "hydrotl_core" / "a.py"
    source.parent.mkdir()
    source.write_text("a = 1\n", encoding="utf-8")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    commit = git(tmp_path, "rev-parse", "HEAD")[:12]
    assert code_version() == f"{hydrotl_core.__version__} {commit}"
    (tmp_path / "data_manifest.yaml").write_text("version: 2\n", encoding="utf-8")
    assert code_version().endswith(commit), "only code counts"
    source.write_text("a = 2\n", encoding="utf-8")
    assert code_version() == f"{hydrotl_core.__version__} {commit}+"


def test_provenance_is_json_and_complete() -> None:
    record = json.loads(json.dumps(provenance("cpu", 12.345, data_hash="abc")))
    assert set(record) == {"code", "date", "device", "machine", "seconds", "data_hash"}
    assert record["device"] == "cpu"
    assert math.isclose(record["seconds"], 12.3)
