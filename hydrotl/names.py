"""Names that become files and folders: one rule, the same on every system.

Settings, regions, sources, recipes, options, stations, files of data sets and what archives hold
become parts of paths. A name such as ``../other`` would lead elsewhere, ``aux`` or ``a:b`` cannot
be a file on Windows, and two names that differ in case only are one file there. Letters of any
script are fine.
"""

from __future__ import annotations

import unicodedata
from pathlib import Path, PurePosixPath
from typing import Annotated, TypeVar

from pydantic import AfterValidator

from hydrotl_core.errors import ConfigError, HydroTLError

Named = TypeVar("Named")

#: Bytes of a name in UTF-8: file systems take 255, and endings are added.
LONGEST = 200
LONGEST_PATH = 1000
#: Separators, and what Windows refuses in a file name.
FORBIDDEN = frozenset('/\\<>:"|?*')
#: Control characters, halves of characters (a file name that is not UTF-8), line separators.
UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
#: Marks that make a name read in another order than it is written.
REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
#: Characters without width that no script needs: two names that look alike would differ. (The
#: joiners of Persian and of Indian scripts are needed.)
INVISIBLE = frozenset("\u00ad\u180e\u200b\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff")
#: Devices of Windows, whatever follows after a dot.
DEVICES = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"}
)


def path_name(name: str, what: str = "name", error: type[HydroTLError] = ConfigError) -> str:
    """``name``, if it can name a file or folder on every system.

    Parameters
    ----------
    name
        One part of a path.
    what
        What it names, for the message, such as ``setting``.
    error
        Raised if it cannot.

    Raises
    ------
    HydroTLError
        If the name is empty, too long, reserved, or has a character that leads elsewhere or that
        some system refuses.
    """
    fault = _fault(name)
    if fault is not None:
        raise error(f"the {what} {name!r} cannot be part of a file's name: {fault}; choose another")
    return name


def _fault(name: str) -> str | None:
    if not name.strip():
        return "it is empty"
    bad = next((c for c in name if c in FORBIDDEN | REORDERING | INVISIBLE), None)
    bad = bad or next((c for c in name if unicodedata.category(c) in UNPRINTABLE), None)
    if bad is not None:
        return f"it has the character {bad!r}"
    if name in (".", ".."):
        return "it stands for a folder"
    if name != name.strip() or name.endswith("."):
        return "it begins or ends with a blank, or ends with a dot"
    if len(name.encode()) > LONGEST:
        return f"it has more than {LONGEST} bytes"
    if name.partition(".")[0].strip().casefold() in DEVICES:
        return "Windows keeps it for a device"
    return None


def inner_path(path: str, what: str, error: type[HydroTLError] = ConfigError) -> PurePosixPath:
    """``path`` as a relative path that stays inside the folder it is relative to.

    Backslashes count as separators; each part is checked by :func:`path_name`.

    Raises
    ------
    HydroTLError
        If it is absolute, has ``..`` or a part that cannot be a file's name.
    """
    found = PurePosixPath(path.replace("\\", "/"))
    drive = bool(found.parts) and found.parts[0].endswith(":")
    if found.is_absolute() or drive or ".." in found.parts:
        raise error(f"the {what} {path!r} must be a relative path without '..'")
    if len(path.encode(errors="replace")) > LONGEST_PATH:
        raise error(f"the {what} {path[:60]!r}... has more than {LONGEST_PATH} bytes")
    for part in found.parts:
        path_name(part, what, error)
    return found


def given_name(name: str | Path, what: str) -> str:
    """Name of something that is given by name or by the path of its YAML file.

    Raises
    ------
    ConfigError
        If it cannot name results and weights (:func:`path_name`), or has a dot: what follows it
        would be taken for the kind of the file.
    """
    found = Path(name).name.removesuffix(".yaml") if str(name).endswith(".yaml") else str(name)
    path_name(found, what)
    if "." in found and not str(name).endswith(".yaml"):
        raise ConfigError(f"the {what} {found!r} has a dot in its name: choose one without")
    return found


def same_file(path: str) -> str:
    """Key that is equal for two paths that some system takes for one file."""
    folded = unicodedata.normalize("NFC", path.casefold())
    return "".join(c for c in folded if unicodedata.category(c) != "Cf")


def no_twins(named: dict[str, Named]) -> dict[str, Named]:
    """``named``, if no two of its names are one file on some system; else a ValueError."""
    seen: dict[str, str] = {}
    for name in named:
        first = seen.setdefault(same_file(name), name)
        if first != name:
            raise ValueError(
                f"{first!r} and {name!r} differ in capitals only, or not visibly, and would be one "
                "file on some systems: rename one"
            )
    return named


#: In a model: a text that becomes part of a path.
PathName = Annotated[str, AfterValidator(path_name)]
