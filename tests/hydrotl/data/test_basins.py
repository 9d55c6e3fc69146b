"""Climate indices: hand calculation, and the published ones of real basins."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from hydrotl.config import load_source
from hydrotl.data.basins import climate_indices, facts_frame
from hydrotl.data.catalog import open_dataset, save_dataset
from hydrotl.data.evaporation import HARGREAVES, OUDIN, extraterrestrial_radiation, oudin
from hydrotl.data.manifest import Attributes, load_manifest
from hydrotl.data.regions import source_inputs
from hydrotl_core.errors import DataError
from tests.real_data import real
from tests.synthetic import period

YEAR = period("2000-01-01", "2001-01-01")


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
    frame, formula = climate_indices(ds, Attributes(), [YEAR] * 2)
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
    frame, _ = climate_indices(ds, Attributes(), [YEAR] * 2)
    assert frame.loc["a", "aridity"] == pytest.approx(2 * 356 / (90 * 4 + 266))
    assert frame["runoff_ratio"].isna().tolist() == [True, False], "326 days are too few"
    assert frame.loc["b", "aridity"] == pytest.approx(2 * 366 / 666)
    assert frame["snow_fraction"].tolist() == [1.0, 1.0]


def test_formula_follows_from_what_is_known() -> None:
    roles = Attributes(latitude="lat")
    warm = np.full(397, 10.0)
    days = np.arange(1, 367)
    radiation = extraterrestrial_radiation(45.0, days)
    by_hargreaves = 0.0023 * 28.3 * 3 * radiation.sum() / 2.45
    by_oudin = oudin(10.0, days, 45.0).sum()
    cases: list[tuple[dict[str, Any], str, float]] = [
        ({"tmin": warm - 4, "tmax": warm + 5}, HARGREAVES, by_hargreaves),
        ({"tmin": warm, "tmax": warm}, OUDIN, by_oudin),
        ({"tmean": warm}, OUDIN, by_oudin),
    ]
    for series, formula, total in cases:
        ds = small(**series).assign(lat=("basin", [45.0, 45.0]))
        frame, named = climate_indices(ds, roles, [YEAR] * 2)
        assert named == formula
        assert frame["aridity"].tolist() == pytest.approx([total / 666] * 2, rel=1e-6)
    frame, named = climate_indices(small(), roles, [YEAR] * 2)
    assert named == "none"
    assert frame[["aridity", "snow_fraction"]].isna().all(axis=None)


def test_indices_follow_the_published_ones_of_671_basins() -> None:
    """Another formula (Priestley-Taylor), forcing (Daymet) and period were published.

    So the two agree in order and not in value: Hargreaves and Samani give a quarter more
    evapotranspiration in the median.
    """
    real("camels_us.nc")
    ds = open_dataset("camels_us_packed")
    roles, train = load_manifest()["camels_us_packed"].attributes, load_source("conus-check").train
    found = facts_frame(ds, roles, [train] * ds.sizes["basin"])[0].reset_index()
    published = {
        key: ds[name].values
        for key, name in (("aridity", "aridity"), ("snow_fraction", "frac_snow"))
    }
    assert found[["longitude", "latitude"]].notna().all(axis=None)
    ratio = found["aridity"] / published["aridity"]
    assert 1.1 < np.median(ratio) < 1.35
    assert np.corrcoef(np.log(found["aridity"]), np.log(published["aridity"]))[0, 1] > 0.9
    first, second = (pd.Series(values) for values in (found["aridity"], published["aridity"]))
    assert first.rank().corr(second.rank()) > 0.85
    difference = found["snow_fraction"] - published["snow_fraction"]
    assert np.corrcoef(found["snow_fraction"], published["snow_fraction"])[0, 1] > 0.95
    assert np.median(np.abs(difference)) < 0.05


def test_facts_are_those_of_the_data(project: Path, tmp_path: Path) -> None:
    roles = load_manifest()["donor"].attributes
    ds = open_dataset("donor", ["0003", "0001"], end="2001-01-01")
    found, formula = facts_frame(ds, roles, [YEAR] * 2)
    assert formula == OUDIN
    assert list(found.index) == ["0003", "0001"]
    assert found["longitude"].isna().all(), "the data have no longitude"
    assert found["area_km2"].tolist() == [round(float(area)) for area in ds["area"].values]
    rain, cold = ds["prcp"].values.astype(float), ds["tmean"].values < 0
    expected = (rain * cold).sum(axis=1) / rain.sum(axis=1)
    assert found["snow_fraction"].tolist() == pytest.approx(expected, abs=6e-4)

    save_dataset(source_inputs(load_source("donor")), tmp_path / "donor.nc")
    again = open_dataset("donor", ["0003", "0001"], file=tmp_path / "donor.nc")
    pd.testing.assert_frame_equal(facts_frame(again, roles, [YEAR] * 2)[0], found)

    frame, formula = facts_frame(ds, Attributes(area="area"), [YEAR] * 2)
    assert formula == "pet of the data"
    assert frame["snow_fraction"].tolist() == found["snow_fraction"].tolist()
    assert frame[["longitude", "latitude"]].isna().all(axis=None)


def test_a_climate_without_rain_is_a_clear_error() -> None:
    with pytest.raises(DataError, match="climate needs prcp not in data set"):
        climate_indices(small().drop_vars("prcp"), Attributes(), [YEAR] * 2)
