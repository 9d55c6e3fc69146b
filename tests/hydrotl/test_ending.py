"""How commands end where something goes wrong: one line, nothing half-written, and on again."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from hydrotl.cli.ending import Ended, Terminated, ending
from hydrotl.experiments.records import read_record
from hydrotl_core.errors import DataError, DoubtfulData
from tests.entry_point import call
from tests.project import enter, write_trained_project
from tests.synthetic import ROOT, write_yaml

QUIET = ["--jobs", "1", "--device", "cpu"]
RUN = ["run", "target", "--option", "local", "--option", "TL-b", "--members", "2", *QUIET]
#: Commands that write, each into another place.
WRITING = [
    [*RUN, "--save"],
    ["train-source", "donor", "--members", "3", *QUIET],
    ["check", "donor", "--device", "cpu"],
    ["card", "donor"],
    ["pack", "donor", "{root}/packed.nc"],
    ["calibrate", "target", "--save", "--jobs", "1"],
    ["sweep", "{root}/mine.yaml", *QUIET],
]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a trained source, which no test changes."""
    root = write_trained_project(tmp_path_factory.mktemp("trained") / "project")
    entries = [{"regions": ["target"], "options": ["TL-a"], "members": 1}]
    write_yaml(root / "mine.yaml", {"title": "mine", "entries": entries})
    return root


