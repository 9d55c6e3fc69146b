"""The ledger of a data set: which content its files had when they were fetched and unpacked.

It lies beside the files (:data:`LEDGER`), in JSON.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, TypeAdapter, model_validator

from hydrotl.data.manifest import RemoteFile
from hydrotl.data.unpack import sha256_of
from hydrotl.names import inner_path
from hydrotl_core.errors import DownloadError
from hydrotl_core.files import replacing

LEDGER = "checksums.json"


def _inner(path: str) -> str:
    inner_path(path, "path")
    return path


Inner = Annotated[str, AfterValidator(_inner)]


class Unpacked(BaseModel):
    """What was unpacked of an archive: which part, and the hash of each file.

    ``files`` are relative to the archive's folder; None in ledgers that were written before hashes
    of what was unpacked were kept.
    """

    root: str
    members: list[str] = []
    files: dict[Inner, str] | None = None

    @model_validator(mode="before")
    @classmethod
    def _list(cls, value: Any) -> Any:
        """Take ``[root, *members]``, the form without hashes."""
        if isinstance(value, list) and value:
            return {"root": value[0], "members": value[1:]}
        return value

    def faults(self, folder: Path) -> list[str]:
        """Files of the archive's ``folder`` that are gone or altered, each with what it is."""
        found = []
        for name, sha256 in (self.files or {}).items():
            path = folder / name
            if not path.is_file():
                found.append(f"{path} is gone")
            elif sha256_of(path) != sha256:
                found.append(f"{path} was altered")
        return found


class FileRecord(BaseModel):
    """Hash of a file, where and when it was fetched, and what was unpacked of it."""

    sha256: str
    url: str | None = None
    answered_by: str | None = Field(None, description="where the url had led, if elsewhere")
    recorded: dt.date | None = None
    unpacked: list[Unpacked] = []

    def selection(self, file: RemoteFile) -> Unpacked | None:
        """What was unpacked of the part of the archive that ``file`` asks for."""
        wanted = (file.root, file.members)
        return next((one for one in self.unpacked if (one.root, one.members) == wanted), None)

    def with_unpacked(self, file: RemoteFile, files: dict[str, str]) -> FileRecord:
        """The record after ``file`` was unpacked into ``files``."""
        new = Unpacked(root=file.root, members=file.members, files=files)
        old = self.selection(file)
        return self.model_copy(
            update={"unpacked": [*(one for one in self.unpacked if one is not old), new]}
        )


_LEDGER = TypeAdapter(dict[str, FileRecord])


def read_ledger(folder: Path) -> dict[str, FileRecord]:
    """Records by path of the file inside ``folder``; none without a ledger.

    Raises
    ------
    DownloadError
        If it cannot be read.
    """
    path = folder / LEDGER
    try:
        return _LEDGER.validate_json(path.read_bytes()) if path.exists() else {}
    except (OSError, ValueError) as error:
        raise DownloadError(
            f"{path} does not map file names to records: restore or delete it ({error})"
        ) from error


def write_ledger(folder: Path, ledger: dict[str, FileRecord]) -> None:
    """Write the ledger, completely or not at all."""
    with replacing(folder / LEDGER) as temporary:
        content = _LEDGER.dump_json(dict(sorted(ledger.items())), indent=1, exclude_none=True)
        temporary.write_bytes(content + b"\n")
