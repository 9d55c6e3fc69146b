"""A run folder in which something was changed, swapped, lost or added is refused, in words."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from hydrotl.experiments.consistent import checksum
from hydrotl.river.folder import Run, read_run
from hydrotl.river.series import kept_series
from hydrotl_core.errors import ConfigError
from tests.entry_point import call

pytestmark = pytest.mark.slow

Edit = Callable[[Path], object]


@pytest.fixture
def copy(made: Run, tmp_path: Path) -> Path:
    """A copy of a run, elsewhere."""
    return Path(shutil.copytree(made.folder, tmp_path / "deep" / "copy"))


def text(path: str, old: str, new: str) -> Edit:
    """Replace a text of a file."""

    def edit(run: Path) -> None:
        content = (run / path).read_text(encoding="utf-8")
        assert old in content
        (run / path).write_text(content.replace(old, new, 1), encoding="utf-8")

    return edit


def byte(path: str) -> Edit:
    """Change the last byte of a file."""

    def edit(run: Path) -> None:
        content = bytearray((run / path).read_bytes())
        content[-1] ^= 1
        (run / path).write_bytes(content)

    return edit


def swapped(one: str, other: str) -> Edit:
    """Give two files each other's name."""

    def edit(run: Path) -> None:
        (run / one).rename(run / "between")
        (run / other).rename(run / one)
        (run / "between").rename(run / other)

    return edit


def copied(one: str, other: str) -> Edit:
    """Put a file in another's place."""
    return lambda run: shutil.copy(run / one, run / other)


def band(run: Path) -> None:
    """Name the basins of the band in another order."""
    content = json.loads((run / "band.json").read_text(encoding="utf-8"))
    content["basins"].reverse()
    (run / "band.json").write_text(json.dumps(content), encoding="utf-8")


MEMBER = "members/{}/member-{}.safetensors"
LAYER = "layers/readout/member-{}.safetensors"
CHANGES: dict[str, tuple[str, Edit]] = {
    "gr4j": ("gr4j.csv", text("gr4j.csv", "X1", "Z1")),
    "inputs": ("inputs.nc", byte("inputs.nc")),
    "inputs empty": ("inputs.nc", lambda run: (run / "inputs.nc").write_bytes(b"")),
    "inputs gone": ("inputs.nc is missing", lambda run: (run / "inputs.nc").unlink()),
    "band": ("band.json", band),
    "last member gone": (
        "warm-c/member-1.safetensors is missing",
        lambda run: (run / MEMBER.format("warm-c", 1)).unlink(),
    ),
    "one member too many": (
        "member-2.safetensors is not sealed",
        copied(MEMBER.format("zero", 1), MEMBER.format("zero", 2)),
    ),
    "members swapped": (
        "zero/member-0",
        swapped(MEMBER.format("zero", 0), MEMBER.format("zero", 1)),
    ),
    "member of another option": (
        "warm-c/member-0",
        copied(MEMBER.format("zero", 0), MEMBER.format("warm-c", 0)),
    ),
    "layers swapped": ("readout/member-0", swapped(LAYER.format(0), LAYER.format(1))),
    "layers gone": ("readout/member-", lambda run: shutil.rmtree(run / "layers")),
    "run.yaml": ("by its checksum", text("run.yaml", "weight: 0.33", "weight: 0.34")),
    "run.yaml, a date": ("by its checksum", text("run.yaml", "start: '2", "start: 2")),
    "no checksum": ("by its checksum", text("run.yaml", "\nchecksum:", "\n# checksum:")),
    "earlier version": ("of an earlier version", text("run.yaml", "format: 2", "format: 1")),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_not_as_it_was_written_is_refused(name: str, copy: Path) -> None:
    said, edit = CHANGES[name]
    edit(copy)
    with pytest.raises(ConfigError) as caught:
        read_run(copy)
    assert said in str(caught.value)
    assert "`hydrotl run` again" in str(caught.value)


def test_other_scores_and_series_are_refused_where_they_are_read(copy: Path) -> None:
    text("scores.csv", "simulated", "gr4j")(copy)
    (copy / "series.nc").unlink()
    run = read_run(copy)  # to simulate with
    with pytest.raises(ConfigError, match=r"scores\.csv is not what `hydrotl run` wrote"):
        assert run.scores is None
    with pytest.raises(ConfigError, match=r"series\.nc is missing from the run"):
        kept_series(run)


def weights(**shares: float) -> Callable[[dict[str, Any]], object]:
    """Give the models these weights, and 0 to the others."""
    return lambda content: [
        model.update(weight=shares.get(name, 0.0)) for name, model in content["models"].items()
    ]


RESEALED: dict[str, tuple[str, Callable[[dict[str, Any]], object]]] = {
    "all weights 0": ("sum to 0, not to 1", weights()),
    "a weight below 0": ("greater than or equal to 0", weights(zero=-0.5, local=1.5)),
    "weights sum to 2": ("sum to 2, not to 1", weights(zero=1.0, local=1.0)),
    "no source": ("no network 'zero'", lambda content: content["models"].pop("zero")),
    "a path up": (
        "without '..'",
        lambda content: content["models"]["warm-c"].update(members="../../first/members/zero"),
    ),
    "an absolute path": (
        "must be a relative path",
        lambda content: content["models"]["gr4j"].update(parameters="/tmp/gr4j.csv"),
    ),
    "a file outside": ("without '..'", lambda content: content["files"].update({"../x": "0"})),
    "no files": (
        "inputs.nc is not sealed",
        lambda content: content.update(files={}),
    ),
    "a model without files": (
        "either `members` or `parameters`",
        lambda content: content["models"]["warm-c"].pop("members"),
    ),
    "a name with an escape": (
        "cannot be part of a file's name",
        lambda content: content["models"].update({"\x1b[31m": content["models"].pop("local")}),
    ),
    "no basins": ("basins", lambda content: content.update(basins={})),
}


@pytest.mark.parametrize("name", RESEALED)
def test_a_run_that_cannot_be_is_refused_though_it_is_sealed(name: str, copy: Path) -> None:
    said, edit = RESEALED[name]
    content = yaml.safe_load((copy / "run.yaml").read_text(encoding="utf-8"))
    edit(content)
    content["checksum"] = checksum(content)
    (copy / "run.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"run\.yaml") as caught:
        read_run(copy)
    assert said in str(caught.value)


def test_every_command_on_a_run_looks_at_its_seal(
    made: Run, copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text("gr4j.csv", "1", "2")(copy)
    for words in (
        ("simulate", str(copy), "--forcing", str(tmp_path), "--out", str(tmp_path / "x.csv")),
        ("compare", str(made.folder), str(copy)),
        ("export", str(copy), "--out", str(tmp_path / "model")),
    ):
        assert call(*words) == 2
        assert "gr4j.csv is not what `hydrotl run` wrote" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["deep"]


def test_a_run_works_wherever_its_folder_is_and_whatever_lies_beside_it(
    made: Run, copy: Path
) -> None:
    (copy / "notes.txt").write_text("mine", encoding="utf-8")
    (copy / "members" / "zero" / "._member-0.safetensors").write_bytes(b"of a file manager")
    (copy / "report.html").unlink()
    run = read_run(copy)
    assert run.file == made.file
    assert kept_series(run).identical(kept_series(made))
    networks = {path for path in run.file.files if path.startswith(("members", "layers"))}
    assert len(networks) == 2 + 2 + 1 + 2
    assert set(run.file.files) - networks == {
        *("inputs.nc", "series.nc", "scores.csv", "band.json", "gr4j.csv")
    }
