"""Regions: which basins, which inputs, which periods."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from hydrotl.config import Basins, load_region
from hydrotl.data.catalog import open_dataset
from hydrotl.data.regions import hold_out, region_data, select_basins
from hydrotl_core.errors import ConfigError, DataError, DoubtfulData
from tests.project import edit, enter
from tests.synthetic import period, write_project, write_yaml


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project that no test changes."""
    root = write_project(tmp_path_factory.mktemp("project"))
    with pytest.MonkeyPatch.context() as patch:
        enter(patch, root)
        yield root


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One to change at will."""
    write_project(tmp_path)
    enter(monkeypatch, tmp_path)
    return tmp_path


def chosen(**choice: Any) -> list[str]:
    ds = select_basins(open_dataset("target"), Basins.model_validate(choice), "target")
    return [str(b) for b in ds["basin"].values]


def test_choosing_basins(shared: Path) -> None:
    assert chosen() == ["0001", "0002", "0003"]
    # Basin 0003 lacks 100 of the screen's 366 days of flow, more than its 20 %.
    with pytest.warns(DoubtfulData, match="screen 'observed' leaves out basin 0003, where too li"):
        assert chosen(screen="observed") == ["0001", "0002"]
    assert chosen(ids=["0003", "0001"]) == ["0001", "0003"]
    assert chosen(exclude=["0002"]) == ["0001", "0003"]
    assert chosen(ids=["0001", "0002"], exclude=["0001"]) == ["0002"]
    slope = open_dataset("target")["slope"].values  # stands in for the latitude
    middle = float(np.sort(slope)[1])
    expected = [f"000{k + 1}" for k in range(3) if slope[k] >= middle]
    assert chosen(latitude=[middle, 90]) == expected


def test_impossible_choices_of_basins_are_named(shared: Path) -> None:
    with pytest.raises(ConfigError, match="basins 0009, 7 are not in data set target"):
        chosen(ids=["0001", "0009"], exclude=["7"])
    with pytest.raises(ConfigError, match="no screen 'strict'; it has observed"):
        chosen(screen="strict")
    with pytest.raises(ConfigError, match="names no attribute for the longitude"):
        chosen(longitude=[0, 1])
    with pytest.raises(ConfigError, match="leaves none of data set target"):
        chosen(latitude=[-5, -4])


def test_a_screen_counts_days_outside_the_record_as_missing(own: Path) -> None:
    manifest = own / "data_manifest.yaml"
    content = yaml.safe_load(manifest.read_text(encoding="utf-8"))
    content["datasets"]["target"]["screens"]["observed"]["end"] = "2003-01-01"
    write_yaml(manifest, content)
    with pytest.raises(ConfigError, match=r"leaves none .* in no basin is streamflow observed"):
        chosen(screen="observed")


def test_a_period_of_its_own_for_no_basin(own: Path) -> None:
    days = {"train": ["2000-01-01", "2000-12-31"], "test": ["2001-01-01", "2001-06-30"]}
    setting = {**days, "per_basin": {"002": days}}
    edit(own / "experiments" / "regions" / "target.yaml", settings={"mixed": setting})
    with pytest.raises(ConfigError, match="per_basin names 002, not in data set target"):
        region_data(load_region("target"))


def test_attributes_computed_from_flow_need_permission(own: Path) -> None:
    manifest = yaml.safe_load((own / "data_manifest.yaml").read_text(encoding="utf-8"))
    manifest["datasets"]["target"]["attributes"]["uses_flow"] = ["slope"]
    write_yaml(own / "data_manifest.yaml", manifest)
    region = load_region("target")
    assert "slope" in region.inputs.static
    with pytest.raises(ConfigError, match="slope were computed from observed flow"):
        region_data(region)
    assert "slope" in region_data(region.model_copy(update={"flow_attributes": True}))


def test_a_code_for_missing_is_no_value_of_an_input(own: Path) -> None:
    table = own / "data" / "target" / "attributes.csv"
    lines = table.read_text().splitlines()
    first = lines[1].split(",")
    lines[1] = ",".join(["-9999" if k == 1 else field for k, field in enumerate(first)])
    name = lines[0].split(",")[1]
    manifest = yaml.safe_load((own / "data_manifest.yaml").read_text())
    manifest["datasets"]["target"]["attributes"]["area"] = None
    write_yaml(own / "data_manifest.yaml", manifest)
    table.write_text("\n".join(lines) + "\n")
    with (
        pytest.warns(UserWarning, match="-9999"),
        pytest.raises(DataError, match=rf"attribute '{name}' of basin 0001 is -9999.*`missing`"),
    ):
        region_data(load_region("target"))


def test_hold_out_by_hand() -> None:
    periods = [period("2000-01-01", "2001-01-01"), period("2003-01-01", "2003-03-02")]
    first, last = hold_out(periods, 30)
    assert [str(p.end) for p in first] == ["2000-12-02", "2003-01-31"]
    assert [(str(p.start), p.days) for p in last] == [("2000-12-02", 30), ("2003-01-31", 30)]
    with pytest.raises(ConfigError, match="validation of 60 days leaves no training day"):
        hold_out(periods, 60)


def test_ids_in_another_spelling_choose_the_same_basins(shared: Path) -> None:
    full_width = "\N{FULLWIDTH DIGIT ZERO}001"
    assert chosen(ids=[full_width, "0002\N{NO-BREAK SPACE}"]) == ["0001", "0002"]
    assert chosen(exclude=["\N{ZERO WIDTH SPACE}0001"]) == ["0002", "0003"]
    with pytest.raises(ConfigError, match=r"basins 3 are not in .*did you mean '0003'"):
        chosen(ids=["3"])


@pytest.mark.parametrize("name", ["prcp_chirps", "prcp_mswep", "prcp_tmpa"])
def test_rain_under_the_name_of_a_second_product_is_refused_before_training(
    own: Path, name: str
) -> None:
    # Climate, GR4J and the paper's scaling take prcp: they would fail after hours of training.
    manifest = yaml.safe_load((own / "data_manifest.yaml").read_text(encoding="utf-8"))
    variables = manifest["datasets"]["target"]["variables"]
    variables[name] = variables.pop("prcp")
    write_yaml(own / "data_manifest.yaml", manifest)
    with pytest.raises(ConfigError, match=f"no precipitation .*, only {name}: name the product"):
        region_data(load_region("target"))


def test_codes_of_digits_that_differ_in_every_basin_are_no_input(own: Path) -> None:
    # Heights of 850, 900 and 1100 m with zeros in front look like codes.
    table = next((own / "data" / "target").glob("*attributes*.csv"))
    rows = table.read_text(encoding="utf-8").splitlines()
    heights = ["height", "0850", "0900", "1100"]
    lines = [f"{row},{text}" for row, text in zip(rows, heights, strict=True)]
    table.write_text("\n".join([*lines, ""]), encoding="utf-8")
    region = load_region("target").model_copy(update={"basins": Basins()})
    inputs = region.inputs.model_copy(update={"static": ["height"]})
    with pytest.raises(ConfigError, match=r"input height holds codes \(0850, 0900, 1100"):
        region_data(region, inputs)


def test_a_column_may_not_have_the_name_of_an_index_of_climate(own: Path) -> None:
    table = own / "data" / "target" / "attributes.csv"
    rows = table.read_text(encoding="utf-8").splitlines()
    lines = [f"{row},{text}" for row, text in zip(rows, ["clim_prcp", 1, 2, 3], strict=True)]
    table.write_text("\n".join([*lines, ""]), encoding="utf-8")
    region = load_region("target")
    inputs = region.inputs.model_copy(update={"static": ["clim_prcp"]})
    with pytest.raises(ConfigError, match=r"target has a column clim_prcp.*rename the column"):
        region_data(region, inputs)
