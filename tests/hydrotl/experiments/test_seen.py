"""Basins that a source was trained on are no targets of it, unless the record says so."""

from pathlib import Path

import pytest
import xarray as xr
import yaml

from hydrotl.data.manifest import Attributes
from hydrotl.data.places import with_places
from hydrotl.experiments.cells import Cell, resolve
from hydrotl.experiments.planner import Planner
from hydrotl.experiments.records import read_record
from hydrotl.experiments.seen import Seen, Trained, seen_basins, told, trained_basins
from hydrotl.experiments.source import source_folder
from hydrotl.experiments.sweep import run_sweep
from hydrotl_core.errors import ConfigError
from hydrotl_core.weights import load_weights, member_paths, save_weights
from tests.project import enter
from tests.synthetic import ROOT, canonical, write_yaml


def placed(source: str, latitude: list[float], longitude: list[float]) -> xr.Dataset:
    ds = canonical().assign(lat=("basin", latitude), lon=("basin", longitude))
    return with_places(ds.assign_attrs(source=source), Attributes(latitude="lat", longitude="lon"))


NOWHERE = [float("nan")] * 3


def test_the_same_id_of_the_same_data_is_the_same_basin() -> None:
    trained = Trained("us", {"0002": None, "0007": None})
    assert seen_basins(placed("us", NOWHERE, NOWHERE), trained) == Seen({"0002": "0002"})
    others = seen_basins(placed("own", NOWHERE, NOWHERE), trained)
    assert others == Seen({}, doubtful=("0002",))
    assert "0002: ids of basins that source us was trained on" in told("us", others)[0]


def test_another_id_at_the_same_place_is_the_same_basin() -> None:
    trained = Trained("us", {"0002": (10.0, 20.0), "0007": (47.24, -68.58)})
    target = placed("own", [47.237, 30.0, 31.0], [-68.583, 40.0, 41.0])
    # 0002 is elsewhere, so its id is a coincidence.
    assert seen_basins(target, trained) == Seen({"0001": "0007"})
    assert told("us", seen_basins(target, trained)) == ["Source us was itself trained on 0001."]


def test_what_is_not_known_is_said() -> None:
    seen = seen_basins(placed("own", NOWHERE, NOWHERE), Trained("us", None))
    assert not seen.known
    assert "not known here which basins source us was trained on" in told("us", seen)[0]


def test_new_weights_say_what_they_were_trained_on(shared: Path) -> None:
    trained = trained_basins(member_paths(source_folder("donor"))[0])
    assert trained.dataset == "donor"
    assert list(trained.places or {}) == [f"000{k}" for k in range(1, 9)]


@pytest.mark.parametrize(
    ("name", "count"), [("conus", 671), ("conus-10", 10), ("conus-300", 300), ("derived", 671)]
)
def test_basins_of_the_weights_that_come_with_the_project_are_known(
    name: str, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(monkeypatch, ROOT)
    places = trained_basins(member_paths(source_folder(name))[0]).places
    assert places is not None
    assert len(places) == count
    # The first of the nested random order; some weights hold places to two digits.
    assert places["14362250"] == pytest.approx((42.154, -123.0753), abs=0.005)


def region_of_the_donor(root: Path, **more: object) -> None:
    """A region of two basins that the source was trained on, and one new setting of them."""
    content = yaml.safe_load((root / "experiments" / "regions" / "target.yaml").read_text())
    content |= {"dataset": "donor", "basins": {"ids": ["0003", "0005"]}, **more}
    write_yaml(root / "experiments" / "regions" / "home.yaml", content)


def test_a_transfer_to_basins_of_the_source_is_refused(own: Path) -> None:
    region_of_the_donor(own)
    with pytest.raises(ConfigError, match=r"donor was itself trained on 0003, 0005.*seen_basins"):
        Planner().work(resolve(Cell("home", "1-year", "TL-b")), 1)
    Planner().work(resolve(Cell("home", "1-year", "local")), 1)  # starts from no source


def test_a_transfer_to_basins_of_the_source_is_said_in_the_record(own: Path) -> None:
    region_of_the_donor(own, seen_basins=True)
    planner = Planner()
    work = [planner.work(resolve(Cell("home", "1-year", "TL-b")), 1)]
    (path,) = run_sweep(work, planner)
    assert "Source donor was itself trained on 0003, 0005." in read_record(path)["cautions"]


def test_records_of_other_basins_say_that_ids_are_alike(own: Path) -> None:
    planner = Planner()
    work = [
        planner.work(resolve(Cell("target", "1-year", option)), 1) for option in ("TL-a", "local")
    ]
    transferred, local = (read_record(path)["cautions"] for path in run_sweep(work, planner))
    assert local == []
    assert len(transferred) == 1
    assert transferred[0].startswith("0001, 0002: ids of basins that source donor was trained on")


def test_old_weights_without_a_check_are_unknown(own: Path) -> None:
    for path in member_paths(source_folder("donor")):
        parameters, card = load_weights(path)
        card.provenance.pop("trained_on")
        save_weights(path, parameters, card)
    planner = Planner()
    (path,) = run_sweep([planner.work(resolve(Cell("target", "1-year", "TL-a")), 1)], planner)
    assert "not known here which basins source donor" in read_record(path)["cautions"][0]
