"""The live page's files: binaries of members, the script of all modules, fitted layers."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hydrotl.book.bundle import joined, modules_of, page_script
from hydrotl.book.live import MAGIC, header, member_bytes, read_member
from hydrotl.experiments.layers import read_layers
from hydrotl_core.errors import ConfigError, WeightsError
from hydrotl_core.weights import load_weights, member_paths
from tests.live_page import STATIC, WEIGHTS


def test_binary_holds_the_parameters_and_what_they_are() -> None:
    path = member_paths(WEIGHTS)[0]
    content = member_bytes(path)
    told, parameters = read_member(content)
    wanted, card = load_weights(path)
    assert parameters.keys() == wanted.keys()
    for name, values in wanted.items():
        np.testing.assert_array_equal(parameters[name], values.numpy())
    assert told["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert told["scaler"] == card.scaler.model_dump()
    assert told["licence"]
    assert "Known weaknesses" in told["card"]
    # Magic, length, header, 4 bytes a number: nothing else.
    numbers = sum(value.numel() for value in wanted.values())
    length = int.from_bytes(content[8:12], "little")
    assert len(content) == len(MAGIC) + 4 + length + 4 * numbers
    assert length % 4 == 0


def test_what_is_no_binary_is_refused() -> None:
    with pytest.raises(ConfigError, match="does not begin with HYDROTL1"):
        read_member(b"something else")


def test_source_with_inputs_that_the_page_cannot_make_is_refused() -> None:
    path = member_paths(WEIGHTS.with_name("conus"))[0]
    with pytest.raises(ConfigError, match=r"the live page cannot make .*srad"):
        header(path)


def write(folder: Path, **modules: str) -> Path:
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text, encoding="utf-8")
    return folder


def test_modules_come_after_those_they_import(tmp_path: Path) -> None:
    write(
        tmp_path,
        a='import { b } from "./b.js";\nimport { c } from "./c.js";\nexport const a = b + c;\n',
        b='import { c } from "./c.js";\nexport const b = c;\n',
        c="export const c = 1;\n",
    )
    assert modules_of(tmp_path, "a.js") == ["c.js", "b.js", "a.js"]


def test_modules_that_import_each_other_are_refused(tmp_path: Path) -> None:
    write(tmp_path, a='import { b } from "./b.js";\n', b='import { a } from "./a.js";\n')
    with pytest.raises(ConfigError, match=r"a\.js -> b\.js -> a\.js"):
        modules_of(tmp_path, "a.js")


def test_import_of_what_is_not_there_is_refused(tmp_path: Path) -> None:
    write(tmp_path, a='import { c } from "./b.js";\n', b="export const b = 1;\n")
    with pytest.raises(ConfigError, match=r"b\.js has no c"):
        joined(tmp_path, "a.js")
    write(tmp_path, a='import { c } from "./d.js";\n')
    with pytest.raises(ConfigError, match=r"no module .*d\.js, which a\.js imports"):
        joined(tmp_path, "a.js")


def test_script_has_every_module_and_no_import_left() -> None:
    script = page_script(STATIC)
    assert "__WORKER__" not in script
    lines = script.splitlines()
    assert not [line for line in lines if line.startswith(("import ", "export "))]
    shared = {"crew", "play", "river", "page", "plots", "files", "checks"}
    assert {name for name in shared if f"module_{name} = " in script} == shared


def layers(path: Path, **changes: Any) -> Path:
    """A file of layers of one member with two units."""
    content = {
        "format": "hydrotl-layers",
        "version": 1,
        "source": {"name": "derived", "members": [{"file": "a", "sha256": "0" * 64}]},
        "option": "readout",
        "penalty": 0.003,
        "river": {"latitude": 46.5, "area": None, "inputs": ["prcp", "tmean"]},
        "fit": ["2001-01-01", "2004-01-01"],
        "attributes": {"clim_prcp": 2.5},
        "layers": [[[0.5, -1.0, 0.25]]],
    }
    path.write_text(json.dumps(content | changes), encoding="utf-8")
    return path


def test_fitted_layers_are_read(tmp_path: Path) -> None:
    found = read_layers(layers(tmp_path / "a.json"))
    np.testing.assert_array_equal(found.of_member(0), [[0.5, -1.0, 0.25]])
    assert found.fit.days == 1095
    assert found.river.area is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "other"}, "no file of fitted layers"),
        ({"version": 2}, "no file of fitted layers"),
        ({"layers": [[[0.5, None, 0.25]]]}, "no file of fitted layers"),
        ({"fit": ["2004-01-01", "2001-01-01"]}, "no file of fitted layers"),
        ({"layers": []}, "not one for each of its 1 members"),
        ({"layers": [[[1.0]], [[1.0, 2.0]]]}, "not one for each of its 1 members"),
        ({"layers": [[[1.0], [2.0]]]}, r"other shapes than \[1, H \+ 1\]"),
    ],
)
def test_damaged_layers_are_refused(tmp_path: Path, changes: Any, message: str) -> None:
    with pytest.raises(WeightsError, match=message):
        read_layers(layers(tmp_path / "a.json", **changes))


def test_layers_of_other_weights_are_refused(tmp_path: Path) -> None:
    path = layers(tmp_path / "a.json")
    with pytest.raises(WeightsError, match="belongs to source derived, but no"):
        read_layers(path, tmp_path / "weights")
    (tmp_path / "a").write_bytes(b"weights")
    with pytest.raises(WeightsError, match="was fitted to another derived/a"):
        read_layers(path, tmp_path)
    digest = hashlib.sha256(b"weights").hexdigest()
    same = {"name": "derived", "members": [{"file": "a", "sha256": digest}]}
    assert read_layers(layers(path, source=same), tmp_path).penalty == 0.003


def test_file_that_is_no_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with pytest.raises(WeightsError, match="no fitted layers at"):
        read_layers(path)
    path.write_bytes(b"\xff\xfe{")
    with pytest.raises(WeightsError, match="no file of fitted layers"):
        read_layers(path)
