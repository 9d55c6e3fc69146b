"""What the end of each page says: which data and methods it uses, cited, and where to try it.

A page's data sets are those that its parameters name, directly or by a region, a source or a study;
pages of all regions use all of theirs. The manifest says how a data set is cited, the file
``references.bib`` holds the references, and both know them by DOI or address. A method is cited
where it is named.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from hydrotl.book.build import NOTEBOOKS, QUICK
from hydrotl.config import load_region, load_source
from hydrotl.data.manifest import Dataset, load_manifest
from hydrotl.paths import project_root
from hydrotl.yamlfile import load_yaml

#: Method as the pages name it: pattern, words and references.
METHODS = (
    (r"\bLSTM", "LSTM", ("hochreiter1997",)),
    (r"\bTL-[abc]\b", "the transfer options", ("ma2021",)),
    (r"\bDropConnect\b", "DropConnect", ("wan2013",)),
    (r"\bGR4J\b|\bgr4j\b", "GR4J with the snow routine CemaNeige", ("perrin2003", "valery2014")),
    (r"\bSWAT\b", "SWAT and SWAT+", ("arnold1998", "bieger2017")),
    (r"\bOudin\b|pet_oudin", "evaporation after Oudin", ("oudin2005",)),
    (r"\bHargreaves\b|pet_hargreaves", "evaporation after Hargreaves", ("hargreaves1985",)),
    (r"\bNSE\b|Nash-Sutcliffe", "NSE", ("nash1970",)),
    (r"\bKGE\b|Kling-Gupta", "KGE", ("gupta2009",)),
)
#: Modules whose tables and figures are of all regions with results.
OF_ALL_REGIONS = re.compile(r"\b(?:table1a|study_basins|limits)\b|\bregions: list\[str\] = \[\]")
ENTRY = re.compile(r"^@\w+\{([\w-]+),\n(.*?)^\}", re.MULTILINE | re.DOTALL)
ADDRESS = re.compile(r"^ *(?:doi|url) *= *\{([^}]*)\}", re.MULTILINE)
#: Where a reader can try the model on a river of their own.
TRY = "*Try it on your river:* the same networks run in your browser, on your table: []({live})."
LIVE = "live.md"


def references() -> dict[str, str]:
    """Key of each reference in ``references.bib`` by its DOI or address, in small letters."""
    path = project_root() / "book" / "references.bib"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return {
        address.lower(): key
        for key, fields in ENTRY.findall(text)
        for address in ADDRESS.findall(fields)
    }


def keys_of(dataset: Dataset, known: Mapping[str, str]) -> list[str]:
    """Those of :func:`references` that the manifest asks to cite for a data set."""
    said = " ".join(dataset.citation).lower()
    return [key for address, key in known.items() if address in said]


def used_datasets(notebook: Path) -> list[str]:
    """Data sets of the manifest that a page uses, in the manifest's order."""
    content = json.loads(notebook.read_text(encoding="utf-8"))
    code = ["".join(c["source"]) for c in content["cells"] if c["cell_type"] == "code"]
    parameters = "".join(
        "".join(cell["source"])
        for cell in content["cells"]
        if "parameters" in cell["metadata"].get("tags", [])
    )
    root = project_root()
    quick = (load_yaml(root / QUICK) if (root / QUICK).is_file() else None) or {}
    named = [*_texts(ast.parse(parameters)), *_strings(quick.get(notebook.stem) or {})]
    keys = load_manifest().datasets
    named += [name for text in code for name in re.findall(r'"(\w+)"', text) if name in keys]
    if any(OF_ALL_REGIONS.search(text) for text in code):
        regions = {path.stem for path in (root / "experiments" / "regions").glob("*.yaml")}
        named += [path.name for path in (root / "results").glob("*") if path.name in regions]
    found = {dataset for name in named for dataset in _datasets_of(name, keys)}
    return [key for key in keys if key in found]


def _texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)


def _datasets_of(name: str, keys: Collection[str]) -> Iterator[str]:
    """Data sets behind the name of a data set, a region, a source or a study; none of others."""
    if not re.fullmatch(r"[\w-]+", name):
        return
    experiments = project_root() / "experiments"
    if name in keys:
        yield name
    if (experiments / "regions" / f"{name}.yaml").is_file():
        yield load_region(name).dataset
    if (experiments / "sources" / f"{name}.yaml").is_file():
        yield load_source(name).dataset
    path = experiments / f"{name}.yaml"
    study = load_yaml(path) if path.is_file() else None
    if isinstance(study, dict) and "draws" in study:
        for text in _strings(study):
            if text != name:
                yield from _datasets_of(text, keys)


def _cite(keys: Iterable[str]) -> str:
    return "{cite:p}`" + ",".join(dict.fromkeys(keys)) + "`"


def closing(text: str, datasets: Iterable[str], live: str | None = None) -> str:
    """Markdown for the end of a page: the hint, and its data and methods with their references.

    Parameters
    ----------
    text
        The page's text, in which methods are looked for.
    datasets
        Data sets that the page uses.
    live
        Address of the page on which a reader may try the model; None leaves the hint out.
    """
    manifest, known = load_manifest().datasets, references()
    by_keys: dict[tuple[str, ...], str] = {}
    for name in datasets:
        keys = tuple(keys_of(manifest[name], known))
        if keys:  # data sets of the same publication are named once
            by_keys.setdefault(keys, re.split(r",| of the package", manifest[name].title)[0])
    data = [f"{title} {_cite(keys)}" for keys, title in by_keys.items()]
    methods = [f"{words} {_cite(keys)}" for name, words, keys in METHODS if re.search(name, text)]
    parts = [TRY.format(live=live)] if live is not None else []
    sources = [f"*Data on this page:* {'; '.join(data)}."] if data else []
    sources += [f"*Methods:* {'; '.join(methods)}."] if methods else []
    if sources:  # set small (book.css)
        parts.append("\n\n".join([":::{container} closing-words", *sources, ":::"]))
    return "\n\n".join(parts)


def with_closing(content: str, docname: str) -> str:
    """The text of a notebook's page (JSON) with its closing cell, if there is anything to say."""
    notebook = json.loads(content)
    committed = project_root() / NOTEBOOKS / f"{docname.rsplit('/', 1)[-1]}.ipynb"
    if not committed.is_file() or not (project_root() / "experiments").is_dir():
        return content
    text = committed.read_text(encoding="utf-8")
    up = "../" * docname.count("/")
    of_regions = re.search(r'"(?:full_)?region\w*: (?:str|list)', text) is not None
    has_live = (project_root() / "book" / LIVE).is_file()
    live = f"{up}{LIVE}" if of_regions and has_live else None
    said = closing(text, used_datasets(committed), live)
    if not said:
        return content
    cell = {"cell_type": "markdown", "id": "closing", "metadata": {}, "source": said}
    notebook["cells"].append(cell)
    return json.dumps(notebook)
