"""Downloading from a real server on the loopback interface."""

import hashlib
import json
import subprocess
import sys
import tarfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from hydrotl.data import transport
from hydrotl.data.download import fetch
from hydrotl_core.errors import DownloadError
from tests.downloads import files_in, get, manifest_of, tar_bytes, zip_bytes
from tests.http_server import Page, Server, serving
from tests.synthetic import ROOT, write_yaml

BODY = bytes(range(256)) * 4000  # about 1 MB: several network reads
SHA = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving() as running:
        yield running


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
    outside = '{"a.bin": {"sha256": "0", "unpacked": [{"root": "", "files": {"../../x": "0"}}]}}'
    for text in ("{", "[]", '{"a.bin": {}}', "[" * 100_000, outside, "\udcff"):
        (tmp_path / "checksums.json").write_bytes(text.encode(errors="surrogateescape"))
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
    get(manifest_of([{**file, "members": ["flow/*"]}]), tmp_path)
    assert len(server.requests) == 1


UNPACKED = {"pack/flow/1.txt": b"one", "pack/flow/2.txt": b"two", "pack/forcing/3.txt": b"three"}


@pytest.mark.parametrize("archive_stays", [True, False])
def test_what_was_unpacked_is_checked_each_time_and_restored(
    server: Server, tmp_path: Path, archive_stays: bool
) -> None:
    server.pages["/a.zip"] = Page(zip_bytes(UNPACKED))
    file = {"name": "a.zip", "url": f"{server.url}/a.zip", "unpack": "zip", "root": "pack"}
    manifest = manifest_of([{**file, "members": ["flow/*"]}])
    get(manifest, tmp_path)
    (tmp_path / "flow/1.txt").write_bytes(b"ONE")  # as long as before
    (tmp_path / "flow/2.txt").unlink()
    if not archive_stays:
        (tmp_path / "a.zip").unlink()
    with pytest.warns(UserWarning, match=r"2 file\(s\) of .*a\.zip are not.*1\.txt was altered"):
        get(manifest, tmp_path)
    assert (tmp_path / "flow/1.txt").read_bytes() == b"one"
    assert (tmp_path / "flow/2.txt").read_bytes() == b"two"
    assert (tmp_path / "flow/1.txt.altered").read_bytes() == b"ONE"
    assert len(server.requests) == (1 if archive_stays else 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        get(manifest, tmp_path)
    assert len(server.requests) == (1 if archive_stays else 2)
    ledger = json.loads((tmp_path / "checksums.json").read_text())
    (unpacked,) = ledger["a.zip"]["unpacked"]
    hashes = {
        name: hashlib.sha256(UNPACKED[f"pack/{name}"]).hexdigest() for name in unpacked["files"]
    }
    assert sorted(hashes) == ["flow/1.txt", "flow/2.txt"]
    assert unpacked == {"root": "pack", "members": ["flow/*"], "files": hashes}


def test_altered_files_of_an_archive_fetched_by_hand_ask_for_it_again(tmp_path: Path) -> None:
    file = {"name": "gated.zip", "unpack": "zip"}
    manifest = manifest_of([file], access="registration", access_note="Sign in at the portal.")
    (tmp_path / "gated.zip").write_bytes(zip_bytes({"1.txt": b"1"}))
    get(manifest, tmp_path)
    (tmp_path / "gated.zip").unlink()
    (tmp_path / "1.txt").write_bytes(b"2")
    said = r"1\.txt was altered: fetch gated\.zip from https://example\.org/data again"
    with (
        pytest.warns(UserWarning, match="not as they were"),
        pytest.raises(DownloadError, match=said),
    ):
        get(manifest, tmp_path)
    assert (tmp_path / "1.txt").read_bytes() == b"2"
    (tmp_path / "gated.zip").write_bytes(zip_bytes({"1.txt": b"1"}))
    with pytest.warns(UserWarning, match="not as they were"):
        get(manifest, tmp_path)
    assert (tmp_path / "1.txt").read_bytes() == b"1"
    assert (tmp_path / "1.txt.altered").read_bytes() == b"2"


def test_ledger_without_hashes_of_what_was_unpacked_gets_them(
    server: Server, tmp_path: Path
) -> None:
    server.pages["/a.zip"] = Page(zip_bytes({"1.txt": b"1"}))
    manifest = manifest_of([{"name": "a.zip", "url": f"{server.url}/a.zip", "unpack": "zip"}])
    get(manifest, tmp_path)
    path = tmp_path / "checksums.json"
    new = json.loads(path.read_text())
    old = {"a.zip": new["a.zip"] | {"unpacked": [[""]]}}
    path.write_text(json.dumps(old))
    (tmp_path / "1.txt").write_bytes(b"my edit")
    get(manifest, tmp_path)
    assert json.loads(path.read_text()) == new
    assert (tmp_path / "1.txt").read_bytes() == b"1"
    assert (tmp_path / "1.txt.altered").read_bytes() == b"my edit"
    path.write_text(json.dumps(old))
    (tmp_path / "a.zip").unlink()
    with pytest.warns(UserWarning, match="was unpacked before hashes were kept"):
        get(manifest, tmp_path)
    assert len(server.requests) == 1


def test_new_version_of_an_archive_replaces_what_the_old_one_brought(tmp_path: Path) -> None:
    manifest = manifest_of([{"name": "a.zip", "unpack": "zip"}], access="manual", access_note="n")
    (tmp_path / "a.zip").write_bytes(zip_bytes({"1.txt": b"1"}))
    get(manifest, tmp_path)
    (tmp_path / "a.zip").write_bytes(zip_bytes({"1.txt": b"2"}))
    with pytest.raises(DownloadError, match=r"delete the record 'a\.zip'"):
        get(manifest, tmp_path)
    (tmp_path / "checksums.json").unlink()
    get(manifest, tmp_path)
    assert (tmp_path / "1.txt").read_bytes() == b"2"
    assert files_in(tmp_path) == ["1.txt", "a.zip", "checksums.json"]


@pytest.mark.parametrize(
    "name",
    [
        "checksums.json",
        "CheckSums.JSON",
        "check\u200dsums.json",
        "checksums.json/x",
        "a.zip",
        "sub/b.csv",
        "sub/.b.csv.part",
        "sub/.b.csv.part.version",
    ],
)
def test_archive_does_not_bring_what_is_not_its_own(
    server: Server, tmp_path: Path, name: str
) -> None:
    server.pages |= {"/b.csv": Page(b"b"), "/a.zip": Page(zip_bytes({"1.txt": b"1", name: b"x"}))}
    files = [
        {"name": "b.csv", "url": f"{server.url}/b.csv", "into": "sub"},
        {"name": "a.zip", "url": f"{server.url}/a.zip", "unpack": "zip"},
    ]
    with pytest.raises(DownloadError, match=r"a\.zip holds .*, which is not its own to bring"):
        get(manifest_of(files), tmp_path)
    assert files_in(tmp_path) == ["a.zip", "checksums.json", "sub/b.csv"]
    assert list(json.loads((tmp_path / "checksums.json").read_text())) == ["a.zip", "sub/b.csv"]
    assert (tmp_path / "sub/b.csv").read_bytes() == b"b"


def test_no_file_of_a_data_set_is_the_ledger(server: Server, tmp_path: Path) -> None:
    server.pages["/c"] = Page(b"{}")
    manifest = manifest_of([{"name": "Checksums.json", "url": f"{server.url}/c"}])
    with pytest.raises(DownloadError, match=r"no file may be called checksums\.json"):
        get(manifest, tmp_path)
    assert server.requests == []


FETCH = """
import sys
from pathlib import Path
from hydrotl.data.download import fetch
from hydrotl.data.manifest import load_manifest
fetch("test", load_manifest(Path(sys.argv[1])), Path(sys.argv[2]), progress=False)
"""


def test_parallel_fetches_of_one_data_set_wait_for_each_other(
    server: Server, tmp_path: Path
) -> None:
    server.pages["/a.zip"] = Page(zip_bytes({f"{k}.txt": b"%d" % k for k in range(200)}))
    manifest = manifest_of([{"name": "a.zip", "url": f"{server.url}/a.zip", "unpack": "zip"}])
    write_yaml(tmp_path / "m.yaml", manifest.model_dump(mode="json", exclude_unset=True))
    command = [sys.executable, "-c", FETCH, str(tmp_path / "m.yaml"), str(tmp_path / "data")]
    with FileLock(tmp_path / ".data.lock"):  # as of a fetch under way
        running = [
            subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(2)
        ]
        for process in running:
            assert process.stderr is not None
            assert "waiting for another fetch into" in process.stderr.readline()
        assert server.requests == []
    said = [process.communicate(timeout=120)[1] for process in running]
    assert [process.returncode for process in running] == [0, 0], said
    assert len(server.requests) == 1
    assert len(files_in(tmp_path / "data")) == 202
    assert not list(tmp_path.glob(".data*"))  # the lock


def test_what_a_killed_unpacking_left_is_removed(server: Server, tmp_path: Path) -> None:
    server.pages["/a.zip"] = Page(zip_bytes({"1.txt": b"1"}))
    (tmp_path / ".unpack-killed" / "sub").mkdir(parents=True)
    (tmp_path / ".unpack-killed" / "sub" / "half").write_bytes(b"h")
    get(manifest_of([{"name": "a.zip", "url": f"{server.url}/a.zip", "unpack": "zip"}]), tmp_path)
    assert files_in(tmp_path) == ["1.txt", "a.zip", "checksums.json"]


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


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"\xef\xbb\xbf\n<!DOCTYPE html><html>Please sign in</html>", "is a web page"),
        (b"<HTML lang=en>Not found, but 200</HTML>", "is a web page"),
        (b"", "is empty"),
    ],
)
def test_page_or_nothing_in_place_of_a_table(
    server: Server, tmp_path: Path, body: bytes, said: str
) -> None:
    server.pages["/a.csv"] = Page(body)
    with pytest.raises(DownloadError, match=said):
        get(manifest_of([{"name": "a.csv", "url": f"{server.url}/a.csv"}]), tmp_path)
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
