"""ES modules put together into one script that also runs from a file.

A page that is opened as a file may load scripts, but no modules, and no worker from another file.
So the modules of the live page are joined in the order of their imports; what runs in a worker is a
text within the script.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from hydrotl_core.errors import ConfigError

IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w-]+\.js)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?function|const|class)", re.MULTILINE)
#: Where the script of the worker goes.
WORKER = "__WORKER__"


def modules_of(folder: Path, entry: str) -> list[str]:
    """Modules that ``entry`` needs, itself last, each after those it imports.

    Raises
    ------
    ConfigError
        If a module is absent, or two import each other.
    """
    order: list[str] = []
    _visit(folder, entry, order, [])
    return order


def _visit(folder: Path, name: str, order: list[str], above: list[str]) -> None:
    if name in above:
        raise ConfigError(f"{' -> '.join([*above, name])}: modules that import each other")
    if name in order:
        return
    path = folder / name
    if not path.is_file():
        raise ConfigError(f"no module {path}, which {above[-1] if above else 'the page'} imports")
    for _, needed in IMPORT.findall(path.read_text(encoding="utf-8")):
        _visit(folder, needed, order, [*above, name])
    order.append(name)


def joined(folder: Path, entry: str) -> str:
    """``entry`` and all that it imports as the body of one script.

    Each module is a function of its own, so that names within it are nobody else's.

    Raises
    ------
    ConfigError
        As :func:`modules_of`, or if a module imports what another does not export.
    """
    parts = ['"use strict";']
    for name in modules_of(folder, entry):
        text = (folder / name).read_text(encoding="utf-8")
        exports = exported(text)
        for names, origin in IMPORT.findall(text):
            there = exported((folder / origin).read_text(encoding="utf-8"))
            lacking = {n.strip() for n in names.split(",") if n.strip()} - set(there)
            if lacking:
                raise ConfigError(f"{folder / name}: {origin} has no {', '.join(sorted(lacking))}")
        body = IMPORT.sub(lambda m: f"const {{{m[1]}}} = {_variable(m[2])};\n", text)
        body = EXPORT.sub("", body)
        offered = f"return {{ {', '.join(exports)} }};"
        parts.append(f"const {_variable(name)} = (() => {{\n{body}\n{offered}\n}})();")
    return "\n".join(parts) + "\n"


def exported(text: str) -> list[str]:
    """Names that a module exports."""
    found = re.findall(r"^export (?:async )?(?:function|const|class) (\w+)", text, re.MULTILINE)
    return list(dict.fromkeys(found))


def _variable(name: str) -> str:
    return "module_" + name.removesuffix(".js").replace("-", "_")


def page_script(folder: Path) -> str:
    """The script of the live page: ``page.js``, with that of ``worker.js`` as a text in it."""
    worker = joined(folder, "worker.js") + "module_worker.listen(self);\n"
    page = joined(folder, "page.js").replace(f'"{WORKER}"', json.dumps(worker))
    return f"(() => {{\n{page}}})();\n"
