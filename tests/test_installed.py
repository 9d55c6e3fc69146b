"""The package installed from its wheel, without a checkout, models a river of one's own."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.synthetic import ROOT

pytestmark = pytest.mark.slow

BUILT_FROM = ("hydrotl", "hydrotl_core", "experiments", "weights/derived", "results/summary")
FILES = ("pyproject.toml", "README.md", "LICENSE", "data_manifest.yaml")


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment in which the wheel is installed."""
    folder = tmp_path_factory.mktemp("wheel")
    source, home = folder / "source", folder / "venv"
    for name in BUILT_FROM:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, source)
    venv.create(home, with_pip=False)
    packages = {"base": str(home), "platbase": str(home)}
    others = Path(sysconfig.get_path("purelib", vars=packages)) / "others.pth"
    others.write_text(sysconfig.get_path("purelib") + "\n")  # what hydrotl depends on
    python = home / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    offline = ["--no-deps", "--no-index"]
    build = ["wheel", *offline, "--no-build-isolation", "-w", str(folder), str(source)]
    subprocess.run([*pip, *build], check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    install = ["--python", str(python), "install", *offline, "--force-reinstall", str(wheel)]
    subprocess.run([*pip, *install], check=True, capture_output=True)
    return python


def run(python: Path, folder: Path, *words: str) -> str:
    """What that interpreter says in ``folder``, where nothing names a checkout."""
    ours = ("HYDROTL", "PYTHONPATH")
    done = subprocess.run(
        [str(python), *words],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith(ours)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_wheel_brings_the_source_and_the_study(python: Path, tmp_path: Path) -> None:
    asked = (
        "from hydrotl.paths import project_root;"
        "from hydrotl.experiments.ensemble import source_members;"
        "from hydrotl.experiments.study import load_study;"
        "from hydrotl.experiments.provenance import code_version;"
        "print(project_root(), len(source_members(load_study('beyond').source)), code_version())"
    )
    root, members, version = run(python, tmp_path, "-c", asked).split()
    assert Path(root) == python.parents[1].resolve() / "share" / "hydrotl"
    assert members == "5"
    assert version == "0.1.0"


def test_a_folder_is_looked_at_without_a_checkout(python: Path, tmp_path: Path) -> None:
    rows = [f"2001-01-{day:02},{day % 5},{day},{day / 10}" for day in range(1, 32)]
    (tmp_path / "creek.csv").write_text(
        "\n".join(["date,prcp (mm),tmean (degC),flow (mm)", *rows]) + "\n"
    )
    said = run(python, tmp_path, "-m", "hydrotl", "init", str(tmp_path))
    assert "1 basins (creek)" in said or "1 basin (creek)" in said
    assert (tmp_path / "region.yaml").is_file()
