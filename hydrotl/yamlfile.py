"""YAML files: a key written twice is an error, and each error names file and line.

What a small text can make large is bounded: depth, size, and what aliases stand for.
"""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from hydrotl.names import path_name
from hydrotl_core.errors import ConfigError
from hydrotl_core.files import reason

#: Keys that say what a file is called, and stay behind where another extends it.
NOT_INHERITED = {"label", "variant", "variant_of"}
# The parser in C, where PyYAML was built with it: ten times faster on the manifest.
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

#: Bounds: bytes of a file, how deep it nests, and values with each alias written out. The
#: manifest has 70 kB, 7 levels and 3,000 values.
MAX_BYTES, MAX_DEPTH, MAX_VALUES = 10 << 20, 50, 1_000_000


class _Loader(_SafeLoader):
    """PyYAML's safe loader, which alone would take the last of two equal keys."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            what = f"{str(node.value)[:40]!r} is not a value ({type(error).__name__}: {error})"
            raise _error(node, what) from None

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            # A merge key (`<<`) adds keys of its own, which may be overridden on purpose.
            if not isinstance(key, yaml.ScalarNode) or key.tag.endswith(":merge"):
                continue
            value = self.construct_object(key)  # 1 and 0x1, or yes and true, are one key
            if not isinstance(value, Hashable):
                continue
            if value in seen:
                raise _error(key, f"the key {key.value!r} occurs twice: keep one")
            seen.add(value)
        return super().construct_mapping(node, deep)

    def construct_yaml_timestamp(self, node: yaml.ScalarNode) -> Any:
        try:
            return super().construct_yaml_timestamp(node)
        except (AttributeError, ValueError) as error:
            raise _error(node, f"{node.value} is not a date ({error})") from None


def _error(node: Any, problem: str) -> yaml.YAMLError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_yaml_timestamp)


def _check_characters(text: str) -> None:
    """Raise a YAMLError that names the line of a character that YAML does not allow."""
    try:
        yaml.reader.Reader(text)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise yaml.YAMLError(
            f"the character {chr(error.character)!r} in line {line} is not allowed: remove it"
        ) from None


def _check_size(text: str) -> None:
    """Raise a YAMLError where a text nests too deep or its aliases stand for too much.

    Of a few lines, aliases of aliases make billions of values; and the parser, which calls itself
    at each level, does not survive a hundred thousand of them.
    """
    sizes: dict[str, int] = {}  # by anchor, with aliases written out
    names: list[str | None] = [None]
    counts = [0]
    for event in yaml.parse(text, Loader=_SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            if event.anchor in names:
                raise _error(event, f"*{event.anchor} stands for what it is part of")
            counts[-1] += sizes.get(str(event.anchor), 1)
        elif isinstance(event, yaml.ScalarEvent):
            counts[-1] += 1
            if event.anchor:
                sizes[event.anchor] = 1
        elif isinstance(event, yaml.CollectionStartEvent):
            names.append(event.anchor)
            counts.append(1)
            if len(counts) > MAX_DEPTH:
                raise _error(event, f"nested more than {MAX_DEPTH} deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            size, anchor = counts.pop(), names.pop()
            counts[-1] += size
            if anchor:
                sizes[anchor] = size
        if counts[-1] > MAX_VALUES:
            raise _error(event, f"more than {MAX_VALUES} values, with each alias written out")


def load_yaml(path: Path) -> Any:
    """Content of ``path`` as plain Python values: mappings, lists, text, numbers, dates.

    Raises
    ------
    ConfigError
        If the file is absent, is no file, is not valid YAML, holds a key twice, or is too large or
        too deep; names file and line.
    """
    try:
        if path.exists() and not path.is_file():
            raise ConfigError(f"{path} is not a file: name a YAML file")
        if (size := path.stat().st_size) > MAX_BYTES:
            raise ConfigError(f"{path} has {size / 1e6:.0f} MB: it is no file of this project")
        text = path.read_text(encoding="utf-8")
        _check_characters(text)
        _check_size(text)
        return yaml.load(text, Loader=_Loader)  # noqa: S506
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist: correct the name") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text ({error}): save it as UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {reason(error)}") from None
    except ValueError as error:  # a name that no file can have
        raise ConfigError(f"{str(path)!r} cannot be read: {error}") from None
    except yaml.YAMLError as error:
        what = " ".join(str(error).replace('in "<unicode string>",', "in").split())
        raise ConfigError(f"{path} is not valid YAML: {what}") from None


def dump_yaml(content: Any) -> str:
    """``content`` (mappings, lists, text, numbers, dates) as YAML, keys in the order given."""
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)


def load_extended(path: Path, seen: tuple[Path, ...] = ()) -> Any:
    """Content of ``path``; with ``extends: NAME``, merged into that of its neighbour NAME."""
    content = load_yaml(path)
    if not isinstance(content, dict) or "extends" not in content:
        return content
    base = path.with_name(f"{path_name(str(content.pop('extends')), f'{path}: extends')}.yaml")
    if base in (*seen, path):
        raise ConfigError(
            f"{path} extends itself by way of {base.name}: remove `extends` from one of them"
        )
    if not base.is_file():
        raise ConfigError(f"{base}, which {path} extends, does not exist: correct `extends`")
    inherited = load_extended(base, (*seen, path))
    if not isinstance(inherited, dict):
        raise ConfigError(f"{base}, which {path} extends, is not a mapping")
    return merged({k: v for k, v in inherited.items() if k not in NOT_INHERITED}, content)


def merged(base: Any, changes: Any) -> Any:
    """``base`` with ``changes``: mappings merge key by key, anything else is replaced."""
    if not isinstance(base, dict) or not isinstance(changes, dict):
        return changes
    return base | {key: merged(base.get(key), value) for key, value in changes.items()}
