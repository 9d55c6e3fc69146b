"""Nothing of the streamflow that is to be predicted comes in as an input, by whatever door."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from hydrotl.config import load_region, load_source
from hydrotl.data.leaks import cautions
from hydrotl.data.regions import region_basins, region_cautions, region_data, source_inputs
from hydrotl_core.errors import ConfigError, DataError
from tests.project import edit, enter
from tests.synthetic import write_project, write_yaml


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_project(tmp_path)
    enter(monkeypatch, tmp_path)
    return tmp_path


READERS = {
    "target": lambda: region_data(load_region("target")),
    "donor": lambda: source_inputs(load_source("donor")),
}


def add_attribute(root: Path, name: str, dataset: str = "target") -> None:
    """A column of the attribute table, and an input of the region or source of the data set."""
    path = root / "data" / dataset / "attributes.csv"
    table = pd.read_csv(path, dtype={"gauge_id": str})
    table[name] = np.arange(len(table)) + 1.5
    table.to_csv(path, index=False)
    for kind, file in (("regions", "target"), ("sources", "donor")):
        if dataset == file:
            described = root / "experiments" / kind / f"{file}.yaml"
            inputs = yaml.safe_load(described.read_text(encoding="utf-8"))["inputs"]
            edit(described, inputs={**inputs, "static": [*inputs["static"], name]})


def edit_entry(
    root: Path, change: Callable[[dict[str, Any]], object], name: str = "target"
) -> None:
    path = root / "data_manifest.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(content["datasets"]["target"])
    write_yaml(path, content)


@pytest.mark.parametrize("name", ["q_mean", "Q95", "runoff_ratio_x", "MeanFlow", "bfi"])
def test_a_flow_signature_needs_the_switch_in_a_region_of_any_data(name: str, own: Path) -> None:
    add_attribute(own, name)
    with pytest.raises(ConfigError, match=f"Synthetic target: {name} were computed from observed"):
        region_data(load_region("target"))
    edit(own / "experiments" / "regions" / "target.yaml", flow_attributes=True)
    region = load_region("target")
    assert name in region_data(region)
    assert region_cautions(region) == [
        f"Attributes computed from observed flow are allowed as inputs ({name})."
    ]


def test_a_flow_signature_needs_the_switch_in_a_source(own: Path) -> None:
    add_attribute(own, "hfd_mean", "donor")
    with pytest.raises(ConfigError, match="Synthetic donor: hfd_mean were computed from observed"):
        source_inputs(load_source("donor"))
    edit(own / "experiments" / "sources" / "donor.yaml", flow_attributes=True)
    source = load_source("donor")
    assert "hfd_mean" in source_inputs(source)
    assert "hfd_mean" in cautions(source, source.inputs, [])[0]


def test_a_name_that_misleads_is_cleared_in_the_manifest(own: Path) -> None:
    add_attribute(own, "q_soil_class")
    with pytest.raises(ConfigError, match="list it as `not_flow`"):
        region_data(load_region("target"))
    edit_entry(own, lambda entry: entry["attributes"].update(not_flow=["q_soil_class"]))
    assert "q_soil_class" in region_data(load_region("target"))


def test_extra_inputs_of_a_region_are_inputs(own: Path) -> None:
    add_attribute(own, "Q5")
    region = load_region("target")
    extra = region.inputs.model_copy(update={"static": ["Q5"]})
    with pytest.raises(ConfigError, match="Q5 were computed from observed flow"):
        region_data(region, extra)


@pytest.mark.parametrize("kind", ["regions/target", "sources/donor"])
def test_streamflow_is_no_input(kind: str, own: Path) -> None:
    path = own / "experiments" / f"{kind}.yaml"
    inputs = {"dynamic": ["prcp", "streamflow"], "static": []}
    edit(path, inputs=inputs)
    read = READERS[Path(kind).name]
    with pytest.raises(ConfigError, match="streamflow is what is to be predicted"):
        read()
    edit(path, flow_inputs=True)
    assert "streamflow" in read()
    owner = load_region("target") if kind.startswith("regions") else load_source("donor")
    assert cautions(owner, owner.inputs, []) == [
        "Streamflow is allowed among the daily inputs (streamflow)."
    ]


@pytest.mark.parametrize("native", ["streamflow", "Q_obs", "mean_discharge", "runoff"])
def test_a_column_of_flow_is_no_weather(native: str, own: Path) -> None:
    for file in (own / "data" / "target").glob("0*.csv"):
        table = pd.read_csv(file)
        if native not in table:
            table[native] = np.random.default_rng(1).random(len(table))
            table.to_csv(file, index=False)
    variable = {"native": native, "units": "mm/day"}
    edit_entry(own, lambda entry: entry["variables"].update(pet_hargreaves=variable))
    with pytest.raises(DataError, match=f"pet_hargreaves is read from the column '{native}'"):
        region_basins(load_region("target"))
    edit(own / "experiments" / "regions" / "target.yaml", flow_inputs=True)
    assert "pet_hargreaves" in region_basins(load_region("target"))


@pytest.mark.parametrize("dataset", READERS)
def test_a_copy_of_flow_is_found_when_data_are_read(dataset: str, own: Path) -> None:
    file = own / "data" / dataset / "0002.csv"
    table = pd.read_csv(file)
    table["pet"] = (3 * table["streamflow"] + 0.2).ffill().bfill()
    table.to_csv(file, index=False)
    with pytest.raises(DataError, match="pet is streamflow under another name: in basin 0002"):
        READERS[dataset]()


def test_an_attribute_computed_from_flow_is_refused_on_reading(own: Path) -> None:
    table = pd.read_csv(own / "data" / "donor" / "attributes.csv", dtype={"gauge_id": str})
    means = [
        pd.read_csv(own / "data" / "donor" / f"{basin}.csv")["streamflow"].mean()
        for basin in table["gauge_id"]
    ]
    table["area"] = np.round(means, 3)
    table.to_csv(own / "data" / "donor" / "attributes.csv", index=False)
    with pytest.raises(DataError, match="attribute area is computed from observed flow"):
        source_inputs(load_source("donor"))


# Screens, and averages of years that hold test days


def test_a_screen_may_not_look_at_test_days(own: Path) -> None:
    def reach(end: str, **more: Any) -> None:
        edit_entry(own, lambda e: e["screens"]["observed"].update(end=end, **more))

    assert region_cautions(load_region("target")) == []
    reach("2001-01-02")  # one test day
    with pytest.raises(ConfigError, match=r"screen 'observed' counts missing.*give it days of the"):
        region_basins(load_region("target"))
    reach("2001-01-02", of_paper=True)
    assert region_basins(load_region("target")).sizes["basin"] == 2
    assert region_cautions(load_region("target")) == [
        "Basins were chosen by the paper's own screen, which counts missing flow in 2000-01-01 to "
        "before 2001-01-02, test days among them."
    ]


def test_a_screen_may_not_look_at_the_test_days_of_a_single_basin(own: Path) -> None:
    one = {"train": ["2001-01-01", "2001-06-01"], "test": ["2000-03-01", "2000-06-01"]}
    setting = {"train": ["2000-01-01", "2000-12-31"], "test": ["2001-01-01", "2001-06-30"]}
    edit(
        own / "experiments" / "regions" / "target.yaml",
        settings={"mixed": {**setting, "per_basin": {"0001": one}}},
    )
    with pytest.raises(ConfigError, match="test days of 2000-03-01"):
        region_basins(load_region("target"))


def test_published_averages_that_hold_test_days_are_said_of_targets(own: Path) -> None:
    add_attribute(own, "p_mean")
    unknown = region_cautions(load_region("target"))
    assert len(unknown) == 1
    assert "years that the manifest does not state" in unknown[0]
    assert unknown[0].endswith("p_mean.")
    edit_entry(own, lambda e: e["attributes"].update(averaged=["1990-01-01", "2001-01-02"]))
    assert region_cautions(load_region("target")) == [
        "Published averages of 1990-01-01 to before 2001-01-02, test days among them: p_mean."
    ]
    edit_entry(own, lambda e: e["attributes"].update(averaged=["1990-01-01", "2001-01-01"]))
    assert region_cautions(load_region("target")) == []
