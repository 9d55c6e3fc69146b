"""Archives as lists of entries that can be read, zip and tar alike, without trusting them.

Nothing here writes a file. What an archive says of itself is bounded before it is believed: a tar
file is read through :class:`_Bounded`, so that a small file cannot unfold without end or claim a
header of gigabytes.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, Literal, cast

from hydrotl_core.errors import DownloadError

Kind = Literal["zip", "tar"]

#: Unpacked bytes per byte of an archive. Tables of daily numbers have 3 to 20, and deflate can
#: pack long runs of one value 1,000 times: below :data:`HARMLESS` bytes any ratio is taken.
MOST_RATIO = 200
HARMLESS = 200_000_000
#: Bytes of a header of a tar file: names and times, in truth some hundred.
MOST_HEADER = 1 << 20

_OPENERS: dict[bytes, Callable[[IO[bytes]], Any]] = {
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
    b"\x5d\x00\x00": lzma.LZMAFile,
}
_BROKEN = (
    EOFError,
    IndexError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True)
class Entry:
    """A file, or what takes its place, in an archive; folders are not listed."""

    name: str
    size: int
    plain: bool  # a regular file: no link, device or pipe
    open: Callable[[], IO[bytes]]


def most_bytes(archive: Path) -> int:
    """How many bytes an archive may unfold to."""
    return max(HARMLESS, MOST_RATIO * archive.stat().st_size)


def is_archive(path: Path, kind: Kind) -> bool:
    """Whether ``path`` is an archive of that kind (and not, say, a login page)."""
    if kind == "zip":
        return zipfile.is_zipfile(path)
    try:
        with open_archive(path, kind) as entries:
            next(entries, None)
    except DownloadError as error:
        return isinstance(error, UnfoldingError)  # an archive, if not one to unpack
    return True


class UnfoldingError(DownloadError):
    """An archive unfolds to more than one would believe of data."""


@contextmanager
def open_archive(path: Path, kind: Kind) -> Iterator[Iterator[Entry]]:
    """The entries of an archive, which can be read as long as the block lasts.

    Raises
    ------
    DownloadError
        If the archive is damaged or encrypted; also where an entry is read inside the block.
    UnfoldingError
        If it unfolds to more than :func:`most_bytes`.
    """
    try:
        if kind == "zip":
            with zipfile.ZipFile(path) as zipped:
                yield _zip_entries(zipped)
        else:
            with (
                path.open("rb") as file,
                _decompressed(path, file) as stream,
                tarfile.open(fileobj=cast(IO[bytes], stream), mode="r:") as tarred,
            ):
                yield _tar_entries(tarred)
    except DownloadError:
        raise
    except _BROKEN as error:
        raise _damaged(path, error) from error
    except OSError as error:
        if error.errno is None:  # of a decompressor, not of the disk
            raise _damaged(path, error) from error
        raise


def _damaged(path: Path, error: Exception) -> DownloadError:
    return DownloadError(
        f"{path} cannot be unpacked ({type(error).__name__}: {error}): delete it and fetch it again"
    )


def _zip_entries(zipped: zipfile.ZipFile) -> Iterator[Entry]:
    for info in zipped.infolist():
        if info.is_dir():
            continue
        kind = stat.S_IFMT(info.external_attr >> 16)  # 0 in archives of other systems
        plain = kind in (0, stat.S_IFREG)
        yield Entry(info.filename, info.file_size, plain, partial(zipped.open, info))


def _tar_entries(tarred: tarfile.TarFile) -> Iterator[Entry]:
    for info in tarred:
        if info.isdir():
            continue
        # Of a plain file there is always a stream.
        content = cast(Callable[[], IO[bytes]], partial(tarred.extractfile, info))
        yield Entry(info.name, info.size, info.isfile(), content)
    # tarfile takes a damaged header for the end, and does not miss an end that was cut off.
    stream = cast(IO[bytes], tarred.fileobj)
    stream.seek(tarred.offset)
    if stream.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise tarfile.ReadError("it does not end as a whole archive does")


@contextmanager
def _decompressed(path: Path, file: IO[bytes]) -> Iterator[_Bounded]:
    start = file.read(8)
    file.seek(0)
    opener = next((o for magic, o in _OPENERS.items() if start.startswith(magic)), None)
    if opener is None:
        yield _Bounded(file, path, most_bytes(path))
        return
    with opener(file) as unfolded:
        yield _Bounded(unfolded, path, most_bytes(path))


class _Bounded:
    """What ``tarfile`` needs of a stream, up to a number of bytes."""

    def __init__(self, stream: Any, path: Path, most: int) -> None:
        self.stream, self.path, self.most = stream, path, most

    def tell(self) -> int:
        return int(self.stream.tell())

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        if place > self.most:
            raise too_much(self.path, self.most)
        return int(self.stream.seek(place, whence))

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= MOST_HEADER:
            raise UnfoldingError(
                f"{self.path} has a header of {size} bytes, which no archive of data needs: not "
                "unpacked. Fetch it from the publisher's landing page"
            )
        found: bytes = self.stream.read(size)
        if self.tell() > self.most:
            raise too_much(self.path, self.most)
        return found

    def close(self) -> None:
        """Whoever opened the stream closes it."""


def too_much(path: Path, most: int) -> UnfoldingError:
    """The error of an archive that unfolds to more than ``most`` bytes."""
    return UnfoldingError(
        f"{path} has {path.stat().st_size / 1e6:.1f} MB and unfolds to more than {most / 1e9:.1f} "
        f"GB, over {MOST_RATIO} times as much: not unpacked. If the publisher's archive is really "
        "so, unpack it by hand"
    )
