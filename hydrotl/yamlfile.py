"""YAML files: a key written twice is an error, and each error names file and line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from hydrotl.names import path_name
from hydrotl_core.errors import ConfigError

#: Keys that say what a file is called, and stay behind where another extends it.
NOT_INHERITED = {"label", "variant", "variant_of"}
# The parser in C, where PyYAML was built with it: ten times faster on the manifest.
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):
    """PyYAML's safe loader, which alone would take the last of two equal keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            # A merge key (`<<`) adds keys of its own, which may be overridden on purpose.
            if not isinstance(key, yaml.ScalarNode) or key.tag.endswith(":merge"):
                continue
            if (key.tag, key.value) in seen:
                raise _error(key, f"the key {key.value!r} occurs twice: keep one")
            seen.add((key.tag, key.value))
        return super().construct_mapping(node, deep)

    def construct_yaml_timestamp(self, node: yaml.ScalarNode) -> Any:
        try:
            return super().construct_yaml_timestamp(node)
        except ValueError as error:
            raise _error(node, f"{node.value} is not a date ({error})") from None


def _error(node: yaml.Node, problem: str) -> yaml.YAMLError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_yaml_timestamp)


def load_yaml(path: Path) -> Any:
    """Content of ``path`` as plain Python values: mappings, lists, text, numbers, dates.

    Raises
    ------
    ConfigError
        If the file is absent, is not valid YAML or holds a key twice; names file and line.
    """
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text ({error}): save it as UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not valid YAML: {error}") from None


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
        raise ConfigError(f"{path} extends itself by way of {base.name}")
    inherited = load_extended(base, (*seen, path))
    if not isinstance(inherited, dict):
        raise ConfigError(f"{base}, which {path} extends, is not a mapping")
    return merged({k: v for k, v in inherited.items() if k not in NOT_INHERITED}, content)


def merged(base: Any, changes: Any) -> Any:
    """``base`` with ``changes``: mappings merge key by key, anything else is replaced."""
    if not isinstance(base, dict) or not isinstance(changes, dict):
        return changes
    return base | {key: merged(base.get(key), value) for key, value in changes.items()}
