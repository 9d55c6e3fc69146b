"""Archives that are damaged, too large, or would write where they should not."""

import bz2
import gzip
import io
import lzma
import random
import shutil
import stat
import struct
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hydrotl.data import archives
from hydrotl.data.archives import Kind, is_archive
from hydrotl.data.unpack import unpack
from hydrotl_core.errors import DownloadError
from tests.downloads import files_in, get, link, manifest_of, tar_bytes, zip_bytes
from tests.http_server import Page, Server, serving

GOOD = (tarfile.TarInfo("good.txt"), b"good")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving() as running:
        yield running


def zip_special(name: str, mode: int, content: str = "../outside") -> bytes:
    """A zip file with an entry of a Unix file type, such as a link."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("good.txt", "good")
        info = zipfile.ZipInfo(name)
        info.create_system, info.external_attr = 3, mode << 16
        archive.writestr(info, content)
    return buffer.getvalue()


def tar_special(name: str, kind: bytes) -> bytes:
    info = tarfile.TarInfo(name)
    info.type = kind
    return tar_bytes([GOOD, (info, b"")])


def tar_of(*names: str) -> bytes:
    return tar_bytes([GOOD, *((tarfile.TarInfo(name), b"evil") for name in names)])


HOSTILE: dict[str, tuple[Kind, bytes]] = {
    "zip parent": ("zip", zip_bytes({"good.txt": b"g", "../evil": b"e"})),
    "zip hidden parent": ("zip", zip_bytes({"good.txt": b"g", "a/../../evil": b"e"})),
    "zip absolute": ("zip", zip_bytes({"good.txt": b"g", "/tmp/evil": b"e"})),
    "zip backslash": ("zip", zip_bytes({"good.txt": b"g", "..\\evil": b"e"})),
    "zip absolute backslash": ("zip", zip_bytes({"good.txt": b"g", "\\tmp\\evil": b"e"})),
    "zip share": ("zip", zip_bytes({"good.txt": b"g", "\\\\host\\share\\evil": b"e"})),
    "zip drive": ("zip", zip_bytes({"good.txt": b"g", "C:/evil": b"e"})),
    "zip drive without slash": ("zip", zip_bytes({"good.txt": b"g", "C:evil": b"e"})),
    "zip stream of windows": ("zip", zip_bytes({"good.txt": b"g", "a/good.txt:evil": b"e"})),
    "zip device of windows": ("zip", zip_bytes({"good.txt": b"g", "a/nul.txt": b"e"})),
    "zip last dot": ("zip", zip_bytes({"good.txt": b"g", "a/b./c": b"e"})),
    "zip last blank": ("zip", zip_bytes({"good.txt": b"g", "a /c": b"e"})),
    "zip no name": ("zip", zip_bytes({"good.txt": b"g", ".": b"e"})),
    "zip line feed": ("zip", zip_bytes({"good.txt": b"g", "a\nb": b"e"})),
    "zip other order": ("zip", zip_bytes({"good.txt": b"g", "a\u202etxt.exe": b"e"})),
    "zip long name": ("zip", zip_bytes({"good.txt": b"g", "x" * 4000: b"e"})),
    "zip deep name": ("zip", zip_bytes({"good.txt": b"g", "x/" * 4000 + "y": b"e"})),
    "zip case": ("zip", zip_bytes({"good.txt": b"g", "GOOD.TXT": b"e"})),
    "zip forms of one letter": ("zip", zip_bytes({"\u00e9": b"g", "e\u0301": b"e"})),
    "zip file and folder": ("zip", zip_bytes({"good.txt": b"g", "good.txt/evil": b"e"})),
    "zip file and folder by case": ("zip", zip_bytes({"good.txt": b"g", "Good.txt/evil": b"e"})),
    "zip link": ("zip", zip_special("link", stat.S_IFLNK | 0o777)),
    "zip link inside": ("zip", zip_special("link", stat.S_IFLNK | 0o777, "good.txt")),
    "zip pipe": ("zip", zip_special("pipe", stat.S_IFIFO | 0o666)),
    "zip device": ("zip", zip_special("device", stat.S_IFBLK | 0o666)),
    "tar parent": ("tar", tar_of("../evil")),
    "tar absolute": ("tar", tar_of("/tmp/evil")),
    "tar case": ("tar", tar_of("Good.txt")),
    "tar device of windows": ("tar", tar_of("CON")),
    "tar not UTF-8": ("tar", tar_of("\udcff")),
    "tar twice": ("tar", tar_of("good.txt")),
    "tar link": ("tar", tar_bytes([GOOD, link("link", "../../outside")])),
    "tar absolute link": ("tar", tar_bytes([GOOD, link("link", "/etc/passwd")])),
    "tar link inside": ("tar", tar_bytes([GOOD, link("link", "good.txt")])),
    "tar through link": ("tar", tar_bytes([GOOD, link("l", ".."), (tarfile.TarInfo("l/e"), b"e")])),
    # Each is inside as a text, and outside once the ones before it are followed.
    "tar link after link": (
        "tar",
        tar_bytes([GOOD, link("a/b", "c/.."), link("a/c", ".."), link("out", "a/b/../..")]),
    ),
    "tar hard link": ("tar", tar_bytes([GOOD, link("hard", "../../outside", tarfile.LNKTYPE)])),
    "tar hard link to link": (
        "tar",
        tar_bytes([GOOD, link("l", "/etc/passwd"), link("hard", "l", tarfile.LNKTYPE)]),
    ),
    "tar link replaced": ("tar", tar_bytes([link("x", "/tmp"), (tarfile.TarInfo("x"), b"e")])),
    "tar character device": ("tar", tar_special("device", tarfile.CHRTYPE)),
    "tar block device": ("tar", tar_special("device", tarfile.BLKTYPE)),
    "tar pipe": ("tar", tar_special("pipe", tarfile.FIFOTYPE)),
    "tar contiguous device": ("tar", tar_special("x", b"3")),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_archive_is_refused_and_leaves_nothing(
    server: Server, tmp_path: Path, name: str
) -> None:
    kind, body = HOSTILE[name]
    server.pages["/a"] = Page(body)
    folder = tmp_path / "inner" / "d"
    file = {"name": "a", "url": f"{server.url}/a", "unpack": kind}
    with pytest.raises(DownloadError, match=f"{folder / 'a'}"):
        get(manifest_of([file]), folder)
    assert files_in(tmp_path) == ["inner/d/a", "inner/d/checksums.json"]


def test_links_outside_the_part_that_is_wanted_are_looked_at_too(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(tar_bytes([GOOD, link("other/l", "/etc/passwd")]))
    with pytest.raises(DownloadError, match=r"'other/l', which is a link"):
        unpack(tmp_path / "a.tar", "tar", tmp_path / "out", members=["good.txt"])


def test_nothing_is_written_through_a_link_in_the_folder(tmp_path: Path) -> None:
    outside, target = tmp_path / "outside", tmp_path / "data"
    outside.mkdir()
    target.mkdir()
    (target / "sub").symlink_to(outside)
    (target / "one.txt").symlink_to(outside / "one.txt")
    (outside / "one.txt").write_text("mine")
    (tmp_path / "a.zip").write_bytes(zip_bytes({"sub/deep/x": b"x"}))
    with pytest.raises(DownloadError, match=r"data/sub is a link to .*outside"):
        unpack(tmp_path / "a.zip", "zip", target)
    assert files_in(outside) == ["one.txt"]
    # A file takes the place of a link, not of what that leads to.
    (tmp_path / "b.zip").write_bytes(zip_bytes({"one.txt": b"new"}))
    unpack(tmp_path / "b.zip", "zip", target)
    assert (outside / "one.txt").read_text() == "mine"
    assert (target / "one.txt").read_text() == "new"
    assert not (target / "one.txt").is_symlink()


def test_folder_that_is_a_link_as_a_whole_is_fine(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "data").symlink_to(tmp_path / "disk")
    (tmp_path / "a.zip").write_bytes(zip_bytes({"sub/x": b"x"}))
    unpack(tmp_path / "a.zip", "zip", tmp_path / "data")
    assert files_in(tmp_path / "disk") == ["sub/x"]


def test_what_lies_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zip_bytes({"x/y": b"1", "z": b"2"}))
    (tmp_path / "out" / "z").mkdir(parents=True)
    with pytest.raises(DownloadError, match=r"out/z is a folder: move it away"):
        unpack(tmp_path / "a.zip", "zip", tmp_path / "out")
    (tmp_path / "out" / "z").rmdir()
    (tmp_path / "out" / "x").write_text("a file")
    with pytest.raises(DownloadError, match=r"out/x is no folder: move it away"):
        unpack(tmp_path / "a.zip", "zip", tmp_path / "out")
    assert files_in(tmp_path / "out") == ["x"]


def test_files_have_no_rights_of_the_archive(tmp_path: Path) -> None:
    info = tarfile.TarInfo("run")
    info.mode, info.uid = 0o6777, 0
    (tmp_path / "a.tar").write_bytes(tar_bytes([(info, b"#!")]))
    (tmp_path / "a.zip").write_bytes(zip_special("run2", stat.S_IFREG | 0o6777, "#!"))
    for kind in ("tar", "zip"):
        unpack(tmp_path / f"a.{kind}", kind, tmp_path / "out")
    for name in ("run", "run2"):
        assert (tmp_path / "out" / name).stat().st_mode & 0o7111 == 0


def test_backslashes_are_separators_as_the_program_that_wrote_them_meant(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zip_bytes({"pack\\sub\\x.csv": b"x"}))
    found = unpack(tmp_path / "a.zip", "zip", tmp_path / "out", root="pack")
    assert list(found) == ["sub/x.csv"]
    assert (tmp_path / "out" / "sub" / "x.csv").read_bytes() == b"x"


@pytest.mark.parametrize("compression", ["", "gz", "bz2", "xz"])
def test_tar_of_any_compression_is_unpacked(tmp_path: Path, compression: str) -> None:
    long = tarfile.TarInfo("d/" * 60 + "岷江.csv")  # in a header of its own
    members = [GOOD, (long, b"1,2\n" * 5000)]
    (tmp_path / "a").write_bytes(tar_bytes(members, compression))
    assert is_archive(tmp_path / "a", "tar")
    unpack(tmp_path / "a", "tar", tmp_path / "out")
    assert (tmp_path / "out" / long.name).read_bytes() == b"1,2\n" * 5000
    assert (tmp_path / "out" / "good.txt").read_bytes() == b"good"


# ------------------------------------------------------------------ size


@pytest.mark.parametrize("kind", ["zip", "gz", "bz2", "xz"])
def test_archive_that_unfolds_without_measure_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(archives, "HARMLESS", 1_000_000)
    zeros = bytes(20_000_000)
    members = [GOOD, (tarfile.TarInfo("zeros"), zeros), (tarfile.TarInfo("last"), b"")]
    body = zip_bytes({"zeros": zeros}) if kind == "zip" else tar_bytes(members, kind)
    (tmp_path / "a").write_bytes(body)
    form: Kind = "zip" if kind == "zip" else "tar"
    assert is_archive(tmp_path / "a", form)
    with pytest.raises(DownloadError, match=r"over 200 times as much: not unpacked"):
        unpack(tmp_path / "a", form, tmp_path / "out")
    assert files_in(tmp_path / "out") == []


def test_runs_of_one_value_are_data(tmp_path: Path) -> None:
    """A table of missing values alone is packed 1,000 times, and is harmless."""
    table = b"-999.0," * 1_000_000
    (tmp_path / "a.zip").write_bytes(zip_bytes({"swe.csv": table}))
    assert len(table) > 200 * (tmp_path / "a.zip").stat().st_size
    unpack(tmp_path / "a.zip", "zip", tmp_path / "out")
    assert (tmp_path / "out" / "swe.csv").read_bytes() == table


def test_many_entries_that_share_their_bytes_are_counted_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An archive whose list names the same bytes under 1,000 names."""
    monkeypatch.setattr(archives, "HARMLESS", 1_000_000)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0", bytes(100_000))
        first = archive.getinfo("0")
        for number in range(1, 1000):
            other = zipfile.ZipInfo(str(number))
            for name in ("header_offset", "file_size", "compress_size", "CRC", "compress_type"):
                setattr(other, name, getattr(first, name))
            archive.filelist.append(other)
    with pytest.raises(DownloadError, match="unfolds to more than"):
        unpack(tmp_path / "a.zip", "zip", tmp_path / "out")
    assert files_in(tmp_path / "out") == []


