"""The files on the page "Your own region" work as they stand there."""

import re
from pathlib import Path

import pytest
import yaml

from hydrotl.config import Region, validated
from hydrotl.data.manifest import Dataset
from hydrotl.data.readers import read_dataset
from tests.book_project import ROOT


def blocks(language: str) -> list[str]:
    page = (ROOT / "book" / "own-region.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    series, table = blocks("text")
    (tmp_path / "basins.csv").write_text(table, encoding="utf-8")
    for basin in ("upper-creek", "lower-creek"):
        (tmp_path / f"{basin}.csv").write_text(series, encoding="utf-8")
    return tmp_path


def test_described_files_are_read(folder: Path) -> None:
    entry = validated(Dataset, yaml.safe_load(blocks("yaml")[0])["my_rivers"], "own-region.md")
    ds = read_dataset(folder, entry, None)
    assert list(ds["basin"].values) == ["lower-creek", "upper-creek"]
    flow = ds["streamflow"].sel(basin="upper-creek")
    # 1.93 m3/s from 212.4 km2: 1.93 * 86400 s / 212.4e6 m2 = 0.000785085 m
    assert float(flow[0]) == pytest.approx(0.785085, rel=1e-5)
    assert bool(flow[2].isnull())


def test_described_region_is_valid(folder: Path) -> None:
    region = validated(Region, yaml.safe_load(blocks("yaml")[1]), "own-region.md")
    entry = validated(Dataset, yaml.safe_load(blocks("yaml")[0])["my_rivers"], "own-region.md")
    assert region.dataset == "my_rivers"
    assert set(region.inputs.dynamic) <= set(entry.forcings)
    ds = read_dataset(folder, entry, None)
    assert set(region.inputs.static) <= set(ds.data_vars)
    assert entry.attributes.latitude in ds, "the calibrated model needs it"
