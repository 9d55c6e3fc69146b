"""Ranges, pins, conda environment and Makefile describe one environment."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
EXTRAS = PROJECT["optional-dependencies"]
INSTALL = "-c constraints.txt -e .[book,sample,test]"
# Import name -> name of the distribution, where they differ.
DISTRIBUTION = {"yaml": "pyyaml", "IPython": "ipython", "bs4": "beautifulsoup4"}
# Come with another system or with pip itself, or belong to torch's CUDA build.
NOT_PINNED = re.compile(r"^(pip|setuptools|wheel|hydrotl|triton|nvidia-.*|cuda-.*)$")


# Not the lowest of their ranges in .ci/oldest.txt, which is for Python 3.12 and NumPy 2.
NOT_LOWEST = {"numpy", "pandas", "netcdf4"}
# What a notebook service of November 2026 comes with and has to keep.
SERVICE = {"torch": "2.6.0", "numpy": "2.0.2", "pandas": "2.2.2", "ipython": "7.34.0"}


def pins(file: str = "constraints.txt") -> dict[str, Version]:
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    entries = [line.split("==") for line in lines if line and not line.startswith("#")]
    assert all(len(entry) == 2 for entry in entries), f"{file} holds name==version"
    return {canonicalize_name(name): Version(version) for name, version in entries}


def requirements() -> list[Requirement]:
    listed = PROJECT["dependencies"] + [entry for group in EXTRAS.values() for entry in group]
    return [Requirement(entry) for entry in listed]


@pytest.mark.parametrize("requirement", requirements(), ids=str)
def test_every_requirement_is_pinned_within_its_range(requirement: Requirement) -> None:
    pinned = pins()
    name = canonicalize_name(requirement.name)
    assert name in pinned, f"{name} is required by pyproject.toml but not in constraints.txt"
    assert pinned[name] in requirement.specifier


def test_the_oldest_versions_are_the_lowest_of_the_ranges() -> None:
    oldest = pins(".ci/oldest.txt")
    for requirement in map(Requirement, PROJECT["dependencies"] + EXTRAS["sample"]):
        name = canonicalize_name(requirement.name)
        if name == "torch":
            assert name not in oldest  # its builds are not on every index
            continue
        assert oldest[name] in requirement.specifier, name
        (lowest,) = [Version(s.version) for s in requirement.specifier if s.operator == ">="]
        if name not in NOT_LOWEST:
            assert oldest[name].release[:2] == (*lowest.release, 0)[:2], name


@pytest.mark.parametrize(("name", "version"), SERVICE.items())
def test_an_installation_keeps_what_a_notebook_service_has(name: str, version: str) -> None:
    (found,) = [r for r in map(Requirement, PROJECT["dependencies"]) if r.name == name]
    assert version in found.specifier


def test_jupyter_book_stays_below_2() -> None:
    (book,) = [r for r in requirements() if r.name == "jupyter-book"]
    assert Version("2.0.0") not in book.specifier
    assert pins()["jupyter-book"] < Version("2")


def test_pins_are_of_releases_that_a_registry_offers() -> None:
    local = [name for name, version in pins().items() if version.local]
    assert local == []  # such as +cpu: only one index has those


def test_conda_environment_installs_the_same() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    *conda, last = environment["dependencies"]
    python = next(entry for entry in conda if entry.startswith("python"))
    assert Version(python.split("=")[1]) in SpecifierSet(PROJECT["requires-python"])
    assert " ".join(last["pip"]) == INSTALL
    assert set(EXTRAS) == {"book", "cluster", "sample", "test"}


def test_makefile_installs_the_same() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert INSTALL in makefile.replace("'", "")


def test_make_help_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (declared,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    targets = re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)
    assert declared.split() == targets
    assert re.findall(r'echo "make ([a-z-]+) ', makefile) == [t for t in targets if t != "help"]


def test_installed_by_make_is_pinned() -> None:
    if not (Path(sys.prefix) / ".installed").exists():
        pytest.skip("not the environment that make builds")
    pinned = pins()
    for distribution in distributions():
        name = canonicalize_name(distribution.name)
        if not NOT_PINNED.match(name):
            assert Version(distribution.version).public == str(pinned.get(name)), name


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return {name.split(".")[0] for name in names}


def third_party(package: str) -> set[str]:
    names = set().union(*(imported(path) for path in (ROOT / package).rglob("*.py")))
    return names - set(sys.stdlib_module_names) - {"hydrotl", "hydrotl_core"}


def test_packages_import_only_what_is_required() -> None:
    declared = {canonicalize_name(r.name) for r in requirements()}
    for name in third_party("hydrotl") | third_party("hydrotl_core"):
        assert canonicalize_name(DISTRIBUTION.get(name, name)) in declared, name


CORE = {"numpy", "torch", "xarray", "pydantic", "safetensors", "tqdm", "scores"}


def test_the_core_needs_few_packages_and_the_linter_forbids_all_others() -> None:
    assert third_party("hydrotl_core") <= CORE
    contracts = PYPROJECT["tool"]["importlinter"]["contracts"]
    (forbidden,) = [set(c["forbidden_modules"]) for c in contracts if c["type"] == "forbidden"]
    modules = {distribution: module for module, distribution in DISTRIBUTION.items()}
    required = {Requirement(entry).name for entry in PROJECT["dependencies"]}
    assert {modules.get(name, name) for name in required} - CORE <= forbidden
    assert not forbidden & CORE


def test_the_book_has_a_page_of_each_package() -> None:
    folders = [
        path.parent
        for name in ("hydrotl", "hydrotl_core")
        for path in (ROOT / name).rglob("__init__.py")
    ]
    packages = {".".join(folder.relative_to(ROOT).parts) for folder in folders}
    template = (ROOT / "book" / "_templates" / "packages.rst").read_text(encoding="utf-8")
    listed = re.findall(r"^   (hydrotl[\w.]*)$", template, re.MULTILINE)
    toc = (ROOT / "book" / "_toc.yml").read_text(encoding="utf-8")
    assert set(listed) == packages
    assert re.findall(r"file: _generated/(\S+)", toc) == listed


@pytest.mark.parametrize("module", ["hydrotl_core", "hydrotl.cli", "hydrotl.book.build"])
def test_import_is_fast(module: str) -> None:
    heavy = "{'torch', 'xarray', 'holoviews', 'papermill'}"
    code = f"import sys, {module}; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_version_is_named_alike() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == PROJECT["version"]


@pytest.mark.parametrize("kind", ["data", "browser", "swat"])
def test_a_required_skip_fails(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    pytester.makeconftest((ROOT / "tests" / "conftest.py").read_text(encoding="utf-8"))
    pytester.makepyfile(f"import pytest\ndef test_it():\n    pytest.skip('{kind}: not there')\n")
    variable = f"HYDROTL_REQUIRE_{kind.upper()}"
    monkeypatch.delenv(variable, raising=False)
    pytester.runpytest("-p", "no:cacheprovider").assert_outcomes(skipped=1)
    monkeypatch.setenv(variable, "1")
    pytester.runpytest("-p", "no:cacheprovider").assert_outcomes(failed=1)


def test_another_skip_stays_a_skip(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makeconftest((ROOT / "tests" / "conftest.py").read_text(encoding="utf-8"))
    pytester.makepyfile("import pytest\ndef test_it():\n    pytest.skip('needs a GPU')\n")
    monkeypatch.setenv("HYDROTL_REQUIRE_DATA", "1")
    pytester.runpytest("-p", "no:cacheprovider").assert_outcomes(skipped=1)
