"""Where faults are tried: copies of a clean project, undisturbed results, and what is right."""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from safetensors import SafetensorError, safe_open

from hydrotl.experiments.provenance import code_version, today
from tests.attack.case import edit_yaml
from tests.attack.machine import Ended, Job, undisturbed
from tests.attack.probes import record_digest, weights_digest
from tests.attack.suite import build
from tests.attack.verdict import is_clear
from tests.attack.world import RECIPE

#: ``identical``: the results of an undisturbed run; ``refused``: a clear error on the second run.
Outcome = Literal[
    "identical", "refused", "unclear", "traceback", "torn", "other", "hang", "skipped"
]
OUTCOMES: tuple[Outcome, ...] = (
    *("identical", "refused", "unclear", "traceback", "torn", "other", "hang", "skipped"),
)
RIGHT: set[Outcome] = {"identical", "skipped"}
LONGER = {"updates": 8}
NAMES = ("disk", "space", "folder", "file", "permission", "read-only", "PROJECT")


@dataclass(frozen=True)
class Fault:
    """A fault of a kind, what became of it, and what was said."""

    kind: str
    name: str
    outcome: Outcome
    kills: int = 0
    text: str = ""


class Arena:
    """Copies of a clean project, and the results of undisturbed runs to hold others against."""

    def __init__(self, folder: Path, clean: Path, seed: int) -> None:
        self.folder, self.clean, self.chance = folder, clean, random.Random(seed)
        self.digests: dict[Job, str] = {}
        self.ended: dict[Job, Ended] = {}
        for job in ("run", "train"):
            root = self.fresh()
            self.ended[job] = undisturbed(root, job)
            if self.ended[job].code:
                raise RuntimeError(f"undisturbed, {job} fails: {self.ended[job].said}")
            self.digests[job] = digest(root, job)
            shutil.move(root, folder / f"done-{job}")

    def fresh(self) -> Path:
        """A project in which nothing has been computed."""
        root = self.folder / "tried"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(self.clean, root)
        for name in ("results", "runs"):
            shutil.rmtree(root / name, ignore_errors=True)
        return root

    def done(self, job: Job) -> Path:
        """A project in which all is computed."""
        root = self.folder / "tried"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(self.folder / f"done-{job}", root)
        return root

    def judge(
        self, kind: str, name: str, root: Path, job: Job, kills: int = 0, torn: str = ""
    ) -> Fault:
        """Run again, and compare."""
        if torn:
            return Fault(kind, name, "torn", kills, torn)
        ended = undisturbed(root, job)
        said = ended.said.replace(str(root), "PROJECT")
        outcome: Outcome = "identical"
        if ended.said == "no end":
            outcome = "hang"
        elif "Traceback" in said:
            outcome = "traceback"
        elif ended.code:
            text = said[said.find("error:") :]
            outcome = "refused" if is_clear(text, NAMES) else "unclear"
        elif half := half_written(root):
            return Fault(kind, name, "torn", kills, half)
        elif digest(root, job) != self.digests[job]:
            outcome = "other"
        return Fault(kind, name, outcome, kills, "" if outcome == "identical" else said[-1500:])


def digest(root: Path, job: Job) -> str:
    """What has to be identical."""
    return record_digest(root) if job == "run" else weights_digest(root)


def half_written(root: Path) -> str:
    """A file under its final name that cannot be read; empty if there is none."""
    for path in sorted(p for name in ("results", "runs") for p in (root / name).rglob("*")):
        if path.is_dir() or path.name.startswith("."):
            continue
        try:
            if path.suffix == ".json":
                json.loads(path.read_text(encoding="utf-8"))
            elif path.suffix == ".csv":
                pd.read_csv(path)
            elif path.suffix in (".safetensors", ".checkpoint"):
                with safe_open(path, framework="numpy") as file:
                    file.keys()
        except (ValueError, SafetensorError, OSError) as error:
            return f"{path.relative_to(root)}: {error}"
    return ""


def prepared(folder: Path) -> Path:
    """A clean project whose source trains longer, so that a signal finds it at work."""
    clean = build(folder)

    def longer(content: Any) -> None:
        for group in (content["local"]["default"], content["transfer"]["default"]):
            group.update(LONGER)
        content["source"].update(LONGER)

    edit_yaml(RECIPE, longer)(clean, random.Random(0))
    return clean


def fault_counts(found: list[Fault]) -> dict[str, dict[str, int]]:
    """Number of outcomes, and of kills, by kind."""
    rows: dict[str, dict[str, int]] = {}
    for one in found:
        row = rows.setdefault(one.kind, {"tried": 0, "kills": 0})
        row["tried"] += 1
        row["kills"] += one.kills
        row[one.outcome] = row.get(one.outcome, 0) + 1
    return rows


def fault_summary(found: list[Fault], seed: int) -> dict[str, Any]:
    """What is committed of the faults that were tried."""
    said = {"seed": seed, "code": code_version(), "date": today()}
    return {**said, "rows": fault_counts(found)}


def fault_frame(rows: dict[str, dict[str, int]]) -> pd.DataFrame:
    """A row per kind of fault."""
    columns = ["tried", "kills", *OUTCOMES]
    numbers = [[row.get(column, 0) for column in columns] for row in rows.values()]
    return pd.DataFrame(numbers, index=pd.Index(rows, name="fault"), columns=columns)
