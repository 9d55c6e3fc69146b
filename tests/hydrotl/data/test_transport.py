"""Servers that say one thing and send another, on the loopback interface."""

import gzip
import json
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hydrotl.data import transport
from hydrotl_core.errors import DownloadError
from tests.downloads import files_in, get, manifest_of
from tests.http_server import Page, Server, serving

BODY = bytes(range(256)) * 4000  # about 1 MB: several network reads


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    with serving() as running:
        yield running


def fetched(server: Server, folder: Path, page: Page, attempts: int = 1, **file: Any) -> bytes:
    """The content that is stored of a page; nothing else is left in the folder."""
    server.pages["/a.bin"] = page
    get(manifest_of([{"name": "a.bin", "url": f"{server.url}/a.bin", **file}]), folder, attempts)
    assert files_in(folder) == ["a.bin", "checksums.json"]
    return (folder / "a.bin").read_bytes()


def asked(server: Server) -> list[str | None]:
    return [header for _, header in server.requests]


@pytest.fixture
def no_warning() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


# ------------------------------------------------------------------ lengths


@pytest.mark.usefixtures("no_warning")
def test_body_in_chunks_needs_no_length(server: Server, tmp_path: Path) -> None:
    assert fetched(server, tmp_path, Page(BODY, length="chunked")) == BODY
    assert len(server.requests) == 1


def test_body_in_chunks_without_the_last_is_not_taken(server: Server, tmp_path: Path) -> None:
    page = Page(BODY, length="chunked", cuts=[600_000], etag=None)
    with pytest.raises(DownloadError, match="broke off"):
        fetched(server, tmp_path, page)
    assert not (tmp_path / "a.bin").exists()
    assert fetched(server, tmp_path, page) == BODY


@pytest.mark.usefixtures("no_warning")
def test_without_a_length_the_server_is_asked_whether_more_follows(
    server: Server, tmp_path: Path
) -> None:
    assert fetched(server, tmp_path, Page(BODY, length="unsaid")) == BODY
    assert asked(server) == [None, f"bytes={len(BODY)}-"]


@pytest.mark.usefixtures("no_warning")
def test_truncated_body_without_a_length_is_completed(server: Server, tmp_path: Path) -> None:
    assert fetched(server, tmp_path, Page(BODY, length="unsaid", cuts=[600_000])) == BODY
    assert asked(server) == [None, "bytes=600000-"]


@pytest.mark.parametrize("cuts", [[], [600_000], [600_000, 600_001]])
def test_without_length_and_version_a_file_must_come_twice_alike(
    server: Server, tmp_path: Path, cuts: list[int]
) -> None:
    page = Page(BODY, length="unsaid", etag=None, cuts=[*cuts])
    with pytest.warns(UserWarning, match="came twice with the same 1024000 bytes"):
        assert fetched(server, tmp_path, page, attempts=2) == BODY
    assert len(server.requests) >= len(cuts) + 2


def test_file_that_never_comes_alike_is_not_taken(server: Server, tmp_path: Path) -> None:
    page = Page(BODY, length="unsaid", etag=None, cuts=[600_000, 600_001, 600_002])
    with pytest.raises(DownloadError, match="it came differently"):
        fetched(server, tmp_path, page)
    assert not (tmp_path / "a.bin").exists()


@pytest.mark.usefixtures("no_warning")
def test_size_in_the_manifest_proves_that_a_file_is_whole(server: Server, tmp_path: Path) -> None:
    page = Page(BODY, length="unsaid", etag=None, cuts=[600_000])
    with pytest.raises(DownloadError, match="600000 of 1024000 bytes arrived"):
        fetched(server, tmp_path, page, size=len(BODY))
    assert fetched(server, tmp_path, page, size=len(BODY)) == BODY


def test_another_size_than_the_manifests_is_refused(server: Server, tmp_path: Path) -> None:
    for length in ("right", "unsaid"):
        with pytest.raises(DownloadError, match=r"has 1024000 bytes, .* 1000|more came than"):
            fetched(server, tmp_path, Page(BODY, length=length), size=1000)
        assert files_in(tmp_path) == []


