"""Where the SWAT+ executable and its default tables are.

``HYDROTL_SWAT`` names the folder that ``hydrotl swat-fetch`` fills, by default ``swatplus`` in the
user's cache folder. ``HYDROTL_SWAT_EXE`` names an executable of one's own (SWAT+ rev. 61), which
then takes the place of the fetched one, a Linux program for x86-64.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from hydrotl_core.errors import ConfigError

#: The executable and default tables come from the source distribution of this PyPI package
#: (GPL-3.0-or-later; SWAT+ itself is a program of the USDA and Texas A&M).
PACKAGE = "pyswatplus"
VERSION = "1.3.0"
ARCHIVE_SHA256 = "737fb6fa07d242613e22fa13eda52cdd590e26ce45d592f4b07637a8025c9c8d"
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


def swat_folder() -> Path:
    """Folder of the fetched executable and tables: ``HYDROTL_SWAT`` or the user's cache."""
    named = os.environ.get("HYDROTL_SWAT")
    if named:
        return Path(named).expanduser()
    import pooch  # lazy: see paths.data_dir

    return Path(pooch.os_cache("hydrotl")) / "swatplus"


def find_installation(executable: Path | None = None) -> Installation:
    """Executable and tables: ``executable``, else ``HYDROTL_SWAT_EXE``, else the fetched one.

    Raises
    ------
    ConfigError
        If the executable or the folder of the tables is absent, with what to do.
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
