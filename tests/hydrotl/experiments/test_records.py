"""Records of results: scores, layout, where they are kept, and the table of basins beside them."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from hydrotl.config import load_region
from hydrotl.data.basins import facts_frame
from hydrotl.data.manifest import load_manifest
from hydrotl.data.regions import region_basins
from hydrotl.experiments.cells import Cell, resolve
from hydrotl.experiments.facts import (
    FACTS,
    basin_frame,
    check_facts,
    facts_path,
    heal_facts,
    read_facts,
    save_facts,
    source_facts,
    write_facts,
)
from hydrotl.experiments.records import (
    cell_path,
    cell_table,
    read_record,
    record_products,
    region_records,
    score_record,
    unscored,
    write_record,
)
from hydrotl.experiments.uncertainty import error_products
from hydrotl_core.errors import ConfigError, DoubtfulData
from tests.project import edit
from tests.synthetic import ROOT, period


def simulation() -> xr.Dataset:
    """Two members, three basins: a good, a constant and an unobserved one."""
    observed = np.array([[1, 2, 3, np.nan], [0.1] * 4, [np.nan] * 4], dtype=np.float32)
    first = np.array([[1, 2, 3, 9], [1, 2, 3, 4], [1, 1, 1, 1]], dtype=np.float32)
    return xr.Dataset(
        {
            "simulated": (("member", "basin", "day"), np.stack([first, first + 1])),
            "observed": (("basin", "day"), observed),
        },
        coords={"basin": ["a", "b", "c"], "member": [0, 1]},
    )


def test_scores_by_hand() -> None:
    record = score_record(simulation())
    assert record["members"] == 2
    assert record["basins"] == ["a", "b", "c"]
    assert record["days_observed"] == [3, 4, 0]
    # Member 0 is perfect (1), member 1 is off by 1 on each of 3 days: 1 - 3/2. The mean
    # discharge is off by a half: 1 - 0.75/2.
    assert record["member_nse"] == {"0": [1.0, None, None], "1": [-0.5, None, None]}
    assert record["nse"] == [0.625, None, None]
    assert record["nse_mean"] == record["nse_median"] == 0.625
    assert record["member_nse_median"] == [1.0, -0.5]
    # Same correlation and spread; mean 2.5 against 2: 1 - 0.25.
    assert record["kge"][0] == pytest.approx(0.75)


def test_error_products_come_back_from_a_record() -> None:
    ds = simulation()
    found, expected = record_products(score_record(ds)), error_products(ds)
    assert found.shape == (3, 2, 2)
    np.testing.assert_allclose(found, expected, atol=5e-7)
    assert np.isnan(found[1:]).all()


def test_a_record_is_strict_json_even_without_any_score(tmp_path: Path) -> None:
    ds = simulation().isel(basin=[1, 2])
    path = tmp_path / "deep" / "r.json"
    write_record(path, {**score_record(ds), "provenance": {}})

    def refuse(constant: str) -> float:
        raise AssertionError(f"{constant} is not JSON")

    record = json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)
    assert record["nse"] == [None, None]
    assert record["nse_mean"] is None
    assert [p.name for p in path.parent.iterdir()] == ["r.json"]
    del record["checksum"]
    assert read_record(path) == record


def test_unreadable_results_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no results at .*r\.json.*hydrotl run"):
        read_record(tmp_path / "r.json")
    (tmp_path / "r.json").write_text("{", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"r\.json is not a results file"):
        read_record(tmp_path / "r.json")


def test_a_record_has_a_line_for_each_key_and_each_inner_list(tmp_path: Path) -> None:
    record: dict[str, Any] = {
        "region": "Señor",
        "scores": [0.1, None, 1e-7],
        "products": [[1.0, None], [], [3]],
        "member_nse": {"0": [1.0], "1": [None]},
        "empty": [],
        "nested": {"a": {"b": [1, 2]}, "c": 1},
        "none": None,
    }
    path = tmp_path / "r.json"
    write_record(path, record)
    assert read_record(path) == record
    # SHA-256 of the record's JSON with sorted keys and no blanks, by Python's hashlib.
    said = json.dumps(record, sort_keys=True, separators=(",", ":"))
    assert path.read_text(encoding="utf-8").splitlines() == [
        "{",
        f'"checksum": "{hashlib.sha256(said.encode()).hexdigest()[:16]}",',
        '"region": "Señor",',
        '"scores": [0.1, null, 1e-07],',
        '"products": [',
        " [1.0, null],",
        " [],",
        " [3]",
        "],",
        '"member_nse": {',
        ' "0": [1.0],',
        ' "1": [null]',
        "},",
        '"empty": [],',
        '"nested": {"a": {"b": [1, 2]}, "c": 1},',
        '"none": null',
        "}",
    ]


@pytest.mark.parametrize(
    "name", ["gb-5/fast-few/1-year_TL-a", "cl/conceptual/1-year_cemaneige-gr4j"]
)
def test_committed_records_have_the_layout_that_is_written(name: str, tmp_path: Path) -> None:
    committed = ROOT / "results" / f"{name}.json"
    write_record(tmp_path / "again.json", read_record(committed))
    assert (tmp_path / "again.json").read_bytes() == committed.read_bytes()


def test_records_of_a_region_that_name_other_basins_are_refused(fresh: Path) -> None:
    paths = []
    for option in ("TL-a", "TL-b", "local"):
        paths.append(cell_path(resolve(Cell("target", "1-year", option))))
        cell = {"region": "target", "setting": "1-year", "option": option, "recipe": "tiny"}
        more: dict[str, Any] = {"source": None, "periods": {}, "provenance": {}}
        write_record(paths[-1], {**score_record(simulation()), **cell, **more})
    assert len(region_records("target", "tiny")) == 3
    record = read_record(paths[1])
    record["basins"] = ["b", "a", "c"]
    write_record(paths[1], record)
    with pytest.raises(ConfigError, match=r"1-year_TL-b\.json names basin b where .* name a: rest"):
        region_records("target", "tiny")


def test_table_and_files_of_a_region(fresh: Path) -> None:
    for option in ("TL-a", "local"):
        path = cell_path(resolve(Cell("target", "1-year", option)))
        cell: dict[str, Any] = {
            "region": "target",
            "setting": "1-year",
            "option": option,
            "recipe": "tiny",
        }
        cell |= {"source": None, "periods": {}, "provenance": {}}
        write_record(path, {**score_record(simulation()), **cell})
    assert (fresh / "results" / "target" / "tiny" / "1-year_local.json").is_file()
    table = cell_table(region_records("target", "tiny"))
    assert table["option"].tolist() == ["TL-a", "local"]
    assert table["basins"].tolist() == [1, 1]  # the other two have no score
    assert len(unscored(region_records("target", "tiny")[0])) == 2
    assert table["median NSE"].tolist() == [0.625, 0.625]
    assert table["mean NSE"].tolist() == [0.625, 0.625]


def test_a_file_for_each_recipe_source_change_and_kind_of_score(own: Path, tmp_path: Path) -> None:
    def kept(cell: Cell, **more: Any) -> str:
        path = cell_path(resolve(cell, **more))
        return path.relative_to(own / "results").as_posix()

    plain = Cell("target", "1-year", "TL-a")
    assert kept(plain) == "target/tiny/1-year_TL-a.json"
    assert kept(plain, validation_days=60) == "target/validation/tiny/1-year_TL-a.json"
    changed = kept(plain, validation_days=60, changes=(("lr", 0.001), ("batch", 2)))
    assert changed == "target/validation/tiny/1-year_TL-a_lr-0.001_batch-2.json"
    for name in ("regions/target", "recipes/classic", "sources/donor"):
        folder, stem = name.split("/")
        path = own / "experiments" / folder / f"{stem}.yaml"
        (tmp_path / f"my-{stem}.yaml").write_bytes(path.read_bytes())
    files = [str(tmp_path / f"my-{stem}.yaml") for stem in ("target", "classic", "donor")]
    of_files = Cell(files[0], "1-year", "TL-a", files[1], files[2])
    assert kept(of_files) == "my-target/my-classic-my-donor/1-year_TL-a.json"


# The table of basins


def table_of(region: str) -> pd.DataFrame:
    """Facts of a region, computed anew from its data."""
    loaded = load_region(region)
    attributes = load_manifest()[loaded.dataset].attributes
    days = [period("2000-01-01", "2000-12-31")] * 2
    return facts_frame(region_basins(loaded), attributes, days)[0]


def test_facts_of_a_region_come_back_as_computed(own: Path) -> None:
    experiment = resolve(Cell("target", "1-year", "local"))
    path = own / "results" / "target" / "basins.csv"
    assert facts_path("target") == path
    write_facts(resolve(experiment.cell, validation_days=60))
    assert not path.exists(), "a trial needs none"
    write_facts(experiment)
    facts, expected = read_facts(path), table_of("target")
    assert list(facts.index) == ["0001", "0002"]
    assert list(facts) == [*FACTS, "evapotranspiration"]
    for name in FACTS:
        values = facts[name].to_numpy(dtype=float)
        np.testing.assert_allclose(values, expected[name].to_numpy(dtype=float), rtol=1e-12)
    assert facts["evapotranspiration"].nunique() == 1
    path.write_text("basin\n", encoding="utf-8")
    write_facts(experiment)
    assert path.read_text(encoding="utf-8") == "basin\n", "a table that is there was replaced"


def test_a_damaged_table_of_basins_is_kept_aside_and_written_again(own: Path) -> None:
    experiment = resolve(Cell("target", "1-year", "local"))
    path = facts_path("target")
    heal_facts(experiment, ["0001", "0002"])
    assert not path.exists(), "no table is left to who writes records"
    write_facts(experiment)
    whole = path.read_bytes()
    heal_facts(experiment, ["0001", "0002"])
    assert [p.name for p in path.parent.iterdir()] == ["basins.csv"]
    for number, damage in enumerate((b"\xff\xfe", bytes(200), whole[: whole.rindex(b"\n0002")])):
        path.write_bytes(damage)
        with pytest.warns(DoubtfulData, match=r"basins\.csv .*: kept as basins\.csv\.damaged"):
            heal_facts(experiment, ["0001", "0002"])
        assert path.read_bytes() == whole
        assert len([*path.parent.iterdir()]) == number + 2


def test_climate_of_the_table_is_that_of_the_longest_setting(own: Path) -> None:
    test = ["2001-03-01", "2001-06-30"]
    short = {"train": ["2000-01-01", "2000-03-01"], "test": test}
    long = {"train": ["2000-01-01", "2000-12-31"], "test": test}
    edit(own / "experiments" / "regions" / "target.yaml", settings={"a": short, "b": long})
    write_facts(resolve(Cell("target", "a", "local")))
    found = read_facts(facts_path("target"))["aridity"].astype(float)
    np.testing.assert_allclose(found, table_of("target")["aridity"].astype(float), rtol=1e-12)


def test_a_variant_uses_the_table_of_its_region(own: Path) -> None:
    regions = own / "experiments" / "regions"
    content = (regions / "target.yaml").read_bytes()
    (regions / "target-weather.yaml").write_bytes(content)
    edit(regions / "target-weather.yaml", variant="no attributes", variant_of="target")
    assert facts_path("target-weather") == own / "results" / "target" / "basins.csv"
    write_facts(resolve(Cell("target", "1-year", "local")))
    record = {"region": "target-weather", "basins": ["0002"], "nse": [0.5]}
    frame = basin_frame(record)
    area = region_basins(load_region("target"))["area"].sel(basin="0002").item()
    assert frame["area_km2"].tolist() == [round(area)], "not in whole km2"
    assert frame["basin"].tolist() == ["0002"]


def test_a_frame_has_a_row_per_basin_whether_its_facts_are_known_or_not(own: Path) -> None:
    record = {"region": "target", "basins": ["0002", "0001", "0009"], "nse": [0.5, None, 1.0]}
    frame = basin_frame(record)
    assert list(frame) == ["basin", "NSE", *FACTS]
    assert frame["NSE"].isna().tolist() == [False, True, False]
    assert frame[list(FACTS)].isna().all(axis=None)
    write_facts(resolve(Cell("target", "1-year", "local")))
    with pytest.warns(DoubtfulData, match=r"basins\.csv has no row of basin 0009, .*restore"):
        frame, expected = basin_frame(record), table_of("target")
    assert frame["basin"].tolist() == ["0002", "0001", "0009"]
    found = frame["aridity"].tolist()
    assert found[:2] == pytest.approx([expected["aridity"]["0002"], expected["aridity"]["0001"]])
    assert np.isnan(found[2])


def test_facts_of_a_source_check_are_found_by_its_record(own: Path) -> None:
    path, train = check_facts("donor"), period("2000-01-01", "2001-01-01")
    assert path == own / "results" / "source" / "donor-basins.csv"
    source_facts("donor", ["0003", "0001"], train, path)
    frame = basin_frame({"source": "donor", "basins": ["0001", "0003"], "nse": [0.1, 0.3]})
    assert frame["aridity"].notna().all()
    assert frame["NSE"].tolist() == [0.1, 0.3]


def test_a_table_with_a_basin_twice_is_damaged(tmp_path: Path) -> None:
    facts = pd.DataFrame({name: [1.5, 1.5] for name in FACTS}, index=["0007", "0007"])
    save_facts(tmp_path / "basins.csv", facts.rename_axis("basin"), "a formula")
    with pytest.raises(ConfigError, match=r"damaged \(a basin is listed twice\): restore it"):
        read_facts(tmp_path / "basins.csv")


def test_basins_keep_their_leading_zeros(tmp_path: Path) -> None:
    facts = pd.DataFrame({name: [1.5, np.nan] for name in FACTS}, index=["0007", "12"])
    save_facts(tmp_path / "basins.csv", facts.rename_axis("basin"), "a formula, with a comma")
    read = read_facts(tmp_path / "basins.csv")
    assert list(read.index) == ["0007", "12"]
    assert read["aridity"].isna().tolist() == [False, True]
    assert read["evapotranspiration"].tolist() == ["a formula, with a comma"] * 2
    assert (tmp_path / "basins.csv").read_bytes().count(b"\r") == 0
