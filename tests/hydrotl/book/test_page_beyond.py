"""Page 10, the study of small targets: tables against the figures they are made from."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hydrotl.book.pages import beyond
from hydrotl.experiments.records import results_dir
from hydrotl.experiments.summary import study_summary, write_summary
from hydrotl.yamlfile import load_yaml
from tests.notebook_cells import run_cells
from tests.synthetic import ROOT, write_yaml


def record(name: str, errors: dict[str, float], held: dict[str, float], basins: int = 1) -> dict:
    """A record of ways with these shares of the variance unexplained, independent of each other."""
    upper = np.diag(list(errors.values()))[np.triu_indices(len(errors))].tolist()
    known = np.diag(list(held.values()))[np.triu_indices(len(held))].tolist()
    return {
        "target": name,
        "basins": [str(k) for k in range(basins)],
        "fit": [["2004-01-01", "2005-01-01"]] * basins,
        "ways": list(errors),
        "candidates": list(held),
        "test_products": [upper] * basins,
        "held_out_products": [known] * basins,
        "key": name,
    }


@pytest.fixture
def study(published: Path) -> dict[str, Any]:
    """Two draws: GR4J is chosen in one, warm-c in the other; warm-b is only compared."""
    folder = published / "results" / "small"
    folder.mkdir(parents=True)
    errors = {"local": 0.5, "warm-c": 0.2, "gr4j": 0.4, "warm-b": 0.1}
    for name, held in (
        ("1-0-1y", {"local": 9.0, "warm-c": 0.1, "gr4j": 9.0}),
        ("1-1-1y", {"local": 9.0, "warm-c": 9.0, "gr4j": 0.1}),
    ):
        (folder / f"{name}.json").write_text(json.dumps(record(name, errors, held)))
    study = load_yaml(ROOT / "experiments" / "beyond.yaml") | {"rule": {}, "regions": []}
    write_yaml(published / "experiments" / "small.yaml", study)
    write_summary("small")
    return beyond.figures_of("small")


def test_tables_of_the_page(study: dict[str, Any]) -> None:
    folder = results_dir() / "source"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("derived-check.json", "derived-check-basins.csv"):
        shutil.copy(ROOT / "results" / "source" / name, folder)
    page = run_cells("10-beyond", study="small")
    worth, gains, chosen, check = page.tables()
    assert check["inputs"].tolist()[:2] == ["all inputs", "without weather"]
    assert check["median NSE"].tolist()[0] > check["median NSE"].tolist()[1]
    assert "2 of 114 targets are computed so far" in page.remarks()
    row = worth.iloc[0]
    assert (row["basins"], row["years"], row["draws"]) == (1, 1, 2)
    assert row[["local network", "GR4J", "warm-c", "chosen (auto)"]].tolist() == pytest.approx(
        [0.5, 0.6, 0.8, 0.7]
    )
    assert gains["model"].tolist() == ["warm-b", "warm-c", "chosen (auto)", "GR4J"]
    assert gains["mean gain"].tolist() == pytest.approx([0.4, 0.3, 0.2, 0.1])
    assert dict(zip(chosen["chosen"], chosen["targets"], strict=True)) == {"warm-c": 1, "gr4j": 1}


def test_figures_follow_from_the_records(study: dict[str, Any]) -> None:
    assert study["settings"] == 2
    assert study["gain_over_gr4j"]["mean"] == pytest.approx(0.1)
    # In hindsight 0.7 warm-c + 0.3 gr4j: 1 - (0.49 * 0.2 + 0.09 * 0.4).
    assert study["regret"]["mean"] == pytest.approx(0.866 - 0.7, abs=1e-4)
    assert study["gain_over_local"]["wins"] == 1.0


@pytest.mark.parametrize("study", ["beyond", "beyond-tuning"])
def test_committed_summary_is_that_of_the_committed_records(study: str) -> None:
    again = json.loads(json.dumps(study_summary(study)))
    assert beyond.figures_of(study) == again
