"""The files on the page "Your own region" work as they stand there, and its table is true."""

import re
from pathlib import Path

import pytest
import yaml

from hydrotl.config import Region, validated
from hydrotl.data.init import init_folder
from hydrotl.data.own import open_own
from hydrotl.data.ownfile import OwnRegion, load_own
from tests.book_project import ROOT
from tests.hydrotl.data.own_ways import page_table

PAGE = (ROOT / "book" / "own-region.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    series, table = blocks("text")[:2]
    (tmp_path / "basins.csv").write_text(table, encoding="utf-8")
    for basin in ("upper-creek", "lower-creek"):
        (tmp_path / f"{basin}.csv").write_text(series, encoding="utf-8")
    return tmp_path


def test_described_files_are_understood_and_read(folder: Path) -> None:
    init_folder(folder)
    ds = open_own(folder)
    assert list(ds["basin"].values) == ["lower-creek", "upper-creek"]
    flow = ds["streamflow"].sel(basin="upper-creek")
    # 1.93 m3/s from 212.4 km2: 1.93 * 86400 s / 212.4e6 m2 = 0.000785085 m
    assert float(flow[0]) == pytest.approx(0.785085, rel=1e-5)
    assert bool(flow[2].isnull())
    assert float(ds["latitude"].sel(basin="upper-creek")) == 46.85


def test_what_is_said_to_be_written_is_written(folder: Path) -> None:
    init_folder(folder)
    shown = validated(OwnRegion, yaml.safe_load(blocks("yaml")[0]), "own-region.md")
    assert load_own(folder) == shown.model_copy(update={"title": folder.name})


def test_described_region_is_valid() -> None:
    region = validated(Region, yaml.safe_load(blocks("yaml")[1]), "own-region.md")
    assert region.dataset.endswith("region.yaml")


def test_table_of_ways_is_that_of_the_tests() -> None:
    assert page_table() in PAGE, "copy tests.hydrotl.data.own_ways.page_table() into the page"
