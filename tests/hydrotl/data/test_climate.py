"""Climate indices: published worked examples, another library, hand calculation, real basins."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from hydrotl.config import load_source
from hydrotl.data import climate
from hydrotl.data.basins import basin_facts, basin_frame
from hydrotl.data.catalog import open_dataset
from hydrotl.data.manifest import Attributes
from hydrotl.data.packed import pack_source
from hydrotl_core.errors import DataError
from tests.real_data import real
from tests.synthetic import period, write_project

YEAR = period("2000-01-01", "2001-01-01")


# Allen et al. (1998), FAO Irrigation and Drainage Paper 56: examples 8, 17, 18 and 20.
@pytest.mark.parametrize(
    ("latitude", "day", "published"),
    [(-20.0, 246, 32.2), (13.73, 105, 38.06), (50.80, 187, 41.09), (45.72, 196, 40.55)],
)
def test_radiation_of_the_fao_examples(latitude: float, day: int, published: float) -> None:
    radiation = climate.extraterrestrial_radiation(np.array(latitude), np.array(day))
    assert radiation == pytest.approx(published, abs=0.05 if published == 32.2 else 0.006)


def test_radiation_beyond_the_polar_circle() -> None:
    summer, winter = climate.extraterrestrial_radiation(np.array(80.0), np.array([172, 355]))
    assert winter == 0
    # The sun does not set: 24 h of sin(80 deg) sin(declination), declination 0.4090 rad.
    distance = 1 + 0.033 * np.cos(2 * np.pi * 172 / 365)
    expected = 1440 * 0.0820 * distance * np.sin(np.deg2rad(80)) * np.sin(0.4090)
    assert summer == pytest.approx(expected, rel=1e-3)


def test_impossible_latitude_is_an_error() -> None:
    with pytest.raises(DataError, match="beyond 90 degrees"):
        climate.extraterrestrial_radiation(np.array([40.0, 4000.0]), np.array([1, 1]))


def test_hargreaves_of_lyon_in_july() -> None:
    """FAO-56, example 20's station: 0.0023 x 38.5 x sqrt(11.8) x 40.55 / 2.45 by hand."""
    evaporation = climate.hargreaves_samani(np.array(14.8), np.array(26.6), np.array(40.55))
    assert evaporation == pytest.approx(5.034, abs=2e-3)
    assert climate.hargreaves_samani(np.array(-30.0), np.array(-20.0), np.array(5.0)) == 0


def test_evapotranspiration_as_in_lumod() -> None:
    from lumod.fluxes import pet_models

    days = pd.date_range("2001-01-01", "2001-12-31")
    season = np.sin(2 * np.pi * (days.day_of_year.to_numpy() - 110) / 365)
    tmin, tmax = 2 + 9 * season, 12 + 11 * season
    for latitude in (-33.0, 17.4, 56.8):
        radiation = climate.extraterrestrial_radiation(
            np.array(latitude), days.day_of_year.to_numpy()
        )
        low, high = (pd.Series(values, days) for values in (tmin, tmax))
        theirs = pet_models.pet_hargreaves(low, high, latitude).iloc[:, 0].to_numpy()
        ours = climate.hargreaves_samani(tmin, tmax, radiation)
        np.testing.assert_allclose(ours, np.maximum(theirs, 0), rtol=1e-3, atol=1e-6)
        # lumod has the radiation of Oudin's own program, another approximation of the same sun.
        theirs = pet_models.pet_oudin((low + high) / 2, latitude).to_numpy()
        ours = climate.oudin((tmin + tmax) / 2, radiation)
        assert ours.sum() == pytest.approx(theirs.sum(), rel=0.03)
        np.testing.assert_allclose(ours, theirs, atol=0.15)


def small(**series: Any) -> xr.Dataset:
    """Two basins in the leap year 2000 and a wet January after it; rain 4 in the first 100 days."""
    time = pd.date_range("2000-01-01", periods=397, unit="ns")
    rain = np.where(np.arange(397) < 100, 4.0, 1.0)
    rain[366:] = 500.0
    values = {"prcp": rain, "streamflow": np.full(397, 0.5), **series}
    return xr.Dataset(
        {k: (("basin", "time"), np.tile(np.float32(v), (2, 1))) for k, v in values.items()},
        coords={"basin": ["a", "b"], "time": time},
    )


def test_indices_by_hand() -> None:
    """Rain 400 + 266 mm in the period; the days after it do not count."""
    cold = np.where(np.arange(397) < 100, -3.0, 8.0)
    ds = small(tmin=cold - 2, tmax=cold + 2, pet=np.full(397, 2.0))
    frame, formula = climate.climate_indices(ds, Attributes(), [YEAR] * 2)
    assert formula == "pet of the data"
    assert list(frame.index) == ["a", "b"]
    assert frame["aridity"].tolist() == pytest.approx([2 * 366 / 666] * 2)
    assert frame["snow_fraction"].tolist() == pytest.approx([400 / 666] * 2)
    assert frame["runoff_ratio"].tolist() == pytest.approx([0.5 * 366 / 666] * 2)


