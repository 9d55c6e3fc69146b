"""What is done with a project: the steps of a user, and the numbers that come out.

A step is a command as it is typed or a function that a notebook calls. ``look`` is a glance that
may settle a mutation at once: where the data that are read are those of the clean project to the
bit, so are their results.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.attack.world import COLUMNS, STATIC, TARGET_FOLDER, TEST, TRAIN

Step = Callable[[Path], None] | tuple[str, ...]
RUN = (
    *("run", "target", "--setting", "1-year", "--option", "local", "--option", "TL-b"),
    *("--members", "1", "--jobs", "1", "--device", "cpu", "--save"),
)
#: For data one model says enough.
RUN_LOCAL = (*RUN[:6], *RUN[8:])
#: The training of two members that each start from another member of the source.
RUN_TWO = ("run", "target", "--option", "TL-b", "--members", "2", *RUN[-5:])
OUT = "runs/attack/donor"


@dataclass(frozen=True)
class Probe:
    """Steps, and a digest of their numbers; with ``early``, an error belongs before training."""

    steps: tuple[Step, ...]
    digest: Callable[[Path], str]
    look: Callable[[Path], str] | None = None
    early: bool = True


def digest_of(content: Any) -> str:
    """Hash of numbers and texts; equal numbers have one spelling."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


SCORES = ("days_observed", "nse", "kge", "member_nse", "error_products", "nse_median")


def scores_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """What of a record is numbers."""
    return {name: record.get(name) for name in SCORES}


def record_digest(root: Path) -> str:
    """Digests of a region's records: of the scores, and of the data and the basins' names."""
    scores, data = {}, {}
    for path in sorted((root / "results").glob("*/*/*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        scores[path.stem], names = scores_of(record), record.get("basins")
        data[path.stem] = names, record["provenance"]["data_hash"]
    return f"{digest_of(scores)} {digest_of(data)}"


def data_look(root: Path) -> str:
    """Digest of the canonical data of the target, as a notebook opens them."""
    from hydrotl.data.canonical import data_hash
    from hydrotl.data.catalog import open_dataset

    return data_hash(open_dataset("target"))


def weights_digest(root: Path) -> str:
    """Digest of what a training of the source wrote."""
    from hydrotl_core.weights import load_weights

    found = {}
    for path in sorted((root / OUT).glob("*.safetensors")):
        parameters, card = load_weights(path)
        values = {name: value.numpy().tobytes().hex() for name, value in parameters.items()}
        found[path.stem] = values, card.scaler.model_dump(mode="json")
    return digest_of(found)


def read_results(root: Path) -> None:
    """What the book does with records: tables, places, intervals; numbers go to a file."""
    from hydrotl.experiments.facts import basin_frame
    from hydrotl.experiments.records import cell_table, record_products, region_records

    records = region_records("target", "tiny")
    table = cell_table(records)
    content: dict[str, Any] = {"table": json.loads(table.to_json(orient="split"))}
    for record in records:
        frame = basin_frame(record).reset_index(drop=True)
        products = record_products(record)
        content[f"{record['setting']} {record['option']}"] = (
            json.loads(frame.to_json(orient="split")),
            [[None if np.isnan(v) else float(v) for v in row] for row in products.reshape(-1, 1)],
            scores_of(record),
        )
    (root / "read.json").write_text(json.dumps(content), encoding="utf-8")


def read_digest(root: Path) -> str:
    """Digest of what :func:`read_results` found."""
    return digest_of(json.loads((root / "read.json").read_text(encoding="utf-8")))


def run_study(root: Path) -> None:
    """Plan and compute the small study, without a process model."""
    from hydrotl.experiments import beyond
    from hydrotl.experiments.study import load_study

    list(beyond.run_study(beyond.plan(load_study("small"), "small", lambda roles: None)))


def study_digest(root: Path) -> str:
    """Digest of the records of the study."""
    found = {}
    for path in sorted((root / "results" / "small").glob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        names = ("basins", "fit", "test", "ways", "test_products", "held_out_products")
        found[path.stem] = {name: record[name] for name in names}
    return digest_of(found)


#: What a mutation of one's own data says besides the folder, read by :func:`own_region`.
PARAMETERS = "parameters.json"


def own_region(root: Path) -> None:
    """Describe a folder of one's own files as a data set and a region."""
    from tests.attack.described import write_region

    said: dict[str, Any] = {
        "folder": str(root / TARGET_FOLDER),
        "columns": {name: list(pair) for name, pair in COLUMNS.items()},
        "train": TRAIN,
        "test": TEST,
        "attributes": "attributes.csv",
        "id_column": "gauge_id",
        "area_column": "area",
        "static": STATIC,
        "source": "donor",
    }
    stated = root / PARAMETERS
    if stated.is_file():
        said |= json.loads(stated.read_text(encoding="utf-8"))
    if said["folder"].startswith("./"):
        said["folder"] = str(root / said["folder"])
    write_region(**said)


OWN = ("run", "runs/new-region/region.yaml", "--recipe", "tiny", *RUN[4:])


def _of(path: str, *steps: Step, **more: Any) -> Probe:
    return Probe(steps, {"records": record_digest, "weights": weights_digest}[path], **more)


PROBES: dict[str, Probe] = {
    "data": _of("records", RUN_LOCAL, look=data_look),
    "run": _of("records", RUN),
    "run two": _of("records", RUN_TWO),
    "train": _of(
        "weights", ("train-source", "donor", "--jobs", "1", "--device", "cpu", "--out", OUT)
    ),
    "study": Probe((run_study,), study_digest),
    "read": Probe((read_results,), read_digest, early=False),
    "run again": _of("records", RUN, early=False),
    "own": _of("records", own_region, OWN),
}
#: Probes that begin where results and the store are there already.
WITH_RESULTS = {"read", "run again"}
