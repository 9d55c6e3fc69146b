"""The commands on a folder of one's own, as far as they only look and say."""

import warnings
from pathlib import Path

import pandas as pd
import pytest
import yaml

from hydrotl.data.init import init_folder
from hydrotl.data.ownfile import load_own
from hydrotl.river.folder import Run
from hydrotl.river.own import open_forcing
from hydrotl.river.runfile import RunFile
from tests.entry_point import call
from tests.hydrotl.data.test_own import weather
from tests.synthetic import ROOT

PAGES = ("README.md", "book/own-region.md")
AREAS = {"long": 100.0, "short": 250.0, "other": 60.0}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three basins as an agency hands them out, of which one has other years."""
    home = tmp_path / "rivers"
    home.mkdir()
    for seed, (basin, area) in enumerate(AREAS.items()):
        frame = weather(1500, seed).iloc[400 if basin == "short" else 0 :]
        days = pd.DatetimeIndex(frame.index).strftime("%d/%m/%Y")
        columns = {"Datum": days, "Rain (mm)": frame["rain"], "T_mean (C)": frame["warm"]}
        table = pd.DataFrame(columns | {"Flow m3/s": (frame["flow"] * area / 86.4).round(4)})
        table.to_csv(home / f"gauge_{basin}.csv", sep=";", decimal=",", index=False)
    places = pd.DataFrame({"id": AREAS.keys(), "area_km2": AREAS.values(), "latitude": 47.0})
    places.to_csv(home / "basins.csv", index=False)
    monkeypatch.setenv("HYDROTL_ROOT", str(ROOT))
    monkeypatch.chdir(tmp_path)
    return home


def test_init_says_which_column_became_what(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("init", "rivers") == 0
    said = capsys.readouterr().out
    assert "gauge_{basin}.csv: " in said
    for text in (
        "streamflow from 'Flow m3/s' in m3/s",
        "prcp from 'Rain (mm)' in mm",
        "3 basins (long, other, short), 2001-01-01 to 2005-02-08",
        "2005-02-09, of 2 basins",
    ):
        assert text in said, text


def test_years_in_the_comment_say_which_basins_have_them(folder: Path) -> None:
    assert call("init", "rivers") == 0
    text = (folder / "region.yaml").read_text(encoding="utf-8")
    said = " ".join(line.removeprefix("# ") for line in text.splitlines() if line[:1] == "#")
    assert "Below are those of long, other; short has others." in said
    assert max(map(len, text.splitlines())) <= 100
    line = next(line for line in text.splitlines() if line.startswith("# years:"))
    shown = yaml.safe_load(line.removeprefix("# "))["years"]
    assert [str(day) for day in shown["train"]] == ["2001-01-01", "2004-02-09"]
    (folder / "region.yaml").write_text(text.replace("# years:", "years:"), encoding="utf-8")
    years = load_own(folder).years
    assert years is not None
    assert str(years.test.end) == "2005-02-09"


def test_a_folder_that_init_has_not_seen_is_no_mistyped_region(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("run", "rivers") == 2
    assert "hydrotl init" in capsys.readouterr().err
    assert call("run", "nowhere") == 2
    assert "there are" in capsys.readouterr().err


def test_a_region_is_meant_where_a_folder_without_tables_has_its_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hydrotl.cli.river import own_folder

    (folder.parent / "sample").mkdir()
    assert own_folder("sample") is None
    assert own_folder("rivers/region.yaml") is None
    assert call("init", "rivers") == 0
    assert own_folder("rivers") == Path("rivers")


def test_a_new_user_is_told_the_same_way_everywhere(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("--help") == 0
    shown = " ".join(capsys.readouterr().out.split())
    texts = {name: (ROOT / name).read_text(encoding="utf-8") for name in PAGES}
    for command in ("init", "check", "run"):
        for name, text in {**texts, "--help": shown}.items():
            assert f"hydrotl {command} ~/rivers" in " ".join(text.split()), name
    assert "hydrotl auto" not in texts["README.md"]
    assert call("init", "rivers") == 0
    assert call("auto", "rivers") == 2
    assert "hydrotl run rivers makes the same choice" in capsys.readouterr().err


def test_weather_alone_needs_no_latitude_that_the_run_knows(folder: Path) -> None:
    (folder / "basins.csv").unlink()
    for path in folder.glob("*.csv"):
        table = pd.read_csv(path, sep=";", dtype=str).drop(columns="Flow m3/s")
        table.to_csv(path, sep=";", index=False)
    init_folder(folder)
    said = {}
    for latitude in (47.0, None):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            ds, _ = open_forcing(folder, run_in(latitude))
        said[latitude] = [str(one.message) for one in caught if "latitude" in str(one.message)]
        assert list(ds["basin"].values) == sorted(AREAS)
    assert said[47.0] == []
    assert len(said[None]) == 1


def run_in(latitude: float | None) -> Run:
    """A run of the three basins, as far as it says where they are."""
    days = {"train": ["2001-01-01", "2002-01-01"], "test": ["2002-01-01", "2003-01-01"]}
    content = {
        "title": "r",
        "source": "s",
        "study": "s",
        "latitude": "latitude",
        "chosen": "zero",
        "models": {"zero": {"weight": 1, "members": "members/zero"}},
        "held_out": {},
        "basins": {basin: {"latitude": latitude, **days} for basin in AREAS},
    }
    return Run(Path(), RunFile.model_validate(content))


def test_help_of_list_spells_what_can_be_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("list", "--help") == 0
    said = capsys.readouterr().out
    assert "regions, sources, recipes or datasets" in " ".join(said.split())
    assert call("list", "datasets") == 0
    assert "camels_us" in capsys.readouterr().out
