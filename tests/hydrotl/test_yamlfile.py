"""YAML that is wrong, hostile or no YAML ends in one line that names the file."""

from pathlib import Path

import pytest

from hydrotl.yamlfile import load_yaml
from hydrotl_core.errors import ConfigError


def bomb(levels: int) -> str:
    """Nine values at each level, each of which is the level below: 9**levels values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    for k in range(1, levels):
        lines.append(f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 9)}]")
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: " + "[" * 200_000, "nested more than 50 deep"),
        ("\n".join(" " * k + "a:" for k in range(100)), "nested more than 50 deep"),
        (bomb(10), "more than 1000000 values, with each alias written out"),
        ("a: &a [b, *a]", r"\*a stands for what it is part of in line 1"),
        ("a: *b", "undefined alias"),
        ("1: a\n0x1: b", "the key '0x1' occurs twice: keep one in line 2, column 1"),
        ("yes: a\ntrue: b", "the key 'true' occurs twice"),
        ("a: " + "9" * 5000, "Exceeds the limit"),
        ("a: !!int x", "'x' is not a value"),
        ("a: !!timestamp x", "x is not a date"),
        ("a: 2001-02-29", "2001-02-29 is not a date"),
        ("a: !!set [1]", "expected a mapping node"),
        ("!!map [1]", "expected a mapping node"),
        ("? [a]\n: b", "unhashable key"),
        ("a: !!python/object/apply:os.getpid []", "could not determine a constructor"),
        ("a: 1\n---\nb: 2", "expected a single document"),
        ("a: 1\nb: \0", r"the character '\\x00' in line 2 is not allowed: remove it"),
        ("a:\n\tb: 1", "line 2"),
    ],
)
def test_a_bad_file_is_one_line(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=said) as caught:
        load_yaml(path)
    told = str(caught.value)
    assert told.startswith(f"{path} is not valid YAML: ")
    assert len(told.splitlines()) == 1


def test_aliases_and_merges_within_reason_are_read(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("a: &a {b: 1, c: 2}\nd: {<<: *a, c: 3}\ne: [*a, *a]\n" + bomb(5))
    content = load_yaml(path)
    assert content["d"] == {"b": 1, "c": 3}
    assert content["e"] == [{"b": 1, "c": 2}] * 2
    assert len(content["a4"]) == 9


def test_no_file_a_folder_another_encoding_and_a_huge_file_are_named(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    with pytest.raises(ConfigError, match=r"x\.yaml does not exist"):
        load_yaml(path)
    with pytest.raises(ConfigError, match="is not a file: name a YAML file"):
        load_yaml(tmp_path)
    path.write_bytes("a: é".encode("utf-16"))
    with pytest.raises(ConfigError, match=r"x\.yaml is not UTF-8 text"):
        load_yaml(path)
    with path.open("wb") as file:
        file.truncate(11 << 20)
    with pytest.raises(ConfigError, match=r"x\.yaml has 12 MB"):
        load_yaml(path)
    with pytest.raises(ConfigError, match="null byte"):
        load_yaml(Path("a\0b.yaml"))