@pytest.mark.parametrize("opener", [gzip.compress, bz2.compress, lzma.compress, bytes])
def test_header_of_a_tar_file_without_end_is_not_read_into_memory(tmp_path: Path, opener) -> None:
    header = tarfile.TarInfo("pax")
    header.type, header.size = tarfile.XHDTYPE, 50_000_000
    (tmp_path / "a").write_bytes(opener(header.tobuf() + bytes(50_000_000)))
    with pytest.raises(DownloadError, match="has a header of 50000384 bytes"):
        unpack(tmp_path / "a", "tar", tmp_path / "out")


def test_sparse_file_of_any_size_is_counted(tmp_path: Path) -> None:
    info = tarfile.TarInfo("hole")
    info.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": "hole",
        "GNU.sparse.realsize": str(10**15),
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        content = b"1\n0\n0\n".ljust(512, b"\0")
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    (tmp_path / "a.tar").write_bytes(buffer.getvalue())
    with pytest.raises(DownloadError, match=r"a\.tar"):
        unpack(tmp_path / "a.tar", "tar", tmp_path / "out")
    assert files_in(tmp_path / "out") == []


def test_archive_that_does_not_fit_on_the_disk(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("1.txt", "1")
        archive.getinfo("1.txt").file_size = 10**18  # as a zip bomb states it
    with pytest.raises(DownloadError, match=r"needs 1000000000\.0 GB unpacked.*make room"):
        unpack(tmp_path / "a.zip", "zip", tmp_path / "out")
    assert files_in(tmp_path / "out") == []


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hydrotl.data.unpack.MOST_FILES", 10)
    (tmp_path / "a.zip").write_bytes(zip_bytes({str(number): b"" for number in range(11)}))
    with pytest.raises(DownloadError, match="more than 10 files"):
        unpack(tmp_path / "a.zip", "zip", tmp_path / "out")


# ------------------------------------------------------------------ damage


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


def test_size_that_an_archive_understates_is_noticed(tmp_path: Path) -> None:
    body = zip_bytes({"1.txt": b"one" * 9999})
    body = body.replace(struct.pack("<L", 3 * 9999), struct.pack("<L", 30))
    (tmp_path / "a.zip").write_bytes(body)
    with pytest.raises(DownloadError, match=r"a\.zip"):
        unpack(tmp_path / "a.zip", "zip", tmp_path / "out")
    assert files_in(tmp_path / "out") == []


@pytest.mark.parametrize("compression", ["", "gz", "bz2", "xz"])
def test_truncated_tar_is_damaged(tmp_path: Path, compression: str) -> None:
    noise = random.Random(0).randbytes(100_000)
    body = tar_bytes([GOOD, (tarfile.TarInfo("noise"), noise)], compression)
    (tmp_path / "a").write_bytes(body[: len(body) // 2])
    with pytest.raises(DownloadError, match="cannot be unpacked"):
        unpack(tmp_path / "a", "tar", tmp_path / "out")
    assert files_in(tmp_path / "out") == []


def test_tar_that_ends_between_two_files_is_damaged(tmp_path: Path) -> None:
    body = tar_bytes([GOOD, (tarfile.TarInfo("second.txt"), b"2"), GOOD], "")
    cut = body[: 2 * 512]  # header and content of the first
    header = bytearray(body)
    header[2 * 512 + 5] ^= 1  # in the name of the second, against its checksum
    for damaged in (cut, bytes(header)):
        (tmp_path / "a.tar").write_bytes(damaged)
        with pytest.raises(DownloadError, match="does not end as a whole archive does"):
            unpack(tmp_path / "a.tar", "tar", tmp_path / "out")
        assert files_in(tmp_path / "out") == []


@pytest.mark.parametrize("kind", ["zip", "", "gz", "xz"])
def test_altered_bytes_never_end_in_a_traceback_or_outside(tmp_path: Path, kind: str) -> None:
    content = {f"d/{number}.csv": b"1,2,3\n" * 40 for number in range(3)}
    members = [(tarfile.TarInfo(name), text) for name, text in content.items()]
    body = zip_bytes(content) if kind == "zip" else tar_bytes(members, kind)
    form: Kind = "zip" if kind == "zip" else "tar"
    dice, refused = random.Random(1), 0
    for number in range(150):
        altered = bytearray(body)
        for _ in range(dice.randint(1, 4)):
            altered[dice.randrange(len(altered))] = dice.randrange(256)
        (tmp_path / "a").write_bytes(altered[: dice.randint(len(altered) // 2, len(altered))])
        target = tmp_path / "out" / str(number)
        try:
            is_archive(tmp_path / "a", form)
            unpack(tmp_path / "a", form, target)
        except DownloadError:
            refused += 1
            assert files_in(tmp_path / "out") == []
        else:
            shutil.rmtree(target)
    assert refused > 50
    assert sorted(p.name for p in tmp_path.iterdir()) in (["a"], ["a", "out"])


def test_archive_with_another_layout_than_expected(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zip_bytes({"other/1.txt": b"1"}))
    with pytest.raises(DownloadError, match="layout differs"):
        unpack(tmp_path / "a.zip", "zip", tmp_path / "out", root="wanted")
    with pytest.raises(DownloadError, match="layout differs"):
        unpack(tmp_path / "a.zip", "zip", tmp_path / "out", members=["wanted/*"])
    assert files_in(tmp_path / "out") == []


def test_name_twice_in_an_archive(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("1.txt", "first")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("1.txt", "second")
    with pytest.raises(DownloadError, match="twice"):
        unpack(tmp_path / "a.zip", "zip", tmp_path / "out")
