"""Tables with a column per basin: which columns are basins, and what is said where none is."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hydrotl.config import validated
from hydrotl.data.init import init_folder
from hydrotl.data.own import open_own
from hydrotl.data.readers.own_forms import OwnFiles
from hydrotl_core.errors import ConfigError, DataError
from tests.hydrotl.data.test_own import AREAS, weather

IDS = {"0017": "upper", "23": "lower"}
FILES = {"rain": "rain", "warm": "temperature_C", "flow": "discharge_m3s"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two basins whose ids are numbers, one with a zero in front, and a column of no basin."""
    frames = {one: weather(seed=k) for k, one in enumerate(IDS)}
    for key, name in FILES.items():
        out = pd.concat({one: frame[key] for one, frame in frames.items()}, axis=1)
        if key == "flow":
            for one, basin in IDS.items():
                out[one] = (out[one] * AREAS[basin] / 86.4).round(5)
        out["mean"] = out.mean(axis=1)
        out.rename_axis("date").to_csv(tmp_path / f"{name}.csv")
    rows = "".join(f"{one},{AREAS[basin]},47\n" for one, basin in IDS.items())
    (tmp_path / "basins.csv").write_text(f"id,area_km2,latitude\n{rows}", encoding="utf-8")
    return tmp_path


def test_columns_with_ids_of_the_table_are_basins_and_others_are_not_used(folder: Path) -> None:
    written = init_folder(folder)
    assert written.basins == sorted(IDS)
    assert "not used: mean" in (folder / "region.yaml").read_text(encoding="utf-8")
    ds = open_own(folder)
    for seed, one in enumerate(IDS):
        clean = weather(seed=seed)
        for name, key in {"prcp": "rain", "tmean": "warm", "streamflow": "flow"}.items():
            # Rounded to 5 digits in m3/s, of 100 km2 and more.
            expected = pytest.approx(clean[key].to_numpy(), abs=1e-4)
            assert ds[name].sel(basin=one).values == expected, (one, name)


def test_without_a_table_of_ids_no_column_is_taken_for_a_basin(folder: Path) -> None:
    (folder / "basins.csv").unlink()
    with pytest.raises(DataError, match="add a table with a row per basin that has their ids"):
        init_folder(folder)
    assert not (folder / "region.yaml").exists()


def test_a_file_whose_name_says_no_variable_is_not_read(folder: Path) -> None:
    (folder / "discharge_m3s.csv").rename(folder / "values.csv")
    with pytest.raises(DataError, match=r"values\.csv: none of the columns.*such as flow_m3s"):
        init_folder(folder)


def test_a_column_that_is_no_longer_there_is_named(folder: Path) -> None:
    init_folder(folder)
    path = folder / "rain.csv"
    text = path.read_text(encoding="utf-8").replace("date,0017,", "date,17,", 1)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"rain\.csv: no column '0017' \(it has date, 17, 23"):
        open_own(folder)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"basins": []}, "needs `basins`"),
        ({"path": "{basin}.csv"}, "a path without {basin}"),
        ({"basin_column": "id"}, "no `basin_column`"),
    ],
)
def test_a_description_that_contradicts_itself_is_refused(
    change: dict[str, Any], says: str
) -> None:
    content = {
        "path": "rain.csv",
        "basins": ["a"],
        "columns": {"prcp": {"column": "{basin}", "units": "mm"}},
    }
    assert validated(OwnFiles, content, "region.yaml").wide
    with pytest.raises(ConfigError, match=says):
        validated(OwnFiles, content | change, "region.yaml")
