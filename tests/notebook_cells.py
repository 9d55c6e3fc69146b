"""The code of a notebook run in this process, so that a test can look at what it computed."""

import ast
import json
from collections.abc import Mapping
from typing import Any

import pytest

from hydrotl.book.pages import show
from tests.synthetic import ROOT


def run_cells(
    name: str,
    parameters: Mapping[str, Any] | None = None,
    given: Mapping[str, Any] | None = None,
    until: str = "no more",
) -> dict[str, Any]:
    """Every name that the cells of ``notebooks/<name>.ipynb`` leave behind.

    What the page gives to other pages to quote is in ``glued``.

    ``given`` replaces what the notebook would compute (a training, say): statements that assign
    one of these names are left out. The cells after the first that holds ``until`` are not run.
    """
    path = ROOT / "notebooks" / f"{name}.ipynb"
    given = given or {}
    names: dict[str, Any] = dict(given)
    content = json.loads(path.read_text(encoding="utf-8"))
    _, *cells = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
    glued: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(show, "name_values", glued.update)
        for cell in cells:
            source = "".join(cell["source"])
            statements = ast.parse(source).body
            body = [s for s in statements if not given.keys() & _set_by(s)]
            code = compile(ast.Module(body, []), f"{path.name}, cell {cell['id']}", "exec")
            exec(code, names)  # noqa: S102  the project's own notebooks
            if "parameters" in cell["metadata"].get("tags", []):
                names.update(parameters or {})
            if until in source:
                break
    return names | {"glued": glued}


def _set_by(statement: ast.stmt) -> set[str]:
    """Names that an assignment sets."""
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}
