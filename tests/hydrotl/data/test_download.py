"""Downloading from a real server on the loopback interface."""

import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from hydrotl.data import transport
from hydrotl.data.download import fetch
from hydrotl.data.manifest import Manifest
from hydrotl.data.unpack import unpack
from hydrotl_core.errors import DownloadError
from tests.http_server import Page, Server, serving

BODY = bytes(range(256)) * 4000  # about 1 MB: several network reads
SHA = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving() as running:
        yield running


def manifest_of(files: list[dict[str, Any]], **changes: Any) -> Manifest:
    entry = {
        "title": "Test data",
        "country": "Nowhere",
        "landing_page": "https://example.org/data",
        "licence": "CC0",
        "citation": ["A citation"],
        "access": "open",
        "files": files,
        "folder": "test_data",
        "reader": "generic",
        "variables": {"prcp": {"native": "p", "units": "mm/day"}},
        **changes,
    }
    return Manifest.model_validate({"version": 1, "datasets": {"test": entry}})


def get(manifest: Manifest, dest: Path, attempts: int = 1) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transport, "ATTEMPTS", attempts)
        patch.setattr(transport, "PAUSE", 0.01)
        return fetch("test", manifest, dest, progress=False)


def zip_bytes(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tar_bytes(members: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for info, content in members:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def files_in(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if not p.is_dir())


def test_good_file_is_stored_recorded_and_not_fetched_again(server: Server, tmp_path: Path) -> None:
    server.pages["/a.bin"] = Page(BODY)
    manifest = manifest_of([{"name": "a.bin", "url": f"{server.url}/a.bin"}])
    folder = get(manifest, tmp_path / "d")
    assert (folder / "a.bin").read_bytes() == BODY
    ledger = json.loads((folder / "checksums.json").read_text())
    assert ledger["a.bin"]["sha256"] == SHA
    assert ledger["a.bin"]["url"] == f"{server.url}/a.bin"
    get(manifest, tmp_path / "d")
    assert len(server.requests) == 1
    assert files_in(folder) == ["a.bin", "checksums.json"]


def test_default_folder_is_in_the_data_folder(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYDROTL_DATA", str(tmp_path))
    server.pages["/a.bin"] = Page(BODY)
    manifest = manifest_of([{"name": "a.bin", "url": f"{server.url}/a.bin", "into": "x/y"}])
    assert fetch("test", manifest, progress=False) == tmp_path / "test_data"
    assert (tmp_path / "test_data/x/y/a.bin").read_bytes() == BODY


def test_progress_bar_names_the_file_and_its_size(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.pages["/a.bin"] = Page(BODY)
    fetch("test", manifest_of([{"name": "a.bin", "url": f"{server.url}/a.bin"}]), tmp_path)
    shown = capsys.readouterr().err
    assert "a.bin" in shown
    assert "1.02M/1.02M" in shown  # 1,024,000 bytes


@pytest.mark.parametrize("sha256", [SHA, None])
def test_truncated_download_goes_on_in_the_next_call(
    server: Server, tmp_path: Path, sha256: str | None
) -> None:
    server.pages["/a.bin"] = Page(BODY, cuts=[600_000])
    file = {"name": "a.bin", "url": f"{server.url}/a.bin", "sha256": sha256}
    with pytest.raises(DownloadError, match="run the same command again"):
        get(manifest_of([file]), tmp_path)
    assert not (tmp_path / "a.bin").exists()
    kept = (tmp_path / ".a.bin.part").stat().st_size
    assert 0 < kept <= 600_000
    get(manifest_of([file]), tmp_path)
    assert server.requests[1][1] == f"bytes={kept}-"
    assert (tmp_path / "a.bin").read_bytes() == BODY
    assert files_in(tmp_path) == ["a.bin", "checksums.json"]


def test_truncated_download_goes_on_within_one_call(server: Server, tmp_path: Path) -> None:
    server.pages["/a.bin"] = Page(BODY, cuts=[300_000, 300_000])
    manifest = manifest_of([{"name": "a.bin", "url": f"{server.url}/a.bin", "sha256": SHA}])
    get(manifest, tmp_path, attempts=3)
    assert (tmp_path / "a.bin").read_bytes() == BODY
    asked = [header for _, header in server.requests]
    assert asked[0] is None
    assert all(header is not None for header in asked[1:])


def test_partial_file_of_another_version_is_not_continued(server: Server, tmp_path: Path) -> None:
    server.pages["/a.bin"] = Page(b"old" * 400_000, cuts=[600_000], etag='"old"')
    manifest = manifest_of([{"name": "a.bin", "url": f"{server.url}/a.bin"}])
    with pytest.raises(DownloadError):
        get(manifest, tmp_path)
    server.pages["/a.bin"] = Page(BODY, etag='"new"')
    get(manifest, tmp_path)
    assert (tmp_path / "a.bin").read_bytes() == BODY


def test_without_version_or_hash_a_partial_file_is_fetched_anew(
    server: Server, tmp_path: Path
) -> None:
    server.pages["/a.bin"] = Page(BODY, cuts=[600_000], etag=None)
    manifest = manifest_of([{"name": "a.bin", "url": f"{server.url}/a.bin"}])
    get(manifest, tmp_path, attempts=2)
    assert [header for _, header in server.requests] == [None, None]
    assert (tmp_path / "a.bin").read_bytes() == BODY


def test_server_without_range_support_sends_the_whole_file_again(
    server: Server, tmp_path: Path
) -> None:
    server.pages["/a.bin"] = Page(BODY, cuts=[600_000], ranges=False)
    manifest = manifest_of([{"name": "a.bin", "url": f"{server.url}/a.bin", "sha256": SHA}])
    get(manifest, tmp_path, attempts=2)
    assert server.requests[1][1] is not None
    assert (tmp_path / "a.bin").read_bytes() == BODY


def test_complete_partial_file_needs_no_more_bytes(server: Server, tmp_path: Path) -> None:
    server.pages["/a.bin"] = Page(BODY)
    (tmp_path / ".a.bin.part").write_bytes(BODY)
    manifest = manifest_of([{"name": "a.bin", "url": f"{server.url}/a.bin", "sha256": SHA}])
    get(manifest, tmp_path)
    assert (tmp_path / "a.bin").read_bytes() == BODY


def test_partial_file_longer_than_the_file_is_dropped(server: Server, tmp_path: Path) -> None:
    server.pages["/a.bin"] = Page(BODY)
    (tmp_path / ".a.bin.part").write_bytes(BODY + b"more")
    manifest = manifest_of([{"name": "a.bin", "url": f"{server.url}/a.bin", "sha256": SHA}])
    get(manifest, tmp_path, attempts=2)
    assert (tmp_path / "a.bin").read_bytes() == BODY


def test_wrong_hash_is_an_error_and_nothing_stays(server: Server, tmp_path: Path) -> None:
    server.pages["/a.bin"] = Page(BODY + b"x")
    manifest = manifest_of([{"name": "a.bin", "url": f"{server.url}/a.bin", "sha256": SHA}])
    with pytest.raises(DownloadError, match=f"data_manifest.yaml has {SHA}: it was not kept"):
        get(manifest, tmp_path)
    assert files_in(tmp_path) == []


def test_changed_content_is_an_error_after_the_first_download(
    server: Server, tmp_path: Path
) -> None:
    server.pages["/a.bin"] = Page(BODY)
    manifest = manifest_of([{"name": "a.bin", "url": f"{server.url}/a.bin"}])
    get(manifest, tmp_path)
    (tmp_path / "a.bin").write_bytes(b"tampered")
    with pytest.raises(DownloadError, match=rf"the first download had {SHA}: delete the file"):
        get(manifest, tmp_path)
    (tmp_path / "a.bin").unlink()
    server.pages["/a.bin"] = Page(b"a new version", etag='"2"')
    with pytest.raises(DownloadError, match=r"delete the record 'a.bin' in .*checksums.json"):
        get(manifest, tmp_path)
    assert not (tmp_path / "a.bin").exists()
    (tmp_path / "checksums.json").unlink()
    get(manifest, tmp_path)
    assert (tmp_path / "a.bin").read_bytes() == b"a new version"


def test_damaged_ledger_is_an_error(server: Server, tmp_path: Path) -> None:
    server.pages["/a.bin"] = Page(BODY)
    manifest = manifest_of([{"name": "a.bin", "url": f"{server.url}/a.bin"}])
    for text in ("{", "[]", '{"a.bin": {}}'):
        (tmp_path / "checksums.json").write_text(text)
        with pytest.raises(DownloadError, match=r"checksums\.json"):
            get(manifest, tmp_path)


def test_slow_server_times_out(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "TIMEOUT", (1.0, 0.2))
    server.pages["/a.bin"] = Page(BODY, delay=30)
    manifest = manifest_of([{"name": "a.bin", "url": f"{server.url}/a.bin"}])
    with pytest.raises(DownloadError, match=r"no answer for 0\.2 s"):
        get(manifest, tmp_path)


def test_redirect_is_followed(server: Server, tmp_path: Path) -> None:
    server.pages["/old"] = Page(status=302, location="/new")
    server.pages["/new"] = Page(BODY)
    get(manifest_of([{"name": "a.bin", "url": f"{server.url}/old"}]), tmp_path)
    assert (tmp_path / "a.bin").read_bytes() == BODY


def test_redirect_from_https_to_http_is_refused(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer of the loopback server stands for the end of the redirection."""
    server.pages["/a.bin"] = Page(BODY)
    real = requests.get
    monkeypatch.setattr(
        transport.requests,
        "get",
        lambda url, **options: real(url.replace("https:", "http:"), **options),
    )
    url = f"{server.url}/a.bin".replace("http:", "https:")
    with pytest.raises(DownloadError, match="redirects to the unprotected http:"):
        get(manifest_of([{"name": "a.bin", "url": url}]), tmp_path)
    assert files_in(tmp_path) == []


def test_endless_redirect_is_an_error(server: Server, tmp_path: Path) -> None:
    server.pages["/loop"] = Page(status=302, location="/loop")
    with pytest.raises(DownloadError, match="in a circle"):
        get(manifest_of([{"name": "a.bin", "url": f"{server.url}/loop"}]), tmp_path)


@pytest.mark.parametrize(
    ("status", "said"),
    [(404, "404 Not Found; look for the file"), (403, "refused access"), (401, "account")],
)
def test_refusals_say_what_to_do(server: Server, tmp_path: Path, status: int, said: str) -> None:
    server.pages["/a.bin"] = Page(status=status)
    with pytest.raises(DownloadError, match=said):
        get(manifest_of([{"name": "a.bin", "url": f"{server.url}/a.bin"}]), tmp_path, attempts=3)
    assert len(server.requests) == 1
    assert files_in(tmp_path) == []


def test_busy_server_is_asked_again(server: Server, tmp_path: Path) -> None:
    server.pages["/a.bin"] = Page(status=503)
    with pytest.raises(DownloadError, match=r"503 Service Unavailable \(3 attempt"):
        get(manifest_of([{"name": "a.bin", "url": f"{server.url}/a.bin"}]), tmp_path, attempts=3)
    assert len(server.requests) == 3


def test_unreachable_server_is_named(tmp_path: Path) -> None:
    with serving() as stopped:
        url = stopped.url
    with pytest.raises(DownloadError, match=f"{url}/a.bin: the connection failed"):
        get(manifest_of([{"name": "a.bin", "url": f"{url}/a.bin"}]), tmp_path)


def test_archive_is_unpacked_once_and_selectively(server: Server, tmp_path: Path) -> None:
    content = {"pack/flow/1.txt": b"1", "pack/forcing/2.txt": b"2", "readme.txt": b"r"}
    server.pages["/a.zip"] = Page(zip_bytes(content))
    file = {"name": "a.zip", "url": f"{server.url}/a.zip", "unpack": "zip", "root": "pack"}
    get(manifest_of([{**file, "members": ["flow/*"]}]), tmp_path)
    assert files_in(tmp_path) == ["a.zip", "checksums.json", "flow/1.txt"]
    # Another selection of the same archive needs no second download.
    get(manifest_of([{**file, "members": ["forcing/*"]}]), tmp_path)
    assert (tmp_path / "forcing/2.txt").read_bytes() == b"2"
    assert len(server.requests) == 1
    # What was unpacked stays done when the archive is deleted to save space.
    (tmp_path / "a.zip").unlink()
    (tmp_path / "flow/1.txt").write_bytes(b"edited")
    get(manifest_of([{**file, "members": ["flow/*"]}]), tmp_path)
    assert (tmp_path / "flow/1.txt").read_bytes() == b"edited"
    assert len(server.requests) == 1


def test_tar_is_unpacked(server: Server, tmp_path: Path) -> None:
    server.pages["/a.tgz"] = Page(tar_bytes([(tarfile.TarInfo("top/in/1.txt"), b"1")]))
    file = {"name": "a.tgz", "url": f"{server.url}/a.tgz", "unpack": "tar", "into": "sub"}
    get(manifest_of([file]), tmp_path)
    assert (tmp_path / "sub/top/in/1.txt").read_bytes() == b"1"


def test_login_page_in_place_of_an_archive(server: Server, tmp_path: Path) -> None:
    server.pages["/a.zip"] = Page(b"<html>Please sign in</html>", content_type="text/html")
    file = {"name": "a.zip", "url": f"{server.url}/a.zip", "unpack": "zip"}
    with pytest.raises(DownloadError, match="error or login page"):
        get(manifest_of([file]), tmp_path)
    assert files_in(tmp_path) == []


def test_registration_says_what_to_fetch_and_takes_it_from_the_folder(tmp_path: Path) -> None:
    file = {"name": "gated.zip", "unpack": "zip", "into": "raw"}
    manifest = manifest_of([file], access="registration", access_note="Sign in at the portal.")
    with pytest.raises(DownloadError) as caught:
        get(manifest, tmp_path)
    text = str(caught.value)
    assert "Sign in at the portal." in text
    assert "https://example.org/data" in text
    assert f"Put gated.zip into {tmp_path / 'raw'}" in text
    assert "hydrotl fetch test" in text
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw/gated.zip").write_bytes(zip_bytes({"1.txt": b"1"}))
    get(manifest, tmp_path)
    assert (tmp_path / "raw/1.txt").read_bytes() == b"1"
    (tmp_path / "raw/gated.zip").unlink()
    get(manifest, tmp_path)  # unpacked before


def test_own_files_are_not_downloaded(tmp_path: Path) -> None:
    manifest = manifest_of([], access="local", folder=str(tmp_path))
    assert fetch("test", manifest) == tmp_path
    absent = manifest_of([], access="local", folder=str(tmp_path / "absent"))
    with pytest.raises(DownloadError, match="put them into"):
        fetch("test", absent)


def test_package_data_come_from_the_installed_package() -> None:
    package = {"access": "package", "access_note": "pip install it", "folder": "util"}
    folder = fetch("test", manifest_of([], package="yaml", **package))
    assert folder.parent.name == "yaml"
    with pytest.raises(DownloadError, match=r"not installed\. pip install it"):
        fetch("test", manifest_of([], package="no_such_package_at_all", **package))


def _symlink(name: str, target: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, target
    return info


def _zip_link() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("good.txt", "good")
        info = zipfile.ZipInfo("link")
        info.create_system, info.external_attr = 3, 0o120777 << 16
        archive.writestr(info, "../outside")
    return buffer.getvalue()


def _hostile_archives() -> list[tuple[str, str, bytes]]:
    good = (tarfile.TarInfo("good.txt"), b"good")
    device = tarfile.TarInfo("device")
    device.type = tarfile.CHRTYPE
    hard = tarfile.TarInfo("hard")
    hard.type, hard.linkname = tarfile.LNKTYPE, "../../outside"
    through = [(_symlink("link", ".."), b""), (tarfile.TarInfo("link/evil"), b"evil")]
    return [
        ("zip parent", "zip", zip_bytes({"good.txt": b"g", "../evil": b"evil"})),
        ("zip hidden parent", "zip", zip_bytes({"good.txt": b"g", "a/../../evil": b"evil"})),
        ("zip absolute", "zip", zip_bytes({"good.txt": b"g", "/tmp/evil": b"evil"})),
        ("zip backslash", "zip", zip_bytes({"good.txt": b"g", "..\\evil": b"evil"})),
        ("zip drive", "zip", zip_bytes({"good.txt": b"g", "C:/evil": b"evil"})),
        ("zip link", "zip", _zip_link()),
        ("tar parent", "tar", tar_bytes([good, (tarfile.TarInfo("../evil"), b"evil")])),
        ("tar absolute", "tar", tar_bytes([good, (tarfile.TarInfo("/tmp/evil"), b"evil")])),
        ("tar link", "tar", tar_bytes([good, (_symlink("link", "../../outside"), b"")])),
        ("tar absolute link", "tar", tar_bytes([good, (_symlink("link", "/etc/passwd"), b"")])),
        ("tar through link", "tar", tar_bytes([good, *through])),
        ("tar hard link", "tar", tar_bytes([good, (hard, b"")])),
        ("tar device", "tar", tar_bytes([good, (device, b"")])),
    ]


@pytest.mark.parametrize(
    ("kind", "body"),
    [pytest.param(kind, body, id=name) for name, kind, body in _hostile_archives()],
)
def test_hostile_archive_is_refused_and_leaves_nothing(
    server: Server, tmp_path: Path, kind: str, body: bytes
) -> None:
    server.pages["/a"] = Page(body)
    folder = tmp_path / "inner" / "d"
    file = {"name": "a", "url": f"{server.url}/a", "unpack": kind}
    with pytest.raises(DownloadError, match=f"{folder / 'a'}"):
        get(manifest_of([file]), folder)
    assert files_in(tmp_path) == ["inner/d/a", "inner/d/checksums.json"]


def test_damaged_zip_leaves_what_was_there(tmp_path: Path) -> None:
    body = bytearray(zip_bytes({"1.txt": b"one" * 9999, "2.txt": b"two" * 9999}))
    body[60] ^= 0xFF  # inside the compressed data of 1.txt
    (tmp_path / "a.zip").write_bytes(bytes(body))
    (tmp_path / "out").mkdir()
    (tmp_path / "out/1.txt").write_text("before")
    with pytest.raises(DownloadError, match="cannot be unpacked"):
        unpack(tmp_path / "a.zip", "zip", tmp_path / "out")
    assert files_in(tmp_path / "out") == ["1.txt"]
    assert (tmp_path / "out/1.txt").read_text() == "before"


def test_archive_with_another_layout_than_expected(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zip_bytes({"other/1.txt": b"1"}))
    with pytest.raises(DownloadError, match="layout differs"):
        unpack(tmp_path / "a.zip", "zip", tmp_path / "out", root="wanted")
    with pytest.raises(DownloadError, match="layout differs"):
        unpack(tmp_path / "a.zip", "zip", tmp_path / "out", members=["wanted/*"])
    assert files_in(tmp_path / "out") == []


def test_archive_that_does_not_fit_on_the_disk(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("1.txt", "1")
        archive.getinfo("1.txt").file_size = 10**18  # as a zip bomb states it
    with pytest.raises(DownloadError, match=r"needs 1000000000\.0 GB unpacked.*make room"):
        unpack(tmp_path / "a.zip", "zip", tmp_path / "out")
    assert files_in(tmp_path / "out") == []


def test_name_twice_in_an_archive(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("1.txt", "first")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("1.txt", "second")
    with pytest.raises(DownloadError, match="twice"):
        unpack(tmp_path / "a.zip", "zip", tmp_path / "out")