@pytest.fixture
def project(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "disk" / "project"
    shutil.copytree(trained, root)
    enter(monkeypatch, root)
    return root


def words(command: Sequence[str], root: Path) -> list[str]:
    return [word.replace("{root}", str(root)) for word in command]


def content(root: Path) -> dict[str, bytes]:
    """All files but locks and logs, which say nothing of results."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.suffix not in (".lock", ".log")
    }


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[None]:
    """``folder`` mounted with ``options`` of ``mount``, or a skip where that is not allowed."""
    done = subprocess.run(["mount", *options, str(folder)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def error_line(capsys: pytest.CaptureFixture[str]) -> str:
    """The last line on standard error, which has no traceback."""
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return [line for line in said.splitlines() if line.strip()][-1]


@pytest.mark.slow
@pytest.mark.parametrize("command", WRITING, ids=lambda command: command[0])
def test_a_disk_for_reading_only_is_one_line(
    command: list[str], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = content(project)
    with mounted(project, "--bind", str(project)):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(project)], check=True)
        assert call(*words(command, project)) == 2
        assert call("describe", "target") == 0, "what only reads should still work"
    line = error_line(capsys)
    assert line.startswith("error: ")
    assert "Read-only file system" in line
    assert str(project) in line
    assert content(project) == before


@pytest.mark.slow
@pytest.mark.parametrize("command", WRITING, ids=lambda command: command[0])
def test_a_full_disk_is_one_line_and_with_room_the_command_goes_on(
    command: list[str],
    trained: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    disk = tmp_path / "small"
    disk.mkdir()
    with mounted(disk, "-t", "tmpfs", "-o", "size=8m", "tmpfs"):
        root = disk / "project"
        shutil.copytree(trained, root)
        enter(monkeypatch, root)
        before = content(root)
        filler = disk / "filler"
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(bytes(4096)):
                pass
        assert shutil.disk_usage(disk).free == 0
        assert call(*words(command, root)) == 2
        line = error_line(capsys)
        assert line.startswith("error: ")
        assert "cannot be written" in line
        assert "No space left" in line
        assert content(root) == before, "something half-written was left"
        filler.unlink()
        assert call(*words(command, root)) == 0


def test_places_of_the_wrong_kind_are_one_line(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "folder.yaml").mkdir()
    (project / "results").write_text("a file")
    (project / "empty.yaml").touch()
    table = project / "data" / "target" / "attributes.csv"
    for wrong, said in {
        ("run", str(project / "folder.yaml")): "folder.yaml/region.yaml: run `hydrotl init",
        ("run", str(project / "empty.yaml")): "empty.yaml is not a valid Region",
        ("check", "donor", "--device", "cpu"): "donor.json cannot be written (Not a directory",
        ("pack", "donor", str(project)): "cannot be written (Is a directory)",
        ("reproduce", str(project)): "cannot be read (Is a directory",
        ("train-source", "donor", "--out", str(table), *QUIET, "--members", "1"): "Not a directory",
    }.items():
        assert call(*wrong) == 2
        assert said in capsys.readouterr().err, wrong
    table.unlink()
    table.mkdir()
    assert call("describe", "target") == 2
    assert "attributes.csv: no such file" in error_line(capsys)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="root alone may be others"
)
def test_missing_permission_is_one_line(trained: Path) -> None:
    """As the user `nobody`, for root may read everything."""
    code = """
import os, sys
from hydrotl.cli import main
sys.argv = ["hydrotl", "describe", "target"]
for user in (0, 65534):  # what is imported in the first round need not be in the second
    os.seteuid(user)
    try:
        main()
    except SystemExit as end:
        status = end.code
sys.exit(status)
"""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        root = Path(folder) / "project"
        shutil.copytree(trained, root)
        for path in [root, *(path for path in root.rglob("*") if path.is_dir())]:
            path.chmod(0o755)
        series = root / "data" / "target" / "0001.csv"
        series.chmod(0o600)
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment(root), capture_output=True, text=True
        )
    assert done.returncode == 2
    assert done.stdout.count("Synthetic target") == 1
    assert done.stderr.startswith(f"error: {series}: Permission denied")
    assert len(done.stderr.splitlines()) == 1


# Signals


def environment(root: Path) -> dict[str, str]:
    return {
        **os.environ,
        "HYDROTL_ROOT": str(root),
        "HYDROTL_DATA": str(root / "data"),
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
    }


def start(root: Path, *command: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "hydrotl", *command],
        env=environment(root),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


LONG = [
    "run",
    "target",
    "--option",
    "local",
    "--members",
    "4",
    "--updates",
    "300",
    "--device",
    "cpu",
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "status", "said"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")],
)
@pytest.mark.parametrize("after", [0.15, 1.0, 4.0, 7.0, 12.0])
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_signal_is_one_line_and_leaves_nothing(
    number: int, status: int, said: str, after: float, jobs: str, project: Path, tmp_path: Path
) -> None:
    """Ctrl-C reaches all processes of a terminal; a batch system asks the first one."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    before = content(project)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(temporary))
        command = start(project, *LONG, "--jobs", jobs)
    time.sleep(after)
    (os.killpg if number == signal.SIGINT else os.kill)(command.pid, number)
    _, err = command.communicate(timeout=120)
    early = "Failed to import the site module" in err  # Python ends with 1 then
    if command.returncode not in (0, -number) and not early:  # it was done, or had not begun
        lines = [line for line in err.replace("\r", "\n").splitlines() if line.strip()]
        assert command.returncode == status
        assert lines[-1].startswith(f"{said}: what was finished is kept")
        # What the data leave in doubt is said before the first update, if it came so far.
        before_it = [line for line in lines[:-1] if "update" not in line]
        assert [line for line in before_it if not line.startswith("warning: screen")] == []
    assert content(project) == before
    assert not list(temporary.glob("hydrotl-*"))


@pytest.mark.slow
def test_after_ctrl_c_the_same_command_ends_with_the_same_record(project: Path) -> None:
    longer = [*RUN[: -len(QUIET)], "--jobs", "1", "--device", "cpu", "--save"]
    assert call(*longer) == 0
    folder = project / "results" / "target" / "tiny"
    whole = {path.name: read_record(path) for path in folder.iterdir()}
    shutil.rmtree(project / "results")
    shutil.rmtree(project / "runs")
    command = start(project, *longer)
    store = project / "runs" / "store"
    while command.poll() is None and not list(store.glob("*.safetensors")):
        time.sleep(0.01)
    os.killpg(command.pid, signal.SIGINT)
    command.communicate(timeout=120)
    assert call(*longer) == 0
    for name, record in whole.items():
        again = read_record(folder / name)
        assert {**again, "provenance": None} == {**record, "provenance": None}


@pytest.mark.slow
def test_two_commands_on_the_same_output_both_end_well(project: Path) -> None:
    commands = [start(project, *RUN, "--save") for _ in range(2)]
    for command in commands:
        _, err = command.communicate(timeout=300)
        assert command.returncode == 0, err
    records = sorted((project / "results" / "target" / "tiny").glob("*.json"))
    assert [read_record(path)["members"] for path in records] == [2, 2]
    assert not list(project.rglob("*.part"))


def test_a_clock_that_was_set_back_changes_nothing(project: Path) -> None:
    """Locks, checkpoints and simulations of the future, or of 1970, are what they are."""
    assert call(*RUN, "--save") == 0
    folder = project / "results" / "target" / "tiny"
    whole = {path.name: read_record(path) for path in folder.iterdir()}
    for moment in (0, 2**32):
        shutil.rmtree(project / "results")
        files = sorted((project / "runs").rglob("*.*"))
        assert any(path.suffix == ".lock" for path in files)
        files[0].with_suffix(".checkpoint").write_bytes(b"half")
        for path in files:
            os.utime(path, (moment, moment))
        assert call(*RUN, "--save") == 0
        for name, record in whole.items():
            again = read_record(folder / name)
            assert {**again, "provenance": None} == {**record, "provenance": None}


# In this process


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (DataError("no rain"), 2, "error: no rain"),
        (FloatingPointError("loss is nan"), 2, "error: loss is nan"),
        (OSError(28, "No space left on device", "/x/y"), 2, "error: /x/y: No space left on device"),
        (MemoryError(), 2, "error: there is not enough memory"),
        (KeyboardInterrupt(), 130, "interrupted: "),
        (SystemExit(130), 130, "interrupted: "),
        (Terminated(), 143, "terminated: "),
    ],
)
def test_each_end_has_its_status_and_line(
    error: BaseException, status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end, ending():
        raise error
    assert end.value.code == status
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(said)


@pytest.mark.parametrize(
    "error", [KeyError("a defect"), SystemExit(0), Ended(2), BrokenPipeError()]
)
def test_defects_and_ends_that_were_told_pass(
    error: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(type(error)), ending():
        raise error
    assert capsys.readouterr().err == ""


def test_a_warning_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with ending():
        warnings.warn("a day is missing", stacklevel=1)
    assert capsys.readouterr().err == "warning: a day is missing\n"


def test_a_warning_is_said_once_whatever_libraries_do_with_filters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with ending():
        for _ in range(2):
            warnings.warn("basin b yields\nno flow", DoubtfulData, stacklevel=1)
            with warnings.catch_warnings():  # Python's own `once` begins anew after this
                pass
        warnings.warn("another", DoubtfulData, stacklevel=1)
    assert capsys.readouterr().err == "warning: basin b yields no flow\nwarning: another\n"


def test_output_that_cannot_be_written_is_one_line(trained: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this system")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "hydrotl", "describe", "target"],
            env=environment(trained),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "No space left on device" in done.stderr


def test_damaged_weights_are_named_with_the_remedy(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = project / "weights" / "donor" / "member-1.safetensors"
    whole = bytearray(path.read_bytes())
    whole[-6] ^= 1  # one bit of a number, which stays finite
    path.write_bytes(whole)
    commands: list[list[Any]] = [RUN, ["check", "donor", "--device", "cpu"], ["card", "donor"]]
    commands += [["train-source", "donor", *QUIET]]
    for command in commands:
        assert call(*command) == 2
        line = error_line(capsys)
        assert f"{path} is damaged, its values are not those that were saved" in line
        assert "git checkout" in line
        assert "train it again" in line
    assert path.read_bytes() == whole
