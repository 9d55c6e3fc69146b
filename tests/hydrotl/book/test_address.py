"""One address, from which every link to the repository is made, and none while it is empty."""

import json
import shutil
import tomllib
from pathlib import Path

import pytest
import yaml

from hydrotl.book.address import FILES, colab, repository, with_address, write_address
from hydrotl.book.pages import rerun
from hydrotl_core.errors import ConfigError
from tests.synthetic import ROOT, write_yaml

SOMEWHERE = "https://github.com/someone/rivers"
# Notebooks and the front page are filled when the book is built as well.
READ_AS_THEY_ARE = ("README.md", "CITATION.cff", "pyproject.toml")


@pytest.fixture
def copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of all files that may hold the address, without one."""
    for path in (path for pattern in FILES for path in ROOT.glob(pattern)):
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, target)
    (tmp_path / "data_manifest.yaml").write_text("version: 1\n", encoding="utf-8")
    monkeypatch.setenv("HYDROTL_ROOT", str(tmp_path))
    write_address("")
    return tmp_path


def texts(root: Path) -> dict[str, str]:
    paths = [path for pattern in FILES for path in root.glob(pattern)]
    return {str(path.relative_to(root)): path.read_text(encoding="utf-8") for path in paths}


@pytest.mark.parametrize("name", READ_AS_THEY_ARE)
def test_a_committed_file_holds_the_configured_address(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYDROTL_ROOT", str(ROOT))
    path = ROOT / name
    text = path.read_text(encoding="utf-8")
    assert with_address(text, path.suffix, repository()) == text


def test_without_an_address_nothing_points_anywhere(copies: Path) -> None:
    for name, text in texts(copies).items():
        assert "git clone" not in text, name
        assert "github.com" not in text, name
        assert "colab.research" not in text, name


def test_an_address_is_in_every_place(copies: Path) -> None:
    before = texts(copies)
    changed = {str(path.relative_to(copies)) for path in write_address(SOMEWHERE)}
    notebooks = {name for name in before if name.endswith(".ipynb")}
    assert notebooks | {"README.md", "CITATION.cff", "pyproject.toml"} <= changed
    readme = (copies / "README.md").read_text(encoding="utf-8")
    assert f"git clone {SOMEWHERE} && cd rivers\nmake book" in readme
    link = "https://colab.research.google.com/github/someone/rivers/blob/main/notebooks/"
    assert link in readme
    citation = yaml.safe_load((copies / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["repository-code"] == SOMEWHERE
    project = tomllib.loads((copies / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["urls"] == {"Repository": SOMEWHERE}
    for name in notebooks:
        cells = json.loads((copies / name).read_text(encoding="utf-8"))["cells"]
        setup = "".join(next(c["source"] for c in cells if c["cell_type"] == "code"))
        assert f"    !git clone --depth 1 {SOMEWHERE}\n    %cd rivers\n    %pip" in setup
    assert write_address(SOMEWHERE) == []
    write_address("")
    assert texts(copies) == before


def test_colab_opens_notebooks_of_github_alone(copies: Path) -> None:
    assert colab("https://gitlab.com/someone/rivers", "notebooks/a.ipynb") == ""
    write_address("https://gitlab.com/someone/rivers")
    readme = (copies / "README.md").read_text(encoding="utf-8")
    assert "git clone https://gitlab.com/someone/rivers" in readme
    assert "colab" not in readme.split("<!-- colab -->")[1].split("<!--")[0]


@pytest.mark.parametrize("url", ["github.com/a/b", "https://github.com/a", "https://a b", 3])
def test_what_is_no_address_of_a_repository_is_refused(
    url: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYDROTL_ROOT", str(tmp_path))
    (tmp_path / "data_manifest.yaml").write_text("version: 1\n", encoding="utf-8")
    write_yaml(tmp_path / "_config.yml", {"repository": {"url": url}})
    with pytest.raises(ConfigError, match=r"_config\.yml: repository: url: .*OWNER/NAME"):
        repository()


def test_a_page_speaks_of_colab_only_if_it_can_be_opened_there(project: Path) -> None:
    assert "Colab" not in rerun.check("donor", "02-source").data
    write_yaml(project / "_config.yml", {"repository": {"url": SOMEWHERE}})
    assert "Colab" in rerun.check("donor", "02-source").data