def test_a_day_counts_where_both_parts_are_known() -> None:
    ds = small(tmean=np.full(397, -1.0), pet=np.full(397, 2.0))
    ds["pet"][0, :10] = np.nan
    ds["streamflow"][0, :40] = np.nan
    ds["tmean"][1, :20] = np.nan
    frame, _ = climate.climate_indices(ds, Attributes(), [YEAR] * 2)
    assert frame.loc["a", "aridity"] == pytest.approx(2 * 356 / (90 * 4 + 266))
    assert frame["runoff_ratio"].isna().tolist() == [True, False], "326 days are too few"
    assert frame.loc["b", "aridity"] == pytest.approx(2 * 366 / 666)
    assert frame["snow_fraction"].tolist() == [1.0, 1.0]


def test_formula_follows_from_what_is_known() -> None:
    roles = Attributes(latitude="lat")
    warm = np.full(397, 10.0)
    days = np.arange(1, 367)
    radiation = climate.extraterrestrial_radiation(np.array(45.0), days)
    cases: list[tuple[dict[str, Any], str, float]] = [
        ({"tmin": warm - 4, "tmax": warm + 5}, climate.HARGREAVES, 0.0023 * 28.3 * 3),
        ({"tmin": warm, "tmax": warm}, climate.OUDIN, 0.15),
        ({"tmean": warm}, climate.OUDIN, 0.15),
    ]
    for series, formula, daily in cases:
        ds = small(**series).assign(lat=("basin", [45.0, 45.0]))
        frame, named = climate.climate_indices(ds, roles, [YEAR] * 2)
        assert named == formula
        expected = daily * radiation.sum() / 2.45 / 666
        assert frame["aridity"].tolist() == pytest.approx([expected] * 2, rel=1e-6)
    frame, named = climate.climate_indices(small(), roles, [YEAR] * 2)
    assert named == "none"
    assert frame[["aridity", "snow_fraction"]].isna().all(axis=None)


def test_indices_follow_the_published_ones_of_671_basins() -> None:
    """Another formula (Priestley-Taylor), forcing (Daymet) and period were published.

    So the two agree in order and not in value: Hargreaves and Samani give a quarter more
    evapotranspiration in the median.
    """
    real("camels_us.nc")
    ds = open_dataset("camels_us_packed")
    basins = [str(b) for b in ds["basin"].values]
    train = load_source("conus-check").train
    facts = basin_facts("camels_us_packed", basins, [train] * len(basins))
    found = {key: np.array(facts["climate"][key]) for key in ("aridity", "snow_fraction")}
    published = {
        key: ds[name].values
        for key, name in (("aridity", "aridity"), ("snow_fraction", "frac_snow"))
    }
    assert len(facts["locations"]) == 671
    ratio = found["aridity"] / published["aridity"]
    assert 1.1 < np.median(ratio) < 1.35
    assert np.corrcoef(np.log(found["aridity"]), np.log(published["aridity"]))[0, 1] > 0.9
    first, second = (pd.Series(values) for values in (found["aridity"], published["aridity"]))
    assert first.rank().corr(second.rank()) > 0.85
    difference = found["snow_fraction"] - published["snow_fraction"]
    assert np.corrcoef(found["snow_fraction"], published["snow_fraction"])[0, 1] > 0.95
    assert np.median(np.abs(difference)) < 0.05


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = write_project(tmp_path_factory.mktemp("project"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HYDROTL_ROOT", str(root))
        patch.setenv("HYDROTL_DATA", str(root / "data"))
        yield root


def test_facts_of_a_record_are_those_of_the_data(project: Path, tmp_path: Path) -> None:
    facts = basin_facts("donor", ["0003", "0001"], [YEAR] * 2)
    ds = open_dataset("donor", ["0003", "0001"], end="2001-01-01")
    assert facts["locations"] == {}, "the data have no longitude"
    found = facts["climate"]
    assert found["evapotranspiration"] == climate.OUDIN
    assert found["area_km2"] == [round(float(area)) for area in ds["area"].values]
    rain, cold = ds["prcp"].values.astype(float), ds["tmean"].values < 0
    expected = (rain * cold).sum(axis=1) / rain.sum(axis=1)
    assert found["snow_fraction"] == pytest.approx(expected, abs=6e-4)

    pack_source("donor", tmp_path / "donor.nc")
    assert basin_facts("donor", ["0003", "0001"], [YEAR] * 2, tmp_path / "donor.nc") == facts

    record = {"basins": ["0003", "0001"], "nse": [0.5, None], **facts}
    frame = basin_frame(record)
    assert frame["aridity"].tolist() == found["aridity"]
    assert frame["longitude"].isna().all()
    older = basin_frame({"basins": ["x"], "nse": [0.5], "locations": {"x": [-80.0, 40.0]}})
    assert older[["NSE", "longitude", "latitude"]].to_numpy().tolist() == [[0.5, -80.0, 40.0]]
    assert older["aridity"].isna().all()
