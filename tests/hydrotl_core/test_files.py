"""Files are complete or absent, and damage in them is noticed."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from hydrotl_core.errors import FileError
from hydrotl_core.files import (
    is_intact,
    remove_leftovers,
    replacing,
    require_writable,
    sealed,
    set_aside,
)
from tests.synthetic import ROOT


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_block_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), replacing(path) as temporary:
        assert temporary.write_text("half of the n") / 0
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("durable", [True, False])
def test_file_and_folder_are_written_out_before_and_after_the_renaming(
    durable: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a power cut leaves cannot be tried here; what the system was asked for can."""
    asked: list[str] = []
    real_sync, real_rename = os.fsync, os.replace

    def sync(number: int) -> None:
        asked.append("folder" if os.path.isdir(f"/proc/self/fd/{number}") else "file")
        real_sync(number)

    def rename(old: Path, new: Path) -> None:
        asked.append("renamed")
        real_rename(old, new)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "replace", rename)
    with replacing(tmp_path / "a.txt", durable=durable) as temporary:
        temporary.write_text("new")
    assert asked == (["file", "renamed", "folder"] if durable else ["renamed"])
    assert (tmp_path / "a.txt").read_text() == "new"


@pytest.mark.parametrize("kind", ["a folder of that name", "a file as folder"])
def test_what_cannot_be_written_is_named(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "results" / "a.json"
    if kind == "a folder of that name":
        path.mkdir(parents=True)
    else:
        path.parent.write_text("")
    with pytest.raises(FileError, match=r"results/a\.json cannot be written \(.*director"):
        require_writable(path)
    with (
        pytest.raises(FileError, match=r"results/a\.json cannot be written"),
        replacing(path) as temporary,
    ):
        temporary.write_text("new")
    assert names(tmp_path) == ["results"]


LIMITED = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from safetensors.numpy import save_file
from hydrotl_core.errors import FileError
from hydrotl_core.files import replacing

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    with replacing(Path(sys.argv[1])) as temporary:
        save_file({"a": np.zeros(100_000)}, temporary)
except FileError as error:
    print(error)
"""


def test_a_file_too_large_for_the_disk_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save_file({"a": np.ones(3)}, path)
    old = path.read_bytes()
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith(f"{path} cannot be written (")
    assert os.strerror(errno.EFBIG) in done.stdout
    assert path.read_bytes() == old
    assert names(tmp_path) == ["a.safetensors"]


def test_what_killed_writers_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    kept = ["a.nc", ".a.nc.part", ".b.nc.17-00.part", "a.nc.17-00.part"]
    for name in [*kept, ".a.nc.17-00.part", ".a.nc.18.part"]:
        (tmp_path / name).touch()
    remove_leftovers(tmp_path / "a.nc")
    assert names(tmp_path) == sorted(kept)


def test_damaged_files_are_set_aside_beside_each_other(tmp_path: Path) -> None:
    for content in "xyz":
        (tmp_path / "a.json").write_text(content)
        set_aside(tmp_path / "a.json")
    found = {name: (tmp_path / name).read_text() for name in names(tmp_path)}
    assert found == {"a.json.damaged": "x", "a.json.damaged-2": "y", "a.json.damaged-3": "z"}


def test_a_seal_breaks_with_any_change() -> None:
    arrays = {"a": np.arange(6.0).reshape(2, 3), "b": np.array([1, 2], dtype=np.uint8)}
    metadata = sealed({"about": "x"}, arrays)
    assert metadata["about"] == "x"
    assert is_intact(metadata, arrays)
    turned = arrays["a"].copy()
    turned.view(np.uint8)[1, 7] ^= 1
    assert not is_intact(metadata, {**arrays, "a": turned})
    assert not is_intact(metadata, {**arrays, "a": arrays["a"].reshape(3, 2)})
    assert not is_intact(metadata, {"a": arrays["a"]})
    assert not is_intact({**metadata, "about": "y"}, arrays)
    assert is_intact({"about": "x"}, arrays), "files of earlier versions have no seal"