def test_size_of_a_file_that_is_there_is_checked(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"short")
    file = {"name": "a.bin", "url": "http://127.0.0.1:9/a.bin", "size": 1000}
    with pytest.raises(DownloadError, match="has 5 bytes, the manifest entry says 1000: delete"):
        get(manifest_of([file]), tmp_path)


@pytest.mark.parametrize("said", [1, 10, 8192, len(BODY) - 1])
def test_body_longer_than_said_is_not_cut_without_a_word(
    server: Server, tmp_path: Path, said: int
) -> None:
    with pytest.raises(DownloadError, match="sends more bytes than it says"):
        fetched(server, tmp_path, Page(BODY, length=said))
    assert files_in(tmp_path) == []


def test_body_shorter_than_said_is_not_taken(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"a\.bin"):
        fetched(server, tmp_path, Page(BODY, length=len(BODY) + 1))
    assert not (tmp_path / "a.bin").exists()


def test_body_without_an_end_is_stopped(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "MOST_UNSAID", 500_000)
    for length in ("unsaid", "chunked"):
        with pytest.raises(DownloadError, match="more came than the 500000 bytes"):
            fetched(server, tmp_path, Page(BODY, length=length))
        assert files_in(tmp_path) == []


def test_file_larger_than_the_disk_is_not_begun(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"has 1000000000\.0 GB, .* free: make room"):
        fetched(server, tmp_path, Page(b"x", length=10**18))


def test_length_that_is_no_number_is_none(server: Server, tmp_path: Path) -> None:
    page = Page(b"x" * 10, length=int("9" * 400))
    with pytest.raises(DownloadError, match=r"a\.bin"):
        fetched(server, tmp_path, page)


@pytest.mark.usefixtures("no_warning")
def test_body_that_was_compressed_on_its_way_is_unfolded(server: Server, tmp_path: Path) -> None:
    assert fetched(server, tmp_path, Page(gzip.compress(BODY), encoding="gzip")) == BODY
    assert len(server.requests) == 1


