"""Names that become files are checked by one rule, wherever they come from."""

from pathlib import Path

import pytest

from hydrotl.config import load_options, load_region, load_source
from hydrotl.data.manifest import Dataset, RemoteFile
from hydrotl.experiments.cells import cells_of, resolve
from hydrotl.experiments.records import cell_path
from hydrotl.experiments.source import source_folder
from hydrotl.experiments.study import load_study
from hydrotl.names import LONGEST, given_name, inner_path, path_name, same_file
from hydrotl_core.errors import ConfigError, DataError
from tests.synthetic import ROOT, write_yaml


@pytest.mark.parametrize(
    "name",
    [
        "multi-year",
        "1-year",
        "Río Ñuble",
        "岷江",
        "किरमी",
        "v1.0",
        ".hidden",
        "a b",
        "é" * 100,
        "می\u200cخواهم",
    ],
)
def test_letters_of_any_script_name_a_file(name: str, tmp_path: Path) -> None:
    assert path_name(name) == name
    (tmp_path / f"{name}.json").write_text("")
    assert [p.name for p in tmp_path.iterdir()] == [f"{name}.json"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "empty"),
        ("a\u200bb", "has the character"),
        ("a\ufeff", "has the character"),
        (" \t", "empty"),
        (".", "stands for a folder"),
        ("..", "stands for a folder"),
        ("../up", "'/'"),
        ("/etc/passwd", "'/'"),
        ("a\\b", r"'\\\\'"),
        ("C:", "':'"),
        ("a\0b", r"'\\x00'"),
        ("a\nb", r"'\\n'"),
        ("a\u2028b", r"'\\u2028'"),
        ("\udcff", r"'\\udcff'"),  # of a file name that is not UTF-8
        ("exe\u202etxt", r"'\\u202e'"),
        ("<b>", "'<'"),
        ("a?", r"'\?'"),
        (" a", "blank"),
        ("a.", "dot"),
        ("con", "device"),
        ("NUL.txt", "device"),
        ("LpT1 .csv", "device"),
        ("COM¹", "device"),
        ("x" * (LONGEST + 1), "bytes"),
        ("é" * (LONGEST // 2 + 1), "bytes"),
    ],
)
def test_what_some_system_refuses_names_no_file(name: str, said: str) -> None:
    with pytest.raises(DataError, match=rf"the basin .* cannot be part of a file's name: .*{said}"):
        path_name(name, "basin", DataError)


@pytest.mark.parametrize("path", ["", "a", "a/b.txt", "a\\b.txt", "./a", "a//b", "岷江/flow"])
def test_inner_paths_stay_inside(path: str, tmp_path: Path) -> None:
    found = (tmp_path / inner_path(path, "folder")).resolve()
    assert found.is_relative_to(tmp_path)
    assert "\\" not in str(inner_path(path, "folder"))


@pytest.mark.parametrize(
    "path",
    [
        "/a",
        "..",
        "a/../b",
        "..\\a",
        "\\a",
        "C:/a",
        "C:a",
        "a/nul",
        "a/b:c",
        "a/\0",
        "a/" * 600 + "b",
    ],
)
def test_paths_that_lead_elsewhere_are_refused(path: str) -> None:
    with pytest.raises(ConfigError, match="the folder "):
        inner_path(path, "folder")


def test_one_file_under_two_names_is_noticed() -> None:
    assert same_file("A/Readme.TXT") == same_file("a/README.txt")
    assert same_file("e\u0301") == same_file("\u00e9")  # as some systems store it
    assert same_file("check\u200csums.json") == same_file("checksums.json")
    assert same_file("a") != same_file("b")


@pytest.mark.parametrize("name", ["../gb", "a/b", "..", "", "nul", "gb\0", "/etc/gb", "gb.v2"])
def test_names_of_experiments_are_checked_before_a_file_is_looked_for(name: str) -> None:
    for load, kind in ((load_region, "region"), (load_source, "source"), (load_study, "study")):
        if (kind, name) == ("study", "gb.v2"):
            continue
        with pytest.raises(ConfigError, match=rf"the {kind} "):
            load(name)
    if name != "":
        with pytest.raises(ConfigError, match="the source "):
            source_folder(name)


def test_yaml_file_whose_name_would_be_a_folder_is_refused(tmp_path: Path) -> None:
    for name in ("..yaml", "...yaml", "CON.yaml", "a..yaml"):
        write_yaml(tmp_path / name, {})
        with pytest.raises(ConfigError, match=r"the region .* cannot be part of a file's name"):
            load_region(str(tmp_path / name))
    assert given_name(tmp_path / "my.region.yaml", "region") == "my.region"
    assert given_name("gb", "region") == "gb"


def test_extends_names_a_neighbour_only(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    write_yaml(path, {"extends": "../gb"})
    with pytest.raises(ConfigError, match=r"mine\.yaml: extends '\.\./gb' cannot be"):
        load_region(str(path))


def test_settings_and_variants_are_checked_where_they_are_declared(tmp_path: Path) -> None:
    periods = {"train": ["2001-01-01", "2002-01-01"], "test": ["2002-01-01", "2003-01-01"]}
    region = {
        "title": "t",
        "dataset": "sample",
        "inputs": {"dynamic": ["prcp"]},
        "settings": {"../../evil": periods},
    }
    path = tmp_path / "mine.yaml"
    write_yaml(path, region)
    with pytest.raises(ConfigError, match=r"settings\.\.\./\.\./evil.*cannot be part of a file's"):
        load_region(str(path))
    variant = {"settings": {}, "variant": "no attributes", "variant_of": "../source"}
    write_yaml(path, region | variant)
    with pytest.raises(ConfigError, match=r"variant_of: .*cannot be part of a file's name"):
        load_region(str(path))


def test_options_are_checked_in_their_file_and_where_results_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    option = {"title": "t", "trained": ["input.weight", "input.bias"]}
    path = tmp_path / "options.yaml"
    write_yaml(path, {"a/b": option})
    with pytest.raises(ConfigError, match=r"options\.yaml: option 'a/b' cannot be part"):
        load_options(path)
    monkeypatch.setenv("HYDROTL_ROOT", str(ROOT))
    (cell,) = cells_of("sample", ["1-year"], ["process-../../../evil"])
    with pytest.raises(ConfigError, match=r"the result .*evil' cannot be part of a file's name"):
        cell_path(resolve(cell))


@pytest.mark.parametrize("name", ["..", "a/b", "nul.zip", "a:b", "", "x" * 300])
def test_files_of_a_data_set_are_checked(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be part of a file's name"):
        RemoteFile(name=name)


def test_two_files_of_a_data_set_that_are_one_on_some_systems_are_refused() -> None:
    files = [{"name": "A.csv", "url": "https://a/A"}, {"name": "a.csv", "url": "https://a/a"}]
    with pytest.raises(ValueError, match="listed twice"):
        Dataset(
            title="t",
            country="c",
            licence="l",
            citation=["c"],
            landing_page="https://a",
            access="open",
            files=files,
            folder="f",
            reader="generic",
            variables={"prcp": {"native": "p", "units": "mm/day"}},
        )
