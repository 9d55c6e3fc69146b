"""Every way of :mod:`tests.hydrotl.data.own_ways` is read right or named with its remedy."""

import warnings
from pathlib import Path

import numpy as np
import pytest

from hydrotl.data.init import init_folder
from hydrotl.data.own import open_own
from hydrotl.data.own_check import look_own
from hydrotl_core.errors import HydroTLError
from tests.hydrotl.data.own_ways import CANONICAL, DIALECTS, FAULTS, RIVERS, Way, expected, rivers

pytest.importorskip("lumod")


@pytest.mark.parametrize("way", DIALECTS, ids=lambda way: way.title)
def test_dialect_is_read_to_the_clean_values(way: Way, tmp_path: Path) -> None:
    way.plant(tmp_path)
    init_folder(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds = open_own(tmp_path)
    ds = ds.assign_coords(basin=[b.removeprefix("own_") for b in ds["basin"].values])
    assert sorted(ds["basin"].values) == sorted(RIVERS)
    clean = expected()
    for basin, frame in rivers()[0].items():
        for key, name in CANONICAL.items():
            one = ds[name].sel(basin=basin, time=frame.index).values
            wanted = clean[name].sel(basin=basin, time=frame.index).values.copy()
            if key in dict(way.lost):
                wanted[200:210] = np.nan
            np.testing.assert_allclose(one, wanted, rtol=2e-5, atol=2e-5, err_msg=name)
        assert float(ds["area_km2"].sel(basin=basin)) == pytest.approx(
            rivers()[1].loc[basin, "area"]
        )
        assert float(ds["latitude"].sel(basin=basin)) == rivers()[1].loc[basin, "lat"]
    assert not [one for one in look_own(tmp_path)[1] if one.grade == "impossible"]


@pytest.mark.parametrize("way", FAULTS, ids=lambda way: way.title)
def test_fault_is_named_with_its_remedy(way: Way, tmp_path: Path) -> None:
    way.plant(tmp_path)
    said = []
    try:
        init_folder(tmp_path)
        assert way.when == "check", "init should have said it"
        said = [f"{one.text}: {one.remedy}" for one in look_own(tmp_path)[1]]
    except HydroTLError as error:
        said = [str(error)]
        assert way.when == "check" or not (tmp_path / "region.yaml").exists()
    assert any(way.says in one for one in said), said
