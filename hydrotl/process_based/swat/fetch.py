"""Fetch the pinned SWAT+ executable and its default tables, checked by their hashes.

They are inside the source distribution of a PyPI package. pip fetches it from whatever index it is
set up for, and refuses a file with another hash before anything of it is read. Only the executable
and the tables are unpacked; the package itself is neither installed nor imported.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from hydrotl.data.unpack import unpack
from hydrotl.process_based.swat.installation import (
    ARCHIVE_SHA256,
    EXECUTABLE,
    EXECUTABLE_SHA256,
    PACKAGE,
    VERSION,
    sha256,
    swat_folder,
)
from hydrotl.process_based.swat.project import CODES, DATABASES
from hydrotl_core.errors import DownloadError

ARCHIVE = f"{PACKAGE}-{VERSION}.tar.gz"
INSIDE = f"{PACKAGE}-{VERSION}/tests/TxtInOut"


def fetch_swat(folder: Path | None = None, archive: Path | None = None) -> Path:
    """Put the executable and the default tables into ``folder``.

    Parameters
    ----------
    folder
        By default ``HYDROTL_SWAT`` or ``swatplus`` in the user's cache folder.
    archive
        The source distribution, if it was fetched by other means.

    Returns
    -------
    Path
        The folder. If all of it is there already, nothing is fetched.

    Raises
    ------
    DownloadError
        If pip cannot fetch the archive, or archive or executable have another hash.
    """
    folder = (folder or swat_folder()).expanduser()
    if _complete(folder):
        return folder
    try:
        with tempfile.TemporaryDirectory(prefix="hydrotl-") as name:
            source = archive or _download(Path(name))
            _check(source, ARCHIVE_SHA256)
            unpack(source, "tar", folder, INSIDE, [EXECUTABLE, CODES, *DATABASES])
        executable = folder / EXECUTABLE
        try:
            _check(executable, EXECUTABLE_SHA256)
        except DownloadError:
            executable.unlink()  # it must not be run
            raise
        executable.chmod(0o755)
    except OSError as error:
        raise DownloadError(f"{error}: set HYDROTL_SWAT to a folder that can be written") from error
    return folder


def _complete(folder: Path) -> bool:
    executable = folder / EXECUTABLE
    return (
        all((folder / name).is_file() for name in (EXECUTABLE, CODES, *DATABASES))
        and sha256(executable) == EXECUTABLE_SHA256
    )


def _check(path: Path, wanted: str) -> None:
    found = sha256(path)
    if found != wanted:
        raise DownloadError(
            f"{path} has sha256 {found}, not {wanted}: delete it and fetch it again"
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
            f"Fetch {ARCHIVE} by other means and name it: hydrotl swat-fetch --archive FILE"
        )
    return path
