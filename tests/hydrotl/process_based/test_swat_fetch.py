"""Fetching SWAT+: only what belongs there, only with the right hash."""

import io
import tarfile
from pathlib import Path

import pytest

from hydrotl.process_based.swat import fetch as fetching
from hydrotl.process_based.swat.fetch import INSIDE, fetch_swat
from hydrotl.process_based.swat.installation import ARCHIVE_SHA256, EXECUTABLE, sha256
from hydrotl.process_based.swat.project import CODES, DATABASES
from hydrotl_core.errors import DownloadError
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
    """An archive whose hashes are taken for the pinned ones."""
    path = archive(tmp_path / "pyswatplus-1.3.0.tar.gz")
    monkeypatch.setattr(fetching, "ARCHIVE_SHA256", sha256(path))
    program = tmp_path / "program"
    program.write_bytes(EXECUTABLE.encode())
    monkeypatch.setattr(fetching, "EXECUTABLE_SHA256", sha256(program))
    return path


def test_only_program_and_tables_are_unpacked(source: Path, tmp_path: Path) -> None:
    folder = fetch_swat(tmp_path / "swat", source)
    found = {path.name for path in folder.iterdir()}
    assert found == {EXECUTABLE, CODES, *DATABASES}
    assert (folder / EXECUTABLE).stat().st_mode & 0o111 == 0o111
    source.unlink()
    assert fetch_swat(folder) == folder  # nothing is fetched again


def test_other_content_is_refused(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "EXECUTABLE_SHA256", "0" * 64)
    with pytest.raises(DownloadError, match=f"{EXECUTABLE} has sha256"):
        fetch_swat(tmp_path / "a", source)
    assert not (tmp_path / "a" / EXECUTABLE).exists()
    monkeypatch.setattr(fetching, "ARCHIVE_SHA256", ARCHIVE_SHA256)
    with pytest.raises(DownloadError, match=ARCHIVE_SHA256):
        fetch_swat(tmp_path / "b", source)
    assert not (tmp_path / "b").exists()


def test_an_archive_that_leads_outside_is_refused(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = archive(tmp_path / "bad.tar.gz", {f"{INSIDE}/../../../../evil": b"x"})
    monkeypatch.setattr(fetching, "ARCHIVE_SHA256", sha256(bad))
    with pytest.raises(DownloadError, match="leads outside"):
        fetch_swat(tmp_path / "inside" / "swat", bad)
    assert not list(tmp_path.rglob("evil"))


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
    source: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("HYDROTL_SWAT", str(tmp_path / "swat"))
    assert call("swat-fetch", "--archive", str(source)) == 0
    assert capsys.readouterr().out.strip() == f"SWAT+ is in {tmp_path / 'swat'}"
