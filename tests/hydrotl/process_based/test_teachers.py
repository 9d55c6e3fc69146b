"""Teachers by name, their flow and its skill."""

import numpy as np
import pandas as pd
import pytest

from hydrotl.data.catalog import open_dataset
from hydrotl.data.manifest import load_manifest
from hydrotl.process_based import WARM_UP_DAYS
from hydrotl.process_based.gr4j import DEFAULT_LEVELS, DEFAULTS, default_flow
from hydrotl.process_based.teachers import (
    TEACHERS,
    VERSION,
    teacher_flow,
    teacher_skill,
)
from hydrotl_core.errors import ConfigError, DataError
from tests import reference_gr4j
from tests.entry_point import call

SAMPLE = load_manifest()["sample"]


def test_gr4j_is_a_teacher_of_the_regions_basins() -> None:
    flow = teacher_flow("sample", "gr4j")
    expected = default_flow(open_dataset("sample"), SAMPLE)
    np.testing.assert_array_equal(flow.values, expected.values)
    assert flow.dims == ("basin", "time")
    assert flow.basin.values.tolist() == ["tamaulipas", "sarapiqui", "girnock"]


@pytest.mark.parametrize(("example", "basin"), [(1, "tamaulipas"), (3, "girnock")])
def test_gr4j_of_the_teacher_is_near_lumods(example: int, basin: str) -> None:
    """lumod as its own users run it, from full stores: within 1e-4 of every day's flow.

    What is left is its sun, computed in single precision from a rounded number of degrees.
    """
    from lumod import load_example
    from lumod.models import GR4J

    info, frame = load_example(example)
    model = GR4J(area=info["area"], lat=info["lat"])
    assert {name.upper(): model.params[name] for name in ("x1", "x2", "x3", "x4")} == DEFAULTS
    assert (model.params["ps0"], model.params["rs0"]) == DEFAULT_LEVELS
    depth = model.run(frame)["qt"] * 86.4 / info["area"]  # m3/s over km2 to mm/day

    simulated = default_flow(open_dataset("sample", basins=[basin, "sarapiqui"]), SAMPLE)
    known = simulated.sel(basin=basin).to_series().dropna()
    assert known.index[0] == frame.index[0] + pd.Timedelta(WARM_UP_DAYS, "D")
    assert known.index[-1] == frame.index[-1]
    np.testing.assert_allclose(known, depth[known.index], rtol=1e-4, atol=1e-6)


def test_gr4j_of_the_teacher_is_that_of_the_paper() -> None:
    ds = open_dataset("sample", basins=["girnock"])
    one = ds.isel(basin=0).to_dataframe()[["prcp", "tmean"]].dropna()
    latitude = float(ds["gauge_lat"].values[0])
    grsuite = pytest.importorskip("grsuite")
    day = pd.DatetimeIndex(one.index).day_of_year.to_numpy()
    evaporation = grsuite.pe_oudin(day, one["tmean"].to_numpy(), latitude, "deg")
    flow = reference_gr4j.gr4j(
        one["prcp"].to_numpy(dtype=float), evaporation, *DEFAULTS.values(), levels=DEFAULT_LEVELS
    )
    known = default_flow(ds, SAMPLE).isel(basin=0).to_series().dropna()
    np.testing.assert_allclose(known, flow[WARM_UP_DAYS:], rtol=1e-4)


def test_gaps_of_the_weather() -> None:
    """Inside the record a missing day is dry and as warm as its neighbours; outside, no flow."""
    ds = open_dataset("sample", basins=["girnock", "sarapiqui"]).copy(deep=True)
    both = default_flow(ds, SAMPLE)
    # the other basin's record ends before this one's begins
    assert both.sel(basin="sarapiqui", time=slice("1991", None)).isnull().all()
    dry = ds["prcp"].sel(basin="girnock").to_series().loc["2005":]
    day = dry[dry == 0].index[0]
    there = {"basin": "girnock", "time": day}
    for name in ("tmin", "tmean", "tmax"):
        around = [ds[name].sel(basin="girnock", time=day + pd.Timedelta(k, "D")) for k in (-1, 1)]
        ds[name].loc[there] = sum(around) / 2
    filled = default_flow(ds, SAMPLE)
    for name in ("prcp", "tmin", "tmean", "tmax"):
        ds[name].loc[there] = np.nan
    np.testing.assert_allclose(default_flow(ds, SAMPLE), filled, rtol=1e-6)


def test_gr4j_says_what_it_lacks() -> None:
    ds = open_dataset("sample", basins=["girnock"])
    with pytest.raises(DataError, match="needs the latitude"):
        default_flow(ds.drop_vars("gauge_lat"), SAMPLE)
    first = np.flatnonzero(ds["prcp"].notnull().all("basin"))[0]
    with pytest.raises(DataError, match="girnock has 365 days of rain"):
        default_flow(ds.isel(time=slice(first, first + 365)), SAMPLE)
    with pytest.raises(DataError, match="girnock has 0 days of rain"):
        default_flow(ds.isel(time=slice(first)), SAMPLE)


def test_skill_is_of_the_test_period() -> None:
    flow = teacher_flow("sample", "gr4j")
    scores = teacher_skill(flow, "sample", "1-year")
    # by hand, for the last basin: 2005-10-01..2007-09-29
    days = slice("2005-10-01", "2007-09-29")
    observed = open_dataset("sample")["streamflow"].sel(basin="girnock", time=days)
    simulated = flow.sel(basin="girnock", time=days)
    error = float(((simulated - observed) ** 2).sum() / ((observed - observed.mean()) ** 2).sum())
    assert scores["nse"][2] == pytest.approx(1 - error, rel=1e-4)
    assert scores["mean_observed"][2] == pytest.approx(float(observed.mean()), rel=1e-5)
    assert scores["days"][2] == 729


def test_unknown_teacher_lists_the_known() -> None:
    with pytest.raises(ConfigError, match="no teacher 'swot'; there are gr4j, swat"):
        teacher_flow("sample", "swot")
    assert set(VERSION) == set(TEACHERS)


def test_a_cell_with_a_teacher_from_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--setting", "1-year", "--option", "process-gr4j", "--members", "1", "--jobs", "1"]
    assert call("run", "sample", *words, "--updates", "2", "--device", "cpu") == 0
    shown = capsys.readouterr().out.splitlines()[1].split()
    assert shown[:4] == ["1-year", "process-gr4j", "1", "3"]
