"""Records of results and where they come from."""

import json
import math
import subprocess
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import hydrotl_core
from hydrotl.data.canonical import data_hash
from hydrotl.experiments.provenance import code_version, provenance
from hydrotl.experiments.records import (
    cell_path,
    cell_table,
    read_result,
    region_records,
    score_record,
    write_result,
)
from hydrotl_core.errors import ConfigError
from tests.synthetic import canonical


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


def test_a_record_is_strict_json_even_without_any_score(tmp_path: Path) -> None:
    ds = simulation().isel(basin=[1, 2])
    path = tmp_path / "deep" / "r.json"
    write_result(path, score_record(ds))

    def refuse(constant: str) -> float:
        raise AssertionError(f"{constant} is not JSON")

    record = json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)
    assert record["nse"] == [None, None]
    assert record["nse_mean"] is None
    assert [p.name for p in path.parent.iterdir()] == ["r.json"]
    assert read_result(path) == record


def test_unreadable_results_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no results at .*r\.json.*hydrotl run"):
        read_result(tmp_path / "r.json")
    (tmp_path / "r.json").write_text("{", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"r\.json is not a results file"):
        read_result(tmp_path / "r.json")


def test_table_and_files_of_a_region(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data_manifest.yaml").write_text("version: 1\n", encoding="utf-8")
    monkeypatch.setenv("HYDROTL_ROOT", str(tmp_path))
    for setting, option in (("5-year", "TL-a"), ("1-year", "local")):
        record = {
            **score_record(simulation()),
            "region": "here",
            "setting": setting,
            "option": option,
        }
        write_result(cell_path("here", setting, option, "fast"), record)
    assert (tmp_path / "results" / "here" / "fast" / "1-year_local.json").is_file()
    records = region_records("here", "fast")
    table = cell_table(records)
    assert table["option"].tolist() == ["local", "TL-a"]
    assert table["basins"].tolist() == [3, 3]
    assert table["median NSE"].tolist() == [0.625, 0.625]
    assert table["mean NSE"].tolist() == [0.625, 0.625]


def test_hash_tells_every_change_of_the_data() -> None:
    base = data_hash(canonical())
    assert base == data_hash(canonical())
    assert len(base) == 16
    flow, area, soil, moved = canonical(), canonical(), canonical(), canonical(start="2000-01-02")
    flow["streamflow"][1, 5] = 77
    area["area"][0] += 1e-9
    soil["soil"] = ("basin", np.array(["clay", "sand", "peat"]))
    others = [flow, area, soil, moved, canonical().isel(basin=[1, 0, 2])]
    hashes = {data_hash(ds) for ds in others}
    assert len(hashes) == len(others)
    assert base not in hashes


def test_hash_does_not_depend_on_how_text_is_stored() -> None:
    hashes = set()
    for kind in ("U4", object, np.dtypes.StringDType()):
        ds = canonical()
        ds["soil"] = ("basin", np.array(["clay", "sand", "loam"], dtype=kind))
        hashes.add(data_hash(ds))
    assert len(hashes) == 1


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    command = ["git", "-C", str(folder), *identity, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_code_version_names_the_commit_and_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYDROTL_ROOT", str(tmp_path))
    (tmp_path / "data_manifest.yaml").write_text("version: 1\n", encoding="utf-8")
    assert code_version() == hydrotl_core.__version__
    source = tmp_path / "hydrotl_core" / "a.py"
    source.parent.mkdir()
    source.write_text("a = 1\n", encoding="utf-8")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    commit = git(tmp_path, "rev-parse", "HEAD")[:12]
    assert code_version() == f"{hydrotl_core.__version__} {commit}"
    (tmp_path / "data_manifest.yaml").write_text("version: 2\n", encoding="utf-8")
    assert code_version().endswith(commit), "only code counts"
    source.write_text("a = 2\n", encoding="utf-8")
    assert code_version() == f"{hydrotl_core.__version__} {commit}+"


def test_provenance_is_json_and_complete() -> None:
    record = json.loads(json.dumps(provenance("cpu", 12.345, data_hash="abc")))
    assert set(record) == {"code", "date", "device", "machine", "seconds", "data_hash"}
    assert record["device"] == "cpu"
    assert math.isclose(record["seconds"], 12.3)


def test_a_cell_of_paths_is_kept_under_their_names() -> None:
    path = cell_path("/a/here.yaml", "1-year", "TL-a", "/b/slow.yaml", source="/c/there.yaml")
    assert path.parts[-3:] == ("here", "slow-there", "1-year_TL-a.json")
