"""One file instead of the data folder: the same values, and what is refused."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr
import yaml

from hydrotl.config import load_source
from hydrotl.data.canonical import data_hash
from hydrotl.data.catalog import open_dataset, save_dataset
from hydrotl.data.regions import source_inputs
from hydrotl.experiments.check import check_source
from hydrotl.experiments.run import run_tasks
from hydrotl.experiments.source import shared_data, source_data, source_tasks
from hydrotl_core.errors import ConfigError, DataError
from hydrotl_core.weights import Card, load_weights
from tests.real_data import real
from tests.synthetic import write_project, write_yaml


def enter(root: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("HYDROTL_ROOT", str(root))
    patch.setenv("HYDROTL_DATA", str(root / "data"))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_project(tmp_path_factory.mktemp("project"))


@pytest.fixture
def project(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    enter(root, monkeypatch)
    return root


@pytest.fixture(scope="module")
def packed(root: Path) -> Path:
    path = root / "donor.nc"
    with pytest.MonkeyPatch.context() as patch:
        enter(root, patch)
        save_dataset(source_inputs(load_source("donor")), path)
    return path


@pytest.mark.parametrize("name", ["donor", "donor-classic"])
def test_same_values_and_hash_as_from_the_folder(name: str, project: Path, packed: Path) -> None:
    """The second source is a subset of four basins."""
    source = load_source(name)
    folder, file = source_data(source), source_data(source, packed)
    assert data_hash(file) == data_hash(folder)
    assert list(file.data_vars) == list(folder.data_vars)
    for variable in folder.data_vars:
        assert file[variable].dims == folder[variable].dims
        assert file[variable].dtype == folder[variable].dtype
        np.testing.assert_array_equal(file[variable].values, folder[variable].values)
    assert file.attrs == folder.attrs


def test_the_file_is_compressed_and_holds_no_more_than_needed(packed: Path) -> None:
    with xr.open_dataset(packed) as file:
        # `slope` stands for the latitude in this project.
        assert set(file.data_vars) == {"prcp", "tmean", "pet", "area", "slope", "streamflow"}
        assert file.sizes == {"basin": 8, "time": 640}
        assert file["prcp"].dtype == np.float32
        assert file["prcp"].encoding["zlib"]
        assert file["area"].dtype == np.float64
    assert not list(packed.parent.glob("*.part"))


def test_training_and_check_need_no_data_folder(
    project: Path, packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, card = trained(tmp_path / "plain")
    scores = check_source("donor-classic", tmp_path / "plain")

    monkeypatch.setenv("HYDROTL_DATA", str(tmp_path / "nothing"))
    with pytest.raises(DataError, match="no data of 'donor'"):
        check_source("donor-classic", tmp_path / "plain")
    weights, file_card = trained(tmp_path / "file", packed)
    for name, values in expected.items():
        np.testing.assert_array_equal(weights[name].numpy(), values.numpy())
    assert file_card.provenance["data_hash"] == card.provenance["data_hash"]
    again = check_source("donor-classic", tmp_path / "file", data=packed)
    xr.testing.assert_identical(again, scores)


def trained(folder: Path, data: Path | None = None) -> tuple[dict[str, torch.Tensor], Card]:
    """The first member of a source, trained into ``folder``."""
    tasks = source_tasks("donor-classic", 1, folder=folder, data=data)
    list(run_tasks(tasks, shared_data(["donor-classic"], data)))
    return load_weights(tasks[0].product)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda ds: ds.drop_vars("prcp"), "the data are not those that were saved"),
        (lambda ds: ds.isel(basin=slice(5)), "the data are not those that were saved"),
        (lambda ds: ds.roll(time=1), "the data are not those that were saved"),
        (lambda ds: ds.assign(prcp=-1 - ds["prcp"]), "'prcp' is negative at basin 0001"),
        (lambda ds: ds.drop_vars("basin"), "no dimension 'basin' with a coordinate"),
    ],
)
def test_an_altered_file_is_refused(
    change: Callable[[xr.Dataset], xr.Dataset],
    message: str,
    project: Path,
    packed: Path,
    tmp_path: Path,
) -> None:
    with xr.open_dataset(packed) as file:
        change(file.load()).to_netcdf(tmp_path / "altered.nc", engine="netcdf4")
    with pytest.raises(DataError, match=message):
        open_dataset("donor", file=tmp_path / "altered.nc")


def test_a_file_of_some_basins_is_not_the_data_set(project: Path, tmp_path: Path) -> None:
    """A random subset of them would be another one than of all basins."""
    some = ["0003", "0001"]
    ds = open_dataset("donor")
    save_dataset(ds.sel(basin=some), tmp_path / "cut.nc")
    save_dataset(open_dataset("donor", some), tmp_path / "some.nc")
    for name, whole in (("cut.nc", "8"), ("some.nc", "an unknown number of")):
        with pytest.raises(DataError, match=f"holds 2 of {whole} basins: a subset drawn"):
            open_dataset("donor", file=tmp_path / name)
        chosen = open_dataset("donor", some[::-1], file=tmp_path / name)
        assert data_hash(chosen) == data_hash(ds.sel(basin=some[::-1]))
        with pytest.raises(DataError, match="no basin '0002'"):
            open_dataset("donor", ["0002"], file=tmp_path / name)


def test_a_file_of_another_program(project: Path, tmp_path: Path) -> None:
    """Canonical data without any of our attributes are a data set like any other."""
    ds = open_dataset("donor", start="2000-02-01")
    bare = ds.drop_attrs(deep=False)
    bare.to_netcdf(tmp_path / "bare.nc", engine="netcdf4")
    read = open_dataset("donor", start="2000-02-01", file=tmp_path / "bare.nc")
    assert data_hash(read) == data_hash(ds)
    assert read.attrs["licence"] == ds.attrs["licence"]
    bare.drop_vars("prcp").to_netcdf(tmp_path / "dry.nc", engine="netcdf4")
    with pytest.raises(DataError, match="inputs prcp not in data set donor, which has area"):
        source_inputs(load_source("donor"), tmp_path / "dry.nc")


def test_another_file_is_refused(project: Path, packed: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no data file .*write it with `hydrotl pack"):
        open_dataset("donor", file=tmp_path / "absent.nc")
    half = tmp_path / "half.nc"
    half.write_bytes(packed.read_bytes()[:5000])
    with pytest.raises(DataError, match="not a readable NetCDF file"):
        open_dataset("donor", file=half)
    with pytest.raises(ConfigError, match="holds data set 'donor', 'target' is needed"):
        open_dataset("target", file=packed)


def test_absent_inputs_of_a_source_are_named(project: Path, tmp_path: Path) -> None:
    path = project / "experiments" / "sources" / "donor.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    write_yaml(tmp_path / "snow.yaml", content | {"inputs": {"dynamic": ["prcp", "swe"]}})
    with pytest.raises(DataError, match="swe not in data set donor"):
        source_inputs(load_source(tmp_path / "snow.yaml"))


def test_real_basins(tmp_path: Path) -> None:
    """Three basins of CAMELS-US as published, with the inputs of the shipped source."""
    real("native/camels_us/basin_mean_forcing/maurer_extended")
    content = load_source("conus").model_dump(mode="json") | {"dataset": "camels_us_maurer"}
    write_yaml(tmp_path / "three.yaml", content)
    source = load_source(tmp_path / "three.yaml")
    save_dataset(source_inputs(source), tmp_path / "three.nc")
    assert source_data(source, tmp_path / "three.nc").sizes["basin"] == 3
    assert data_hash(source_data(source, tmp_path / "three.nc")) == data_hash(source_data(source))


def test_attributes_of_the_manifest_stand_in_for_a_table(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = shutil.copytree(root, tmp_path / "project")
    enter(copy, monkeypatch)
    path = copy / "data_manifest.yaml"
    content = yaml.safe_load(path.read_text())
    roles = content["datasets"]["donor"]["attributes"]
    roles |= {"latitude": "degrees", "values": {"degrees": {"0001": -39.3, "0003": 12.0}}}
    write_yaml(path, content)
    ds = open_dataset("donor", basins=["0003", "0001", "0002"])
    assert ds["degrees"].values.tolist()[:2] == [12.0, -39.3]
    assert np.isnan(ds["degrees"].values[2])


def test_places_of_the_chilean_basins() -> None:
    """From the publisher's own table of 5410002: 32.8503 S, 2113.423 km2."""
    real("camels_cl")
    ds = open_dataset("cl_csv").sel(basin="5410002")
    assert ds["gauge_lat"].item() == pytest.approx(-32.8503, abs=0.01)
    assert ds["area"].item() == pytest.approx(2113.423, abs=1)
