"""Weather to simulate with: files of any form, places that contradict the run, unlikely values."""

import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import hydrotl.river.own as own
from hydrotl.data.manifest import Attributes
from hydrotl.data.values import doubtful_values, extremes
from hydrotl.river.fit import Asked, fit_river
from hydrotl.river.folder import Run, write_run_file
from hydrotl.river.likeness import doubt_other_weather, refuse_other_places
from hydrotl.river.own import open_forcing, open_river
from hydrotl.river.runfile import Basin, Model, RunFile
from hydrotl_core.errors import DataError, DoubtfulData
from hydrotl_core.recipe import Period
from tests.entry_point import call
from tests.hydrotl.river.conftest import BASINS, rivers, write_rivers


@pytest.fixture
def run() -> Run:
    """A run of the two rivers as far as its weather and its places go."""
    days = Period.model_validate({"start": "2001-01-01", "end": "2003-01-01"})
    file = RunFile(
        title="r",
        source="s",
        study="s",
        latitude="latitude",
        chosen="zero",
        models={"zero": Model(weight=1, members="members/zero")},
        held_out={},
        basins={
            basin: Basin(latitude=latitude, longitude=longitude, area=area, train=days)
            for basin, (latitude, longitude, area) in BASINS.items()
        },
    )
    found = Run(Path("run"), file)
    found.__dict__["inputs"] = rivers().load()
    return found


def weather() -> xr.Dataset:
    """The last year of the two rivers, without flow."""
    return rivers()[["prcp", "tmean"]].sel(time=slice("2003-01-01", None)).load()


def placed(values: list[float], dtype: type = np.float64) -> xr.Dataset:
    """The weather with latitudes as a coordinate, and other coordinates."""
    latitudes: tuple[str, np.ndarray] = ("basin", np.array(values, dtype))
    return weather().assign_coords(latitude=latitudes, height=2.0, name=("basin", ["a", "b"]))


FORMS: dict[str, Callable[[], xr.Dataset]] = {
    "as it should be": weather,
    "one day": lambda: weather().isel(time=[0]),
    "ids of bytes": lambda: weather().assign_coords(basin=np.array([b"upper", b"lower"])),
    "latitude as a coordinate": lambda: placed([47.0, 46.5]),
    "latitude as a coordinate, float32": lambda: placed([47.0, 46.5], np.float32),
}


@pytest.mark.parametrize("name", FORMS)
def test_weather_of_these_forms_is_read(name: str, run: Run, tmp_path: Path) -> None:
    given = FORMS[name]()
    given.to_netcdf(tmp_path / "x.nc")
    ds, roles = open_forcing(tmp_path / "x.nc", run)
    assert list(ds["basin"].values) == ["upper", "lower"]
    np.testing.assert_array_equal(ds["prcp"].values, given["prcp"].values)
    assert set(ds.coords) == {"basin", "time"}
    if "latitude" in given.coords:
        assert ds["latitude"].dtype == np.float64
        assert list(ds["latitude"].values) == [47.0, 46.5]
    refuse_other_places(run, ds, roles)


WRONG: dict[str, tuple[str, Callable[[], xr.Dataset]]] = {
    "basins under another name": ("no dimension 'basin'", lambda: weather().rename(basin="gauge")),
    "basins without ids": ("no dimension 'basin'", lambda: weather().drop_vars("basin")),
    "one basin, no dimension": ("no dimension 'basin'", lambda: weather().isel(basin=0)),
    "no time": ("no dimension 'time'", lambda: weather().drop_vars("time")),
    "time reversed": ("every day once", lambda: weather().isel(time=slice(None, None, -1))),
    "transposed": ("has the dimensions", lambda: weather().transpose("time", "basin")),
    "no days": ("'time' is empty", lambda: weather().isel(time=slice(0))),
}


@pytest.mark.parametrize("name", WRONG)
def test_weather_of_other_forms_is_refused_in_words(name: str, run: Run, tmp_path: Path) -> None:
    said, make = WRONG[name]
    make().to_netcdf(tmp_path / "x.nc")
    with pytest.raises(DataError, match=said) as caught:
        open_forcing(tmp_path / "x.nc", run)
    assert "x.nc" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff\xfe\x00" * 50])
def test_what_is_no_netcdf_is_told(content: bytes, run: Run, tmp_path: Path) -> None:
    (tmp_path / "x.nc").write_bytes(content)
    with pytest.raises(DataError, match=r"x\.nc is no NetCDF file") as caught:
        open_forcing(tmp_path / "x.nc", run)
    assert "engine" not in str(caught.value)


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("latitude", -47.0, "upper has the latitude -47 degrees"),
        ("latitude", 47.2, "in the run 47"),
        ("area_km2", 9999.0, "has the area 9999 km2"),
        ("area_km2", 94.0, "in the run 100"),
    ],
)
def test_another_place_or_size_than_the_runs_is_refused(
    column: str, value: float, said: str, run: Run
) -> None:
    given = weather().assign({column: ("basin", [value, np.nan])})
    with pytest.raises(DataError, match=said):
        refuse_other_places(run, given, Attributes(latitude="latitude"))