def test_body_that_was_compressed_is_never_continued(server: Server, tmp_path: Path) -> None:
    packed = gzip.compress(BODY)
    page = Page(packed, encoding="gzip", cuts=[len(packed) // 2])
    with pytest.raises(DownloadError, match="run the same command again"):
        fetched(server, tmp_path, page)
    assert files_in(tmp_path) == []
    assert fetched(server, tmp_path, page) == BODY
    assert asked(server) == [None, None]


# ------------------------------------------------------------------ ranges


@pytest.mark.parametrize(
    "said",
    [
        "bytes 0-1023999/1024000",  # the beginning, called a part
        "bytes 600001-1023999/1024000",
        "",
        "bytes 600000-1023999",
        "pages 600000-1023999/1024000",
        "bytes 600000-700000/1024000",  # not as many as come
        "bytes 600000-599999/1024000",
    ],
)
def test_part_that_is_not_the_one_asked_for_is_not_appended(
    server: Server, tmp_path: Path, said: str
) -> None:
    page = Page(BODY, cuts=[600_000], content_range=said)
    assert fetched(server, tmp_path, page, attempts=3) == BODY
    first, part, again = asked(server)
    assert (first, again) == (None, None)
    assert part is not None


def test_part_of_another_version_is_not_appended(server: Server, tmp_path: Path) -> None:
    """A server that sends the new version although it was asked for the old one only."""
    with pytest.raises(DownloadError):
        fetched(server, tmp_path, Page(b"old" * 400_000, cuts=[600_000], etag='"old"'))
    kept = (tmp_path / ".a.bin.part").stat().st_size
    new = Page(BODY, etag='"new"', heeds_version=False)
    assert fetched(server, tmp_path, new, attempts=2) == BODY
    assert asked(server)[1:] == [f"bytes={kept}-", None]


def test_end_of_another_version_is_not_taken_for_the_end(server: Server, tmp_path: Path) -> None:
    (tmp_path / ".a.bin.part").write_bytes(b"x" * len(BODY))
    (tmp_path / ".a.bin.part.version").write_text('"old"')
    new = Page(BODY, etag='"new"', heeds_version=False)
    assert fetched(server, tmp_path, new, attempts=2) == BODY


@pytest.mark.parametrize("version", ['"a\nX-Evil: 1"', "é", "\udcff"])
def test_damaged_name_of_a_version_is_not_sent(
    server: Server, tmp_path: Path, version: str
) -> None:
    (tmp_path / ".a.bin.part").write_bytes(b"x" * 1000)
    (tmp_path / ".a.bin.part.version").write_text(version, "utf-8", "surrogateescape")
    assert fetched(server, tmp_path, Page(BODY)) == BODY
    assert asked(server) == [None]


def test_small_parts_are_put_together(server: Server, tmp_path: Path) -> None:
    (tmp_path / ".a.bin.part").write_bytes(BODY[:500_000])
    (tmp_path / ".a.bin.part.version").write_text('"1"')
    assert fetched(server, tmp_path, Page(BODY, slices=200_000), attempts=3) == BODY
    assert asked(server) == ["bytes=500000-", "bytes=700000-", "bytes=900000-"]


# ------------------------------------------------------------------ redirects


def moved(server: Server, to: str) -> str:
    server.pages |= {"/new": Page(BODY), "/old": Page(status=302, location=to)}
    return f"{server.url}/old"


def test_another_host_that_answers_is_said_and_recorded(server: Server, tmp_path: Path) -> None:
    target = f"{server.url}/new".replace("127.0.0.1", "localhost")
    manifest = manifest_of([{"name": "a.bin", "url": moved(server, target)}])
    with pytest.warns(UserWarning, match="is answered by localhost"):
        get(manifest, tmp_path)
    assert (tmp_path / "a.bin").read_bytes() == BODY
    ledger = json.loads((tmp_path / "checksums.json").read_text())
    assert ledger["a.bin"]["answered_by"] == target


@pytest.mark.usefixtures("no_warning")
def test_host_of_the_manifest_may_answer(server: Server, tmp_path: Path) -> None:
    target = f"{server.url}/new".replace("127.0.0.1", "localhost")
    file = {"name": "a.bin", "url": moved(server, target), "hosts": ["localhost"]}
    get(manifest_of([file]), tmp_path)
    assert (tmp_path / "a.bin").read_bytes() == BODY


def test_host_that_the_manifest_does_not_name_is_not_asked(server: Server, tmp_path: Path) -> None:
    target = f"{server.url}/new".replace("127.0.0.1", "localhost")
    file = {"name": "a.bin", "url": moved(server, target), "hosts": ["data.example.org"]}
    with pytest.raises(DownloadError, match=r"redirects to localhost, .*data\.example\.org"):
        get(manifest_of([file]), tmp_path)
    assert [path for path, _ in server.requests] == ["/old"]
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/a", "data:,x"])
def test_redirect_to_something_other_than_the_web_is_refused(
    server: Server, tmp_path: Path, target: str
) -> None:
    with pytest.raises(DownloadError, match="which is no web address"):
        get(manifest_of([{"name": "a.bin", "url": moved(server, target)}]), tmp_path)
    assert files_in(tmp_path) == []


def test_redirect_from_https_to_http_is_refused_before_it_is_followed(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make a certificate")
    certificate = tmp_path / "certificate.pem"
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", str(tmp_path / "key.pem"), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    both = certificate.read_text() + (tmp_path / "key.pem").read_text()
    (tmp_path / "both.pem").write_text(both)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with serving(tmp_path / "both.pem") as secure:
        url = moved(secure, f"{server.url}/new")
        server.pages["/new"] = Page(BODY)
        folder = tmp_path / "data"
        with pytest.raises(DownloadError, match="redirects to the unprotected http:"):
            get(manifest_of([{"name": "a.bin", "url": url}]), folder)
        assert files_in(folder) == []
        assert server.requests == []
        get(manifest_of([{"name": "a.bin", "url": moved(secure, "/new")}]), folder)
        assert (folder / "a.bin").read_bytes() == BODY


@pytest.mark.parametrize("status", [204, 205, 300, 304, 418])
def test_answer_that_is_no_file_is_an_error(server: Server, tmp_path: Path, status: int) -> None:
    with pytest.raises(DownloadError, match=f"{status} "):
        fetched(server, tmp_path, Page(b"", status=status))
    assert files_in(tmp_path) == []
