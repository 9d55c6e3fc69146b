"""A part of the attacks, always the same: nothing silent, no traceback, few unclear errors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass

import pandas as pd
import pytest

from tests.attack.arena import RIGHT
from tests.attack.kinds import catalogue
from tests.attack.known import KNOWN, KNOWN_FAULTS
from tests.attack.report import (
    BEGIN,
    END,
    PAGE,
    SUMMARY,
    faults_table,
    last_column,
    page_tables,
    table,
)
from tests.synthetic import ROOT

pytestmark = pytest.mark.slow

NUMBER, SEED, PART = 214, 20210427, 20
UNCLEAR = 0.02


@dataclass(frozen=True)
class Tried:
    """A line of the log."""

    title: str
    right: str
    found: str
    accepted: bool
    text: str
    code: str

    @property
    def row(self) -> str:
        return ": ".join(self.title.split(": ")[:2])


def start(module: str, *words: str) -> None:
    """Run a module in a process of its own, as from the command line, with its own fork server."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", module, "--seed", str(SEED), *words]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> list[Tried]:
    log = tmp_path_factory.mktemp("attack") / "log.jsonl"
    start("tests.attack", "--number", str(NUMBER), "--log", str(log))
    found = [Tried(*json.loads(line)) for line in log.read_text(encoding="utf-8").splitlines()]
    assert len(found) == NUMBER
    return found


@pytest.mark.parametrize("found", ["silent", "traceback", "hang", "warned", "same", "clear"])
def test_each_ends_as_is_right(tried: list[Tried], found: str) -> None:
    wrong = [one for one in tried if one.found == found and not one.accepted]
    assert not [f"{one.title}: {one.text[-300:]}" for one in wrong if one.row not in KNOWN]


def test_nearly_all_errors_are_clear(tried: list[Tried]) -> None:
    counted = [one for one in tried if one.row not in KNOWN]
    unclear = [f"{one.title}: {one.text[:300]}" for one in counted if one.found == "unclear"]
    assert len(unclear) < UNCLEAR * len(counted), "\n".join(unclear)


def test_what_is_known_to_fail_still_does(tried: list[Tried]) -> None:
    """Where a row has become clean, take it off the list."""
    assert KNOWN.keys() <= {one.row for one in tried}
    failing = {one.row for one in tried if not one.accepted}
    assert not [row for row, known in KNOWN.items() if row not in failing and not known.chance]


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, int]]:
    path = tmp_path_factory.mktemp("faults") / "faults.json"
    start("tests.attack.faults", "--part", str(PART), "--out", str(path))
    rows: dict[str, dict[str, int]] = json.loads(path.read_text(encoding="utf-8"))["rows"]
    return rows


def failing(row: dict[str, int]) -> dict[str, int]:
    """Outcomes that are not right."""
    return {k: n for k, n in row.items() if k not in ("tried", "kills") and k not in RIGHT}


def test_after_each_fault_the_same_command_gives_the_same_results(
    faults: dict[str, dict[str, int]],
) -> None:
    assert sum(row["kills"] for row in faults.values()) > 10
    wrong = {kind: failing(row) for kind, row in faults.items() if failing(row)}
    assert not {kind: found for kind, found in wrong.items() if kind not in KNOWN_FAULTS}


def test_faults_known_to_fail_still_do(faults: dict[str, dict[str, int]]) -> None:
    assert not [kind for kind in KNOWN_FAULTS if not failing(faults[kind])]


def test_the_committed_table_is_of_these_mutations_and_faults() -> None:
    content = json.loads(SUMMARY.read_text(encoding="utf-8"))
    rows = {f"{area}: {kind}" for area, kind in table(SUMMARY).index if area != "all"}
    assert content["of"] == len(catalogue())
    assert rows == {one.group for one in catalogue()}
    assert int(table(SUMMARY)["mutations"].iloc[-1]) == content["mutations"] >= NUMBER
    assert faults_table(SUMMARY)["kills"].sum() >= 60


def test_the_page_of_guarantees_shows_the_committed_table() -> None:
    shown = PAGE.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0]
    assert shown.strip() == page_tables().strip()


def test_the_last_column_is_explained_by_the_numbers_of_the_table() -> None:
    columns = ["unclear", "traceback", "hang", "silent", "clear", "wrong"]
    rows = {
        "options": [1, 2, 3, 4, 50, 10],
        "region": [0, 1, 0, 1, 9, 5],
        "all": [1, 3, 3, 5, 59, 15],
    }
    attacks = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    assert last_column(attacks).endswith("error that is due): region 3.")
    alike = attacks.loc[["options"]]
    assert last_column(alike) == "The last column is the sum of the three before it."
