"""Fetching SWAT+ (only the right content), and finding it."""

import io
import tarfile
from pathlib import Path

import pytest

from hydrotl.process_based.swat import installation
from hydrotl.process_based.swat.installation import (
    ARCHIVE_SHA256,
    EXECUTABLE,
    INSIDE,
    fetch_swat,
    find_installation,
    sha256,
)
from hydrotl.process_based.swat.project import CODES, DATABASES
from hydrotl_core.errors import ConfigError, DownloadError
from tests.entry_point import call


def archive(path: Path, extra: dict[str, bytes] | None = None) -> Path:
    """A source distribution in the package's layout; ``extra`` adds members by full name."""
    names = [EXECUTABLE, CODES, *DATABASES, "p12.pcp", "rev61.0.1_64rel.exe"]
    members = {f"{INSIDE}/{name}": name.encode() for name in names}
    members["pyswatplus-1.3.0/setup.py"] = b"raise SystemExit('never run')"
    with tarfile.open(path, "w:gz") as tar:
        for name, content in (members | (extra or {})).items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive whose hashes are taken for the pinned ones; the folder to fill is ``swat``."""
    monkeypatch.setenv("HYDROTL_SWAT", str(tmp_path / "swat"))
    path = archive(tmp_path / "pyswatplus-1.3.0.tar.gz")
    monkeypatch.setattr(installation, "ARCHIVE_SHA256", sha256(path))
    program = tmp_path / "program"
    program.write_bytes(EXECUTABLE.encode())
    monkeypatch.setattr(installation, "EXECUTABLE_SHA256", sha256(program))
    return path


def test_only_program_and_tables_are_unpacked(source: Path, tmp_path: Path) -> None:
    folder = fetch_swat(source)
    assert folder == tmp_path / "swat"
    found = {path.name for path in folder.iterdir()}
    assert found == {EXECUTABLE, CODES, *DATABASES}
    assert (folder / EXECUTABLE).stat().st_mode & 0o111 == 0o111
    source.unlink()
    assert fetch_swat() == folder  # nothing is fetched again


def test_other_content_is_refused(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation, "EXECUTABLE_SHA256", "0" * 64)
    with pytest.raises(DownloadError, match=f"{EXECUTABLE} has sha256"):
        fetch_swat(source)
    assert not (tmp_path / "swat" / EXECUTABLE).exists()
    monkeypatch.setenv("HYDROTL_SWAT", str(tmp_path / "b"))
    monkeypatch.setattr(installation, "ARCHIVE_SHA256", ARCHIVE_SHA256)
    with pytest.raises(DownloadError, match=ARCHIVE_SHA256):
        fetch_swat(source)
    assert not (tmp_path / "b").exists()


def test_nothing_lands_outside_and_nothing_may_lack(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = archive(tmp_path / "odd.tar.gz", {f"{INSIDE}/../../../../evil": b"x"})
    monkeypatch.setattr(installation, "ARCHIVE_SHA256", sha256(odd))
    monkeypatch.setenv("HYDROTL_SWAT", str(tmp_path / "inside" / "swat"))
    fetch_swat(odd)
    assert not list(tmp_path.rglob("evil"))

    with tarfile.open(tmp_path / "empty.tar.gz", "w:gz"):
        pass
    monkeypatch.setattr(installation, "ARCHIVE_SHA256", sha256(tmp_path / "empty.tar.gz"))
    monkeypatch.setenv("HYDROTL_SWAT", str(tmp_path / "b"))
    with pytest.raises(DownloadError, match=f"no file {INSIDE}/{CODES}"):
        fetch_swat(tmp_path / "empty.tar.gz")


def test_without_an_index_the_way_by_hand_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HYDROTL_SWAT", str(tmp_path / "swat"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    assert call("swat-fetch") == 2
    said = capsys.readouterr().err
    assert "pip could not fetch pyswatplus 1.3.0" in said
    assert "hydrotl swat-fetch --archive FILE" in said
    assert not (tmp_path / "swat").exists()


def test_command_takes_an_archive(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("swat-fetch", "--archive", str(source)) == 0
    assert capsys.readouterr().out.strip() == f"SWAT+ is in {tmp_path / 'swat'}"


def test_installation_is_found_by_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYDROTL_SWAT", str(tmp_path))
    monkeypatch.delenv("HYDROTL_SWAT_EXE", raising=False)
    with pytest.raises(ConfigError, match="run `hydrotl swat-fetch`"):
        find_installation()
    own = tmp_path / "program"
    own.write_text("#!/bin/sh\n")
    monkeypatch.setenv("HYDROTL_SWAT_EXE", str(own))
    found = find_installation()
    assert (found.executable, found.databases) == (own, tmp_path)
    with pytest.raises(ConfigError, match="no SWAT"):
        find_installation(tmp_path / "absent")
