"""Files of the live page: the source's members, the sample rivers and the script, for browsers.

A member is one small binary: the eight bytes ``HYDROTL1``, the length of the header (uint32), the
header (JSON in UTF-8, padded with blanks to a multiple of four), and all parameters one after
another as float32, all little endian. The header has the names and shapes of the parameters, the
scaler, which inputs may be missing, the penalty of the readout, the hash of the weights file, and
the licence, citation and model card. A page that is opened as a file cannot read a binary beside
it, so each comes as a script that holds it in base64.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hydrotl.book.bundle import page_script
from hydrotl.config import load_all_options
from hydrotl.data.catalog import open_dataset
from hydrotl.data.manifest import load_manifest
from hydrotl.experiments.start import load_start
from hydrotl_core.errors import ConfigError, DataError
from hydrotl_core.files import replacing
from hydrotl_core.recipe import PARAMETERS
from hydrotl_core.weights import load_weights, member_paths

MAGIC = b"HYDROTL1"
#: The source of the page, and the option whose penalty its readout has.
SOURCE, OPTION = "derived", "readout"
#: Daily inputs that the page computes or a reader's file may have.
COMPUTED = {"prcp", "tmean", "day_length", "toa", "pet_oudin", "trange"}
#: Daily variables of the sample rivers.
SERIES = ("prcp", "tmin", "tmax", "tmean", "streamflow")
#: Name of a sample river, of its basin, and of its country.
RIVERS = {
    "girnock": "Girnock Burn, Scotland",
    "sarapiqui": "Sarapiqui River, Costa Rica",
    "tamaulipas": "Tamaulipas, Mexico",
}


def penalty() -> float:
    """Penalty of the readout option.

    Raises
    ------
    ConfigError
        If the option is not declared.
    """
    option = load_all_options().get(OPTION)
    if option is None or option.readout is None:
        raise ConfigError(f"no option {OPTION} with a penalty is declared: the live page needs it")
    return option.readout


def header(path: Path) -> dict[str, Any]:
    """What the page must know of the member at ``path``, and what it is.

    Raises
    ------
    ConfigError
        If the member has inputs that the page cannot make.
    """
    start, card = load_start(path), load_weights(path)[1]
    scaler = card.scaler
    needed = [n for n in scaler.dynamic if n not in COMPUTED and n not in scaler.flagged]
    needed += [n for n in scaler.attributes if n not in scaler.flagged]
    if needed or scaler.per_precipitation:
        raise ConfigError(
            f"{path}: the live page cannot make {', '.join(needed) or 'flow per precipitation'}"
        )
    dataset = load_manifest().datasets.get(str(card.provenance.get("dataset")))
    readme = path.with_name("README.md")
    return {
        "format": 1,
        "source": path.parent.name,
        "member": path.name,
        "sha256": start.sha256,
        "parameters": [
            {"name": name, "shape": list(start.parameters[name].shape)} for name in PARAMETERS
        ],
        "scaler": scaler.model_dump(),
        "families": list(scaler.optional.values()),
        "averaged": card.training.missing == "mean",
        "penalty": penalty(),
        "basins": card.provenance.get("basins"),
        "licence": dataset.licence if dataset else card.provenance.get("licence", ""),
        "citation": dataset.citation if dataset else [card.provenance.get("references", "")],
        "card": readme.read_text(encoding="utf-8") if readme.is_file() else "",
    }


def member_bytes(path: Path) -> bytes:
    """The binary of the member at ``path`` (see the module's description)."""
    parameters = load_start(path).parameters
    text = json.dumps(header(path), ensure_ascii=False, allow_nan=False).encode()
    text += b" " * (-len(text) % 4)
    numbers = b"".join(parameters[name].astype("<f4").tobytes() for name in PARAMETERS)
    return MAGIC + struct.pack("<I", len(text)) + text + numbers


def read_member(content: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Header and parameters by name of the binary of a member.

    Raises
    ------
    ConfigError
        If it is none.
    """
    if content[: len(MAGIC)] != MAGIC:
        raise ConfigError("this is no binary of a member: it does not begin with HYDROTL1")
    (length,) = struct.unpack_from("<I", content, len(MAGIC))
    first = len(MAGIC) + 4
    told = json.loads(content[first : first + length])
    numbers = np.frombuffer(content, "<f4", offset=first + length)
    parameters, position = {}, 0
    for parameter in told["parameters"]:
        size = int(np.prod(parameter["shape"]))
        part = numbers[position : position + size]
        parameters[parameter["name"]] = part.reshape(parameter["shape"])
        position += size
    return told, parameters


def sample_rivers() -> list[dict[str, Any]]:
    """Days of the sample rivers, float32 in base64; none where their package is not installed."""
    rivers = []
    roles = load_manifest()["sample"].attributes
    for basin, title in RIVERS.items():
        try:
            ds = open_dataset("sample", [basin])
        except DataError:
            return []
        one = ds.isel(basin=0)
        known = np.flatnonzero(np.isfinite(one["prcp"].values))
        one = one.isel(time=slice(int(known[0]), int(known[-1]) + 1))
        first = one["time"].values[0].astype("datetime64[D]")
        rivers.append(
            {
                "id": basin,
                "title": title,
                "start": int(first.astype(int)),
                "latitude": float(one[roles.latitude]),
                "area": float(one[roles.area]),
                "series": {
                    name: base64.b64encode(one[name].values.astype("<f4").tobytes()).decode()
                    for name in SERIES
                },
            }
        )
    return rivers


def _call(function: str, *values: object) -> str:
    """A script that hands ``values`` to a function of the page."""
    return f"{function}({', '.join(json.dumps(value) for value in values)});\n"


def live_files(sources: Path, weights: Path) -> Mapping[str, str]:
    """Text of every file of the page, by name.

    Parameters
    ----------
    sources
        Folder of the page's modules and style.
    weights
        Folder of the source's members.
    """
    paths = member_paths(weights)
    files = {"page.js": page_script(sources)}
    files["live.css"] = (sources / "live.css").read_text(encoding="utf-8")
    for number, path in enumerate(paths):
        content = base64.b64encode(member_bytes(path)).decode()
        files[f"member-{number}.js"] = _call("hydrotlLive.member", number, content)
    about = {"members": len(paths), "penalty": penalty(), "rivers": sample_rivers()}
    files["data.js"] = f"var hydrotlData = {json.dumps(about)};\n"
    return files


def write_live(folder: Path, sources: Path, weights: Path) -> list[Path]:
    """Write the files of the live page into ``folder``; their paths."""
    written = []
    for name, text in live_files(sources, weights).items():
        with replacing(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
        written.append(folder / name)
    return written