@pytest.mark.parametrize(("longitude", "words"), [(-120.0, 1), (8.55, 0), (368.5, 0), (np.nan, 0)])
def test_another_longitude_is_said(longitude: float, words: int, run: Run) -> None:
    given = weather().assign(
        latitude=("basin", [47.05, 46.5]),
        km2=("basin", [103.0, 250.0]),
        longitude=("basin", [longitude, 9.5]),
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        refuse_other_places(run, given, Attributes(latitude="latitude", area="km2"))
    assert len(caught) == words
    assert all("upper has the longitude -120" in str(one.message) for one in caught)


def changed(days: int = 365, rain: float = 1.0, warmer: float = 0.0) -> xr.Dataset:
    """The first days of the year with more rain, and warmer."""
    ds = weather().isel(time=slice(days))
    for name, values in (("prcp", ds["prcp"] * rain), ("tmean", ds["tmean"] + warmer)):
        ds[name] = values.assign_attrs(units=ds[name].attrs["units"])
    return ds


@pytest.mark.parametrize(
    ("given", "variables"),
    [
        ({}, ()),
        ({"rain": 2.0, "warmer": 6.0}, ()),
        ({"rain": 10.0}, ("prcp",)),
        ({"rain": 0.0}, ("prcp",)),
        ({"warmer": 15.0}, ("tmean",)),
        ({"warmer": -15.0, "rain": 10.0}, ("tmean", "prcp")),
        ({"days": 60, "rain": 10.0, "warmer": 15.0}, ("tmean",)),
        ({"days": 5, "rain": 10.0, "warmer": 15.0}, ()),
    ],
)
def test_weather_of_no_scenario_is_doubted_once(
    given: dict[str, float], variables: tuple[str, ...], run: Run
) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        doubt_other_weather(run, changed(**given), list(BASINS))  # type: ignore[arg-type]
    assert [one.category for one in caught] == [DoubtfulData] * len(variables)
    for name, one in zip(variables, caught, strict=True):
        assert f"the mean of '{name}'" in str(one.message)
        assert "at basin upper" in str(one.message)
        assert "likewise in lower" in str(one.message)


def test_weather_is_compared_with_the_runs_in_the_same_months(run: Run) -> None:
    """A winter is no cold year, and months that the run has none of do not count."""
    run.__dict__["inputs"] = run.inputs.sel(time=slice("2001-01-01", "2001-02-28"))
    hot = changed(150)
    hot["tmean"][:, 59:] += 40
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        doubt_other_weather(run, hot, list(BASINS))
    assert caught == []


def test_one_day_has_extremes_but_no_steps() -> None:
    day = rivers().isel(time=[0]).load()
    assert not [one for one in doubtful_values(day) if one.kind == "step"]
    low, high = extremes(np.empty((2, 0)))
    assert np.isnan(low).all()
    assert np.isnan(high).all()


@pytest.mark.slow
def test_one_day_gives_the_flow_that_the_run_has_on_it(
    made: Run, project: Path, tmp_path: Path
) -> None:
    folder = write_rivers(tmp_path / "day", rivers().isel(time=[900]), flow=False)
    out = tmp_path / "flow.csv"
    assert call("simulate", str(made.folder), "--forcing", str(folder), "--out", str(out)) == 0
    found = pd.read_csv(out).set_index("basin")["simulated"]
    series = pd.read_csv(made.folder / "series.csv").set_index(["date", "basin"])["simulated"]
    day = str(pd.Timestamp(rivers()["time"].values[900]).date())
    assert len(found) == 2
    for basin in BASINS:
        assert found[basin] == pytest.approx(series[day, basin], abs=1e-4)


@pytest.mark.slow
def test_without_a_latitude_the_file_to_complete_is_named(project: Path, tmp_path: Path) -> None:
    places = dict.fromkeys(BASINS, (np.nan, 8.0, 100.0))
    folder = write_rivers(tmp_path / "own", rivers(), places=places)
    with pytest.warns(UserWarning, match="latitude"):
        river = open_river(folder)
    with pytest.raises(DataError, match=r"give it in region\.yaml"):
        fit_river(river, Asked(), lambda line: None)


def test_a_word_on_the_files_of_a_run_is_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_rivers(tmp_path / "own", rivers())
    read = own.open_own

    def told(path: Path) -> xr.Dataset:
        warnings.warn("the unit 'foo' is not understood", stacklevel=2)
        warnings.warn("the flow is rarely right", DoubtfulData, stacklevel=2)
        return read(path)

    monkeypatch.setattr(own, "open_own", told)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        river = open_river(folder)
    assert [str(one.message) for one in caught] == ["the unit 'foo' is not understood"]
    assert "the flow is rarely right" in river.findings


@pytest.mark.slow
def test_a_comparison_prints_no_instruction_to_a_terminal(
    made: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = Path(shutil.copytree(made.folder, tmp_path / "copy"))
    write_run_file(copy, made.file.model_copy(update={"chosen": "a\n\x1b[31mred"}))
    assert call("compare", str(made.folder), str(copy)) == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert r"a\n\x1b[31mred" in said
