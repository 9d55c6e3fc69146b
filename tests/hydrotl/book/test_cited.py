"""Data sets and methods are cited on the pages that use them."""

import json
import re
from pathlib import Path
from typing import Any

import papermill
import pytest
import yaml

from hydrotl.book.cited import METHODS, closing, keys_of, references, used_datasets, with_closing
from hydrotl.data.manifest import load_manifest
from tests.book_project import ROOT
from tests.notebook_cells import cells, text

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
BIB = (ROOT / "book" / "references.bib").read_text(encoding="utf-8")
#: By hand: what the entries of the manifest ask to cite.
PUBLISHED = {
    "camels_us": {"newman2015", "addor2017"},
    "camels_gb": {"coxon2020", "coxon2020data"},
    "camels_cl": {"alvarez2018", "alvarez2018data"},
    "cl_csv": {"alvarez2018", "alvarez2018data"},
    "camels_ind": {"mangukiya2025", "mangukiya2025data"},
    "ind_csv": {"mangukiya2025", "mangukiya2025data"},
    "china_mr": {"meng2017", "meng2016"},
    "sample": {"lumod"},
    "min_river": {"munoz2021"},
}


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYDROTL_ROOT", str(ROOT))


def cited(notebook: Path) -> set[str]:
    """References in the closing words of a page."""
    content = with_closing(notebook.read_text(encoding="utf-8"), f"notebooks/{notebook.stem}")
    last = json.loads(content)["cells"][-1]["source"]
    return {key for group in re.findall(r"\{cite:p\}`([^`]+)`", last) for key in group.split(",")}


def named(value: Any) -> set[str]:
    """Words in quotation marks in a parameter's value, or in values from a file."""
    return set(re.findall(r"[\"']([\w-]+)[\"']", str(value)))


def datasets_by_hand(notebook: Path) -> set[str]:
    """Data sets of a page's parameters, read from the region and source files alone."""
    quick = yaml.safe_load((ROOT / "book" / "quick.yaml").read_text(encoding="utf-8"))
    values = [one["default"] for one in papermill.inspect_notebook(str(notebook)).values()]
    words = set().union(*(named(value) for value in [*values, quick.get(notebook.stem)]))
    found = words & set(load_manifest().datasets)
    for folder in ("regions", "sources"):
        for word in words:
            path = ROOT / "experiments" / folder / f"{word}.yaml"
            while path.is_file():
                content = yaml.safe_load(path.read_text(encoding="utf-8"))
                found |= {content["dataset"]} if "dataset" in content else set()
                path = path.with_name(f"{content.get('extends', '')}.yaml")
    return found


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_data_set_of_a_page_is_cited_there(notebook: Path) -> None:
    datasets = datasets_by_hand(notebook)
    assert datasets <= set(used_datasets(notebook))
    for dataset in datasets:
        stem = next(key for key in PUBLISHED if dataset.startswith(key))
        assert PUBLISHED[stem] <= cited(notebook), dataset


def test_every_page_of_a_region_names_its_data() -> None:
    of_regions = {path.stem for path in NOTEBOOKS if datasets_by_hand(path)}
    assert {"03-transfer", "04-source-size", "05-process-based", "09-sensitivity"} <= of_regions


def test_a_page_that_opens_the_sample_cites_it() -> None:
    opened = [path for path in NOTEBOOKS if any('"sample"' in text(cell) for cell in cells(path))]
    assert {"00-model", "03-transfer"} <= {path.stem for path in opened}
    assert all("lumod" in cited(path) for path in opened)


@pytest.mark.parametrize(
    ("word", "keys"),
    [
        ("GR4J", {"perrin2003", "valery2014"}),
        ("SWAT+", {"arnold1998", "bieger2017"}),
        ("Oudin", {"oudin2005"}),
        ("Hargreaves", {"hargreaves1985"}),
    ],
)
def test_a_method_is_cited_where_it_is_named(word: str, keys: set[str]) -> None:
    pages = [path for path in NOTEBOOKS if word in path.read_text(encoding="utf-8")]
    assert pages
    for path in pages:
        assert keys <= cited(path), path.stem
    assert not keys & set(re.findall(r"[\w]+\d{4}", closing("a page without it", [])))


@pytest.mark.parametrize("name", [name for name in PUBLISHED if name in load_manifest().datasets])
def test_each_publication_of_a_data_set_is_among_the_references(name: str) -> None:
    dataset = load_manifest()[name]
    assert set(keys_of(dataset, references())) >= PUBLISHED[name]
    dois = re.findall(r"doi:(\S+)", " ".join(dataset.citation))
    assert {doi.lower() for doi in dois} <= set(references())


def test_each_reference_named_is_one() -> None:
    known = re.findall(r"^@\w+\{([\w-]+),", BIB, re.MULTILINE)
    assert len(known) == len(set(known))
    assert {key for _, _, keys in METHODS for key in keys} <= set(known)


def test_a_page_of_a_region_says_where_to_try_it() -> None:
    for path in NOTEBOOKS:
        content = with_closing(path.read_text(encoding="utf-8"), f"notebooks/{path.stem}")
        hints = json.loads(content)["cells"][-1]["source"].count("(../live.md)")
        of_region = any(
            re.search(r"^region: str", text(cell), re.MULTILINE) for cell in cells(path)
        )
        assert hints >= of_region, path.stem
        assert hints <= 1


def test_a_page_that_is_no_notebook_of_the_project_stays_as_it_is() -> None:
    assert with_closing('{"cells": []}', "notebooks/none") == '{"cells": []}'
