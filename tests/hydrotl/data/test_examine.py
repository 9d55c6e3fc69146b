"""Data are held against nature: what cannot be is an error, what rarely is a finding said once."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from hydrotl.data.bounds import bounds_of, likely_unit
from hydrotl.data.canonical import UNITS
from hydrotl.data.evaporation import day_length, saturation_pressure
from hydrotl.data.examine import contradictions, examine, impossible
from hydrotl.data.findings import Finding, findings_frame, refuse, say
from hydrotl.data.lags import rise_after_rain
from hydrotl.data.manifest import Attributes
from hydrotl.data.seasons import yearly_wave
from hydrotl.data.values import longer_than, run_lengths, true_runs, yearly_means
from hydrotl_core.errors import DataError, DoubtfulData

ROLES = Attributes(area="area", latitude="lat", longitude="lon", elevation="height")
DAYS = 1461


def basins(latitude: float = 47.0, n: int = 2, **replaced: np.ndarray | float) -> xr.Dataset:
    """Four years of a plausible mid-latitude climate; ``replaced`` are values of variables."""
    rng = np.random.default_rng(5)
    time = pd.date_range("2001-01-01", periods=DAYS, unit="ns")
    day = time.day_of_year.to_numpy()
    warmth = 9 - np.sign(latitude) * 9 * np.cos(2 * np.pi * (day - 22) / 365.25)
    noise = rng.normal(0, 2, (n, DAYS))
    rain = rng.gamma(0.6, 8.0, (n, DAYS)) * (rng.random((n, DAYS)) < 0.5)
    store, flow = np.full(n, 30.0), np.empty((n, DAYS))
    for k in range(DAYS):
        store = store + 0.45 * rain[:, k]
        flow[:, k] = 0.06 * store + 0.1 * rain[:, k]
        store = store - 0.06 * store
    tmean = warmth + noise
    values = {
        "prcp": rain,
        "tmax": tmean + 5,
        "tmin": tmean - 4,
        "vp": 0.75 * saturation_pressure(tmean),
        "dayl": 3600 * np.broadcast_to(day_length(latitude, day), (n, DAYS)),
        "streamflow": flow,
        **{name: v for name, v in replaced.items() if name in UNITS},
    }
    return xr.Dataset(
        {
            name: (("basin", "time"), np.array(array, np.float32), {"units": UNITS[name]})
            for name, array in values.items()
        }
        | {
            "area": ("basin", np.full(n, float(replaced.get("area", 300.0)))),
            "lat": ("basin", np.full(n, float(replaced.get("lat", latitude)))),
            "lon": ("basin", np.full(n, 8.0)),
            "height": ("basin", np.full(n, float(replaced.get("height", 400.0)))),
        },
        coords={"basin": [f"b{k + 1}" for k in range(n)], "time": time},
    )


def kinds(findings: list[Finding], grade: str) -> set[tuple[str, str]]:
    return {(f.kind, f.variable) for f in findings if f.grade == grade}


@pytest.mark.parametrize("latitude", [47.0, -38.0])
def test_a_plausible_basin_has_no_finding_in_either_hemisphere(latitude: float) -> None:
    assert examine(basins(latitude), ROLES) == []


CLEAN = basins()
TMAX, RAIN, FLOW = (CLEAN[name].values.astype(float) for name in ("tmax", "prcp", "streamflow"))


@pytest.mark.parametrize(
    ("replaced", "variable", "remedy"),
    [
        ({"tmax": TMAX + 273.15}, "tmax", "are they in K?"),
        ({"tmax": TMAX * 1.8 + 32}, "tmax", "are they in degF?"),
        ({"tmax": TMAX * 10}, "tmax", "are they tenths of degC?"),
        ({"tmax": TMAX - 273.15}, "tmax", "are they in degC?"),
        ({"srad": np.full((2, DAYS), 1.2e7)}, "srad", "are they in J/m2/day?"),
        ({"srad": np.full((2, DAYS), 12.0)}, "srad", "are they in MJ/m2/day?"),
        ({"rel_humidity": np.full((2, DAYS), 0.7)}, "rel_humidity", "are they in fraction?"),
        ({"dayl": CLEAN["dayl"].values / 3600}, "dayl", "are they in h?"),
        ({"vp": CLEAN["vp"].values / 100}, "vp", r"hPa, kPa"),
        ({"pet": np.full((2, DAYS), 75.0)}, "pet", "are they in mm/month?"),
        ({"streamflow": FLOW * 100}, "streamflow", "correct `units`"),
        ({"area": 3e8}, "area", "is it in m2?"),
        ({"lat": 4.7e6}, "lat", "decimal degrees"),
        ({"lat": -47.0}, "tmean", "sign of the latitude"),
        ({"height": -9999.0}, "height", "`missing`"),
    ],
)
def test_a_wrong_unit_is_impossible_and_the_remedy_names_the_right_one(
    replaced: dict[str, Any], variable: str, remedy: str
) -> None:
    found = [f for f in examine(basins(**replaced), ROLES) if f.grade == "impossible"]
    assert {f.variable for f in found} == {variable}
    assert {f.basin for f in found} == {"b1", "b2"}
    with pytest.raises(DataError, match=remedy):
        refuse(found, "here")


@pytest.mark.parametrize("code", [-9999.0, -999.0, -99.99, 99.9, 999.0, 1e20, 1e30, 9.96921e36])
def test_a_code_for_missing_among_temperatures_is_impossible_and_located(code: float) -> None:
    tmax = TMAX.copy()
    tmax[1, 3] = code
    (found,) = impossible(basins(tmax=tmax), ROLES)
    assert (found.basin, found.days) == ("b2", 1)
    assert found.day == pd.Timestamp("2001-01-04")
    assert found.value == pytest.approx(code, rel=1e-6)
    assert "`missing`" in found.remedy
    assert "are they" not in found.remedy  # one wrong day is no wrong unit


def edited(values: np.ndarray, edit: Callable[[np.ndarray], None]) -> np.ndarray:
    copy = values.copy()
    edit(copy)
    return copy


def put(row: int, days: slice, value: float) -> Callable[[np.ndarray], None]:
    def edit(values: np.ndarray) -> None:
        values[row, days] = value

    return edit


@pytest.mark.parametrize(
    ("replaced", "kind"),
    [
        ({"prcp": RAIN / 25.4}, ("runoff ratio", "streamflow")),
        ({"streamflow": FLOW / 100}, ("runoff ratio", "streamflow")),
        ({"streamflow": FLOW / 15}, ("water balance", "streamflow")),
        ({"streamflow": np.roll(FLOW, -1, axis=1)}, ("lag", "streamflow")),
        (
            {"streamflow": np.roll(FLOW, 200, axis=1), "tmax": TMAX + 6, "tmin": TMAX - 3},
            ("lag", "streamflow"),
        ),
        ({"streamflow": np.roll(FLOW, 200, axis=1)}, ("lag", "streamflow")),
        ({"streamflow": np.stack([FLOW[0], FLOW[0] * 3])}, ("copy", "streamflow")),
        ({"streamflow": edited(FLOW, put(0, slice(300, 460), 2.5))}, ("flat run", "streamflow")),
        ({"streamflow": edited(FLOW, put(0, slice(300, 360), 0))}, ("no flow", "streamflow")),
        ({"streamflow": edited(FLOW, put(0, slice(300, 301), 200))}, ("flood", "streamflow")),
        ({"prcp": edited(RAIN, put(0, slice(300, 420), 0))}, ("dry spell", "prcp")),
        ({"prcp": edited(RAIN, put(0, slice(300, 330), 3.0))}, ("flat run", "prcp")),
        ({"prcp": edited(RAIN, put(0, slice(300, 301), 999.0))}, ("value", "prcp")),
        ({"tmax": edited(TMAX, put(0, slice(200, 215), 21.0))}, ("flat run", "tmax")),
        ({"tmax": edited(TMAX, put(0, slice(200, 201), 52.0))}, ("step", "tmax")),
        ({"dayl": np.roll(CLEAN["dayl"].values, 90, axis=1)}, ("day length", "dayl")),
        ({"lat": 5.0}, ("season", "tmean")),
        ({"lat": 75.0}, ("mean temperature", "tmean")),
        ({"tmean": TMAX + 2}, ("tmean outside", "tmean")),
        ({"area": 5e6}, ("area", "area")),
    ],
)
def test_what_is_rarely_right_is_doubtful(replaced: dict[str, Any], kind: tuple[str, str]) -> None:
    found = examine(basins(**replaced), ROLES)
    assert kinds(found, "impossible") == set()
    assert kind in kinds(found, "doubtful")


def test_a_dry_river_and_a_glacier_are_doubts_and_no_errors() -> None:
    dry = basins(streamflow=np.zeros((2, DAYS)))
    icy = basins(streamflow=FLOW * 4)
    assert kinds(examine(dry, ROLES), "impossible") == set()
    assert kinds(examine(icy, ROLES), "impossible") == set()
    assert ("runoff ratio", "streamflow") in kinds(examine(icy, ROLES), "doubtful")


def test_flow_of_cold_basins_may_rise_by_melt_in_a_dry_summer() -> None:
    ds = basins()
    month = ds["time"].dt.month
    summer = (month > 4) & (month < 11)
    snow = ds["prcp"].where(~summer, 0.0)
    melt = np.roll(FLOW, 200, axis=1)
    dry = ds.assign(prcp=(ds["prcp"].dims, snow.values, ds["prcp"].attrs))
    dry["streamflow"][:] = np.where(summer, melt, FLOW)
    assert ("lag", "streamflow") not in kinds(examine(dry, ROLES), "doubtful")


def test_a_volume_declared_as_a_depth_is_impossible_where_it_grows_with_the_area() -> None:
    areas = np.array([160.0, 250.0, 400.0, 640.0, 900.0])
    ds = basins(n=5).assign(area=("basin", areas))
    assert kinds(examine(ds, ROLES), "impossible") == set()
    volume = ds["streamflow"].values * areas[:, None] / 86.4  # m3/s
    wrong = ds.copy()
    wrong["streamflow"] = ds["streamflow"].copy(data=volume.astype(np.float32))
    assert ("volume", "streamflow") in kinds(examine(wrong, ROLES), "impossible")
    with pytest.raises(DataError, match=r"streamflow grows with the area .* is it in m3/s"):
        refuse(contradictions(wrong, ROLES), "here")
    icy = ds.copy()  # as much more, but not by the area
    icy["streamflow"] = ds["streamflow"].copy(data=volume[[3, 0, 4, 1, 2]].astype(np.float32))
    assert ("volume", "streamflow") not in kinds(examine(icy, ROLES), "impossible")


def test_a_latitude_that_one_basin_lacks_is_said() -> None:
    ds = basins()
    ds["lat"][1] = np.nan
    found = [f for f in examine(ds, ROLES) if f.kind == "no latitude"]
    assert [(f.grade, f.variable, f.basin) for f in found] == [("doubtful", "lat", "b2")]
    ds["lat"][:] = np.nan
    assert not [f for f in examine(ds, ROLES) if f.kind == "no latitude"], "there are none"


def test_columns_of_rain_and_flow_that_are_swapped_are_noticed() -> None:
    found = contradictions(basins(prcp=FLOW, streamflow=RAIN), ROLES)
    assert ("smoothness", "streamflow") in kinds(found, "doubtful")


def test_a_doubt_is_said_once_with_the_other_basins() -> None:
    found = contradictions(basins(streamflow=FLOW / 100, n=2), ROLES)
    with pytest.warns(DoubtfulData, match=r"here: basin b1 yields .* likewise in b2") as said:
        say(found, "here")
    assert len(said) == len({(f.kind, f.variable) for f in found})


def test_an_error_names_the_place_and_counts_the_others() -> None:
    found = impossible(basins(tmax=TMAX + 273.15), ROLES)
    with pytest.raises(DataError, match=rf"\(x\.csv, line 2\) and {2 * DAYS - 1} more places in 2"):
        refuse(found, "here", lambda finding: "x.csv, line 2")


def test_findings_are_a_table_too() -> None:
    table = findings_frame(examine(basins(tmax=TMAX + 273.15), ROLES))
    assert table["basin"].tolist() == ["b1", "b2"]
    assert table["days"].tolist() == [DAYS, DAYS]
    assert findings_frame([]).empty


@pytest.mark.filterwarnings("error")
def test_missing_values_are_no_findings_and_no_warnings() -> None:
    ds = basins()
    for name in ("prcp", "tmax", "tmin", "vp", "dayl", "streamflow"):
        ds[name][0, 200:260] = np.nan
        ds[name][1] = np.nan
    assert examine(ds, ROLES) == []


def test_a_code_in_an_attribute_is_doubtful_where_its_other_values_are_far() -> None:
    ds = basins().assign(
        forest=("basin", [30.0, -999.9]), lowest=("basin", [-99.9, -3.0]), rock=("basin", ["a", ""])
    )
    found = [f for f in examine(ds, ROLES) if f.kind == "code"]
    assert [(f.variable, f.basin, f.value) for f in found] == [("forest", "b2", -999.9)]


def test_shares_are_checked_in_their_own_unit() -> None:
    ds = basins().assign(trees=("basin", [30.0, 55.0]), pines=("basin", [20.0, 55.0]))
    of = {"native": "trees + pines", "units": "%"}
    (found,) = examine(ds, Attributes.model_validate({"forest": of}))
    assert (found.grade, found.basin, found.value) == ("impossible", "b2", pytest.approx(1.1))
    fraction = {"native": "trees", "units": "fraction"}
    found = examine(ds, Attributes.model_validate({"forest": fraction}))[0]
    assert "is it in %?" in found.remedy


def test_every_canonical_variable_has_bounds_that_nest() -> None:
    for name in UNITS:
        bounds = bounds_of(name)
        for wide, narrow in (
            (bounds.possible, bounds.usual),
            (bounds.mean, bounds.usual_mean),
            (bounds.possible, bounds.mean),
        ):
            assert wide[0] <= narrow[0] < narrow[1] <= wide[1], name


def test_records_of_the_world_are_possible() -> None:
    for name, record in (("tmax", 56.7), ("tmin", -89.2), ("prcp", 1825.0), ("vp", 5628.0)):
        low, high = bounds_of(name).possible
        assert np.float32(low) <= np.float32(record) <= np.float32(high)


def test_a_unit_is_not_guessed_from_values_that_it_would_make_impossible() -> None:
    assert likely_unit("tmax", np.array([280.0, 300.0])) == "K"
    assert likely_unit("tmax", np.array([280.0, 300.0, 9999.0])) is None
    assert likely_unit("streamflow", np.array([1000.0])) is None


@pytest.mark.parametrize("lag", [-2, 0, 3])
def test_the_lag_correlation_is_numpys_on_the_days_with_both(lag: int) -> None:
    rng = np.random.default_rng(1)
    rain = rng.gamma(0.5, 4, 700)
    flow = np.roll(np.convolve(rain, np.exp(-np.arange(9) / 3))[:700], lag)
    rain[rng.random(700) < 0.05] = np.nan
    flow[rng.random(700) < 0.05] = np.nan
    found = rise_after_rain(rain, flow)
    rise = np.sqrt(np.maximum(np.diff(flow, prepend=np.nan), 0))
    end = np.flatnonzero(np.isfinite(flow))[-1] + 1
    for position, shift in enumerate(range(-3, 8)):
        pairs = [(t - shift, t) for t in range(end) if 0 <= t - shift < end]
        before, after = (np.array(days) for days in zip(*pairs, strict=True))
        a, b = np.sqrt(rain[before]), rise[after]
        both = np.isfinite(a) & np.isfinite(b)
        assert found[position] == pytest.approx(np.corrcoef(a[both], b[both])[0, 1], abs=1e-9)
    assert np.argmax(found) - 3 == lag
    farther = rise_after_rain(rain, flow, -10)
    np.testing.assert_allclose(farther[7:], found, rtol=0, atol=1e-12)


def test_runs_are_counted_by_hand() -> None:
    values = np.array([1, 1, 1, 2, 3, 3])
    same = values[1:] == values[:-1]
    lengths, ends = run_lengths(same)
    assert lengths.tolist() == [3, 1, 2]
    assert ends.tolist() == [2, 3, 5]
    assert [bool(longer_than(same[None], days)[0]) for days in (1, 2, 3, 9)] == [
        *(True, True, False, False)
    ]
    found = true_runs(np.array([0, 1, 1, 0, 1], bool))
    assert [part.tolist() for part in found] == [[2, 1], [3, 5]]


def test_the_mean_needs_a_year_of_known_days() -> None:
    values = np.full((2, 400), 2.0, np.float32)
    values[0, :30] = np.nan
    values[1, :40] = np.nan
    np.testing.assert_array_equal(yearly_means(values), [2.0, np.nan])


def test_the_yearly_wave_is_found_with_and_without_gaps() -> None:
    time = pd.date_range("2001-01-01", periods=1461).values
    day = pd.DatetimeIndex(time).day_of_year.to_numpy()
    series = 8 + 7 * np.cos(2 * np.pi * (day - 205) / 365.25)
    gappy = series.copy()
    gappy[400:500] = np.nan
    amplitude, peak = yearly_wave(np.stack([series, gappy]), time)
    np.testing.assert_allclose(amplitude, 7, rtol=1e-6)
    np.testing.assert_allclose(peak, 205, rtol=1e-6)


def test_short_records_are_examined_without_a_word() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert examine(basins().isel(time=slice(0, 5)), ROLES) == []
