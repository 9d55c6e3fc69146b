"""The command line in a small project: tables, files, and one line for an error."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hydrotl.cli.options import print_scores
from hydrotl.experiments.facts import read_facts
from hydrotl.experiments.records import read_record, write_record
from tests.entry_point import call
from tests.synthetic import ROOT, write_yaml


@pytest.fixture(scope="module")
def project(project: Path) -> Path:
    call("train-source", "donor", "--jobs", "1", "--device", "cpu")
    return project


def test_source_weights_were_written(project: Path) -> None:
    names = sorted(path.name for path in (project / "weights" / "donor").iterdir())
    assert names == ["README.md", "member-0.safetensors", "member-1.safetensors"]


def test_run_prints_a_row_of_each_cell_and_saves(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--option", "local", "--option", "TL-a", "--members", "1", "--jobs", "1"]
    assert call("run", "target", *words, "--device", "cpu", "--save") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [
        "setting",
        "option",
        "members",
        "basins",
        *["mean", "NSE"],
        *["median", "NSE"],
        *["members'", "medians"],
    ]
    assert [line.split()[:4] for line in lines[1:3]] == [
        ["1-year", "local", "1", "2"],
        ["1-year", "TL-a", "1", "2"],
    ]
    folder = project / "results" / "target" / "tiny"
    assert sorted(path.name for path in folder.iterdir()) == [
        "1-year_TL-a.json",
        "1-year_local.json",
    ]
    record = read_record(folder / "1-year_TL-a.json")
    assert lines[2].split()[4:6] == [f"{record['nse_mean']:.4f}", f"{record['nse_median']:.4f}"]
    alone = f"{record['nse_median']:.2f}"  # of the only member
    assert lines[2].split()[6:] == [alone, "to", alone]
    assert record["provenance"]["device"] == "cpu"
    json.dumps(record, allow_nan=False)
    facts = read_facts(project / "results" / "target" / "basins.csv")
    assert list(facts.index) == record["basins"]


def test_save_does_not_replace_a_result_of_more_members(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = project / "results" / "target" / "tiny" / "1-year_local.json"
    kept, record = path.read_text(encoding="utf-8"), read_record(path)
    five = {"members": 5, "member_nse": {str(k): record["nse"] for k in range(5)}}
    five |= {"member_nse_median": [record["nse_median"]] * 5}
    five |= {"error_products": [[1 - score] * 15 for score in record["nse"]]}
    write_record(path, {**record, **five})
    words = ["--option", "local", "--members", "1", "--jobs", "1", "--device", "cpu"]
    assert call("run", "target", *words, "--save") == 2
    assert "holds 5 members and would be replaced by 1: take --members 5" in capsys.readouterr().err
    path.write_text(kept, encoding="utf-8")


def test_validation_scores_are_printed_and_never_saved(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["run", "target", "--option", "local", "--members", "1", "--jobs", "1"]
    words += ["--device", "cpu", "--validation-days", "40"]
    before = sorted((project / "results").rglob("*.json"))
    assert call(*words) == 0
    assert "local" in capsys.readouterr().out
    assert call(*words, "--save") == 2
    assert "leave out --save" in capsys.readouterr().err
    assert sorted((project / "results").rglob("*.json")) == before


def test_basins_without_a_score_are_named_and_not_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    record = {
        "region": "mine",
        "setting": "own",
        "option": "local",
        "members": 1,
        "basins": ["a", "b", "c"],
        "nse": [0.5, None, 0.7],
        "nse_mean": 0.6,
        "nse_median": 0.6,
        "member_nse_median": [0.6],
        "scored_on": "test",
    }
    print_scores([record, record | {"nse": [None] * 3, "scored_on": "last 40 training days"}])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[3] for line in lines[1:3]] == ["2", "0"]
    assert lines[3].startswith("own: no score on the test days of basin b, which is not counted")
    assert lines[4].startswith("own: no score on the last 40 training days of basin a, b, c, which")


def test_check_writes_the_source_check(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("check", "donor", "--device", "cpu") == 0
    record = read_record(project / "results" / "source" / "donor.json")
    assert (record["members"], len(record["basins"])) == (2, 8)
    assert f"NSE median {record['nse_median']:.3f}" in capsys.readouterr().out
    facts = read_facts(project / "results" / "source" / "donor-basins.csv")
    assert list(facts.index) == record["basins"]
    assert facts[["aridity", "snow_fraction"]].notna().all(axis=None)


def test_weights_that_are_there_are_not_trained_again(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = sorted((project / "weights" / "donor").iterdir())
    before = [path.stat().st_mtime_ns for path in files]
    assert call("train-source", "donor", "--jobs", "1", "--device", "cpu") == 0
    assert "0 of 2 members trained; the others were there" in capsys.readouterr().out
    assert [path.stat().st_mtime_ns for path in files] == before


def test_held_out_days_are_for_trials(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["train-source", "donor", "--members", "1", "--jobs", "1", "--device", "cpu"]
    assert call(*words, "--validation-days", "60") == 2
    assert "not for shipping: name a folder (--out)" in capsys.readouterr().err
    assert call(*words, "--validation-days", "60", "--out", str(tmp_path / "trial")) == 0
    out = capsys.readouterr().out
    assert re.search(r"donor member 0\n  update 6: median NSE -?\d+\.\d{3} of the days held", out)


def test_a_sweep_trains_sources_and_cells(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entries: list[dict[str, object]] = [
        {"train_sources": ["donor", "donor-classic"], "members": 1},
        {"regions": ["target"], "options": ["local"], "members": 1, "recipe": "classic"},
    ]
    path, out = tmp_path / "mine.yaml", tmp_path / "drive"
    write_yaml(path, {"title": "mine", "entries": entries})
    words = ["sweep", str(path), "--out", str(out), "--jobs", "1", "--device", "cpu"]
    assert call(*words, "--status") == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows == [
        ["result", "members", "state"],
        ["results/target/classic/1-year_local.json", "0/1", "waiting"],
        [str(out / "donor" / "member-0.safetensors"), "0/1", "waiting"],
        [str(out / "donor-classic" / "member-0.safetensors"), "0/1", "waiting"],
    ]
    assert not out.exists(), "--status left something behind"
    assert call(*words) == 0
    said = capsys.readouterr().out
    assert "2 of 2 members trained" in said
    assert "wrote 1 of 1 results" in said
    for name in ("donor", "donor-classic"):
        text = (out / name / "README.md").read_text(encoding="utf-8")
        assert "Members: 1, seeds 0" in text
    assert not list((out / "runs").glob("*.checkpoint")), "a checkpoint was left"
    log = (out / "runs" / "mine.log").read_text(encoding="utf-8").splitlines()
    assert [line.split(" ", 1)[1].split(", ")[0] for line in log] == [
        "donor member 0: finished",
        "donor-classic member 0: finished",
    ]
    assert call(*words) == 0
    said = capsys.readouterr().out
    assert "0 of 2 members trained" in said
    assert "wrote 0 of 1 results; the others were there" in said


def test_a_source_may_be_a_file(project: Path, tmp_path: Path) -> None:
    content = (project / "experiments" / "sources" / "donor.yaml").read_bytes()
    (tmp_path / "mine.yaml").write_bytes(content)
    words = ["--members", "1", "--jobs", "1", "--device", "cpu", "--out", str(tmp_path / "out")]
    assert call("train-source", str(tmp_path / "mine.yaml"), *words) == 0
    assert (tmp_path / "out" / "member-0.safetensors").is_file()


def test_card_is_written_from_the_weights(project: Path) -> None:
    assert call("card", "donor") == 0
    text = (project / "weights" / "donor" / "README.md").read_text(encoding="utf-8")
    assert "Members: 2, seeds 0, 1" in text
    assert "prcp, tmean, pet, area, slope" in text


def test_describe_prints_the_data_set(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("describe", "target") == 0
    out = capsys.readouterr().out
    assert "streamflow" in out
    assert "Synthetic target" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "atlantis"], "no region 'atlantis'"),
        (["run", "target", "--option", "TL-z"], "no option 'TL-z'; there are local, TL-a"),
        (["run", "target", "--setting", "decade"], "no setting 'decade'; there are 1-year"),
        (["run", "target", "--recipe", "magic"], "no recipe 'magic'"),
        (["run", "target", "--option", "TL-a", "--source", "mars"], "no member-"),
        (["describe", "atlantis"], "no data set 'atlantis'"),
        (["train-source", "mars"], "no source 'mars'"),
        (["check", "mars"], "no source 'mars'"),
        (["card", "mars"], "no member-"),
        (["check", "donor", "--device", "abacus"], "no device 'abacus'"),
    ],
)
def test_a_mistake_is_one_clear_line_and_exit_code_2(
    words: list[str], message: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    extra = [] if {"describe", "card", "--device"} & set(words) else ["--device", "cpu"]
    extra += ["--jobs", "1"] if words[0] == "run" else []
    assert call(*words, *extra) == 2
    captured = capsys.readouterr()
    errors = [line for line in captured.err.splitlines() if line.strip()]
    assert errors[-1].startswith("error: ")
    assert message in errors[-1]
    assert "Traceback" not in captured.err


@pytest.mark.parametrize(
    "words",
    [
        ["--updates", "0"],
        ["--updates", "-5"],
        ["--validation-days", "-1"],
        ["--members", "0"],
        ["--colour", "red"],
    ],
)
def test_impossible_options_are_refused(
    words: list[str], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("run", "target", *words) == 2
    assert words[0] in capsys.readouterr().err


def test_from_a_shell() -> None:
    """The module runs, an error is one line, and help needs no torch."""
    environment = {**os.environ, "HYDROTL_ROOT": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, "-m", "hydrotl", "run", "atlantis"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert len(ended.stderr.splitlines()) == 1
    assert ended.stderr.startswith("error: no region 'atlantis'")
    code = "import sys, hydrotl.cli; print(int('torch' in sys.modules))"
    imported = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert imported.stdout.strip() == "0"


def test_without_a_project_the_error_says_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HYDROTL_ROOT", str(tmp_path))
    assert call("run", "target") == 2
    assert "HYDROTL_ROOT" in capsys.readouterr().err
