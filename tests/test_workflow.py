"""The workflow that publishes the book: what it runs is there."""

import re

import yaml

from tests.synthetic import ROOT

TEXT = (ROOT / ".github" / "workflows" / "book.yml").read_text(encoding="utf-8")
JOBS = yaml.safe_load(TEXT)["jobs"]


def commands() -> str:
    return "\n".join(step.get("run", "") for job in JOBS.values() for step in job["steps"])


def test_its_commands_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)
    made = re.findall(r"\bmake ([a-z-]+)", commands())
    assert made == ["book-pdf"]
    assert set(made) <= set(targets)
    scripts = re.findall(r"(?<![\w./])((?:\.ci|book)/[\w/.]+)", commands())
    assert scripts == [".ci/run", "book/_ext/links.py"]
    assert all((ROOT / script).is_file() for script in scripts)
    pdf = (ROOT / "hydrotl" / "book" / "pdf.py").read_text(encoding="utf-8")
    assert commands().count("_build/pdf/hydrotl.pdf") == 1
    assert 'NAME = "hydrotl.pdf"' in pdf


def test_nothing_is_published_that_was_not_checked() -> None:
    assert all(job["needs"] == "build" for name, job in JOBS.items() if name != "build")
    runs = [step["run"] for step in JOBS["build"]["steps"] if "run" in step]
    assert runs[0] == ".ci/run"
    assert "refs/heads/main" in JOBS["publish"]["if"]
    assert "refs/tags/v" in JOBS["release"]["if"]


def test_a_job_may_do_no_more_than_it_must() -> None:
    assert yaml.safe_load(TEXT)["permissions"] == {"contents": "read"}
    granted = {name: job.get("permissions") for name, job in JOBS.items() if "permissions" in job}
    assert granted == {
        "publish": {"pages": "write", "id-token": "write"},
        "release": {"contents": "write"},
    }
