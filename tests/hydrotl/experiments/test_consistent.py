"""Records that are damaged, or say two things, are not believed."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from hydrotl.experiments.consistent import (
    CHECKSUM,
    checksum,
    heal_record,
    load_record,
    parse_record,
)
from hydrotl.experiments.records import read_record
from hydrotl_core.errors import ConfigError, FileError
from tests.synthetic import ROOT

COMMITTED = ROOT / "results" / "gb-5" / "fast-few" / "1-year_TL-a.json"


def committed(**changes: Any) -> str:
    """The record with changes, and the checksum that they have."""
    record = {**json.loads(COMMITTED.read_text(encoding="utf-8")), **changes}
    kept = {key: value for key, value in record.items() if value != "gone"}
    return json.dumps({CHECKSUM: checksum(kept)} | {k: kept[k] for k in kept if k != CHECKSUM})


def test_all_committed_records_are_believed() -> None:
    paths = sorted((ROOT / "results").rglob("*.json"))
    assert len(paths) > 200
    for path in paths:
        said = json.loads(path.read_text(encoding="utf-8"))
        assert read_record(path) == {key: said[key] for key in said if key != "checksum"}


def test_a_record_without_its_checksum_is_refused() -> None:
    for path in (COMMITTED, ROOT / "results" / "beyond" / "1-0-1y.json"):
        said = json.loads(path.read_text(encoding="utf-8"))
        with pytest.raises(ValueError, match="its checksum is gone"):
            parse_record(json.dumps({key: said[key] for key in said if key != CHECKSUM}))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"nse_mean": 0.9}, "nse_mean is 0.9, but the scores give 0.7611"),
        ({"nse_median": None}, "nse_median is None, but the scores give"),
        ({"nse": [0.7611] * 5, "nse_median": 0.7611}, "the NSE of basin .* but its errors give"),
        ({"nse": [0.5] * 4}, "nse has 4 values, not 5"),
        ({"nse": None}, "nse: Input should be a valid list"),
        ({"nse": {"a": 1}}, "nse: Input should be a valid list"),
        ({"nse": [1.5, 0, 0, 0, 0]}, "an NSE is above 1"),
        ({"kge": [1.5, 0, 0, 0, 0]}, "a KGE is above 1"),
        ({"kge": "0.5"}, "kge: Input should be a valid list"),
        ({"kge": [0.5] * 4}, "kge has 4 values, not 5"),
        ({"days_observed": [-1, 1, 1, 1, 1]}, r"days_observed\.0: .*greater than or equal to 0"),
        ({"kge": "gone"}, "kge: Field required"),
        ({"member_nse": None}, "member_nse: Input should be a valid dictionary"),
        ({"days_observed": [0, 1, 1, 1, 1]}, "basin .* has a score of no day"),
        ({"option": "gone"}, "option: Field required"),
        ({"members": 4}, "member_nse has 5 values, not 4"),
        ({"members": 10**12}, "member_nse has 5 values"),
        ({"member_nse_median": [0.1] * 5}, "a member's median NSE is 0.1, but"),
        ({"basins": ["a"] * 5}, "a basin is listed twice"),
        ({"region": "gone"}, "region: Field required"),
        ({"provenance": []}, "provenance: Input should be a valid dictionary"),
    ],
)
def test_a_record_that_contradicts_itself_is_refused(changes: dict[str, Any], said: str) -> None:
    parse_record(committed())
    with pytest.raises(ValueError, match=said):
        parse_record(committed(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"kge": [0.5] * 5},
        {"basins": [*"abcde"]},
        {"days_observed": [1] * 5},
        {"key": "0" * 16},
        {"provenance": {}},
        {"deviations": "gone"},
        {"checksum": None},
    ],
)
def test_what_no_other_number_tells_the_checksum_does(changes: dict[str, Any]) -> None:
    parse_record(committed(**changes))
    said = json.loads(COMMITTED.read_text(encoding="utf-8")) | changes
    text = json.dumps({key: value for key, value in said.items() if value != "gone"})
    with pytest.raises(ValueError, match="not what was written, by its checksum"):
        parse_record(text)


def test_another_layout_is_the_same_record() -> None:
    said = json.loads(COMMITTED.read_text(encoding="utf-8"))
    for text in (json.dumps(said, sort_keys=True), json.dumps(said, indent=4, ensure_ascii=True)):
        assert parse_record(text) == {key: said[key] for key in said if key != "checksum"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Expecting value"),
        ("[]", "it is no mapping"),
        ("null", "it is no mapping"),
        ('{"a": 1, "a": 2}', "the key 'a' occurs twice"),
        ('{"a": NaN}', "NaN is no number"),
        ('{"a": Infinity}', "Infinity is no number"),
        ('{"a": ' + "[" * 100_000, "nested too deep"),
        ('{"a": ' + "9" * 5000 + "}", "Exceeds the limit"),
    ],
)
def test_what_is_no_record_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_record(text)


def test_a_damaged_record_is_named_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_bytes(b'{"a": "\xff"}')
    with pytest.raises(ConfigError, match=r"r\.json is not a results file.*utf-8.*git checkout"):
        load_record(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(FileError, match=r"r\.json cannot be read \(Is a directory"):
        load_record(path)


def test_a_damaged_record_is_set_aside_where_it_is_computed_anyway(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    heal_record(path)
    path.write_text(committed(), encoding="utf-8")
    heal_record(path)
    assert [p.name for p in tmp_path.iterdir()] == ["r.json"]
    record = json.loads(committed())
    heal_record(path, [record["key"]], record["basins"])
    heal_record(path, ["another"], record["basins"][::-1])
    assert [p.name for p in tmp_path.iterdir()] == ["r.json"]
    with pytest.warns(UserWarning, match="names other basins than its data have: kept as"):
        heal_record(path, [record["key"]], record["basins"][::-1])
    (tmp_path / "r.json.damaged").unlink()
    path.write_text(committed()[:-9], encoding="utf-8")
    wanted = f"{re.escape(str(path))} is not a results file, .*: kept as r.json.damaged, and comp"
    with pytest.warns(UserWarning, match=wanted) as caught:
        heal_record(path)
    assert len(str(caught[0].message).splitlines()) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["r.json.damaged"]
