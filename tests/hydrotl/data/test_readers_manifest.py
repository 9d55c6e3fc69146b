"""Every manifest entry has a reader that takes its options, and reads the data where they are."""

import pytest

from hydrotl.data.canonical import dynamic_variables
from hydrotl.data.catalog import open_dataset
from hydrotl.data.manifest import Manifest, load_manifest, own_dataset
from hydrotl.data.readers import READERS, load_reader
from hydrotl_core.errors import ConfigError, DataError
from tests.real_data import real

ENTRIES = load_manifest().datasets


def test_every_reader_can_be_found():
    of_folders = {"own"}  # whose entries follow from their region.yaml
    assert {dataset.reader for dataset in ENTRIES.values()} == set(READERS) - of_folders
    for dataset in ENTRIES.values():
        read, _ = load_reader(dataset)
        assert read.__module__ == f"hydrotl.data.readers.{dataset.reader}"
    with pytest.raises(ConfigError, match="no reader 'foo'; use one of generic"):
        load_reader(ENTRIES["sample"].model_copy(update={"reader": "foo"}))


#: Basins and days of the data, counted in the files.
REAL = {
    "camels_us_packed": ("camels_us.nc", 671, 10593),
    "camels_us_nldas": ("native/camels_us/basin_mean_forcing/nldas", 19, 12784),
    "camels_us_maurer": ("native/camels_us/basin_mean_forcing/maurer_extended", 3, 10593),
    "camels_gb_packed": ("camels_gb.nc", 666, 12783),
    "camels_gb": ("native/camels_gb/data", 12, 16436),
    "camels_cl_explorer": ("native/camels_cl", 1, 15096),
    "cl_csv": ("camels_cl", 3, 15341),
    "ind_csv": ("camels_ind", 5, 14976),
    "min_river": ("min_river", 1, 2557),
}


@pytest.mark.parametrize("name", REAL)
def test_real_data_of_the_entry(name):
    path, basins, days = REAL[name]
    real(path)
    ds = open_dataset(name)
    assert (ds.sizes["basin"], ds.sizes["time"]) == (basins, days)
    assert dynamic_variables(ds) == list(ENTRIES[name].variables)
    for variable in dynamic_variables(ds):
        assert ds[variable].attrs["missing_days"] < basins * days
    assert ds.attrs["source"] == name
    assert ds.attrs["licence"] == ENTRIES[name].licence
    roles = ENTRIES[name].attributes
    if roles.area:
        assert (ds[roles.area] > 0).all()
    absent = set(roles.table_s1) | set(roles.uses_flow)
    assert not absent - set(ds.data_vars)


def test_packed_source_has_no_missing_forcing():
    real("camels_us.nc")
    ds = open_dataset("camels_us_packed")
    forcings = ENTRIES["camels_us_packed"].forcings
    assert {ds[name].attrs["missing_days"] for name in forcings} == {0}


def test_screen_of_the_paper_leaves_658_packed_basins():
    real("camels_gb.nc")
    flow = open_dataset("camels_gb_packed", start="2000-01-01", end="2010-01-01")["streamflow"]
    assert flow.sizes["time"] == 3653
    assert int((flow.isnull().mean("time") < 0.2).sum()) == 658


def test_hand_read_row_of_the_min_river():
    real("min_river")
    day = open_dataset("min_river", ["61019"]).sel(basin="61019", time="2016-02-29")
    row = {"prcp": 0.00689, "tmean": -9.92499, "srad": 266.86111, "pet": 1.11687}
    for name, value in (row | {"streamflow": 0.94785}).items():
        assert day[name].item() == pytest.approx(value, rel=1e-6)


def test_absent_data_say_how_to_get_them(tmp_path, monkeypatch):
    monkeypatch.setenv("HYDROTL_DATA", str(tmp_path))
    for name, dataset in ENTRIES.items():
        if dataset.access == "package" or dataset.folder == ".":
            continue
        with pytest.raises(DataError, match=rf"no data of '{name}' in .*HYDROTL_DATA") as caught:
            open_dataset(name)
        if dataset.access == "open":
            assert f"hydrotl fetch {name}" in str(caught.value)
        elif dataset.access_note:
            assert dataset.access_note in str(caught.value)
    with pytest.raises(DataError, match=r"camels_us_attributes\.csv: no such file"):
        open_dataset("camels_us_packed")


def test_unknown_data_set():
    dataset = own_dataset(".", {"prcp": ("prcp", "mm/day")})
    manifest = Manifest(version=1, datasets={"mine": dataset})
    with pytest.raises(ConfigError, match="no data set 'foo' in the manifest; it has mine"):
        open_dataset("foo", manifest=manifest)
