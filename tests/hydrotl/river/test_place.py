"""A simulation is never written over a run, its weather, or other data."""

from pathlib import Path

import pytest

from hydrotl.river.place import simulation_place
from hydrotl_core.errors import ConfigError, FileError


@pytest.fixture
def rivers(tmp_path: Path) -> Path:
    """A folder of data with a run in it, weather beside it as tables and as NetCDF."""
    home = tmp_path / "rivers"
    for name in ("run.yaml", "inputs.nc", "series.nc", "members/zero/member-0.safetensors"):
        path = home / "runs" / "first" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for name in ("rivers/region.yaml", "rivers/upper.csv", "next/upper.csv", "next.nc"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "next" / "deep").mkdir()
    (tmp_path / "next" / "deep" / "lower.csv").touch()
    (tmp_path / "link.nc").symlink_to(home / "runs" / "first" / "series.nc")
    (tmp_path / "self").symlink_to(tmp_path / "next")
    return home


RUN = "rivers/runs/first"
REFUSED = {
    f"{RUN}/series.nc": "in the folder of the run",
    f"{RUN}/inputs.nc": "in the folder of the run",
    f"{RUN}/flow.csv": "in the folder of the run",
    f"{RUN}/simulations/../inputs.nc": "in the folder of the run",
    f"{RUN}/members/zero/x.csv": "in the folder of the run",
    "link.nc": "in the folder of the run",
    "next/upper.csv": "a file of the data in",
    "self/upper.csv": "a file of the data in",
    "next/flow.csv": "would be read as",
    "next/deep/lower.csv": "a file of the data in",
    "rivers/upper.csv": "a file of the data in",
    "flow.txt": "must end in .csv or .nc",
}
ALLOWED = ("flow.csv", f"{RUN}/simulations/a.nc", "next/deep/new.csv", "rivers/runs/flow.nc")


@pytest.mark.parametrize("out", REFUSED)
def test_no_file_of_a_run_or_of_data_is_written_over(rivers: Path, out: str) -> None:
    home = rivers.parent
    with pytest.raises(ConfigError, match=REFUSED[out]):
        simulation_place(home / RUN, home / "next", home / out)


def test_the_weather_itself_is_not_written_over(rivers: Path) -> None:
    home = rivers.parent
    with pytest.raises(ConfigError, match="a file of the data in"):
        simulation_place(home / RUN, home / "next.nc", home / "runs" / ".." / "next.nc")


@pytest.mark.parametrize("out", ALLOWED)
def test_other_places_are_taken(rivers: Path, out: str) -> None:
    home = rivers.parent
    assert simulation_place(home / RUN, home / "next", home / out) == home / out


def test_the_default_is_in_the_run(rivers: Path) -> None:
    home = rivers.parent
    expected = home / RUN / "simulations" / "next.csv"
    assert simulation_place(home / RUN, home / "next") == expected
    with pytest.raises(FileError, match="cannot be written"):
        simulation_place(home / RUN, home / "next", home / "next.nc" / "x.csv")
