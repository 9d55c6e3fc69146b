"""What the tests of downloading and unpacking share: manifests, archives, and a short patience."""

import io
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from hydrotl.data import transport
from hydrotl.data.download import fetch
from hydrotl.data.manifest import Manifest


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


def tar_bytes(members: list[tuple[tarfile.TarInfo, bytes]], compression: str = "gz") -> bytes:
    buffer = io.BytesIO()
    mode: Any = f"w:{compression}"
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for info, content in members:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tuple[tarfile.TarInfo, bytes]:
    """A symbolic link, or one of another kind, in a tar file."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info, b""


def files_in(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if not p.is_dir())
