"""``checksums.json``: the hash of every fetched file, recorded once and checked ever after.

Few publishers of these data state a sha256. The first download is taken on trust and recorded
beside the files; from then on another content is an error, not a silent change of the data.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pooch

from hydrotl_core.errors import DownloadError
from hydrotl_core.files import replacing

LEDGER_NAME = "checksums.json"

Ledger = dict[str, dict[str, Any]]


def read_ledger(folder: Path) -> Ledger:
    """Records of the files in ``folder``: name -> ``sha256``, ``url``, ``recorded``, ``unpacked``.

    Raises
    ------
    DownloadError
        If the file is there and not such a ledger.
    """
    path = folder / LEDGER_NAME
    try:
        ledger = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise DownloadError(f"{path} cannot be read ({error}): restore or delete it") from error
    if not isinstance(ledger, dict) or not all(
        isinstance(record, dict) and isinstance(record.get("sha256"), str)
        for record in ledger.values()
    ):
        raise DownloadError(f"{path} does not map file names to records: restore or delete it")
    return ledger


def _write(folder: Path, ledger: Ledger) -> None:
    with replacing(folder / LEDGER_NAME) as temporary:
        temporary.write_text(json.dumps(ledger, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def check_and_record(folder: Path, name: str, expected: str | None, url: str | None) -> str:
    """Compare ``folder/name`` with the hash it must have; record it if there is none.

    Parameters
    ----------
    folder, name
        Folder of the data set, and the file's path in it.
    expected
        sha256 of the manifest, or None.
    url
        Origin, recorded with the hash.

    Returns
    -------
    str
        The file's sha256.

    Raises
    ------
    DownloadError
        If the content is another than the manifest or the ledger says.
    """
    found = pooch.file_hash(str(folder / name), alg="sha256")
    ledger = read_ledger(folder)
    recorded = ledger.get(name, {}).get("sha256")
    if expected is not None and found != expected:
        raise DownloadError(
            f"{folder / name} has sha256 {found}, the manifest says {expected}: delete the file "
            "and fetch it again; if the publisher replaced it, check the new version and correct "
            "`sha256` in data_manifest.yaml"
        )
    if recorded is not None and expected is None and found != recorded:
        raise DownloadError(
            f"{folder / name} has sha256 {found}, but {recorded} was recorded when it was first "
            f"fetched: delete the file and fetch it again; to accept a new version, also delete "
            f"the record '{name}' in {folder / LEDGER_NAME}"
        )
    if recorded != found:
        today = dt.datetime.now(dt.UTC).date().isoformat()
        ledger[name] = {"sha256": found, "url": url, "recorded": today, "unpacked": []}
        _write(folder, ledger)
    return found


def is_unpacked(folder: Path, name: str, selection: list[str]) -> bool:
    """Whether that selection (root and patterns) of the archive ``name`` was unpacked before."""
    return selection in read_ledger(folder).get(name, {}).get("unpacked", [])


def record_unpacked(folder: Path, name: str, selection: list[str]) -> None:
    """Record that ``selection`` of the archive ``name`` lies in the folder."""
    ledger = read_ledger(folder)
    ledger[name].setdefault("unpacked", []).append(selection)
    _write(folder, ledger)
